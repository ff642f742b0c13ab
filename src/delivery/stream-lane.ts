// What one lane of a shard does next: run a batch, close a tumbling window, or wait. Records of one key are of one lane. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
import { LAMBDA } from "../kernel/limits.ts";
import type { Held } from "./stream-batch.ts";
import { type OpenWindow, WINDOW_GRACE_MS, windowAt } from "./stream-window.ts";

/** All there is to decide by. */
export interface LaneView {
  /** In order. */
  waiting: Held[];
  /** Nothing comes any more: the shard is read to its end. */
  ended: boolean;
  /** Everything in the shard has been read, as far as is known. */
  caughtUp: boolean;
  window: OpenWindow | undefined;
  batchSize: number;
  batchWindowMs: number;
  windowFromFirst: boolean;
  tumblingSeconds: number;
  /** When the last invocation ended, and when the first that waits was read; of a clock that never goes back. */
  sinceMs: number;
  firstMs: number;
  monotonicMs: number;
  nowMs: number;
}

export type LaneStep =
  | { step: "run"; count: number; window: OpenWindow | undefined }
  | { step: "close" }
  /** Without `ms`: until something is read. */
  | { step: "wait"; ms?: number }
  | { step: "end" };

/** What an event has beside its records; and the comma after each. */
const ENVELOPE_BYTES = 512;

export function nextStep(view: LaneView): LaneStep {
  const { waiting, ended, window, nowMs } = view;
  const [first] = waiting;
  const overMs = window ? window.endMs + WINDOW_GRACE_MS - nowMs : Infinity;
  const isOver = window !== undefined && (ended || (view.caughtUp && overMs <= 0));
  if (!first) {
    if (isOver) return { step: "close" };
    if (ended) return { step: "end" };
    // Over, but not known to be read to its end: who reads it says when it is.
    return window && overMs > 0 ? { step: "wait", ms: overMs } : { step: "wait" };
  }
  if (window && first.item.arrivedMs >= window.endMs) return { step: "close" };
  // A record that comes late is of the window that is open.
  const opened = window ?? (view.tumblingSeconds > 0 ? windowAt(first.item.arrivedMs, view.tumblingSeconds) : undefined);
  const { count, full } = fitting(view, opened);
  const leftMs = deadlineMs(view) - view.monotonicMs;
  if (full || ended || isOver || leftMs <= 0) return { step: "run", count, window: opened };
  return { step: "wait", ms: window && overMs > 0 ? Math.min(leftMs, overMs) : leftMs };
}

/** How many of those that wait are a batch: so many, 6 MB, or those of one tumbling window. `full` when more would not be of it. */
function fitting({ waiting, batchSize }: LaneView, window: OpenWindow | undefined): { count: number; full: boolean } {
  let bytes = ENVELOPE_BYTES; // with a large state a batch may become too large; it is halved then
  let count = 0;
  for (const { item, bytes: more } of waiting) {
    if (count === batchSize) return { count, full: true };
    if (count > 0 && bytes + more + 1 > LAMBDA.syncPayloadBytesMax) return { count, full: true };
    if (window && item.arrivedMs >= window.endMs) return { count, full: true };
    bytes += more + 1;
    count++;
  }
  return { count, full: count === batchSize };
}

/** The end of the batch window in which the first of those that wait was read. The next window begins when the invocation before it has ended. */
function deadlineMs({ batchWindowMs, windowFromFirst, sinceMs, firstMs }: LaneView): number {
  if (batchWindowMs === 0) return -Infinity;
  if (windowFromFirst) return firstMs + batchWindowMs;
  return sinceMs + (Math.floor(Math.max(0, firstMs - sinceMs) / batchWindowMs) + 1) * batchWindowMs;
}
