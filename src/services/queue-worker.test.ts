// Working through a queue: when items are worked on, how many, and what becomes of them when the work fails or the process stops.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Clock, virtualClock } from "../kernel/clock.ts";
import { drivableClock } from "../kernel/clock-drivable.ts";
import { realIds } from "../kernel/ids.ts";
import { silentLog } from "../kernel/log.ts";
import { openStores } from "../storage/open.ts";
import type { Received, Stores } from "../storage/stores.ts";
import { workThrough } from "./queue-worker.ts";

const QUEUE = "room/work";

async function open(t: TestContext) {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const stops: (() => Promise<void>)[] = [];
  const errors: string[] = [];
  const log = { ...silentLog, error: (message: string) => { errors.push(message); } };
  t.after(async () => {
    for (const stop of stops) await stop();
    await stores.close();
  });
  return {
    clock, stores, errors,
    /** Sends items that are due after `ms`. */
    send: async (ids: string[], ms = 0) => { for (const id of ids) await stores.queues.send(QUEUE, { id, body: id, dueMs: clock.now() + ms }); },
    work(atOnce: number, handle: (item: Received) => Promise<unknown>, by: Clock = clock) {
      const end = new AbortController();
      const ended = workThrough({ stores, clock: by, ids: realIds(), log }, QUEUE, atOnce, async (item) => void (await handle(item)), end.signal);
      const stop = async () => { end.abort(); await ended; };
      stops.push(stop);
      return stop;
    },
  };
}

const finish = (stores: Stores, { id, receipt }: Received) => stores.queues.finish(QUEUE, id, receipt);
const never = () => new Promise<void>(() => {});

test("an item is worked on when it falls due, also one that is sent while the worker sleeps until a later one", async (t) => {
  const { clock, stores, send, work } = await open(t);
  const done: [string, number][] = [];
  const startMs = clock.now();
  await send(["later"], 60_000);
  work(5, async (item) => { done.push([item.id, clock.now() - startMs]); await finish(stores, item); });
  await clock.advance(1000);
  await send(["now"]);
  await clock.advance(0);
  await send(["soon"], 5000);
  await clock.advance(120_000);
  assert.deepEqual(done, [["now", 1000], ["soon", 6000], ["later", 60_000]]);
  assert.equal(await stores.queues.nextDueMs(QUEUE), undefined);
});

test("no more items are worked on at once than was said, and the next begins when one ends", async (t) => {
  const { clock, stores, send, work } = await open(t);
  const ends: (() => void)[] = [];
  await send(["a", "b", "c"]);
  work(2, async (item) => {
    await new Promise<void>((resolve) => ends.push(resolve));
    await finish(stores, item);
  });
  await clock.advance(0);
  assert.equal(ends.length, 2);
  ends[0]!();
  await clock.advance(0);
  assert.equal(ends.length, 3);
});

test("work that fails is logged and tried again after five seconds, and holds up nothing else", async (t) => {
  const { clock, stores, errors, send, work } = await open(t);
  const tries: [string, number, number][] = [];
  const startMs = clock.now();
  work(1, async (item) => {
    tries.push([item.id, item.receives, clock.now() - startMs]);
    if (item.id === "bad" && item.receives < 3) throw new Error("not yet");
    await finish(stores, item);
  });
  await send(["bad", "good"]);
  await clock.advance(60_000);
  assert.deepEqual(tries, [["bad", 1, 0], ["good", 1, 0], ["bad", 2, 5000], ["bad", 3, 10_000]]);
  assert.deepEqual(errors, Array(2).fill("room/work: an item failed; it is tried again"));
});

test("work of many minutes keeps its item from other workers", async (t) => {
  const { clock, stores, send, work } = await open(t);
  const tries: string[] = [];
  for (const worker of ["one", "other"]) {
    work(1, async (item) => {
      tries.push(worker);
      await clock.sleep(600_000);
      await finish(stores, item);
    });
  }
  await send(["long"]);
  await clock.advance(900_000);
  assert.equal(tries.length, 1);
  assert.equal(await stores.queues.nextDueMs(QUEUE), undefined);
});

test("what is still worked on when the worker stops can be begun by the next at once", async (t) => {
  const { clock, send, work } = await open(t);
  const tries: number[] = [];
  const stop = work(1, async ({ receives }) => { tries.push(receives); await never(); });
  await send(["unfinished"]);
  await clock.advance(0);
  await stop();
  work(1, async ({ receives }) => { tries.push(receives); await never(); });
  await clock.advance(0);
  assert.deepEqual(tries, [1, 2]);
});

test("what a process that died was working on is begun again six seconds later", async (t) => {
  const { clock, stores, send, work } = await open(t);
  await send(["left"]);
  await stores.queues.receive(QUEUE, { nowMs: clock.now(), limit: 1, hiddenUntilMs: clock.now() + 6000, receipt: "of the dead" });
  const tries: number[] = [];
  work(1, async ({ receives }) => { tries.push(receives); await never(); });
  await clock.advance(5000);
  assert.deepEqual(tries, []);
  await clock.advance(1000);
  assert.deepEqual(tries, [2]);
});

test("what is worked on while people move the date on is begun once, and ends as if they had not", async (t) => {
  const { clock, stores, send, work, errors } = await open(t);
  const driven = drivableClock(clock);
  let begun = 0;
  let end = () => {};
  await send(["long"]);
  work(5, async (item) => {
    begun++;
    await new Promise<void>((resolve) => { end = resolve; });
    assert.equal(await finish(stores, item), true);
  }, driven);
  await clock.advance(0);
  await driven.move((nowMs) => nowMs + 60_000, async () => { await clock.advance(0); return true; });
  assert.equal(begun, 1);
  end();
  await clock.advance(0);
  assert.deepEqual([await stores.queues.nextDueMs(QUEUE), errors], [undefined, []]);
});

test("an item that puts another in its place, under its own id, has it worked on when that is due", async (t) => {
  const { clock, stores, send, work } = await open(t);
  const done: number[] = [];
  const startMs = clock.now();
  await send(["again"]);
  work(5, async (item) => {
    done.push(clock.now() - startMs);
    await stores.transaction(async (tx) => {
      await tx.queues.finish(QUEUE, item.id, item.receipt);
      if (done.length < 5) await tx.queues.send(QUEUE, { id: item.id, body: "", dueMs: startMs });
    });
    await new Promise((resolve) => setImmediate(resolve)); // not over yet when the next is received
  });
  await clock.advance(1000);
  assert.equal(done.length, 5);
  assert.ok(done.every((ms) => ms < 1000), String(done));
});
