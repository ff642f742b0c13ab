// DeleteMessage and ChangeMessageVisibility, single and in batches. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
import type { BatchResultErrorEntry } from "@aws-sdk/client-sqs";
import type { MessageQueues } from "../../storage/stores.ts";
import { VISIBILITY_SECONDS_MAX } from "./attributes.ts";
import { checkEntries, failedEntry, filled } from "./batch.ts";
import { missingParameter } from "./errors.ts";
import { inGroupOrder } from "./group-order.ts";
import { beyondTwelveHours, handleExpired, handleInvalid, invalidTimeout, notAvailable } from "./message-errors.ts";
import { messagesOf } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import type { Queue } from "./queue.ts";
import { readReceipt } from "./receipts.ts";

type Messages = Pick<MessageQueues, "delete" | "hide" | "state">;

/** What is already deleted, or with somebody else by now, is no error. */
async function remove(messages: Messages, queue: Queue, handle: string, nowMs: number): Promise<void> {
  const receipt = readReceipt(queue.id, handle);
  if (!receipt) throw handleInvalid(handle);
  const { sequence } = receipt;
  // A FIFO message may have been passed by once its time is over (recorded); in standard queues the handle stays good.
  if (queue.fifo && (await messages.state(messagesOf(queue.id), sequence, receipt.receipt, nowMs)) === "over") throw handleExpired(handle);
  await messages.delete(messagesOf(queue.id), sequence, receipt.receipt);
}

async function hide(messages: Messages, queue: Queue, handle: string, seconds: number, nowMs: number): Promise<void> {
  const receipt = readReceipt(queue.id, handle);
  if (!receipt) throw handleInvalid(handle);
  const dueMs = nowMs + seconds * 1000;
  if (dueMs > receipt.receivedMs + VISIBILITY_SECONDS_MAX * 1000) throw beyondTwelveHours(seconds);
  const name = messagesOf(queue.id);
  if (await messages.hide(name, receipt.sequence, receipt.receipt, { nowMs, dueMs })) return;
  // Once its time is over there is nothing to change, and no error (recorded); what is deleted is one.
  if ((await messages.state(name, receipt.sequence, receipt.receipt, nowMs)) === undefined) throw notAvailable(handle);
}

function checkTimeout(seconds: number | undefined): number {
  if (seconds === undefined) throw missingParameter("VisibilityTimeout");
  if (!(Number.isInteger(seconds) && seconds >= 0 && seconds <= VISIBILITY_SECONDS_MAX)) throw invalidTimeout(seconds);
  return seconds;
}

interface Entry { Id?: string | undefined; ReceiptHandle?: string | undefined }

/** One transaction for all; one entry's refusal, which comes before anything of it is changed, leaves the others. */
async function each<E extends Entry>(parts: Parts, queue: Queue, entries: E[], work: (messages: Messages, entry: E) => Promise<void>) {
  const ordered = inGroupOrder(entries, ({ ReceiptHandle }) => readReceipt(queue.id, ReceiptHandle!)?.group);
  return parts.stores.transaction(async (tx) => {
    const refused = new Map<E, BatchResultErrorEntry>();
    for (const entry of ordered) {
      try {
        await work(tx.messages, entry);
      } catch (error) {
        refused.set(entry, failedEntry(entry.Id!, error));
      }
    }
    return { done: entries.filter((entry) => !refused.has(entry)).map(({ Id }) => ({ Id: Id! })), failed: entries.flatMap((entry) => refused.get(entry) ?? []) };
  });
}

export const finishing = (parts: Parts) => ({
  async DeleteMessage(input, call) {
    const queue = await parts.lookup.shared(input.QueueUrl, call, "DeleteMessage");
    await remove(parts.stores.messages, queue, input.ReceiptHandle, parts.clock.now());
    parts.meters.of(queue).NumberOfMessagesDeleted(1);
    return {};
  },

  async DeleteMessageBatch(input, call) {
    const queue = await parts.lookup.shared(input.QueueUrl, call, "DeleteMessage");
    checkEntries(input.Entries, "DeleteMessageBatchRequestEntry");
    const nowMs = parts.clock.now();
    const { done, failed } = await each(parts, queue, input.Entries, (messages, entry) => remove(messages, queue, entry.ReceiptHandle!, nowMs));
    if (done.length > 0) parts.meters.of(queue).NumberOfMessagesDeleted(done.length);
    return { Successful: filled(done), Failed: filled(failed) };
  },

  async ChangeMessageVisibility(input, call) {
    const queue = await parts.lookup.shared(input.QueueUrl, call, "ChangeMessageVisibility");
    const seconds = checkTimeout(input.VisibilityTimeout);
    const nowMs = parts.clock.now();
    await hide(parts.stores.messages, queue, input.ReceiptHandle, seconds, nowMs);
    parts.waiting.due(queue.id, nowMs + seconds * 1000);
    return {};
  },

  async ChangeMessageVisibilityBatch(input, call) {
    const queue = await parts.lookup.shared(input.QueueUrl, call, "ChangeMessageVisibility");
    checkEntries(input.Entries, "ChangeMessageVisibilityBatchRequestEntry");
    const nowMs = parts.clock.now();
    const { done, failed } = await each(parts, queue, input.Entries, (messages, entry) => hide(messages, queue, entry.ReceiptHandle!, checkTimeout(entry.VisibilityTimeout), nowMs));
    for (const { VisibilityTimeout = 0 } of input.Entries) parts.waiting.due(queue.id, nowMs + VisibilityTimeout * 1000);
    return { Successful: filled(done), Failed: filled(failed) };
  },
}) satisfies Operations;
