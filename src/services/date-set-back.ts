// When people set the date back, what is planned for a date that had been reached is far away again, and what it was planned from is still to come.
// Real dates are not what this is for: where several processes have a clock each, one that is set right must not plan for the others.
import type { Clock } from "../kernel/clock.ts";
import type { Stores } from "../storage/stores.ts";

const LOOK_MS = 60_000;
/** Less is a clock being set right. */
const BACK_MS_MIN = 60_000;

/** Until the signal: `planAgain` for everything there is, each time the date was set back. Nobody drives the date of stores that several processes share. */
export async function whenSetBack({ clock, stores }: { clock: Clock; stores: Pick<Stores, "steps"> }, planAgain: () => Promise<void>, signal: AbortSignal): Promise<void> {
  if (!stores.steps) return;
  for (let latestMs = clock.now(); !signal.aborted;) {
    await clock.nextRound(LOOK_MS, signal).catch(() => undefined); // over at once when the date is moved
    const nowMs = clock.now();
    if (!signal.aborted && nowMs < latestMs - BACK_MS_MIN) await planAgain();
    latestMs = nowMs;
  }
}
