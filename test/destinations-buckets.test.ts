// Failed asynchronous events become objects of a bucket, with the rights of the function's role and no others.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { SQS } from "@aws-sdk/client-sqs";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const [ACCOUNT, OTHER] = ["000000000000", "111122223333"];
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string | string[], Resource: string | string[]) => ({ Effect: "Allow", Action, Resource });

let platform: TestPlatform;
let [iam, lambda, s3, sqs, strangers] = [] as unknown as [IAM, Lambda, S3, SQS, S3];

before(async () => {
  platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret,${OTHER}:othersecret`, region: "eu-west-1" });
  const config = { ...platform.clientConfig, forcePathStyle: true, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" } };
  [iam, lambda, s3, sqs, strangers] = [new IAM(config), new Lambda(config), new S3(config), new SQS(config), new S3({ ...config, credentials: { accessKeyId: OTHER, secretAccessKey: "othersecret" } })];
  await iam.createRole({ RoleName: "runner", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  await lambda.createFunction({ FunctionName: "worker", Runtime: "nodejs24.x", Handler: "index.handler", Role: `arn:aws:iam::${ACCOUNT}:role/runner`, Code: { ZipFile: await zipOf({ "index.js": "exports.handler = async () => { throw new RangeError('told to'); };" }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName: "worker" });
});
after(async () => {
  for (const client of [iam, lambda, s3, sqs, strangers]) client?.destroy();
  await platform?.close();
});

const permit = (...statements: object[]) => iam.putRolePolicy({ RoleName: "runner", PolicyName: "p", PolicyDocument: document(...statements) });
const sendTo = (bucket: string) => lambda.putFunctionEventInvokeConfig({ FunctionName: "worker", MaximumRetryAttempts: 0, DestinationConfig: { OnFailure: { Destination: `arn:aws:s3:::${bucket}` } } });
const failOnce = async () => (await lambda.invoke({ FunctionName: "worker", InvocationType: "Event", Payload: Buffer.from('{"n":1}') })).$metadata.requestId!;
const notPermitted = (action: string, bucket: string) => ({ name: "InvalidParameterValueException", message: `The function's execution role does not have permissions to call ${action} on arn:aws:s3:::${bucket}` });

/** The keys of a bucket once there are any. */
async function keysOf(client: S3, Bucket: string, waitMs = 15_000): Promise<string[]> {
  for (const until = Date.now() + waitMs; ;) {
    const keys = ((await client.listObjectsV2({ Bucket })).Contents ?? []).map(({ Key }) => Key!);
    if (keys.length > 0 || Date.now() > until) return keys;
    await sleep(50);
  }
}

test("the record of a failed event is an object, and the bucket tells of it as of any other", async () => {
  await s3.createBucket({ Bucket: "failures" });
  const queue = { QueueUrl: (await sqs.createQueue({ QueueName: "told", Attributes: { Policy: document({ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sqs:SendMessage", Resource: "*" }) } })).QueueUrl! };
  await s3.putBucketNotificationConfiguration({ Bucket: "failures", SkipDestinationValidation: true, NotificationConfiguration: { QueueConfigurations: [{ QueueArn: `arn:aws:sqs:eu-west-1:${ACCOUNT}:told`, Events: ["s3:ObjectCreated:*"] }] } });
  await permit(allow("s3:PutObject", "arn:aws:s3:::failures/*"), allow("s3:ListBucket", "arn:aws:s3:::failures"));
  assert.deepEqual((await sendTo("failures")).DestinationConfig!.OnFailure, { Destination: "arn:aws:s3:::failures" });
  const requestId = await failOnce();
  const [key, ...others] = await keysOf(s3, "failures");
  assert.match(key ?? "", /^aws\/lambda\/async\/worker\/\d{4}\/\d\d\/\d\d\/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}$/);
  assert.deepEqual(others, []);
  const record = JSON.parse(await (await s3.getObject({ Bucket: "failures", Key: key! })).Body!.transformToString());
  assert.deepEqual([record.requestContext.requestId, record.requestContext.condition, record.requestPayload, record.responsePayload.errorType], [requestId, "RetriesExhausted", { n: 1 }, "RangeError"]);
  const told = JSON.parse((await sqs.receiveMessage({ ...queue, WaitTimeSeconds: 10 })).Messages![0]!.Body!).Records[0];
  assert.deepEqual([told.eventName, decodeURIComponent(told.s3.object.key)], ["ObjectCreated:Put", key]);
});

test("a bucket that is not there, or that the role may not write wholly and list, is no destination", async () => {
  await s3.createBucket({ Bucket: "closed" });
  await assert.rejects(sendTo("not-there"), { name: "InvalidParameterValueException", message: "The destination ARN arn:aws:s3:::not-there is invalid." });
  await assert.rejects(sendTo("closed/folder"), { name: "InvalidParameterValueException", message: "The destination ARN arn:aws:s3:::closed/folder is invalid." });
  await permit(allow("s3:PutObject", "arn:aws:s3:::closed/aws/lambda/*"), allow("s3:ListBucket", "arn:aws:s3:::closed"));
  await assert.rejects(sendTo("closed"), notPermitted("PutObject", "closed"));
  await permit(allow("s3:PutObject", "arn:aws:s3:::closed/*"));
  await assert.rejects(sendTo("closed"), notPermitted("ListBucket", "closed"));
});

test("a role that has lost its permission writes nothing until it has it again", async () => {
  await s3.createBucket({ Bucket: "later" });
  const both = [allow("s3:PutObject", "arn:aws:s3:::later/*"), allow("s3:ListBucket", "arn:aws:s3:::later")];
  await permit(...both);
  await sendTo("later");
  await permit(both[0]!);
  await failOnce();
  assert.deepEqual(await keysOf(s3, "later", 700), [], "it may write and not list");
  await permit(...both); // it is tried again with growing pauses
  assert.equal((await keysOf(s3, "later")).length, 1);
});

test("another account's bucket takes its own consent too", async () => {
  await strangers.createBucket({ Bucket: "theirs" });
  await permit(allow(["s3:PutObject", "s3:ListBucket"], ["arn:aws:s3:::theirs/*", "arn:aws:s3:::theirs"]));
  await sendTo("theirs");
  await failOnce();
  assert.deepEqual(await keysOf(strangers, "theirs", 700), []);
  await strangers.putBucketPolicy({ Bucket: "theirs", Policy: document({ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/runner` }, Action: ["s3:PutObject", "s3:ListBucket"], Resource: ["arn:aws:s3:::theirs/*", "arn:aws:s3:::theirs"] }) });
  assert.equal((await keysOf(strangers, "theirs")).length, 1);
});
