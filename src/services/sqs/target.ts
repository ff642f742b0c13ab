// Queues as where others deliver: destinations and dead letters of functions, subscriptions, rules. Whether the sender may was asked before.
import type { Target, TargetMessage } from "../../ports/targets.ts";
import { queueDoesNotExist } from "./errors.ts";
import { messageTooLong } from "./message-errors.ts";
import { partsOf } from "./parts.ts";
import type { RoomPorts } from "../service.ts";
import { countSent, type Outgoing, prepare, store } from "./send.ts";

export const queueTarget = (ports: RoomPorts): Target => {
  const parts = partsOf(ports);
  return {
    service: "sqs",
    exists: async (arn) => (await parts.lookup.byArn(arn)) !== undefined,
    async deliver(arn, message, from) {
      const queue = await parts.lookup.byArn(arn);
      if (!queue) throw queueDoesNotExist();
      const prepared = prepare(parts, queue, outgoing(message, queue.fifo !== undefined), { id: from.account, trace: message.traceId }, messageTooLong);
      await store(parts.stores.messages, queue, prepared);
      countSent(parts, queue, prepared.bytes);
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
