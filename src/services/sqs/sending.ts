// SendMessage and SendMessageBatch. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
import type { SendMessageBatchRequestEntry, SendMessageBatchResultEntry } from "@aws-sdk/client-sqs";
import type { Call } from "../../kernel/call.ts";
import { MESSAGE_BYTES_MAX } from "./attributes.ts";
import { checkEntries, failedEntry, filled } from "./batch.ts";
import { attributesBytes, readAttributes } from "./message-attributes.ts";
import { batchTooLong, deduplicationMissing, entryTooLong, groupMissingInBatch, messageTooLong } from "./message-errors.ts";
import type { Operations, Parts } from "./parts.ts";
import type { Queue } from "./queue.ts";
import { countSent, type Prepared, prepare, sendingOrder, store } from "./send.ts";

const senderOf = ({ principal, traceId }: Call) => ({ id: principal.userId, trace: traceId });

export const sending = (parts: Parts) => ({
  async SendMessage(input, call) {
    const queue = await parts.lookup.shared(input.QueueUrl, call, "SendMessage");
    const prepared = prepare(parts, queue, input, senderOf(call), messageTooLong);
    const sent = await store(parts.stores.messages, queue, prepared);
    countSent(parts, queue, prepared.bytes);
    return sent;
  },

  async SendMessageBatch(input, call) {
    const queue = await parts.lookup.shared(input.QueueUrl, call, "SendMessage");
    checkEntries(input.Entries, "SendMessageBatchRequestEntry");
    checkWhole(queue, input.Entries);
    const good: { id: string; prepared: Prepared }[] = [];
    const failed = [];
    for (const entry of input.Entries) {
      try {
        good.push({ id: entry.Id!, prepared: prepare(parts, queue, entry, senderOf(call), entryTooLong) });
      } catch (error) {
        failed.push(failedEntry(entry.Id!, error));
      }
    }
    const successful: SendMessageBatchResultEntry[] = good.length === 0 ? [] : await parts.stores.transaction(async (tx) => {
      const sent = new Map<string, SendMessageBatchResultEntry>();
      for (const { id, prepared } of sendingOrder(parts.stores, good, ({ prepared: { message } }) => message.group)) sent.set(id, { Id: id, ...(await store(tx.messages, queue, prepared)) });
      return good.map(({ id }) => sent.get(id)!);
    });
    for (const { prepared } of good) countSent(parts, queue, prepared.bytes);
    return { Successful: filled(successful), Failed: filled(failed) };
  },
}) satisfies Operations;

/** What refuses the batch as a whole (recorded). */
function checkWhole({ fifo }: Queue, entries: SendMessageBatchRequestEntry[]): void {
  if (fifo && !fifo.contentBased && entries.some(({ MessageDeduplicationId }) => !MessageDeduplicationId)) throw deduplicationMissing();
  if (fifo && entries.some(({ MessageGroupId }) => !MessageGroupId)) throw groupMissingInBatch();
  const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
  if (bytes > MESSAGE_BYTES_MAX) throw batchTooLong(MESSAGE_BYTES_MAX, bytes);
}

/** An entry that is refused by itself counts with its body alone. */
function entryBytes({ MessageBody, MessageAttributes }: SendMessageBatchRequestEntry): number {
  const body = Buffer.byteLength(MessageBody ?? "");
  try {
    const attributes = readAttributes(MessageAttributes);
    return attributes ? body + attributesBytes(attributes) : body;
  } catch {
    return body;
  }
}
