// Which queues have which dead-letter queue, so that nobody has to look through all queues: kept with every change of a queue, in its transaction.
import type { Documents, Stores } from "../../storage/stores.ts";
import { arnOf, type Queue } from "./queue.ts";

/** By the ARN of the dead-letter queue, a space, and the source's ARN. */
const INDEX = "sqs/dead-letter-source";

type From = { documents: Stores["documents"] };
const index = (from: From): Documents<object> => from.documents<object>(INDEX);

/** `before` and `after` are the same queue, or no queue. */
export async function indexDeadLetters(tx: From, before: Queue | undefined, after: Queue | undefined): Promise<void> {
  const idOf = (queue: Queue | undefined) => queue?.redrive && `${queue.redrive.targetArn} ${arnOf(queue)}`;
  const [old, now] = [idOf(before), idOf(after)];
  if (old === now) return;
  if (old !== undefined) await index(tx).delete(old);
  if (now !== undefined) await index(tx).put(now, {});
}

/** The ARNs of the sources, in order, from just after `after`. */
export async function deadLetterSources(stores: From, targetArn: string, limit: number, after?: string): Promise<string[]> {
  const prefix = `${targetArn} `;
  const rows = await index(stores).list({ prefix, limit, ...(after === undefined ? {} : { after: prefix + after }) });
  return rows.map(([id]) => id.slice(prefix.length));
}
