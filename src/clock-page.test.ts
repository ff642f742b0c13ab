// The clock's page alone: a way that is too long, too many drivers, a database that others share, and a platform that closes.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openPlatformClock } from "./clock-page.ts";
import { type Clock, realClock } from "./kernel/clock.ts";
import { type Log, silentLog } from "./kernel/log.ts";
import { openStores } from "./storage/open.ts";
import type { Stores } from "./storage/stores.ts";
import { testDatabases } from "./storage/suite/databases.ts";
import { bytesBody } from "./wire/http.ts";

interface Given { stores?: Stores; machine?: Clock; isBusy?: () => boolean; log?: Log }

async function open(t: TestContext, { stores, machine = realClock(), isBusy = () => false, log = silentLog }: Given = {}) {
  const kept = stores ?? (await openStores({ ephemeral: true, clock: machine, log: silentLog }));
  if (!stores) t.after(() => kept.close());
  const platform = await openPlatformClock({ machine, stores: kept, log, strict: false, isBusy });
  const ask = async (order?: object) => {
    const { status, body } = await platform.page({ method: order ? "POST" : "GET", path: "/_evoke/clock", query: "", headers: {}, body: bytesBody(Buffer.from(order ? JSON.stringify(order) : "")) });
    return { status, ...(JSON.parse(body as string) as { now: string; goal: string; error: string; atRest: boolean }) };
  };
  return { ...platform, stores: kept, ask };
}

test("a move that takes longer than a minute is answered, and goes on when the clock is set to where it was going", async (t) => {
  const real = realClock();
  let spentMs = 0;
  const { clock, ask } = await open(t, { machine: { ...real, monotonicMs: () => real.monotonicMs() + spentMs } });
  await ask({ frozen: true });
  const startMs = clock.now();
  const dates: number[] = [];
  for (const hour of [1, 2, 3]) clock.at(startMs + hour * 3_600_000, () => { dates.push(hour); spentMs += 31_000; });
  const first = await ask({ advance: "3h" });
  assert.equal(first.status, 503);
  assert.match(first.error, /took longer than 60 s: the clock has come to .* Set it to .* to go on/);
  assert.deepEqual([dates, Date.parse(first.now), Date.parse(first.goal)], [[1, 2], startMs + 2 * 3_600_000, startMs + 3 * 3_600_000]);
  const second = await ask({ set: first.goal });
  assert.deepEqual([second.status, second.now, dates], [200, first.goal, [1, 2, 3]]);
});

test("who is killed in the middle of a move goes on near the date it had come to", async (t) => {
  const real = realClock();
  let spentMs = 0;
  const { clock, stores, ask } = await open(t, { machine: { ...real, monotonicMs: () => real.monotonicMs() + spentMs } });
  const startMs = clock.now();
  const begun: Promise<number>[] = [];
  for (const hour of [1, 2, 3]) {
    clock.at(startMs + hour * 3_600_000, () => {
      spentMs += 300;
      begun.push(open(t, { stores }).then((next) => next.clock.now())); // what a next process would find
    });
  }
  await ask({ advance: "3h" });
  const hours = (await Promise.all(begun)).map((ms) => Math.round((ms - startMs) / 3_600_000));
  assert.deepEqual(hours, [0, 1, 2]);
});

test("sixteen orders wait for their turn, and more are refused", async (t) => {
  let busy = true;
  const { ask, clock } = await open(t, { isBusy: () => busy });
  const startMs = clock.now();
  const orders = Array.from({ length: 16 }, () => ask({ advance: "1h" }));
  await new Promise(setImmediate);
  assert.equal((await ask({ advance: "1h" })).status, 429);
  busy = false;
  assert.deepEqual((await Promise.all(orders)).map(({ status, atRest }) => [status, atRest]), orders.map(() => [200, true]));
  assert.equal(Math.floor((clock.now() - startMs) / 3_600_000), 16);
});

test("what runs too long is not waited for, and the answer says so", async (t) => {
  const real = realClock();
  let spentMs = 0;
  const { ask } = await open(t, { machine: { ...real, monotonicMs: () => real.monotonicMs() + spentMs, sleep: async (ms) => { spentMs += 1000; await real.sleep(ms); } }, isBusy: () => true });
  const { status, atRest } = await ask({ advance: "1h" });
  assert.deepEqual([status, atRest], [200, false]);
});

test("a platform that closes ends the move, and the next goes on from there", async (t) => {
  const { ask, clock, close, stores } = await open(t);
  const startMs = clock.now();
  clock.at(startMs + 3_600_000, close);
  const { status, error } = await ask({ advance: "2h" });
  assert.deepEqual([status, error], [503, "Evoke is closing"]);
  const next = await open(t, { stores });
  assert.equal(Math.round((next.clock.now() - startMs) / 3_600_000), 1);
});

test("a start says that the clock was driven, until it was reset", async (t) => {
  const said: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => { said.push(message); } };
  const { stores, ask } = await open(t, { log });
  await ask({ advance: "40d" });
  const second = await open(t, { stores, log });
  assert.match(said.join("\n"), /^The clock of this data has been driven: here it is 2\d{3}-.*Z\. Back to the machine's: evoke clock reset$/);
  await second.ask({ reset: true });
  await open(t, { stores, log });
  assert.equal(said.length, 1);
});

test("on a database that others may share it shows the machine's time and is not driven", async (t) => {
  const database = testDatabases(undefined).find(({ name }) => name === "PGlite")!;
  const stores = await database.open();
  t.after(async () => { await stores.close(); await database.remove(); });
  const { ask, clock } = await open(t, { stores });
  const { status, error } = await ask({ advance: "1d" });
  assert.equal(status, 403);
  assert.match(error, /Other processes may be working on this database/);
  assert.equal((await ask()).status, 200);
  assert.ok(Math.abs(clock.now() - realClock().now()) < 5000);
});
