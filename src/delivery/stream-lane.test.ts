// What a lane does next, by what waits and by the time.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Held } from "./stream-batch.ts";
import { type LaneStep, type LaneView, nextStep } from "./stream-lane.ts";

const held = (arrivedMs: number, bytes = 100): Held => ({ item: { id: "1", key: "k", arrivedMs, record: {} }, bytes, from: "0", done: false });
const step = (view: Partial<LaneView>): LaneStep => nextStep({
  waiting: [], ended: false, caughtUp: false, window: undefined, batchSize: 3, batchWindowMs: 0, windowFromFirst: false, tumblingSeconds: 0,
  sinceMs: 0, firstMs: 0, monotonicMs: 0, nowMs: 0, ...view,
});
const of = (count: number, bytes?: number): Held[] => Array.from({ length: count }, () => held(0, bytes));

test("without a window a lane runs what is there, up to the batch size and 6 MB", () => {
  assert.deepEqual(step({ waiting: of(2) }), { step: "run", count: 2, window: undefined });
  assert.deepEqual(step({ waiting: of(5) }), { step: "run", count: 3, window: undefined });
  assert.deepEqual(step({ waiting: of(3, 3_000_000) }), { step: "run", count: 2, window: undefined });
  assert.deepEqual(step({ waiting: of(1, 7_000_000) }), { step: "run", count: 1, window: undefined });
});

test("a window begins when the invocation before has ended, and goes round while nothing comes", () => {
  const view = { waiting: of(1), batchWindowMs: 10_000, sinceMs: 1_000 };
  assert.deepEqual(step({ ...view, firstMs: 4_000, monotonicMs: 5_000 }), { step: "wait", ms: 6_000 });
  assert.deepEqual(step({ ...view, firstMs: 24_000, monotonicMs: 25_000 }), { step: "wait", ms: 6_000 });
  assert.equal(step({ ...view, firstMs: 4_000, monotonicMs: 11_000 }).step, "run");
  assert.equal(step({ ...view, waiting: of(3), firstMs: 4_000, monotonicMs: 4_000 }).step, "run");
  assert.deepEqual(step({ ...view, windowFromFirst: true, firstMs: 4_000, monotonicMs: 5_000 }), { step: "wait", ms: 9_000 });
});

test("at the end of a shard what is left runs at once", () => {
  assert.deepEqual(step({ waiting: of(1), batchWindowMs: 10_000, ended: true }), { step: "run", count: 1, window: undefined });
  assert.deepEqual(step({ ended: true }), { step: "end" });
  assert.deepEqual(step({}), { step: "wait" });
});

test("a batch is of one tumbling window, and a window ends with a later record, with its time, or with its shard", () => {
  const window = { startMs: 60_000, endMs: 120_000, state: {} };
  assert.deepEqual(step({ waiting: [held(61_000), held(119_999), held(120_000)], tumblingSeconds: 60, nowMs: 130_000 }), { step: "run", count: 2, window });
  assert.deepEqual(step({ waiting: [held(120_000)], window, tumblingSeconds: 60, nowMs: 130_000 }), { step: "close" });
  assert.deepEqual(step({ window, caughtUp: true, tumblingSeconds: 60, nowMs: 100_000 }), { step: "wait", ms: 21_000 });
  assert.deepEqual(step({ window, caughtUp: true, tumblingSeconds: 60, nowMs: 121_000 }), { step: "close" });
  assert.deepEqual(step({ window, tumblingSeconds: 60, nowMs: 121_000 }), { step: "wait" });
  assert.deepEqual(step({ window, ended: true, tumblingSeconds: 60, nowMs: 70_000 }), { step: "close" });
  // Late: it joins the window that is open.
  assert.deepEqual(step({ waiting: [held(10_000)], window, tumblingSeconds: 60, nowMs: 70_000 }), { step: "run", count: 1, window });
});
