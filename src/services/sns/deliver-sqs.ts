// To queues, subscribed ones and dead-letter queues alike.
// https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
import type { TargetMessage } from "../../ports/targets.ts";
import type { RoomPorts } from "../service.ts";
import { type Deliver, type Delivery, failed, type Outcome, senderFor } from "./delivery-outcome.ts";
import { textFor } from "./message.ts";
import type { Rendering } from "./message-rendering.ts";

/** "Amazon SNS discards messages with more than 10 message attributes … as client-side errors" (raw delivery). */
export const RAW_ATTRIBUTES_MAX = 10;

type Ports = Pick<RoomPorts, "targets" | "ids">;

export const openDeliverSqs = ({ targets, ids }: Ports, rendering: Rendering): Deliver => async (delivery) => {
  const { subscription, topic } = delivery;
  const message = await queueMessage(delivery, subscription.endpoint, rendering);
  const attributes = attributesOf(message);
  if (attributes > RAW_ATTRIBUTES_MAX) return { result: "never", statusCode: 400, providerResponse: JSON.stringify({ ErrorCode: "InvalidParameterValue", ErrorMessage: `Number of message attributes [${attributes}] exceeds the allowed maximum [${RAW_ATTRIBUTES_MAX}].` }) };
  try {
    await targets.deliver(subscription.endpoint, message, senderFor(topic));
    return delivered(ids);
  } catch (error) {
    return failed(error);
  }
};

/** Messages of one group to one queue, in one write. Undefined when the queue did not take them: none of them is there then. */
export const openDeliverAllSqs = ({ targets, ids }: Ports, rendering: Rendering) => async (deliveries: [Delivery, ...Delivery[]]): Promise<Outcome[] | undefined> => {
  const [{ topic, subscription: { endpoint } }] = deliveries;
  const messages = await Promise.all(deliveries.map((delivery) => queueMessage(delivery, endpoint, rendering)));
  if (messages.some((message) => attributesOf(message) > RAW_ATTRIBUTES_MAX)) return undefined;
  try {
    await targets.deliverAll(endpoint, messages, senderFor(topic));
    return deliveries.map(() => delivered(ids));
  } catch {
    return undefined; // what is wrong shows when they go one by one
  }
};

const delivered = (ids: Ports["ids"]): Outcome => ({ result: "delivered", statusCode: 200, providerResponse: JSON.stringify({ sqsRequestId: ids.uuid() }) });
const attributesOf = ({ attributes = {} }: TargetMessage): number => Object.keys(attributes).length;

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
