// Changes of a queue that is there: each reads, changes and writes as one step, with what must hold afterwards.
import type { Tx } from "../../storage/stores.ts";
import { indexDeadLetters } from "./dead-letter-index.ts";
import { queueDoesNotExist } from "./errors.ts";
import type { Parts } from "./parts.ts";
import { arnOf, keyOf, ownerByArn, type Queue, QUEUES } from "./queue.ts";
import { checkDeadLetterQueue } from "./redrive.ts";

/** Throws QueueDoesNotExist where the queue has gone meanwhile. Returns what is now. */
export async function changeQueue({ stores, clock }: Parts, { id, ...owner }: Queue, change: (queue: Queue) => Queue): Promise<Queue> {
  return stores.transaction(async (tx) => {
    const before = await tx.documents<Queue>(QUEUES).get(keyOf(owner));
    if (before?.id !== id) throw queueDoesNotExist();
    const after = { ...change(before), modifiedMs: clock.now() };
    if (after.redrive?.text !== before.redrive?.text) await checkTarget(tx, after);
    await tx.documents<Queue>(QUEUES).put(keyOf(owner), after);
    await indexDeadLetters(tx, before, after);
    return after;
  });
}

/** The dead-letter queue of a queue must be there, and let it. */
export async function checkTarget(tx: Tx, queue: Queue): Promise<void> {
  if (!queue.redrive) return;
  const owner = ownerByArn(queue.redrive.targetArn);
  const target = owner && (await tx.documents<Queue>(QUEUES).get(keyOf(owner)));
  checkDeadLetterQueue(queue.redrive, queue, arnOf(queue), target);
}

/** LastModifiedTimestamp is of attributes, not of tags. */
export async function changeTags(parts: Parts, queue: Queue, change: (tags: Record<string, string>) => Record<string, string>): Promise<void> {
  const changed = await parts.queues.update(keyOf(queue), (now) => ({ ...now, tags: change(now.tags) }));
  if (!changed) throw queueDoesNotExist();
}
