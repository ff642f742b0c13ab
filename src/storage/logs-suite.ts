// Part of stores.test.ts: logs.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogReadOptions, Stores } from "./stores.ts";

const never = new AbortController().signal;

export function logTests(stores: () => Stores): void {
  const seqs = async (log: string, options: LogReadOptions) => (await stores().logs.read(log, options)).map(({ seq }) => seq);
  const count = (from: number, to: number) => Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => (from <= to ? from + i : from - i));

  test("an empty log has nothing to read, and is no mistake", async () => {
    const { logs } = stores();
    assert.deepEqual(await logs.read("empty", { limit: 10 }), []);
    assert.deepEqual(await logs.read("empty", { limit: 10, fromMs: 0, untilMs: 9, backward: true }), []);
    assert.equal(await logs.last("empty"), undefined);
    assert.equal(await logs.trim("empty", 100), 0);
    assert.equal(await logs.append("empty", []), 1);
    await logs.delete("empty");
    assert.equal(await logs.append("empty", [{ atMs: 1, body: "" }]), 1);
    assert.equal(await logs.append("empty", []), 2);
  });

  test("records are numbered from 1 without gaps, whoever writes", async () => {
    const { logs } = stores();
    const firsts = await Promise.all(Array.from({ length: 30 }, (_, i) => logs.append("dense", Array.from({ length: (i % 3) + 1 }, (_, n) => ({ atMs: i, body: `${i}.${n}` })))));
    assert.equal(new Set(firsts).size, 30);
    const all = await logs.read("dense", { limit: 100 });
    assert.deepEqual(all.map(({ seq }) => seq), count(1, 60));
    for (const [i, first] of firsts.entries()) assert.equal(all[first - 1]!.body, `${i}.0`);
  });

  test("one batch may hold a few thousand records with anything in them", async () => {
    const { logs } = stores();
    const records = Array.from({ length: 2345 }, (_, i) => ({ atMs: i, body: ["x", "\0", "\ud800", "\u0001", ""][i % 5]! + i }));
    assert.equal(await logs.append("batch", records), 1);
    assert.deepEqual(await logs.read("batch", { limit: 3000 }), records.map((record, i) => ({ seq: i + 1, ...record })));
    assert.deepEqual(await logs.last("batch"), { seq: 2345, ...records.at(-1)! });
  });

  test("a log is read from a number, forward and backward", async () => {
    const { logs } = stores();
    await logs.append("ten", count(1, 10).map((n) => ({ atMs: n * 10, body: `${n}` })));
    assert.deepEqual(await seqs("ten", { limit: 3 }), [1, 2, 3]);
    assert.deepEqual(await seqs("ten", { after: 8, limit: 3 }), [9, 10]);
    assert.deepEqual(await seqs("ten", { after: 10, limit: 3 }), []);
    assert.deepEqual(await seqs("ten", { backward: true, limit: 3 }), [10, 9, 8]);
    assert.deepEqual(await seqs("ten", { backward: true, after: 3, limit: 9 }), [2, 1]);
    assert.deepEqual(await seqs("ten", { backward: true, after: 1, limit: 9 }), []);
  });

  test("a log is read between times, the last exclusive, in order of number", async () => {
    assert.deepEqual(await seqs("ten", { fromMs: 30, untilMs: 60, limit: 9 }), [3, 4, 5]);
    assert.deepEqual(await seqs("ten", { fromMs: 30, limit: 2 }), [3, 4]);
    assert.deepEqual(await seqs("ten", { untilMs: 30, limit: 9 }), [1, 2]);
    assert.deepEqual(await seqs("ten", { fromMs: 30, untilMs: 60, backward: true, limit: 2 }), [5, 4]);
    assert.deepEqual(await seqs("ten", { fromMs: 30, untilMs: 60, after: 4, limit: 9 }), [5]);
    assert.deepEqual(await seqs("ten", { fromMs: 30, untilMs: 60, after: 4, backward: true, limit: 9 }), [3]);
    assert.deepEqual(await seqs("ten", { fromMs: 60, untilMs: 60, limit: 9 }), []);
    await stores().logs.append("mixed", [50, 10, 40, 20, 30].map((atMs) => ({ atMs, body: "" })));
    assert.deepEqual(await seqs("mixed", { fromMs: 20, untilMs: 50, limit: 9 }), [3, 4, 5], "times need not rise");
    assert.deepEqual(await seqs("mixed", { fromMs: 20, untilMs: 41, backward: true, limit: 9 }), [5, 4, 3]);
  });

  test("trimming removes what is older, and numbers are never used again", async () => {
    const { logs } = stores();
    assert.equal(await logs.trim("ten", 50), 4);
    assert.deepEqual(await seqs("ten", { limit: 20 }), count(5, 10));
    assert.equal(await logs.trim("ten", 1000), 6);
    assert.equal(await logs.last("ten"), undefined);
    assert.equal(await logs.append("ten", [{ atMs: 1, body: "" }]), 11);
    assert.equal(await logs.trim("batch", 2300), 2300);
    assert.deepEqual(await seqs("batch", { limit: 100 }), count(2301, 2345));
    await logs.delete("batch");
    assert.deepEqual(await seqs("batch", { limit: 100 }), []);
    assert.equal(await logs.append("batch", [{ atMs: 1, body: "" }]), 1);
  });

  test("who waits for a record after a number gets it, also when it is there already", async () => {
    const { logs } = stores();
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
  });
}
