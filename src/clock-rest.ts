// When what a moved clock has begun has come to rest: stored work was received, and what runs by itself has ended, or takes too long to wait for.
import type { Clock } from "./kernel/clock.ts";
import type { Stores } from "./storage/stores.ts";

export interface RestParts {
  stores: Required<Pick<Stores, "steps">>;
  clock: Clock;
  /** Functions or stored work are running. */
  isBusy(): boolean;
}

/** A promise chain takes many of these between two steps of the stores, never this many. */
const QUIET_TURNS = 16;
/** For what runs: long enough for a cold start of any language. What still runs then is begun, and not waited for again until it has ended. */
const PATIENCE_MS = 5_000;
/** Most of what runs ends within as many; a timer of a millisecond takes more than one. */
const BUSY_TURNS = 64;
/** For the stores alone: others may be using them without a pause. */
const STORES_MS_MAX = 1_000;

/** For one move of the clock, which may take until `endMs` (of monotonicMs): false once that is over. */
export function openRest({ stores, clock, isBusy }: RestParts, endMs: () => number): () => Promise<boolean> {
  let patienceMs = PATIENCE_MS;
  return async () => {
    let storesMs = STORES_MS_MAX;
    let steps = stores.steps();
    let busyTurns = 0;
    for (let quiet = 0; quiet < QUIET_TURNS && storesMs > 0;) {
      const nowMs = clock.monotonicMs();
      if (nowMs > endMs()) return false;
      const busy = isBusy();
      if (!busy) patienceMs = PATIENCE_MS;
      if (busy && patienceMs > 0) {
        await (busyTurns++ < BUSY_TURNS ? new Promise(setImmediate) : clock.sleep(1));
        patienceMs -= clock.monotonicMs() - nowMs;
        quiet = 0;
      } else {
        await new Promise(setImmediate);
        storesMs -= clock.monotonicMs() - nowMs;
        quiet++;
      }
      const now = stores.steps();
      if (now !== steps) quiet = 0;
      steps = now;
    }
    return true;
  };
}
