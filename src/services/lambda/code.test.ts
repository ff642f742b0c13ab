// Packages of buckets on their way in: how much of them is in memory, and objects that change or go while they are read.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../../kernel/call.ts";
import type { Objects } from "../../ports/objects.ts";
import { openCodeReader } from "./code.ts";

const MB = 1024 ** 2;
const call = {} as Call;
const source = { bucket: "b", key: "k" };
const made = { sha256: "", sizeBytes: 0 } as never;

async function* zeros(bytes: number): AsyncIterable<Uint8Array> {
  for (let left = bytes; left > 0; left -= MB) yield Buffer.alloc(Math.min(left, MB), 1);
}

test("many packages at once are in memory a hundred megabytes at a time, and a larger one alone", async () => {
  let held = 0;
  let most = 0;
  let done = 0;
  const sizes = [...Array.from({ length: 12 }, () => 30 * MB), 120 * MB, 30 * MB];
  let n = 0;
  const reader = openCodeReader({ objects: { find: async ({ key }) => ({ sizeBytes: sizes[Number(key)]!, read: async () => zeros(sizes[Number(key)]!) }) } });
  await Promise.all(sizes.map(() => reader.read({ bucket: "b", key: `${n++}` }, call, async (zip) => {
    held += zip.byteLength;
    most = Math.max(most, held);
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    held -= zip.byteLength;
    done++;
    return made;
  })));
  assert.equal(done, sizes.length);
  assert.ok(most <= 120 * MB, `${most / MB} MB`);
});

test("an object that is smaller, larger or gone when it is read is said, and never filled up with zeros", async () => {
  const reads: number[] = [];
  const read = async (zip: Uint8Array) => { reads.push(zip.byteLength); return made; };
  const readerOf = (found: Objects["find"]) => openCodeReader({ objects: { find: found } });
  await assert.rejects(readerOf(async () => ({ sizeBytes: 5 * MB, read: async () => zeros(MB) })).read(source, call, read), { code: "InvalidParameterValueException", message: /changed or removed while it was read/ });
  let asked = 0;
  await assert.rejects(readerOf(async () => ({ sizeBytes: ++asked * 300, read: async () => zeros(300) })).read(source, call, read), { message: /changed or removed/ });
  await readerOf(async () => ({ sizeBytes: 600, read: async () => zeros(600) })).read(source, call, read);
  assert.deepEqual(reads, [600]);
});

test("one that cannot be read leaves its place to the next", async () => {
  let n = 0;
  const reader = openCodeReader({ objects: { find: async () => ({ sizeBytes: 100 * MB, read: async () => { if (n++ === 0) throw new Error("disk"); return zeros(100 * MB); } }) } });
  const results = await Promise.allSettled([1, 2, 3].map(() => reader.read(source, call, async () => made)));
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "fulfilled", "fulfilled"]);
});
