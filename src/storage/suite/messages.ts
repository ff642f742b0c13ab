// Part of stores.test.ts: messages.
import assert from "node:assert/strict";
import type { Message, ReceivedMessage, Stores } from "../stores.ts";
import type { StoreTests } from "./databases.ts";

const never = new AbortController().signal;
const NONE = { visible: 0, held: 0, delayed: 0 };

const send = async (stores: Stores, queue: string, body: string, options: Partial<Message> = {}): Promise<number> =>
  (await stores.messages.send(queue, { order: "standard", body, sentMs: 0, dueMs: 0, ...options })).sequence;
const sendInOrder = (stores: Stores, queue: string, group: string, body: string, options: Partial<Message> = {}): Promise<number> =>
  send(stores, queue, body, { order: "fifo", group, ...options });

interface Receiving { order?: "standard" | "fifo"; limit?: number; hiddenUntilMs?: number; receipt?: string }
const receive = (stores: Stores, queue: string, nowMs: number, options: Receiving = {}): Promise<ReceivedMessage[]> =>
  stores.messages.receive(queue, { order: "standard", nowMs, limit: 10, hiddenUntilMs: nowMs + 100, receipt: "r", ...options });
const bodies = async (stores: Stores, queue: string, nowMs: number, options: Receiving = {}): Promise<string[]> =>
  (await receive(stores, queue, nowMs, options)).map(({ body }) => body);
const deleteAllOf = async (stores: Stores, queue: string, messages: ReceivedMessage[]): Promise<void> => {
  for (const { sequence, receipt } of messages) assert.equal(await stores.messages.delete(queue, sequence, receipt), true);
};

export const messageTests: StoreTests = {
  async "a message is received when due, hidden while held, comes back, and only its last receiver may delete it"(stores) {
    const { messages } = stores;
    assert.equal(await messages.nextDueMs("m", 0), undefined);
    const sequence = await send(stores, "m", "x\0y", { sentMs: 7, dueMs: 50.9 });
    assert.deepEqual(await messages.counts("m", 49), { visible: 0, held: 0, delayed: 1 });
    assert.equal(await messages.nextDueMs("m", 49), 50);
    assert.deepEqual(await receive(stores, "m", 49), []);
    assert.deepEqual(await messages.counts("m", 50), { visible: 1, held: 0, delayed: 0 });
    assert.deepEqual(await receive(stores, "m", 50, { receipt: "one" }), [{ sequence, receipt: "one", receives: 1, firstReceivedMs: 50, sentMs: 7, body: "x\0y" }]);
    assert.deepEqual(await messages.counts("m", 149), { visible: 0, held: 1, delayed: 0 });
    assert.deepEqual(await receive(stores, "m", 149), []);
    assert.equal(await messages.nextDueMs("m", 50), 150);
    assert.equal(await messages.state("m", sequence, "one", 149), "held");
    assert.equal(await messages.state("m", sequence, "one", 150), "over");
    assert.deepEqual(await receive(stores, "m", 150, { receipt: "two" }), [{ sequence, receipt: "two", receives: 2, firstReceivedMs: 50, sentMs: 7, body: "x\0y" }]);
    assert.equal(await messages.state("m", sequence, "one", 150), undefined);
    assert.equal(await messages.delete("m", sequence, "one"), false);
    assert.equal(await messages.delete("other", sequence, "two"), false);
    assert.equal(await messages.delete("m", sequence, "two"), true, "also when its time is over");
    assert.equal(await messages.delete("m", sequence, "two"), false);
    assert.equal(await messages.state("m", sequence, "two", 150), undefined);
    assert.deepEqual(await messages.counts("m", 150), NONE);
  },

  async "only who holds a message moves the time it comes back"(stores) {
    const { messages } = stores;
    const sequence = await send(stores, "hide", "a");
    await receive(stores, "hide", 0, { receipt: "one" });
    assert.equal(await messages.hide("hide", sequence, "another", { nowMs: 1, dueMs: 5 }), false);
    assert.equal(await messages.hide("hide", sequence, "one", { nowMs: 1, dueMs: 500 }), true);
    assert.deepEqual(await bodies(stores, "hide", 499), []);
    assert.equal(await messages.hide("hide", sequence, "one", { nowMs: 499, dueMs: 499 }), true);
    assert.equal(await messages.hide("hide", sequence, "one", { nowMs: 499, dueMs: 900 }), false, "it was given back");
    assert.deepEqual(await bodies(stores, "hide", 499, { receipt: "two" }), ["a"]);
    assert.equal(await messages.hide("hide", sequence, "one", { nowMs: 499, dueMs: 900 }), false, "another has it");
    assert.equal(await messages.hide("hide", sequence, "two", { nowMs: 599, dueMs: 900 }), false, "its time is over");
  },

  async "messages come earliest due first, then in order of sending"(stores) {
    for (const [body, dueMs] of [["c", 3], ["a", 1], ["b1", 2], ["b2", 2]] as const) await send(stores, "due", body, { dueMs });
    const got: string[] = [];
    for (let i = 0; i < 4; i++) got.push(...await bodies(stores, "due", 10, { limit: 1 }));
    assert.deepEqual(got, ["a", "b1", "b2", "c"]);
  },

  async "twenty receivers never get the same message, and leave none"(stores) {
    const { messages } = stores;
    for (const [queue, of] of [["many", () => undefined], ["many.groups", (i: number) => (i % 3 === 0 ? undefined : `g${i % 5}`)]] as const) {
      await Promise.all(Array.from({ length: 200 }, (_, i) => send(stores, queue, `m${i}`, { ...(of(i) && { group: of(i)! }) })));
      const seen = new Set<string>();
      await Promise.all(Array.from({ length: 20 }, async (_, r) => {
        while (seen.size < 200) {
          const got = await receive(stores, queue, 1, { receipt: `r${r}` });
          for (const { body } of got) assert.equal(seen.size, seen.add(body).size - 1, body);
          await deleteAllOf(stores, queue, got);
        }
      }));
      assert.deepEqual(await messages.counts(queue, 1), NONE);
    }
  },

  async "a queue in order gives several of a group at once, and nothing more of it while the first is held"(stores) {
    const { messages } = stores;
    for (const body of ["g1", "g2", "g3", "g4"]) await sendInOrder(stores, "f", "g", body);
    await sendInOrder(stores, "f", "h", "h1");
    const first = await receive(stores, "f", 1, { order: "fifo", limit: 3 });
    assert.deepEqual(first.map(({ body, group }) => [body, group]), [["g1", "g"], ["g2", "g"], ["g3", "g"]]);
    assert.deepEqual(await bodies(stores, "f", 2, { order: "fifo" }), ["h1"]);
    assert.deepEqual(await messages.counts("f", 2), { visible: 1, held: 4, delayed: 0 });
    await deleteAllOf(stores, "f", first.slice(0, 2));
    assert.deepEqual(await bodies(stores, "f", 3, { order: "fifo" }), [], "the third is still held");
    assert.equal(await messages.hide("f", first[2]!.sequence, "r", { nowMs: 3, dueMs: 3 }), true);
    assert.deepEqual(await bodies(stores, "f", 3, { order: "fifo" }), ["g3", "g4"], "what was given back comes first again");
    await sendInOrder(stores, "f", "g", "g5");
    assert.deepEqual(await bodies(stores, "f", 102, { order: "fifo" }), ["h1"], "held until its time is over");
    const again = await receive(stores, "f", 103, { order: "fifo" });
    assert.deepEqual(again.map(({ body, receives }) => [body, receives]), [["g3", 3], ["g4", 2], ["g5", 1]]);
    await deleteAllOf(stores, "f", again);
    await sendInOrder(stores, "f", "g", "g6");
    assert.deepEqual(await bodies(stores, "f", 104, { order: "fifo" }), ["g6"], "an emptied group begins anew");
  },

  async "what is held in a group holds what is behind it, not what is before"(stores) {
    for (const body of ["foo", "bar", "baz"]) await sendInOrder(stores, "held", "g", body);
    const [, bar] = await receive(stores, "held", 0, { order: "fifo", limit: 3, hiddenUntilMs: 100 });
    await stores.messages.hide("held", bar!.sequence, "r", { nowMs: 1, dueMs: 500 });
    assert.deepEqual(await bodies(stores, "held", 100, { order: "fifo" }), ["foo"]);
    assert.deepEqual(await bodies(stores, "held", 499, { order: "fifo", hiddenUntilMs: 600 }), ["foo"]);
    assert.deepEqual(await bodies(stores, "held", 600, { order: "fifo" }), ["foo", "bar", "baz"]);
  },

  async "a head that is held or delayed holds its group"(stores) {
    const { messages } = stores;
    for (const body of ["1", "2", "3"]) await sendInOrder(stores, "long", "g", body);
    const [one, two] = await receive(stores, "long", 0, { order: "fifo", limit: 2 });
    await messages.hide("long", one!.sequence, "r", { nowMs: 1, dueMs: 500 });
    await messages.hide("long", two!.sequence, "r", { nowMs: 1, dueMs: 1 });
    assert.deepEqual(await bodies(stores, "long", 499, { order: "fifo" }), []);
    assert.deepEqual(await bodies(stores, "long", 500, { order: "fifo" }), ["1", "2", "3"]);
    await sendInOrder(stores, "late", "g", "delayed", { dueMs: 900 });
    await sendInOrder(stores, "late", "g", "not delayed", { dueMs: 0 });
    await sendInOrder(stores, "late", "h", "1", { dueMs: 0 });
    await sendInOrder(stores, "late", "h", "2", { dueMs: 900 });
    assert.deepEqual(await bodies(stores, "late", 899, { order: "fifo" }), ["1"]);
    assert.equal(await messages.nextDueMs("late", 899), 900);
    assert.deepEqual(await bodies(stores, "late", 900, { order: "fifo" }), ["delayed", "not delayed"]);
  },

  async "groups are received in order of their heads"(stores) {
    for (const group of ["zebra", "ape", "mouse"]) for (const n of [1, 2]) await sendInOrder(stores, "heads", group, `${group}${n}`);
    assert.deepEqual(await bodies(stores, "heads", 1, { order: "fifo", limit: 3 }), ["zebra1", "zebra2", "ape1"]);
    assert.deepEqual(await bodies(stores, "heads", 1, { order: "fifo", limit: 3 }), ["mouse1", "mouse2"]);
  },

  async "a group's order survives many senders and receivers at once"(stores) {
    const groups = ["a", "b", "c"];
    await Promise.all(groups.map(async (group) => { for (let n = 0; n < 20; n++) await sendInOrder(stores, "race", group, `${n}`); }));
    const got: Record<string, number[]> = { a: [], b: [], c: [] };
    let left = 60;
    await Promise.all(Array.from({ length: 6 }, async (_, r) => {
      while (left > 0) {
        const taken = await receive(stores, "race", 1, { order: "fifo", receipt: `r${r}`, limit: 4 });
        for (const { group, body } of taken) got[group!]!.push(Number(body));
        left -= taken.length;
        await deleteAllOf(stores, "race", taken);
      }
    }));
    for (const group of groups) assert.deepEqual(got[group], Array.from({ length: 20 }, (_, n) => n));
  },

  async "the same key once more within its time is not sent, and answered as the first was"(stores) {
    const { messages } = stores;
    const sendOnce = (key: string, nowMs: number, answer: string) =>
      messages.send("once", { order: "fifo", body: answer, sentMs: nowMs, dueMs: nowMs, group: "g" }, { key, nowMs, untilMs: nowMs + 300, answer });
    const first = await sendOnce("k", 0, "first");
    assert.equal(first.duplicateOf, undefined);
    assert.deepEqual(await sendOnce("k", 299, "second"), { sequence: first.sequence, duplicateOf: "first" });
    assert.equal((await sendOnce("other", 299, "other")).duplicateOf, undefined);
    assert.equal((await messages.send("twice", { order: "fifo", body: "", sentMs: 0, dueMs: 0, group: "g" }, { key: "k", nowMs: 0, untilMs: 9, answer: "" })).duplicateOf, undefined, "queues do not share keys");
    await deleteAllOf(stores, "once", await receive(stores, "once", 299, { order: "fifo", limit: 1 }));
    assert.equal((await sendOnce("k", 299, "third")).duplicateOf, "first", "also when it is deleted");
    const later = await sendOnce("k", 300, "fourth");
    assert.equal(later.duplicateOf, undefined);
    assert.deepEqual(await sendOnce("k", 301, "fifth"), { sequence: later.sequence, duplicateOf: "fourth" });
    for (let n = 0; n < 20; n++) await sendOnce(`n${n}`, 1000 + n, "");
    for (let n = 0; n < 20; n++) assert.equal((await sendOnce(`n${n}`, 1290 + n, "")).duplicateOf, n <= 19 && 1290 + n < 1300 + n ? "" : undefined);
  },

  async "of the same key sent by many at once one is sent"(stores) {
    const { messages } = stores;
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => messages.send("crowd", { order: "fifo", body: `${n}`, sentMs: 0, dueMs: 0, group: "g" }, { key: "k", nowMs: 0, untilMs: 300, answer: `${n}` })));
    const sent = answers.filter(({ duplicateOf }) => duplicateOf === undefined);
    assert.equal(sent.length, 1);
    const [message] = await receive(stores, "crowd", 1, { order: "fifo" });
    assert.equal(message!.sequence, sent[0]!.sequence);
    for (const { sequence, duplicateOf } of answers) assert.deepEqual([sequence, duplicateOf ?? message!.body], [message!.sequence, message!.body]);
    assert.deepEqual(await messages.counts("crowd", 1), { visible: 0, held: 1, delayed: 0 });
  },

  async "messages kept for too long are removed, oldest first, but not those that are held"(stores) {
    const { messages } = stores;
    for (const [queue, order] of [["old", "standard"], ["old.groups", "standard"], ["old.fifo", "fifo"]] as const) {
      const group = queue === "old" ? {} : { group: "g" };
      for (const sentMs of [30, 10, 20, 40]) await send(stores, queue, `${sentMs}`, { order, sentMs, dueMs: sentMs, ...group });
      assert.equal(await messages.oldestSentMs(queue, 100), 10);
      const [held] = await receive(stores, queue, 100, { order, limit: 1 });
      assert.equal(await messages.expire(queue, 40, 100, 1), 1);
      assert.equal(await messages.oldestSentMs(queue, 100), [10, 20, 30].filter((sentMs) => sentMs !== held!.sentMs)[1]);
      assert.equal(await messages.expire(queue, 40, 100, 10), 1);
      assert.deepEqual(await messages.counts(queue, 100), { visible: 1, held: 1, delayed: 0 });
      await deleteAllOf(stores, queue, [held!]);
      assert.deepEqual(await bodies(stores, queue, 100, { order }), ["40"]);
      assert.equal(await messages.expire("another", 40, 100, 10), 0);
    }
  },

  async "a queue can be emptied, others keep their messages, and it can be used again"(stores) {
    const { messages } = stores;
    for (const queue of ["full", "full2"]) {
      for (let n = 0; n < 15; n++) {
        await send(stores, queue, "", { dueMs: n });
        await send(stores, queue, "", { group: `g${n % 2}` });
      }
      await messages.send(queue, { order: "standard", body: "", sentMs: 0, dueMs: 0 }, { key: "k", nowMs: 0, untilMs: 900, answer: "a" });
      await receive(stores, queue, 1);
    }
    await messages.deleteAll("full");
    assert.deepEqual(await messages.counts("full", 1), NONE);
    assert.deepEqual(await messages.counts("full2", 1), { visible: 8, held: 10, delayed: 13 });
    assert.deepEqual(await receive(stores, "full", 1000), []);
    assert.equal((await messages.send("full", { order: "standard", body: "new", sentMs: 0, dueMs: 0, group: "g0" }, { key: "k", nowMs: 0, untilMs: 900, answer: "a" })).duplicateOf, undefined);
    assert.deepEqual(await bodies(stores, "full", 1), ["new"]);
    for (let n = 0; n < 5; n++) await sendInOrder(stores, "full.fifo", `${n % 2}`, "");
    await messages.deleteAll("full.fifo");
    assert.deepEqual(await messages.counts("full.fifo", 1), NONE);
    await messages.deleteAll("full.fifo");
  },

  async "what changes with a message changes with it or not at all"(stores) {
    const { messages } = stores;
    const sequence = await send(stores, "from", "a");
    await receive(stores, "from", 0);
    const move = (fail: boolean) => stores.transaction(async (tx) => {
      assert.equal(await tx.messages.delete("from", sequence, "r"), true);
      await tx.messages.send("to", { order: "fifo", body: "a", sentMs: 0, dueMs: 0, group: "g" }, { key: "k", nowMs: 0, untilMs: 100, answer: "a" });
      if (fail) throw new Error("no");
    });
    await assert.rejects(move(true), { message: "no" });
    assert.deepEqual([await messages.counts("from", 1), await messages.counts("to", 1)], [{ visible: 0, held: 1, delayed: 0 }, NONE]);
    await move(false);
    assert.deepEqual([await messages.counts("from", 1), await messages.counts("to", 1)], [NONE, { visible: 1, held: 0, delayed: 0 }]);
  },

  async "what a transaction did is in its counts, and in those after it"(stores) {
    const { messages } = stores;
    const counts = await stores.transaction(async (tx) => {
      for (let n = 0; n < 40; n++) await tx.messages.send("counted", { order: "standard", body: "", sentMs: 0, dueMs: 0, group: "g" });
      const received = await tx.messages.receive("counted", { order: "standard", nowMs: 1, limit: 35, hiddenUntilMs: 100, receipt: "r" });
      await tx.messages.delete("counted", received[0]!.sequence, "r");
      return [await tx.messages.counts("counted", 1), await tx.messages.counts("counted", 1)];
    });
    for (const one of [...counts, await messages.counts("counted", 1)]) assert.deepEqual(one, { visible: 5, held: 34, delayed: 0 });
  },

  async "who waits is woken by a send, a give-back, a group that goes on and the signal, and not by other queues"(stores) {
    const { messages } = stores;
    let woken = 0;
    const wait = (signal = never) => messages.wait("wake", signal).then(() => { woken++; });
    const sent = wait();
    await send(stores, "another", "a");
    assert.equal(woken, 0);
    await sendInOrder(stores, "wake", "g", "a");
    await sent;
    const [one] = await receive(stores, "wake", 1, { order: "fifo" });
    const back = wait();
    await messages.hide("wake", one!.sequence, "r", { nowMs: 1, dueMs: 1 });
    await back;
    await sendInOrder(stores, "wake", "g", "b");
    const [again] = await receive(stores, "wake", 1, { order: "fifo", limit: 1 });
    const on = wait();
    await messages.delete("wake", again!.sequence, "r");
    await on;
    const stop = new AbortController();
    const stopped = wait(stop.signal);
    stop.abort();
    await stopped;
    assert.equal(woken, 4);
  },
};
