// Places of tasks: the job of the highest priority goes first, whoever gives up waits no more.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPlaces } from "./places.ts";

const NEVER = new AbortController().signal;

test("a place that becomes free goes to the highest priority as it is then, and among equals to who waits longest", async () => {
  const places = openPlaces(1);
  const leave = (await places.take(() => 0, NEVER))!;
  const order: string[] = [];
  let raised = 1;
  const waiting = ([["low", () => 1], ["first", () => 5], ["second", () => 5], ["raised", () => raised]] as const).map(async ([name, priority]) => {
    const done = await places.take(priority, NEVER);
    order.push(name);
    done!();
    done!(); // once more gives nothing back
  });
  raised = 9;
  leave();
  await Promise.all(waiting);
  assert.deepEqual(order, ["raised", "first", "second", "low"]);
  const [one, other] = [await places.take(() => 0, NEVER), places.take(() => 0, AbortSignal.timeout(5))];
  assert.ok(one);
  assert.equal(await other, undefined);
});

test("who stops waiting takes no place", async () => {
  const places = openPlaces(1);
  const leave = (await places.take(() => 0, NEVER))!;
  const stopping = new AbortController();
  const gone = places.take(() => 9, stopping.signal);
  const stays = places.take(() => 1, NEVER);
  stopping.abort();
  leave();
  assert.equal(await gone, undefined);
  assert.equal(await places.take(() => 1, stopping.signal), undefined);
  assert.ok(await stays);
});
