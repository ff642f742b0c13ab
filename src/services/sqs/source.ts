// Queues as Lambda polls them. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html (the event), services-sqs-configure.html (permissions)
import { parseEvent } from "../../patterns/numbers.ts";
import type { QueueItem, QueueSource } from "../../ports/sources.ts";
import type { MessageQueues } from "../../storage/stores.ts";
import { queueDoesNotExist } from "./errors.ts";
import { inGroupOrder } from "./group-order.ts";
import { systemAttributes, type Taken } from "./message.ts";
import type { StoredAttributes } from "./message-attributes.ts";
import { messagesOf } from "./names.ts";
import { partsOf } from "./parts.ts";
import { arnOf, type Queue } from "./queue.ts";
import { readReceipt, writeReceipt } from "./receipts.ts";
import type { RoomPorts } from "../service.ts";
import type { Batch } from "./take.ts";

/** Finished or given back in one transaction. */
const AT_ONCE = 100;
/** Read in one go; a batch of 10,000 takes several. */
const RECEIVED_MAX = 1000;

export function queueSource(ports: RoomPorts): QueueSource {
  const parts = partsOf(ports);
  const { lookup, take, stores, clock, waiting, meters } = parts;
  const entering = new Set<Promise<unknown>>();
  const found = async (arn: string): Promise<Queue> => {
    const queue = await lookup.byArn(arn);
    if (!queue) throw queueDoesNotExist();
    return queue;
  };
  /** A queue that is gone has nothing left to do this to. */
  const each = async (arn: string, items: QueueItem[], work: (messages: Pick<MessageQueues, "delete" | "hide">, name: string, sequence: number, receipt: string) => Promise<boolean>): Promise<Queue | undefined> => {
    const queue = await lookup.byArn(arn);
    if (!queue) return undefined;
    const receipts = inGroupOrder(items.map(({ receipt }) => readReceipt(queue.id, receipt)).filter((receipt) => receipt !== undefined), ({ group }) => group);
    for (let from = 0; from < receipts.length; from += AT_ONCE) {
      await stores.transaction(async (tx) => {
        for (const { sequence, receipt } of receipts.slice(from, from + AT_ONCE)) await work(tx.messages, messagesOf(queue.id), sequence, receipt);
      });
    }
    return queue;
  };
  return {
    kind: "queue",
    service: "sqs",
    actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    filterable: (record) => ({ ...record, body: decoded((record as { body: string }).body) }),
    toEvent: (_arn, records) => ({ Records: records }),

    async describe(arn) {
      const queue = await lookup.byArn(arn);
      return queue && { ordered: queue.fifo !== undefined, hiddenSeconds: queue.visibilitySeconds };
    },

    async receive(arn, { limit, hiddenSeconds }) {
      if (entering.size > 0) await Promise.all(entering); // who began to wait before this hears of whatever comes after
      const queue = await found(arn);
      const batch = await take(queue, { limit: Math.min(limit, RECEIVED_MAX), hiddenMs: hiddenSeconds * 1000, refuseOverLimit: false });
      return batch.taken.map((one) => itemOf(queue, one, batch));
    },

    async wait(arn, signal) {
      const entered = lookup.byArn(arn).then((queue) => ({ woken: queue ? waiting.watch(queue.id, signal) : undefined })).finally(() => entering.delete(entered));
      entering.add(entered);
      await (await entered).woken;
    },

    async done(arn, items) {
      const queue = await each(arn, items, (messages, name, sequence, receipt) => messages.delete(name, sequence, receipt));
      if (queue) meters.of(queue).NumberOfMessagesDeleted(items.length);
    },

    async hide(arn, items, seconds) {
      const nowMs = clock.now();
      const dueMs = nowMs + seconds * 1000;
      const queue = await each(arn, items, (messages, name, sequence, receipt) => messages.hide(name, sequence, receipt, { nowMs, dueMs }));
      if (queue) waiting.due(queue.id, dueMs);
    },
  };
}

/** Filters see into a body that is JSON. */
function decoded(body: string): unknown {
  try {
    return parseEvent(body);
  } catch {
    return body;
  }
}

function itemOf(queue: Queue, one: Taken, { receipt, receivedMs }: Batch): QueueItem {
  const { head, body, received } = one;
  const handle = writeReceipt(queue.id, { ...received, receipt, receivedMs });
  const record = {
    messageId: head.id,
    receiptHandle: handle,
    body,
    attributes: systemAttributes(one, queue.fifo !== undefined),
    messageAttributes: lowerAttributes(head.attributes ?? {}),
    ...(head.attributesMd5 !== undefined && { md5OfMessageAttributes: head.attributesMd5 }), // absent without attributes (recorded)
    md5OfBody: head.bodyMd5,
    eventSource: "aws:sqs",
    eventSourceARN: arnOf(queue),
    awsRegion: queue.region,
  };
  return { id: head.id, receipt: handle, record, ...(head.trace !== undefined && { traceHeader: head.trace }) };
}

const lowerAttributes = (attributes: StoredAttributes): object =>
  Object.fromEntries(Object.entries(attributes).map(([name, { type, text, binary }]) => [name, { ...(text === undefined ? { binaryValue: binary } : { stringValue: text }), stringListValues: [], binaryListValues: [], dataType: type }]));
