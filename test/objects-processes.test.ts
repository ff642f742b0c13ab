// Objects in two processes' worth of platforms on one PostgreSQL: of what is written to one key at the same time, nothing that was acknowledged is lost.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { S3 } from "@aws-sdk/client-s3";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { ownDatabase } from "./support/postgres.ts";

const AT_ONCE = 24;
const { skip, url, ready, drop } = ownDatabase("evoke_test_objects", "writes of one key by several processes are");
const folder = mkdtempSync(join(tmpdir(), "evoke-objects-"));
const platforms: TestPlatform[] = [];
const clients: S3[] = [];
before(async () => {
  await ready;
  if (skip) return;
  for (const data of ["one", "other"]) {
    const platform = await openTestPlatform({ ephemeral: false, data: join(folder, data), database: url });
    platforms.push(platform);
    clients.push(new S3({ ...platform.clientConfig, forcePathStyle: true }));
  }
  await clients[0]!.createBucket({ Bucket: "kept", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
});
after(async () => {
  for (const client of clients) client.destroy();
  for (const platform of platforms) await platform.close();
  rmSync(folder, { recursive: true, force: true });
  if (!skip) await drop();
});

const atOnce = <T>(work: (s3: S3, n: number) => Promise<T>) => Promise.all(Array.from({ length: AT_ONCE }, (_, n) => work(clients[n % 2]!, n)));

test("of those who write where nothing is yet, one comes first", { skip }, async () => {
  const outcomes = await atOnce((s3, n) => s3.putObject({ Bucket: "kept", Key: "first", Body: `${n}`, IfNoneMatch: "*" }).then(() => "written", (error: Error) => error.name));
  assert.deepEqual([outcomes.filter((outcome) => outcome === "written").length, new Set(outcomes).size], [1, 2]);
});

test("a bucket that is deleted while objects come is gone with none of them, or stays", { skip }, async () => {
  for (let round = 0; round < 12; round++) {
    const Bucket = `short-lived-${round}`, of = { Bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } } as const;
    await clients[0]!.createBucket(of);
    const [deleted, ...written] = await Promise.all([clients[0]!.deleteBucket({ Bucket }), ...Array.from({ length: 6 }, (_, n) => clients[1]!.putObject({ Bucket, Key: `${n}`, Body: "x" }))].map((asked) => asked.then(() => true, () => false)));
    assert.ok(!deleted || !written.includes(true));
    if (deleted) await clients[1]!.createBucket(of);
    if (deleted) assert.equal((await clients[1]!.listObjectsV2({ Bucket })).KeyCount, 0);
  }
});

test("of two accounts that create one bucket, one has it", { skip }, async () => {
  const as = (accessKeyId: string, n: number) => new S3({ ...platforms[n % 2]!.clientConfig, credentials: { accessKeyId, secretAccessKey: "x" }, forcePathStyle: true });
  const outcomes = await Promise.all(Array.from({ length: AT_ONCE }, async (_, n) => {
    const s3 = as(`1111111111${10 + n}`, n);
    try {
      return await s3.createBucket({ Bucket: "wanted", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }).then(() => "made", (error: Error) => error.name);
    } finally {
      s3.destroy();
    }
  }));
  assert.deepEqual(outcomes.sort(), [...Array.from({ length: AT_ONCE - 1 }, () => "BucketAlreadyExists"), "made"]);
});

test("every version that was acknowledged is there", { skip }, async () => {
  await clients[0]!.putBucketVersioning({ Bucket: "kept", VersioningConfiguration: { Status: "Enabled" } });
  const written = await atOnce(async (s3, n) => (await s3.putObject({ Bucket: "kept", Key: "same", Body: `${n}` })).VersionId!);
  const { Versions = [] } = await clients[1]!.listObjectVersions({ Bucket: "kept", Prefix: "same" });
  assert.deepEqual(Versions.map(({ VersionId }) => VersionId).sort(), written.sort());
  for (const [n, VersionId] of written.entries()) assert.ok(await clients[0]!.getObject({ Bucket: "kept", Key: "same", VersionId }).then(({ Body }) => Body!.transformToString()), String(n));
});
