// Messages of deleted queues, and of purges: removed in steps behind the answer, and taken up again at the next start.
import type { Documents, Stores } from "../../storage/stores.ts";
import { messagesOf } from "./names.ts";

interface Unused {
  sinceMs: number;
  /** Set when the queue itself is gone: what was on its way to it meanwhile is removed a minute later. */
  queueGone?: true;
}

/** Documents by the id of the queue. */
const UNUSED = "sqs/unused-messages";
/** The last of what was on its way when a queue was deleted has arrived by then. */
const STRAGGLERS_MS = 60_000;

export const unusedMessages = (from: { documents: Stores["documents"] }): Documents<Unused> => from.documents<Unused>(UNUSED);

/** All that was there; a purged queue lives on. */
export async function removeMessages(stores: Stores, queueId: string): Promise<void> {
  await stores.messages.deleteAll(messagesOf(queueId));
  await forgetUnless(stores, queueId, (left) => left.queueGone === true);
}

/** As one step, because the queue may be deleted after a purge of it has begun. */
const forgetUnless = (stores: Stores, queueId: string, stays: (left: Unused) => boolean): Promise<void> => stores.transaction(async (tx) => {
  const left = await unusedMessages(tx).get(queueId);
  if (left && !stays(left)) await unusedMessages(tx).delete(queueId);
});

/** What a process that ended left, and what arrived at queues that were being deleted. */
export async function removeLeftMessages(stores: Stores, nowMs: number): Promise<void> {
  for (const [queueId, { sinceMs, queueGone }] of await unusedMessages(stores).list({ limit: 1000 })) {
    if (queueGone && nowMs < sinceMs + STRAGGLERS_MS) continue;
    await stores.messages.deleteAll(messagesOf(queueId));
    await forgetUnless(stores, queueId, (left) => left.sinceMs > sinceMs);
  }
}
