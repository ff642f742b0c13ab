// Functions and layers made from objects of buckets, read with the caller's own permission.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const [ACCOUNT, OTHER] = ["000000000000", "111122223333"];
const ROLE = `arn:aws:iam::${ACCOUNT}:role/runner`;
const Bucket = "artifacts";
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const answering = (text: string) => zipOf({ "index.js": `exports.handler = async () => ${text};` });

let platform: TestPlatform;
let [iam, lambda, s3] = [] as unknown as [IAM, Lambda, S3];
const clients: { destroy(): void }[] = [];
const keep = <C extends { destroy(): void }>(client: C): C => (clients.push(client), client);
const as = (accessKeyId: string, secretAccessKey: string, region = "eu-west-1") => {
  const config = { ...platform.clientConfig, region, credentials: { accessKeyId, secretAccessKey } };
  return { lambda: keep(new Lambda(config)), s3: keep(new S3({ ...config, forcePathStyle: true })) };
};

before(async () => {
  platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret,${OTHER}:othersecret` });
  iam = keep(new IAM({ ...platform.clientConfig, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" } }));
  ({ lambda, s3 } = as(ACCOUNT, "rootsecret"));
  await iam.createRole({ RoleName: "runner", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  await s3.createBucket({ Bucket });
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
});
after(async () => {
  for (const client of clients) client.destroy();
  await platform?.close();
});

const create = (FunctionName: string, Code: object, by = lambda, more: object = {}) => by.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: ROLE, Code, ...more });
const active = (FunctionName: string) => waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName });
const updated = (FunctionName: string) => waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName });
const answer = async (FunctionName: string) => JSON.parse((await lambda.invoke({ FunctionName })).Payload!.transformToString());
const unread = (code: string, message: string) => ({ name: "InvalidParameterValueException", message: `Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}` });
const denied = (name: string) => (error: any) => error.name === "AccessDeniedException" && error.$metadata.httpStatusCode === 403
  && error.message.startsWith(`Your access has been denied by S3, please make sure your request credentials have permission to GetObject for ${name}. S3 Error Code: AccessDenied. S3 Error Message: `);

test("a function's code is an object, or a version of one, as it was when it was read", async () => {
  const zips = [await answering("1"), await answering("2")];
  const versions: string[] = [];
  for (const Body of zips) versions.push((await s3.putObject({ Bucket, Key: "a b/fn+1.zip", Body })).VersionId!);
  const made = await create("stored", { S3Bucket: Bucket, S3Key: "a b/fn+1.zip", S3ObjectVersion: versions[0] });
  assert.deepEqual([made.CodeSize, (await lambda.getFunction({ FunctionName: "stored" })).Code!.RepositoryType], [zips[0]!.byteLength, "S3"]);
  await active("stored");
  assert.equal(await answer("stored"), 1);
  const checked = await lambda.updateFunctionCode({ FunctionName: "stored", S3Bucket: Bucket, S3Key: "a b/fn+1.zip", DryRun: true });
  assert.notEqual(checked.CodeSha256, made.CodeSha256);
  assert.equal((await lambda.getFunctionConfiguration({ FunctionName: "stored" })).CodeSha256, made.CodeSha256);
  await lambda.updateFunctionCode({ FunctionName: "stored", S3Bucket: Bucket, S3Key: "a b/fn+1.zip", S3ObjectStorageMode: "COPY" });
  await updated("stored");
  await s3.deleteObject({ Bucket, Key: "a b/fn+1.zip" });
  assert.equal(await answer("stored"), 2);
});

test("a layer comes from a bucket", async () => {
  await s3.putObject({ Bucket, Key: "layer.zip", Body: await zipOf({ "nodejs/node_modules/greeting/index.js": "module.exports = 'from a layer';" }) });
  const { LayerVersionArn } = await lambda.publishLayerVersion({ LayerName: "greeting", Content: { S3Bucket: Bucket, S3Key: "layer.zip" } });
  await create("layered", { ZipFile: await answering("require('greeting')") }, lambda, { Layers: [LayerVersionArn] });
  await active("layered");
  assert.equal(await answer("layered"), "from a layer");
  await assert.rejects(lambda.publishLayerVersion({ LayerName: "greeting", Content: { S3Bucket: Bucket, S3Key: "none.zip" } }), unread("NoSuchKey", "The specified key does not exist."));
});

test("a package in a bucket may be larger than one in a request, and not larger than what it may hold", async () => {
  await s3.putObject({ Bucket, Key: "large.zip", Body: await zipOf({ "index.js": "exports.handler = async () => require('fs').statSync('/var/task/data').size;", data: randomBytes(54_000_000) }) });
  const { CodeSize } = await create("large", { S3Bucket: Bucket, S3Key: "large.zip" });
  assert.ok(CodeSize! > 54_000_000);
  await active("large");
  assert.equal(await answer("large"), 54_000_000);
  const parts = [];
  const upload = { Bucket, Key: "huge.zip", UploadId: (await s3.createMultipartUpload({ Bucket, Key: "huge.zip" })).UploadId! };
  for (let PartNumber = 1; PartNumber <= 3; PartNumber++) parts.push({ PartNumber, ETag: (await s3.uploadPart({ ...upload, PartNumber, Body: Buffer.alloc(90_000_000) })).ETag });
  await s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts: parts } });
  await assert.rejects(create("huge", { S3Bucket: Bucket, S3Key: "huge.zip" }), { name: "InvalidParameterValueException", message: "Unzipped size must be smaller than 262144000 bytes" });
});

test("what S3 does not give is refused in S3's words, and nothing is made", async () => {
  await s3.putObject({ Bucket, Key: "text", Body: "no zip" });
  await assert.rejects(create("none", { S3Bucket: Bucket, S3Key: "none.zip" }), unread("NoSuchKey", "The specified key does not exist."));
  await assert.rejects(create("none", { S3Bucket: "no-such-bucket", S3Key: "none.zip" }), unread("NoSuchBucket", "The specified bucket does not exist"));
  await assert.rejects(create("none", { S3Bucket: Bucket, S3Key: "text", S3ObjectVersion: "nonsense" }), unread("InvalidArgument", "Invalid version id specified"));
  await assert.rejects(create("none", { S3Bucket: Bucket, S3Key: "text" }), { name: "InvalidParameterValueException", message: "Could not unzip uploaded file. Please check your file, then try to upload again." });
  const far = as(ACCOUNT, "rootsecret", "us-east-1");
  await assert.rejects(create("none", { S3Bucket: Bucket, S3Key: "text" }, far.lambda), unread("PermanentRedirect", "The bucket is in this region: eu-west-1. Please use this region to retry the request"));
  await assert.rejects(lambda.getFunction({ FunctionName: "none" }), { name: "ResourceNotFoundException" });
});

test("the object is read with the caller's permission, whatever the function's role may", async () => {
  await s3.putObject({ Bucket, Key: "fn.zip", Body: await answering("3") });
  await iam.createUser({ UserName: "ann" });
  const permit = (...statements: object[]) => iam.putUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: document({ Effect: "Allow", Action: ["lambda:*", "iam:PassRole"], Resource: "*" }, ...statements) });
  await permit();
  const { AccessKey } = await iam.createAccessKey({ UserName: "ann" });
  const ann = as(AccessKey!.AccessKeyId!, AccessKey!.SecretAccessKey!).lambda;
  const Code = { S3Bucket: Bucket, S3Key: "fn.zip" };
  await assert.rejects(create("anns", Code, ann), denied("artifacts/fn.zip"));
  await assert.rejects(ann.publishLayerVersion({ LayerName: "anns", Content: Code }), denied("artifacts/fn.zip"));
  await permit({ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::artifacts/fn.zip" });
  await create("anns", Code, ann);
  await active("anns");
  await assert.rejects(ann.updateFunctionCode({ FunctionName: "anns", S3Bucket: Bucket, S3Key: "text" }), denied("artifacts/text"));
  const VersionId = (await s3.headObject({ Bucket, Key: "fn.zip" })).VersionId!;
  await assert.rejects(ann.updateFunctionCode({ FunctionName: "anns", ...Code, S3ObjectVersion: VersionId }), denied("artifacts/fn.zip"), "a version is a permission of its own");
});

test("another account's object takes its bucket's consent", async () => {
  const stranger = as(OTHER, "othersecret");
  await stranger.s3.createBucket({ Bucket: "theirs" });
  await stranger.s3.putObject({ Bucket: "theirs", Key: "fn.zip", Body: await answering("4") });
  const Code = { S3Bucket: "theirs", S3Key: "fn.zip" };
  await assert.rejects(create("shared", Code), denied("theirs/fn.zip"));
  await stranger.s3.putBucketPolicy({ Bucket: "theirs", Policy: document({ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "s3:GetObject", Resource: "arn:aws:s3:::theirs/*" }) });
  await create("shared", Code);
  await active("shared");
  assert.equal(await answer("shared"), 4);
});
