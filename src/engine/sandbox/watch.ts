// Looks at every sandbox that runs (frozen ones cost nothing) a few times a second: memory where it is not enforced exactly, /tmp where it has no size.
import type { Clock } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";

const PERIOD_MS = 250;

export interface Watch {
  add(check: () => Promise<void>): void;
  remove(check: () => Promise<void>): void;
}

export function openWatch(clock: Clock, log: Log): Watch {
  const checks = new Set<() => Promise<void>>();
  let ticking = false;
  const tick = async () => {
    for (const check of checks) await check().catch((cause) => log.error("a sandbox could not be watched", { cause }));
    ticking = checks.size > 0;
    if (ticking) clock.after(PERIOD_MS, tick);
  };
  return {
    add(check) {
      checks.add(check);
      if (ticking) return;
      ticking = true;
      clock.after(PERIOD_MS, tick);
    },
    remove: (check) => { checks.delete(check); },
  };
}
