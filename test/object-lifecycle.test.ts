// Lifecycle rules and restoration on a whole platform whose clock people move: days of S3 in seconds, and what a queue hears of them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { S3 } from "@aws-sdk/client-s3";
import { SQS } from "@aws-sdk/client-sqs";
import { driveClock } from "./support/clock.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";

let platform: TestPlatform;
let s3: S3;
let sqs: SQS;
before(async () => {
  platform = await openTestPlatform();
  [s3, sqs] = [new S3({ ...platform.clientConfig, forcePathStyle: true }), new SQS(platform.clientConfig)];
});
after(async () => {
  s3?.destroy();
  sqs?.destroy();
  await platform?.close();
});

test("three weeks later objects have expired, moved and been restored, each in order and told of", async () => {
  const Bucket = "aging";
  await s3.createBucket({ Bucket });
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sqs:SendMessage", Resource: "*" }] });
  const { QueueUrl } = await sqs.createQueue({ QueueName: "aged", Attributes: { Policy, MessageRetentionPeriod: "1209600" } });
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { QueueConfigurations: [{ QueueArn: "arn:aws:sqs:eu-west-1:000000000000:aged", Events: ["s3:LifecycleExpiration:*", "s3:LifecycleTransition", "s3:ObjectRestore:*"] }] } });
  await s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: [
    { ID: "expire", Status: "Enabled", Filter: { Prefix: "tmp/" }, Expiration: { Days: 20 } },
    { ID: "archive", Status: "Enabled", Filter: { And: { Prefix: "old/", ObjectSizeGreaterThan: 0 } }, Transitions: [{ Days: 17, StorageClass: "GLACIER" }] },
  ] } });
  await s3.putObject({ Bucket, Key: "tmp/a", Body: "1" });
  await s3.putObject({ Bucket, Key: "old/b", Body: "22" });
  await driveClock(platform.url, { advance: "22d" });
  assert.deepEqual((await s3.listObjectsV2({ Bucket })).Contents?.map(({ Key, StorageClass }) => [Key, StorageClass]), [["old/b", "GLACIER"]]);
  await assert.rejects(s3.getObject({ Bucket, Key: "old/b" }), { name: "InvalidObjectState" });
  await s3.restoreObject({ Bucket, Key: "old/b", RestoreRequest: { Days: 1, GlacierJobParameters: { Tier: "Expedited" } } });
  await driveClock(platform.url, { advance: "5m" });
  assert.equal(await (await s3.getObject({ Bucket, Key: "old/b" })).Body!.transformToString(), "22");
  await driveClock(platform.url, { advance: "3d" });
  await assert.rejects(s3.getObject({ Bucket, Key: "old/b" }), { name: "InvalidObjectState" });
  const heard: any[] = [];
  for (let more = true; more;) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl: QueueUrl!, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
    heard.push(...Messages.map(({ Body }) => JSON.parse(Body!)).filter(({ Records }) => Records).map(({ Records }) => Records[0]));
    for (const { ReceiptHandle } of Messages) await sqs.deleteMessage({ QueueUrl: QueueUrl!, ReceiptHandle: ReceiptHandle! });
    more = Messages.length > 0;
  }
  heard.sort((one, other) => (one.eventTime < other.eventTime ? -1 : 1));
  assert.deepEqual(heard.map(({ eventName, s3: { object } }) => [eventName, object.key]), [
    ["LifecycleTransition", "old/b"], ["LifecycleExpiration:Delete", "tmp/a"], ["ObjectRestore:Post", "old/b"], ["ObjectRestore:Completed", "old/b"], ["ObjectRestore:Delete", "old/b"],
  ]);
  // Each at its own midnight, three days after the other.
  const [moved, expired] = heard.map(({ eventTime }) => Date.parse(eventTime));
  assert.equal(Math.floor(expired! / 86_400_000) - Math.floor(moved! / 86_400_000), 3);
});
