// Sandboxes made before anyone needs them. Two kinds: with a managed runtime that has loaded its bootstrap and waits for a function
// (2-5 ms to a loaded handler instead of 50-80), and without any command yet, which saves a cold start the 10-20 ms of making one.
import type { Log } from "../kernel/log.ts";
import type { Clock } from "../kernel/clock.ts";
import { type FrameLink, frameLink } from "./frame-link.ts";
import type { RuntimeListener } from "./link.ts";
import type { Running } from "./sandbox/sandbox.ts";

export interface Spare {
  running: Running;
  link: FrameLink;
}

export interface Spares<T> {
  /** Undefined when none is ready; either way another one is started in the background. */
  take(key: string, start: () => Promise<Running>): T | undefined;
  /** How many exist. */
  count(): number;
  /** Gives up every spare, because environments need the room. */
  drop(): void;
  close(): Promise<void>;
}

export interface SparesOptions<T> {
  /** How many are kept ready under each key. */
  perKey: number;
  /** A key not used for so long is forgotten, and its spares with it. */
  idleMs: number;
  /** A spare being made competes with the environment being started for the CPU, so it waits until that is over. */
  refillAfterMs: number;
  clock: Clock;
  log: Log;
  room(): boolean;
  /** Waits until it is of use; when it fails, nothing of it may be left. */
  prepare(running: Running): Promise<T>;
}

interface Shelf<T> {
  ready: T[];
  starting: number;
  start: () => Promise<Running>;
  usedMs: number;
  failures: number;
}

/** A machine that cannot start a spare does not become one that can by trying for ever. */
const FAILURES_MAX = 3;

export function openSpares<T extends { running: Running; link?: FrameLink }>(options: SparesOptions<T>): Spares<T> {
  const { perKey, idleMs, refillAfterMs, clock, log, room, prepare } = options;
  const shelves = new Map<string, Shelf<T>>();
  const ending = new Set<Promise<void>>();
  const timers = new Set<() => void>();
  let closed = false;

  const end = (spare: T) => {
    const ended = discard(spare).catch((error) => log.error("A spare sandbox could not be taken away", { error })).finally(() => ending.delete(ended));
    ending.add(ended);
  };
  const later = (ms: number, work: () => void) => {
    const cancel = clock.after(ms, () => { timers.delete(cancel); work(); });
    timers.add(cancel);
  };
  const drop = (shelf: Shelf<T>) => { for (const spare of shelf.ready.splice(0)) end(spare); };

  function fill(key: string, shelf: Shelf<T>): void {
    if (closed || shelf.failures >= FAILURES_MAX || shelf.ready.length + shelf.starting >= perKey || !room()) return;
    shelf.starting++;
    const started = shelf.start().then(prepare).then(
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
        log.warn("A spare sandbox could not be started", { for: key, error });
      },
    ).finally(() => ending.delete(started));
    ending.add(started);
  }

  function expire(key: string, shelf: Shelf<T>): void {
    const idle = clock.monotonicMs() - shelf.usedMs;
    if (idle < idleMs) return later(idleMs - idle, () => expire(key, shelf));
    shelves.delete(key);
    drop(shelf);
  }

  return {
    take(key, start) {
      if (perKey === 0 || closed) return undefined;
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
      later(refillAfterMs, () => { if (shelves.get(key) === mine) fill(key, mine); });
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

/** Kills it and takes everything of it away. */
export async function discard({ running, link }: { running: Running; link?: FrameLink }): Promise<void> {
  link?.close();
  await running.kill();
  running.stdout.destroy();
  running.stderr.destroy();
  await running.dispose();
}

/** Resolves when the process has said hello. */
export async function greeted(running: Running): Promise<Spare> {
  const link = frameLink(running.channel!);
  const hello = new Promise<void>((resolve, reject) => {
    link.listen({ ...deafListener, hello: resolve, broken: (reason) => reject(new Error(reason)) });
    void running.exited.then((exit) => reject(new Error(`it exited with ${exit.signal ?? exit.code}`)));
  });
  try {
    await hello;
  } catch (error) {
    await discard({ running, link });
    throw error;
  }
  link.listen(deafListener);
  return { running, link };
}

/** Nothing a process says before it has a function means anything. */
const deafListener: RuntimeListener = {
  ready() {}, initError() {}, restoreNext: () => false, response: () => false, error: () => false, tooLarge() {}, streamStart: () => false, streamChunk: () => true, streamEnd() {}, log() {}, giveBack() {}, broken() {},
};
