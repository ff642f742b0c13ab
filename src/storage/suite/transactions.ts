// Part of stores.test.ts: what changes together.
import assert from "node:assert/strict";
import type { Tx } from "../stores.ts";
import type { StoreTests } from "./databases.ts";

export const transactionTests: StoreTests = {
  async "a state change and its event happen together or not at all"(stores) {
    const change = async (tx: Tx) => {
      await tx.documents("object").put("k", { size: 1 });
      await tx.queues.send("events", { id: "e1", body: "created", dueMs: 0 });
      await tx.queues.send("events", { id: "e2", body: "created", dueMs: 0, group: "g" });
      await tx.logs.append("objects", [{ atMs: 1, body: "created" }]);
      await tx.leases.take("object", "me", 0, 10);
      assert.deepEqual(await tx.documents("object").get("k"), { size: 1 });
      assert.equal((await tx.documents("object").list({ limit: 5 })).length, 1);
    };
    const events = () => stores.queues.count("events", 1);
    await assert.rejects(stores.transaction(async (tx) => { await change(tx); throw new Error("crash"); }), { message: "crash" });
    assert.equal(await stores.documents("object").get("k"), undefined);
    assert.deepEqual(await events(), { due: 0, later: 0 });
    assert.equal(await stores.logs.last("objects"), undefined);
    assert.equal(await stores.leases.take("object", "you", 0, 1), true);
    assert.equal(await stores.transaction(async (tx) => { await tx.leases.release("object", "you"); await change(tx); return "done"; }), "done");
    assert.deepEqual(await stores.documents("object").get("k"), { size: 1 });
    assert.deepEqual(await events(), { due: 2, later: 0 });
    assert.equal((await stores.logs.last("objects"))!.seq, 1);
  },

  async "an error inside cannot be swallowed, and what is rolled back is not remembered by readers"(stores) {
    const things = stores.documents<number>("swallow");
    await things.put("a", 1);
    assert.equal(await things.get("a"), 1);
    await assert.rejects(stores.transaction(async (tx) => {
      await tx.documents<number>("swallow").put("a", 2);
      await tx.queues.send("swallow", { id: "x", body: "", dueMs: Number.NaN }).catch(() => {});
      await tx.documents<number>("swallow").put("a", 3);
      throw new Error("seen");
    }), { message: "seen" });
    assert.equal(await things.get("a"), 1);
  },

  async "one failing among many hurts nobody else"(stores) {
    const things = stores.documents<number>("crowd");
    const outcomes = await Promise.allSettled(Array.from({ length: 60 }, (_, n) => stores.transaction(async (tx) => {
      await tx.documents<number>("crowd").put(`${n}`, n);
      if (n % 7 === 3) throw new Error("unlucky");
      return n;
    })));
    for (const [n, outcome] of outcomes.entries()) {
      assert.equal(outcome.status, n % 7 === 3 ? "rejected" : "fulfilled");
      assert.equal(await things.get(`${n}`), n % 7 === 3 ? undefined : n);
    }
  },

  async "transactions that read and write the same document do not lose each other's work"(stores) {
    const counters = stores.documents<{ n: number }>("shared");
    await counters.put("a", { n: 0 });
    await Promise.all(Array.from({ length: 30 }, () => stores.transaction(async (tx) => {
      await tx.documents<{ n: number }>("shared").update("a", ({ n }) => ({ n: n + 1 }));
      await tx.logs.append("shared", [{ atMs: 0, body: "" }]);
    })));
    assert.deepEqual(await counters.get("a"), { n: 30 });
    assert.equal((await stores.logs.last("shared"))!.seq, 30);
  },

  async "what a transaction writes over what it has read is never written over something else"(stores) {
    const things = stores.documents<{ n: number }>("read");
    const atOnce = <T>(work: (tx: Tx, n: number) => Promise<T>) => Promise.all(Array.from({ length: 30 }, (_, n) => stores.transaction((tx) => work(tx, n))));
    await atOnce(async (tx) => {
      const counters = tx.documents<{ n: number }>("read");
      await counters.put("a", { n: ((await counters.get("a"))?.n ?? 0) + 1 }); // absent at first
      await tx.logs.append("read", [{ atMs: 0, body: "" }]);
    });
    assert.deepEqual([await things.get("a"), (await stores.logs.last("read"))!.seq], [{ n: 30 }, 30]);
    await atOnce(async (tx) => { // get, put and update together
      const counters = tx.documents<{ n: number }>("read");
      const { n } = (await counters.get("a"))!;
      await counters.put("a", { n: n + 1 });
      await counters.update("a", (now) => ({ n: now.n + 1 }));
    });
    assert.deepEqual(await things.get("a"), { n: 90 });
    await atOnce(async (tx, n) => { // each replaces what is there, and puts aside what it has replaced
      const counters = tx.documents<{ n: number }>("read");
      const before = (await counters.get("a"))!;
      await counters.delete("a");
      assert.ok(await counters.create("a", { n: 1_000 + n }));
      assert.ok(await tx.documents("aside").create(`${before.n}`, before));
    });
    assert.equal(await stores.documents("aside").count(), 30);
    assert.deepEqual((await atOnce(async (tx) => (await tx.documents("read").get("new")) === undefined && tx.documents("read").create("new", { n: 1 }))).filter(Boolean), [true]);
  },

  async "a transaction's stores are of no use after it"(stores) {
    let leaked: Tx | undefined;
    await stores.transaction(async (tx) => { leaked = tx; });
    await assert.rejects(leaked!.documents("late").put("a", 1), { name: "AssertionError", message: /after its end/ });
    assert.equal(await stores.documents("late").get("a"), undefined);
  },
};
