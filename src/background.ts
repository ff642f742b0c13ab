// Work that goes on behind the requests until the platform closes; started again, after a pause, when it fails.
import type { Clock } from "./kernel/clock.ts";
import type { Log } from "./kernel/log.ts";

const PAUSE_MS_FIRST = 100;
const PAUSE_MS_MAX = 30_000;
/** Work that ran this long before failing starts over with the short pause. */
const HEALTHY_MS = 60_000;

export interface Background {
  /** What was held runs from now on. */
  begin(): void;
  run(name: string, work: (signal: AbortSignal) => Promise<void>): void;
  /** Resolves when everything has stopped. */
  close(): Promise<void>;
}

/** `held`: nothing runs before `begin`. */
export function openBackground({ clock, log, held = false }: { clock: Clock; log: Log; held?: boolean }): Background {
  const stop = new AbortController();
  const running = new Set<Promise<void>>();
  let waiting: (() => void)[] | undefined = held ? [] : undefined;

  const keepRunning = async (name: string, work: (signal: AbortSignal) => Promise<void>) => {
    let pauseMs = PAUSE_MS_FIRST;
    while (!stop.signal.aborted) {
      const startedMs = clock.monotonicMs();
      try {
        await work(stop.signal);
        return;
      } catch (error) {
        if (stop.signal.aborted) return;
        if (clock.monotonicMs() - startedMs > HEALTHY_MS) pauseMs = PAUSE_MS_FIRST;
        log.error(`${name} failed; it starts again`, { error, pauseMs });
        await clock.sleep(pauseMs, stop.signal).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
      }
    }
  };

  const start = (name: string, work: (signal: AbortSignal) => Promise<void>): void => {
    const done = keepRunning(name, work).finally(() => running.delete(done));
    running.add(done);
  };

  return {
    begin() {
      const works = waiting ?? [];
      waiting = undefined;
      for (const begin of works) begin();
    },
    run(name, work) {
      if (waiting) waiting.push(() => start(name, work));
      else start(name, work);
    },
    async close() {
      stop.abort(new Error("the platform is closing"));
      await Promise.all(running);
    },
  };
}
