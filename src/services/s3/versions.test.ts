// Versions and delete markers, driven by the real SDK client over HTTP.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, ListObjectVersionsCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { openTestPlatform } from "../../../test/support/platform.ts";

const platform = await openTestPlatform();
const s3 = new S3Client({ ...platform.clientConfig, forcePathStyle: true });
after(async () => { s3.destroy(); await platform.close(); });

let buckets = 0;
async function newBucket(): Promise<string> {
  const Bucket = `versions-${++buckets}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}
const versioning = (Bucket: string, Status: "Enabled" | "Suspended") => s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
const put = async (Bucket: string, Key: string, Body: string) => (await s3.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId;
const text = async (Bucket: string, Key: string, VersionId?: string) => (await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body!.transformToString();
const named = (name: string) => (error: Error) => error.name === name;

/** KEY:VERSION pairs in the order of the list, delete markers with a dash, the latest with a star; page by page. */
async function listed(Bucket: string, MaxKeys: number, more: object = {}): Promise<string[]> {
  const out: string[] = [];
  for (let KeyMarker: string | undefined, VersionIdMarker: string | undefined, on = true; on;) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys, KeyMarker, VersionIdMarker, ...more }));
    const entries = [...(page.Versions ?? []).map((entry) => ({ ...entry, mark: "" })), ...(page.DeleteMarkers ?? []).map((entry) => ({ ...entry, mark: "-" }))];
    assert.ok(entries.length + (page.CommonPrefixes ?? []).length <= MaxKeys);
    out.push(...entries.map(({ Key, VersionId, IsLatest, mark }) => `${mark}${Key}:${VersionId}${IsLatest ? "*" : ""}`), ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!));
    ({ NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page);
    on = page.IsTruncated === true;
  }
  return out;
}

test("with versioning every write is kept, and a deletion only hides", async () => {
  const Bucket = await newBucket();
  assert.equal(await put(Bucket, "k", "0"), undefined);
  await versioning(Bucket, "Enabled");
  const first = await put(Bucket, "k", "1");
  const second = await put(Bucket, "k", "2");
  const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  assert.equal(marker.DeleteMarker, true);
  await assert.rejects(text(Bucket, "k"), named("NoSuchKey"));
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "k" })), (error: any) => error.$response.headers["x-amz-delete-marker"] === "true");
  await assert.rejects(text(Bucket, "k", marker.VersionId), named("MethodNotAllowed"));
  assert.deepEqual([await text(Bucket, "k", first), await text(Bucket, "k", second), await text(Bucket, "k", "null")], ["1", "2", "0"]);
  assert.equal((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
  const all = [`-k:${marker.VersionId}*`, `k:${second}`, `k:${first}`, "k:null"];
  assert.deepEqual((await listed(Bucket, 1000)).sort(), [...all].sort());
  assert.deepEqual(await listed(Bucket, 1), all);
  await assert.rejects(text(Bucket, "k", "no-version"), named("InvalidArgument"));
});

test("deleting the current version brings back the one before it", async () => {
  const Bucket = await newBucket();
  await versioning(Bucket, "Enabled");
  const first = await put(Bucket, "k", "1");
  const second = await put(Bucket, "k", "2");
  const { VersionId: marker } = await s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  const removed = await s3.send(new DeleteObjectCommand({ Bucket, Key: "k", VersionId: marker }));
  assert.deepEqual([removed.DeleteMarker, removed.VersionId, await text(Bucket, "k")], [true, marker, "2"]);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "k", VersionId: second }));
  assert.equal(await text(Bucket, "k"), "1");
  await assert.rejects(s3.send(new DeleteBucketCommand({ Bucket })), named("BucketNotEmpty"));
  const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "k", VersionId: first }] } }));
  assert.deepEqual(Deleted, [{ Key: "k", VersionId: first }]);
  await s3.send(new DeleteBucketCommand({ Bucket }));
});

test("while versioning is suspended the null version is replaced, and the others stay", async () => {
  const Bucket = await newBucket();
  await put(Bucket, "k", "0");
  await versioning(Bucket, "Enabled");
  const first = await put(Bucket, "k", "1");
  await versioning(Bucket, "Suspended");
  assert.equal(await put(Bucket, "k", "2"), undefined);
  assert.deepEqual(await listed(Bucket, 1), ["k:null*", `k:${first}`]);
  assert.equal(await text(Bucket, "k", "null"), "2");
  const { VersionId, DeleteMarker } = await s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  assert.deepEqual([VersionId, DeleteMarker], ["null", true]);
  assert.deepEqual(await listed(Bucket, 1), ["-k:null*", `k:${first}`]);
  await versioning(Bucket, "Enabled");
  const third = await put(Bucket, "k", "3");
  assert.deepEqual(await listed(Bucket, 1), [`k:${third}*`, "-k:null", `k:${first}`]);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "k", VersionId: "null" }));
  assert.deepEqual(await listed(Bucket, 2), [`k:${third}*`, `k:${first}`]);
});

test("a list of versions rolls up to the delimiter and goes through many versions of many keys", async () => {
  const Bucket = await newBucket();
  await versioning(Bucket, "Enabled");
  const expected: string[] = [];
  for (const Key of ["a", "b"]) {
    const ids: (string | undefined)[] = [];
    for (let count = 0; count < 5; count++) ids.unshift(await put(Bucket, Key, String(count)));
    expected.push(...ids.map((id, index) => `${Key}:${id}${index === 0 ? "*" : ""}`));
  }
  for (const Key of ["dir/1", "dir/2"]) await put(Bucket, Key, "x");
  for (const size of [1, 2, 3, 100]) assert.deepEqual(await listed(Bucket, size, { Delimiter: "/" }), [...expected, "dir/"]);
  assert.deepEqual((await listed(Bucket, 3, { Prefix: "b" })), expected.slice(5));
});

test("what is no version id is refused, when it is read or deleted, and is no version among many", async () => {
  const Bucket = await newBucket();
  await put(Bucket, "k", "1");
  const bad = { Bucket, Key: "k", VersionId: "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD" };
  const refused = { name: "InvalidArgument", message: "Invalid version id specified", ArgumentName: "versionId", ArgumentValue: bad.VersionId };
  await assert.rejects(s3.send(new GetObjectCommand(bad)), refused);
  await assert.rejects(s3.send(new DeleteObjectCommand(bad)), refused);
  await assert.rejects(s3.send(new HeadObjectCommand(bad)), (error: any) => error.$metadata.httpStatusCode === 400);
  const { Errors, Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "k", VersionId: bad.VersionId }] } }));
  assert.deepEqual([Errors, Deleted], [[{ Key: "k", VersionId: bad.VersionId, Code: "NoSuchVersion", Message: "The specified version does not exist." }], undefined]);
  assert.equal(await text(Bucket, "k"), "1");
});

test("who deletes the versions of each page before asking for the next comes to all of them", async () => {
  const Bucket = await newBucket();
  await versioning(Bucket, "Enabled");
  for (const Key of ["a", "b"]) for (let count = 0; count < 5; count++) await put(Bucket, Key, String(count));
  for (let KeyMarker: string | undefined, VersionIdMarker: string | undefined, on = true; on;) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2, KeyMarker, VersionIdMarker }));
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: page.Versions!.map(({ Key, VersionId }) => ({ Key, VersionId })) } }));
    ({ NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page);
    on = page.IsTruncated === true;
  }
  assert.deepEqual(await listed(Bucket, 10), []);
  await s3.send(new DeleteBucketCommand({ Bucket }));
});
