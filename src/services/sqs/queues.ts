// Queues made, found, listed, changed, emptied and deleted. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
import { LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import { DEFAULTS, differingAttribute, FIFO_DEFAULTS, showAttributes, withAttributes } from "./attributes.ts";
import { filled } from "./batch.ts";
import { changeQueue, checkTarget } from "./change.ts";
import { deadLetterSources, indexDeadLetters } from "./dead-letter-index.ts";
import { invalidFifoName, invalidMaxResults, invalidQueueName, invalidToken, purgeInProgress, queueDeletedRecently, queueDoesNotExist, queueNameExists } from "./errors.ts";
import { forgetMoveTasks } from "./move-tasks.ts";
import { messagesOf } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import { arnOf, isFifoName, isOwner, isStandardName, keyOf, type Owner, ownerByArn, type Queue, QUEUES, urlOf } from "./queue.ts";
import { removeMessages, unusedMessages } from "./removal.ts";
import { checkedTags } from "./tags.ts";

/** When queues were deleted, by their name. */
export const DELETED = "sqs/deleted";
export const DELETED_MS = 60_000;
const PURGE_MS = 60_000;
const PAGE_MAX = 1000;

export const queueOperations = (parts: Parts) => ({
  async CreateQueue(input, call) {
    const { QueueName: name, Attributes: given = {}, tags = {} } = input;
    const attributes = given as Record<string, string>;
    const owner: Owner = { account: call.account, region: call.region, name };
    const isFifo = attributes["FifoQueue"]?.toLowerCase() === "true"; // in any case: recorded
    if (isFifo && !isFifoName(name)) throw invalidFifoName();
    if (!isFifo && !isStandardName(name)) throw invalidQueueName();
    const nowMs = parts.clock.now();
    const settings = withAttributes({ ...DEFAULTS, ...(isFifo && { fifo: FIFO_DEFAULTS }) }, attributes);
    const made: Queue = { ...settings, ...owner, id: parts.ids.token(16, LOWER_ALPHANUMERIC), createdMs: nowMs, modifiedMs: nowMs, tags: checkedTags(name, {}, tags) };
    await parts.stores.transaction(async (tx) => {
      const queues = tx.documents<Queue>(QUEUES);
      const existing = await queues.get(keyOf(owner));
      if (existing) {
        const differing = differingAttribute(existing, attributes);
        if (differing !== undefined) throw queueNameExists(differing);
        return;
      }
      const deleted = await tx.documents<{ deletedMs: number }>(DELETED).get(keyOf(owner));
      if (deleted && nowMs < deleted.deletedMs + DELETED_MS) throw queueDeletedRecently();
      await checkTarget(tx, made);
      await queues.put(keyOf(owner), made);
      await indexDeadLetters(tx, undefined, made);
    });
    return { QueueUrl: urlOf(owner, call) };
  },

  async GetQueueUrl(input, call) {
    const owner: Owner = { account: input.QueueOwnerAWSAccountId ?? call.account, region: call.region, name: input.QueueName };
    if (!isOwner(owner)) throw queueDoesNotExist();
    await parts.lookup.admit(owner, call, "GetQueueUrl");
    if (!(await parts.queues.get(keyOf(owner)))) throw queueDoesNotExist();
    return { QueueUrl: urlOf(owner, call) };
  },

  async ListQueues(input, call) {
    const { limit, after } = readPage(input, /^[\w.-]{1,80}$/);
    if (!/^[\w.-]{0,80}$/.test(input.QueueNamePrefix ?? "")) return {}; // no name begins so
    const prefix = keyOf({ account: call.account, region: call.region, name: input.QueueNamePrefix ?? "" });
    const own = keyOf({ account: call.account, region: call.region, name: "" });
    const rows = await parts.queues.list({ prefix, limit: limit + 1, ...(after === undefined ? {} : { after: own + after }) });
    const shown = rows.slice(0, limit).map(([, queue]) => queue);
    // A token only for those who ask for pages: documented.
    const more = input.MaxResults !== undefined && rows.length > limit;
    return { QueueUrls: filled(shown.map((queue) => urlOf(queue, call))), ...(more && { NextToken: encodePageToken(shown.at(-1)!.name) }) };
  },

  async ListDeadLetterSourceQueues(input, call) {
    const queue = await parts.lookup.shared(input.QueueUrl, call, "ListDeadLetterSourceQueues");
    const { limit, after } = readPage(input, /^arn:[\w:.-]{1,200}$/);
    const arns = await deadLetterSources(parts.stores, arnOf(queue), limit + 1, after);
    const shown = arns.slice(0, limit);
    const more = input.MaxResults !== undefined && arns.length > limit;
    return { queueUrls: shown.map((arn) => urlOf(ownerByArn(arn)!, call)), ...(more && { NextToken: encodePageToken(shown.at(-1)!) }) };
  },

  async GetQueueAttributes(input, call) {
    const queue = await parts.lookup.shared(input.QueueUrl, call, "GetQueueAttributes");
    const shown = await showAttributes(queue, input.AttributeNames ?? [], () => parts.stores.messages.counts(messagesOf(queue.id), parts.clock.now()));
    return Object.keys(shown).length > 0 ? { Attributes: shown } : {};
  },

  async SetQueueAttributes(input, call) {
    const queue = await parts.lookup.own(input.QueueUrl, call, "SetQueueAttributes");
    await changeQueue(parts, queue, (now) => withAttributes(now, input.Attributes as Record<string, string>));
    return {};
  },

  async PurgeQueue(input, call) {
    const { id, ...owner } = await parts.lookup.shared(input.QueueUrl, call, "PurgeQueue");
    const nowMs = parts.clock.now();
    await parts.stores.transaction(async (tx) => {
      const queue = await tx.documents<Queue>(QUEUES).get(keyOf(owner));
      if (queue?.id !== id) throw queueDoesNotExist();
      if (queue.purgedMs !== undefined && nowMs < queue.purgedMs + PURGE_MS) throw purgeInProgress(queue.name);
      await tx.documents<Queue>(QUEUES).put(keyOf(owner), { ...queue, purgedMs: nowMs });
      await unusedMessages(tx).put(id, { sinceMs: nowMs });
    });
    await removeMessages(parts.stores, id);
    return {};
  },

  async DeleteQueue(input, call) {
    const owner = await parts.lookup.own(input.QueueUrl, call, "DeleteQueue");
    await deleteQueue(parts, owner);
    return {};
  },
}) satisfies Operations;

async function deleteQueue({ stores, clock, background, waiting, meters }: Parts, owner: Owner): Promise<void> {
  const nowMs = clock.now();
  const id = await stores.transaction(async (tx) => {
    const queue = await tx.documents<Queue>(QUEUES).get(keyOf(owner));
    if (!queue) throw queueDoesNotExist();
    await tx.documents<Queue>(QUEUES).delete(keyOf(owner));
    await indexDeadLetters(tx, queue, undefined);
    await forgetMoveTasks(tx, arnOf(queue));
    await tx.documents<object>(DELETED).put(keyOf(owner), { deletedMs: nowMs });
    await unusedMessages(tx).put(queue.id, { sinceMs: nowMs, queueGone: true });
    return queue.id;
  });
  meters.forget(id);
  waiting.wake(id);
  background(`sqs: removing the messages of ${owner.name}`, () => removeMessages(stores, id));
}

function readPage({ MaxResults, NextToken }: { MaxResults?: number | undefined; NextToken?: string | undefined }, form: RegExp): { limit: number; after?: string } {
  if (MaxResults !== undefined && !(MaxResults >= 1 && MaxResults <= PAGE_MAX)) throw invalidMaxResults(MaxResults);
  const limit = MaxResults ?? PAGE_MAX;
  if (!NextToken) return { limit };
  const after = decodePageToken(NextToken);
  if (after === undefined || !form.test(after)) throw invalidToken();
  return { limit, after };
}
