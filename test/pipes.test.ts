// Pipes through the whole platform: real queues, functions, topics, buses, log groups and servers, with policies enforced.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes.html
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { type CreatePipeCommandInput, Pipes } from "@aws-sdk/client-pipes";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { refusal } from "./support/refusal.ts";
import { zipOf } from "./support/zip.ts";

const ACCOUNT = "000000000000";
const REGION = "eu-west-1";
const arnOf = (service: string, resource: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

let platform: TestPlatform;
let [pipes, events, lambda, sns, sqs, iam, logs]: [Pipes, EventBridge, Lambda, SNS, SQS, IAM, CloudWatchLogs] = [] as never;

before(async () => {
  platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret`, region: REGION });
  const config = { ...platform.clientConfig, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" } };
  [pipes, events, lambda, sns, sqs, iam, logs] = [new Pipes(config), new EventBridge(config), new Lambda(config), new SNS(config), new SQS(config), new IAM(config), new CloudWatchLogs(config)];
  await role("runner", ["logs:*"], "lambda.amazonaws.com");
  await role("pipe", ["sqs:*", "sns:Publish", "events:PutEvents", "events:InvokeApiDestination", "lambda:InvokeFunction", "logs:*"]);
});
after(async () => {
  for (const client of [pipes, events, lambda, sns, sqs, iam, logs]) client?.destroy();
  await platform?.close();
});

async function role(RoleName: string, Action: string[], Service = "pipes.amazonaws.com"): Promise<void> {
  await iam.createRole({ RoleName, AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }) });
  await allow(RoleName, Action);
}
const allow = (RoleName: string, Action: string[], Resource = "*") => iam.putRolePolicy({ RoleName, PolicyName: "p", PolicyDocument: document({ Effect: "Allow", Action, Resource }) });

async function queue(QueueName: string, Attributes: Record<string, string> = {}): Promise<{ url: string; arn: string }> {
  const { QueueUrl } = await sqs.createQueue({ QueueName, Attributes });
  return { url: QueueUrl!, arn: arnOf("sqs", QueueName) };
}

async function fn(FunctionName: string, body: string): Promise<string> {
  const { FunctionArn } = await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: roleArn("runner"), Timeout: 5, Code: { ZipFile: await zipOf({ "index.js": `exports.handler = async (event) => { ${body} };` }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName });
  return FunctionArn!;
}

async function eventually<T>(look: () => T | undefined | Promise<T | undefined>, seconds = 15): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(20);
  }
  throw new Error(`it did not come in ${seconds} seconds`);
}

const inState = (Name: string, state: string) => eventually(async () => {
  const pipe = await pipes.describePipe({ Name });
  return pipe.CurrentState === state ? pipe : undefined;
});

async function pipe(Name: string, more: Omit<CreatePipeCommandInput, "Name" | "RoleArn"> & { RoleArn?: string }) {
  await pipes.createPipe({ Name, RoleArn: roleArn("pipe"), ...more } as CreatePipeCommandInput);
  return inState(Name, "RUNNING");
}

/** So many messages, deleted when they are read. */
async function bodies(QueueUrl: string, count: number): Promise<string[]> {
  const found: string[] = [];
  await eventually(async () => {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 });
    for (const { Body, ReceiptHandle } of Messages) {
      found.push(Body!);
      await sqs.deleteMessage({ QueueUrl, ReceiptHandle: ReceiptHandle! });
    }
    return found.length >= count ? true : undefined;
  });
  return found.sort();
}

const isEmpty = (QueueUrl: string) => eventually(async () => {
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] });
  return Number(Attributes!["ApproximateNumberOfMessages"]) + Number(Attributes!["ApproximateNumberOfMessagesNotVisible"]) === 0 ? true : undefined;
});

const send = (url: string, ...texts: string[]) => sqs.sendMessageBatch({ QueueUrl: url, Entries: texts.map((MessageBody, n) => ({ Id: String(n), MessageBody })) });

test("messages go through filter and enrichment to the target, and what no filter wants is deleted", async () => {
  const [from, to] = [await queue("from"), await queue("to")];
  const Enrichment = await fn("enrich", "return event.map((record) => ({ ...record, enriched: event.length > 0 && Array.isArray(event) }));");
  await pipe("whole", { Source: from.arn, Target: to.arn, Enrichment, SourceParameters: { FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ body: ["one"] }) }, { Pattern: JSON.stringify({ body: { kind: ["three"] } }) }] } } });
  await send(from.url, "one", "two", '{"kind":"three"}');
  const got = (await bodies(to.url, 2)).map((body) => JSON.parse(body) as { body: string; messageId: string; enriched: boolean; eventSource: string });
  assert.deepEqual(got.map(({ body, enriched, eventSource }) => ({ body, enriched, eventSource })).sort((a, b) => (a.body < b.body ? -1 : 1)), [
    { body: "one", enriched: true, eventSource: "aws:sqs" }, { body: '{"kind":"three"}', enriched: true, eventSource: "aws:sqs" },
  ].sort((a, b) => (a.body < b.body ? -1 : 1)));
  await isEmpty(from.url);
});

test("templates are filled from each message, with its body parsed and what the pipe knows of itself", async () => {
  const [from, to] = [await queue("templates-from"), await queue("templates-to")];
  const { Arn } = await pipe("templates", { Source: from.arn, Target: to.arn, TargetParameters: { InputTemplate: `{"id": <$.body.id>, "name": "<$.body.name>!", "none": "<$.body.none>", "pipe": "<aws.pipes.pipe-arn>", "source": <aws.pipes.source-arn>, "whole": <aws.pipes.event.json>}` } });
  await send(from.url, '{"id":12345678901234567890,"name":"Ann"}');
  const [text] = await bodies(to.url, 1);
  assert.match(text!, /^\{"id": 12345678901234567890, "name": "Ann!", "none": ""/);
  const { pipe: itself, source, whole } = JSON.parse(text!) as { pipe: string; source: string; whole: { body: { name: string } } };
  assert.deepEqual([itself, source, whole.body.name], [Arn, from.arn, "Ann"]);

  for (const [InputTemplate, expected] of [["<$.body>", '{"a":"b"}'], ["Hello, <$.body.a> of <aws.pipes.pipe-name>", "Hello, b of templates"], ["static", "static"], ["", undefined]] as const) {
    await pipes.updatePipe({ Name: "templates", RoleArn: roleArn("pipe"), TargetParameters: { InputTemplate } });
    await inState("templates", "RUNNING");
    await send(from.url, '{"a":"b"}');
    const [body] = await bodies(to.url, 1);
    if (expected === undefined) assert.equal((JSON.parse(body!) as { body: string }).body, '{"a":"b"}');
    else assert.equal(body, expected);
  }
});

test("what a function lists as failed comes again, and ends in the queue's dead-letter queue; the rest is done", async () => {
  const letters = await queue("letters");
  const from = await queue("partial-from", { VisibilityTimeout: "1", RedrivePolicy: JSON.stringify({ deadLetterTargetArn: letters.arn, maxReceiveCount: "2" }) });
  const Target = await fn("partly", "console.log('GOT ' + event.map(({ body }) => body).join()); return { batchItemFailures: event.filter(({ body }) => body.startsWith('bad')).map(({ messageId }) => ({ itemIdentifier: messageId })) };");
  await pipe("partial", { Source: from.arn, Target });
  await send(from.url, "good", "bad", "fine");
  assert.deepEqual(await bodies(letters.url, 1), ["bad"]);
  await isEmpty(from.url);
});

test("a function that fails leaves the whole batch to the queue, and one that is told to and forgotten does not", async () => {
  const letters = await queue("failing-letters");
  const from = await queue("failing-from", { VisibilityTimeout: "1", RedrivePolicy: JSON.stringify({ deadLetterTargetArn: letters.arn, maxReceiveCount: "1" }) });
  const Target = await fn("fails", "throw new Error('told to');");
  await pipe("failing", { Source: from.arn, Target });
  await send(from.url, "a", "b");
  assert.deepEqual(await bodies(letters.url, 2), ["a", "b"]);
  await pipes.updatePipe({ Name: "failing", RoleArn: roleArn("pipe"), TargetParameters: { LambdaFunctionParameters: { InvocationType: "FIRE_AND_FORGET" } } });
  await inState("failing", "RUNNING");
  await send(from.url, "c");
  await isEmpty(from.url);
  await sleep(1_200);
  await isEmpty(letters.url);
});

test("topics, event buses and log groups are targets, with parameters that are paths into the event", async () => {
  const to = await queue("many-to");
  await sqs.setQueueAttributes({ QueueUrl: to.url, Attributes: { Policy: document({ Effect: "Allow", Principal: { Service: ["sns.amazonaws.com", "events.amazonaws.com"] }, Action: "sqs:SendMessage", Resource: to.arn }) } });
  const { TopicArn } = await sns.createTopic({ Name: "topic" });
  await sns.subscribe({ TopicArn: TopicArn!, Protocol: "sqs", Endpoint: to.arn, Attributes: { RawMessageDelivery: "true" } });
  const from = await queue("topic-from");
  await pipe("to-topic", { Source: from.arn, Target: TopicArn!, TargetParameters: { InputTemplate: "<$.body>" } });
  await send(from.url, "for the topic");
  assert.deepEqual(await bodies(to.url, 1), ["for the topic"]);

  const { EventBusArn } = await events.createEventBus({ Name: "bus" });
  await events.putRule({ Name: "all", EventBusName: "bus", EventPattern: JSON.stringify({ account: [ACCOUNT] }) });
  await events.putTargets({ Rule: "all", EventBusName: "bus", Targets: [{ Id: "1", Arn: to.arn }] });
  const bused = await queue("bus-from");
  await pipe("to-bus", { Source: bused.arn, Target: EventBusArn!, TargetParameters: { InputTemplate: "<$.body>" } });
  await send(bused.url, '{"n":1}');
  const [plain] = (await bodies(to.url, 1)).map((body) => JSON.parse(body) as Record<string, unknown>);
  assert.deepEqual([plain!["source"], plain!["detail-type"], plain!["detail"]], ["Pipe to-bus", "Event from aws:sqs", { n: 1 }]);
  await pipes.updatePipe({ Name: "to-bus", RoleArn: roleArn("pipe"), TargetParameters: { EventBridgeEventBusParameters: { Source: "my.app", DetailType: "$.body.type", Resources: ["$.body.type"], Time: "$.body.at" } } });
  await inState("to-bus", "RUNNING");
  await send(bused.url, '{"type":"order","at":"2024-02-03T04:05:06Z"}');
  const [typed] = (await bodies(to.url, 1)).map((body) => JSON.parse(body) as Record<string, unknown>);
  assert.deepEqual([typed!["source"], typed!["detail-type"], typed!["resources"], typed!["time"]], ["my.app", "order", ["order"], "2024-02-03T04:05:06Z"]);

  await logs.createLogGroup({ logGroupName: "/pipes" });
  const logged = await queue("logs-from");
  await pipe("to-logs", { Source: logged.arn, Target: arnOf("logs", "log-group:/pipes"), TargetParameters: { InputTemplate: "said <$.body.what>", CloudWatchLogsParameters: { LogStreamName: "stream", Timestamp: "$.body.at" } } });
  const at = Date.now() - 60_000;
  await send(logged.url, JSON.stringify({ what: "so", at }));
  const found = await eventually(async () => (await logs.getLogEvents({ logGroupName: "/pipes", logStreamName: "stream" }).catch(() => undefined))?.events?.[0]);
  assert.deepEqual([found.message, found.timestamp], ["said so", at]);
});

test("a FIFO queue's messages arrive in order, in groups named by a path", async () => {
  const [from, to] = [await queue("in.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" }), await queue("out.fifo", { FifoQueue: "true" })];
  await pipe("ordered", { Source: from.arn, Target: to.arn, TargetParameters: { InputTemplate: "<$.body>", SqsQueueParameters: { MessageGroupId: "$.attributes.MessageGroupId", MessageDeduplicationId: "$.messageId" } } });
  for (let n = 0; n < 12; n++) await sqs.sendMessage({ QueueUrl: from.url, MessageBody: `${n % 2}-${n}`, MessageGroupId: `g${n % 2}` });
  const got: string[] = [];
  await eventually(async () => {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl: to.url, WaitTimeSeconds: 1, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All"] });
    for (const { Body, ReceiptHandle, Attributes } of Messages) {
      assert.equal(Attributes!["MessageGroupId"], `g${Body![0]}`);
      got.push(Body!);
      await sqs.deleteMessage({ QueueUrl: to.url, ReceiptHandle: ReceiptHandle! });
    }
    return got.length === 12 ? true : undefined;
  });
  for (const group of ["0", "1"]) assert.deepEqual(got.filter((body) => body.startsWith(group)).map((body) => Number(body.slice(2))), [0, 1, 2, 3, 4, 5].map((n) => n * 2 + Number(group)));
});

test("API destinations enrich and are targets, one message at a time, with parameters from the event", async (t) => {
  const requests: { url: string; body: string; key: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => { body += String(chunk); });
    request.on("end", () => {
      requests.push({ url: request.url!, body, key: String(request.headers["x-key"]) });
      response.statusCode = request.url!.startsWith("/fail") ? 500 : 200;
      response.end(request.url!.startsWith("/enrich") ? JSON.stringify({ answer: body.length }) : "");
    });
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await new Promise((resolve) => { server.once("listening", resolve); });
  const { port } = server.address() as { port: number };
  const { ConnectionArn } = await events.createConnection({ Name: "c", AuthorizationType: "API_KEY", AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "x-key", ApiKeyValue: "secret" } } });
  const destination = async (Name: string) => (await events.createApiDestination({ Name, ConnectionArn: ConnectionArn!, HttpMethod: "POST", InvocationEndpoint: `http://127.0.0.1:${port}/${Name}/*` })).ApiDestinationArn!;
  const from = await queue("http-from");
  const made = await pipe("http", {
    Source: from.arn, Enrichment: await destination("enrich"), EnrichmentParameters: { InputTemplate: "<$.body>", HttpParameters: { PathParameterValues: ["$.body.id"], QueryStringParameters: { q: "fixed" } } },
    Target: await destination("target"), TargetParameters: { HttpParameters: { PathParameterValues: ["x"], HeaderParameters: { "x-other": "y" } } },
  });
  assert.equal(made.SourceParameters!.SqsQueueParameters!.BatchSize, 1);
  await send(from.url, '{"id":"one"}');
  await isEmpty(from.url);
  assert.deepEqual(requests, [{ url: "/enrich/one?q=fixed", body: '{"id":"one"}', key: "secret" }, { url: "/target/x", body: '{"answer":12}', key: "secret" }]);
});

test("a pipe whose role may not read its source fails to be created, and says so; one that was allowed goes on when it is again", async () => {
  const [from, to] = [await queue("denied-from"), await queue("denied-to")];
  await role("narrow", ["sqs:SendMessage"]);
  await pipes.createPipe({ Name: "denied", RoleArn: roleArn("narrow"), Source: from.arn, Target: to.arn });
  // The sentence is reported: terraform-aws-modules/terraform-aws-eventbridge#133.
  assert.equal((await inState("denied", "CREATE_FAILED")).StateReason, "Input parameter is invalid from the request due to : The provided customer role does not have permissions to call ReceiveMessage on SQS");
  await allow("narrow", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage"]);
  await pipes.startPipe({ Name: "denied" });
  assert.equal((await inState("denied", "RUNNING")).StateReason, "USER_INITIATED");
  await send(from.url, "now");
  assert.equal((await bodies(to.url, 1)).length, 1);

  await pipes.createPipe({ Name: "untrusted", RoleArn: roleArn("runner"), Source: from.arn, Target: to.arn });
  assert.match((await inState("untrusted", "CREATE_FAILED")).StateReason!, /cannot be assumed by principal 'pipes\.amazonaws\.com'/);
  await pipes.createPipe({ Name: "gone", RoleArn: roleArn("pipe"), Source: arnOf("sqs", "nowhere"), Target: to.arn });
  assert.match((await inState("gone", "CREATE_FAILED")).StateReason!, /NonExistentQueue/);
});

test("a target that the role may not use leaves messages in the queue until it may", async () => {
  const [from, to] = [await queue("closed-from", { VisibilityTimeout: "1" }), await queue("closed-to")];
  await role("reader", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]);
  await pipe("closed", { Source: from.arn, Target: to.arn, RoleArn: roleArn("reader") });
  await send(from.url, "kept");
  await sleep(500);
  await isEmpty(to.url);
  await allow("reader", ["sqs:*"]);
  assert.equal((await bodies(to.url, 1)).length, 1);
});

test("an enrichment that answers nothing ends a message, and one that answers more than the target takes fails the batch", async () => {
  const letters = await queue("more-letters");
  const [from, to] = [await queue("more-from", { VisibilityTimeout: "1", RedrivePolicy: JSON.stringify({ deadLetterTargetArn: letters.arn, maxReceiveCount: "1" }) }), await queue("more-to")];
  const Enrichment = await fn("more", "return { none: '', empty: {}, list: [], null: null, one: { only: 1 }, many: Array(11).fill({ n: 1 }), ten: Array(10).fill({ n: 1 }), number: 5 }[event[0].body];");
  await pipe("more", { Source: from.arn, Target: to.arn, Enrichment, SourceParameters: { SqsQueueParameters: { BatchSize: 1 } } });
  await send(from.url, "none", "empty", "list", "null");
  await isEmpty(from.url);
  await isEmpty(to.url);
  await isEmpty(letters.url);
  await send(from.url, "one", "ten");
  assert.deepEqual(await bodies(to.url, 11), [...Array<string>(10).fill('{"n":1}'), '{"only":1}']);
  await send(from.url, "many", "number");
  assert.deepEqual(await bodies(letters.url, 2), ["many", "number"]);
  await isEmpty(to.url);
});

test("one message that a bus refuses comes again alone; the others of its batch are done", async () => {
  const letters = await queue("refused-letters");
  const from = await queue("refused-from", { VisibilityTimeout: "1", RedrivePolicy: JSON.stringify({ deadLetterTargetArn: letters.arn, maxReceiveCount: "2" }) });
  await pipe("refused", { Source: from.arn, Target: arnOf("events", "event-bus/default"), TargetParameters: { InputTemplate: "<$.body>" } });
  await send(from.url, '{"a":1}', "no object", '{"b":1}');
  assert.deepEqual(await bodies(letters.url, 1), ["no object"]);
  await isEmpty(from.url);
  await isEmpty(letters.url);
});

test("who lays a pipe must be permitted to, and to pass its role; tags count", async () => {
  const [from, to] = [await queue("ann-from"), await queue("ann-to")];
  await iam.createUser({ UserName: "ann" });
  const { AccessKey } = await iam.createAccessKey({ UserName: "ann" });
  const ann = new Pipes({ ...platform.clientConfig, credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! } });
  const may = (...Statement: object[]) => iam.putUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: document(...Statement) });
  const create = (Name: string, team = "none") => ann.createPipe({ Name, RoleArn: roleArn("pipe"), Source: from.arn, Target: to.arn, DesiredState: "STOPPED", Tags: { team } });
  try {
    await may({ Effect: "Allow", Action: "pipes:*", Resource: "*" });
    await assert.rejects(create("ann"), /iam:PassRole/);
    await may({ Effect: "Allow", Action: "pipes:*", Resource: arnOf("pipes", "pipe/ann-*") }, { Effect: "Allow", Action: "iam:PassRole", Resource: roleArn("pipe"), Condition: { StringEquals: { "iam:PassedToService": "pipes.amazonaws.com" } } });
    await assert.rejects(create("bob"), /pipes:CreatePipe/);
    await create("ann-a", "a");
    await create("ann-b", "b");
    await may({ Effect: "Allow", Action: "pipes:*", Resource: "*", Condition: { StringEquals: { "aws:ResourceTag/team": "a" } } });
    assert.equal((await ann.describePipe({ Name: "ann-a" })).Name, "ann-a");
    for (const refused of [ann.describePipe({ Name: "ann-b" }), ann.deletePipe({ Name: "ann-b" }), ann.tagResource({ resourceArn: arnOf("pipes", "pipe/ann-b"), tags: { team: "a" } })]) await assert.rejects(refused, /not authorized/);
  } finally {
    ann.destroy();
  }
});

test("a pipe stops, starts and goes", async () => {
  const [from, to] = [await queue("moving-from"), await queue("moving-to")];
  await pipe("moving", { Source: from.arn, Target: to.arn, TargetParameters: { InputTemplate: "<$.body>" } });
  await assert.rejects(pipes.startPipe({ Name: "moving" }), refusal("ConflictException", "Pipe moving is already in the desired state RUNNING."));
  assert.equal((await pipes.stopPipe({ Name: "moving" })).CurrentState, "STOPPING");
  await inState("moving", "STOPPED");
  await send(from.url, "late");
  await sleep(300);
  await isEmpty(to.url);
  assert.equal((await pipes.startPipe({ Name: "moving" })).CurrentState, "STARTING");
  assert.deepEqual(await bodies(to.url, 1), ["late"]);
  await inState("moving", "RUNNING");
  assert.deepEqual([(await pipes.deletePipe({ Name: "moving" })).CurrentState], ["DELETING"]);
  await eventually(() => pipes.describePipe({ Name: "moving" }).then(() => undefined, (error: Error) => (error.name === "NotFoundException" ? true : undefined)));
  await send(from.url, "nobody");
  await sleep(300);
  await isEmpty(to.url);
});

test("a pipe logs the steps of its executions, as far as its level says", async () => {
  await logs.createLogGroup({ logGroupName: "/steps" });
  const [from, to] = [await queue("steps-from"), await queue("steps-to")];
  const Enrichment = await fn("steps", "if (event[0].body === 'bad') throw new Error('told to'); return event;");
  const LogConfiguration = (Level: "ERROR" | "INFO" | "TRACE", more = {}) => ({ Level, CloudwatchLogsLogDestination: { LogGroupArn: arnOf("logs", "log-group:/steps") }, ...more });
  const { Arn } = await pipe("steps", { Source: from.arn, Target: to.arn, Enrichment, TargetParameters: { InputTemplate: "<$.body>" }, LogConfiguration: LogConfiguration("TRACE", { IncludeExecutionData: ["ALL"] }) });
  const steps = (count: number) => eventually(async () => {
    const { events: found = [] } = await logs.getLogEvents({ logGroupName: "/steps", logStreamName: "steps", startFromHead: true }).catch(() => ({ events: [] }));
    return found.length >= count ? found.map(({ message }) => JSON.parse(message!) as Record<string, unknown>) : undefined;
  });
  await send(from.url, "good");
  const traced = await steps(12);
  assert.deepEqual(traced.map(({ messageType }) => messageType), [
    "ExecutionStarted", "EnrichmentStageEntered", "EnrichmentInvocationStarted", "EnrichmentInvocationSucceeded", "EnrichmentStageSucceeded",
    "TargetStageEntered", "TargetTransformationStarted", "TargetTransformationSucceeded", "TargetInvocationStarted", "TargetInvocationSucceeded", "TargetStageSucceeded", "ExecutionSucceeded",
  ]);
  assert.deepEqual([traced[0]!["resourceArn"], traced[0]!["logLevel"], (JSON.parse(traced[0]!["payload"] as string) as { body: string }[])[0]!.body], [Arn, "INFO", "good"]);
  assert.equal(new Set(traced.map(({ executionId }) => executionId)).size, 1);
  assert.equal((JSON.parse(traced[3]!["awsResponse"] as string) as { body: string }[])[0]!.body, "good");

  await pipes.updatePipe({ Name: "steps", RoleArn: roleArn("pipe"), LogConfiguration: LogConfiguration("ERROR") });
  await inState("steps", "RUNNING");
  await send(from.url, "bad");
  const failed = (await steps(15)).slice(12);
  assert.deepEqual(failed.map(({ messageType }) => messageType), ["EnrichmentInvocationFailed", "EnrichmentStageFailed", "ExecutionFailed"]);
  assert.match((failed[0]!["error"] as { message: string }).message, /told to/);
});
