// Objects, driven by the real SDK client over HTTP: written, read, listed, copied and deleted.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Agent } from "node:http";
import { after, test } from "node:test";
import { CopyObjectCommand, CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, DeleteObjectsCommand, GetBucketLocationCommand, GetObjectAttributesCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand, ListBucketsCommand, ListObjectsCommand, ListObjectsV2Command, PutObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { openTestPlatform } from "../../../test/support/platform.ts";

const platform = await openTestPlatform();
const client = (more: S3ClientConfig = {}) => new S3Client({ ...platform.clientConfig, forcePathStyle: true, ...more });
const s3 = client();
after(async () => { s3.destroy(); await platform.close(); });

let buckets = 0;
async function newBucket(): Promise<string> {
  const Bucket = `bucket-${++buckets}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}
const named = (name: string) => (error: Error & { $metadata?: { httpStatusCode?: number } }) => error.name === name;
const text = async (Bucket: string, Key: string, more = {}) => (await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body!.transformToString();

test("an object comes back as it was put, with its metadata, type and checksums", async () => {
  const Bucket = await newBucket();
  const put = await s3.send(new PutObjectCommand({ Bucket, Key: "a/b c+ü.txt", Body: "hello", ContentType: "text/plain", CacheControl: "max-age=1", Metadata: { Colour: "red" } }));
  assert.equal(put.ETag, `"${createHash("md5").update("hello").digest("hex")}"`);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "a/b c+ü.txt", ChecksumMode: "ENABLED" }));
  assert.equal(await got.Body!.transformToString(), "hello");
  assert.deepEqual([got.ContentType, got.CacheControl, got.Metadata, got.ContentLength, got.ChecksumCRC32], ["text/plain", "max-age=1", { colour: "red" }, 5, put.ChecksumCRC32]);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "a/b c+ü.txt" }));
  assert.deepEqual([head.ContentLength, head.ETag, head.ServerSideEncryption], [5, put.ETag, "AES256"]);
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "nothing" })), named("NoSuchKey"));
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "nothing" })), named("NotFound"));
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket: "no-such-bucket", Key: "x" })), named("NoSuchBucket"));
});

for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
  test(`a body with a ${ChecksumAlgorithm} is kept with it, and one that does not match is not kept`, async () => {
    const Bucket = await newBucket();
    const Body = Buffer.alloc(200_000, "0123456789");
    const put = await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body, ChecksumAlgorithm }));
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: "k", ChecksumMode: "ENABLED" }));
    assert.ok(Body.equals(await got.Body!.transformToByteArray()));
    const member = `Checksum${ChecksumAlgorithm}` as const;
    assert.equal(got[member], put[member]);
    assert.ok(put[member]);
    const attributes = await s3.send(new GetObjectAttributesCommand({ Bucket, Key: "k", ObjectAttributes: ["Checksum", "ObjectSize", "ETag"] }));
    assert.deepEqual([attributes.Checksum?.[member], attributes.ObjectSize, attributes.Checksum?.ChecksumType], [put[member], 200_000, "FULL_OBJECT"]);
    const wrong = Buffer.from(put[member]!, "base64").map((byte) => byte ^ 1);
    await assert.rejects(s3.send(new PutObjectCommand({ Bucket, Key: "bad", Body, [member]: Buffer.from(wrong).toString("base64") })), named("BadDigest"));
    await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "bad" })), named("NotFound"));
  });
}

test("a checksum that is announced and does not come, or is another one, is refused", async () => {
  const Bucket = await newBucket();
  const sent = async (change: (headers: Record<string, string>) => void) => {
    const one = client();
    one.middlewareStack.add((next) => (args) => { change((args.request as { headers: Record<string, string> }).headers); return next(args); }, { step: "finalizeRequest", priority: "low" });
    await one.send(new PutObjectCommand({ Bucket, Key: "k", Body: "hello", ChecksumAlgorithm: "SHA256" })).finally(() => one.destroy());
  };
  await sent((headers) => assert.ok(headers["x-amz-checksum-sha256"]));
  await assert.rejects(sent((headers) => { delete headers["x-amz-checksum-sha256"]; }), { name: "InvalidRequest", message: "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found." });
  await assert.rejects(sent((headers) => { headers["x-amz-sdk-checksum-algorithm"] = "CRC32"; }), { name: "InvalidRequest", message: "Value for x-amz-sdk-checksum-algorithm header is invalid." });
  await sent((headers) => { headers["x-amz-sdk-checksum-algorithm"] = "sha256"; });
});

test("ranges give a part of the object, or say that there is none", async () => {
  const Bucket = await newBucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "0123456789" }));
  const range = async (Range: string) => {
    const { $metadata, ContentRange, Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "k", Range }));
    return [$metadata.httpStatusCode, ContentRange, await Body!.transformToString()];
  };
  assert.deepEqual(await range("bytes=2-4"), [206, "bytes 2-4/10", "234"]);
  assert.deepEqual(await range("bytes=7-"), [206, "bytes 7-9/10", "789"]);
  assert.deepEqual(await range("bytes=-3"), [206, "bytes 7-9/10", "789"]);
  assert.deepEqual(await range("bytes=-99"), [206, "bytes 0-9/10", "0123456789"]);
  assert.deepEqual(await range("bytes=0-99"), [206, "bytes 0-9/10", "0123456789"]);
  for (const ignored of ["bytes=4-2", "lines=1-2", "bytes=0-1,3-4"]) assert.deepEqual(await range(ignored), [200, undefined, "0123456789"]);
  for (const none of ["bytes=10-", "bytes=-0"]) await assert.rejects(range(none), named("InvalidRange"));
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: "k", Range: "bytes=1-2" }))).ContentLength, 2);
});

test("conditional reads and writes are done or refused as their conditions say", async () => {
  const Bucket = await newBucket();
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "1", IfNoneMatch: "*" }));
  for (const unknown of [{ IfNoneMatch: ETag }, { IfMatch: "*" }, { IfMatch: ETag, IfNoneMatch: "*" }]) await assert.rejects(s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "2", ...unknown })), named("NotImplemented"));
  await assert.rejects(s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "2", IfNoneMatch: "*" })), named("PreconditionFailed"));
  await assert.rejects(s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "2", IfMatch: '"0"' })), named("PreconditionFailed"));
  await assert.rejects(s3.send(new PutObjectCommand({ Bucket, Key: "other", Body: "2", IfMatch: ETag })), named("NoSuchKey"));
  assert.equal(await text(Bucket, "k"), "1");
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "k", IfNoneMatch: ETag })), (error: any) => error.$metadata.httpStatusCode === 304);
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "k", IfMatch: '"0"' })), named("PreconditionFailed"));
  const later = new Date(Date.parse("2100-01-01"));
  const { LastModified } = await s3.send(new HeadObjectCommand({ Bucket, Key: "k", IfModifiedSince: later }));
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "k", IfModifiedSince: LastModified })), (error: any) => error.$metadata.httpStatusCode === 304);
  assert.deepEqual((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents![0]!.LastModified, LastModified, "whole seconds everywhere");
  assert.equal(await text(Bucket, "k", { IfUnmodifiedSince: later }), "1");
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "2", IfMatch: ETag }));
  assert.equal(await text(Bucket, "k"), "2");
});

const AWKWARD = ["..", "../..", "a//b", "/leading", "trailing/", "%2F", "a%20b", "a b", "+", "ü", "u\u0308", "日本", "𝒳", "\u0001", "\u0002\u0001", "a\tb", "&<>\"'", "~!*'()", "\u{10ffff}", "x".repeat(1024)];

test("every awkward key is a key of its own, read, listed in byte order and deleted", async () => {
  const Bucket = await newBucket();
  for (const Key of AWKWARD) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  for (const Key of AWKWARD) assert.equal(await text(Bucket, Key), Key);
  const sorted = [...AWKWARD].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const keys: string[] = [];
  for (let ContinuationToken: string | undefined, more = true; more;) {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 3, EncodingType: "url", ContinuationToken }));
    keys.push(...(page.Contents ?? []).map(({ Key }) => decodeURIComponent(Key!.replaceAll("+", " "))));
    ContinuationToken = page.NextContinuationToken;
    more = page.IsTruncated === true;
  }
  assert.deepEqual(keys, sorted);
  await assert.rejects(s3.send(new PutObjectCommand({ Bucket, Key: "x".repeat(1025), Body: "x" })), named("KeyTooLongError"));
  for (const Key of AWKWARD) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await s3.send(new DeleteBucketCommand({ Bucket }));
});

test("a list rolls keys up to the delimiter, and goes on after its marker", async () => {
  const Bucket = await newBucket();
  for (const Key of ["a", "b/1", "b/2", "b/c/3", "c/1", "d"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
  const list = async (more: object) => {
    const { Contents = [], CommonPrefixes = [], IsTruncated, NextMarker } = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: "/", ...more }));
    return [Contents.map(({ Key }) => Key), CommonPrefixes.map(({ Prefix }) => Prefix), IsTruncated, NextMarker];
  };
  assert.deepEqual(await list({}), [["a", "d"], ["b/", "c/"], false, undefined]);
  assert.deepEqual(await list({ MaxKeys: 2 }), [["a"], ["b/"], true, "b/"]);
  assert.deepEqual(await list({ MaxKeys: 2, Marker: "b/" }), [["d"], ["c/"], false, undefined]);
  assert.deepEqual(await list({ Prefix: "b/" }), [["b/1", "b/2"], ["b/c/"], false, undefined]);
  assert.deepEqual(await list({ MaxKeys: 0 }), [[], [], false, undefined]);
  await assert.rejects(list({ MaxKeys: -1 }), named("InvalidArgument"));
  await assert.rejects(list({ EncodingType: "base64" }), named("InvalidArgument"));
});

test("a copy has the bytes of its source and its metadata, or its own", async () => {
  const Bucket = await newBucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: "ü 1", Body: "bytes", ContentType: "text/x", Metadata: { a: "1" } }));
  const CopySource = `${Bucket}/${encodeURIComponent("ü 1")}`;
  await s3.send(new CopyObjectCommand({ Bucket, Key: "2", CopySource }));
  await s3.send(new CopyObjectCommand({ Bucket, Key: "3", CopySource, MetadataDirective: "REPLACE", Metadata: { b: "2" } }));
  const [second, third] = await Promise.all(["2", "3"].map((Key) => s3.send(new HeadObjectCommand({ Bucket, Key }))));
  assert.deepEqual([second!.Metadata, second!.ContentType, third!.Metadata, third!.ContentType], [{ a: "1" }, "text/x", { b: "2" }, "binary/octet-stream"]);
  assert.equal(await text(Bucket, "3"), "bytes");
  await s3.send(new CopyObjectCommand({ Bucket, Key: "encoded", CopySource: encodeURIComponent(`${Bucket}/ü 1`) }));
  await assert.rejects(s3.send(new CopyObjectCommand({ Bucket, Key: "ü 1", CopySource })), named("InvalidRequest"));
  await assert.rejects(s3.send(new CopyObjectCommand({ Bucket, Key: "4", CopySource, CopySourceIfMatch: '"0"' })), named("PreconditionFailed"));
  await assert.rejects(s3.send(new CopyObjectCommand({ Bucket, Key: "4", CopySource: `${Bucket}/nothing` })), named("NoSuchKey"));
});

test("many objects are deleted with one request, those that are not there as well", async () => {
  const Bucket = await newBucket();
  for (const Key of ["a", "b"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
  const { Deleted = [], Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a" }, { Key: "b" }, { Key: "nothing" }] } }));
  assert.deepEqual([Deleted.map(({ Key }) => Key), Errors], [["a", "b", "nothing"], undefined]);
  await s3.send(new DeleteBucketCommand({ Bucket }));
  await assert.rejects(s3.send(new HeadBucketCommand({ Bucket })), named("NotFound"));
});

test("a bucket is made once, found, listed, and deleted when it is empty", async () => {
  const Bucket = await newBucket();
  await assert.rejects(s3.send(new CreateBucketCommand({ Bucket })), named("BucketAlreadyOwnedByYou"));
  await assert.rejects(s3.send(new CreateBucketCommand({ Bucket: "No_Such_Form" })), named("InvalidBucketName"));
  assert.equal((await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion, "eu-west-1");
  assert.equal((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, "eu-west-1");
  assert.ok((await s3.send(new ListBucketsCommand({}))).Buckets!.some(({ Name }) => Name === Bucket));
  const page = await s3.send(new ListBucketsCommand({ MaxBuckets: 1 }));
  assert.equal(page.Buckets!.length, 1);
  assert.notEqual((await s3.send(new ListBucketsCommand({ MaxBuckets: 1, ContinuationToken: page.ContinuationToken }))).Buckets![0]!.Name, page.Buckets![0]!.Name);
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
  await assert.rejects(s3.send(new DeleteBucketCommand({ Bucket })), named("BucketNotEmpty"));
});

test("a bucket in the host name is the same as one in the path", async () => {
  const Bucket = await newBucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "v" }));
  const { port } = new URL(platform.url);
  // Not every machine's resolver knows names under localhost.
  const requestHandler = { httpAgent: new Agent({ lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) }) };
  const virtual = new S3Client({ ...platform.clientConfig, requestHandler, endpoint: `http://s3.localhost:${port}` });
  assert.equal((await virtual.send(new HeadObjectCommand({ Bucket, Key: "k" }))).ContentLength, 1);
  const plain = new S3Client({ ...platform.clientConfig, requestHandler, endpoint: `http://localhost:${port}` });
  assert.equal((await plain.send(new HeadObjectCommand({ Bucket, Key: "k" }))).ContentLength, 1);
  virtual.destroy();
  plain.destroy();
});

test("headers beyond ASCII come back byte for byte, whatever the request", async () => {
  const url = `${platform.url}/${await newBucket()}/k`;
  const given = Buffer.from('attachment; filename="Übung — 日本.pdf"').toString("latin1");
  assert.equal((await fetch(url, { method: "PUT", headers: { "content-disposition": given, "cache-control": given }, body: "x" })).status, 200);
  for (const how of [{ method: "GET" }, { method: "HEAD" }, { headers: { range: "bytes=0-0" } }]) {
    const { headers } = await fetch(url, how);
    assert.deepEqual([headers.get("content-disposition"), headers.get("cache-control")], [given, given]);
  }
});
