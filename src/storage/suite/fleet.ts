// Part of stores.test.ts: what only a database of many processes must keep. `url` names it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "pg";
import { openStores } from "../open.ts";
import type { Stores } from "../stores.ts";
import { clock, log } from "./databases.ts";

const never = new AbortController().signal;

export function fleetTests(stores: () => Stores, url: string): void {
  const openAnother = () => openStores({ database: url, clock, log });

  test("who waits is woken by another process, also after its connection was cut", async () => {
    const other = await openAnother();
    try {
      const first = stores().queues.wait("fleet", never);
      await other.queues.send("fleet", { id: "a", body: "", dueMs: 0 });
      await first;
      const cut = stores().queues.wait("fleet", never);
      const client = new Client(url);
      await client.connect();
      await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() AND query LIKE 'LISTEN%'");
      await client.end();
      await cut; // notices may have been missed, so everyone looks again
      const later = stores().queues.wait("fleet", never);
      const record = stores().logs.wait("fleet", 0, never);
      await other.queues.send("fleet", { id: "b", body: "", dueMs: 0 });
      await other.logs.append("fleet", [{ atMs: 0, body: "" }]);
      await Promise.all([later, record]);
    } finally {
      await other.close();
    }
  });

  test("several processes may open one new database at once", async () => {
    const client = new Client(url);
    await client.connect();
    await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    await client.end();
    const opened = await Promise.all([openAnother(), openAnother(), openAnother()]);
    await Promise.all(opened.map((one, n) => one.documents("fresh").put(`${n}`, n)));
    assert.equal(await stores().documents("fresh").count(), 3);
    await Promise.all(opened.map((one) => one.close()));
  });

  test("receivers in several processes never get the same item, and groups keep their order", async () => {
    const others = await Promise.all([openAnother(), openAnother()]);
    try {
      await Promise.all(Array.from({ length: 90 }, (_, n) => stores().queues.send("shared", { id: `${n}`, body: `${n}`, dueMs: 0, ...(n % 3 === 0 && { group: "g" }) })));
      const seen = new Set<string>();
      let held = 0;
      await Promise.all([stores(), ...others].flatMap((one, p) => [0, 1].map(async (r) => {
        const receipt = `${p}.${r}`;
        while (seen.size < 90) {
          for (const { id, group } of await one.queues.receive("shared", { nowMs: 1, limit: 5, hiddenUntilMs: 100, receipt })) {
            if (group) assert.equal(++held, 1, "two of one group held at once");
            assert.ok(!seen.has(id), id);
            seen.add(id);
            if (group) held--;
            assert.equal(await one.queues.finish("shared", id, receipt), true);
          }
        }
      })));
    } finally {
      await Promise.all(others.map((one) => one.close()));
    }
  });

  messageFleetTest(stores, openAnother);
  oppositeOrderTest(stores, openAnother);
}

/** A FIFO queue that gives up messages to its dead-letter queue, while another process moves some back: https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS */
function oppositeOrderTest(stores: () => Stores, openAnother: () => Promise<Stores>): void {
  test("two processes that take the same groups in opposite order both come to their end, and nothing is lost or twice there", async () => {
    const other = await openAnother();
    const queues = ["opposite/queue", "opposite/dead-letters"];
    const message = (body: string) => ({ order: "fifo" as const, body, sentMs: 0, dueMs: 0, group: "g" });
    const both = Promise.withResolvers<void>();
    let begun = 0;
    const move = async (process: Stores, from: string, to: string): Promise<void> => {
      await process.messages.send(from, message(from));
      const [held] = await process.messages.receive(from, { order: "fifo", nowMs: 1, limit: 1, hiddenUntilMs: 100, receipt: from });
      await process.transaction(async (tx) => {
        assert.equal(await tx.messages.delete(from, held!.sequence, from), true);
        if (++begun === 2) both.resolve();
        await both.promise;
        await tx.messages.send(to, message(from));
      });
    };
    try {
      await Promise.all([move(stores(), queues[0]!, queues[1]!), move(other, queues[1]!, queues[0]!)]);
      assert.equal(begun, 3, "one gave way, and began again");
      for (const [n, queue] of queues.entries()) {
        assert.deepEqual(await stores().messages.counts(queue, 1), { visible: 1, held: 0, delayed: 0 });
        const [moved] = await stores().messages.receive(queue, { order: "fifo", nowMs: 1, limit: 10, hiddenUntilMs: 100, receipt: "end" });
        assert.equal(moved!.body, queues[1 - n]);
        await stores().messages.deleteAll(queue);
      }
    } finally {
      await other.close();
    }
  });
}

function messageFleetTest(stores: () => Stores, openAnother: () => Promise<Stores>): void {
  test("senders and receivers of messages in several processes: each message once, groups in order, counts right", async () => {
    const others = await Promise.all([openAnother(), openAnother()]);
    try {
      for (const order of ["standard", "fifo"] as const) {
        const queue = `messages/${order}`;
        const taken = new Map<string, number[]>();
        const all = new Set<number>();
        await Promise.all([stores(), ...others].flatMap(({ messages }, p) => [
          ...[0, 1].map(async (s) => {
            for (let n = 0; n < 30; n++) {
              const group = order === "fifo" || n % 2 ? { group: `g${n % 3}` } : {};
              await messages.send(queue, { order, body: `${p}.${s}.${n}`, sentMs: 0, dueMs: 0, ...group }, { key: `${p}.${s}.${n}`, nowMs: n, untilMs: n + 5, answer: "" });
            }
          }),
          ...[0, 1].map(async (r) => {
            const receipt = `${p}.${r}`;
            while (all.size < 180) {
              for (const { sequence, group = "" } of await messages.receive(queue, { order, nowMs: 1, limit: 4, hiddenUntilMs: 100, receipt })) {
                assert.ok(!all.has(sequence), "received twice");
                all.add(sequence);
                taken.set(group, [...taken.get(group) ?? [], sequence]);
                assert.equal(await messages.delete(queue, sequence, receipt), true);
              }
            }
          }),
        ]));
        if (order === "fifo") for (const sequences of taken.values()) assert.deepEqual(sequences, sequences.toSorted((a, b) => a - b));
        assert.deepEqual(await stores().messages.counts(queue, 1), { visible: 0, held: 0, delayed: 0 });
        await stores().messages.deleteAll(queue);
      }
    } finally {
      await Promise.all(others.map((one) => one.close()));
    }
  });
}
