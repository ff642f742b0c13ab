// The only source of time. Production uses the machine's clock; tests use one that moves when told to.

/**
 * Dates and durations are two things, because people can drive the date (clock-drivable.ts) and nothing makes a process run faster.
 * What AWS dates (a message's visibility, a retry, a schedule) goes by `now`, `at` and `until`; what protects or measures this machine
 * (timeouts, flushes, rates, long polls) by `after`, `sleep` and `monotonicMs`.
 */
export interface Clock {
  /** The date, in milliseconds since 1970 (may be a whole number or not; round before printing). It may stand still, go fast, or be set back. */
  now(): number;
  /** The date as other programs on this machine have it, whatever people have made of ours: for what those compare with their own clock. */
  machineNow(): number;
  /** A counter in milliseconds that never goes back; for measuring, never for dates. */
  monotonicMs(): number;
  /** Runs `work` once when `now()` is `dateMs`, at once if that is over; the answer cancels it. Early when the date is set back: who waits looks again. */
  at(dateMs: number, work: () => void): () => void;
  /** Resolves when `now()` is `dateMs`, as `at`; rejects with the signal's reason when aborted first. */
  until(dateMs: number, signal?: AbortSignal): Promise<void>;
  /** Runs `work` once after `ms`; the answer cancels it. Cheaper than `sleep` on hot paths. */
  after(ms: number, work: () => void): () => void;
  /** Resolves after `ms`; rejects with the signal's reason when aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** As `sleep`, and over at once when people have moved the date: for housekeeping, which goes round once however far that was. */
  nextRound(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Node's timers overflow past 2^31-1 ms, so longer waits are cut into pieces. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export function realClock(): Clock {
  const after = (ms: number, work: () => void): (() => void) => {
    const due = performance.now() + ms;
    let timer = setTimeout(function fire() {
      const left = due - performance.now();
      if (left > 1) timer = setTimeout(fire, Math.min(left, TIMER_MS_MAX));
      else work();
    }, Math.min(Math.max(ms, 0), TIMER_MS_MAX));
    return () => clearTimeout(timer);
  };
  const at = (dateMs: number, work: () => void): (() => void) => after(dateMs - Date.now(), work);
  return { now: () => Date.now(), machineNow: () => Date.now(), monotonicMs: () => performance.now(), at, until: waitWith(at), after, sleep: waitWith(after), nextRound: waitWith(after) };
}

export interface VirtualClock extends Clock {
  /** Moves time forward, firing everything that falls due in order, and lets pending work settle between. */
  advance(ms: number): Promise<void>;
}

export function virtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  let nowMs = startMs;
  let order = 0;
  let waiting: { due: number; order: number; work: () => void }[] = [];
  const after = (ms: number, work: () => void): (() => void) => {
    const entry = { due: nowMs + Math.max(ms, 0), order: order++, work };
    waiting.push(entry);
    return () => { waiting = waiting.filter((other) => other !== entry); };
  };
  const at = (dateMs: number, work: () => void): (() => void) => after(dateMs - nowMs, work);
  // A macrotask turn, several times: promise chains and storage commits started by a timer get to finish.
  const settle = async () => { for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve)); };
  return {
    now: () => nowMs,
    machineNow: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    at,
    until: waitWith(at),
    after,
    sleep: waitWith(after),
    nextRound: waitWith(after),
    async advance(ms) {
      const end = nowMs + ms;
      await settle();
      for (;;) {
        const next = waiting.filter((entry) => entry.due <= end).sort((a, b) => a.due - b.due || a.order - b.order)[0];
        if (!next) break;
        waiting = waiting.filter((entry) => entry !== next);
        nowMs = Math.max(nowMs, next.due);
        next.work();
        await settle();
      }
      nowMs = end;
      await settle();
    },
  };
}

/** A promise for what `begin` (one of a clock's) calls back for. */
export function waitWith(begin: (ms: number, work: () => void) => () => void): Clock["sleep"] {
  return (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => { cancel(); reject(signal!.reason); };
      const cancel = begin(ms, () => { signal?.removeEventListener("abort", onAbort); resolve(); });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
}
