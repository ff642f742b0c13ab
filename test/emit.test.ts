// Events of AWS services whose rooms are not here: evoke emit, and POST /_evoke/events.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SQS } from "@aws-sdk/client-sqs";
import { evoke } from "./support/command-line.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";

const ACCOUNT = "000000000000";
const OTHER = "111111111111";
const TYPE = "EC2 Instance State-change Notification";
let platform: TestPlatform;
const clients: { destroy(): void }[] = [];
before(async () => { platform = await openTestPlatform(); });
after(async () => {
  for (const client of clients) client.destroy();
  await platform?.close();
});

/** A queue that gets what the pattern takes, in this account. */
async function listen(name: string, pattern: object, account = ACCOUNT): Promise<() => Promise<Record<string, unknown>>> {
  const config = { ...platform.clientConfig, credentials: { accessKeyId: account, secretAccessKey: "x" } };
  const [sqs, events] = [new SQS(config), new EventBridge(config)];
  clients.push(sqs, events);
  const Arn = `arn:aws:sqs:eu-west-1:${account}:${name}`;
  const { QueueUrl } = await sqs.createQueue({ QueueName: name, Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: Arn }] }) } });
  await events.putRule({ Name: name, EventPattern: JSON.stringify(pattern) });
  await events.putTargets({ Rule: name, Targets: [{ Id: "q", Arn }] });
  return async () => {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10 });
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle: Messages[0]!.ReceiptHandle });
    return { text: Messages[0]!.Body, ...JSON.parse(Messages[0]!.Body!) };
  };
}

const run = (args: string[], input = "", environment: Record<string, string> = {}) => evoke(["emit", "--region", "eu-west-1", ...args], platform.url, input, environment);
const post = async (body: string | object, headers: Record<string, string> = {}, url = platform.url) => {
  const response = await fetch(`${url}/_evoke/events`, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
};

test("an event that PutEvents refuses comes to the rules of the default bus by evoke emit, in AWS's shape", async () => {
  const received = await listen("instances", { source: ["aws.ec2"] });
  const resource = `arn:aws:ec2:eu-west-1:${ACCOUNT}:instance/i-1`;
  const { code, stdout, stderr } = await run(["aws.ec2", TYPE, "--detail", `{"instance-id": "i-1", "n": 12345678901234567890}`, "--resources", resource]);
  assert.deepEqual([code, stdout, stderr], [0, `aws.ec2 "${TYPE}" is on the default bus of ${ACCOUNT} in eu-west-1.\n`, ""]);
  const { id, time, text, detail: _, ...event } = await received();
  assert.deepEqual(event, { version: "0", "detail-type": TYPE, source: "aws.ec2", account: ACCOUNT, region: "eu-west-1", resources: [resource] });
  assert.match(`${id} ${time}`, /^[\da-f-]{36} \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.match(text as string, /"detail":\{"instance-id":"i-1","n":12345678901234567890\}\}$/);
  assert.equal((await run(["aws.glue", "Nobody listens"])).stdout, `aws.glue "Nobody listens" is on the default bus of ${ACCOUNT} in eu-west-1, where no rule takes it.\n`);
});

test("a sample goes from evoke event to evoke emit", async () => {
  const received = await listen("pipelines", { source: ["aws.codepipeline"], detail: { state: ["STARTED"] } });
  const { stdout } = await evoke(["event", "eventbridge:codepipeline-state-change", "--region", "eu-west-1"], platform.url);
  assert.equal((await evoke(["emit", "-"], platform.url, stdout)).code, 0);
  const { id, text: _, ...event } = await received();
  const { id: sampleId, ...sample } = JSON.parse(stdout);
  assert.deepEqual(event, sample);
  assert.notEqual(id, sampleId, "an event is another one each time");
});

test("a detail may be a file, and the account another one", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "evoke-emit-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "detail.json"), `{"service":"EC2"}`);
  const received = await listen("health", { source: ["aws.health"] }, OTHER);
  for (const [args, environment] of [[["--account", OTHER], {}], [[], { AWS_ACCESS_KEY_ID: OTHER }]] as const) {
    const { stdout } = await run(["aws.health", "AWS Health Event", "--detail", `@${join(folder, "detail.json")}`, "--time", "2026-11-20T10:00:00+01:00", "--json", ...args], "", environment);
    assert.deepEqual(JSON.parse(stdout), { source: "aws.health", "detail-type": "AWS Health Event", account: OTHER, region: "eu-west-1", time: "2026-11-20T09:00:00Z", taken: true });
    const { account, time, detail } = await received();
    assert.deepEqual([account, time, detail], [OTHER, "2026-11-20T09:00:00Z", { service: "EC2" }]);
  }
});

test("what is no event is refused with what is wrong, and the command says so", async () => {
  const good = { source: "aws.ec2", "detail-type": TYPE };
  for (const [body, error] of [
    ["no", /the body is an event/], ["[]", /the body is an event/], [`${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`, /the body is an event/],
    [{ ...good, Detail: {} }, /an event has no "Detail"/], [{ "detail-type": TYPE }, /source is a text/], [{ ...good, source: "" }, /source is a text/], [{ ...good, detail: [] }, /detail is a JSON object/],
    [{ ...good, account: "1" }, /account is a text of twelve digits/], [{ ...good, region: "moon" }, /region is a text/], [{ ...good, time: "2026-13-40T00:00:00Z" }, /time is a text/], [{ ...good, resources: [1] }, /resources is a list/],
  ] as const) {
    const { status, text } = await post(body);
    assert.equal(status, 400, text);
    assert.match((JSON.parse(text) as { error: string }).error, error);
  }
  assert.equal((await post({ ...good, detail: { x: "x".repeat(1_048_576) } })).status, 413);
  assert.equal((await fetch(`${platform.url}/_evoke/events`)).status, 405);
  assert.match((await run(["aws.ec2", TYPE, "--account", "1"])).stderr, /^evoke: account is a text of twelve digits/);
  assert.match((await run(["aws.ec2", TYPE, "--detail", "{"])).stderr, /^evoke: the detail is not JSON/);
  assert.match((await run(["-"], "{}")).stderr, /is no event of EventBridge/);
  for (const args of [[], ["aws.ec2"], ["-", TYPE]]) assert.deepEqual([(await run(args)).code, /evoke: emit takes a source and a detail-type/.test((await run(args)).stderr)], [2, true]);
});

test("no web page speaks for AWS's services, and nobody does where signatures are verified", async (t) => {
  const event = { source: "aws.ec2", "detail-type": TYPE };
  assert.equal((await post(event, { origin: "http://evil.example" })).status, 403);
  const strict = await openTestPlatform({ credentials: "AKIAEXAMPLE00000001:secret-of-it" });
  t.after(() => strict.close());
  assert.equal((await post(event, {}, strict.url)).status, 403);
});
