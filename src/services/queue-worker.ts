// Works through one queue of a room until the signal: what falls due is held, renewed while it is worked on, and comes back if this process dies.
import type { Clock } from "../kernel/clock.ts";
import type { Ids } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { Received, Stores } from "../storage/stores.ts";

export interface WorkerParts {
  stores: Stores;
  clock: Clock;
  ids: Ids;
  log: Log;
}

/** How long a process that died keeps an item from the next one. */
const HELD_MS = 6_000;
const RETRY_MS = 5_000;
const RECEIVE_MAX = 50;

/**
 * `handle` takes the item off the queue, or gives it back with another due time, in the transaction of what it does; when it fails, the item
 * comes again in 5 seconds. With the signal nothing is waited for: what is still worked on is given back, and may be done once more.
 */
export async function workThrough({ stores, clock, ids, log }: WorkerParts, queue: string, atOnce: number, handle: (item: Received) => Promise<void>, signal: AbortSignal): Promise<void> {
  const held = new Map<string, Received>();
  const running = new Set<Promise<void>>();
  const receipt = ids.uuid(); // one for all, so that what is received again while it is worked on stays the same worker's
  const start = (item: Received) => {
    held.set(item.id, item);
    const stopRenewing = renew({ stores, clock, log }, queue, item);
    const done = handle(item)
      .catch(async (error: unknown) => {
        if (signal.aborted) return;
        log.error(`${queue}: an item failed; it is tried again`, { error });
        await stores.queues.hide(queue, item.id, item.receipt, clock.now() + RETRY_MS);
      })
      .catch((error: unknown) => log.error(`${queue}: an item could not be given back`, { error }))
      .finally(() => { stopRenewing(); running.delete(done); if (held.get(item.id) === item) held.delete(item.id); });
    running.add(done);
  };

  while (!signal.aborted) {
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    try {
      // Listening begins before looking, so that nothing sent in between is missed.
      const sent = stores.queues.wait(queue, either).catch(() => undefined);
      const nowMs = clock.now();
      const room = Math.min(atOnce - running.size, RECEIVE_MAX);
      const items = room > 0 ? await stores.queues.receive(queue, { nowMs, limit: room, hiddenUntilMs: nowMs + HELD_MS, receipt }) : [];
      // One whose time ran out, because this process stood still or the date was moved, is worked on already; one that was never received is another, sent in its place.
      for (const item of items) if (item.receives === 1 || !held.has(item.id)) start(item);
      if (items.length > 0) continue;
      const nextMs = room > 0 ? await stores.queues.nextDueMs(queue) : undefined;
      const due = nextMs === undefined ? [] : [clock.until(Math.max(nextMs, clock.now() + 1), either).catch(() => undefined)];
      await Promise.race([sent, ...due, ...(room > 0 ? [] : running)]);
    } finally {
      done.abort();
    }
  }
  // What is still worked on starts over in the next process, at once.
  for (const { id, receipt } of held.values()) await stores.queues.hide(queue, id, receipt, clock.now());
}

function renew({ stores, clock, log }: Pick<WorkerParts, "stores" | "clock" | "log">, queue: string, { id, receipt }: Received): () => void {
  let cancel = () => {};
  const again = () => {
    cancel = clock.after(HELD_MS / 2, () => {
      again();
      stores.queues.hide(queue, id, receipt, clock.now() + HELD_MS).catch((error: unknown) => log.warn(`${queue}: an item could not be held on to`, { error }));
    });
  };
  again();
  return () => cancel();
}
