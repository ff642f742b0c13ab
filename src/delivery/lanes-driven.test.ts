// Lanes while people drive the date: leases run out under work in hand, and it is done once all the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "../kernel/clock.ts";
import { drivableClock } from "../kernel/clock-drivable.ts";
import { realIds } from "../kernel/ids.ts";
import { silentLog } from "../kernel/log.ts";
import type { LaneItem, LaneOutcome } from "../ports/lanes.ts";
import { openStores } from "../storage/open.ts";
import { openLanes } from "./lanes.ts";

async function open(run: (item: LaneItem, clock: ReturnType<typeof drivableClock>) => Promise<LaneOutcome>) {
  const machine = virtualClock();
  const clock = drivableClock(machine);
  const stores = await openStores({ ephemeral: true, clock: machine, log: silentLog });
  const stop = new AbortController();
  const lanes = openLanes({ stores, clock, ids: realIds(), log: silentLog, run: { one: (item) => run(item, clock) } });
  const working = lanes.work(stop.signal);
  return {
    machine, clock, stores, lanes,
    async close() {
      stop.abort();
      await machine.advance(10_000);
      await working;
      await stores.close();
    },
  };
}

test("where ten seconds of a lease are a tenth of a millisecond, work is done once, and tried again as often as it asks", async () => {
  const runs = new Map<string, number>();
  const t = await open(async ({ id }, clock) => {
    const run = (runs.get(id) ?? 0) + 1;
    runs.set(id, run);
    await clock.sleep(Number(id) % 7);
    return run <= Number(id) % 3 ? { againMs: clock.now() } : {};
  });
  t.clock.run({ speed: 100_000 });
  for (let n = 0; n < 60; n++) await t.lanes.send({ lane: `one/${n % 4}`, id: String(n), body: "", dueMs: t.clock.now(), ...(n % 4 === 0 && { group: "g" }) });
  for (let ms = 0; ms < 1000 && t.lanes.stats().lanes > 0; ms++) await t.machine.advance(1);
  assert.deepEqual([...runs].filter(([id, count]) => count !== (Number(id) % 3) + 1), []);
  assert.deepEqual([runs.size, await t.stores.queues.list({ prefix: "delivery/", limit: 1 }), t.lanes.stats()], [60, [], { lanes: 0, running: 0 }]);
  await t.close();
});

test("what runs through a move of many hours is one run, and what it sends is dated when it ended", async () => {
  let end = () => {};
  let runs = 0;
  const t = await open(async (_item, clock) => {
    if (++runs === 1) await new Promise<void>((resolve) => { end = resolve; });
    return runs === 1 ? { sends: [{ lane: "one/b", id: "next", body: "", dueMs: clock.now() + 60_000 }] } : {};
  });
  await t.lanes.send({ lane: "one/a", id: "first", body: "", dueMs: t.clock.now() });
  await t.machine.advance(0);
  const settle = async () => { await t.machine.advance(0); return true; };
  await t.clock.move((nowMs) => nowMs + 6 * 3_600_000, settle);
  assert.equal(runs, 1);
  end();
  await t.machine.advance(100);
  assert.equal(runs, 1);
  await t.clock.move((nowMs) => nowMs + 60_000, settle);
  assert.equal(runs, 2);
  await t.machine.advance(100);
  assert.deepEqual(await t.stores.queues.list({ prefix: "delivery/", limit: 1 }), []);
  await t.close();
});

test("what asks to be tried again at once is, in a group too", async () => {
  let runs = 0;
  const t = await open(async (_item, clock) => (++runs % 4 ? { againMs: clock.now() } : {}));
  for (let n = 0; n < 5; n++) await t.lanes.send({ lane: "one/a", id: String(n), body: "", dueMs: t.clock.now(), group: "g" });
  await t.machine.advance(500);
  assert.equal(runs, 20);
  await t.close();
});

test("what has ended is written at once while somebody waits for rest, as a moved clock does at every date", async () => {
  const ran: string[] = [];
  const t = await open(async ({ id }) => { ran.push(id); return {}; });
  const startMs = t.machine.now();
  await t.lanes.send({ lane: "one/a", id: "1", body: "", dueMs: t.clock.now() });
  for (let turn = 0; turn < 500 && !(ran.length === 1 && t.lanes.atRest()); turn++) await new Promise(setImmediate);
  assert.deepEqual([t.lanes.atRest(), t.machine.now() - startMs, await t.stores.queues.list({ prefix: "delivery/", limit: 1 })], [true, 0, []]);
  await t.close();
});
