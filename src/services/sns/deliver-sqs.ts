// To queues, subscribed ones and dead-letter queues alike.
// https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
import type { TargetMessage } from "../../ports/targets.ts";
import type { RoomPorts } from "../service.ts";
import { type Deliver, type Delivery, failed, senderFor } from "./delivery-outcome.ts";
import { textFor } from "./message.ts";
import type { Rendering } from "./message-rendering.ts";

/** "Amazon SNS discards messages with more than 10 message attributes … as client-side errors" (raw delivery). */
const RAW_ATTRIBUTES_MAX = 10;

export const openDeliverSqs = ({ targets, ids }: Pick<RoomPorts, "targets" | "ids">, rendering: Rendering): Deliver => async (delivery) => {
  const { subscription, topic } = delivery;
  const message = await queueMessage(delivery, subscription.endpoint, rendering);
  if (Object.keys(message.attributes ?? {}).length > RAW_ATTRIBUTES_MAX) return { result: "never", statusCode: 400, providerResponse: JSON.stringify({ ErrorCode: "InvalidParameterValue", ErrorMessage: `Number of message attributes [${Object.keys(message.attributes!).length}] exceeds the allowed maximum [${RAW_ATTRIBUTES_MAX}].` }) };
  try {
    await targets.deliver(subscription.endpoint, message, senderFor(topic));
    return { result: "delivered", statusCode: 200, providerResponse: JSON.stringify({ sqsRequestId: ids.uuid() }) };
  } catch (error) {
    return failed(error);
  }
};

/**
 * As it lies in the queue: raw with its attributes, or in JSON. Its group goes on to FIFO queues from FIFO topics, and to standard queues
 * from standard topics, for which it means fairness; from a FIFO topic to a standard queue it does not (observed by LocalStack).
 */
export async function queueMessage(delivery: Delivery, queueArn: string, rendering: Rendering): Promise<TargetMessage> {
  const { topic, subscription, message } = delivery;
  const sent: TargetMessage = subscription.attributes["RawMessageDelivery"] === "true"
    ? { body: textFor(message, subscription.protocol), attributes: message.attributes }
    : { body: await rendering.envelope(delivery) };
  const isToFifo = queueArn.endsWith(".fifo");
  if (message.group !== undefined && isToFifo === topic.fifo) sent.group = message.group;
  if (message.deduplicationId !== undefined && isToFifo) sent.deduplicationId = message.deduplicationId;
  if (message.traceId !== undefined) sent.traceId = message.traceId;
  return sent;
}
