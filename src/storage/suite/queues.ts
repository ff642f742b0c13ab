// Part of stores.test.ts: queues.
import assert from "node:assert/strict";
import type { Received, Stores } from "../stores.ts";
import type { StoreTests } from "./databases.ts";

const never = new AbortController().signal;

const receive = (stores: Stores, queue: string, nowMs: number, options: { limit?: number; hiddenUntilMs?: number; receipt?: string } = {}): Promise<Received[]> =>
  stores.queues.receive(queue, { nowMs, limit: 10, hiddenUntilMs: nowMs + 100, receipt: "r", ...options });

export const queueTests: StoreTests = {
  async "an item is received when due, hidden while held, and comes back"(stores) {
    const { queues } = stores;
    assert.equal(await queues.nextDueMs("q"), undefined);
    assert.equal(await queues.send("q", { id: "a", body: "x\0y", dueMs: 50 }), true);
    assert.equal(await queues.send("q", { id: "a", body: "again", dueMs: 0 }), false);
    assert.equal(await queues.nextDueMs("q"), 50);
    assert.deepEqual(await receive(stores, "q", 49), []);
    assert.deepEqual(await receive(stores, "q", 50, { receipt: "one" }), [{ id: "a", receipt: "one", receives: 1, body: "x\0y" }]);
    assert.deepEqual(await receive(stores, "q", 149), []);
    assert.equal(await queues.nextDueMs("q"), 150);
    assert.deepEqual(await receive(stores, "q", 150, { receipt: "two" }), [{ id: "a", receipt: "two", receives: 2, body: "x\0y" }]);
    assert.equal(await queues.finish("q", "a", "one"), false);
    assert.equal(await queues.hide("q", "a", "one", 0), false);
    assert.equal(await queues.hide("q", "a", "two", 160), true);
    assert.equal((await receive(stores, "q", 160, { receipt: "three" }))[0]!.receives, 3);
    assert.equal(await queues.finish("other", "a", "three"), false);
    assert.equal(await queues.finish("q", "a", "three"), true);
    assert.equal(await queues.finish("q", "a", "three"), false);
    assert.equal(await queues.nextDueMs("q"), undefined);
  },

  async "an item is taken back, waiting or held, but not out of a group"(stores) {
    const { queues } = stores;
    await queues.send("back", { id: "waiting", body: "w", dueMs: 1000 });
    await queues.send("back", { id: "held", body: "h", dueMs: 0 });
    await queues.send("back", { id: "grouped", body: "g", group: "g", dueMs: 5000 });
    assert.equal((await receive(stores, "back", 0, { receipt: "mine" })).length, 1);
    assert.deepEqual([await queues.cancel("back", "waiting"), await queues.cancel("back", "held"), await queues.cancel("back", "waiting"), await queues.cancel("other", "held"), await queues.cancel("back", "grouped")], [true, true, false, false, false]);
    assert.equal(await queues.finish("back", "held", "mine"), false);
    assert.deepEqual((await receive(stores, "back", 10_000)).map(({ id }) => id), ["grouped"]);
  },

  async "items are received earliest first, then in order of sending"(stores) {
    const { queues } = stores;
    for (const [id, dueMs] of [["c", 3], ["a", 1], ["b1", 2], ["b2", 2]] as const) await queues.send("order", { id, body: id, dueMs });
    const got: string[] = [];
    for (let i = 0; i < 4; i++) got.push(...(await receive(stores, "order", 10, { limit: 1 })).map(({ id }) => id));
    assert.deepEqual(got, ["a", "b1", "b2", "c"]);
  },

  async "twenty receivers never get the same item, and leave none"(stores) {
    const { queues } = stores;
    await Promise.all(Array.from({ length: 200 }, (_, i) => queues.send("many", { id: `m${i}`, body: "x", dueMs: 0 })));
    const seen = new Set<string>();
    await Promise.all(Array.from({ length: 20 }, async (_, r) => {
      for (;;) {
        const got = await receive(stores, "many", 1, { receipt: `r${r}` });
        if (got.length === 0) return;
        for (const { id } of got) {
          assert.ok(!seen.has(id), id);
          seen.add(id);
          assert.equal(await queues.finish("many", id, `r${r}`), true);
        }
      }
    }));
    assert.equal(seen.size, 200);
    assert.deepEqual(await queues.count("many", 1), { due: 0, later: 0 });
  },

  async "items of a group come in order of sending, one at a time"(stores) {
    const { queues } = stores;
    for (const id of ["g1", "g2", "g3"]) await queues.send("groups", { id, body: id, dueMs: 0, group: "g" });
    await queues.send("groups", { id: "h1", body: "h1", dueMs: 0, group: "h" });
    await queues.send("groups", { id: "free", body: "free", dueMs: 0 });
    assert.deepEqual((await receive(stores, "groups", 1)).map(({ id, group }) => [id, group]), [["g1", "g"], ["h1", "h"], ["free", undefined]]);
    assert.deepEqual(await receive(stores, "groups", 2), []);
    assert.deepEqual(await queues.count("groups", 2), { due: 2, later: 3 });
    assert.equal(await queues.nextDueMs("groups"), 101, "not the time of an item that waits for its group");
    await queues.hide("groups", "g1", "r", 500);
    assert.deepEqual((await receive(stores, "groups", 400)).map(({ id }) => id), ["h1", "free"], "a hidden item holds its group back");
    assert.deepEqual((await receive(stores, "groups", 500)).map(({ id, receives }) => [id, receives]), [["g1", 2], ["h1", 3], ["free", 3]]);
    assert.equal(await queues.finish("groups", "g1", "r"), true);
    assert.deepEqual((await receive(stores, "groups", 501)).map(({ id }) => id), ["g2"]);
    assert.equal(await queues.finish("groups", "g2", "r"), true);
    assert.equal(await queues.send("groups", { id: "g4", body: "", dueMs: 0, group: "g" }), true);
    assert.equal(await queues.send("groups", { id: "g4", body: "", dueMs: 0, group: "g" }), false);
    assert.deepEqual((await receive(stores, "groups", 502)).map(({ id }) => id), ["g3"]);
    assert.equal(await queues.finish("groups", "g3", "r"), true);
    assert.deepEqual((await receive(stores, "groups", 503)).map(({ id }) => id), ["g4"]);
    assert.equal(await queues.finish("groups", "g4", "r"), true);
    assert.equal(await queues.send("groups", { id: "g5", body: "", dueMs: 0, group: "g" }), true);
    assert.deepEqual((await receive(stores, "groups", 504)).map(({ id }) => id), ["g5"], "an emptied group begins anew");
  },

  async "what waits behind a held item of a group is its holder's to see, and goes with it"(stores) {
    const { queues } = stores;
    for (const id of ["1", "2", "3", "later", "4"]) await queues.send("run", { id, body: `body ${id}`, dueMs: id === "later" ? 50 : 0, group: "g" });
    for (const id of ["o1", "o2"]) await queues.send("run", { id, body: id, dueMs: 0, group: "other" });
    await queues.send("run", { id: "free", body: "", dueMs: 0 });
    await receive(stores, "run", 1);
    const behind = async (id: string, nowMs: number, limit = 10, charactersMax = 1000) => (await queues.behind("run", id, { nowMs, limit, charactersMax })).map(({ id }) => id);
    assert.deepEqual(await queues.behind("run", "1", { nowMs: 1, limit: 1, charactersMax: 1000 }), [{ id: "2", receives: 0, body: "body 2" }]);
    assert.deepEqual([await behind("1", 1), await behind("1", 50), await behind("1", 50, 10, 12), await behind("o1", 1), await behind("free", 1), await behind("nobody", 1)], [["2", "3"], ["2", "3", "later", "4"], ["2", "3"], ["o2"], [], []]);
    assert.equal(await queues.finish("run", "1", "not the receipt", ["2"]), false);
    assert.deepEqual(await behind("1", 1), ["2", "3"], "who does not hold it takes nothing away");
    assert.equal(await queues.finish("run", "1", "r", ["2", "o2", "free", "gone"]), true);
    assert.deepEqual((await receive(stores, "run", 2)).map(({ id }) => id), ["3"], "what is not of the group stays");
    assert.equal(await queues.finish("run", "3", "r", ["later", "4"]), true);
    assert.deepEqual(await queues.count("run", 100), { due: 1, later: 2 });
    await queues.send("run", { id: "5", body: "", dueMs: 0, group: "g" });
    assert.deepEqual((await receive(stores, "run", 3)).map(({ id }) => id), ["5"], "an emptied group begins anew");
  },

  async "a group's order survives many senders and receivers at once"(stores) {
    const { queues } = stores;
    const groups = ["a", "b", "c"];
    await Promise.all(groups.map(async (group) => {
      for (let n = 0; n < 20; n++) await queues.send("race", { id: `${group}${n}`, body: `${n}`, dueMs: 0, group });
    }));
    const got: Record<string, number[]> = { a: [], b: [], c: [] };
    let left = 60;
    await Promise.all(Array.from({ length: 6 }, async (_, r) => {
      while (left > 0) {
        for (const { id, group, body } of await receive(stores, "race", 1, { receipt: `r${r}`, limit: 2 })) {
          got[group!]!.push(Number(body));
          left--;
          assert.equal(await queues.finish("race", id, `r${r}`), true);
        }
      }
    }));
    for (const group of groups) assert.deepEqual(got[group], Array.from({ length: 20 }, (_, n) => n));
  },

  async "a queue can be emptied, and others keep their items"(stores) {
    const { queues } = stores;
    for (const queue of ["full", "full2"]) for (const id of ["1", "2"]) await queues.send(queue, { id, body: "", dueMs: Number(id), group: "g" });
    assert.deepEqual(await queues.count("full", 1), { due: 1, later: 1 });
    await queues.deleteAll("full");
    assert.deepEqual(await queues.count("full", 9), { due: 0, later: 0 });
    assert.deepEqual(await queues.count("full2", 9), { due: 2, later: 0 });
    assert.equal(await queues.send("full", { id: "1", body: "", dueMs: 0, group: "g" }), true);
    assert.equal((await receive(stores, "full", 1)).length, 1);
  },

  async "queues that hold anything are listed by prefix, page by page"(stores) {
    const { queues } = stores;
    for (const queue of ["list/b", "list/a", "list/ü", "list/c", "lisu"]) for (const id of ["1", "2"]) await queues.send(queue, { id, body: "", dueMs: 0 });
    await queues.deleteAll("list/c");
    assert.deepEqual(await queues.list({ prefix: "list/", limit: 10 }), ["list/a", "list/b", "list/ü"]);
    assert.deepEqual(await queues.list({ prefix: "list/", limit: 2 }), ["list/a", "list/b"]);
    assert.deepEqual(await queues.list({ prefix: "list/", after: "list/b", limit: 2 }), ["list/ü"]);
    assert.deepEqual(await queues.list({ prefix: "list/", after: "list/ü", limit: 2 }), []);
    assert.deepEqual(await queues.list({ prefix: "nothing/", limit: 2 }), []);
  },

  async "who waits is woken by a send, a give-back and the signal, and not by other queues"(stores) {
    const { queues } = stores;
    let woken = 0;
    const wait = (signal = never) => queues.wait("wake", signal).then(() => { woken++; });
    const sent = wait();
    await queues.send("another", { id: "a", body: "", dueMs: 0 });
    assert.equal(woken, 0);
    await queues.send("wake", { id: "a", body: "", dueMs: 0 });
    await sent;
    const [item] = await receive(stores, "wake", 1);
    const back = wait();
    await queues.hide("wake", item!.id, "r", 1);
    await back;
    const stop = new AbortController();
    const stopped = wait(stop.signal);
    stop.abort();
    await stopped;
    await wait(stop.signal);
    assert.equal(woken, 4);
  },

  async "nobody is woken by a send that was rolled back"(stores) {
    const stop = new AbortController();
    let woken = false;
    const waiting = stores.queues.wait("rolled", stop.signal).then(() => { woken = !stop.signal.aborted; });
    await assert.rejects(stores.transaction(async (tx) => {
      await tx.queues.send("rolled", { id: "a", body: "", dueMs: 0 });
      throw new Error("no");
    }), { message: "no" });
    await stores.queues.send("another", { id: "b", body: "", dueMs: 0 });
    stop.abort();
    await waiting;
    assert.equal(woken, false);
  },
};
