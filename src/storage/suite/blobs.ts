// Part of stores.test.ts: blobs.
import assert from "node:assert/strict";
import { byteOrder } from "../keys.ts";
import type { StoreTests } from "./databases.ts";

const SIZES = [0, 1, 65_536, 65_537, 300_000, 2_500_000];

const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 255);

async function* chunked(body: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const collect = async (pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> => Buffer.concat(await all(pieces));

export const blobTests: StoreTests = {
  async "a blob of any size comes back byte for byte, whole, streamed and in part"(stores) {
    const { blobs } = stores;
    for (const size of SIZES) {
      const body = bytes(size);
      for (const given of [body, chunked(body, 10_007)]) {
        assert.deepEqual(await blobs.put("size", given), { key: "size", sizeBytes: size });
        assert.deepEqual(await blobs.stat("size"), { key: "size", sizeBytes: size });
        assert.ok(Buffer.from(body).equals((await blobs.get("size"))!), `${size} whole`);
        assert.ok(Buffer.from(body).equals(await collect((await blobs.stream("size"))!)), `${size} streamed`);
        for (const [start, end] of [[0, 1], [size - 1, size], [70_000, 200_000], [1_048_575, 1_048_577], [size, size + 5], [5, 5]] as const) {
          if (start < 0) continue;
          const expected = Buffer.from(body.subarray(start, end));
          assert.ok(expected.equals((await blobs.get("size", { start, end }))!), `${size}: ${start}-${end}`);
          assert.ok(expected.equals(await collect((await blobs.stream("size", { start, end }))!)), `${size}: ${start}-${end} streamed`);
        }
      }
    }
  },

  async "a missing blob is undefined, and deleting it says so"(stores) {
    const { blobs } = stores;
    assert.equal(await blobs.get("none"), undefined);
    assert.equal(await blobs.stream("none"), undefined);
    assert.equal(await blobs.stat("none"), undefined);
    assert.equal(await blobs.delete("none"), false);
    for (const size of [10, 100_000]) {
      await blobs.put("gone", bytes(size));
      assert.equal(await blobs.delete("gone"), true);
      assert.equal(await blobs.get("gone"), undefined);
    }
  },

  async "a body that fails half way leaves what was there before"(stores) {
    const { blobs } = stores;
    await blobs.put("kept", bytes(100_000));
    const failing = async function* () {
      yield bytes(200_000);
      throw new Error("the sender went away");
    };
    await assert.rejects(blobs.put("kept", failing()), { message: "the sender went away" });
    assert.equal((await blobs.get("kept"))!.length, 100_000);
    await assert.rejects(blobs.put("never", failing()), { message: "the sender went away" });
    assert.equal(await blobs.stat("never"), undefined);
  },

  async "readers and writers of one key at once only ever see whole bodies"(stores) {
    const { blobs } = stores;
    const sizes = [100_000, 200_000, 50, 300_000];
    await blobs.put("busy", bytes(sizes[0]!));
    await Promise.all([
      ...sizes.map(async (size) => { for (let i = 0; i < 4; i++) await blobs.put("busy", bytes(size)); }),
      ...sizes.map(async () => {
        for (let i = 0; i < 8; i++) {
          const { length } = await blobs.get("busy").catch((error: Error) => {
            assert.match(error.message, /was replaced while it was read/);
            return bytes(50);
          }) as Uint8Array;
          assert.ok(sizes.includes(length), `${length}`);
        }
      }),
    ]);
  },

  async "blobs with odd keys are listed by prefix in the order of their bytes"(stores) {
    const { blobs } = stores;
    const keys = ["list/", "list/a b", "list/../../etc/passwd", "list/ä", "list/\u{1f600}", "list/%", "list/con", "LIST/x", "list0", `list/${"n".repeat(1000)}`];
    for (const [i, key] of keys.entries()) await blobs.put(key, bytes(i));
    const expected = keys.filter((key) => key.startsWith("list/")).sort(byteOrder).map((key) => ({ key, sizeBytes: keys.indexOf(key) }));
    assert.deepEqual(await all(blobs.list("list/")), expected);
    await Promise.all(Array.from({ length: 1203 }, (_, i) => blobs.put(`page/${i}`, bytes(1))));
    assert.equal((await all(blobs.list("page/"))).length, 1203);
    await assert.rejects(blobs.put("a\0b", bytes(1)), { name: "AssertionError" });
  },
};
