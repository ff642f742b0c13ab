// To HTTP and HTTPS endpoints.
// https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
import type { OutgoingHttp } from "../../ports/outgoing-http.ts";
import type { RoomPorts } from "../service.ts";
import type { Deliver, Delivery, Outcome } from "./delivery-outcome.ts";
import { type EffectivePolicy, effectivePolicy } from "./effective-policy.ts";
import { textFor } from "./message.ts";
import type { Rendering } from "./message-rendering.ts";

/** "about 15 seconds": SendMessageToHttp.prepare */
const TIMEOUT_MS = 15_000;
const RESPONSE_CHARACTERS_MAX = 1024;

export const httpPolicyOf = ({ topic, subscription }: Pick<Delivery, "topic" | "subscription">): EffectivePolicy => effectivePolicy(topic.attributes["DeliveryPolicy"], subscription.attributes["DeliveryPolicy"]);

export const openDeliverHttp = ({ outgoingHttp }: Pick<RoomPorts, "outgoingHttp">, rendering: Rendering): Deliver => async (delivery) => {
  const { topic, subscription, message } = delivery;
  const isRaw = subscription.attributes["RawMessageDelivery"] === "true";
  return post(outgoingHttp, {
    url: subscription.endpoint, type: "Notification", messageId: message.messageId, topicArn: topic.arn, subscriptionArn: subscription.arn, isRaw,
    contentType: httpPolicyOf(delivery).requestPolicy.headerContentType,
    body: isRaw ? textFor(message, subscription.protocol) : await rendering.envelope(delivery),
  });
};

export interface Post {
  url: string;
  type: "Notification" | "SubscriptionConfirmation" | "UnsubscribeConfirmation";
  messageId: string;
  topicArn: string;
  /** Not of a confirmation. */
  subscriptionArn?: string;
  isRaw: boolean;
  contentType: string;
  body: string;
}

/** Never throws. Headers as recorded by LocalStack. */
export async function post(http: OutgoingHttp, { url, type, messageId, topicArn, subscriptionArn, isRaw, contentType, body }: Post): Promise<Outcome> {
  const headers: Record<string, string> = {
    "x-amz-sns-message-type": type, "x-amz-sns-message-id": messageId, "x-amz-sns-topic-arn": topicArn,
    ...(subscriptionArn !== undefined && { "x-amz-sns-subscription-arn": subscriptionArn }),
    ...(isRaw && { "x-amz-sns-rawdelivery": "true" }),
    "content-type": contentType, "user-agent": "Amazon Simple Notification Service Agent", "accept-encoding": "gzip,deflate",
  };
  try {
    const { status, body: answer } = await http.send({ method: "POST", url, headers, body, timeoutMs: TIMEOUT_MS });
    return { result: resultOf(status), statusCode: status, providerResponse: Buffer.from(answer).toString("utf8").slice(0, RESPONSE_CHARACTERS_MAX) };
  } catch (error) {
    return { result: "again", providerResponse: (error as Error).message };
  }
}

/** 4xx says that the message is not wanted ("200–4xx" is what ends tries: SendMessageToHttp.prepare), but for 429, which asks for later. */
function resultOf(status: number): Outcome["result"] {
  if (status >= 200 && status < 300) return "delivered";
  return status >= 400 && status < 500 && status !== 429 ? "never" : "again";
}
