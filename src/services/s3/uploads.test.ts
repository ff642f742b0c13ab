// Multipart uploads, driven by the real SDK client over HTTP.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import { crc32 } from "node:zlib";
import { AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateBucketCommand, CreateMultipartUploadCommand, DeleteBucketCommand, DeleteObjectCommand, GetObjectAttributesCommand, GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand, ListPartsCommand, PutObjectCommand, S3Client, UploadPartCommand, UploadPartCopyCommand, type ChecksumAlgorithm, type ChecksumType, type CompletedPart } from "@aws-sdk/client-s3";
import { crc32c } from "../../kernel/checksums.ts";
import { openTestPlatform } from "../../../test/support/platform.ts";

const platform = await openTestPlatform();
const s3 = new S3Client({ ...platform.clientConfig, forcePathStyle: true });
after(async () => { s3.destroy(); await platform.close(); });

const MIB = 1024 ** 2;
let buckets = 0;
async function newBucket(): Promise<string> {
  const Bucket = `uploads-${++buckets}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}
const named = (name: string) => (error: Error) => error.name === name;
const bodies = [Buffer.alloc(5 * MIB, "a"), Buffer.alloc(5 * MIB, "bcd"), Buffer.from("the end")];
const whole = Buffer.concat(bodies);

interface How { ChecksumAlgorithm?: ChecksumAlgorithm; ChecksumType?: ChecksumType }

async function begin(Bucket: string, Key: string, how: How = {}): Promise<{ Bucket: string; Key: string; UploadId: string }> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ContentType: "text/plain", Metadata: { a: "1" }, ...how }));
  return { Bucket, Key, UploadId: UploadId! };
}

async function feed(upload: { Bucket: string; Key: string; UploadId: string }, how: How = {}): Promise<CompletedPart[]> {
  return Promise.all(bodies.map(async (Body, index) => {
    const { ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 } = await s3.send(new UploadPartCommand({ ...upload, PartNumber: index + 1, Body, ...(how.ChecksumAlgorithm && { ChecksumAlgorithm: how.ChecksumAlgorithm }) }));
    if (!how.ChecksumAlgorithm) return { PartNumber: index + 1, ETag };
    return { PartNumber: index + 1, ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 };
  }));
}

const base64Of = (value: number): string => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes.toString("base64"); };
const hashed = (algorithm: string, of: Uint8Array) => createHash(algorithm).update(of).digest();

for (const [how, expected] of [
  [{ ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" }, { ChecksumCRC32: base64Of(crc32(whole)) }],
  [{ ChecksumAlgorithm: "CRC32C", ChecksumType: "FULL_OBJECT" }, { ChecksumCRC32C: base64Of(crc32c(whole)) }],
  [{ ChecksumAlgorithm: "CRC64NVME" }, {}],
  [{ ChecksumAlgorithm: "SHA256" }, { ChecksumSHA256: `${hashed("sha256", Buffer.concat(bodies.map((body) => hashed("sha256", body)))).toString("base64")}-3` }],
  [{ ChecksumAlgorithm: "CRC32" }, { ChecksumCRC32: `${base64Of(crc32(Buffer.concat(bodies.map((body) => Buffer.from(base64Of(crc32(body)), "base64")))))}-3` }],
  [{}, {}],
] as [How, Record<string, string>][]) {
  test(`parts sent in any order make one object (${how.ChecksumAlgorithm ?? "no checksum"} ${how.ChecksumType ?? ""})`, async () => {
    const Bucket = await newBucket();
    const upload = await begin(Bucket, "k", how);
    await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "k" })), named("NotFound"));
    const done = await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: await feed(upload, how) }, ...(how.ChecksumType && { ChecksumType: how.ChecksumType }) }));
    assert.equal(done.ETag, `"${createHash("md5").update(Buffer.concat(bodies.map((body) => hashed("md5", body)))).digest("hex")}-3"`);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: "k", ChecksumMode: "ENABLED" }));
    assert.ok(whole.equals(await got.Body!.transformToByteArray()));
    assert.deepEqual([got.ContentType, got.Metadata, got.ContentLength], ["text/plain", { a: "1" }, whole.length]);
    for (const [member, value] of Object.entries(expected)) assert.equal(got[member as "ChecksumCRC32"], value);
  });
}

test("a CRC64NVME combined from parts is that of the whole", async () => {
  const Bucket = await newBucket();
  const upload = await begin(Bucket, "parts", { ChecksumAlgorithm: "CRC64NVME" });
  const done = await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: await feed(upload, { ChecksumAlgorithm: "CRC64NVME" }) } }));
  const { ChecksumCRC64NVME } = await s3.send(new PutObjectCommand({ Bucket, Key: "whole", Body: whole, ChecksumAlgorithm: "CRC64NVME" }));
  assert.equal(done.ChecksumCRC64NVME, ChecksumCRC64NVME);
});

test("a part of the object can be read by its number or by its bytes, across parts", async () => {
  const Bucket = await newBucket();
  const upload = await begin(Bucket, "k", { ChecksumAlgorithm: "SHA256" });
  await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: await feed(upload, { ChecksumAlgorithm: "SHA256" }) } }));
  const third = await s3.send(new GetObjectCommand({ Bucket, Key: "k", PartNumber: 3 }));
  assert.deepEqual([await third.Body!.transformToString(), third.PartsCount, third.ContentRange], ["the end", 3, `bytes ${10 * MIB}-${10 * MIB + 6}/${whole.length}`]);
  const across = await s3.send(new GetObjectCommand({ Bucket, Key: "k", Range: `bytes=${5 * MIB - 2}-${5 * MIB + 2}` }));
  assert.equal(await across.Body!.transformToString(), "aabcd");
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "k", PartNumber: 4 })), (error: any) => error.$metadata.httpStatusCode === 416);
  const { ObjectParts } = await s3.send(new GetObjectAttributesCommand({ Bucket, Key: "k", ObjectAttributes: ["ObjectParts"], MaxParts: 2 }));
  assert.deepEqual([ObjectParts?.TotalPartsCount, ObjectParts?.Parts?.map(({ Size }) => Size), ObjectParts?.IsTruncated], [3, [5 * MIB, 5 * MIB], true]);
});

test("an upload is completed only with parts that are there, in order, and large enough", async () => {
  const Bucket = await newBucket();
  const upload = await begin(Bucket, "k");
  const [first, second, third] = (await feed(upload)) as [CompletedPart, CompletedPart, CompletedPart];
  const complete = (...Parts: CompletedPart[]) => s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
  await assert.rejects(complete(second, first), named("InvalidPartOrder"));
  await assert.rejects(complete(first, { PartNumber: 7, ETag: "x" }), named("InvalidPart"));
  await assert.rejects(complete({ ...first, ETag: second.ETag }), named("InvalidPart"));
  await assert.rejects(complete(), named("InvalidRequest"));
  const fourth = await s3.send(new UploadPartCommand({ ...upload, PartNumber: 4, Body: "4" }));
  await assert.rejects(complete(third, { PartNumber: 4, ETag: fourth.ETag }), named("EntityTooSmall"));
  const completed = await complete(second, third);
  assert.equal((await complete(second, third)).ETag, completed.ETag, "once more, as after an answer that was lost");
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: "k" }))).ContentLength, 5 * MIB + 7);
  await assert.rejects(s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: "late" })), named("NoSuchUpload"));
  await assert.rejects(s3.send(new UploadPartCommand({ ...upload, PartNumber: 0, Body: "x" })), named("InvalidArgument"));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
});

test("parts can be copied from objects, whole or in part", async () => {
  const Bucket = await newBucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: "source", Body: "0123456789" }));
  const upload = await begin(Bucket, "k");
  const copy = (CopySourceRange: string) => s3.send(new UploadPartCopyCommand({ ...upload, PartNumber: 1, CopySource: `${Bucket}/source`, CopySourceRange }));
  const { CopyPartResult } = await copy("bytes=2-5");
  await assert.rejects(copy("bytes=2-99"), named("InvalidArgument"));
  await assert.rejects(copy("bytes=2-"), named("InvalidArgument"));
  await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [{ PartNumber: 1, ETag: CopyPartResult!.ETag }] } }));
  assert.equal(await (await s3.send(new GetObjectCommand({ Bucket, Key: "k" }))).Body!.transformToString(), "2345");
});

test("uploads and their parts are listed page by page, and gone when aborted", async () => {
  const Bucket = await newBucket();
  const uploads = [await begin(Bucket, "a"), await begin(Bucket, "a"), await begin(Bucket, "dir/b"), await begin(Bucket, "dir/c"), await begin(Bucket, "e")];
  for (const PartNumber of [1, 2, 10]) await s3.send(new UploadPartCommand({ ...uploads[0]!, PartNumber, Body: "x" }));
  const parts = await s3.send(new ListPartsCommand({ ...uploads[0]!, MaxParts: 2 }));
  assert.deepEqual([parts.Parts!.map(({ PartNumber }) => PartNumber), parts.IsTruncated, parts.NextPartNumberMarker], [[1, 2], true, "2"]);
  assert.deepEqual((await s3.send(new ListPartsCommand({ ...uploads[0]!, PartNumberMarker: "2" }))).Parts!.map(({ PartNumber }) => PartNumber), [10]);
  const ids: string[] = [];
  for (let KeyMarker: string | undefined, UploadIdMarker: string | undefined, more = true; more;) {
    const page = await s3.send(new ListMultipartUploadsCommand({ Bucket, MaxUploads: 2, KeyMarker, UploadIdMarker }));
    ids.push(...page.Uploads!.map(({ UploadId }) => UploadId!));
    ({ NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page);
    more = page.IsTruncated === true;
  }
  assert.deepEqual(ids, uploads.map(({ UploadId }) => UploadId));
  const rolled = await s3.send(new ListMultipartUploadsCommand({ Bucket, Delimiter: "/" }));
  assert.deepEqual([rolled.Uploads!.map(({ Key }) => Key), rolled.CommonPrefixes], [["a", "a", "e"], [{ Prefix: "dir/" }]]);
  await s3.send(new AbortMultipartUploadCommand(uploads[0]!));
  await assert.rejects(s3.send(new ListPartsCommand(uploads[0]!)), named("NoSuchUpload"));
  await assert.rejects(s3.send(new AbortMultipartUploadCommand({ Bucket, Key: "a", UploadId: "../x" })), named("NoSuchUpload"));
  await s3.send(new DeleteBucketCommand({ Bucket })); // uploads do not keep it
});

test("without an algorithm of its own an upload's object has a CRC64NVME, whatever its parts were sent with", async () => {
  const Bucket = await newBucket();
  const upload = await begin(Bucket, "parts");
  const { ETag, ChecksumCRC32 } = await s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: "abc", ChecksumAlgorithm: "CRC32" }));
  const complete = (part: CompletedPart, how: { ChecksumType?: ChecksumType } = {}) => s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ...part }] }, ...how }));
  assert.ok(ChecksumCRC32);
  await assert.rejects(complete({ ChecksumCRC32 }), named("InvalidPart"));
  await assert.rejects(complete({}, { ChecksumType: "FULL_OBJECT" }), /null checksum mode/);
  const { ChecksumCRC64NVME, ChecksumType } = await complete({});
  const whole = await s3.send(new PutObjectCommand({ Bucket, Key: "whole", Body: "abc", ChecksumAlgorithm: "CRC64NVME" }));
  assert.deepEqual([ChecksumCRC64NVME, ChecksumType], [whole.ChecksumCRC64NVME, "FULL_OBJECT"]);
  const { ObjectParts } = await s3.send(new GetObjectAttributesCommand({ Bucket, Key: "parts", ObjectAttributes: ["ObjectParts"] }));
  assert.deepEqual(ObjectParts, { TotalPartsCount: 1 });
});

test("a composite checksum needs that of each part, and stands in an object's attributes without their number", async () => {
  const Bucket = await newBucket();
  const upload = await begin(Bucket, "k", { ChecksumAlgorithm: "SHA256" });
  const { ETag, ChecksumSHA256 } = await s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: "abc", ChecksumAlgorithm: "SHA256" }));
  const complete = (part: CompletedPart) => s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ...part }] } }));
  await assert.rejects(complete({}), /must include the checksum for each part\. It was missing for part 1/);
  const done = await complete({ ChecksumSHA256 });
  const { Checksum } = await s3.send(new GetObjectAttributesCommand({ Bucket, Key: "k", ObjectAttributes: ["Checksum"] }));
  assert.equal(done.ChecksumSHA256, `${Checksum!.ChecksumSHA256}-1`);
});

test("an upload's condition is not met by what was written since it began", async () => {
  const Bucket = await newBucket();
  const upload = await begin(Bucket, "k");
  const { ETag } = await s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: "1" }));
  const complete = (IfMatch: string | undefined) => s3.send(new CompleteMultipartUploadCommand({ ...upload, IfMatch, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } }));
  const written = await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "during" }));
  await assert.rejects(complete('"other"'), named("PreconditionFailed"));
  await assert.rejects(complete(written.ETag), (error: any) => error.name === "ConditionalRequestConflict" && error.$metadata.httpStatusCode === 409);
  await complete(undefined);
});
