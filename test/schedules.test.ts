// EventBridge Scheduler through the whole platform: real functions, queues and buses, roles that may or may not, and a clock that is driven.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { Scheduler } from "@aws-sdk/client-scheduler";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { driveClock } from "./support/clock.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ACCOUNT = "000000000000";
const OFF = { Mode: "OFF" as const };
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const arnOf = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:${ACCOUNT}:${resource}`;
const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;

interface Clients { platform: TestPlatform; lambda: Lambda; iam: IAM; scheduler: Scheduler; sqs: SQS; sns: SNS; events: EventBridge; close(): Promise<void> }

async function open(settings: Parameters<typeof openTestPlatform>[0], credentials = { accessKeyId: "test", secretAccessKey: "test" }): Promise<Clients> {
  const platform = await openTestPlatform(settings);
  const config = { ...platform.clientConfig, credentials };
  const clients = { lambda: new Lambda(config), iam: new IAM(config), scheduler: new Scheduler(config), sqs: new SQS(config), sns: new SNS(config), events: new EventBridge(config) };
  return { platform, ...clients, async close() {
    for (const client of Object.values(clients)) client.destroy();
    await platform.close();
  } };
}

async function makeQueue({ sqs }: Clients, QueueName: string, Attributes: Record<string, string> = {}) {
  const { QueueUrl } = await sqs.createQueue({ QueueName, Attributes });
  const receive = async (WaitTimeSeconds = 5) => (await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] })).Messages ?? [];
  return { arn: arnOf("sqs", QueueName), url: QueueUrl!, receive };
}

/** Sends what it was invoked with to a queue. */
async function makeFunction({ lambda }: Clients, FunctionName: string, queueUrl: string): Promise<string> {
  const code = `const { SQS } = require("@aws-sdk/client-sqs");
exports.handler = async (event, context) => { await new SQS({}).sendMessage({ QueueUrl: process.env.QUEUE, MessageBody: JSON.stringify({ event, requestId: context.awsRequestId }) }); };`;
  const { FunctionArn } = await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: roleArn("runner"), Timeout: 20, Code: { ZipFile: await zipOf({ "index.js": code }) }, Environment: { Variables: { QUEUE: queueUrl } } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName });
  return FunctionArn!;
}

let driven: Clients;
let strict: Clients;
before(async () => {
  driven = await open({ region: "eu-west-1" });
  strict = await open({ region: "eu-west-1", iam: "enforce", credentials: `${ACCOUNT}:rootsecret` }, { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" });
});
after(async () => {
  await driven?.close();
  await strict?.close();
});

test("a function runs on the first of each month at nine in New York, in summer and in winter", async () => {
  await driveClock(driven.platform.url, { set: "2027-02-15T00:00:00Z" });
  const queue = await makeQueue(driven, "monthly");
  const Arn = await makeFunction(driven, "monthly", queue.url);
  const { ScheduleArn } = await driven.scheduler.createSchedule({ Name: "monthly", ScheduleExpression: "cron(0 9 1 * ? *)", ScheduleExpressionTimezone: "America/New_York", FlexibleTimeWindow: OFF, Target: { Arn, RoleArn: roleArn("any") } });
  const runs: { event: Record<string, unknown>; requestId: string }[] = [];
  for (const set of ["2027-03-01T15:00:00Z", "2027-04-01T15:00:00Z"]) {
    await driveClock(driven.platform.url, { set });
    runs.push(...(await queue.receive()).map(({ Body }) => JSON.parse(Body!)));
  }
  assert.deepEqual(runs.map(({ event }) => event["time"]), ["2027-03-01T14:00:00Z", "2027-04-01T13:00:00Z"]);
  const [{ event, requestId }] = runs as [(typeof runs)[0]];
  assert.deepEqual({ ...event, time: "" }, { version: "0", id: requestId, "detail-type": "Scheduled Event", source: "aws.scheduler", account: ACCOUNT, time: "", region: "eu-west-1", resources: [ScheduleArn], detail: "{}" });
  await driven.scheduler.deleteSchedule({ Name: "monthly" });
});

test("ordered queues, topics and buses are reached as one-time schedules say, and the schedules go when they are done", async () => {
  const ordered = await makeQueue(driven, "ordered.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
  const fed = await makeQueue(driven, "fed");
  const { TopicArn } = await driven.sns.createTopic({ Name: "news" });
  await driven.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: fed.arn, Attributes: { RawMessageDelivery: "true" } });
  await driven.events.putRule({ Name: "ticks", EventPattern: '{"source":["my.clock"]}' });
  await driven.events.putTargets({ Rule: "ticks", Targets: [{ Id: "q", Arn: fed.arn, InputPath: "$.detail" }] });
  const once = (Name: string, Target: object) => driven.scheduler.createSchedule({ Name, ScheduleExpression: "at(2027-06-01T12:00:00)", FlexibleTimeWindow: OFF, ActionAfterCompletion: "DELETE", Target: { RoleArn: roleArn("any"), ...Target } as never });
  await once("fifo", { Arn: ordered.arn, Input: "one", SqsParameters: { MessageGroupId: "g" } });
  await once("universal", { Arn: "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", Input: JSON.stringify({ QueueUrl: ordered.url, MessageBody: "two", MessageGroupId: "h" }) });
  await once("topic", { Arn: TopicArn, Input: "news at <aws.scheduler.scheduled-time>" });
  await once("bus", { Arn: arnOf("events", "event-bus/default"), Input: '{"tick":1}', EventBridgeParameters: { Source: "my.clock", DetailType: "Tick" } });
  await driveClock(driven.platform.url, { set: "2027-06-01T11:59:00Z" });
  assert.deepEqual(await ordered.receive(0), []);
  await driveClock(driven.platform.url, { advance: "2m" });
  const messages = await ordered.receive();
  assert.deepEqual(messages.map(({ Body, Attributes }) => [Body, Attributes!["MessageGroupId"]]).sort(), [["one", "g"], ["two", "h"]]);
  const bodies = new Set<string>();
  for (let left = 5; bodies.size < 2 && left > 0; left--) for (const { Body } of await fed.receive()) bodies.add(Body!);
  assert.deepEqual([...bodies].sort(), ["news at 2027-06-01T12:00:00Z", '{"tick":1}']);
  assert.deepEqual((await driven.scheduler.listSchedules({})).Schedules, []);
});

test("a schedule invokes what its role may, and what it may not is in the dead-letter queue with AWS's sentence", async () => {
  const [queue, letters] = [await makeQueue(strict, "work"), await makeQueue(strict, "letters")];
  const trust = document({ Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole", Condition: { StringEquals: { "aws:SourceArn": arnOf("scheduler", "schedule-group/default"), "aws:SourceAccount": ACCOUNT } } });
  for (const [RoleName, resources] of [["may", [queue.arn, letters.arn]], ["may-not", [letters.arn]]] as const) {
    await strict.iam.createRole({ RoleName, AssumeRolePolicyDocument: trust });
    await strict.iam.putRolePolicy({ RoleName, PolicyName: "p", PolicyDocument: document({ Effect: "Allow", Action: "sqs:SendMessage", Resource: resources }) });
  }
  await strict.iam.createRole({ RoleName: "of-functions", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  // A rate begins at once.
  const create = (Name: string, role: string) => strict.scheduler.createSchedule({ Name, ScheduleExpression: "rate(1 day)", FlexibleTimeWindow: OFF, Target: { Arn: queue.arn, RoleArn: roleArn(role), Input: Name, DeadLetterConfig: { Arn: letters.arn } } });
  const refusal = { name: "ValidationException", message: "The execution role you provide must allow AWS EventBridge Scheduler to assume the role." };
  for (const role of ["of-functions", "missing"]) await assert.rejects(create("refused", role), refusal);
  const { ScheduleArn } = await create("allowed", "may");
  await create("forbidden", "may-not");
  assert.deepEqual((await queue.receive()).map(({ Body }) => Body), ["allowed"]);
  const [letter] = await letters.receive();
  assert.equal(letter!.Body, "forbidden");
  const about = Object.fromEntries(Object.entries(letter!.MessageAttributes!).map(([name, { StringValue }]) => [name, StringValue]));
  assert.equal(about["SCHEDULE_ARN"], ScheduleArn!.replace("allowed", "forbidden"));
  assert.match(about["ERROR_MESSAGE"]!, /may-not.* is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:eu-west-1:000000000000:work/);
  assert.deepEqual([about["ERROR_CODE"], about["RETRY_ATTEMPTS"], about["EXHAUSTED_RETRY_CONDITION"]], ["AccessDeniedException", "0", undefined]);
});

test("who may not pass the role makes no schedule with it", async () => {
  await strict.iam.createUser({ UserName: "ann" });
  await strict.iam.putUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: document({ Effect: "Allow", Action: "scheduler:*", Resource: "*" }) });
  const { AccessKey } = await strict.iam.createAccessKey({ UserName: "ann" });
  const ann = new Scheduler({ ...strict.platform.clientConfig, credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! } });
  await assert.rejects(ann.createSchedule({ Name: "hers", ScheduleExpression: "rate(1 day)", FlexibleTimeWindow: OFF, Target: { Arn: arnOf("sqs", "work"), RoleArn: roleArn("may") } }), { name: "AccessDeniedException", message: /iam:PassRole/ });
  await ann.createScheduleGroup({ Name: "hers", Tags: [{ Key: "team", Value: "a" }] });
  await strict.iam.putUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: document({ Effect: "Allow", Action: "scheduler:*", Resource: arnOf("scheduler", "*"), Condition: { StringEquals: { "aws:ResourceTag/team": "a" } } }) });
  assert.equal((await ann.getScheduleGroup({ Name: "hers" })).State, "ACTIVE");
  await assert.rejects(ann.getScheduleGroup({ Name: "default" }), { name: "AccessDeniedException" });
  ann.destroy();
});
