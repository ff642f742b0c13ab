// Pre-warmed processes: a managed runtime that has loaded its bootstrap and waits for a function. Measured 2-5 ms to a loaded handler instead of 50-80.
import type { Log } from "../kernel/log.ts";
import type { Clock } from "../kernel/clock.ts";
import { type FrameLink, frameLink } from "./frame-link.ts";
import type { RuntimeListener } from "./link.ts";
import type { Running } from "./sandbox/sandbox.ts";

export interface Spare {
  running: Running;
  link: FrameLink;
}

export interface Spares {
  /** Undefined when none is ready; either way another one is started in the background. */
  take(key: string, start: () => Promise<Running>): Spare | undefined;
  /** How many processes exist. */
  count(): number;
  /** Gives up every spare, because environments need the room. */
  drop(): void;
  close(): Promise<void>;
}

interface Shelf {
  ready: Spare[];
  starting: number;
  start: () => Promise<Running>;
  usedMs: number;
  failures: number;
}

/** A machine that cannot start a spare does not become one that can by trying for ever. */
const FAILURES_MAX = 3;
/** A spare competes with the environment being started for the CPU, so it waits until that is over. */
const REFILL_AFTER_MS = 200;

export function openSpares(options: { perRuntime: number; idleMs: number; clock: Clock; log: Log; room: () => boolean }): Spares {
  const { perRuntime, idleMs, clock, log, room } = options;
  const shelves = new Map<string, Shelf>();
  const ending = new Set<Promise<void>>();
  const timers = new Set<() => void>();
  let closed = false;

  const end = ({ running, link }: Spare) => {
    link.close();
    const ended = running.kill().then(() => running.dispose()).catch((error) => log.error("A pre-warmed process could not be taken away", { error })).finally(() => ending.delete(ended));
    ending.add(ended);
  };
  const later = (ms: number, work: () => void) => {
    const cancel = clock.after(ms, () => { timers.delete(cancel); work(); });
    timers.add(cancel);
  };
  const drop = (shelf: Shelf) => { for (const spare of shelf.ready.splice(0)) end(spare); };

  function fill(key: string, shelf: Shelf): void {
    if (closed || shelf.failures >= FAILURES_MAX || shelf.ready.length + shelf.starting >= perRuntime || !room()) return;
    shelf.starting++;
    const started = startSpare(shelf.start).then(
      (spare) => {
        shelf.starting--;
        if (closed || shelves.get(key) !== shelf) return end(spare);
        shelf.failures = 0;
        shelf.ready.push(spare);
        void spare.running.exited.then(() => {
          const at = shelf.ready.indexOf(spare);
          if (at < 0) return;
          shelf.ready.splice(at, 1);
          end(spare);
        });
        fill(key, shelf);
      },
      (error) => {
        shelf.starting--;
        shelf.failures++;
        log.warn("A process could not be pre-warmed", { runtime: key, error });
      },
    ).finally(() => ending.delete(started));
    ending.add(started);
  }

  function expire(key: string, shelf: Shelf): void {
    const idle = clock.monotonicMs() - shelf.usedMs;
    if (idle < idleMs) return later(idleMs - idle, () => expire(key, shelf));
    shelves.delete(key);
    drop(shelf);
  }

  return {
    take(key, start) {
      if (perRuntime === 0 || closed) return undefined;
      let shelf = shelves.get(key);
      if (!shelf) {
        shelf = { ready: [], starting: 0, start, usedMs: 0, failures: 0 };
        shelves.set(key, shelf);
        later(idleMs, () => expire(key, shelf!));
      }
      shelf.usedMs = clock.monotonicMs();
      shelf.start = start;
      const spare = shelf.ready.pop();
      const mine = shelf;
      later(REFILL_AFTER_MS, () => { if (shelves.get(key) === mine) fill(key, mine); });
      return spare;
    },
    count: () => [...shelves.values()].reduce((sum, shelf) => sum + shelf.ready.length + shelf.starting, 0),
    drop() { for (const shelf of shelves.values()) drop(shelf); },
    async close() {
      closed = true;
      for (const cancel of timers) cancel();
      for (const shelf of shelves.values()) drop(shelf);
      while (ending.size) await Promise.allSettled(ending);
    },
  };
}

/** Resolves when the process has said hello. */
async function startSpare(start: () => Promise<Running>): Promise<Spare> {
  const running = await start();
  const link = frameLink(running.channel!);
  const hello = new Promise<void>((resolve, reject) => {
    link.listen({ ...deafListener, hello: resolve, broken: (reason) => reject(new Error(reason)) });
    void running.exited.then((exit) => reject(new Error(`it exited with ${exit.signal ?? exit.code}`)));
  });
  try {
    await hello;
  } catch (error) {
    link.close();
    await running.kill();
    await running.dispose();
    throw error;
  }
  link.listen(deafListener);
  return { running, link };
}

/** Nothing a process says before it has a function means anything. */
const deafListener: RuntimeListener = {
  ready() {}, initError() {}, response: () => false, error: () => false, tooLarge() {}, streamStart: () => false, streamChunk: () => true, streamEnd() {}, log() {}, broken() {},
};
