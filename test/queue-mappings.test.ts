// Queues that Lambda polls, from SendMessage to the deleted message: the whole platform, real clients, real functions.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateEventSourceMappingCommand, type CreateEventSourceMappingCommandInput, CreateFunctionCommand, DeleteEventSourceMappingCommand, DeleteFunctionCommand, GetEventSourceMappingCommand, InvokeCommand, UpdateEventSourceMappingCommand, UpdateFunctionCodeCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import { openEvidence, type Evidence } from "./support/evidence.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

let evoke: TestPlatform;
let sqs: SQS;
let evidence: Evidence;
before(async () => {
  [evoke, evidence] = await Promise.all([openTestPlatform({ network: "shared" }), openEvidence()]);
  sqs = new SQS(evoke.clientConfig);
});
after(async () => {
  sqs.destroy();
  evidence.close();
  await evoke.close();
});

const ROLE = "arn:aws:iam::000000000000:role/any";
const arnOf = (queue: string): string => `arn:aws:sqs:eu-west-1:000000000000:${queue}`;

async function queue(name: string, Attributes: Record<string, string> = {}): Promise<string> {
  return (await sqs.createQueue({ QueueName: name, Attributes: { VisibilityTimeout: "2", ...Attributes } })).QueueUrl!;
}

async function nodeFunction(FunctionName: string, source: string): Promise<void> {
  await evoke.lambda.send(new CreateFunctionCommand({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: ROLE, Timeout: 2, Code: { ZipFile: await zipOf({ "index.js": evidence.say + source }) } }));
  await waitUntilFunctionActiveV2({ client: evoke.lambda, maxWaitTime: 60, minDelay: 1 }, { FunctionName });
  // Started before messages come: on a busy machine a start may take longer than these are hidden.
  await evoke.lambda.send(new InvokeCommand({ FunctionName, Payload: '{"Records":[]}' }));
}

async function map(input: CreateEventSourceMappingCommandInput): Promise<string> {
  const { UUID } = await evoke.lambda.send(new CreateEventSourceMappingCommand(input));
  await until(async () => (await stateOf(UUID!)) === "Enabled", "the mapping is enabled");
  return UUID!;
}

const stateOf = async (UUID: string): Promise<string | undefined> => (await evoke.lambda.send(new GetEventSourceMappingCommand({ UUID }))).State;

async function left(QueueUrl: string): Promise<number> {
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] });
  return Number(Attributes!["ApproximateNumberOfMessages"]) + Number(Attributes!["ApproximateNumberOfMessagesNotVisible"]);
}

async function until(holds: () => boolean | Promise<boolean>, what: string, withinMs = 60_000): Promise<void> {
  for (const sinceMs = performance.now(); performance.now() - sinceMs < withinMs; await sleep(20)) if (await holds()) return;
  assert.fail(`not within ${withinMs} ms: ${what}`);
}

test("a message whose function fails is delivered again after the visibility timeout, and deleted when it succeeds", async () => {
  const QueueUrl = await queue("failing-first");
  await nodeFunction("failing-first", `exports.handler = async ({ Records: [record] }) => {
    await say("failing-first", { body: record.body, receives: record.attributes.ApproximateReceiveCount, source: record.eventSourceARN, afterMs: Date.now() - record.attributes.ApproximateFirstReceiveTimestamp });
    if (record.attributes.ApproximateReceiveCount === "1") throw new Error("not yet");
  };`);
  await map({ EventSourceArn: arnOf("failing-first"), FunctionName: "failing-first" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "hello" });
  const said = evidence.said("failing-first");
  await until(() => said.length === 2, "it came again");
  assert.deepEqual(said.map(({ body, receives, source }) => [body, receives, source]), [["hello", "1", arnOf("failing-first")], ["hello", "2", arnOf("failing-first")]]);
  assert.ok(said[1].afterMs >= 2_000, `after ${said[1].afterMs} ms`);
  await until(async () => (await left(QueueUrl)) === 0, "it was deleted");
});

/** Shows what failed again at once, as functions may; for the rest there is time, however long Python takes to start. */
const PYTHON = `
import json, os, time, urllib.request
def show(record):
    body = json.dumps({"QueueUrl": "QUEUE_URL", "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": 0})
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ChangeMessageVisibility", "x-amz-date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), "authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=0"}
    urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], body.encode(), headers)).read()
def handler(event, context):
    bad = [record for record in event["Records"] if record["body"] == "bad"]
    for record in bad:
        show(record)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in bad]}
`;

test("a Python function lists what failed: that alone comes again, and ends in the dead-letter queue", async () => {
  const DeadUrl = await queue("python-dead");
  const QueueUrl = await queue("python", { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf("python-dead"), maxReceiveCount: 2 }), VisibilityTimeout: "60" });
  await evoke.lambda.send(new CreateFunctionCommand({
    FunctionName: "python", Runtime: "python3.12", Handler: "index.handler", Role: ROLE, Timeout: 60,
    Code: { ZipFile: await zipOf({ "index.py": PYTHON.replace("QUEUE_URL", QueueUrl) }) },
  }));
  await waitUntilFunctionActiveV2({ client: evoke.lambda, maxWaitTime: 60, minDelay: 1 }, { FunctionName: "python" });
  await sqs.sendMessageBatch({ QueueUrl, Entries: ["good", "bad", "fine"].map((MessageBody, n) => ({ Id: `${n}`, MessageBody })) });
  await map({ EventSourceArn: arnOf("python"), FunctionName: "python", FunctionResponseTypes: ["ReportBatchItemFailures"], BatchSize: 10 });
  await until(async () => (await left(DeadUrl)) === 1 && (await left(QueueUrl)) === 0, "one is dead, and nothing is left");
  const { Messages } = await sqs.receiveMessage({ QueueUrl: DeadUrl, MessageSystemAttributeNames: ["All"] });
  assert.equal(Messages![0]!.Body, "bad");
  assert.equal(Messages![0]!.Attributes!.DeadLetterQueueSourceArn, arnOf("python"));
});

test("what a function left in the dead-letter queue runs after a redrive, when the function was mended", async () => {
  const DeadUrl = await queue("mended-dead", { VisibilityTimeout: "0" });
  const QueueUrl = await queue("mended", { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf("mended-dead"), maxReceiveCount: 1 }) });
  await nodeFunction("mended", "exports.handler = async () => { throw new Error('broken'); };");
  await map({ EventSourceArn: arnOf("mended"), FunctionName: "mended" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "patient" });
  await until(async () => (await left(DeadUrl)) === 1, "it is dead");
  await evoke.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "mended", ZipFile: await zipOf({ "index.js": `${evidence.say}exports.handler = ({ Records }) => say("mended", Records[0].body);` }) }));
  await sqs.startMessageMoveTask({ SourceArn: arnOf("mended-dead") });
  await until(() => evidence.said("mended").length > 0, "it ran");
  await until(async () => (await left(QueueUrl)) + (await left(DeadUrl)) === 0, "and is gone");
  assert.deepEqual(evidence.said("mended"), ["patient"]);
});

test("messages of a FIFO queue run in order within their groups, and groups at the same time", async () => {
  const QueueUrl = await queue("ordered.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
  await nodeFunction("ordered", "exports.handler = async ({ Records }) => { for (const { body } of Records) await say('ordered', body); };");
  for (let n = 0; n < 8; n++) await sqs.sendMessageBatch({ QueueUrl, Entries: ["a", "b", "c"].map((group) => ({ Id: group, MessageBody: `${group}${n}`, MessageGroupId: group })) });
  await map({ EventSourceArn: arnOf("ordered.fifo"), FunctionName: "ordered", BatchSize: 3 });
  const said = evidence.said("ordered") as string[];
  await until(() => said.length >= 24, "all ran");
  for (const group of ["a", "b", "c"]) assert.deepEqual(said.filter((body) => body.startsWith(group)), Array.from({ length: 8 }, (_, n) => `${group}${n}`));
  await until(async () => (await left(QueueUrl)) === 0, "nothing is left");
});

test("filters choose, a disabled mapping rests, an enabled one goes on, and a deleted one is gone", async () => {
  const QueueUrl = await queue("chosen");
  await nodeFunction("chosen", "exports.handler = async ({ Records }) => { for (const { body } of Records) await say('chosen', JSON.parse(body).n); };");
  const UUID = await map({ EventSourceArn: arnOf("chosen"), FunctionName: "chosen", FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ body: { n: [{ numeric: [">", 5] }] } }) }] } });
  const send = (n: number) => sqs.sendMessage({ QueueUrl, MessageBody: JSON.stringify({ n }) });
  await Promise.all([1, 7].map(send));
  await until(async () => (await left(QueueUrl)) === 0, "one ran, and one was not wanted");
  await evoke.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  await until(async () => (await stateOf(UUID)) === "Disabled", "it is disabled");
  await send(8);
  await sleep(300);
  assert.deepEqual(evidence.said("chosen"), [7]);
  await evoke.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
  await until(() => evidence.said("chosen").length === 2, "it goes on");
  await until(async () => (await stateOf(UUID)) === "Enabled", "it is enabled");
  await evoke.lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
  await until(async () => stateOf(UUID).then(() => false, (error: Error) => error.name === "ResourceNotFoundException"), "it is gone");
});

test("a mapping outlives its function, and goes on with the next of its name", async () => {
  const QueueUrl = await queue("outlives");
  const source = "exports.handler = ({ Records }) => say('outlives', Records[0].body);";
  await nodeFunction("outlives", source);
  await map({ EventSourceArn: arnOf("outlives"), FunctionName: "outlives" });
  await evoke.lambda.send(new DeleteFunctionCommand({ FunctionName: "outlives" }));
  await sqs.sendMessage({ QueueUrl, MessageBody: "patient" });
  await sleep(200);
  await nodeFunction("outlives", source);
  await until(() => evidence.said("outlives").length > 0, "it ran");
});

test("a function that sends to its own queue is stopped, and the message goes the way of the queue's redrive", async () => {
  const DeadUrl = await queue("looping-dead");
  const QueueUrl = await queue("looping", { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf("looping-dead"), maxReceiveCount: 1 }) });
  // As the SDKs do: the trace header of the invocation goes with every call.
  await nodeFunction("looping", `exports.handler = async ({ Records }) => {
    await say("looping", Records[0].body);
    const answer = await fetch(process.env.AWS_ENDPOINT_URL, {
      method: "POST", body: JSON.stringify({ QueueUrl: "${QueueUrl}", MessageBody: "round" }),
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage", "x-amzn-trace-id": process.env._X_AMZN_TRACE_ID, "x-amz-date": new Date().toISOString().replace(/[-:]|\\.\\d+/g, ""), "authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=0" },
    });
    if (!answer.ok) await say("looping", await answer.text());
  };`);
  await map({ EventSourceArn: arnOf("looping"), FunctionName: "looping" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "round" });
  await until(async () => (await left(DeadUrl)) === 1, "it is dead");
  assert.deepEqual(evidence.said("looping"), Array.from({ length: 16 }, () => "round"));
});

test("a message sent to an idle mapping reaches its function in milliseconds", async (t) => {
  const QueueUrl = await queue("quick");
  await nodeFunction("quick", "exports.handler = async ({ Records }) => { const at = Date.now(); await say('quick', at - Number(Records[0].body)); };");
  await map({ EventSourceArn: arnOf("quick"), FunctionName: "quick" });
  const took = evidence.said("quick") as number[];
  for (let n = 1; n <= 120; n++) {
    const body = `${Date.now()}`;
    if (n % 2 === 1) await sqs.sendMessage({ QueueUrl, MessageBody: body });
    else await evoke.lambda.send(new InvokeCommand({ FunctionName: "quick", Payload: JSON.stringify({ Records: [{ body }] }) }));
    await until(() => took.length === n, "it ran");
  }
  const [queued = [], direct = []] = [0, 1].map((which) => took.filter((_ms, n) => n >= 20 && n % 2 === which).toSorted((a, b) => a - b));
  t.diagnostic(`from SendMessage to handler: median ${queued[25]} ms, 49 of 50 in ${queued[48]} ms; from Invoke: ${direct[25]} ms`);
  assert.ok(queued[25]! < 100 + 5 * direct[25]!, `${queued[25]} ms, and ${direct[25]} ms from Invoke`); // far above what it takes; a machine that is busy is so for both
});
