// Queues over real sockets: the older query protocol and requests to a queue's own URL, long polls that end with their client and with the platform,
// and who may use whose queue.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { IAM } from "@aws-sdk/client-iam";
import { SQS } from "@aws-sdk/client-sqs";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";

let platform: TestPlatform;
let sqs: SQS;
before(async () => {
  platform = await openTestPlatform({ region: "eu-west-1" }); // what is not signed names none
  sqs = new SQS(platform.clientConfig);
});
after(async () => {
  sqs?.destroy();
  await platform?.close();
});

const make = async (QueueName: string, Attributes: Record<string, string> = {}) => (await sqs.createQueue({ QueueName, Attributes })).QueueUrl!;
const form = (parameters: Record<string, string>) => new URLSearchParams({ Version: "2012-11-05", ...parameters });
/** As clients of before 2023 do, and those of languages that still speak it. */
const post = async (url: string, parameters: Record<string, string>) => {
  const response = await fetch(url, { method: "POST", body: form(parameters) });
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
};

test("the query protocol is spoken, with the queue named in the form or by the address", async () => {
  const created = await post(platform.url, { Action: "CreateQueue", QueueName: "older", "Attribute.1.Name": "VisibilityTimeout", "Attribute.1.Value": "7", "Tag.1.Key": "team", "Tag.1.Value": "a" });
  const url = /<QueueUrl>(.*)<\/QueueUrl>/.exec(created.text)![1]!;
  assert.equal(url, `${platform.url}/000000000000/older`);
  assert.match(created.text, /^<CreateQueueResponse xmlns="http:\/\/queue\.amazonaws\.com\/doc\/2012-11-05\/"><CreateQueueResult><QueueUrl>.*<\/QueueUrl><\/CreateQueueResult><ResponseMetadata><RequestId>[0-9a-f-]{36}<\/RequestId><\/ResponseMetadata><\/CreateQueueResponse>$/);
  const sent = await post(url, { Action: "SendMessage", MessageBody: "a <b> & c", "MessageAttribute.1.Name": "Kind", "MessageAttribute.1.Value.DataType": "String", "MessageAttribute.1.Value.StringValue": "x" });
  assert.match(sent.text, /<MD5OfMessageBody>[0-9a-f]{32}<\/MD5OfMessageBody>/);
  await post(platform.url, { Action: "SendMessageBatch", QueueUrl: url, "SendMessageBatchRequestEntry.1.Id": "e1", "SendMessageBatchRequestEntry.1.MessageBody": "two" });
  const got = await post(url, { Action: "ReceiveMessage", MaxNumberOfMessages: "10", "AttributeName.1": "All", "MessageAttributeName.1": "All" });
  assert.match(got.text, /<Message>.*<Body>a &lt;b&gt; &amp; c<\/Body>.*<Attribute><Name>ApproximateReceiveCount<\/Name><Value>1<\/Value><\/Attribute>.*<MessageAttribute><Name>Kind<\/Name><Value><DataType>String<\/DataType><StringValue>x<\/StringValue><\/Value><\/MessageAttribute>.*<Message>.*<Body>two<\/Body>/);
  const handle = /<ReceiptHandle>(.*?)<\/ReceiptHandle>/.exec(got.text)![1]!;
  assert.equal((await post(url, { Action: "DeleteMessage", ReceiptHandle: handle })).status, 200);
  const attributes = await fetch(`${url}?${form({ Action: "GetQueueAttributes", "AttributeName.1": "VisibilityTimeout" })}`).then((response) => response.text());
  assert.match(attributes, /<Attribute><Name>VisibilityTimeout<\/Name><Value>7<\/Value><\/Attribute>/);
  assert.match(await fetch(`${url}?Action=ListQueueTags`).then((response) => response.text()), /<Tag><Key>team<\/Key><Value>a<\/Value><\/Tag>/);
  const other = await make("other");
  const named = await post(url, { Action: "GetQueueAttributes", QueueUrl: other, "AttributeName.1": "QueueArn" });
  assert.match(named.text, /:other</, "what is named goes before the address");
});

// The reference's examples: "&AttributeName=All" (ReceiveMessage), "&Attribute.Name=VisibilityTimeout&Attribute.Value=35" (SetQueueAttributes); the Java SDK: aws/aws-sdk-java-v2#2524.
test("a list or map of one may go without its number, and by its member's name", async () => {
  const url = await make("single");
  assert.equal((await post(url, { Action: "SetQueueAttributes", "Attribute.Name": "VisibilityTimeout", "Attribute.Value": "35" })).status, 200);
  assert.match((await post(url, { Action: "GetQueueAttributes", AttributeName: "VisibilityTimeout" })).text, /<Attribute><Name>VisibilityTimeout<\/Name><Value>35<\/Value><\/Attribute>/);
  await post(url, { Action: "TagQueue", "Tags.1.Key": "team", "Tags.1.Value": "a" });
  assert.match((await post(url, { Action: "ListQueueTags" })).text, /<Tag><Key>team<\/Key><Value>a<\/Value><\/Tag>/);
  assert.doesNotMatch((await post(url, { Action: "GetQueueAttributes", AttributeName: "" })).text, /Unknown Attribute|<Attribute>/, "an empty list");
});

test("errors of the query protocol carry its codes and words", async () => {
  const missing = await post(`${platform.url}/000000000000/none`, { Action: "SendMessage", MessageBody: "m" });
  assert.equal(missing.status, 400);
  assert.match(missing.text, /<ErrorResponse xmlns="http:\/\/queue\.amazonaws\.com\/doc\/2012-11-05\/"><Error><Type>Sender<\/Type><Code>AWS\.SimpleQueueService\.NonExistentQueue<\/Code><Message>The specified queue does not exist for this wsdl version\.<\/Message>/);
  const url = await make("words");
  assert.match((await post(url, { Action: "DeleteMessage", ReceiptHandle: "x" })).text, /<Code>ReceiptHandleIsInvalid<\/Code>/);
  assert.match((await post(url, { Action: "ReceiveMessage", MaxNumberOfMessages: "11" })).text, /<Code>InvalidParameterValue<\/Code><Message>Value 11 for parameter/);
  assert.match((await post(platform.url, { Action: "SendMessage", MessageBody: "m" })).text, /<Code>MissingParameter<\/Code><Message>The request must contain the parameter QueueUrl\.<\/Message>/);
});

test("in JSON an error names its type, and its older code in a header", async () => {
  const ask = async (target: string, body: object) => {
    const response = await fetch(`${platform.url}/`, { method: "POST", headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${target}` }, body: JSON.stringify(body) });
    return { status: response.status, code: response.headers.get("x-amzn-query-error"), body: await response.json() };
  };
  assert.deepEqual(await ask("SendMessage", { QueueUrl: `${platform.url}/000000000000/none`, MessageBody: "m" }), { status: 400, code: "AWS.SimpleQueueService.NonExistentQueue;Sender", body: { __type: "com.amazonaws.sqs#QueueDoesNotExist", message: "The specified queue does not exist." } });
  const QueueUrl = await make("json");
  assert.deepEqual(await ask("ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 0 }), { status: 400, code: "InvalidParameterValue;Sender", body: { __type: "com.amazon.coral.service#InvalidParameterValueException", message: "Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided." } });
  assert.deepEqual(await ask("ReceiveMessage", { QueueUrl }), { status: 200, code: null, body: {} });
});

test("a long poll is answered by what another client sends", async () => {
  const QueueUrl = await make("polled");
  const waiting = sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 });
  await sleep(100);
  const startedMs = performance.now();
  await sqs.sendMessage({ QueueUrl, MessageBody: "now" });
  assert.equal((await waiting).Messages![0]!.Body, "now");
  assert.ok(performance.now() - startedMs < 1_000);
});

test("a client that goes away takes no message with it", async () => {
  const QueueUrl = await make("left");
  const gone = new AbortController();
  const left = sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 }, { abortSignal: gone.signal }).catch(() => "left");
  await sleep(100);
  gone.abort();
  assert.equal(await left, "left");
  await sleep(50);
  await sqs.sendMessage({ QueueUrl, MessageBody: "for somebody else" });
  assert.equal((await sqs.receiveMessage({ QueueUrl })).Messages?.[0]?.Body, "for somebody else");
});

test("closing does not wait for long polls", async () => {
  const closing = await openTestPlatform();
  const client = new SQS(closing.clientConfig);
  const { QueueUrl } = await client.createQueue({ QueueName: "q" });
  const waiting = client.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 });
  await sleep(100);
  const startedMs = performance.now();
  await closing.platform.close(10_000);
  assert.deepEqual((await waiting).Messages, undefined);
  assert.ok(performance.now() - startedMs < 5_000);
  client.destroy();
  closing.lambda.destroy();
});

test("only who a policy lets may use a queue: another account by the queue's own, a user by either", async () => {
  const strict = await openTestPlatform({ iam: "enforce", credentials: "000000000000:ownsecret,111122223333:ownsecret" });
  const as = (accessKeyId: string, secretAccessKey = "ownsecret") => new SQS({ ...strict.clientConfig, credentials: { accessKeyId, secretAccessKey } });
  const [owner, stranger] = [as("000000000000"), as("111122223333")];
  const { QueueUrl } = await owner.createQueue({ QueueName: "shared", tags: { team: "a" } });
  const refused = { name: /AccessDenied/, message: /not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:eu-west-1:000000000000:shared/i };
  await assert.rejects(stranger.sendMessage({ QueueUrl, MessageBody: "m" }), refused);
  await owner.addPermission({ QueueUrl, Label: "strangers", AWSAccountIds: ["111122223333"], Actions: ["SendMessage", "GetQueueUrl"] });
  await stranger.sendMessage({ QueueUrl, MessageBody: "m" });
  await stranger.sendMessageBatch({ QueueUrl, Entries: [{ Id: "a", MessageBody: "m" }] });
  assert.equal((await stranger.getQueueUrl({ QueueName: "shared", QueueOwnerAWSAccountId: "000000000000" })).QueueUrl, QueueUrl);
  await assert.rejects(stranger.receiveMessage({ QueueUrl }), { name: /AccessDenied/ });
  await assert.rejects(stranger.deleteQueue({ QueueUrl }), { name: /AccessDenied/ });
  await owner.removePermission({ QueueUrl, Label: "strangers" });
  await assert.rejects(stranger.sendMessage({ QueueUrl, MessageBody: "m" }), refused);

  const iam = new IAM({ ...strict.clientConfig, credentials: { accessKeyId: "000000000000", secretAccessKey: "ownsecret" } });
  await iam.createUser({ UserName: "ann" });
  const { AccessKey } = await iam.createAccessKey({ UserName: "ann" });
  const ann = as(AccessKey!.AccessKeyId!, AccessKey!.SecretAccessKey!);
  await assert.rejects(ann.sendMessage({ QueueUrl, MessageBody: "m" }), refused);
  await iam.putUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: "arn:aws:sqs:*:*:shared", Condition: { StringEquals: { "aws:ResourceTag/team": "a" } } }] }) });
  const { MessageId } = await ann.sendMessage({ QueueUrl, MessageBody: "by ann" });
  const { Messages } = await owner.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["SenderId"] });
  assert.match(Messages!.find((message) => message.MessageId === MessageId)!.Attributes!.SenderId!, /^AIDA/);
  for (const client of [owner, stranger, ann]) client.destroy();
  iam.destroy();
  await strict.close();
});
