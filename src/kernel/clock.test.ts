// Time, real and virtual.
import assert from "node:assert/strict";
import { test } from "node:test";
import { realClock, virtualClock } from "./clock.ts";

test("virtual time stands still until it is moved, and then everything due happens in order", async () => {
  const clock = virtualClock(0);
  const happened: string[] = [];
  clock.after(2_000, () => happened.push(`second at ${clock.now()}`));
  void clock.sleep(1_000).then(() => { happened.push(`first at ${clock.now()}`); clock.after(500, () => happened.push(`nested at ${clock.now()}`)); });
  await clock.advance(999);
  assert.deepEqual(happened, []);
  await clock.advance(12 * 3_600_000);
  assert.deepEqual(happened, ["first at 1000", "nested at 1500", "second at 2000"]);
  assert.equal(clock.now(), 999 + 12 * 3_600_000);
});

test("a sleep ends with its signal's reason", async () => {
  for (const clock of [virtualClock(), realClock()]) {
    const stop = new AbortController();
    const sleeping = clock.sleep(60_000, stop.signal);
    stop.abort(new Error("enough"));
    await assert.rejects(sleeping, /enough/);
    await assert.rejects(clock.sleep(1, stop.signal), /enough/);
  }
});

test("a cancelled timer never runs", async () => {
  const clock = virtualClock();
  let ran = false;
  clock.after(10, () => { ran = true; })();
  await clock.advance(100);
  assert.equal(ran, false);
});
