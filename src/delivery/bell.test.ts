// Bells: rung, timed, and given up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "../kernel/clock.ts";
import { openBell } from "./bell.ts";

test("who waits is woken by a ring, one that came before included, by the time, and by the signal", async () => {
  const clock = virtualClock();
  const bell = openBell(clock);
  const end = new AbortController();
  const woken: string[] = [];
  const wait = (name: string, ms?: number) => bell.wait(end.signal, ms).then(() => woken.push(name));
  bell.ring();
  bell.ring();
  await wait("rung before");
  const rung = wait("rung", 1_000);
  bell.ring();
  await rung;
  const timed = wait("timed", 1_000);
  await clock.advance(999);
  assert.equal(woken.length, 2);
  await clock.advance(1);
  await timed;
  const ended = wait("ended");
  end.abort();
  await ended;
  await wait("after the end");
  assert.deepEqual(woken, ["rung before", "rung", "timed", "ended", "after the end"]);
});
