// Finishes creating and updating: the change and a queue item are one transaction, so a crash in between is made good at the next start.
import type { Clock } from "../../kernel/clock.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import { FUNCTIONS, type LambdaFunction, settled, type Version } from "./function.ts";
import { isSnapshot } from "./snap-start.ts";
import { beginSnapshot } from "./snapshots.ts";
import { VERSIONS } from "./version.ts";

const QUEUE = "lambda/transitions";
/** How long a worker that died keeps an item from the next one. */
const HELD_MS = 5_000;

interface Transition {
  id: string;
  /** The revision that is to become active; a function deleted and made anew has another. */
  revisionId: string;
  /** The document of the version that is published along. */
  versionId?: string;
}

export async function beginTransition(tx: Tx, transition: Transition, nowMs: number): Promise<void> {
  await tx.queues.send(QUEUE, { id: transition.revisionId, body: JSON.stringify(transition), dueMs: nowMs });
}

export async function finishTransitions({ stores, clock, ids }: { stores: Stores; clock: Clock; ids: Ids }, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    try {
      // Listening begins before looking, so that nothing sent in between is missed.
      const sent = stores.queues.wait(QUEUE, either).catch(() => undefined);
      const receipt = ids.uuid();
      const nowMs = clock.now();
      const items = await stores.queues.receive(QUEUE, { nowMs, limit: 10, hiddenUntilMs: nowMs + HELD_MS, receipt });
      for (const item of items) await finish(stores, ids, nowMs, JSON.parse(item.body) as Transition, item.id, receipt);
      if (items.length) continue;
      const nextMs = await stores.queues.nextDueMs(QUEUE);
      const due = nextMs === undefined ? [] : [clock.sleep(Math.max(nextMs - clock.now(), 1), either).catch(() => undefined)];
      await Promise.race([sent, ...due]);
    } finally {
      done.abort();
    }
  }
}

async function finish(stores: Stores, ids: Ids, nowMs: number, { id, revisionId, versionId }: Transition, itemId: string, receipt: string): Promise<void> {
  const [next, nextOfVersion] = [ids.uuid(), ids.uuid()];
  await stores.transaction(async (tx) => {
    await tx.documents<LambdaFunction>(FUNCTIONS).update(id, (fn) => (fn.revisionId === revisionId ? settled(fn, next) : fn));
    if (versionId !== undefined) {
      const version = await tx.documents<Version>(VERSIONS).update(versionId, (each) => (each.state === "Pending" && !isSnapshot(each) ? settled(each, nextOfVersion) : each));
      if (version?.state === "Pending") await beginSnapshot(tx, versionId, version, nowMs);
    }
    await tx.queues.finish(QUEUE, itemId, receipt);
  });
}
