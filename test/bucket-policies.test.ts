// Who may do what with buckets and objects: identity policies on exact ARNs, bucket policies, other accounts, and what is asked of each object.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";

const [ACCOUNT, OTHER] = ["000000000000", "111122223333"];
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

let platform: TestPlatform;
let iam: IAM;
let root: S3;
let stranger: S3;
const clients: S3[] = [];

const clientOf = (accessKeyId: string, secretAccessKey: string): S3 => {
  const client = new S3({ ...platform.clientConfig, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
  clients.push(client);
  return client;
};

before(async () => {
  platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret,${OTHER}:othersecret` });
  iam = new IAM({ ...platform.clientConfig, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" } });
  [root, stranger] = [clientOf(ACCOUNT, "rootsecret"), clientOf(OTHER, "othersecret")];
});
after(async () => {
  for (const client of clients) client.destroy();
  iam?.destroy();
  await platform?.close();
});

async function user(UserName: string, ...statements: object[]): Promise<S3> {
  await iam.createUser({ UserName });
  if (statements.length > 0) await iam.putUserPolicy({ UserName, PolicyName: "p", PolicyDocument: document(...statements) });
  const { AccessKey } = await iam.createAccessKey({ UserName });
  return clientOf(AccessKey!.AccessKeyId!, AccessKey!.SecretAccessKey!);
}
async function bucket(Bucket: string): Promise<string> {
  await root.createBucket({ Bucket });
  return Bucket;
}
const allow = (Action: string | string[], Resource: string | string[], Condition?: object) => ({ Effect: "Allow", Action, Resource, ...(Condition && { Condition }) });
const denied = (action: string, resource: string) => (error: any) => error.name === "AccessDenied" && error.$metadata.httpStatusCode === 403 && error.message.includes(`not authorized to perform: ${action} on resource: ${resource.startsWith("arn") ? resource : `arn:aws:s3:::${resource}`}`);

test("a user does with objects what the policy names, on the ARNs it names", async () => {
  const Bucket = await bucket("pictures");
  await root.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
  const ann = await user("ann", allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::pictures/ann/*"), allow("s3:ListBucket", "arn:aws:s3:::pictures", { StringLike: { "s3:prefix": "ann/*" } }));
  const { VersionId } = await ann.putObject({ Bucket, Key: "ann/a", Body: "x" });
  await ann.getObject({ Bucket, Key: "ann/a" });
  assert.equal((await ann.listObjectsV2({ Bucket, Prefix: "ann/" })).KeyCount, 1);
  await assert.rejects(ann.listObjectsV2({ Bucket }), denied("s3:ListBucket", Bucket));
  await assert.rejects(ann.putObject({ Bucket, Key: "bob/a", Body: "x" }), denied("s3:PutObject", "pictures/bob/a"));
  await assert.rejects(ann.getObject({ Bucket, Key: "ann/a", VersionId }), denied("s3:GetObjectVersion", "pictures/ann/a"));
  await assert.rejects(ann.deleteObject({ Bucket, Key: "ann/a" }), denied("s3:DeleteObject", "pictures/ann/a"));
  await assert.rejects(ann.putObject({ Bucket, Key: "ann/b", Body: "x", Tagging: "a=b" }), denied("s3:PutObjectTagging", "pictures/ann/b"));
  await root.putObject({ Bucket, Key: "secret", Body: "s" });
  await assert.rejects(ann.copyObject({ Bucket, Key: "ann/stolen", CopySource: `${Bucket}/secret` }), denied("s3:GetObject", "pictures/secret"));
  await assert.rejects(ann.putBucketPolicy({ Bucket, Policy: document() }), denied("s3:PutBucketPolicy", Bucket));
});

test("of several objects in one request those are deleted that may be, and the others refused one by one", async () => {
  const Bucket = await bucket("papers");
  for (const Key of ["mine/a", "theirs/b"]) await root.putObject({ Bucket, Key, Body: "x" });
  const bob = await user("bob", allow("s3:DeleteObject", "arn:aws:s3:::papers/mine/*"));
  const { Deleted, Errors } = await bob.deleteObjects({ Bucket, Delete: { Objects: [{ Key: "mine/a" }, { Key: "theirs/b" }] } });
  assert.deepEqual([Deleted?.map(({ Key }) => Key), Errors?.map(({ Key, Code }) => [Key, Code])], [["mine/a"], [["theirs/b", "AccessDenied"]]]);
  assert.deepEqual((await root.listObjectsV2({ Bucket })).Contents?.map(({ Key }) => Key), ["theirs/b"]);
});

test("a bucket's policy lets users of its account in without any of their own, and its denial wins", async () => {
  const Bucket = await bucket("shared");
  await root.putObject({ Bucket, Key: "k", Body: "x" });
  const cleo = await user("cleo", allow("s3:PutObject", "arn:aws:s3:::shared/*"));
  await assert.rejects(cleo.getObject({ Bucket, Key: "k" }), denied("s3:GetObject", "shared/k"));
  const principal = { AWS: `arn:aws:iam::${ACCOUNT}:user/cleo` };
  await root.putBucketPolicy({ Bucket, Policy: document({ ...allow("s3:GetObject", "arn:aws:s3:::shared/*"), Principal: principal }, { Effect: "Deny", Principal: principal, Action: "s3:PutObject", Resource: "arn:aws:s3:::shared/locked/*" }) });
  await cleo.getObject({ Bucket, Key: "k" });
  await cleo.putObject({ Bucket, Key: "open", Body: "x" });
  await assert.rejects(cleo.putObject({ Bucket, Key: "locked/x", Body: "x" }), denied("s3:PutObject", "shared/locked/x"));
});

test("another account has nothing of a bucket, not even as its root, until the policy names it", async () => {
  const Bucket = await bucket("estate");
  await root.putObject({ Bucket, Key: "k", Body: "x" });
  const refused = (error: any) => error.name === "AccessDenied" && error.$metadata.httpStatusCode === 403;
  for (const request of [
    () => stranger.getObject({ Bucket, Key: "k" }), () => stranger.putObject({ Bucket, Key: "k", Body: "y" }), () => stranger.listObjectsV2({ Bucket }), () => stranger.deleteBucket({ Bucket }),
    () => stranger.putBucketPolicy({ Bucket, Policy: document({ ...allow("s3:*", "arn:aws:s3:::estate/*"), Principal: { AWS: OTHER } }) }), () => stranger.deleteObjects({ Bucket, Delete: { Objects: [{ Key: "k" }] } }),
    () => stranger.getBucketVersioning({ Bucket }), () => stranger.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: {} }), () => stranger.getObjectTagging({ Bucket, Key: "k" }),
  ]) await assert.rejects(request(), refused);
  await root.putBucketPolicy({ Bucket, Policy: document({ ...allow("s3:GetObject", "arn:aws:s3:::estate/*"), Principal: { AWS: OTHER } }) });
  assert.equal(await (await stranger.getObject({ Bucket, Key: "k" })).Body!.transformToString(), "x");
  await assert.rejects(stranger.deleteObject({ Bucket, Key: "k" }), refused);

  // A policy that names everybody opens it to nobody else while public buckets are restricted.
  await root.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: { RestrictPublicBuckets: true } });
  await root.putBucketPolicy({ Bucket, Policy: document({ ...allow("s3:GetObject", "arn:aws:s3:::estate/*"), Principal: "*" }) });
  await assert.rejects(stranger.getObject({ Bucket, Key: "k" }), refused);
  await root.deletePublicAccessBlock({ Bucket });
  assert.equal((await stranger.getObject({ Bucket, Key: "k" })).ContentLength, 1);
});

test("a user who may do everything in another account has nothing of a bucket here", async () => {
  const Bucket = await bucket("fenced");
  await root.putObject({ Bucket, Key: "k", Body: "x" });
  const theirs = new IAM({ ...platform.clientConfig, credentials: { accessKeyId: OTHER, secretAccessKey: "othersecret" } });
  await theirs.createUser({ UserName: "eve" });
  await theirs.putUserPolicy({ UserName: "eve", PolicyName: "p", PolicyDocument: document(allow("*", "*")) });
  const { AccessKey } = await theirs.createAccessKey({ UserName: "eve" });
  theirs.destroy();
  const eve = clientOf(AccessKey!.AccessKeyId!, AccessKey!.SecretAccessKey!);
  for (const attempt of [() => eve.getObject({ Bucket, Key: "k" }), () => eve.putObject({ Bucket, Key: "k", Body: "y" }), () => eve.listObjectsV2({ Bucket })]) {
    for (const _again of [1, 2]) await assert.rejects(attempt(), { name: "AccessDenied" });
  }
});

test("a bucket's policy denies the root of its own account too, but never what could lock it out", async () => {
  const Bucket = "root-denied";
  await root.createBucket({ Bucket });
  await root.putObject({ Bucket, Key: "k", Body: "x" });
  await root.putBucketPolicy({ Bucket, Policy: document({ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`] }) });
  for (const refused of [() => root.getObject({ Bucket, Key: "k" }), () => root.putObject({ Bucket, Key: "n", Body: "x" }), () => root.listObjectsV2({ Bucket })]) {
    await assert.rejects(refused(), (error: any) => error.name === "AccessDenied" && error.$metadata.httpStatusCode === 403);
  }
  assert.match((await root.getBucketPolicy({ Bucket })).Policy!, /Deny/);
  await root.deleteBucketPolicy({ Bucket });
  assert.equal((await root.headObject({ Bucket, Key: "k" })).ContentLength, 1);
});

test("a policy may ask for the tags an object has, version by version, and for those of its bucket where that is switched on", async () => {
  const Bucket = "tagged";
  await root.createBucket({ Bucket });
  await root.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
  const { VersionId } = await root.putObject({ Bucket, Key: "k", Body: "1", Tagging: "state=public" });
  const reader = await user("reader-by-tag", { Effect: "Allow", Action: ["s3:GetObject", "s3:GetObjectVersion"], Resource: "*", Condition: { StringEquals: { "s3:ExistingObjectTag/state": "public" } } },
    { Effect: "Allow", Action: "s3:GetBucketVersioning", Resource: "*", Condition: { StringEquals: { "aws:ResourceTag/team": "blue" } } });
  const denied = (error: any) => error.$metadata.httpStatusCode === 403;
  assert.equal((await reader.headObject({ Bucket, Key: "k" })).ContentLength, 1);
  await root.putObject({ Bucket, Key: "k", Body: "22", Tagging: "state=secret" });
  await assert.rejects(reader.headObject({ Bucket, Key: "k" }), denied);
  assert.equal((await reader.headObject({ Bucket, Key: "k", VersionId })).ContentLength, 1);
  await root.putObjectTagging({ Bucket, Key: "k", Tagging: { TagSet: [{ Key: "state", Value: "public" }] } });
  assert.equal((await reader.headObject({ Bucket, Key: "k" })).ContentLength, 2);

  await root.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key: "team", Value: "blue" }] } });
  assert.deepEqual((await root.getBucketAbac({ Bucket })).AbacStatus, { Status: "Disabled" });
  await assert.rejects(reader.getBucketVersioning({ Bucket }), denied);
  await root.putBucketAbac({ Bucket, AbacStatus: { Status: "Enabled" } });
  assert.equal((await reader.getBucketVersioning({ Bucket })).Status, "Enabled");
});

test("what a policy asks of another account's request counts as it does of one's own", async () => {
  const Bucket = "conditions";
  await root.createBucket({ Bucket });
  const arn = `arn:aws:s3:::${Bucket}`;
  const principal = { AWS: OTHER };
  await root.putBucketPolicy({ Bucket, Policy: document(
    { Effect: "Allow", Principal: principal, Action: "s3:PutObject", Resource: `${arn}/*`, Condition: { StringEquals: { "s3:x-amz-storage-class": "STANDARD_IA" } } },
    { Effect: "Allow", Principal: principal, Action: "s3:ListBucket", Resource: arn, Condition: { StringEquals: { "s3:prefix": "theirs/" } } },
  ) });
  const denied = (error: any) => error.$metadata.httpStatusCode === 403;
  await stranger.putObject({ Bucket, Key: "k", Body: "x", StorageClass: "STANDARD_IA" });
  await assert.rejects(stranger.putObject({ Bucket, Key: "k", Body: "x" }), denied);
  assert.equal((await stranger.listObjectsV2({ Bucket, Prefix: "theirs/" })).KeyCount, 0);
  await assert.rejects(stranger.listObjectsV2({ Bucket }), denied);
});

test("what another account's request does besides needs the bucket's policy too, and of several objects those go that it opens", async () => {
  const Bucket = "besides";
  await root.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
  await root.putBucketPolicy({ Bucket, Policy: document({ Effect: "Allow", Principal: { AWS: OTHER }, Action: ["s3:PutObject", "s3:PutObjectRetention", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObjectAttributes"], Resource: `arn:aws:s3:::${Bucket}/theirs/*` }) });
  const Key = "theirs/k";
  const tomorrow = new Date(Date.now() + 86_400_000);
  const { VersionId } = await root.putObject({ Bucket, Key, Body: "x", ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: tomorrow });
  const denied = (error: any) => error.name === "AccessDenied" && error.$metadata.httpStatusCode === 403;
  for (const attempt of [
    () => stranger.deleteObject({ Bucket, Key, VersionId, BypassGovernanceRetention: true }),
    () => stranger.putObjectRetention({ Bucket, Key, BypassGovernanceRetention: true, Retention: {} }),
    () => stranger.putObject({ Bucket, Key: "theirs/tagged", Body: "", Tagging: "a=b" }),
    () => stranger.putObject({ Bucket, Key: "theirs/held", Body: "", ObjectLockLegalHoldStatus: "ON" }),
    () => stranger.createMultipartUpload({ Bucket, Key: "theirs/parts", Tagging: "a=b" }),
    () => stranger.getObjectAttributes({ Bucket, Key, ObjectAttributes: ["ETag"] }),
  ]) await assert.rejects(attempt(), denied, String(attempt));
  assert.equal((await root.headObject({ Bucket, Key, VersionId })).ObjectLockMode, "GOVERNANCE");

  const { Deleted, Errors } = await stranger.deleteObjects({ Bucket, Delete: { Objects: [{ Key: "ours" }, { Key: "theirs/gone" }] } });
  assert.deepEqual([Deleted?.map((one) => one.Key), Errors?.map((one) => [one.Key, one.Code])], [["theirs/gone"], [["ours", "AccessDenied"]]]);
});
