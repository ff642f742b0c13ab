// Background work: it goes on, whatever happens to it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackground } from "./background.ts";
import { virtualClock } from "./kernel/clock.ts";
import { silentLog } from "./kernel/log.ts";

test("work that fails starts again after a pause that grows, and stops when the platform closes", async () => {
  const clock = virtualClock(0);
  const background = openBackground({ clock, log: silentLog });
  const starts: number[] = [];
  background.run("flaky", async (signal) => {
    starts.push(clock.now());
    if (starts.length < 4) throw new Error("not yet");
    await clock.sleep(1e9, signal);
  });
  await clock.advance(10_000);
  assert.deepEqual(starts, [0, 100, 300, 700]);
  await background.close();
});
