// A clock whose date is driven, over a machine that is driven by the test.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, realClock, virtualClock } from "./clock.ts";
import { AS_THE_MACHINE, DATE_MS_MAX, drivableClock } from "./clock-drivable.ts";

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
/** Promise chains get to finish; nothing is stored here. */
const settle = async () => { await new Promise((resolve) => setImmediate(resolve)); return true; };

function open() {
  const machine = virtualClock(START);
  const clock = drivableClock(machine);
  const happened: string[] = [];
  const note = (what: string) => () => void happened.push(`${what} at ${(clock.now() - START) / 1000}`);
  return { machine, clock, happened, note };
}

test("until it is driven it shows the machine's date", async () => {
  const { machine, clock, happened, note } = open();
  clock.at(START + 1000, note("date"));
  clock.after(2000, note("duration"));
  await machine.advance(1999);
  assert.equal(clock.now(), START + 1999);
  assert.equal(clock.machineNow(), START + 1999);
  assert.deepEqual(happened, ["date at 1"]);
  await machine.advance(1);
  assert.deepEqual(happened, ["date at 1", "duration at 2"]);
});

test("moved on, everything that falls due happens at its own date and in order, with what follows from it", async () => {
  const { clock, happened, note } = open();
  clock.at(START + 2 * HOUR, note("second"));
  clock.at(START + 7 * HOUR, note("too late"));
  clock.at(START + HOUR, () => { note("first")(); clock.at(clock.now() + 60_000, note("its retry")); });
  void clock.until(START + 6 * HOUR).then(note("last"));
  assert.equal(await clock.move(() => START + 6 * HOUR, settle), true);
  assert.deepEqual(happened, ["first at 3600", "its retry at 3660", "second at 7200", "last at 21600"]);
  assert.equal(clock.now(), START + 6 * HOUR);
});

test("durations, and the machine's date, are not moved", async () => {
  const { machine, clock, happened, note } = open();
  clock.after(1000, note("duration"));
  const before = clock.monotonicMs();
  await clock.move(() => START + 6 * HOUR, settle);
  assert.deepEqual([happened, clock.machineNow(), clock.monotonicMs()], [[], START, before]);
  await machine.advance(1000);
  assert.deepEqual(happened, ["duration at 21601"]);
});

test("frozen, nothing falls due but by a move; what is due already is", async () => {
  const { machine, clock, happened, note } = open();
  clock.run({ frozen: true });
  clock.at(START + 1000, note("later"));
  clock.at(START - 1000, note("over"));
  await machine.advance(10_000);
  assert.deepEqual([clock.now(), happened], [START, ["over at 0"]]);
  await clock.move(() => START + 999, settle);
  assert.equal(happened.length, 1);
  await clock.move(() => START + 1000, settle);
  await machine.advance(10_000);
  assert.deepEqual([clock.now(), happened.at(-1)], [START + 1000, "later at 1"]);
  clock.run({ frozen: false });
  await machine.advance(500);
  assert.equal(clock.now(), START + 1500, "it goes on from where it stood");
});

test("sped up, dates come sooner and durations do not", async () => {
  const { machine, clock, happened, note } = open();
  clock.at(START + 60_000, note("date"));
  clock.after(2000, note("duration"));
  clock.run({ speed: 60 });
  await machine.advance(999);
  assert.deepEqual(happened, []);
  await machine.advance(1);
  assert.deepEqual(happened, ["date at 60"]);
  await machine.advance(1000);
  assert.deepEqual(happened.at(-1), "duration at 120");
  clock.run({ speed: 1 });
  await machine.advance(1000);
  assert.equal(clock.now(), START + 121_000);
});

test("set back, those who wait wait no longer than before, and look again", async () => {
  const { machine, clock, happened, note } = open();
  clock.at(START + 5000, note("look"));
  assert.equal(await clock.move(() => START - 24 * HOUR, settle), true);
  assert.equal(clock.now(), START - 24 * HOUR);
  await machine.advance(5000);
  assert.deepEqual(happened, [`look at ${-24 * 3600 + 5}`]);
});

test("housekeeping goes round once however far the date was moved", async () => {
  const { machine, clock } = open();
  let rounds = 0;
  const stop = new AbortController();
  const loop = (async () => { for (;;) { await clock.nextRound(60_000, stop.signal); rounds++; } })().catch(() => undefined);
  await clock.move(() => START + 1000 * HOUR, settle);
  assert.equal(rounds, 1);
  await machine.advance(60_000);
  assert.equal(rounds, 2);
  stop.abort();
  await loop;
  await clock.move(() => START + 2000 * HOUR, settle);
  assert.equal(rounds, 2);
});

test("a cancelled timer never runs, not even by what is due with it", async () => {
  const { clock, happened, note } = open();
  let cancel = () => {};
  clock.at(START + 1000, () => cancel());
  cancel = clock.at(START + 1000, note("cancelled"));
  clock.at(START + 500, note("gone"))();
  await clock.move(() => START + HOUR, settle);
  assert.deepEqual(happened, []);
});

test("a way that is ended stays where it is, and can be gone on with", async () => {
  const { clock, happened, note } = open();
  for (const hour of [1, 2, 3]) clock.at(START + hour * HOUR, note("step"));
  let steps = 0;
  assert.equal(await clock.move(() => START + 3 * HOUR, async () => ++steps < 3), false);
  assert.deepEqual([clock.now(), happened], [START + 2 * HOUR, ["step at 3600", "step at 7200"]]);
  assert.equal(await clock.move(() => START + 3 * HOUR, settle), true);
  assert.equal(happened.length, 3);
});

test("a failure on the way leaves a clock that goes", async () => {
  const { machine, clock } = open();
  clock.at(START + 1000, () => { throw new Error("broken"); });
  await assert.rejects(clock.move(() => START + HOUR, settle), /broken/);
  await machine.advance(1000);
  assert.equal(clock.now(), START + 2000);
});

test("it ends with the year 2199, and what is due later never is", async () => {
  const { machine, clock, happened, note } = open();
  clock.at(DATE_MS_MAX + 1, note("never"));
  clock.at(DATE_MS_MAX, note("at the end"));
  await clock.move(() => DATE_MS_MAX - 1000, settle);
  clock.run({ speed: 1_000_000 });
  await machine.advance(HOUR);
  assert.equal(clock.now(), DATE_MS_MAX);
  assert.equal(happened.length, 1);
});

test("what it was set to holds in the next process, and following the machine forgets it", async () => {
  const { machine, clock } = open();
  await clock.move(() => START + HOUR, settle);
  clock.run({ speed: 10 });
  const next = drivableClock(machine, structuredClone(clock.setting()));
  await machine.advance(6000);
  assert.equal(next.now(), START + HOUR + 60_000);
  next.follow();
  assert.deepEqual(next.setting(), AS_THE_MACHINE);
  assert.equal(next.now(), machine.now());
});

test("waits for a date end with their signal's reason, on every clock", async () => {
  for (const clock of [realClock(), virtualClock(), drivableClock(realClock())] satisfies Clock[]) {
    for (const wait of [clock.until, clock.nextRound, clock.sleep]) {
      const stop = new AbortController();
      const waiting = wait(clock.now() + 60_000, stop.signal);
      stop.abort(new Error("enough"));
      await assert.rejects(waiting, /enough/);
    }
  }
});
