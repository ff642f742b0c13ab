// How many events run at once, whose turn it is, and what happens to those that run when the platform stops.
import assert from "node:assert/strict";
import { test } from "node:test";
import { realClock, virtualClock } from "../kernel/clock.ts";
import { realIds } from "../kernel/ids.ts";
import { silentLog } from "../kernel/log.ts";
import type { InvokeResult } from "../ports/functions.ts";
import { Throttled } from "../ports/throttled.ts";
import { openStores } from "../storage/open.ts";
import { testDatabases } from "../storage/suite/databases.ts";
import { openLanes } from "./lanes.ts";
import { functionArn, openTestDelivery, refused, type TestDelivery } from "../../test/support/delivery.ts";

const done: InvokeResult = { failed: false, payload: Buffer.from("null"), executedVersion: "$LATEST" };

/** Functions run until told to end; `ends` by function name. */
function held(t: TestDelivery): Map<string, (() => void)[]> {
  const ends = new Map<string, (() => void)[]>();
  t.functions.answer = ({ version: { name } }) => new Promise((resolve) => { ends.set(name, [...(ends.get(name) ?? []), () => resolve(done)]); });
  return ends;
}
const endAll = async (t: TestDelivery, ends: Map<string, (() => void)[]>) => {
  for (let left = true; left;) {
    left = false;
    for (const list of ends.values()) for (const end of list.splice(0)) { end(); left = true; }
    await t.settle();
  }
};

test("a function's backlog does not hold up another's events", async () => {
  const t = await openTestDelivery();
  const ends = held(t);
  const slow = Array.from({ length: 8 }, (_, n) => t.add(`slow${n}`));
  const quick = t.add("quick");
  await Promise.all(slow.flatMap((arn) => Array.from({ length: 100 }, (_, n) => t.send(arn, n))));
  await t.settle();
  assert.ok(t.functions.seen.length <= 256 + 16 && t.functions.seen.length >= 256, `${t.functions.seen.length} at once`);
  assert.ok(slow.every((_, n) => ends.get(`slow${n}`)!.length <= 64), "no function has everything");
  await t.send(quick, {});
  await t.settle();
  assert.equal(ends.get("quick")?.length, 1);
  await endAll(t, ends);
  assert.equal(t.functions.seen.length, 801);
  assert.deepEqual(t.delivery.stats(), { lanes: 0, running: 0 });
  await t.close();
});

test("no more run at once than the function's reserved concurrency", async () => {
  const t = await openTestDelivery();
  const ends = held(t);
  const arn = t.add("reserved", { reservedConcurrency: 3 });
  await Promise.all(Array.from({ length: 20 }, (_, n) => t.send(arn, n)));
  await t.settle();
  assert.equal(ends.get("reserved")!.length, 3);
  await endAll(t, ends);
  assert.equal(t.functions.seen.length, 20);
  await t.close();
});

test("a function that turns events away is asked less and less often", async () => {
  const t = await openTestDelivery();
  const arn = t.add("full");
  let running = 0;
  const free: (() => void)[] = [];
  t.functions.answer = async () => {
    if (running >= 2) throw new Throttled("ConcurrentInvocationLimitExceeded");
    running++;
    await new Promise<void>((resolve) => free.push(resolve));
    running--;
    return done;
  };
  await Promise.all(Array.from({ length: 200 }, (_, n) => t.send(arn, n)));
  await t.settle();
  assert.ok(t.functions.seen.length < 210, `${t.functions.seen.length} tries for two places`);
  for (let round = 0; round < 2000 && t.delivery.stats().lanes; round++) {
    for (const end of free.splice(0)) end();
    await t.clock.advance(1000);
  }
  assert.deepEqual(t.delivery.stats(), { lanes: 0, running: 0 });
  await t.close();
});

test("a run of fifteen minutes is one run", async () => {
  const t = await openTestDelivery();
  const ends = held(t);
  await t.send(t.add("long"), {});
  await t.clock.advance(15 * 60_000);
  assert.equal(t.functions.seen.length, 1);
  await endAll(t, ends);
  await t.clock.advance(60_000);
  assert.equal(t.functions.seen.length, 1);
  assert.deepEqual(await t.stores.queues.list({ prefix: "delivery/", limit: 10 }), []);
  await t.close();
});

test("what runs when the platform stops is run again by the next at once, and what waits is not forgotten", async () => {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const first = await openTestDelivery({ stores, clock });
  held(first);
  const arn = first.add("kept", { reservedConcurrency: 1 });
  for (let n = 0; n < 3; n++) await first.send(arn, n);
  await first.settle();
  assert.equal(first.functions.seen.length, 1);
  await first.close();
  const second = await openTestDelivery({ stores, clock });
  second.add("kept");
  await second.settle();
  assert.deepEqual(second.functions.seen.map(({ payload }) => Buffer.from(payload).toString()).sort(), ["0", "1", "2"]);
  await second.close();
  await stores.close();
});

test("what a process held that died is taken up when its lease has run out", async () => {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const first = await openTestDelivery({ stores, clock });
  const ends = held(first);
  await first.send(first.add("orphan"), {});
  await first.settle();
  // Held by another from here on: what `first` does with it no longer counts.
  const queue = `delivery/event/${functionArn("orphan")}`;
  await stores.queues.receive(queue, { nowMs: clock.now() + 20_000, limit: 1, hiddenUntilMs: clock.now() + 10_000, receipt: "dead" });
  await endAll(first, ends);
  await first.close();
  const second = await openTestDelivery({ stores, clock });
  second.add("orphan");
  await clock.advance(5_000);
  assert.equal(second.functions.seen.length, 0);
  await clock.advance(6_000);
  assert.equal(second.functions.seen.length, 1);
  await second.close();
  await stores.close();
});

test("an event of the same request id is one event while it waits", async () => {
  const t = await openTestDelivery();
  const ends = held(t);
  const arn = t.add("twice");
  await Promise.all([t.send(arn, 1, { requestId: "same" }), t.send(arn, 1, { requestId: "same" })]);
  await t.settle();
  await endAll(t, ends);
  assert.equal(t.functions.seen.length, 1);
  await t.close();
});

test("a destination that is not there holds up no other", async () => {
  const t = await openTestDelivery();
  const [away, there] = ["away", "there"].map((name) => `arn:aws:sqs:eu-west-1:000000000000:${name}`) as [string, string];
  t.refusals.target = refused();
  const lost = t.add("lost", { async: { retriesMax: 0, ageSecondsMax: 21_600, onSuccessArn: away } });
  await Promise.all(Array.from({ length: 300 }, (_, n) => t.send(lost, n)));
  await t.clock.advance(2_000);
  delete t.refusals.target;
  await t.send(t.add("fine", { async: { retriesMax: 0, ageSecondsMax: 21_600, onSuccessArn: there } }), 1);
  await t.settle();
  assert.deepEqual((await t.delivered()).filter(({ arn }) => arn === there).length, 1);
  await t.clock.advance(60_000);
  assert.equal((await t.delivered()).length, 301);
  await t.close();
});

test("an outcome that cannot be stored harms no other, and its work is done again", async () => {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const stop = new AbortController();
  const runs: string[] = [];
  const lanes = openLanes({
    stores, clock, ids: realIds(), log: silentLog,
    run: { one: async ({ id }) => { runs.push(id); return id === "bad" && runs.length < 20 ? { sends: [{ lane: "one/a", id: "\0", body: "", dueMs: 0 }] } : {}; } },
  });
  const working = lanes.work(stop.signal);
  await Promise.all(["1", "2", "bad", "3", "4"].map((id) => lanes.send({ lane: "one/a", id, body: "", dueMs: 0 })));
  await clock.advance(9_000);
  assert.deepEqual(runs.toSorted(), ["1", "2", "3", "4", "bad"]);
  await clock.advance(15 * 12_000);
  assert.deepEqual([runs.length, runs.filter((id) => id !== "bad").length], [20, 4]);
  assert.deepEqual(lanes.stats(), { lanes: 0, running: 0 });
  stop.abort();
  await working;
  await stores.close();
});

for (const database of testDatabases(undefined).filter(({ name }) => name !== "PostgreSQL")) {
  test(`work is done once, and what follows from it too, on ${database.name}`, async () => {
    const stores = await database.open();
    const clock = realClock();
    const stop = new AbortController();
    const [first, second]: string[][] = [[], []];
    const lanes = openLanes({
      stores, clock, ids: realIds(), log: silentLog,
      run: {
        one: async ({ id, body }) => { first!.push(id); return id === "5" && first!.filter((seen) => seen === "5").length < 3 ? { againMs: clock.now() + 20 } : { sends: [{ lane: "two/b", id, body, dueMs: clock.now() }] }; },
        two: async ({ body }) => { second!.push(body); return {}; },
      },
    });
    const working = lanes.work(stop.signal);
    await Promise.all(Array.from({ length: 100 }, (_, n) => lanes.send({ lane: `one/${n % 3}`, id: String(n), body: `body ${n}`, dueMs: clock.now() })));
    for (let waitedMs = 0; waitedMs < 10_000 && lanes.stats().lanes > 0; waitedMs += 20) await clock.sleep(20);
    assert.deepEqual([first!.length, new Set(first).size, second!.length, new Set(second).size], [102, 100, 100, 100]);
    assert.deepEqual(await stores.queues.list({ prefix: "delivery/", limit: 10 }), []);
    stop.abort();
    await working;
    await stores.close();
    await database.remove();
  });
}

test("items of one group run in order, one at a time, and one that is tried again holds up its group alone", async () => {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const ran: string[] = [];
  let failures = 3;
  const lanes = openLanes({ stores, clock, ids: realIds(), log: silentLog, run: { row: async ({ id }) => {
    ran.push(id);
    return id === "a0" && failures-- > 0 ? { againMs: clock.now() + 1_000 } : {};
  } } });
  const end = new AbortController();
  const working = lanes.work(end.signal);
  for (let n = 0; n < 20; n++) for (const group of ["a", "b"]) await lanes.send({ lane: "row/1", id: `${group}${n}`, body: "", dueMs: clock.now(), group });
  const of = (group: string) => ran.filter((id) => id.startsWith(group));
  await clock.advance(900);
  assert.deepEqual([of("a"), of("b")], [["a0"], Array.from({ length: 20 }, (_, n) => `b${n}`)]);
  await clock.advance(3_500);
  assert.deepEqual(of("a"), ["a0", "a0", "a0", ...Array.from({ length: 20 }, (_, n) => `a${n}`)]);
  assert.deepEqual(lanes.stats(), { lanes: 0, running: 0 });
  end.abort();
  await Promise.all([working, clock.advance(2_000)]);
  await stores.close();
});

test("items of a group are taken together where their kind takes several: in order, those that were finished once, the others again", async () => {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const runs: string[][] = [];
  const lanes = openLanes({ stores, clock, ids: realIds(), log: silentLog, run: {} });
  lanes.register("row", async ({ id, receives, behind }) => {
    const ids = [id, ...behind.map(({ id }) => id)];
    runs.push(ids);
    if (id === "b0" && receives < 3) return { againMs: clock.now() + 1_000, behindFinished: 2 };
    const end = ids.indexOf("a3"); // goes alone
    return { behindFinished: end > 0 ? end - 1 : end === 0 ? 0 : behind.length };
  }, { together: 4 });
  for (let n = 0; n < 9; n++) for (const group of ["a", "b"]) await lanes.send({ lane: "row/1", id: `${group}${n}`, body: n === 6 ? "long".repeat(100_000) : "", dueMs: clock.now(), group });
  await lanes.send({ lane: "row/2", id: "c", body: "", dueMs: clock.now() });
  const end = new AbortController();
  const working = lanes.work(end.signal);
  const of = (group: string) => runs.filter(([id]) => id!.startsWith(group)).map((ids) => ids.join(" "));
  await clock.advance(900);
  assert.deepEqual(of("a"), ["a0 a1 a2 a3", "a3 a4 a5", "a4 a5", "a6 a7 a8"], "long ones are not taken behind others");
  assert.deepEqual(of("c"), ["c"]);
  assert.deepEqual(of("b"), ["b0 b1 b2 b3"]);
  await clock.advance(4_000);
  assert.deepEqual(of("b"), ["b0 b1 b2 b3", "b0 b1 b2 b3", "b0 b1 b2 b3", "b4 b5", "b6 b7 b8"], "nothing behind one that is tried again is finished before it");
  assert.deepEqual(await stores.queues.list({ prefix: "delivery/", limit: 10 }), []);
  end.abort();
  await Promise.all([working, clock.advance(2_000)]);
  await stores.close();
});
