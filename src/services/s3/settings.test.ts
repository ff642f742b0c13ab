// What buckets and objects have beside their bytes, driven by the real SDK client: versioning, tags, locks, policies, encryption, access control.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import { S3 } from "@aws-sdk/client-s3";
import { openTestPlatform } from "../../../test/support/platform.ts";

const platform = await openTestPlatform();
const s3 = new S3({ ...platform.clientConfig, forcePathStyle: true });
after(async () => { s3.destroy(); await platform.close(); });

let buckets = 0;
async function newBucket(more: object = {}): Promise<string> {
  const Bucket = `settings-${++buckets}`;
  await s3.createBucket({ Bucket, ...more });
  return Bucket;
}

/** Code, status, sentence. */
async function refusal(request: Promise<unknown>): Promise<unknown[]> {
  const error = await request.then(() => assert.fail("it was not refused"), (thrown: any) => thrown);
  return [error.name, error.$metadata?.httpStatusCode, error.message];
}
const content = async (answer: Promise<object>): Promise<object> => { const { $metadata: _, ...rest } = await answer as { $metadata: unknown }; return rest; };
const MALFORMED = ["MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema"];

test("a bucket's versioning is off until it is enabled, and then can only be suspended", async () => {
  const Bucket = await newBucket();
  const put = (VersioningConfiguration: object) => s3.putBucketVersioning({ Bucket, VersioningConfiguration });
  assert.deepEqual(await content(s3.getBucketVersioning({ Bucket })), {});
  await put({ Status: "Enabled" });
  assert.deepEqual(await content(s3.getBucketVersioning({ Bucket })), { Status: "Enabled" });
  await put({ Status: "Suspended" });
  assert.deepEqual(await content(s3.getBucketVersioning({ Bucket })), { Status: "Suspended" });
  assert.deepEqual(await refusal(put({})), ["IllegalVersioningConfigurationException", 400, "The Versioning element must be specified"]);
  assert.deepEqual(await refusal(put({ Status: "enabled" })), MALFORMED);
  assert.deepEqual(await refusal(put({ Status: "Enabled", MFADelete: "Enabled" })), ["NotImplemented", 501, "Evoke does not support MfaDelete."]);
  assert.deepEqual((await refusal(s3.getBucketVersioning({ Bucket: "no-such-bucket" }))).slice(0, 2), ["NoSuchBucket", 404]);
});

test("tags of a bucket and of each version of an object are kept, and checked", async () => {
  const Bucket = await newBucket();
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
  assert.deepEqual(await refusal(s3.getBucketTagging({ Bucket })), ["NoSuchTagSet", 404, "The TagSet does not exist"]);
  const TagSet = [{ Key: "team", Value: "ä/1" }, { Key: "empty", Value: "" }];
  await s3.putBucketTagging({ Bucket, Tagging: { TagSet } });
  assert.deepEqual((await s3.getBucketTagging({ Bucket })).TagSet, TagSet);
  await s3.deleteBucketTagging({ Bucket });
  assert.deepEqual((await refusal(s3.getBucketTagging({ Bucket })))[0], "NoSuchTagSet");
  await s3.putBucketTagging({ Bucket, Tagging: { TagSet } });
  await s3.putBucketTagging({ Bucket, Tagging: { TagSet: [] } });
  assert.deepEqual((await refusal(s3.getBucketTagging({ Bucket })))[0], "NoSuchTagSet", "no tags are no tag set");

  const { VersionId: first } = await s3.putObject({ Bucket, Key: "k", Body: "1", Tagging: "a=1&b=%2F" });
  const { VersionId: second } = await s3.putObject({ Bucket, Key: "k", Body: "2" });
  await s3.putObjectTagging({ Bucket, Key: "k", Tagging: { TagSet: [{ Key: "c", Value: "2" }] } });
  assert.deepEqual(await content(s3.getObjectTagging({ Bucket, Key: "k" })), { TagSet: [{ Key: "c", Value: "2" }], VersionId: second });
  assert.deepEqual(await content(s3.getObjectTagging({ Bucket, Key: "k", VersionId: first })), { TagSet: [{ Key: "a", Value: "1" }, { Key: "b", Value: "/" }], VersionId: first });
  await s3.deleteObjectTagging({ Bucket, Key: "k", VersionId: first });
  assert.deepEqual((await s3.getObjectTagging({ Bucket, Key: "k", VersionId: first })).TagSet, []);
  assert.equal((await s3.getObject({ Bucket, Key: "k" })).TagCount, 1);

  const put = (TagSet: { Key: string; Value: string }[]) => s3.putObjectTagging({ Bucket, Key: "k", Tagging: { TagSet } });
  assert.deepEqual(await refusal(put([{ Key: "a", Value: "" }, { Key: "a", Value: "" }])), ["InvalidTag", 400, "Cannot provide multiple Tags with the same key"]);
  assert.deepEqual(await refusal(put([{ Key: "a,b", Value: "" }])), ["InvalidTag", 400, "The TagKey you have provided is invalid"]);
  assert.deepEqual(await refusal(put([{ Key: "a", Value: "x".repeat(257) }])), ["InvalidTag", 400, "The TagValue you have provided is invalid"]);
  assert.deepEqual(await refusal(put([{ Key: "aws:a", Value: "" }])), ["InvalidTag", 400, "Your TagKey cannot be prefixed with aws:"]);
  assert.deepEqual(await refusal(put(Array.from({ length: 11 }, (_, n) => ({ Key: `${n}`, Value: "" })))), ["BadRequest", 400, "Object tags cannot be greater than 10"]);
  assert.deepEqual((await refusal(s3.putObject({ Bucket, Key: "k", Body: "x", Tagging: "a=1&a=2" })))[0], "InvalidArgument");
  assert.deepEqual((await refusal(s3.getObjectTagging({ Bucket, Key: "nothing" })))[0], "NoSuchKey");
  const { VersionId: marker } = await s3.deleteObject({ Bucket, Key: "k" });
  assert.deepEqual((await refusal(s3.getObjectTagging({ Bucket, Key: "k" }))).slice(0, 2), ["MethodNotAllowed", 405]);
  assert.deepEqual((await refusal(s3.getObjectAcl({ Bucket, Key: "k" })))[0], "NoSuchKey");
  assert.deepEqual((await refusal(s3.getObjectTagging({ Bucket, Key: "k", VersionId: marker }))).slice(0, 2), ["MethodNotAllowed", 405]);
});

test("a locked version cannot be removed before its time, by nobody in compliance mode, and governance by who bypasses it", async () => {
  const Bucket = await newBucket({ ObjectLockEnabledForBucket: true });
  const soon = new Date(Date.now() + 3_600_000);
  soon.setMilliseconds(0);
  const later = new Date(soon.getTime() + 3_600_000);
  const { VersionId } = await s3.putObject({ Bucket, Key: "k", Body: "x", ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: soon });
  const held = ["AccessDenied", 403, "Access Denied because object protected by object lock."];
  assert.deepEqual((await s3.getObjectRetention({ Bucket, Key: "k" })).Retention, { Mode: "GOVERNANCE", RetainUntilDate: soon });
  assert.deepEqual(await refusal(s3.deleteObject({ Bucket, Key: "k", VersionId })), held);
  assert.equal((await s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: "k", VersionId }] } })).Errors?.[0]?.Code, "AccessDenied");
  assert.equal((await s3.deleteObject({ Bucket, Key: "k" })).DeleteMarker, true);
  await s3.putObjectRetention({ Bucket, Key: "k", VersionId, Retention: { Mode: "GOVERNANCE", RetainUntilDate: later } });
  assert.deepEqual(await refusal(s3.putObjectRetention({ Bucket, Key: "k", VersionId, Retention: { Mode: "GOVERNANCE", RetainUntilDate: soon } })), held);
  await s3.putObjectRetention({ Bucket, Key: "k", VersionId, Retention: {}, BypassGovernanceRetention: true });
  await s3.putObjectLegalHold({ Bucket, Key: "k", VersionId, LegalHold: { Status: "ON" } });
  assert.deepEqual((await s3.getObjectLegalHold({ Bucket, Key: "k", VersionId })).LegalHold, { Status: "ON" });
  assert.deepEqual(await refusal(s3.deleteObject({ Bucket, Key: "k", VersionId, BypassGovernanceRetention: true })), held);
  await s3.putObjectLegalHold({ Bucket, Key: "k", VersionId, LegalHold: { Status: "OFF" } });
  await s3.putObjectRetention({ Bucket, Key: "k", VersionId, Retention: { Mode: "COMPLIANCE", RetainUntilDate: soon } });
  assert.deepEqual(await refusal(s3.deleteObject({ Bucket, Key: "k", VersionId, BypassGovernanceRetention: true })), held);
  assert.deepEqual(await refusal(s3.putObjectRetention({ Bucket, Key: "k", VersionId, Retention: {}, BypassGovernanceRetention: true })), held);
  assert.deepEqual(await refusal(s3.putObjectRetention({ Bucket, Key: "k", VersionId, Retention: { Mode: "GOVERNANCE", RetainUntilDate: later }, BypassGovernanceRetention: true })), held);
});

test("a bucket's default locks what is put into it, once object lock is enabled with versions", async () => {
  const Bucket = await newBucket();
  const put = (ObjectLockConfiguration: object) => s3.putObjectLockConfiguration({ Bucket, ObjectLockConfiguration });
  const days = { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: 2 } } };
  assert.deepEqual(await refusal(s3.getObjectLockConfiguration({ Bucket })), ["ObjectLockConfigurationNotFoundError", 404, "Object Lock configuration does not exist for this bucket"]);
  assert.deepEqual(await refusal(put(days)), ["InvalidBucketState", 409, "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"]);
  assert.deepEqual(await refusal(s3.putObject({ Bucket, Key: "k", Body: "x", ObjectLockLegalHoldStatus: "ON" })), ["InvalidRequest", 400, "Bucket is missing Object Lock Configuration"]);
  assert.deepEqual((await refusal(s3.deleteObject({ Bucket, Key: "k", BypassGovernanceRetention: true })))[2], "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.");
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
  for (const wrong of [{}, { ObjectLockEnabled: "Enabled", Rule: {} }, { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: 1, Years: 1 } } }]) assert.deepEqual(await refusal(put(wrong)), MALFORMED);
  await put(days);
  assert.deepEqual((await s3.getObjectLockConfiguration({ Bucket })).ObjectLockConfiguration, days);
  assert.deepEqual((await refusal(s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Suspended" } })))[0], "InvalidBucketState");
  await s3.putObject({ Bucket, Key: "k", Body: "x" });
  const { ObjectLockMode, ObjectLockRetainUntilDate } = await s3.headObject({ Bucket, Key: "k" });
  const hours = (ObjectLockRetainUntilDate!.getTime() - Date.now()) / 3_600_000;
  assert.ok(ObjectLockMode === "COMPLIANCE" && hours > 47.9 && hours <= 48, `${ObjectLockMode} ${hours}`);
  const locked = (more: object) => refusal(s3.putObject({ Bucket, Key: "l", Body: "x", ...more }));
  assert.deepEqual(await locked({ ObjectLockMode: "COMPLIANCE" }), ["InvalidArgument", 400, "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"]);
  assert.deepEqual(await locked({ ObjectLockMode: "BAD", ObjectLockRetainUntilDate: new Date(Date.now() + 9e6) }), ["InvalidArgument", 400, "Unknown wormMode directive."]);
  assert.deepEqual(await locked({ ObjectLockMode: "COMPLIANCE", ObjectLockRetainUntilDate: new Date(0) }), ["InvalidArgument", 400, "The retain until date must be in the future!"]);
});

test("a policy must be about its bucket, and cannot open it to everybody while that is blocked", async () => {
  const Bucket = await newBucket();
  const arn = `arn:aws:s3:::${Bucket}`;
  const allow = (more: object = {}) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "111122223333" }, Action: "s3:GetObject", Resource: `${arn}/*`, ...more }] });
  const put = (Policy: string) => s3.putBucketPolicy({ Bucket, Policy });
  assert.deepEqual(await refusal(s3.getBucketPolicy({ Bucket })), ["NoSuchBucketPolicy", 404, "The bucket policy does not exist"]);
  for (const [policy, sentence] of [
    [" ", "Policies must be valid JSON and the first byte must be '{'"], ["[]", "Policies must be valid JSON and the first byte must be '{'"], ["{}", "Missing required field Statement"],
    [allow({ Resource: "arn:aws:s3:::other/*" }), "Policy has invalid resource"], [allow({ Resource: `arn:aws:s3:::${"*".repeat(9000)}x` }), "Policy has invalid resource"], [allow({ Action: "sqs:SendMessage" }), "Policy has invalid action"],
    [allow({ Principal: undefined }), "Missing required field Principal"], [allow({ Principal: { AWS: "nobody" } }), "Invalid principal in policy"], [allow({ Resource: arn }), "Action does not apply to any resource(s) in statement"],
  ] as const) assert.deepEqual(await refusal(put(policy)), ["MalformedPolicy", 400, sentence]);
  await put(allow());
  assert.equal((await s3.getBucketPolicy({ Bucket })).Policy, allow());
  assert.deepEqual((await s3.getBucketPolicyStatus({ Bucket })).PolicyStatus, { IsPublic: false });

  const open = allow({ Principal: "*" });
  assert.deepEqual((await refusal(put(open))).slice(0, 2), ["AccessDenied", 403]);
  const all = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
  assert.deepEqual((await s3.getPublicAccessBlock({ Bucket })).PublicAccessBlockConfiguration, all);
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: { ...all, BlockPublicPolicy: false } });
  await put(open);
  assert.deepEqual((await s3.getBucketPolicyStatus({ Bucket })).PolicyStatus, { IsPublic: true });
  await put(allow({ Principal: "*", Condition: { StringEquals: { "aws:SourceAccount": "111122223333" } } }));
  assert.deepEqual((await s3.getBucketPolicyStatus({ Bucket })).PolicyStatus, { IsPublic: false });
  await s3.deletePublicAccessBlock({ Bucket });
  assert.deepEqual(await refusal(s3.getPublicAccessBlock({ Bucket })), ["NoSuchPublicAccessBlockConfiguration", 404, "The public access block configuration was not found"]);
  await s3.deleteBucketPolicy({ Bucket });
  assert.deepEqual((await refusal(s3.getBucketPolicy({ Bucket })))[0], "NoSuchBucketPolicy");
});

test("access control lists say that all is the owner's, and nothing else can be said", async () => {
  const Bucket = await newBucket();
  await s3.putObject({ Bucket, Key: "k", Body: "x", ACL: "bucket-owner-full-control" });
  const acl = await content(s3.getBucketAcl({ Bucket })) as { Owner: { ID: string }; Grants: unknown[] };
  assert.deepEqual(acl.Grants, [{ Grantee: { ID: acl.Owner.ID, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" }]);
  assert.deepEqual(await content(s3.getObjectAcl({ Bucket, Key: "k" })), acl);
  await s3.putBucketAcl({ Bucket, ACL: "private" });
  await s3.putObjectAcl({ Bucket, Key: "k", AccessControlPolicy: acl as never });
  const off = ["AccessControlListNotSupported", 400, "The bucket does not allow ACLs"];
  assert.deepEqual(await refusal(s3.putObject({ Bucket, Key: "k", Body: "x", ACL: "public-read" })), off);
  assert.deepEqual(await refusal(s3.putObjectAcl({ Bucket, Key: "k", GrantRead: "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"" })), off);
  assert.deepEqual(await refusal(s3.putBucketAcl({ Bucket, ACL: "public-read" })), off);
  assert.deepEqual((await refusal(newBucket({ ACL: "public-read" })))[0], "InvalidBucketAclWithObjectOwnership");
  assert.deepEqual(await refusal(newBucket({ ObjectOwnership: "RandomValue" })), ["InvalidArgument", 400, "Invalid x-amz-object-ownership header: RandomValue"]);
  assert.deepEqual((await refusal(newBucket({ CreateBucketConfiguration: { Tags: [{ Key: "a,b", Value: "" }] } })))[0], "InvalidTag");
  assert.deepEqual((await s3.getBucketOwnershipControls({ Bucket })).OwnershipControls, { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] });
  await s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] } });
  assert.deepEqual(await refusal(s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership: "Nobody" as never }] } })), MALFORMED);
});

test("what a bucket was never given is answered as AWS answers it", async () => {
  const Bucket = await newBucket();
  assert.deepEqual((await refusal(s3.getBucketCors({ Bucket })))[0], "NoSuchCORSConfiguration");
  assert.deepEqual((await refusal(s3.getBucketLifecycleConfiguration({ Bucket })))[0], "NoSuchLifecycleConfiguration");
  assert.deepEqual((await refusal(s3.getBucketReplication({ Bucket })))[0], "ReplicationConfigurationNotFoundError");
  assert.deepEqual((await refusal(s3.getBucketWebsite({ Bucket })))[0], "NoSuchWebsiteConfiguration");
  for (const gone of [s3.deleteBucketCors({ Bucket }), s3.deleteBucketLifecycle({ Bucket }), s3.deleteBucketReplication({ Bucket }), s3.deleteBucketWebsite({ Bucket }), s3.deleteBucketEncryption({ Bucket })]) assert.equal((await gone).$metadata.httpStatusCode, 204);
  assert.deepEqual(await content(s3.getBucketAccelerateConfiguration({ Bucket })), {});
  assert.deepEqual(await content(s3.getBucketLogging({ Bucket })), {});
  assert.deepEqual(await content(s3.getBucketRequestPayment({ Bucket })), { Payer: "BucketOwner" });
  assert.deepEqual((await s3.getBucketEncryption({ Bucket })).ServerSideEncryptionConfiguration?.Rules, [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false }]);
  const encrypt = (SSEAlgorithm: string, KMSMasterKeyID?: string) => s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: SSEAlgorithm as never, ...(KMSMasterKeyID && { KMSMasterKeyID }) } }] } });
  await encrypt("AES256");
  assert.deepEqual((await refusal(encrypt("AES256", "key")))[2], "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse");
  assert.deepEqual(await refusal(encrypt("aws:kms", "arn:aws:kms:eu-west-1:000000000000:key/own")), ["NotImplemented", 501, "Evoke does not support KMSMasterKeyID, a KMS key of one's own."]);
  const select = s3.selectObjectContent({ Bucket, Key: "k", Expression: "select * from s3object", ExpressionType: "SQL", InputSerialization: { CSV: {} }, OutputSerialization: { CSV: {} } });
  assert.match((await refusal(select)).join(" "), /^NotImplemented 501 Evoke does not serve s3:SelectObjectContent yet/);
});

test("encryption that is asked for is said again, and a customer's key must be the same at every reading", async () => {
  const Bucket = await newBucket();
  const put = await s3.putObject({ Bucket, Key: "kms", Body: "x", ServerSideEncryption: "aws:kms", SSEKMSKeyId: "arn:aws:kms:eu-west-1:000000000000:key/1", BucketKeyEnabled: true });
  assert.deepEqual([put.ServerSideEncryption, put.SSEKMSKeyId, put.BucketKeyEnabled], ["aws:kms", "arn:aws:kms:eu-west-1:000000000000:key/1", true]);
  const key = (fill: string) => Buffer.alloc(32, fill);
  const own = (fill: string) => ({ SSECustomerAlgorithm: "AES256", SSECustomerKey: key(fill).toString("base64"), SSECustomerKeyMD5: createHash("md5").update(key(fill)).digest("base64") });
  await s3.putObject({ Bucket, Key: "own", Body: "secret", ...own("a") });
  assert.equal(await (await s3.getObject({ Bucket, Key: "own", ...own("a") })).Body!.transformToString(), "secret");
  assert.deepEqual((await refusal(s3.getObject({ Bucket, Key: "own" }))).slice(0, 2), ["InvalidRequest", 400]);
  assert.deepEqual((await refusal(s3.getObject({ Bucket, Key: "own", ...own("b") }))).slice(0, 2), ["AccessDenied", 403]);
  const wrong = (more: object) => refusal(s3.putObject({ Bucket, Key: "own", Body: "x", ...own("a"), ...more }));
  assert.deepEqual((await wrong({ SSECustomerAlgorithm: "KMS" }))[0], "InvalidEncryptionAlgorithmError");
  assert.deepEqual((await wrong({ SSECustomerKey: Buffer.alloc(31).toString("base64") }))[2], "The secret key was invalid for the specified algorithm.");
  assert.deepEqual((await wrong({ ServerSideEncryption: "AES256" }))[2], "Server Side Encryption with Customer provided key is incompatible with the encryption method specified");
});
