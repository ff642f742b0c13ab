// Who waits for messages of a queue. One listener per queue, however many wait: what arrives wakes one of the callers, and one who found something
// wakes the next, so that a thousand idle consumers cost what one does. Everything here can be lost.
import type { Clock } from "../../kernel/clock.ts";
import type { Stores } from "../../storage/stores.ts";

export interface Turn {
  /** Resolves when it is worth looking again, at `untilMs` (of `monotonicMs`, because who waits does so by the machine's clock), or with the signal. */
  wait(untilMs: number, signal: AbortSignal): Promise<void>;
  /** `found`: there may be more for the next. */
  leave(found: boolean): void;
}

export interface Waiting {
  /** Undefined when too many wait already. Enter before looking, so that nothing is missed. */
  enter(queueId: string): Turn | undefined;
  /** Resolves at everything that may have made a message visible, or with the signal; for those who may not take what there is. */
  watch(queueId: string, signal: AbortSignal): Promise<void>;
  /** Something of this queue becomes visible then. */
  due(queueId: string, atMs: number): void;
  /** Something of this queue is to be looked at now: it was deleted. */
  wake(queueId: string): void;
}

/** After an error of the stores. */
const LOOK_AGAIN_MS = 1000;
/** In all queues together; each costs a connection of a caller as well. */
const WAITING_MAX = 10_000;

interface Place {
  /** Callers, who are woken one at a time, in order of coming. */
  turns: Set<{ woken: boolean; wake(): void }>;
  watchers: Set<() => void>;
  stop: AbortController;
  timer: { atMs: number; cancel(): void } | undefined;
}

export function openWaiting({ stores, clock, queueName }: { stores: Stores; clock: Clock; queueName(id: string): string }): Waiting {
  const places = new Map<string, Place>();
  let waiting = 0;

  const wakeOne = (place: Place): void => {
    for (const watcher of place.watchers) watcher();
    for (const turn of place.turns) {
      if (turn.woken) continue;
      turn.woken = true;
      turn.wake();
      return;
    }
  };

  const wakeAll = (place: Place): void => {
    for (const turn of [...place.turns]) {
      turn.woken = true;
      turn.wake();
    }
    for (const watcher of [...place.watchers]) watcher();
  };

  /** One timer, for the earliest; the next is looked up when it fires. */
  const setTimer = (queueId: string, place: Place, atMs: number): void => {
    if (place.stop.signal.aborted || (place.timer && place.timer.atMs <= atMs)) return;
    place.timer?.cancel();
    const cancel = clock.at(atMs, () => {
      place.timer = undefined;
      wakeOne(place);
      expectDue(queueId, place).catch(() => setTimer(queueId, place, clock.now() + LOOK_AGAIN_MS));
    });
    place.timer = { atMs, cancel };
  };

  const expectDue = async (queueId: string, place: Place): Promise<void> => {
    const dueMs = await stores.messages.nextDueMs(queueName(queueId), clock.now());
    if (dueMs !== undefined) setTimer(queueId, place, dueMs);
  };

  const listen = async (queueId: string, place: Place): Promise<void> => {
    const { signal } = place.stop;
    let sent = stores.messages.wait(queueName(queueId), signal);
    while (!signal.aborted) {
      await expectDue(queueId, place);
      await sent;
      if (signal.aborted) return;
      sent = stores.messages.wait(queueName(queueId), signal); // before anybody looks
      wakeOne(place);
    }
  };

  /** When listening fails, whoever waits looks for itself and meets the error, or does not. */
  const keepListening = (queueId: string, place: Place): void => {
    listen(queueId, place).catch(() => {
      wakeAll(place);
      if (!place.stop.signal.aborted) clock.after(LOOK_AGAIN_MS, () => keepListening(queueId, place));
    });
  };

  const placeOf = (queueId: string): Place => {
    let place = places.get(queueId);
    if (!place) {
      places.set(queueId, (place = { turns: new Set(), watchers: new Set(), stop: new AbortController(), timer: undefined }));
      keepListening(queueId, place);
    }
    return place;
  };

  const closeEmpty = (queueId: string, place: Place): void => {
    if (place.turns.size + place.watchers.size > 0 || places.get(queueId) !== place) return;
    places.delete(queueId);
    place.stop.abort();
    place.timer?.cancel();
  };

  return {
    enter(queueId) {
      if (waiting >= WAITING_MAX) return undefined;
      const place = placeOf(queueId);
      const turn = { woken: false, wake: () => {} };
      place.turns.add(turn);
      waiting++;
      return {
        async wait(untilMs, signal) {
          const { promise, resolve } = Promise.withResolvers<void>();
          turn.wake = resolve;
          if (turn.woken || signal.aborted) resolve();
          const cancel = clock.after(Math.max(untilMs - clock.monotonicMs(), 0), resolve);
          const gone = () => resolve();
          signal.addEventListener("abort", gone, { once: true });
          await promise;
          signal.removeEventListener("abort", gone);
          cancel();
          if (!signal.aborted) turn.woken = false; // else the wake is for the next
          place.turns.delete(turn);
          place.turns.add(turn); // to the end of the line
        },
        leave(found) {
          place.turns.delete(turn);
          waiting--;
          if (found || turn.woken) wakeOne(place);
          closeEmpty(queueId, place);
        },
      };
    },

    async watch(queueId, signal) {
      if (signal.aborted) return;
      const place = placeOf(queueId);
      const { promise, resolve } = Promise.withResolvers<void>();
      const done = () => resolve();
      place.watchers.add(done);
      signal.addEventListener("abort", done, { once: true });
      await promise;
      signal.removeEventListener("abort", done);
      place.watchers.delete(done);
      closeEmpty(queueId, place);
    },

    due(queueId, atMs) {
      const place = places.get(queueId);
      if (place) setTimer(queueId, place, atMs);
    },

    wake(queueId) {
      const place = places.get(queueId);
      if (place) wakeAll(place);
    },
  };
}
