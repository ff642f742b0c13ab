// Buckets reached through access points: by ARN, alias and host name, and who may, asked of the access point's policy and of the bucket's.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { after, before, test } from "node:test";
import { text } from "node:stream/consumers";
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { S3Control } from "@aws-sdk/client-s3-control";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";

const [ACCOUNT, OTHER] = ["000000000000", "111122223333"];
const REGION = "eu-west-1";
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string | string[], Resource: string | string[], more: object = {}) => ({ Effect: "Allow", Action, Resource, ...more });
const arnOf = (name: string, account = ACCOUNT) => `arn:aws:s3:${REGION}:${account}:accesspoint/${name}`;
/** "Delegating access control to access points", of AWS's guide. */
const delegation = (bucket: string, account = ACCOUNT) => allow("*", [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`], { Principal: { AWS: "*" }, Condition: { StringEquals: { "s3:DataAccessPointAccount": account } } });

let platform: TestPlatform;
let iam: IAM;
let root: S3;
let stranger: S3;
let control: S3Control;
let theirs: S3Control;
const clients: { destroy(): void }[] = [];
const kept = <T extends { destroy(): void }>(client: T): T => { clients.push(client); return client; };

/** Names under localhost, which not every machine's resolver knows. */
const requestHandler = { httpAgent: new Agent({ lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) }) };
const configOf = (accessKeyId: string, secretAccessKey: string) => ({ ...platform.clientConfig, requestHandler, endpoint: `http://localhost:${new URL(platform.url).port}`, credentials: { accessKeyId, secretAccessKey } });
const clientOf = (accessKeyId: string, secretAccessKey: string, more: object = {}): S3 => kept(new S3({ ...configOf(accessKeyId, secretAccessKey), ...more }));

before(async () => {
  platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret,${OTHER}:othersecret` });
  iam = kept(new IAM({ ...platform.clientConfig, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" } }));
  [root, stranger] = [clientOf(ACCOUNT, "rootsecret"), clientOf(OTHER, "othersecret")];
  [control, theirs] = [kept(new S3Control(configOf(ACCOUNT, "rootsecret"))), kept(new S3Control(configOf(OTHER, "othersecret")))];
});
after(async () => {
  for (const client of clients) client.destroy();
  await platform?.close();
});

async function user(UserName: string, ...statements: object[]): Promise<S3> {
  await iam.createUser({ UserName });
  if (statements.length > 0) await iam.putUserPolicy({ UserName, PolicyName: "p", PolicyDocument: document(...statements) });
  const { AccessKey } = await iam.createAccessKey({ UserName });
  return clientOf(AccessKey!.AccessKeyId!, AccessKey!.SecretAccessKey!);
}

async function bucket(Bucket: string): Promise<string> {
  await root.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } });
  await root.putObject({ Bucket, Key: "dir/a b.txt", Body: "content" });
  return Bucket;
}

const point = async (Name: string, Bucket: string, more: object = {}): Promise<string> => (await control.createAccessPoint({ AccountId: ACCOUNT, Name, Bucket, ...more })).Alias!;
const refused = (error: any) => error.name === "AccessDenied" && error.$metadata.httpStatusCode === 403;
const read = async (client: S3, Bucket: string, Key = "dir/a b.txt") => (await client.getObject({ Bucket, Key })).Body!.transformToString();

test("objects are read and written by an access point's ARN, alias and path", async () => {
  const Bucket = await bucket("reached");
  const alias = await point("reach", Bucket);
  for (const name of [arnOf("reach"), alias]) assert.equal(await read(root, name), "content", name);
  assert.equal(await read(clientOf(ACCOUNT, "rootsecret", { forcePathStyle: true }), alias), "content");
  await root.putObject({ Bucket: arnOf("reach"), Key: "written", Body: "w", Metadata: { a: "1" } });
  assert.deepEqual((await root.headObject({ Bucket: alias, Key: "written" })).Metadata, { a: "1" });
  assert.deepEqual((await root.listObjectsV2({ Bucket: alias })).Contents!.map(({ Key }) => Key), ["dir/a b.txt", "written"]);
  assert.equal((await root.headBucket({ Bucket: alias })).AccessPointAlias, true);
  assert.equal((await root.headBucket({ Bucket: arnOf("reach") })).AccessPointAlias, false);
  const { UploadId } = await root.createMultipartUpload({ Bucket: alias, Key: "parts" });
  const { ETag } = await root.uploadPart({ Bucket: alias, Key: "parts", UploadId, PartNumber: 1, Body: "part" });
  await root.completeMultipartUpload({ Bucket: arnOf("reach"), Key: "parts", UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } });
  assert.equal(await read(root, Bucket, "parts"), "part");
  await root.copyObject({ Bucket: alias, Key: "copied", CopySource: `${arnOf("reach")}/object/dir/a b.txt` });
  await root.copyObject({ Bucket, Key: "copied again", CopySource: `${alias}/copied` });
  assert.equal(await read(root, alias, "copied again"), "content");
  const { Deleted } = await root.deleteObjects({ Bucket: arnOf("reach"), Delete: { Objects: [{ Key: "copied" }, { Key: "parts" }] } });
  assert.equal(Deleted!.length, 2);
});

/** Without a client's endpoint rules: what others, and older clients, send. */
const raw = (path: string, host: string) => new Promise<{ status: number; body: string }>((resolve, reject) => {
  const { port } = new URL(development.url);
  const sent = request({ host: "127.0.0.1", port, path, headers: { host: host.replace("PORT", port), authorization: `AWS4-HMAC-SHA256 Credential=test/20261121/${REGION}/s3/aws4_request, SignedHeaders=host, Signature=0`, "x-amz-date": "20261121T000000Z" } }, async (response) => resolve({ status: response.statusCode!, body: await text(response) }));
  sent.on("error", reject).end();
});
let development: TestPlatform;

test("every address of an access point is served: AWS's host names, boto3's before an address, and an ARN in the path", async () => {
  development = await openTestPlatform();
  try {
    const config = { ...development.clientConfig, requestHandler, endpoint: `http://localhost:${new URL(development.url).port}` };
    const [s3, s3control] = [kept(new S3(config)), kept(new S3Control(config))];
    for (const Bucket of ["addressed", `twin-${ACCOUNT}`]) await s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } });
    await s3.putObject({ Bucket: "addressed", Key: "k", Body: "through the point" });
    await s3.putObject({ Bucket: `twin-${ACCOUNT}`, Key: "k", Body: "the bucket's" });
    for (const Name of ["door", "twin"]) await s3control.createAccessPoint({ AccountId: ACCOUNT, Name, Bucket: "addressed" });
    const through = { status: 200, body: "through the point" };
    assert.deepEqual(await raw("/k", `door-${ACCOUNT}.s3-accesspoint.${REGION}.amazonaws.com`), through);
    assert.deepEqual(await raw("/k", `door-${ACCOUNT}.127.0.0.1:PORT`), through);
    assert.deepEqual(await raw("/k", `door-${ACCOUNT}.s3.localhost:PORT`), through);
    assert.deepEqual(await raw(`/${encodeURIComponent(arnOf("door"))}/k`, "127.0.0.1:PORT"), through);
    // Of who has this endpoint as its proxy, because it cannot find the name.
    assert.deepEqual(await raw(`http://door-${ACCOUNT}.127.0.0.1:${new URL(development.url).port}/k`, `door-${ACCOUNT}.127.0.0.1:PORT`), through);
    assert.equal((await raw("http://evil.example/k", "127.0.0.1:PORT")).status, 403);
    // A bucket may be called as an access point and its account; under a host name that is nobody's in particular it comes first.
    assert.deepEqual(await raw("/k", `twin-${ACCOUNT}.localhost:PORT`), { status: 200, body: "the bucket's" });
    assert.deepEqual(await raw("/k", `twin-${ACCOUNT}.s3-accesspoint.${REGION}.amazonaws.com`), through);
    const missing = await raw("/k", `nobody-${ACCOUNT}.s3-accesspoint.${REGION}.amazonaws.com`);
    assert.match(`${missing.status} ${missing.body}`, /^404 .*<Code>NoSuchAccessPoint<\/Code>/s);
    assert.match((await raw("/nowhere-s3alias/k", "127.0.0.1:PORT")).body, /InvalidAccessPointAliasError/);
    assert.match((await raw(`/${encodeURIComponent("arn:aws:s3:eu-west-1:000000000000:nonsense")}/k`, "127.0.0.1:PORT")).body, /<Code>NoSuchAccessPoint<\/Code>/);
  } finally {
    await development.close();
  }
});

test("what is configured on a bucket is not done through an access point", async () => {
  const Bucket = await bucket("configured");
  const alias = await point("config", Bucket);
  const notAllowed = (error: any) => error.name === "MethodNotAllowed" && error.$metadata.httpStatusCode === 405;
  await assert.rejects(root.deleteBucket({ Bucket: alias }), notAllowed);
  await assert.rejects(root.putBucketVersioning({ Bucket: arnOf("config"), VersioningConfiguration: { Status: "Enabled" } }), notAllowed);
  await assert.rejects(root.putBucketPolicy({ Bucket: alias, Policy: document(delegation(Bucket)) }), notAllowed);
});

test("a VPC's access point admits nobody here, where no request comes through a VPC", async () => {
  const alias = await point("inside", await bucket("vpc-only"), { VpcConfiguration: { VpcId: "vpc-1a2b3c4d" } });
  assert.equal((await control.getAccessPoint({ AccountId: ACCOUNT, Name: "inside" })).NetworkOrigin, "VPC");
  await assert.rejects(root.getObject({ Bucket: alias, Key: "dir/a b.txt" }), refused);
});

test("the access point's policy lets a user in only if the bucket does, too", async () => {
  const Bucket = await bucket("both");
  await point("jane", Bucket);
  const jane = await user("jane");
  await assert.rejects(read(jane, arnOf("jane")), refused);
  await control.putAccessPointPolicy({ AccountId: ACCOUNT, Name: "jane", Policy: document(allow(["s3:GetObject", "s3:PutObject"], `${arnOf("jane")}/object/dir/*`, { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/jane` } })) });
  await assert.rejects(read(jane, arnOf("jane")), (error: any) => refused(error) && error.message.includes(`arn:aws:s3:::${Bucket}/dir/a b.txt`));
  await root.putBucketPolicy({ Bucket, Policy: document(delegation(Bucket)) });
  assert.equal(await read(jane, arnOf("jane")), "content");
  await assert.rejects(read(jane, Bucket), refused);
  await assert.rejects(jane.putObject({ Bucket: arnOf("jane"), Key: "elsewhere", Body: "x" }), (error: any) => refused(error) && error.message.includes(`${arnOf("jane")}/object/elsewhere`));
  await assert.rejects(jane.listObjectsV2({ Bucket: arnOf("jane") }), refused);
  const { Deleted = [], Errors } = await jane.deleteObjects({ Bucket: arnOf("jane"), Delete: { Objects: [{ Key: "dir/a b.txt" }] } });
  assert.deepEqual([Deleted, Errors?.map(({ Code }) => Code)], [[], ["AccessDenied"]]);
});

test("an access point's denial wins over what a user may do with the bucket, and holds only there", async () => {
  const Bucket = await bucket("denying");
  await point("read-only", Bucket);
  const mary = await user("mary", allow("s3:*", ["arn:aws:s3:::denying", "arn:aws:s3:::denying/*", `${arnOf("read-only")}*`]));
  await mary.putObject({ Bucket: arnOf("read-only"), Key: "k", Body: "x" });
  await control.putAccessPointPolicy({ AccountId: ACCOUNT, Name: "read-only", Policy: document({ Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource: `${arnOf("read-only")}/object/*` }) });
  await assert.rejects(mary.putObject({ Bucket: arnOf("read-only"), Key: "k", Body: "y" }), refused);
  assert.equal(await read(mary, arnOf("read-only"), "k"), "x");
  await mary.putObject({ Bucket, Key: "k", Body: "z" });
  // A copy reads its source through its own access point, and writes through the other.
  await point("write-only", Bucket);
  await control.putAccessPointPolicy({ AccountId: ACCOUNT, Name: "write-only", Policy: document({ Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: `${arnOf("write-only")}/object/*` }) });
  const paul = await user("paul", allow("s3:*", "*"));
  await paul.copyObject({ Bucket: arnOf("write-only"), Key: "c", CopySource: `${arnOf("read-only")}/object/k` });
  await assert.rejects(paul.copyObject({ Bucket: arnOf("read-only"), Key: "c", CopySource: `${arnOf("write-only")}/object/k` }), refused);
  await assert.rejects(paul.copyObject({ Bucket, Key: "c", CopySource: `${arnOf("write-only")}/object/k` }), refused);
});

test("an access point's policy may ask for an object's tags, and its denial of everybody is the root's too", async () => {
  const Bucket = await bucket("tagged-objects");
  await root.putObject({ Bucket, Key: "finance", Body: "f", Tagging: "data=finance" });
  await root.putBucketPolicy({ Bucket, Policy: document(delegation(Bucket)) });
  await point("by-tag", Bucket);
  const rose = await user("rose");
  await control.putAccessPointPolicy({ AccountId: ACCOUNT, Name: "by-tag", Policy: document(allow("s3:GetObject", `${arnOf("by-tag")}/object/*`, { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/rose` }, Condition: { StringEquals: { "s3:ExistingObjectTag/data": "finance" } } }), { Effect: "Deny", Principal: "*", Action: "s3:DeleteObject", Resource: `${arnOf("by-tag")}/object/*` }) });
  assert.equal(await read(rose, arnOf("by-tag"), "finance"), "f");
  await assert.rejects(read(rose, arnOf("by-tag")), refused);
  await assert.rejects(root.deleteObject({ Bucket: arnOf("by-tag"), Key: "finance" }), refused);
  await control.deleteAccessPointPolicy({ AccountId: ACCOUNT, Name: "by-tag" });
  await root.deleteObject({ Bucket: arnOf("by-tag"), Key: "finance" });
});

test("another account comes through an access point that names it, whosever the access point is", async () => {
  const Bucket = await bucket("lent");
  const alias = await point("lending", Bucket);
  await assert.rejects(read(stranger, alias), refused);
  await root.putBucketPolicy({ Bucket, Policy: document(delegation(Bucket)) });
  await assert.rejects(read(stranger, alias), refused);
  await control.putAccessPointPolicy({ AccountId: ACCOUNT, Name: "lending", Policy: document(allow("s3:GetObject", `${arnOf("lending")}/object/*`, { Principal: { AWS: OTHER } })) });
  assert.equal(await read(stranger, alias), "content");
  assert.equal(await read(stranger, arnOf("lending")), "content");
  await assert.rejects(read(stranger, Bucket), refused);
  await assert.rejects(stranger.putObject({ Bucket: alias, Key: "k", Body: "x" }), refused);

  // One of theirs over our bucket: their own access point alone opens nothing.
  const { AccessPointArn: their } = await theirs.createAccessPoint({ AccountId: OTHER, Name: "foreign", Bucket, BucketAccountId: ACCOUNT });
  await assert.rejects(read(stranger, their!), refused);
  await root.putBucketPolicy({ Bucket, Policy: document(delegation(Bucket, OTHER)) });
  assert.equal(await read(stranger, their!), "content");

  // Theirs does not keep ours, and is no way to another bucket of the same name.
  await control.deleteAccessPoint({ AccountId: ACCOUNT, Name: "lending" });
  await root.deleteObject({ Bucket, Key: "dir/a b.txt" });
  await root.deleteBucket({ Bucket });
  await assert.rejects(read(stranger, their!), (error: any) => error.name === "NoSuchBucket");
  await stranger.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } });
  await assert.rejects(read(stranger, their!), (error: any) => error.name === "NoSuchBucket");
});
