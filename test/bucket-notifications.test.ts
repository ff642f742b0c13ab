// What happens to objects reaches queues, topics and functions: the exact event, the filters, what is refused, and what every destination hears first.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { S3, type NotificationConfiguration } from "@aws-sdk/client-s3";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { type Evidence, openEvidence } from "./support/evidence.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ACCOUNT = "000000000000";
const QUEUES = `arn:aws:sqs:eu-west-1:${ACCOUNT}:`;
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

let platform: TestPlatform;
let evidence: Evidence;
let s3: S3;
let sqs: SQS;
let sns: SNS;
let lambda: Lambda;
let iam: IAM;
let bridge: EventBridge;
let made = 0;

before(async () => {
  evidence = await openEvidence();
  platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret` });
  const config = { ...platform.clientConfig, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" } };
  [s3, sqs, sns, lambda, iam, bridge] = [new S3({ ...config, forcePathStyle: true }), new SQS(config), new SNS(config), new Lambda(config), new IAM(config), new EventBridge(config)];
});
after(async () => {
  for (const client of [s3, sqs, sns, lambda, iam, bridge]) client?.destroy();
  evidence?.close();
  await platform?.close();
});

async function bucket(): Promise<string> {
  const Bucket = `photos-${++made}`;
  await s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  return Bucket;
}

/** A queue that lets S3 in, for this bucket and account alone. */
async function queueFor(Bucket: string, QueueName = `q-${++made}`): Promise<{ url: string; arn: string }> {
  const arn = QUEUES + QueueName;
  const Policy = document({ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arn, Condition: { ArnEquals: { "aws:SourceArn": `arn:aws:s3:::${Bucket}` }, StringEquals: { "aws:SourceAccount": ACCOUNT } } });
  const { QueueUrl } = await sqs.createQueue({ QueueName, Attributes: { Policy } });
  return { url: QueueUrl!, arn };
}

async function messages(url: string, count: number): Promise<any[]> {
  const bodies: any[] = [];
  for (const end = Date.now() + 10_000; bodies.length < count && Date.now() < end;) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
    bodies.push(...Messages.map(({ Body }) => JSON.parse(Body!)));
    for (const { ReceiptHandle } of Messages) await sqs.deleteMessage({ QueueUrl: url, ReceiptHandle });
  }
  return bodies;
}

const records = async (url: string, count: number): Promise<any[]> =>
  (await messages(url, count)).flatMap(({ Records }) => Records).sort((a, b) => (a.s3.object.sequencer < b.s3.object.sequencer ? -1 : 1));

const notify = (Bucket: string, NotificationConfiguration: NotificationConfiguration, more: object = {}) => s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration, ...more });

/** Code, sentence and what it says of the arguments. */
async function refusal(request: Promise<unknown>): Promise<Record<string, unknown>> {
  const error = await request.then(() => assert.fail("it was not refused"), (thrown: any) => thrown);
  const members = Object.fromEntries(Object.entries(error).filter(([name]) => name.startsWith("Argument")));
  return { code: error.name, message: error.message, status: error.$metadata.httpStatusCode, ...members };
}
const invalid = (message: string, ArgumentName?: string, ArgumentValue?: string) => ({ code: "InvalidArgument", message, status: 400, ...(ArgumentName !== undefined && { ArgumentName, ArgumentValue }) });
const unable = (ArgumentName1: string, ArgumentValue1: string) => ({ ...invalid("Unable to validate the following destination configurations"), ArgumentName1, ArgumentValue1 });

test("a queue hears of each change of an object, in AWS's shape", async () => {
  const Bucket = await bucket();
  const { url, arn } = await queueFor(Bucket);
  await notify(Bucket, { QueueConfigurations: [{ Id: "all", QueueArn: arn, Events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"] }] });
  const [tested] = await messages(url, 1);
  assert.deepEqual({ ...tested, Time: "", RequestId: "", HostId: "" }, { Service: "Amazon S3", Event: "s3:TestEvent", Time: "", Bucket, RequestId: "", HostId: "" });

  const { ETag } = await s3.putObject({ Bucket, Key: "red flower+pot@1/(ä).jpg", Body: "nine byte" });
  await s3.copyObject({ Bucket, Key: "copy", CopySource: `${Bucket}/${encodeURIComponent("red flower+pot@1/(ä).jpg")}` });
  await s3.deleteObject({ Bucket, Key: "copy" });
  const [put, copied, deleted] = await records(url, 3);
  const { "x-amz-request-id": requestId } = put.responseElements;
  assert.match(requestId, /^[\w-]{10,}$/);
  assert.match(put.eventTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(put.s3.object.sequencer, /^00[0-9A-F]{16}$/);
  assert.deepEqual(put, {
    eventVersion: "2.1", eventSource: "aws:s3", awsRegion: "eu-west-1", eventTime: put.eventTime, eventName: "ObjectCreated:Put",
    userIdentity: { principalId: `AWS:${ACCOUNT}` }, requestParameters: { sourceIPAddress: "127.0.0.1" }, responseElements: put.responseElements,
    s3: {
      s3SchemaVersion: "1.0", configurationId: "all", bucket: { name: Bucket, ownerIdentity: put.s3.bucket.ownerIdentity, arn: `arn:aws:s3:::${Bucket}` },
      object: { key: "red+flower%2Bpot%401/%28%C3%A4%29.jpg", size: 9, eTag: ETag!.replaceAll('"', ""), sequencer: put.s3.object.sequencer },
    },
  });
  assert.deepEqual([copied.eventName, copied.s3.object.key, copied.s3.object.size], ["ObjectCreated:Copy", "copy", 9]);
  assert.deepEqual([deleted.eventName, Object.keys(deleted.s3.object)], ["ObjectRemoved:Delete", ["key", "sequencer"]]);
});

test("versions, markers, uploads in parts and tags have events of their own", async () => {
  const Bucket = await bucket();
  const { url, arn } = await queueFor(Bucket);
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
  await notify(Bucket, { QueueConfigurations: [{ QueueArn: arn, Events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"] }] }, { SkipDestinationValidation: true });

  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: "k" });
  const part = await s3.uploadPart({ Bucket, Key: "k", UploadId, PartNumber: 1, Body: "part" });
  const { VersionId: first } = await s3.completeMultipartUpload({ Bucket, Key: "k", UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag: part.ETag }] } });
  const { VersionId: marker } = await s3.deleteObject({ Bucket, Key: "k" });
  await s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: "k", VersionId: first }] } });
  const said = await records(url, 3);
  assert.deepEqual(said.map(({ eventName, s3: { object } }) => [eventName, object.versionId, object.size, object.eTag?.slice(-2)]), [
    ["ObjectCreated:CompleteMultipartUpload", first, 4, "-1"],
    ["ObjectRemoved:DeleteMarkerCreated", marker, undefined, "7e"],
    ["ObjectRemoved:Delete", first, undefined, undefined],
  ]);

  const { VersionId } = await s3.putObject({ Bucket, Key: "t", Body: "x" });
  await s3.putObjectTagging({ Bucket, Key: "t", Tagging: { TagSet: [{ Key: "a", Value: "b" }] } });
  await s3.deleteObjectTagging({ Bucket, Key: "t" });
  const tagged = (await messages(url, 3)).map(({ Records: [record] }) => record).filter(({ eventName }) => eventName !== "ObjectCreated:Put").sort((a, b) => (a.eventName > b.eventName ? -1 : 1));
  assert.deepEqual(tagged.map(({ eventName, eventVersion, s3: { object } }) => [eventName, eventVersion, object]), ["ObjectTagging:Put", "ObjectTagging:Delete"].map((name) => [name, "2.3", { key: "t", eTag: "9dd4e461268c8034f5c8564e155c67a6", versionId: VersionId }]));
});

test("a function gets the event while its policy lets the bucket in, and a topic with its subject", async () => {
  const Bucket = await bucket();
  await iam.createRole({ RoleName: "r", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  const { FunctionArn } = await lambda.createFunction({ FunctionName: "thumbnail", Runtime: "nodejs24.x", Handler: "index.handler", Role: `arn:aws:iam::${ACCOUNT}:role/r`, Timeout: 20, Code: { ZipFile: await zipOf({ "index.js": `${evidence.say}exports.handler = async (event, context) => say("thumbnail", [event.Records.length, event.Records[0].s3.object.key, context.awsRequestId.length]);` }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName: "thumbnail" });
  const configuration: NotificationConfiguration = { LambdaFunctionConfigurations: [{ LambdaFunctionArn: FunctionArn, Events: ["s3:ObjectCreated:Put"], Filter: { Key: { FilterRules: [{ Name: "prefix", Value: "in/" }, { Name: "suffix", Value: ".jpg" }] } } }] };
  assert.deepEqual(await refusal(notify(Bucket, configuration)), unable(`${FunctionArn}, null`, `Not authorized to invoke function [${FunctionArn}]`));
  await lambda.addPermission({ FunctionName: "thumbnail", StatementId: "photos", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn: `arn:aws:s3:::${Bucket}`, SourceAccount: ACCOUNT });

  const { TopicArn } = await sns.createTopic({ Name: "removals" });
  await sns.setTopicAttributes({ TopicArn, AttributeName: "Policy", AttributeValue: document({ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sns:Publish", Resource: TopicArn }) });
  const { url, arn: endpoint } = await queueFor(Bucket);
  await sqs.setQueueAttributes({ QueueUrl: url, Attributes: { Policy: document({ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: endpoint }) } });
  await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: endpoint });
  await notify(Bucket, { ...configuration, TopicConfigurations: [{ TopicArn, Events: ["s3:ObjectRemoved:Delete"] }] });

  for (const Key of ["in/a.png", "out/a.jpg", "in/a.jpg"]) await s3.putObject({ Bucket, Key, Body: "x" });
  await s3.deleteObject({ Bucket, Key: "in/a.jpg" });
  for (const end = Date.now() + 15_000; evidence.said("thumbnail").length < 1 && Date.now() < end;) await sleep(20);
  assert.deepEqual(evidence.said("thumbnail"), [[1, "in/a.jpg", 36]]);
  const said = (await messages(url, 2)).map(({ Subject, Message }) => [Subject, JSON.parse(Message)]);
  assert.deepEqual(said.map(([subject, { Event, Records }]) => [subject, Event ?? Records[0].eventName]).sort(), [["Amazon S3 Notification", "ObjectRemoved:Delete"], ["Amazon S3 Notification", "s3:TestEvent"]]);
});

test("the default event bus hears of everything, with the key as it is", async () => {
  const Bucket = await bucket();
  const { url, arn } = await queueFor(Bucket);
  await sqs.setQueueAttributes({ QueueUrl: url, Attributes: { Policy: document({ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arn }) } });
  await bridge.putRule({ Name: "photos", EventPattern: JSON.stringify({ source: ["aws.s3"], detail: { bucket: { name: [Bucket] } } }) });
  await bridge.putTargets({ Rule: "photos", Targets: [{ Id: "q", Arn: arn }] });
  await notify(Bucket, { EventBridgeConfiguration: {} });
  assert.deepEqual((await s3.getBucketNotificationConfiguration({ Bucket })).EventBridgeConfiguration, {});

  const { ETag } = await s3.putObject({ Bucket, Key: "a b", Body: "four" });
  await s3.deleteObject({ Bucket, Key: "a b" });
  const [created, deleted] = (await messages(url, 2)).sort((a, b) => (a["detail-type"] < b["detail-type"] ? -1 : 1));
  const { detail } = created;
  assert.match(detail.object.sequencer, /^[0-9a-f]{16}$/);
  assert.deepEqual(created, {
    version: "0", id: created.id, "detail-type": "Object Created", source: "aws.s3", account: ACCOUNT, time: created.time, region: "eu-west-1", resources: [`arn:aws:s3:::${Bucket}`],
    detail: {
      version: "0", bucket: { name: Bucket }, object: { key: "a b", size: 4, etag: ETag!.replaceAll('"', ""), sequencer: detail.object.sequencer },
      "request-id": detail["request-id"], requester: ACCOUNT, "source-ip-address": "127.0.0.1", reason: "PutObject",
    },
  });
  assert.deepEqual([deleted["detail-type"], deleted.detail.reason, deleted.detail["deletion-type"], Object.keys(deleted.detail.object)], ["Object Deleted", "DeleteObject", "Permanently Deleted", ["key", "sequencer"]]);
});

test("a configuration is shown as it was given, with an id where it had none, and replaced as a whole", async () => {
  const Bucket = await bucket();
  const { arn } = await queueFor(Bucket);
  const shown = async () => { const { $metadata: _, ...configuration } = await s3.getBucketNotificationConfiguration({ Bucket }); return configuration; };
  assert.deepEqual(await shown(), {});
  await notify(Bucket, { QueueConfigurations: [{ QueueArn: arn, Events: ["s3:ObjectCreated:*"], Filter: { Key: { FilterRules: [{ Name: "PREFIX" as never, Value: "notif-" }, { Name: "suffix", Value: "" }] } } }] });
  const { QueueConfigurations: [one] = [], ...rest } = await shown();
  assert.match(one!.Id!, /^[\w-]{8,}$/);
  assert.deepEqual([rest, { ...one, Id: "" }], [{}, { Id: "", QueueArn: arn, Events: ["s3:ObjectCreated:*"], Filter: { Key: { FilterRules: [{ Name: "Prefix", Value: "notif-" }, { Name: "Suffix", Value: "" }] } } }]);
  await notify(Bucket, {});
  assert.deepEqual(await shown(), {});
});

test("what could not be delivered, or would be delivered twice, is refused, and nothing of it is kept", async () => {
  const Bucket = await bucket();
  const { arn } = await queueFor(Bucket);
  const one = (more: object, QueueArn = arn) => notify(Bucket, { QueueConfigurations: [{ QueueArn, Events: ["s3:ObjectCreated:*"], ...more }] });
  const two = (first: object, second: object) => notify(Bucket, { QueueConfigurations: [first, second].map((more) => ({ QueueArn: arn, Events: ["s3:ObjectCreated:*"], ...more })) as never });
  const filter = (prefix: string, suffix: string) => ({ Filter: { Key: { FilterRules: [{ Name: "prefix", Value: prefix }, { Name: "suffix", Value: suffix }] } } });
  const ambiguous = "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.";

  assert.deepEqual(await refusal(one({}, "invalid-queue")), invalid("The ARN could not be parsed", "Queue", "invalid-queue"));
  assert.deepEqual(await refusal(one({}, `${QUEUES}missing`)), unable(`${QUEUES}missing`, "The destination queue does not exist"));
  assert.deepEqual(await refusal(one({}, arn.replace("eu-west-1", "us-east-1"))), invalid("The notification destination service region is not valid for the bucket location constraint", "Queue", arn.replace("eu-west-1", "us-east-1")));
  await sqs.createQueue({ QueueName: "closed" });
  assert.deepEqual(await refusal(one({}, `${QUEUES}closed`)), unable(`${QUEUES}closed`, "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"));
  await sqs.createQueue({ QueueName: "line.fifo", Attributes: { FifoQueue: "true" } });
  assert.deepEqual(await refusal(one({}, `${QUEUES}line.fifo`)), unable(`${QUEUES}line.fifo`, "The destination queue is a FIFO queue, which is not supported as an event notification destination"));
  assert.deepEqual(await refusal(one({ Events: ["s3:Nothing"] })), invalid("A specified event is not supported for notifications.", "Event", "s3:Nothing"));
  assert.deepEqual(await refusal(one({ Filter: { Key: { FilterRules: [{ Name: "middle", Value: "x" }] } } })), invalid("filter rule name must be either prefix or suffix", "FilterRule.Name", "middle"));
  assert.deepEqual(await refusal(one({ Filter: { Key: { FilterRules: [{ Name: "prefix", Value: "a" }, { Name: "prefix", Value: "b" }] } } })), invalid("Cannot specify more than one prefix rule in a filter.", "FilterRule.Name", "prefix"));
  assert.deepEqual(await refusal(two({ Events: ["s3:ObjectCreated:Put"] }, {})), invalid("Configurations overlap. Configurations on the same bucket cannot share a common event type."));
  assert.deepEqual(await refusal(two(filter("a/", ".jpg"), filter("a/b/", "g"))), invalid(ambiguous));
  assert.deepEqual(await refusal(two({ Id: "x", ...filter("a", "") }, { Id: "x", ...filter("b", "") })), invalid("Same ID used for multiple configurations. IDs must be unique.", "Id", "x"));
  assert.equal((await s3.getBucketNotificationConfiguration({ Bucket })).QueueConfigurations, undefined);

  await two(filter("a/", ".jpg"), filter("a/", ".png"));
  await refusal(one({}, `${QUEUES}missing`));
  assert.equal((await s3.getBucketNotificationConfiguration({ Bucket })).QueueConfigurations!.length, 2);
});

test("a queue hears when the retention of a version is put", async () => {
  const Bucket = `photos-${++made}`;
  await s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" }, ObjectLockEnabledForBucket: true });
  const { url, arn } = await queueFor(Bucket);
  await notify(Bucket, { QueueConfigurations: [{ QueueArn: arn, Events: ["s3:ObjectRetention:Put"] }] }, { SkipDestinationValidation: true });
  const { VersionId } = await s3.putObject({ Bucket, Key: "k", Body: "x" });
  await s3.putObjectLegalHold({ Bucket, Key: "k", LegalHold: { Status: "OFF" } });
  await s3.putObjectRetention({ Bucket, Key: "k", Retention: { Mode: "GOVERNANCE", RetainUntilDate: new Date(Date.now() + 3_600_000) } });
  const [{ Records: [record] }] = await messages(url, 1);
  assert.deepEqual([record.eventName, record.s3.object], ["ObjectRetention:Put", { key: "k", eTag: "9dd4e461268c8034f5c8564e155c67a6", versionId: VersionId }]);
});
