// Answers byte for byte, and small print of refusals: what clients of other languages count on. Each recorded of AWS by LocalStack, unless said otherwise.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import { S3 } from "@aws-sdk/client-s3";
import { plainHttp } from "../../../test/support/plain-http.ts";
import { openTestPlatform } from "../../../test/support/platform.ts";
import { presigned } from "../../../test/support/presigned.ts";

const platform = await openTestPlatform();
const { url, clientConfig } = platform;
const s3 = new S3({ ...clientConfig, forcePathStyle: true });
after(async () => { s3.destroy(); await platform.close(); });

const authorization = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0";
const ask = (path: string, method = "GET", headers: Record<string, string> = {}, body?: string) => plainHttp(`${url}${path}`, { method, headers: { authorization, "x-amz-date": "20260101T000000Z", ...headers }, ...(body !== undefined && { body }) });
const refusal = async (work: Promise<unknown>) => work.then(() => "no error", ({ name, message, $metadata }) => [name, $metadata.httpStatusCode, message]);
let buckets = 0;
async function newBucket(more: object = {}): Promise<string> {
  const Bucket = `answers-${++buckets}`;
  await s3.createBucket({ Bucket, ...more });
  return Bucket;
}

test("dates in XML have milliseconds, and lists come after what they are of", async () => {
  const Bucket = await newBucket();
  await s3.putObject({ Bucket, Key: "k", Body: "x" });
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: "u" });
  await s3.uploadPart({ Bucket, Key: "u", UploadId: UploadId!, PartNumber: 1, Body: "x" });
  const DATE = />\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z</;
  for (const path of ["/", `/${Bucket}`, `/${Bucket}?list-type=2`, `/${Bucket}?versions`, `/${Bucket}?uploads`, `/${Bucket}/u?uploadId=${UploadId}`]) assert.match((await ask(path)).text, DATE, path);
  assert.match((await ask(`/${Bucket}/copy`, "PUT", { "x-amz-copy-source": `/${Bucket}/k`, "content-length": "0" })).text, DATE);
  assert.match((await ask("/")).text, /<ListAllMyBucketsResult[^>]*><Owner>.*<Buckets>/);
  for (const path of [`/${Bucket}`, `/${Bucket}?list-type=2`]) {
    const { text, headers } = await ask(path);
    assert.match(text, /<Name>.*<Contents>/);
    assert.equal(headers["x-amz-bucket-region"], "eu-west-1");
  }
  const head = await ask(`/${Bucket}`, "HEAD");
  assert.equal(head.headers["content-type"], "application/xml");
  assert.notEqual(head.headers["x-amz-id-2"], head.headers["x-amz-request-id"]);
});

test("a bucket's location is a lone element, and EU is still said of who asked for it", async () => {
  const first = new S3({ ...clientConfig, region: "us-east-1", forcePathStyle: true });
  await first.createBucket({ Bucket: "answers-first" });
  first.destroy();
  assert.match((await ask("/answers-first?location")).text, /<LocationConstraint xmlns="http:\/\/s3\.amazonaws\.com\/doc\/2006-03-01\/"\/>$/);
  const Bucket = await newBucket({ CreateBucketConfiguration: { LocationConstraint: "EU" } });
  assert.deepEqual([(await s3.getBucketLocation({ Bucket })).LocationConstraint, (await s3.headBucket({ Bucket })).BucketRegion], ["EU", "eu-west-1"]);
  assert.deepEqual(await refusal(s3.listBuckets({ BucketRegion: "eu-east-1" })), ["InvalidArgument", 400, "Argument value eu-east-1 is not a valid AWS Region"]);
});

test("keys under _evoke/ are a bucket's where it is named by host, and Evoke's pages elsewhere", async () => {
  const Bucket = await newBucket();
  await s3.putObject({ Bucket, Key: "_evoke/health", Body: "mine" });
  const { host } = new URL(url);
  for (const name of [`${Bucket}.s3.localhost`, `${Bucket}.s3.eu-west-1.amazonaws.com`, `${Bucket}.localhost`]) assert.equal((await ask("/_evoke/health", "GET", { host: name })).text, "mine", name);
  for (const name of [host, "localhost", "evoke.localhost", "s3.localhost"]) assert.notEqual((await ask("/_evoke/health", "GET", { host: name })).text, "mine", name);
});

test("a condition is a conflict once the key was deleted since the request or the upload began", async () => {
  const Bucket = await newBucket();
  const Key = "k";
  const upload = async () => {
    const { UploadId } = await s3.createMultipartUpload({ Bucket, Key });
    const { ETag } = await s3.uploadPart({ Bucket, Key, UploadId: UploadId!, PartNumber: 1, Body: "x" });
    return (condition: object) => s3.completeMultipartUpload({ Bucket, Key, UploadId: UploadId!, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] }, ...condition });
  };
  const CONFLICT = ["ConditionalRequestConflict", 409, "The conditional request cannot succeed due to a conflicting operation against this resource."];
  await s3.putObject({ Bucket, Key, Body: "first" });
  const complete = await upload();
  assert.deepEqual((await refusal(complete({ IfNoneMatch: "*" })))[0], "PreconditionFailed");
  await s3.deleteObject({ Bucket, Key });
  assert.deepEqual(await refusal(complete({ IfNoneMatch: "*" })), CONFLICT);
  await (await upload())({ IfNoneMatch: "*" }); // one that begins afterwards
  const another = await upload();
  await s3.deleteObject({ Bucket, Key });
  await another({}); // and one without a condition
  // While the body is on its way (not recorded).
  async function* slowly() { yield Buffer.from("a"); await s3.deleteObject({ Bucket, Key }); yield Buffer.from("b"); }
  assert.deepEqual(await refusal(s3.putObject({ Bucket, Key, Body: Readable.from(slowly()), ContentLength: 2, IfNoneMatch: "*" })), CONFLICT);
  await s3.putObject({ Bucket, Key, Body: "again", IfNoneMatch: "*" });
});

test("who began an upload is named", async () => {
  const Bucket = await newBucket();
  await s3.createMultipartUpload({ Bucket, Key: "u" });
  const { Initiator, Owner } = (await s3.listMultipartUploads({ Bucket })).Uploads![0]!;
  assert.deepEqual([Initiator!.DisplayName, Initiator!.ID === Owner!.ID, Owner!.DisplayName], ["000000000000", true, undefined]);
});

test("a multipart upload's checksums: of another algorithm, of the whole without its type, of one that has none", async () => {
  const Bucket = await newBucket();
  const of = { Bucket, Key: "k" };
  const begin = async (how: object) => {
    const { UploadId } = await s3.createMultipartUpload({ ...of, ...how });
    const { ETag, ChecksumCRC32C } = await s3.uploadPart({ ...of, UploadId: UploadId!, PartNumber: 1, Body: "abc", ChecksumAlgorithm: "CRC32C" });
    return { of: { ...of, UploadId: UploadId! }, part: { PartNumber: 1, ETag }, ChecksumCRC32C: ChecksumCRC32C! };
  };
  const complete = (upload: Awaited<ReturnType<typeof begin>>, part: object, more: object = {}) => s3.completeMultipartUpload({ ...upload.of, MultipartUpload: { Parts: [{ ...upload.part, ...part }] }, ...more });
  const sha256 = createHash("sha256").update("abc").digest("base64");
  const composite = await begin({ ChecksumAlgorithm: "CRC32C" });
  assert.deepEqual(await refusal(complete(composite, { ChecksumSHA256: sha256 })), ["BadDigest", 400, "The sha256 you specified for part 1 did not match what we received."]);
  assert.match((await refusal(complete(composite, {}, { ChecksumType: "FULL_OBJECT" })))[2]!, /using the COMPOSITE checksum mode/);
  const full = await begin({ ChecksumAlgorithm: "CRC32C", ChecksumType: "FULL_OBJECT" });
  assert.deepEqual(await refusal(complete(full, {}, { ChecksumCRC32C: full.ChecksumCRC32C })), ["BadDigest", 400, "The crc32c you specified did not match the calculated checksum."]);
  await complete(full, {}, { ChecksumCRC32C: full.ChecksumCRC32C, ChecksumType: "FULL_OBJECT" });
  await complete(await begin({}), {}, { ChecksumCRC32C: "AAAAAA==" }); // none was configured: not looked at
});

test("what is empty counts as not said: numbers in a query, a tag set", async () => {
  const Bucket = await newBucket();
  await s3.putObject({ Bucket, Key: "k", Body: "x", Tagging: "a=1" });
  assert.match((await ask(`/${Bucket}?max-keys=`)).text, /<MaxKeys>1000</);
  assert.equal((await ask(`/${Bucket}/k?tagging`, "PUT", {}, "<Tagging/>")).status, 200);
  assert.deepEqual((await s3.getObjectTagging({ Bucket, Key: "k" })).TagSet ?? [], []);
  assert.match((await ask(`/${Bucket}/absent?tagging`)).text, new RegExp(`<Key>${Bucket}/absent</Key>`));
});

test("a copy in place is one where the bucket's encryption was chosen, and its source may be an address", async () => {
  const Bucket = await newBucket();
  await s3.putObject({ Bucket, Key: "k", Body: "x" });
  const inPlace = () => s3.copyObject({ Bucket, Key: "k", CopySource: `${Bucket}/k` });
  assert.equal((await refusal(inPlace()))[0], "InvalidRequest");
  await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }] } });
  await inPlace();
  await s3.copyObject({ Bucket, Key: "other", CopySource: `https://s3.eu-west-1.amazonaws.com/${Bucket}/k` });
});

test("a wrong MD5 is said back in hexadecimal for an object, as it came for a part", async () => {
  const Bucket = await newBucket();
  const md5 = createHash("md5").update("other").digest();
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: "k" });
  const digest = async (path: string) => /<ExpectedDigest>(.*)<\/ExpectedDigest>/.exec((await ask(path, "PUT", { "content-md5": md5.toString("base64") }, "x")).text)?.[1];
  assert.deepEqual([await digest(`/${Bucket}/k`), await digest(`/${Bucket}/k?partNumber=1&uploadId=${UploadId}`)], [md5.toString("hex"), md5.toString("base64")]);
});

test("headers in a presigned address count, as the SDK for JavaScript puts them there, but for checksums", async () => {
  const Bucket = await newBucket();
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const path = await presigned(`${url}/${Bucket}/k`, "PUT", credentials, { "x-amz-meta-by": "ann", "x-amz-tagging": "a=1", "x-amz-storage-class": "STANDARD_IA", "x-amz-checksum-crc32": "AAAAAA==", "x-amz-sdk-checksum-algorithm": "CRC32" });
  assert.match(path, /x-amz-meta-by=ann/);
  assert.equal((await plainHttp(path, { method: "PUT", body: "hello" })).status, 200);
  const made = await s3.headObject({ Bucket, Key: "k" });
  assert.deepEqual([made.ContentLength, made.Metadata, made.StorageClass, (await s3.getObjectTagging({ Bucket, Key: "k" })).TagSet], [5, { by: "ann" }, "STANDARD_IA", [{ Key: "a", Value: "1" }]]);
  const once = `${await presigned(`${url}/${Bucket}/once`, "PUT", credentials)}&If-None-Match=%2A`;
  assert.deepEqual([(await plainHttp(once, { method: "PUT", body: "1" })).status, (await plainHttp(once, { method: "PUT", body: "2" })).status], [200, 412]);
});
