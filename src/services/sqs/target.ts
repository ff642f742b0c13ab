// Queues as where others deliver: destinations and dead letters of functions, subscriptions, rules. Whether the sender may was asked before.
import type { Sender, Target, TargetMessage } from "../../ports/targets.ts";
import { queueDoesNotExist } from "./errors.ts";
import { messageTooLong } from "./message-errors.ts";
import { partsOf } from "./parts.ts";
import type { Queue } from "./queue.ts";
import type { RoomPorts } from "../service.ts";
import { countSent, type Outgoing, type Prepared, prepare, sendingOrder, store } from "./send.ts";

export const queueTarget = (ports: RoomPorts): Target => {
  const parts = partsOf(ports);
  const prepareAll = async (arn: string, messages: TargetMessage[], from: Sender): Promise<{ queue: Queue; prepared: Prepared[] }> => {
    const queue = await parts.lookup.byArn(arn);
    if (!queue) throw queueDoesNotExist();
    return { queue, prepared: messages.map((message) => prepare(parts, queue, outgoing(message, queue.fifo !== undefined), { id: from.account, trace: message.traceId }, messageTooLong)) };
  };
  return {
    service: "sqs",
    exists: async (arn) => (await parts.lookup.byArn(arn)) !== undefined,
    async deliver(arn, message, from) {
      const { queue, prepared: [only] } = await prepareAll(arn, [message], from);
      await store(parts.stores.messages, queue, only!);
      countSent(parts, queue, only!.bytes);
    },
    async deliverAll(arn, messages, from) {
      const { queue, prepared } = await prepareAll(arn, messages, from);
      await parts.stores.transaction(async (tx) => { for (const one of sendingOrder(parts.stores, prepared, ({ message }) => message.group)) await store(tx.messages, queue, one); });
      for (const { bytes } of prepared) countSent(parts, queue, bytes);
    },
  };
};

function outgoing({ body, attributes, group, deduplicationId }: TargetMessage, fifo: boolean): Outgoing {
  return {
    MessageBody: body,
    ...(attributes && { MessageAttributes: Object.fromEntries(Object.entries(attributes).map(([name, { type, value }]) => [name, { DataType: type, ...(type.startsWith("Binary") ? { BinaryValue: Buffer.from(value, "base64") } : { StringValue: value }) }])) }),
    ...(group !== undefined && { MessageGroupId: group }),
    ...(fifo && deduplicationId !== undefined && { MessageDeduplicationId: deduplicationId }),
  };
}
