// A clock that people drive: hours of AWS in seconds, through real clients; and what stays on the machine's time all the while.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { CreateEventSourceMappingCommand, CreateFunctionCommand, InvokeCommand, Lambda, PutFunctionConcurrencyCommand, PutFunctionEventInvokeConfigCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { Scheduler } from "@aws-sdk/client-scheduler";
import { SQS } from "@aws-sdk/client-sqs";
import { STS } from "@aws-sdk/client-sts";
import { type ClockOrder, driveClock, showClock, type ShownClock } from "./support/clock.ts";
import { evoke } from "./support/command-line.ts";
import { packageFiles } from "./support/packages.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let platform: TestPlatform;
let sqs: SQS;
let logs: CloudWatchLogs;
before(async () => {
  platform = await openTestPlatform();
  sqs = new SQS(platform.clientConfig);
  logs = new CloudWatchLogs(platform.clientConfig);
});
after(async () => {
  sqs?.destroy();
  logs?.destroy();
  await platform?.close();
});

const show = (url = platform.url) => showClock(url);
const drive = (order: ClockOrder, url = platform.url) => driveClock(url, order);
const nowMs = async (): Promise<number> => Date.parse((await show()).now);

const makeQueue = async (QueueName: string, Attributes: Record<string, string> = {}) => (await sqs.createQueue({ QueueName, Attributes })).QueueUrl!;

async function makeFunction(name: string, source: string, Timeout = 10): Promise<void> {
  await platform.lambda.send(new CreateFunctionCommand({ FunctionName: name, Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Timeout, Code: { ZipFile: await zipOf({ "index.js": source }) } }));
  await waitUntilFunctionActiveV2({ client: platform.lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: name });
}

test("a visibility timeout of twelve hours is over when the clock has been moved on by twelve hours, and no sooner", async () => {
  const QueueUrl = await makeQueue("half-a-day", { VisibilityTimeout: "43200" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "m" });
  assert.equal((await sqs.receiveMessage({ QueueUrl })).Messages?.length, 1);
  const startMs = await nowMs();
  const { now, atRest } = await drive({ advance: "11h59m" });
  assert.ok(Date.parse(now) - startMs >= 11 * HOUR + 59 * 60_000);
  assert.equal(atRest, true);
  assert.equal((await sqs.receiveMessage({ QueueUrl })).Messages, undefined);
  await drive({ advance: "PT1M" });
  const [again] = (await sqs.receiveMessage({ QueueUrl, MessageSystemAttributeNames: ["ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"] })).Messages!;
  assert.equal(again?.Attributes?.["ApproximateReceiveCount"], "2");
});

test("who polls a queue while the clock is moved is given what becomes visible, and waits no longer than its own 20 seconds", async () => {
  const QueueUrl = await makeQueue("delayed", { DelaySeconds: "900" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "m" });
  const startedMs = Date.now();
  const receiving = sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 });
  await sleep(100);
  await drive({ advance: "15m" });
  assert.equal((await receiving).Messages?.length, 1);
  await drive({ frozen: true });
  const emptyMs = Date.now();
  assert.equal((await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 1 })).Messages, undefined);
  assert.ok(Date.now() - emptyMs >= 950, "a long poll lasts a second also while the date stands still");
  await drive({ frozen: false });
  assert.ok(Date.now() - startedMs < 10_000);
});

test("a failing asynchronous event has its retries one and three minutes after, and its record, when six hours have been passed at once", async () => {
  const url = await makeQueue("failures");
  const arn = (await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ["QueueArn"] })).Attributes!["QueueArn"]!;
  await makeFunction("fails", "exports.handler = async () => { throw new Error('no') }");
  await platform.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: "fails", DestinationConfig: { OnFailure: { Destination: arn } } }));
  await platform.lambda.send(new InvokeCommand({ FunctionName: "fails", InvocationType: "Event" }));
  const { atRest } = await drive({ advance: "6h" });
  assert.equal(atRest, true);
  const [message] = (await sqs.receiveMessage({ QueueUrl: url })).Messages!;
  const record = JSON.parse(message!.Body!);
  assert.deepEqual([record.requestContext.condition, record.requestContext.approximateInvokeCount], ["RetriesExhausted", 3]);
  const started = async () => (await logs.filterLogEvents({ logGroupName: "/aws/lambda/fails", filterPattern: '"START RequestId"' })).events ?? [];
  for (let tries = 0; tries < 100 && (await started().catch(() => [])).length < 3; tries++) await sleep(100); // the log is written in batches
  const events = await started();
  const seconds = events.map(({ timestamp }) => Math.round((timestamp! - events[0]!.timestamp!) / 1000));
  assert.equal(seconds.length, 3);
  for (const [at, wanted] of [0, 60, 180].entries()) assert.ok(Math.abs(seconds[at]! - wanted) <= 2, `runs at ${seconds}`);
});

test("an event that is throttled for six hours is tried until its time is over, and then is in its dead-letter queue", async () => {
  const url = await makeQueue("too-old");
  const arn = (await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ["QueueArn"] })).Attributes!["QueueArn"]!;
  await makeFunction("busy", "exports.handler = (event) => new Promise((resolve) => setTimeout(resolve, event.ms))", 60);
  await platform.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: "busy", DestinationConfig: { OnFailure: { Destination: arn } } }));
  await platform.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: "busy", ReservedConcurrentExecutions: 1 }));
  const running = platform.lambda.send(new InvokeCommand({ FunctionName: "busy", Payload: Buffer.from('{"ms":7500}') }));
  await sleep(300);
  await platform.lambda.send(new InvokeCommand({ FunctionName: "busy", InvocationType: "Event", Payload: Buffer.from('{"ms":0}') }));
  const { atRest } = await drive({ advance: "6h" });
  assert.equal(atRest, false, "one invocation runs through all of it");
  const [message] = (await sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 5 })).Messages ?? [];
  assert.equal(JSON.parse(message!.Body!).requestContext.condition, "EventAgeExceeded");
  assert.equal((await running).FunctionError, undefined, "its own timeout of a minute is the machine's");
});

test("a message whose function always fails is in its dead-letter queue after three visibility timeouts of four hours", async () => {
  const dead = await makeQueue("dead");
  const deadLetterTargetArn = (await sqs.getQueueAttributes({ QueueUrl: dead, AttributeNames: ["QueueArn"] })).Attributes!["QueueArn"]!;
  const QueueUrl = await makeQueue("poison", { VisibilityTimeout: "14400", RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 }) });
  await makeFunction("poisoned", "exports.handler = async () => { throw new Error('no') }");
  await platform.lambda.send(new CreateEventSourceMappingCommand({ FunctionName: "poisoned", EventSourceArn: "arn:aws:sqs:eu-west-1:000000000000:poison" }));
  await sqs.sendMessage({ QueueUrl, MessageBody: "m" });
  const held = async () => (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] })).Attributes!["ApproximateNumberOfMessagesNotVisible"];
  for (let tries = 0; (await held()) !== "1"; tries++) {
    assert.ok(tries < 500, "the mapping has begun");
    await sleep(20);
  }
  await drive({ advance: "7h" });
  assert.equal((await sqs.receiveMessage({ QueueUrl: dead })).Messages, undefined);
  await drive({ advance: "5h" });
  const [message] = (await sqs.receiveMessage({ QueueUrl: dead, MessageSystemAttributeNames: ["ApproximateReceiveCount"] })).Messages!;
  assert.equal(message!.Attributes!["ApproximateReceiveCount"], "4", "three times of them by the mapping");
});

test("a durable function waits a day and a month, and is done when they have been passed at once", async () => {
  const source = `const { withDurableExecution } = require("@aws/durable-execution-sdk-js");
    exports.handler = withDurableExecution(async (event, ctx) => { await ctx.wait("day", { days: 1 }); await ctx.wait("month", { days: 30 }); return "done" });`;
  const lambda = new Lambda(platform.clientConfig);
  await lambda.createFunction({ FunctionName: "patient", Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", DurableConfig: { ExecutionTimeout: 90 * 86_400, RetentionPeriodInDays: 7 }, Publish: true, Code: { ZipFile: await zipOf({ ...packageFiles(["@aws/durable-execution-sdk-js"]), "index.js": source }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: "patient" });
  const { DurableExecutionArn } = await lambda.invoke({ FunctionName: "patient:1", InvocationType: "Event", Payload: Buffer.from("{}") });
  const status = async () => (await lambda.getDurableExecution({ DurableExecutionArn: DurableExecutionArn! })).Status;
  await drive({ advance: "30d" });
  assert.equal(await status(), "RUNNING");
  await drive({ advance: "1d" });
  const { Status, StartTimestamp, EndTimestamp } = await lambda.getDurableExecution({ DurableExecutionArn: DurableExecutionArn! });
  assert.equal(Status, "SUCCEEDED");
  assert.equal(Math.round((EndTimestamp!.getTime() - StartTimestamp!.getTime()) / DAY), 31);
  await drive({ advance: "8d" });
  await assert.rejects(status(), /ResourceNotFound/, "its retention is over, too");
  lambda.destroy();
});

test("log events go when their retention is over, and the clocks of SDKs are left alone", async () => {
  await logs.createLogGroup({ logGroupName: "kept" });
  await logs.putRetentionPolicy({ logGroupName: "kept", retentionInDays: 30 });
  await logs.createLogStream({ logGroupName: "kept", logStreamName: "s" });
  await logs.putLogEvents({ logGroupName: "kept", logStreamName: "s", logEvents: [{ timestamp: await nowMs(), message: "once" }] });
  const stored = async () => (await logs.describeLogGroups({ logGroupNamePrefix: "kept" })).logGroups![0]!.storedBytes!;
  assert.ok((await stored()) > 0);
  await drive({ advance: "29d" });
  assert.equal((await logs.getLogEvents({ logGroupName: "kept", logStreamName: "s" })).events!.length, 1);
  await drive({ advance: "2d" });
  assert.equal((await logs.getLogEvents({ logGroupName: "kept", logStreamName: "s" })).events!.length, 0);
  assert.equal(await stored(), 0, "it is not only hidden");
  assert.ok(Math.abs(logs.config.systemClockOffset) < 10_000, "answers carry the machine's Date, which clients sign by");
});

test("a function keeps its own time: its deadline is three seconds away whatever the date", async () => {
  await makeFunction("slow", "exports.handler = async (event, context) => { const left = context.getRemainingTimeInMillis(); await new Promise((resolve) => setTimeout(resolve, 1500)); return left }", 3);
  const running = platform.lambda.send(new InvokeCommand({ FunctionName: "slow" }));
  await sleep(300);
  await drive({ advance: "1d" });
  const { FunctionError, Payload } = await running;
  assert.equal(FunctionError, undefined);
  const left = Number(Buffer.from(Payload!).toString());
  assert.ok(left > 1000 && left <= 3000, String(left));
});

test("credentials live by the clock of who uses them", async () => {
  const sts = new STS(platform.clientConfig);
  await drive({ advance: "13h" });
  const { Credentials } = await sts.assumeRole({ RoleArn: "arn:aws:iam::000000000000:role/any", RoleSessionName: "ann" });
  sts.destroy();
  assert.ok(Math.abs(Credentials!.Expiration!.getTime() - Date.now() - HOUR) < 10_000);
});

test("frozen, asynchronous events run and are done, and nothing later falls due", async () => {
  const QueueUrl = await makeQueue("still", { DelaySeconds: "1" });
  await drive({ frozen: true });
  const { now } = await show();
  await sqs.sendMessage({ QueueUrl, MessageBody: "m" });
  const destination = await makeQueue("done");
  const arn = (await sqs.getQueueAttributes({ QueueUrl: destination, AttributeNames: ["QueueArn"] })).Attributes!["QueueArn"]!;
  await makeFunction("quick", "exports.handler = async () => 'done'");
  await platform.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: "quick", DestinationConfig: { OnSuccess: { Destination: arn } } }));
  await platform.lambda.send(new InvokeCommand({ FunctionName: "quick", InvocationType: "Event" }));
  assert.equal((await sqs.receiveMessage({ QueueUrl: destination, WaitTimeSeconds: 10 })).Messages?.length, 1);
  await sleep(1100);
  assert.equal((await sqs.receiveMessage({ QueueUrl })).Messages, undefined);
  assert.equal((await show()).now, now);
  assert.equal((await drive({ advance: "1s" })).now, new Date(Date.parse(now) + 1000).toISOString());
  assert.equal((await sqs.receiveMessage({ QueueUrl })).Messages?.length, 1);
  await drive({ frozen: false });
});

test("sped up, an hour passes in a second", async () => {
  const QueueUrl = await makeQueue("fast", { DelaySeconds: "900" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "m" });
  const startMs = await nowMs();
  assert.equal((await drive({ speed: 3600 })).speed, 3600);
  assert.equal((await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 5 })).Messages?.length, 1);
  await drive({ speed: 1 });
  assert.ok((await nowMs()) - startMs >= 15 * 60_000);
});

/** Rules and schedules that put their times into a queue, which keeps them for the fourteen days of its own time. */
async function openTicks(QueueName: string) {
  const [events, scheduler] = [new EventBridge(platform.clientConfig), new Scheduler(platform.clientConfig)];
  const QueueUrl = await makeQueue(QueueName, { MessageRetentionPeriod: "1209600" });
  const Arn = `arn:aws:sqs:eu-west-1:000000000000:${QueueName}`;
  return {
    async add(expression: string): Promise<void> {
      await events.putRule({ Name: QueueName, ScheduleExpression: expression });
      await events.putTargets({ Rule: QueueName, Targets: [{ Id: "q", Arn, InputTransformer: { InputPathsMap: { time: "$.time" }, InputTemplate: '"rule <time>"' } }] });
      await scheduler.createSchedule({ Name: QueueName, ScheduleExpression: expression, FlexibleTimeWindow: { Mode: "OFF" }, Target: { Arn, RoleArn: "arn:aws:iam::000000000000:role/any", Input: "schedule <aws.scheduler.scheduled-time>" } });
    },
    async receive(): Promise<string[]> {
      const times: string[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
        if (Messages.length === 0) return times.sort();
        times.push(...Messages.map(({ Body }) => Body!.replaceAll('"', "")));
      }
    },
    async close(): Promise<void> {
      await events.deleteRule({ Name: QueueName }).catch(() => events.removeTargets({ Rule: QueueName, Ids: ["q"] }).then(() => events.deleteRule({ Name: QueueName })));
      await scheduler.deleteSchedule({ Name: QueueName });
      events.destroy();
      scheduler.destroy();
    },
  };
}

test("with two days in a second a rule and a schedule miss none of their times", async () => {
  const ticks = await openTicks("daily");
  await drive({ set: "2050-01-01T00:00:00Z" });
  await ticks.add("cron(0 9 * * ? *)");
  await drive({ speed: 172_800 }); // faster, and a busy machine would let a time become older than a schedule's event may: a day
  await sleep(5000);
  const { now } = await drive({ speed: 1 });
  const wanted = ["rule", "schedule"].flatMap((who) => Array.from({ length: 13 }, (_, n) => `${who} ${new Date(Date.UTC(2050, 0, 1 + n, 9)).toISOString().slice(0, 19)}Z`)).filter((tick) => tick.split(" ")[1]! < now);
  assert.ok(wanted.length >= 8, now);
  const found: string[] = [];
  for (let tries = 0; tries < 100 && found.length < wanted.length; tries++) {
    found.push(...(await ticks.receive()));
    await sleep(50);
  }
  assert.deepEqual(found.filter((tick) => wanted.includes(tick)).sort(), wanted);
  await ticks.close();
});

test("set back, a rule and a schedule fire at the next time there is, not at one that had been reached", async () => {
  const ticks = await openTicks("hourly");
  await drive({ set: "2051-01-01T00:30:00Z" });
  await ticks.add("cron(0 * * * ? *)");
  await drive({ set: "2051-01-11T00:30:00Z" });
  assert.equal((await ticks.receive()).length, 2 * 24 * 10);
  await drive({ set: "2051-01-02T00:30:00Z" });
  await drive({ advance: "2h" });
  const again = (await ticks.receive()).filter((tick) => tick.includes("2051-01-02T"));
  assert.deepEqual(again.filter((tick) => /T0[12]:/.test(tick)), ["rule 2051-01-02T01:00:00Z", "rule 2051-01-02T02:00:00Z", "schedule 2051-01-02T01:00:00Z", "schedule 2051-01-02T02:00:00Z"]);
  await ticks.close();
});

test("an event that runs while the date flies runs once", async () => {
  const url = await makeQueue("flown");
  const arn = (await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ["QueueArn"] })).Attributes!["QueueArn"]!;
  await makeFunction("flying", "let runs = 0; exports.handler = async () => { runs++; await new Promise((resolve) => setTimeout(resolve, 500)); return runs }");
  await platform.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: "flying", DestinationConfig: { OnSuccess: { Destination: arn } } }));
  await drive({ speed: 3600 });
  await platform.lambda.send(new InvokeCommand({ FunctionName: "flying", InvocationType: "Event" }));
  const [message] = (await sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 10, VisibilityTimeout: 43_200 })).Messages!;
  assert.equal(JSON.parse(message!.Body!).responsePayload, 1);
  assert.equal((await sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 1 })).Messages, undefined);
  await drive({ speed: 1 });
});

test("set back, what is dated later waits for its date, and all else goes on", async () => {
  const QueueUrl = await makeQueue("back", { DelaySeconds: "60" });
  const { now } = await drive({ set: new Date((await nowMs()) + DAY).toISOString() });
  await sqs.sendMessage({ QueueUrl, MessageBody: "tomorrow" });
  await drive({ set: new Date(Date.parse(now) - 10 * DAY).toISOString() });
  assert.ok((await nowMs()) < Date.parse(now) - 9 * DAY);
  await sqs.sendMessage({ QueueUrl, MessageBody: "sooner" });
  const bodies = async () => (await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 })).Messages?.map(({ Body }) => Body) ?? [];
  await drive({ advance: "1m" });
  assert.deepEqual(await bodies(), ["sooner"]);
  await drive({ set: new Date(Date.parse(now) + HOUR).toISOString() });
  assert.ok((await bodies()).includes("tomorrow"));
});

test("on the command line", async () => {
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await evoke(["clock", ...args], platform.url);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const set = JSON.parse(await run("set", "2031-05-01T09:00:00Z", "--json")) as ShownClock;
  assert.equal(set.now.slice(0, 16), "2031-05-01T09:00");
  assert.match(await run("advance", "30m"), /^2031-05-01T09:3.*\nThe machine's is 20/);
  assert.match(await run("freeze"), /stands still/);
  assert.match(await run("show"), /stands still/);
  assert.match(await run("unfreeze"), /^2031-05-01T09:3/);
  assert.match(await run("speed", "60"), /60 seconds in one/);
  assert.equal((JSON.parse(await run("--json")) as ShownClock).speed, 60);
  assert.doesNotMatch(await run("reset"), /machine's/);
  const { offsetSeconds, speed, frozen } = await show();
  assert.deepEqual({ offsetSeconds, speed, frozen }, { offsetSeconds: 0, speed: 1, frozen: false });
  for (const [args, says, code] of [[["advance"], /takes a duration/, 2], [["advance", "soon"], /advance is a duration/, 1], [["set", "2200-01-01"], /1970 to 2199/, 1], [["stop"], /clock takes show/, 2], [["freeze", "now"], /takes nothing more/, 2]] as const) {
    const result = await evoke(["clock", ...args], platform.url);
    assert.deepEqual([result.code, says.test(result.stderr)], [code, true], result.stderr);
  }
});

test("web pages cannot drive it, and neither can what it does not understand", async () => {
  const { port } = new URL(platform.url);
  const post = (headers: Record<string, string>, body = '{"advance":"1d"}', method = "POST") => new Promise<number>((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", path: "/_evoke/clock", method, headers }, (response) => { response.resume(); resolve(response.statusCode!); });
    sent.on("error", reject).end(method === "POST" ? body : undefined);
  });
  const startMs = await nowMs();
  assert.equal(await post({ origin: "https://example.com" }), 403);
  assert.equal(await post({ origin: "null", "content-type": "text/plain" }), 403);
  assert.equal(await post({ "sec-fetch-site": "cross-site" }), 403);
  assert.equal(await post({ host: "rebound.example.com" }), 403);
  assert.equal(await post({}, "{}"), 400);
  assert.equal(await post({}, '{"advance":"300y"}'), 400);
  assert.equal(await post({}, `{"advance":"${"9".repeat(12)}d"}`), 400);
  assert.equal(await post({}, "x".repeat(5000)), 413);
  assert.equal(await post({}, "", "DELETE"), 405);
  assert.ok((await nowMs()) - startMs < HOUR);
});

test("where signatures are verified nobody drives it", async () => {
  await using strict = await openTestPlatform({ credentials: "AKIDEXAMPLE:secret-of-the-operator" });
  const response = await fetch(`${strict.url}/_evoke/clock`, { method: "POST", body: '{"advance":"1d"}' });
  assert.equal(response.status, 403);
  assert.match(((await response.json()) as ShownClock).error!, /signatures are verified/);
  assert.equal((await show(strict.url)).offsetSeconds, 0);
});

test("a restart goes on from the date there was, until it is reset", async () => {
  const data = mkdtempSync(join(tmpdir(), "evoke-clock-"));
  const settings = { ephemeral: false, data };
  try {
    const first = await openTestPlatform(settings);
    await drive({ advance: "40d" }, first.url);
    const { now } = await drive({ frozen: true }, first.url);
    await first.close();
    const second = await openTestPlatform(settings);
    assert.equal((await show(second.url)).now, now);
    await drive({ frozen: false }, second.url);
    assert.equal(Math.round((await show(second.url)).offsetSeconds / 86_400), 40);
    await drive({ reset: true }, second.url);
    await second.close();
    const third = await openTestPlatform(settings);
    assert.equal((await show(third.url)).offsetSeconds, 0);
    await third.close();
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});
