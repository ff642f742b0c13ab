// Waiting for somebody to say that there is something to look at again.
import type { Clock } from "../kernel/clock.ts";

export interface Bell {
  /** Rung while nobody waits, it is heard by who waits next. */
  ring(): void;
  /** Resolves when it is rung, after `ms`, or with the signal. One waits at a time. */
  wait(signal: AbortSignal, ms?: number): Promise<void>;
}

export function openBell(clock: Clock): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    wait: (signal, ms) => new Promise((resolve) => {
      const done = (): void => {
        cancel?.();
        signal.removeEventListener("abort", done);
        wake = undefined;
        rung = false;
        resolve();
      };
      const cancel = ms === undefined || rung ? undefined : clock.after(ms, done);
      if (rung || signal.aborted) return done();
      wake = done;
      signal.addEventListener("abort", done, { once: true });
    }),
  };
}
