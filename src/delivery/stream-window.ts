// Tumbling windows: records of one stretch of time, and the state that a function hands from one invocation to the next. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html

export interface OpenWindow {
  startMs: number;
  /** Exclusive. */
  endMs: number;
  /** What the function answered last; {} at the beginning. */
  state: object;
}

/** "Your state can be a maximum of 1 MB per shard. If it exceeds that size, Lambda terminates the window early." */
export const STATE_BYTES_MAX = 1_048_576;
/** A record that was written just before the end is given this long to be read. */
export const WINDOW_GRACE_MS = 1_000;

/** The window a record belongs to, by when the stream received it. */
export function windowAt(arrivedMs: number, seconds: number): OpenWindow {
  const lengthMs = seconds * 1000;
  const startMs = Math.floor(arrivedMs / lengthMs) * lengthMs;
  return { startMs, endMs: startMs + lengthMs, state: {} };
}

/** `event` with what a function sees of its window. `end`: "final" when the window is over, "early" when its state became too large. */
export function inWindow(event: object, { startMs, endMs, state }: OpenWindow, { shardId, streamArn, end }: { shardId: string; streamArn: string; end?: "final" | "early" }): object {
  return {
    ...event,
    window: { start: time(startMs), end: time(endMs) }, state, shardId, eventSourceARN: streamArn,
    // Both are said of a window that ends early: a function that stores its result when told that it is final then loses nothing. Nowhere documented.
    isFinalInvokeForWindow: end !== undefined, isWindowTerminatedEarly: end === "early",
  };
}

/** "2020-07-30T17:00:00Z", as in the guide's events. */
const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
