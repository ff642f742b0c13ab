// Part of stores.test.ts: logs.
import assert from "node:assert/strict";
import type { LogReadOptions, Stores } from "../stores.ts";
import type { StoreTests } from "./databases.ts";

const never = new AbortController().signal;

const seqs = async (stores: Stores, log: string, options: LogReadOptions) => (await stores.logs.read(log, options)).map(({ seq }) => seq);
const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

export const logTests: StoreTests = {
  async "an empty log has nothing to read, and is no mistake"(stores) {
    const { logs } = stores;
    assert.deepEqual(await logs.read("empty", { limit: 10 }), []);
    assert.deepEqual(await logs.read("empty", { limit: 10, fromMs: 0, untilMs: 9, backward: true }), []);
    assert.equal(await logs.last("empty"), undefined);
    assert.equal(await logs.trim("empty", 100), 0);
    assert.equal(await logs.append("empty", []), 1);
    await logs.delete("empty");
    assert.equal(await logs.append("empty", [{ atMs: 1, body: "" }]), 1);
    assert.equal(await logs.append("empty", []), 2);
  },

  async "records are numbered from 1 without gaps, whoever writes"(stores) {
    const { logs } = stores;
    const firsts = await Promise.all(Array.from({ length: 30 }, (_, i) => logs.append("dense", Array.from({ length: (i % 3) + 1 }, (_, n) => ({ atMs: i, body: `${i}.${n}` })))));
    assert.equal(new Set(firsts).size, 30);
    const all = await logs.read("dense", { limit: 100 });
    assert.deepEqual(all.map(({ seq }) => seq), count(1, 60));
    for (const [i, first] of firsts.entries()) assert.equal(all[first - 1]!.body, `${i}.0`);
  },

  async "one batch may hold a few thousand records with anything in them"(stores) {
    const { logs } = stores;
    const records = Array.from({ length: 2345 }, (_, i) => ({ atMs: i, body: ["x", "\0", "\ud800", "\u0001", ""][i % 5]! + i }));
    assert.equal(await logs.append("batch", records), 1);
    assert.deepEqual(await logs.read("batch", { limit: 3000 }), records.map((record, i) => ({ seq: i + 1, ...record })));
    assert.deepEqual(await logs.last("batch"), { seq: 2345, ...records.at(-1)! });
  },

  async "a log is read from a number, forward and backward"(stores) {
    const { logs } = stores;
    await logs.append("ten", count(1, 10).map((n) => ({ atMs: n * 10, body: `${n}` })));
    assert.deepEqual(await seqs(stores, "ten", { limit: 3 }), [1, 2, 3]);
    assert.deepEqual(await seqs(stores, "ten", { after: 8, limit: 3 }), [9, 10]);
    assert.deepEqual(await seqs(stores, "ten", { after: 10, limit: 3 }), []);
    assert.deepEqual(await seqs(stores, "ten", { backward: true, limit: 3 }), [10, 9, 8]);
    assert.deepEqual(await seqs(stores, "ten", { backward: true, after: 3, limit: 9 }), [2, 1]);
    assert.deepEqual(await seqs(stores, "ten", { backward: true, after: 1, limit: 9 }), []);
  },

  async "a log is read between times, the last exclusive, in order of number"(stores) {
    assert.deepEqual(await seqs(stores, "ten", { fromMs: 30, untilMs: 60, limit: 9 }), [3, 4, 5]);
    assert.deepEqual(await seqs(stores, "ten", { fromMs: 30, limit: 2 }), [3, 4]);
    assert.deepEqual(await seqs(stores, "ten", { untilMs: 30, limit: 9 }), [1, 2]);
    assert.deepEqual(await seqs(stores, "ten", { fromMs: 30, untilMs: 60, backward: true, limit: 2 }), [5, 4]);
    assert.deepEqual(await seqs(stores, "ten", { fromMs: 30, untilMs: 60, after: 4, limit: 9 }), [5]);
    assert.deepEqual(await seqs(stores, "ten", { fromMs: 30, untilMs: 60, after: 4, backward: true, limit: 9 }), [3]);
    assert.deepEqual(await seqs(stores, "ten", { fromMs: 60, untilMs: 60, limit: 9 }), []);
    await stores.logs.append("mixed", [50, 10, 40, 20, 30].map((atMs) => ({ atMs, body: "" })));
    assert.deepEqual(await seqs(stores, "mixed", { fromMs: 20, untilMs: 50, limit: 9 }), [3, 4, 5], "times need not rise");
    assert.deepEqual(await seqs(stores, "mixed", { fromMs: 20, untilMs: 41, backward: true, limit: 9 }), [5, 4, 3]);
  },

  async "records of one millisecond are read one by one, from any number and up to any limit"(stores) {
    const { logs } = stores;
    const all = Array.from({ length: 200 }, (_, i) => ({ atMs: 1000 + Math.trunc(i / 50), body: i % 7 ? `\0${i}` : "x".repeat(i * 20) }));
    for (let at = 0; at < 200; at += 40) assert.equal(await logs.append("same", all.slice(at, at + 40)), at + 1);
    assert.deepEqual(await logs.read("same", { limit: 999 }), all.map((record, i) => ({ seq: i + 1, ...record })));
    for (const after of [1, 31, 32, 33, 39, 40, 41, 150, 198, 199]) {
      assert.deepEqual(await seqs(stores, "same", { after, limit: 5 }), count(after + 1, Math.min(200, after + 5)));
      assert.deepEqual(await seqs(stores, "same", { after, backward: true, limit: 5 }), count(Math.max(1, after - 5), after - 1).reverse());
      assert.deepEqual(await seqs(stores, "same", { after, fromMs: 1001, untilMs: 1003, limit: 200 }), count(Math.max(51, after + 1), 150));
      assert.deepEqual(await seqs(stores, "same", { after, fromMs: 1001, untilMs: 1003, limit: 200, backward: true }), count(51, Math.min(150, after - 1)).reverse());
    }
    assert.deepEqual(await seqs(stores, "same", { limit: 1 }), [1]);
    assert.deepEqual(await seqs(stores, "same", { fromMs: 1003, backward: true, limit: 2 }), [200, 199]);
    assert.deepEqual(await logs.last("same"), { seq: 200, ...all[199]! });
    assert.equal(await logs.trim("same", 1002), 100);
    assert.deepEqual(await seqs(stores, "same", { limit: 2 }), [101, 102]);
    assert.deepEqual(await seqs(stores, "same", { after: 60, limit: 2 }), [101, 102]);
  },

  async "trimming removes what is older, and numbers are never used again"(stores) {
    const { logs } = stores;
    assert.equal(await logs.trim("ten", 50), 4);
    assert.deepEqual(await seqs(stores, "ten", { limit: 20 }), count(5, 10));
    assert.equal(await logs.trim("ten", 1000), 6);
    assert.equal(await logs.last("ten"), undefined);
    assert.equal(await logs.append("ten", [{ atMs: 1, body: "" }]), 11);
    assert.equal(await logs.trim("batch", 2300), 2300);
    assert.deepEqual(await seqs(stores, "batch", { limit: 100 }), count(2301, 2345));
    await logs.delete("batch");
    assert.deepEqual(await seqs(stores, "batch", { limit: 100 }), []);
    assert.equal(await logs.append("batch", [{ atMs: 1, body: "" }]), 1);
  },

  async "who waits for a record after a number gets it, also when it is there already"(stores) {
    const { logs } = stores;
    await logs.append("waited", [{ atMs: 1, body: "" }]);
    await logs.wait("waited", 0, never);
    let woken = false;
    const waiting = logs.wait("waited", 1, never).then(() => { woken = true; });
    await logs.append("unrelated", [{ atMs: 1, body: "" }]);
    assert.equal(woken, false);
    await logs.append("waited", [{ atMs: 2, body: "" }]);
    await waiting;
    const stop = new AbortController();
    const stopped = logs.wait("waited", 2, stop.signal);
    stop.abort();
    await stopped;
  },
};
