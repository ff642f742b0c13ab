// What is configured on buckets and acts: default encryption, who owns and who pays, lock periods, digests of bodies; driven by the real SDK client.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import { S3 } from "@aws-sdk/client-s3";
import { openTestPlatform } from "../../../test/support/platform.ts";

const OTHER = "111122223333";
const platform = await openTestPlatform();
const s3 = new S3({ ...platform.clientConfig, forcePathStyle: true });
const stranger = new S3({ ...platform.clientConfig, credentials: { accessKeyId: OTHER, secretAccessKey: "x" }, forcePathStyle: true });
after(async () => { s3.destroy(); stranger.destroy(); await platform.close(); });

let buckets = 0;
async function newBucket(more: object = {}): Promise<string> {
  const Bucket = `configured-${++buckets}`;
  await s3.createBucket({ Bucket, ...more });
  return Bucket;
}

/** Code, status, sentence. */
async function refusal(request: Promise<unknown>): Promise<unknown[]> {
  const error = await request.then(() => assert.fail("it was not refused"), (thrown: any) => thrown);
  return [error.name, error.$metadata?.httpStatusCode, error.message];
}
const MALFORMED = ["MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema"];

test("new objects are encrypted as the bucket says, with AWS's own key shown, unless their requests say otherwise", async () => {
  const Bucket = await newBucket();
  const put = (Rules: object[]) => s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules: Rules as never } });
  const before = await s3.putObject({ Bucket, Key: "k", Body: "x" });
  assert.deepEqual([before.ServerSideEncryption, before.SSEKMSKeyId], ["AES256", undefined]);
  await put([{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" }, BucketKeyEnabled: true }]);
  assert.deepEqual((await s3.getBucketEncryption({ Bucket })).ServerSideEncryptionConfiguration?.Rules, [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" }, BucketKeyEnabled: true }]);
  const made = await s3.putObject({ Bucket, Key: "k", Body: "x" });
  assert.deepEqual([made.ServerSideEncryption, made.BucketKeyEnabled], ["aws:kms", true]);
  assert.match(made.SSEKMSKeyId!, /^arn:aws:kms:eu-west-1:000000000000:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const head = await s3.headObject({ Bucket, Key: "k" });
  assert.deepEqual([head.ServerSideEncryption, head.SSEKMSKeyId, head.BucketKeyEnabled], ["aws:kms", made.SSEKMSKeyId, true]);
  assert.equal((await s3.createMultipartUpload({ Bucket, Key: "u" })).SSEKMSKeyId, made.SSEKMSKeyId);
  const own = await s3.putObject({ Bucket, Key: "o", Body: "x", ServerSideEncryption: "AES256" });
  assert.deepEqual([own.ServerSideEncryption, own.SSEKMSKeyId, own.BucketKeyEnabled], ["AES256", undefined, undefined]);
  await put([{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: "alias/aws/s3" } }]);
  assert.deepEqual((await s3.getBucketEncryption({ Bucket })).ServerSideEncryptionConfiguration?.Rules, [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: "alias/aws/s3" }, BucketKeyEnabled: false }]);
  assert.deepEqual(await refusal(put([])), MALFORMED);
  assert.deepEqual(await refusal(put([{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "rot13" } }])), MALFORMED);
  await s3.deleteBucketEncryption({ Bucket });
  assert.equal((await s3.putObject({ Bucket, Key: "k", Body: "x" })).ServerSideEncryption, "AES256");
});

test("a bucket that blocks keys of customers takes no object with one", async () => {
  const Bucket = await newBucket();
  const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const }, BucketKeyEnabled: false, BlockedEncryptionTypes: { EncryptionType: ["SSE-C" as const] } }];
  await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules } });
  assert.deepEqual((await s3.getBucketEncryption({ Bucket })).ServerSideEncryptionConfiguration?.Rules, Rules);
  const key = Buffer.alloc(32, "a");
  assert.deepEqual((await refusal(s3.putObject({ Bucket, Key: "k", Body: "x", SSECustomerAlgorithm: "AES256", SSECustomerKey: key.toString("base64"), SSECustomerKeyMD5: createHash("md5").update(key).digest("base64") }))).slice(0, 2), ["AccessDenied", 403]);
});

test("ownership is kept and shown; with lists switched on, those that give nobody anything are accepted and all others refused by name", async () => {
  const Bucket = await newBucket({ ObjectOwnership: "BucketOwnerPreferred" });
  const ownership = async () => (await s3.getBucketOwnershipControls({ Bucket })).OwnershipControls?.Rules;
  assert.deepEqual(await ownership(), [{ ObjectOwnership: "BucketOwnerPreferred" }]);
  await s3.putBucketAcl({ Bucket, ACL: "private" });
  await s3.putObject({ Bucket, Key: "k", Body: "x", ACL: "bucket-owner-full-control" });
  assert.deepEqual((await refusal(s3.putBucketAcl({ Bucket, ACL: "public-read" }))).slice(0, 2), ["AccessDenied", 403]);
  assert.deepEqual(await refusal(s3.putObjectAcl({ Bucket, Key: "k", ACL: "aws-exec-read" })), ["NotImplemented", 501, "Evoke does not support the access control list aws-exec-read."]);
  assert.deepEqual((await refusal(s3.putObject({ Bucket, Key: "k", Body: "x", ACL: "fake-acl" as never }))).slice(0, 2), ["InvalidArgument", 400]);
  await s3.deletePublicAccessBlock({ Bucket });
  assert.deepEqual((await refusal(s3.putBucketAcl({ Bucket, ACL: "public-read" })))[0], "NotImplemented");
  await s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership: "ObjectWriter" }] } });
  assert.deepEqual(await ownership(), [{ ObjectOwnership: "ObjectWriter" }]);
  await s3.deleteBucketOwnershipControls({ Bucket });
  await s3.deleteBucketOwnershipControls({ Bucket });
  assert.deepEqual(await refusal(s3.getBucketOwnershipControls({ Bucket })), ["OwnershipControlsNotFoundError", 404, "The bucket ownership controls were not found"]);
  assert.deepEqual((await refusal(newBucket({ ObjectOwnership: "ObjectWriter", ACL: "public-read" })))[0], "InvalidBucketAclWithBlockPublicAccessError");
});

test("where the requester pays, another account says so in every request, and is told that it was charged", async () => {
  const Bucket = await newBucket();
  await s3.putObject({ Bucket, Key: "k", Body: "x" });
  await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: OTHER }, Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` }] }) });
  const read = (more: object = {}) => stranger.headObject({ Bucket, Key: "k", ...more });
  assert.equal((await read()).RequestCharged, undefined);
  assert.deepEqual(await refusal(s3.putBucketRequestPayment({ Bucket, RequestPaymentConfiguration: { Payer: "Nobody" as never } })), MALFORMED);
  await s3.putBucketRequestPayment({ Bucket, RequestPaymentConfiguration: { Payer: "Requester" } });
  assert.equal((await s3.getBucketRequestPayment({ Bucket })).Payer, "Requester");
  assert.equal((await refusal(read()))[1], 403);
  assert.equal((await read({ RequestPayer: "requester" })).RequestCharged, "requester");
  assert.equal((await s3.headObject({ Bucket, Key: "k" })).ContentLength, 1);
  await s3.putBucketRequestPayment({ Bucket, RequestPaymentConfiguration: { Payer: "BucketOwner" } });
  assert.equal((await s3.getBucketRequestPayment({ Bucket })).Payer, "BucketOwner");
});

test("acceleration can be suspended only, and access logs can be switched off only", async () => {
  const Bucket = await newBucket();
  const accelerate = (Status: string) => s3.putBucketAccelerateConfiguration({ Bucket, AccelerateConfiguration: { Status: Status as never } });
  assert.deepEqual(await refusal(accelerate("enabled")), MALFORMED);
  assert.deepEqual(await refusal(accelerate("Enabled")), ["NotImplemented", 501, "Evoke does not support transfer acceleration."]);
  await accelerate("Suspended");
  assert.equal((await s3.getBucketAccelerateConfiguration({ Bucket })).Status, "Suspended");
  await s3.createBucket({ Bucket: "with.dots" });
  assert.deepEqual(await refusal(s3.putBucketAccelerateConfiguration({ Bucket: "with.dots", AccelerateConfiguration: { Status: "Enabled" } })), ["InvalidRequest", 400, "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"]);
  await s3.putBucketLogging({ Bucket, BucketLoggingStatus: {} });
  assert.deepEqual(await refusal(s3.putBucketLogging({ Bucket, BucketLoggingStatus: { LoggingEnabled: { TargetBucket: Bucket, TargetPrefix: "log/" } } })), ["NotImplemented", 501, "Evoke does not support LoggingEnabled, server access logs."]);
});

test("a lock's period is a positive number of days or years, and governance becomes compliance only for who may bypass it", async () => {
  const Bucket = await newBucket({ ObjectLockEnabledForBucket: true });
  const period = (DefaultRetention: object) => s3.putObjectLockConfiguration({ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "GOVERNANCE", ...DefaultRetention } } } });
  assert.deepEqual(await refusal(period({ Days: 0 })), ["InvalidArgument", 400, "Default retention period must be a positive integer value."]);
  assert.deepEqual(await refusal(period({ Years: -1 })), ["InvalidArgument", 400, "Default retention period must be a positive integer value."]);
  assert.deepEqual(await refusal(period({ Days: 999_999_999 })), ["InvalidArgument", 400, "Default retention period too large."]);
  const until = (days: number) => new Date(Date.now() + days * 86_400_000);
  await s3.putObject({ Bucket, Key: "k", Body: "x", ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: until(2) });
  const retain = (Mode: "GOVERNANCE" | "COMPLIANCE", days: number, more: object = {}) => s3.putObjectRetention({ Bucket, Key: "k", Retention: { Mode, RetainUntilDate: until(days) }, ...more });
  assert.deepEqual((await refusal(retain("COMPLIANCE", 5))).slice(0, 2), ["AccessDenied", 403]);
  await retain("GOVERNANCE", 3);
  await retain("COMPLIANCE", 5, { BypassGovernanceRetention: true });
  assert.deepEqual((await refusal(retain("COMPLIANCE", 4, { BypassGovernanceRetention: true }))).slice(0, 2), ["AccessDenied", 403]);
});

test("a body that is not what its digests say is refused, and an empty policy is one that cannot be read", async () => {
  const Bucket = await newBucket();
  const md5 = (text: string) => createHash("md5").update(text).digest("base64");
  const body = '<?xml version="1.0" encoding="UTF-8"?><Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>';
  const tag = (more: object) => s3.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key: "a", Value: "b" }] }, ...more });
  assert.deepEqual(await refusal(tag({ ContentMD5: md5("other") })), ["BadDigest", 400, "The Content-MD5 you specified did not match what we received."]);
  assert.deepEqual(await refusal(tag({ ContentMD5: "000" })), ["InvalidDigest", 400, "The Content-MD5 you specified was invalid."]);
  const lying = new S3({ ...platform.clientConfig, forcePathStyle: true });
  lying.middlewareStack.add((next: any) => async (args: any) => { args.request.headers["x-amz-checksum-sha256"] = createHash("sha256").update("other").digest("base64"); return next(args); }, { step: "finalizeRequest", priority: "high" });
  assert.deepEqual(await refusal(lying.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key: "a", Value: "b" }] }, ChecksumAlgorithm: "SHA256" })), ["BadDigest", 400, "The SHA256 you specified did not match the calculated checksum."]);
  lying.destroy();
  assert.equal((await refusal(s3.getBucketTagging({ Bucket })))[0], "NoSuchTagSet");
  await tag({ ChecksumAlgorithm: "CRC64NVME" });
  await tag({ ContentMD5: md5(body) });
  assert.deepEqual(await refusal(s3.putBucketPolicy({ Bucket, Policy: "" })), ["MalformedPolicy", 400, "Policies must be valid JSON and the first byte must be '{'"]);
  assert.deepEqual(await refusal(s3.headBucket({ Bucket, ExpectedBucketOwner: "0000" })).then(([, status]) => status), 400);
});

test("every part of an upload comes with the key that the upload was begun with", async () => {
  const Bucket = await newBucket();
  const own = (fill: string) => { const key = Buffer.alloc(32, fill); return { SSECustomerAlgorithm: "AES256", SSECustomerKey: key.toString("base64"), SSECustomerKeyMD5: createHash("md5").update(key).digest("base64") }; };
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: "k", ...own("a") });
  const part = (more: object) => s3.uploadPart({ Bucket, Key: "k", UploadId, PartNumber: 1, Body: "x", ...more });
  const MISSING = ["InvalidRequest", 400, "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters."];
  assert.deepEqual(await refusal(part({})), MISSING);
  assert.deepEqual(await refusal(part(own("b"))), ["InvalidRequest", 400, "The provided encryption parameters did not match the ones used originally."]);
  assert.equal((await part(own("a"))).SSECustomerAlgorithm, "AES256");
  const plain = await s3.createMultipartUpload({ Bucket, Key: "k" });
  assert.deepEqual(await refusal(part({ UploadId: plain.UploadId, ...own("a") })), MISSING);
  await s3.putObject({ Bucket, Key: "plain", Body: "x" });
  assert.deepEqual(await refusal(s3.getObject({ Bucket, Key: "plain", ...own("a") })), ["InvalidRequest", 400, "The encryption parameters are not applicable to this object."]);
});

test("who reads an object does not say how it is encrypted, and what puts a policy or tags has nothing to say", async () => {
  const Bucket = await newBucket();
  await s3.putObject({ Bucket, Key: "k", Body: "x" });
  const asking = new S3({ ...platform.clientConfig, forcePathStyle: true });
  asking.middlewareStack.add((next: any) => async (args: any) => { args.request.headers["x-amz-server-side-encryption"] = "aws:kms"; return next(args); }, { step: "build" });
  assert.deepEqual(await refusal(asking.getObject({ Bucket, Key: "k" })), ["InvalidArgument", 400, "x-amz-server-side-encryption header is not supported for this operation."]);
  asking.destroy();
  assert.equal((await s3.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key: "a", Value: "b" }] } })).$metadata.httpStatusCode, 204);
  assert.equal((await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Statement: [{ Effect: "Deny", Principal: { AWS: OTHER }, Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` }] }) })).$metadata.httpStatusCode, 204);
});

test("what would do nothing here is refused by name, and nothing is made", async () => {
  const notThere = (what: string) => ["NotImplemented", 501, `Evoke does not support ${what}.`];
  assert.deepEqual(await refusal(s3.createBucket({ Bucket: "configured-namespace", BucketNamespace: "account-regional" })), notThere("the bucket namespace account-regional"));
  await assert.rejects(s3.headBucket({ Bucket: "configured-namespace" }), { name: "NotFound" });
  const Bucket = await newBucket({ ObjectLockEnabledForBucket: true });
  assert.deepEqual(await refusal(s3.putObject({ Bucket, Key: "k", Body: "x", ObjectLockEventHold: "ON" })), notThere("ObjectLockEventHold"));
  assert.deepEqual(await refusal(s3.createMultipartUpload({ Bucket, Key: "k", ObjectLockEventHoldDurationDays: 3 })), notThere("ObjectLockEventHold"));
  await assert.rejects(s3.headObject({ Bucket, Key: "k" }), { name: "NotFound" });
  await s3.putObject({ Bucket, Key: "k", Body: "x" });
  assert.deepEqual(await refusal(s3.copyObject({ Bucket, Key: "copy", CopySource: `${Bucket}/k`, ObjectLockEventHoldDurationYears: 1 })), notThere("ObjectLockEventHold"));
  assert.deepEqual(await refusal(s3.putObjectRetention({ Bucket, Key: "k", Retention: { EventHold: "ON" } })), notThere("EventHold of a retention"));
  assert.deepEqual(await refusal(s3.putObjectLockConfiguration({ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "GOVERNANCE", DefaultEventHold: { Days: 1 } } } } })), notThere("DefaultEventHold"));
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: "k" });
  assert.deepEqual(await refusal(s3.abortMultipartUpload({ Bucket, Key: "k", UploadId, IfMatchInitiatedTime: new Date() })), notThere("x-amz-if-match-initiated-time"));
  assert.equal((await s3.listMultipartUploads({ Bucket })).Uploads?.length, 1);
});
