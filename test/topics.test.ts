// Topics through the whole platform: real queues, real functions in Node.js and Python, a real server; who may, and who is told.
// https://docs.aws.amazon.com/sns/latest/dg/
import assert from "node:assert/strict";
import { createVerify, X509Certificate } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { type Evidence, openEvidence } from "./support/evidence.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ACCOUNT = "000000000000";
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

let platform: TestPlatform;
let evidence: Evidence;
let [lambda, sns, sqs, iam, logs]: [Lambda, SNS, SQS, IAM, CloudWatchLogs] = [] as never;
let server: Server;
let serverUrl: string;
const requests: { headers: Record<string, string>; message: Record<string, string> }[] = [];

before(async () => {
  evidence = await openEvidence();
  platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret`, region: "eu-west-1" });
  const config = { ...platform.clientConfig, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" } };
  [lambda, sns, sqs, iam, logs] = [new Lambda(config), new SNS(config), new SQS(config), new IAM(config), new CloudWatchLogs(config)];
  await iam.createRole({ RoleName: "runner", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com", "sns.amazonaws.com"] }, Action: "sts:AssumeRole" }) });
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    requests.push({ headers: request.headers as never, message: JSON.parse(Buffer.concat(parts).toString()) });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  for (const client of [lambda, sns, sqs, iam, logs]) client?.destroy();
  evidence?.close();
  server?.closeAllConnections();
  server?.close();
  await platform?.close();
});

async function create(FunctionName: string, files: Record<string, string>, runtime = "nodejs24.x", more: Partial<Parameters<Lambda["createFunction"]>[0]> = {}): Promise<string> {
  const made = await lambda.createFunction({ FunctionName, Runtime: runtime as never, Handler: "index.handler", Role: `arn:aws:iam::${ACCOUNT}:role/runner`, Timeout: 20, Code: { ZipFile: await zipOf(files) }, ...more });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName });
  return made.FunctionArn!;
}

const admitTopic = (FunctionName: string, SourceArn: string) => lambda.addPermission({ FunctionName, StatementId: "topic", Action: "lambda:InvokeFunction", Principal: "sns.amazonaws.com", SourceArn });

/** A queue that lets the topic in, as its owner would write it. */
async function queueFor(QueueName: string, topicArn?: string): Promise<{ url: string; arn: string }> {
  const arn = `arn:aws:sqs:eu-west-1:${ACCOUNT}:${QueueName}`;
  const Policy = document({ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arn, ...(topicArn && { Condition: { ArnEquals: { "aws:SourceArn": topicArn } } }) });
  const { QueueUrl } = await sqs.createQueue({ QueueName, Attributes: topicArn === undefined ? {} : { Policy } });
  return { url: QueueUrl!, arn };
}

async function receive(QueueUrl: string) {
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10, MessageAttributeNames: ["All"] });
  assert.equal(Messages.length, 1, "a message within ten seconds");
  return Messages[0]!;
}

async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 15_000; Date.now() < end;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(20);
  }
  throw new Error("it did not come in fifteen seconds");
}

test("what is published reaches a queue, a function in Node.js and one in Python, each as its policy allows", async () => {
  const { TopicArn } = await sns.createTopic({ Name: "orders" });
  const queue = await queueFor("orders", TopicArn);
  const node = await create("orders-node", { "index.js": `${evidence.say}exports.handler = (event) => say("node", event);` });
  const python = await create("orders-python", { "index.py": `import json, urllib.request\ndef handler(event, context):\n    urllib.request.urlopen(urllib.request.Request(${JSON.stringify(/http:\/\/[\d.:]+/.exec(evidence.say)![0])} + "/python", data=json.dumps(event).encode(), method="POST"))\n` }, "python3.13");
  for (const [name, Endpoint] of [["orders-node", node], ["orders-python", python]] as const) {
    await admitTopic(name, TopicArn!);
    await sns.subscribe({ TopicArn, Protocol: "lambda", Endpoint });
  }
  await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: queue.arn });
  const { MessageId } = await sns.publish({ TopicArn, Message: "order 7", Subject: "new", MessageAttributes: { kind: { DataType: "String", StringValue: "book" } } });
  const queued = JSON.parse((await receive(queue.url)).Body!);
  assert.deepEqual([queued.MessageId, queued.Message, queued.Subject, queued.MessageAttributes], [MessageId, "order 7", "new", { kind: { Type: "String", Value: "book" } }]);
  for (const language of ["node", "python"]) {
    const event = await eventually(() => evidence.said(language)[0]);
    const [{ EventSource, Sns }] = event.Records;
    assert.deepEqual([EventSource, Sns.MessageId, Sns.Message, Sns.Subject, Sns.MessageAttributes], ["aws:sns", MessageId, "order 7", "new", { kind: { Type: "String", Value: "book" } }], language);
  }
});

test("a queue whose policy does not name the topic gets nothing, and its dead-letter queue, which does, everything", async () => {
  const { TopicArn } = await sns.createTopic({ Name: "unwanted" });
  const [closed, letters] = [await queueFor("closed"), await queueFor("unwanted-letters", TopicArn)];
  await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: closed.arn, Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: letters.arn }), RawMessageDelivery: "true" } });
  await sns.publish({ TopicArn, Message: "m", MessageAttributes: { b: { DataType: "Binary", BinaryValue: Buffer.from([1, 2]) } } });
  const letter = await receive(letters.url);
  assert.deepEqual([letter.Body, letter.MessageAttributes!["b"]!.DataType, Buffer.from(letter.MessageAttributes!["b"]!.BinaryValue!)], ["m", "Binary", Buffer.from([1, 2])]);
  assert.equal((await sqs.getQueueAttributes({ QueueUrl: closed.url, AttributeNames: ["ApproximateNumberOfMessages"] })).Attributes!["ApproximateNumberOfMessages"], "0");
});

test("a server confirms by the link, gets signed messages, and is told when somebody unsubscribes by the link", async () => {
  const { TopicArn } = await sns.createTopic({ Name: "served" });
  await sns.subscribe({ TopicArn, Protocol: "http", Endpoint: `${serverUrl}/hook` });
  const asked = await eventually(() => requests[0]);
  assert.equal(asked.headers["x-amz-sns-message-type"], "SubscriptionConfirmation");
  const confirmed = await (await fetch(asked.message["SubscribeURL"]!)).text();
  assert.match(confirmed, new RegExp(`<SubscriptionArn>${TopicArn}:[0-9a-f-]{36}</SubscriptionArn>`));
  await sns.publish({ TopicArn, Message: "signed" });
  const { message } = await eventually(() => requests[1]);
  const certificate = new X509Certificate(await (await fetch(message["SigningCertURL"]!)).text());
  const text = ["Message", "MessageId", "Timestamp", "TopicArn", "Type"].map((name) => `${name}\n${message[name]}\n`).join("");
  assert.ok(createVerify("sha1").update(text).verify(certificate.publicKey, message["Signature"]!, "base64"));
  assert.equal((await fetch(message["SigningCertURL"]!.replace(/-[0-9a-f]{32}/, `-${"0".repeat(32)}`))).status, 404);
  assert.equal((await fetch(message["UnsubscribeURL"]!)).status, 200);
  const told = await eventually(() => requests[2]);
  assert.deepEqual([told.headers["x-amz-sns-message-type"], told.message["Type"]], ["UnsubscribeConfirmation", "UnsubscribeConfirmation"]);
  assert.deepEqual((await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions ?? [], []);
});

test("the publisher's trace goes on to the queue and the function", async () => {
  const { TopicArn } = await sns.createTopic({ Name: "traced" });
  const queue = await queueFor("traced", TopicArn);
  const traced = await create("traced", { "index.js": `${evidence.say}exports.handler = () => say("traced", process.env._X_AMZN_TRACE_ID);` });
  await admitTopic("traced", TopicArn!);
  await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: queue.arn });
  await sns.subscribe({ TopicArn, Protocol: "lambda", Endpoint: traced });
  const root = "1-3152b799-8954dae64eda91bc9a23a7e8";
  const client = new SNS({ ...platform.clientConfig, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" } });
  client.middlewareStack.add((next) => (args) => {
    (args.request as { headers: Record<string, string> }).headers["x-amzn-trace-id"] = `Root=${root};Parent=7fa8c0f79203be72;Sampled=1`;
    return next(args);
  }, { step: "build" });
  await client.publish({ TopicArn, Message: "m" });
  client.destroy();
  const { Messages } = await sqs.receiveMessage({ QueueUrl: queue.url, WaitTimeSeconds: 10, MessageSystemAttributeNames: ["All"] });
  assert.match(Messages![0]!.Attributes!["AWSTraceHeader"]!, new RegExp(`^Root=${root};`));
  assert.match(await eventually(() => evidence.said("traced")[0]), new RegExp(`^Root=${root};`));
});

test("FIFO topics hand their groups on to FIFO queues in order, once", async () => {
  const { TopicArn } = await sns.createTopic({ Name: "ordered.fifo", Attributes: { FifoTopic: "true", ContentBasedDeduplication: "true" } });
  const arn = `arn:aws:sqs:eu-west-1:${ACCOUNT}:ordered.fifo`;
  const { QueueUrl } = await sqs.createQueue({ QueueName: "ordered.fifo", Attributes: { FifoQueue: "true", Policy: document({ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arn }) } });
  await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: arn, Attributes: { RawMessageDelivery: "true" } });
  for (let n = 0; n < 3; n++) await sns.publishBatch({ TopicArn, PublishBatchRequestEntries: Array.from({ length: 10 }, (_, m) => ({ Id: String(m), Message: `${n}${m}`, MessageGroupId: "g" })) });
  await sns.publish({ TopicArn, Message: "00", MessageGroupId: "g" });
  const bodies: string[] = [];
  while (bodies.length < 30) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 5, MaxNumberOfMessages: 10 });
    if (Messages.length === 0) break;
    for (const { Body, ReceiptHandle } of Messages) {
      bodies.push(Body!);
      await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    }
  }
  assert.deepEqual(bodies, Array.from({ length: 30 }, (_, n) => String(n).padStart(2, "0")));
  assert.equal((await sqs.receiveMessage({ QueueUrl })).Messages, undefined, "the duplicate was not sent on");
});

test("delivery status is logged with the role that the topic names, while the role may", async () => {
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/feedback`;
  await iam.createRole({ RoleName: "feedback", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  await iam.putRolePolicy({ RoleName: "feedback", PolicyName: "logs", PolicyDocument: document({ Effect: "Allow", Action: "logs:*", Resource: "*" }) });
  const { TopicArn } = await sns.createTopic({ Name: "logged", Attributes: { SQSSuccessFeedbackRoleArn: RoleArn, SQSSuccessFeedbackSampleRate: "100" } });
  const queue = await queueFor("logged", TopicArn);
  await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: queue.arn });
  const { MessageId } = await sns.publish({ TopicArn, Message: "m" });
  const [event] = await eventually(async () => {
    const { events = [] } = await logs.filterLogEvents({ logGroupName: `sns/eu-west-1/${ACCOUNT}/logged` }).catch(() => ({ events: [] }));
    return events.length > 0 ? events : undefined;
  });
  const { notification, delivery, status } = JSON.parse(event!.message!);
  assert.deepEqual([notification.messageId, notification.topicArn, delivery.destination, delivery.statusCode, status], [MessageId, TopicArn, queue.arn, 200, "SUCCESS"]);
});

test("records and dead letters of asynchronous events reach real queues and topics", async () => {
  const { TopicArn } = await sns.createTopic({ Name: "outcomes" });
  const [outcomes, successes] = [await queueFor("outcomes", TopicArn), await queueFor("successes")];
  await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: outcomes.arn });
  await iam.putRolePolicy({ RoleName: "runner", PolicyName: "send", PolicyDocument: document({ Effect: "Allow", Action: ["sns:Publish", "sqs:SendMessage"], Resource: [TopicArn!, successes.arn] }) });
  const source = "exports.handler = async (event) => { if (event.fail) throw new Error('told to'); return { done: event.n }; };";
  const arn = await create("worker", { "index.js": source }, "nodejs24.x", { DeadLetterConfig: { TargetArn: TopicArn! } });
  await lambda.putFunctionEventInvokeConfig({ FunctionName: "worker", MaximumRetryAttempts: 0, DestinationConfig: { OnSuccess: { Destination: successes.arn } } });

  await lambda.invoke({ FunctionName: "worker", InvocationType: "Event", Payload: Buffer.from('{"n":1}') });
  const success = JSON.parse((await receive(successes.url)).Body!);
  assert.deepEqual([success.requestContext.functionArn, success.requestContext.condition, success.requestPayload, success.responsePayload], [`${arn}:$LATEST`, "Success", { n: 1 }, { done: 1 }]);

  const failed = await lambda.invoke({ FunctionName: "worker", InvocationType: "Event", Payload: Buffer.from('{"fail":true}') });
  const letter = JSON.parse((await receive(outcomes.url)).Body!);
  // Recorded from AWS by LocalStack: test_sns_topic_as_lambda_dead_letter_queue.
  assert.deepEqual([letter.Type, letter.TopicArn, letter.Message, letter.MessageAttributes], ["Notification", TopicArn, '{"fail":true}', {
    RequestID: { Type: "String", Value: failed.$metadata.requestId }, ErrorCode: { Type: "Number", Value: "200" }, ErrorMessage: { Type: "String", Value: "told to" },
  }]);

  await lambda.putFunctionEventInvokeConfig({ FunctionName: "worker", MaximumRetryAttempts: 0, DestinationConfig: { OnFailure: { Destination: TopicArn! } } });
  await lambda.updateFunctionConfiguration({ FunctionName: "worker", DeadLetterConfig: { TargetArn: "" } });
  await lambda.invoke({ FunctionName: "worker", InvocationType: "Event", Payload: Buffer.from('{"fail":1}') });
  await eventually(async () => {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl: outcomes.url, WaitTimeSeconds: 5, VisibilityTimeout: 600 });
    const record = Messages.map(({ Body }) => JSON.parse(JSON.parse(Body!).Message)).find(({ requestContext }) => requestContext !== undefined);
    return record?.requestContext.condition === "RetriesExhausted" && record.responsePayload.errorMessage === "told to" ? record : undefined;
  });
});
