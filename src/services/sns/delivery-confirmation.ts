// The JSON that asks a server, a mailbox or another account's queue to confirm its subscription, and tells it that one has ended.
// https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { RoomPorts } from "../service.ts";
import { httpPolicyOf, post } from "./deliver-http.ts";
import { record } from "./outbox.ts";
import { failed, type Outcome, senderFor } from "./delivery-outcome.ts";
import { confirmUrl } from "./links.ts";
import { layOut, timestamp } from "./message.ts";
import { signatureVersionOf } from "./message-rendering.ts";
import { MANAGED_POLICY, retryDelayMs } from "./retry.ts";
import type { Sign } from "./signing.ts";
import type { Subscription } from "./subscription.ts";
import { findTopic, type Topic } from "./topic.ts";

export const CONFIRMATIONS = "sns-confirmation";

type Type = "SubscriptionConfirmation" | "UnsubscribeConfirmation";

interface Confirmation {
  type: Type;
  messageId: string;
  token: string;
  atMs: number;
  /** As it was then; it may be gone. */
  subscription: Subscription;
}

/** To be sent in the transaction that makes the pending subscription, or asks it again; nothing for other protocols. */
export const confirmationSends = (ports: Pick<RoomPorts, "ids">, subscription: Subscription, nowMs: number): LaneSend[] =>
  subscription.pending === undefined ? [] : sendsOf("SubscriptionConfirmation", ports, subscription, subscription.pending.token, nowMs);

/** To be sent in the transaction that ends the subscription; by the token it can be had again. */
export const unsubscribeConfirmationSends = (ports: Pick<RoomPorts, "ids">, subscription: Subscription, token: string, nowMs: number): LaneSend[] =>
  sendsOf("UnsubscribeConfirmation", ports, subscription, token, nowMs);

function sendsOf(type: Type, { ids }: Pick<RoomPorts, "ids">, subscription: Subscription, token: string, atMs: number): LaneSend[] {
  if (!["http", "https", "sqs", "email-json"].includes(subscription.protocol)) return [];
  const confirmation: Confirmation = { type, messageId: ids.uuid(), token, atMs, subscription };
  return [{ lane: `${CONFIRMATIONS}/${subscription.arn}`, id: confirmation.messageId, body: JSON.stringify(confirmation), dueMs: atMs }];
}

type Ports = Pick<RoomPorts, "stores" | "clock" | "outgoingHttp" | "targets" | "endpointUrl">;

/** Tried again as messages to the endpoint are. */
export function openConfirmations(ports: Ports, sign: Sign): (item: LaneItem) => Promise<LaneOutcome> {
  const { stores, clock, endpointUrl } = ports;
  return async ({ body, receives }) => {
    const confirmation = JSON.parse(body) as Confirmation;
    const topic = await findTopic(stores, confirmation.subscription.topicArn);
    if (!topic) return {};
    const text = await confirmationText(confirmation, topic, endpointUrl(), sign);
    if (confirmation.subscription.protocol === "email-json") {
      await toMailbox(ports, confirmation, topic, text);
      return {};
    }
    const isQueue = confirmation.subscription.protocol === "sqs";
    const { result } = isQueue ? await toQueue(ports, confirmation, topic, text) : await toServer(ports, confirmation, topic, text);
    const policy = isQueue ? MANAGED_POLICY : httpPolicyOf({ topic, subscription: confirmation.subscription }).healthyRetryPolicy;
    const delayMs = result === "again" ? retryDelayMs(policy, receives) : undefined;
    return delayMs === undefined ? {} : { againMs: clock.now() + delayMs };
  };
}

const toServer = ({ outgoingHttp }: Ports, { type, messageId, subscription }: Confirmation, topic: Topic, body: string): Promise<Outcome> => post(outgoingHttp, {
  url: subscription.endpoint, type, messageId, topicArn: topic.arn, isRaw: false, contentType: httpPolicyOf({ topic, subscription }).requestPolicy.headerContentType,
  ...(type === "UnsubscribeConfirmation" && { subscriptionArn: subscription.arn }), body,
});

const toMailbox = ({ stores, clock, endpointUrl }: Ports, { type, messageId, token, subscription }: Confirmation, topic: Topic, body: string): Promise<void> => record(stores.logs, subscription.owner, clock.now(), {
  protocol: "email-json", to: subscription.endpoint, region: topic.region, messageId, topicArn: topic.arn, body, links: { confirm: confirmUrl(endpointUrl(), topic.arn, token) },
  subject: `AWS Notification - ${type === "SubscriptionConfirmation" ? "Subscription" : "Unsubscribe"} Confirmation`,
});

/** Of another account: https://docs.aws.amazon.com/sns/latest/dg/sns-send-message-to-sqs-cross-account.html */
const toQueue = ({ targets }: Ports, { subscription }: Confirmation, topic: Topic, body: string): Promise<Outcome> =>
  targets.deliver(subscription.endpoint, { body }, senderFor(topic)).then((): Outcome => ({ result: "delivered", providerResponse: "" }), failed);

/** Sentences as recorded by LocalStack. */
async function confirmationText({ type, messageId, token, atMs, subscription }: Confirmation, topic: Topic, endpointUrl: string, sign: Sign): Promise<string> {
  const message = type === "SubscriptionConfirmation"
    ? `You have chosen to subscribe to the topic ${topic.arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`
    : `You have chosen to deactivate subscription ${subscription.arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`;
  const members = { Type: type, MessageId: messageId, Token: token, TopicArn: topic.arn, Message: message, SubscribeURL: confirmUrl(endpointUrl, topic.arn, token), Timestamp: timestamp(atMs) };
  const { version, value, certificateUrl } = await sign(members, signatureVersionOf(topic));
  return layOut({ ...members, SignatureVersion: version, Signature: value, SigningCertURL: certificateUrl });
}
