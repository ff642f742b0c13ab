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

test("what is held begins together, and never when the platform closes first", async () => {
  const clock = virtualClock(0);
  const ran: string[] = [];
  const open = () => openBackground({ clock, log: silentLog, held: true });
  const [begun, closed] = [open(), open()];
  for (const background of [begun, closed]) background.run("early", async () => { ran.push("early"); });
  await clock.advance(1_000);
  assert.equal(ran.length, 0);
  begun.begin();
  begun.run("late", async () => { ran.push("late"); });
  assert.deepEqual(ran, ["early", "late"]);
  await Promise.all([begun.close(), closed.close()]);
  closed.begin();
  assert.deepEqual(ran, ["early", "late"]);
});
