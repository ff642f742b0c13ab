// Events through the whole platform: real functions, queues, topics and log groups, with policies enforced; schedules, under a date that is moved.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ACCOUNT = "000000000000";
const OTHER = "111122223333";
const REGION = "eu-west-1";
const arnOf = (service: string, resource: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const byEvents = (Action: string, Resource: string, SourceArn: string) => document({ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action, Resource, Condition: { ArnEquals: { "aws:SourceArn": SourceArn } } });

let platform: TestPlatform;
let config: TestPlatform["clientConfig"];
let [events, lambda, sns, sqs, iam, logs]: [EventBridge, Lambda, SNS, SQS, IAM, CloudWatchLogs] = [] as never;

before(async () => {
  platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret,${OTHER}:othersecret`, region: REGION });
  config = { ...platform.clientConfig, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" } };
  [events, lambda, sns, sqs, iam, logs] = [new EventBridge(config), new Lambda(config), new SNS(config), new SQS(config), new IAM(config), new CloudWatchLogs(config)];
  await iam.createRole({ RoleName: "runner", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com", "events.amazonaws.com"] }, Action: "sts:AssumeRole" }) });
  await iam.putRolePolicy({ RoleName: "runner", PolicyName: "p", PolicyDocument: document({ Effect: "Allow", Action: ["logs:*", "events:PutEvents"], Resource: "*" }) });
});
after(async () => {
  for (const client of [events, lambda, sns, sqs, iam, logs]) client?.destroy();
  await platform?.close();
});

const ROLE = arnOf("iam", "role/runner").replace(`:${REGION}:`, "::");

/** It logs its event, so that what it got can be read. */
async function create(FunctionName: string, ruleArn?: string): Promise<string> {
  const { FunctionArn } = await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: ROLE, Timeout: 20, Code: { ZipFile: await zipOf({ "index.js": "exports.handler = async (event) => { console.log('GOT ' + JSON.stringify(event)); return { got: true }; };" }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName });
  if (ruleArn) await lambda.addPermission({ FunctionName, StatementId: "rule", Action: "lambda:InvokeFunction", Principal: "events.amazonaws.com", SourceArn: ruleArn });
  return FunctionArn!;
}

async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 15_000; Date.now() < end;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(20);
  }
  throw new Error("it did not come in fifteen seconds");
}

const gotBy = (name: string) => eventually(async () => {
  const { events: found = [] } = await logs.filterLogEvents({ logGroupName: `/aws/lambda/${name}`, filterPattern: "GOT" }).catch(() => ({ events: [] }));
  return found.length > 0 ? found.map(({ message }) => JSON.parse(message!.slice(message!.indexOf("GOT ") + 4))) : undefined;
});

async function queueFor(QueueName: string, Policy?: string): Promise<{ url: string; arn: string }> {
  const { QueueUrl } = await sqs.createQueue({ QueueName, Attributes: { ...(Policy && { Policy }), ...(QueueName.endsWith(".fifo") && { FifoQueue: "true", ContentBasedDeduplication: "true" }) } });
  return { url: QueueUrl!, arn: arnOf("sqs", QueueName) };
}

async function received(QueueUrl: string) {
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] });
  assert.equal(Messages.length, 1, "a message within ten seconds");
  return Messages[0]!;
}

test("an event that matches reaches a function, a FIFO queue, a topic and a log group", async () => {
  const { RuleArn } = await events.putRule({ Name: "orders", EventPattern: JSON.stringify({ source: ["shop"], detail: { total: [{ numeric: [">=", 10] }] } }) });
  const functionArn = await create("on-order", RuleArn);
  const queue = await queueFor("orders.fifo", byEvents("sqs:SendMessage", arnOf("sqs", "orders.fifo"), RuleArn!));
  const { TopicArn } = await sns.createTopic({ Name: "orders" });
  await sns.setTopicAttributes({ TopicArn, AttributeName: "Policy", AttributeValue: byEvents("sns:Publish", TopicArn!, RuleArn!) });
  const subscribed = await queueFor("subscribed", document({ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arnOf("sqs", "subscribed") }));
  await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: subscribed.arn, Attributes: { RawMessageDelivery: "true" } });
  await logs.createLogGroup({ logGroupName: "/aws/events/orders" });
  await events.putTargets({ Rule: "orders", Targets: [
    { Id: "function", Arn: functionArn }, { Id: "queue", Arn: queue.arn, SqsParameters: { MessageGroupId: "g" }, InputPath: "$.detail" },
    { Id: "topic", Arn: TopicArn!, InputTransformer: { InputPathsMap: { total: "$.detail.total" }, InputTemplate: `"<total> was paid"` } }, { Id: "logs", Arn: `${arnOf("logs", "log-group:/aws/events/orders")}:*`, RoleArn: ROLE },
  ] });
  const { Entries, FailedEntryCount } = await events.putEvents({ Entries: [{ Source: "shop", DetailType: "paid", Detail: `{"total": 12}` }, { Source: "shop", DetailType: "paid", Detail: `{"total": 9}` }] });
  assert.equal(FailedEntryCount, 0);
  const [event] = await gotBy("on-order");
  assert.deepEqual([event.id, event.source, event["detail-type"], event.detail, event.account, event.region], [Entries![0]!.EventId, "shop", "paid", { total: 12 }, ACCOUNT, REGION]);
  const { Body, Attributes } = await received(queue.url);
  assert.deepEqual([Body, Attributes!["MessageGroupId"]], [`{"total":12}`, "g"]);
  assert.equal((await received(subscribed.url)).Body, `"12 was paid"`);
  const { events: lines } = await logs.filterLogEvents({ logGroupName: "/aws/events/orders" });
  assert.deepEqual(lines!.map(({ message }) => JSON.parse(message!).id), [event.id]);
});

test("a function whose policy does not let the rule in gets nothing, and the dead-letter queue says why", async () => {
  const { RuleArn } = await events.putRule({ Name: "barred", EventPattern: JSON.stringify({ source: ["barred"] }) });
  const functionArn = await create("barred");
  const dead = await queueFor("dead", byEvents("sqs:SendMessage", arnOf("sqs", "dead"), RuleArn!));
  await events.putTargets({ Rule: "barred", Targets: [{ Id: "f", Arn: functionArn, DeadLetterConfig: { Arn: dead.arn } }] });
  await events.putEvents({ Entries: [{ Source: "barred", DetailType: "d", Detail: "{}" }] });
  const { Body, MessageAttributes } = await received(dead.url);
  assert.equal(JSON.parse(Body!).source, "barred");
  assert.deepEqual([MessageAttributes!["ERROR_CODE"]!.StringValue, MessageAttributes!["RULE_ARN"]!.StringValue, MessageAttributes!["TARGET_ARN"]!.StringValue], ["NO_PERMISSIONS", RuleArn, functionArn]);
});

test("who may put events on one bus may not on another", async () => {
  await events.createEventBus({ Name: "theirs" });
  await iam.createUser({ UserName: "ann" });
  await iam.putUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: document({ Effect: "Allow", Action: "events:PutEvents", Resource: arnOf("events", "event-bus/theirs"), Condition: { StringEquals: { "events:source": "ann" } } }) });
  const { AccessKey } = await iam.createAccessKey({ UserName: "ann" });
  const ann = new EventBridge({ ...config, credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! } });
  const put = (EventBusName: string, Source = "ann") => ann.putEvents({ Entries: [{ EventBusName, Source, DetailType: "d", Detail: "{}" }] });
  assert.equal((await put("theirs")).FailedEntryCount, 0);
  await assert.rejects(put("default"), { name: "AccessDeniedException" });
  await assert.rejects(put("theirs", "bob"), { name: "AccessDeniedException" });
  ann.destroy();
});

test("another account's events come over when the bus's policy lets them in", async () => {
  const others = { ...config, credentials: { accessKeyId: OTHER, secretAccessKey: "othersecret" } };
  const [theirEvents, theirSqs] = [new EventBridge(others), new SQS(others)];
  const { EventBusArn } = await events.createEventBus({ Name: "shared" });
  const { RuleArn } = await events.putRule({ Name: "from-others", EventBusName: "shared", EventPattern: JSON.stringify({ account: [OTHER] }) });
  const queue = await queueFor("from-others", byEvents("sqs:SendMessage", arnOf("sqs", "from-others"), RuleArn!));
  await events.putTargets({ Rule: "from-others", EventBusName: "shared", Targets: [{ Id: "q", Arn: queue.arn }] });
  const put = (entry: object) => theirEvents.putEvents({ Entries: [{ Source: "them", DetailType: "d", Detail: "{}", ...entry }] });
  await assert.rejects(put({ EventBusName: EventBusArn! }), { name: "AccessDeniedException" });
  const theirRule = (await theirEvents.putRule({ Name: "on", EventPattern: JSON.stringify({ source: ["them"] }) })).RuleArn!;
  const dead = `arn:aws:sqs:${REGION}:${OTHER}:dead`;
  const { QueueUrl } = await theirSqs.createQueue({ QueueName: "dead", Attributes: { Policy: byEvents("sqs:SendMessage", dead, theirRule) } });
  await theirEvents.putTargets({ Rule: "on", Targets: [{ Id: "bus", Arn: EventBusArn!, DeadLetterConfig: { Arn: dead } }] });
  await put({});
  const { Messages } = await theirSqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10, MessageAttributeNames: ["All"] });
  assert.equal(Messages![0]!.MessageAttributes!["ERROR_CODE"]!.StringValue, "NO_PERMISSIONS");
  await events.putPermission({ EventBusName: "shared", StatementId: "them", Action: "events:PutEvents", Principal: OTHER });
  for (const entry of [{ EventBusName: EventBusArn! }, {}]) {
    const { Entries } = await put(entry);
    const message = await received(queue.url);
    const { id, account } = JSON.parse(message.Body!);
    assert.deepEqual([id, account], [Entries![0]!.EventId, OTHER]);
    await sqs.deleteMessage({ QueueUrl: queue.url, ReceiptHandle: message.ReceiptHandle });
  }
  theirEvents.destroy();
  theirSqs.destroy();
});

test("what a function returned goes on over a bus, when that is its destination", async () => {
  const { RuleArn } = await events.putRule({ Name: "results", EventPattern: JSON.stringify({ source: ["lambda"] }) });
  const queue = await queueFor("results", byEvents("sqs:SendMessage", arnOf("sqs", "results"), RuleArn!));
  await events.putTargets({ Rule: "results", Targets: [{ Id: "q", Arn: queue.arn }] });
  await create("with-destination");
  await lambda.putFunctionEventInvokeConfig({ FunctionName: "with-destination", DestinationConfig: { OnSuccess: { Destination: arnOf("events", "event-bus/default") } } });
  await lambda.invoke({ FunctionName: "with-destination", InvocationType: "Event", Payload: "{}" });
  const event = JSON.parse((await received(queue.url)).Body!);
  assert.deepEqual([event["detail-type"], event.detail.responsePayload], ["Lambda Function Invocation Result - Success", { got: true }]);
});

test("a schedule invokes a function when its time has come", async () => {
  // People move the date in development only.
  await using developing = await openTestPlatform();
  for (const client of [events, lambda, logs]) client.destroy();
  [events, lambda, logs] = [new EventBridge(developing.clientConfig), new Lambda(developing.clientConfig), new CloudWatchLogs(developing.clientConfig)];
  const { RuleArn } = await events.putRule({ Name: "nightly", ScheduleExpression: "cron(0 3 * * ? *)" });
  await events.putTargets({ Rule: "nightly", Targets: [{ Id: "f", Arn: await create("nightly", RuleArn) }] });
  const response = await fetch(`${developing.url}/_evoke/clock`, { method: "POST", body: JSON.stringify({ advance: "24h" }) });
  assert.equal(response.status, 200, await response.text());
  const [event, ...more] = await gotBy("nightly");
  assert.deepEqual([event["detail-type"], event.source, event.time.slice(10), event.resources, event.detail, more], ["Scheduled Event", "aws.events", "T03:00:00Z", [RuleArn], {}, []]);
});
