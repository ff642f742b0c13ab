// Looks at every sandbox that runs (frozen ones cost nothing) a few times a second: memory where it is not enforced exactly, /tmp where it has no size.
import type { Clock } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";

const PERIOD_MS = 250;
/** For those that are close to their memory. */
const CLOSE_PERIOD_MS = 25;

/** Answers "close" when it wants to be asked again soon. */
export type Check = () => Promise<"close" | undefined>;

export interface Watch {
  add(check: Check): void;
  remove(check: Check): void;
}

export function openWatch(clock: Clock, log: Log): Watch {
  const checks = new Map<Check, "close" | undefined>();
  let ticking = false;
  let sinceAllMs = 0;
  const wait = () => {
    const periodMs = [...checks.values()].includes("close") ? CLOSE_PERIOD_MS : PERIOD_MS;
    sinceAllMs += periodMs;
    clock.after(periodMs, tick);
  };
  const tick = async () => {
    const all = sinceAllMs >= PERIOD_MS;
    if (all) sinceAllMs = 0;
    for (const [check, last] of checks) {
      if (!all && !last) continue;
      const now = await check().catch((cause) => { log.error("a sandbox could not be watched", { cause }); return undefined; });
      if (checks.has(check)) checks.set(check, now);
    }
    ticking = checks.size > 0;
    if (ticking) wait();
  };
  return {
    add(check) {
      checks.set(check, undefined);
      if (ticking) return;
      ticking = true;
      wait();
    },
    remove: (check) => { checks.delete(check); },
  };
}
