// Jobs of Batch Operations that do something to objects without a function: copies, tags, restorations, locks; with the role's permissions.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-operations.html
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { type JobDescriptor, type JobOperation, S3Control } from "@aws-sdk/client-s3-control";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { presigned } from "./support/presigned.ts";

const [ACCOUNT, OTHER] = ["000000000000", "111122223333"];
const REGION = "eu-west-1";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/jobs/batch`;
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

let platform: TestPlatform;
let [iam, s3, theirs, control] = [] as unknown as [IAM, S3, S3, S3Control];

before(async () => {
  platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret,${OTHER}:othersecret`, region: REGION });
  const config = { ...platform.clientConfig, credentials: { accessKeyId: ACCOUNT!, secretAccessKey: "rootsecret" } };
  const requestHandler = { httpAgent: new Agent({ lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) }) };
  iam = new IAM(config);
  s3 = new S3({ ...config, forcePathStyle: true });
  theirs = new S3({ ...config, forcePathStyle: true, credentials: { accessKeyId: OTHER!, secretAccessKey: "othersecret" } });
  control = new S3Control({ ...config, requestHandler, endpoint: `http://localhost:${new URL(platform.url).port}` });
  await iam.createRole({ RoleName: "batch", Path: "/jobs/", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "batchoperations.s3.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  await permit("s3:*");
  const of = { CreateBucketConfiguration: { LocationConstraint: REGION } } as const;
  for (const Bucket of ["lists", "photos", "copies"]) await s3.createBucket({ Bucket, ...of });
  await s3.createBucket({ Bucket: "locked", ...of, ObjectLockEnabledForBucket: true });
  await theirs.createBucket({ Bucket: "theirs", ...of });
});
after(async () => {
  for (const client of [iam, s3, theirs, control]) client?.destroy();
  await platform?.close();
});

const permit = (...Action: string[]) => iam.putRolePolicy({ RoleName: "batch", PolicyName: "p", PolicyDocument: document({ Effect: "Allow", Action, Resource: "*" }) });

/** What became of it, and the lines of its report by key. */
async function run(Operation: JobOperation, lines: string[], fields: ("Bucket" | "Key" | "VersionId")[] = ["Bucket", "Key"]): Promise<{ job: JobDescriptor; lines: Map<string, string> }> {
  const Key = `${Math.random()}.csv`;
  const { ETag } = await s3.putObject({ Bucket: "lists", Key, Body: lines.join("\n") });
  const { JobId } = await control.createJob({
    AccountId: ACCOUNT, Operation, Priority: 1, RoleArn: ROLE, ConfirmationRequired: false,
    Report: { Enabled: true, Bucket: "arn:aws:s3:::lists", Format: "Report_CSV_20180820", ReportScope: "AllTasks" },
    Manifest: { Spec: { Format: "S3BatchOperations_CSV_20180820", Fields: fields }, Location: { ObjectArn: `arn:aws:s3:::lists/${Key}`, ETag } },
  });
  let job: JobDescriptor;
  for (const giveUp = Date.now() + 20_000; ;) {
    job = (await control.describeJob({ AccountId: ACCOUNT, JobId })).Job!;
    if (["Complete", "Failed", "Cancelled"].includes(job.Status!)) break;
    assert.ok(Date.now() < giveUp, JSON.stringify(job));
    await sleep(20);
  }
  const textOf = async (key: string) => (await s3.getObject({ Bucket: "lists", Key: key })).Body!.transformToString();
  const { Results } = JSON.parse(await textOf(`job-${JobId}/manifest.json`)) as { Results: { Key: string }[] };
  const texts = await Promise.all(Results.map(({ Key: key }) => textOf(key)));
  return { job, lines: new Map(texts.join("").trimEnd().split("\n").map((line) => [line.split(",")[1]!, line])) };
}
const counts = ({ ProgressSummary: summary }: JobDescriptor) => [summary!.NumberOfTasksSucceeded, summary!.NumberOfTasksFailed];
const tagsOf = async (Bucket: string, Key: string) => Object.fromEntries((await s3.getObjectTagging({ Bucket, Key })).TagSet!.map((tag) => [tag.Key, tag.Value]));

test("objects are copied: as they are, or with other metadata and tags, under a prefix", async () => {
  await s3.putObject({ Bucket: "photos", Key: "a b+é.jpg", Body: "one", ContentType: "image/jpeg", Metadata: { by: "ann" }, Tagging: "kept=yes" });
  const plain = await run({ S3PutObjectCopy: { TargetResource: "arn:aws:s3:::copies", TargetKeyPrefix: "2026" } }, ["photos,a+b%2B%C3%A9.jpg", "photos,absent"]);
  assert.deepEqual([plain.job.Status, counts(plain.job), plain.job.Operation], ["Complete", [1, 1], { S3PutObjectCopy: { TargetResource: "arn:aws:s3:::copies", TargetKeyPrefix: "2026" } }]);
  assert.equal(plain.lines.get("a+b%2B%C3%A9.jpg"), 'photos,a+b%2B%C3%A9.jpg,,succeeded,200,,"Successful"');
  assert.match(plain.lines.get("absent")!, /^photos,absent,,failed,404,NoSuchKey,"The specified key does not exist\."$/);
  const copy = await s3.getObject({ Bucket: "copies", Key: "2026/a b+é.jpg" });
  assert.deepEqual([await copy.Body!.transformToString(), copy.ContentType, copy.Metadata, await tagsOf("copies", "2026/a b+é.jpg")], ["one", "image/jpeg", { by: "ann" }, { kept: "yes" }]);

  const { VersionId } = await s3.putObject({ Bucket: "locked", Key: "v", Body: "first" });
  await s3.putObject({ Bucket: "locked", Key: "v", Body: "second" });
  const HttpExpiresDate = new Date("2030-01-01T00:00:00Z");
  const changed: JobOperation = { S3PutObjectCopy: { TargetResource: "arn:aws:s3:::copies", NewObjectMetadata: { ContentType: "text/plain", UserMetadata: { by: "batch" }, HttpExpiresDate }, NewObjectTagging: [{ Key: "a", Value: "x y" }], StorageClass: "STANDARD_IA" } };
  const other = await run(changed, [`locked,v,${VersionId}`], ["Bucket", "Key", "VersionId"]);
  assert.deepEqual([counts(other.job), other.job.Operation], [[1, 0], changed]);
  const made = await s3.getObject({ Bucket: "copies", Key: "v" });
  assert.deepEqual([await made.Body!.transformToString(), made.ContentType, made.Metadata, made.StorageClass, made.ExpiresString, await tagsOf("copies", "v")], ["first", "text/plain", { by: "batch" }, "STANDARD_IA", HttpExpiresDate.toUTCString(), { a: "x y" }]);
});

test("what no object can have is what its task fails with: metadata that no header could carry, a bucket that is none", async () => {
  await s3.putObject({ Bucket: "photos", Key: "plain", Body: "x" });
  const copy = (UserMetadata: Record<string, string>) => run({ S3PutObjectCopy: { TargetResource: "arn:aws:s3:::copies", NewObjectMetadata: { UserMetadata } } }, ["photos,plain", "photos/plain,plain"]);
  const bad = await copy({ "a b": "x" });
  assert.deepEqual(counts(bad.job), [0, 2]);
  const { job } = await copy({ A: "x" });
  assert.deepEqual(counts(job), [1, 1]);
  assert.deepEqual((await s3.headObject({ Bucket: "copies", Key: "plain" })).Metadata, { a: "x" });
});

test("a presigned address of an object is none of a job's, whatever header is sent with it", async () => {
  const address = await presigned(`${platform.url}/v20180820/jobs`, "GET", { accessKeyId: ACCOUNT!, secretAccessKey: "rootsecret" });
  assert.match(await (await fetch(address)).text(), /<Code>NoSuchBucket</);
  const answer = await fetch(address, { headers: { "x-amz-account-id": ACCOUNT!, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } });
  assert.equal(answer.status, 403);
  assert.match(await answer.text(), /There were headers present in the request which were not signed/);
});

test("tags are put and deleted", async () => {
  await s3.putObject({ Bucket: "photos", Key: "tagged", Body: "x", Tagging: "old=1" });
  assert.deepEqual(counts((await run({ S3PutObjectTagging: { TagSet: [{ Key: "new", Value: "2" }] } }, ["photos,tagged"])).job), [1, 0]);
  assert.deepEqual(await tagsOf("photos", "tagged"), { new: "2" });
  assert.deepEqual(counts((await run({ S3DeleteObjectTagging: {} }, ["photos,tagged"])).job), [1, 0]);
  assert.deepEqual(await tagsOf("photos", "tagged"), {});
});

test("archived objects are restored, and those that are in no archive fail", async () => {
  await s3.putObject({ Bucket: "photos", Key: "cold", Body: "x", StorageClass: "GLACIER" });
  await s3.putObject({ Bucket: "photos", Key: "warm", Body: "x" });
  const { job, lines } = await run({ S3InitiateRestoreObject: { ExpirationInDays: 2, GlacierJobTier: "BULK" } }, ["photos,cold", "photos,warm"]);
  assert.deepEqual(counts(job), [1, 1]);
  assert.match(lines.get("warm")!, /,failed,403,InvalidObjectState,/);
  assert.equal((await s3.headObject({ Bucket: "photos", Key: "cold" })).Restore, 'ongoing-request="true"');
});

test("objects are held and locked, and compliance holds against a job too", async () => {
  await s3.putObject({ Bucket: "locked", Key: "deed", Body: "x" });
  assert.deepEqual(counts((await run({ S3PutObjectLegalHold: { LegalHold: { Status: "ON" } } }, ["locked,deed", "photos,tagged"])).job), [1, 1]);
  assert.equal((await s3.getObjectLegalHold({ Bucket: "locked", Key: "deed" })).LegalHold!.Status, "ON");
  const until = new Date(Date.now() + 86_400_000);
  const retain = (date: Date, BypassGovernanceRetention: boolean) => run({ S3PutObjectRetention: { BypassGovernanceRetention, Retention: { Mode: "COMPLIANCE", RetainUntilDate: date } } }, ["locked,deed"]);
  assert.deepEqual(counts((await retain(until, false)).job), [1, 0]);
  assert.equal((await s3.getObjectRetention({ Bucket: "locked", Key: "deed" })).Retention!.RetainUntilDate!.getTime(), until.getTime());
  const shorter = await retain(new Date(until.getTime() - 3_600_000), true);
  assert.deepEqual(counts(shorter.job), [0, 1]);
  assert.match(shorter.lines.get("deed")!, /,failed,403,AccessDenied,/);
});

test("the role needs what a caller would need, source, tags and bypass included, and another account's bucket lets it in or not", async () => {
  await s3.putObject({ Bucket: "photos", Key: "mine", Body: "x" });
  const failures = async (operation: JobOperation, bucket = "photos") => (await run(operation, [`${bucket},mine`])).lines.get("mine")!;
  const copyTo = (bucket: string): JobOperation => ({ S3PutObjectCopy: { TargetResource: `arn:aws:s3:::${bucket}`, NewObjectTagging: [{ Key: "a", Value: "b" }] } });
  await permit("s3:GetObject", "s3:PutObject");
  assert.match(await failures(copyTo("copies")), /,failed,403,AccessDenied,".*s3:PutObjectTagging/);
  assert.match(await failures({ S3PutObjectTagging: { TagSet: [] } }), /,failed,403,AccessDenied,".*s3:PutObjectTagging/);
  await permit("s3:*");
  assert.match(await failures(copyTo("theirs")), /,failed,403,AccessDenied,/);
  await theirs.putBucketPolicy({ Bucket: "theirs", Policy: document({ Effect: "Allow", Principal: { AWS: ROLE }, Action: ["s3:PutObject", "s3:PutObjectTagging"], Resource: "arn:aws:s3:::theirs/*" }) });
  assert.match(await failures(copyTo("theirs")), /,succeeded,200,/);
  assert.equal((await theirs.headObject({ Bucket: "theirs", Key: "mine" })).ContentLength, 1);
});

test("a job of a thousand tasks that all fail has failed", async () => {
  const { job } = await run({ S3DeleteObjectTagging: {} }, Array.from({ length: 1000 }, (_, n) => `photos,absent/${n}`));
  assert.deepEqual([job.Status, job.FailureReasons![0]!.FailureCode, ...counts(job)], ["Failed", "FailureThresholdExceeded", 0, 1000]);
  const few = await run({ S3DeleteObjectTagging: {} }, Array.from({ length: 999 }, (_, n) => `photos,absent/${n}`));
  assert.deepEqual([few.job.Status, ...counts(few.job)], ["Complete", 0, 999]);
});
