// Trying to deliver to one subscription, and what follows: done, again later, or the dead-letter queue.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
import type { LaneItem, LaneOutcome, LaneSend, Lanes } from "../../ports/lanes.ts";
import type { RoomPorts } from "../service.ts";
import { deadLetterSends } from "./delivery-dead-letters.ts";
import type { CountTopic } from "./delivery-metrics.ts";
import { type Deliver, type Delivery, failed } from "./delivery-outcome.ts";
import { openPace } from "./delivery-pace.ts";
import type { LogStatus } from "./delivery-status.ts";
import { httpPolicyOf } from "./deliver-http.ts";
import type { openDeliverAllSqs } from "./deliver-sqs.ts";
import type { Published } from "./message.ts";
import type { Rendering } from "./message-rendering.ts";
import { MANAGED_POLICY, retryDelayMs } from "./retry.ts";
import { findSubscription, type Protocol, type Subscription } from "./subscription.ts";
import { findTopic } from "./topic.ts";

export const TRIES = "sns-delivery";

export interface TryParts {
  clock: RoomPorts["clock"];
  deliver: Record<Protocol, Deliver>;
  deliverAll: ReturnType<typeof openDeliverAllSqs>;
  rendering: Rendering;
  count: CountTopic;
  logStatus: LogStatus;
}

export interface Tried {
  /** Not delivered yet, and this long until the next try. */
  againInMs?: number;
  /** What follows when it is over. */
  sends: LaneSend[];
}

export const isHttp = ({ protocol }: Subscription): boolean => protocol === "http" || protocol === "https";

/** One try; `tries` of them there have been, this one included. */
export async function attempt({ clock, deliver, rendering, count, logStatus }: TryParts, delivery: Delivery, tries: number): Promise<Tried> {
  const { topic, subscription } = delivery;
  const outcome = await deliver[subscription.protocol](delivery).catch(failed);
  if (outcome.result === "again") {
    const againInMs = retryDelayMs(isHttp(subscription) ? httpPolicyOf(delivery).healthyRetryPolicy : MANAGED_POLICY, tries);
    if (againInMs !== undefined) return { againInMs, sends: [] };
  }
  const isDelivered = outcome.result === "delivered";
  count(isDelivered ? "NumberOfNotificationsDelivered" : "NumberOfNotificationsFailed", topic, 1);
  logStatus(delivery, outcome, tries);
  return { sends: isDelivered ? [] : await deadLetterSends(delivery, clock.now(), rendering) };
}

/** Of a FIFO topic, whose subscribers are queues. False when not one was delivered. */
async function attemptAll({ deliverAll, count, logStatus }: TryParts, deliveries: [Delivery, ...Delivery[]]): Promise<boolean> {
  const outcomes = await deliverAll(deliveries);
  if (!outcomes) return false;
  count("NumberOfNotificationsDelivered", deliveries[0].topic, outcomes.length);
  for (const [n, outcome] of outcomes.entries()) logStatus(deliveries[n]!, outcome, 1);
  return true;
}

interface Head {
  subscriptionArn: string;
  /** Before it came into the lane. */
  priorTries: number;
}

/** A lane per subscription, so that one whose endpoint is slow or gone holds up nobody else. `body` is the message as it was stored. */
export function tryLater({ topic, subscription, message }: Delivery, body: string, priorTries: number, dueMs: number): LaneSend {
  const head: Head = { subscriptionArn: subscription.arn, priorTries };
  return { lane: tryLane(subscription), id: message.messageId, body: `${JSON.stringify(head)}\n${body}`, dueMs, ...(topic.fifo && { group: message.group! }) };
}

const tryLane = ({ arn }: Subscription): string => `${TRIES}/${arn}`;

/** How many deliveries a second the subscription may get. */
const paceOf = (delivery: Pick<Delivery, "topic" | "subscription">): number | undefined => (isHttp(delivery.subscription) ? httpPolicyOf(delivery).throttlePolicy?.maxReceivesPerSecond : undefined);

/** A server that does not answer holds each request for 15 seconds, and lanes share what runs at once with functions' events. */
const SERVER_AT_ONCE_MAX = 16;

/** Those of a paced subscription wait for their turn at most about a second, so that few do. */
export function boundTries(lanes: Lanes, delivery: Pick<Delivery, "topic" | "subscription">): void {
  lanes.bound(tryLane(delivery.subscription), Math.min(paceOf(delivery) ?? Infinity, isHttp(delivery.subscription) ? SERVER_AT_ONCE_MAX : Infinity));
}

export function openTries(ports: Pick<RoomPorts, "stores" | "clock" | "lanes">, parts: TryParts): (item: LaneItem) => Promise<LaneOutcome> {
  const { stores, clock, lanes } = ports;
  const turn = openPace(ports);
  return async ({ body, receives, behind }) => {
    const { head: { subscriptionArn, priorTries }, message } = partsOf(body);
    const [topic, subscription] = await Promise.all([findTopic(stores, message.topicArn), findSubscription(stores, subscriptionArn)]);
    if (!topic || !subscription) return {}; // who has unsubscribed gets nothing any more
    const delivery = { topic, subscription, message };
    boundTries(lanes, delivery);
    const perSecond = paceOf(delivery);
    if (perSecond !== undefined) await turn(subscriptionArn, perSecond);
    // Once one has failed it goes alone, until it is through.
    if (behind.length > 0 && receives === 1) {
      const others = behind.map(({ body }) => ({ topic, subscription, message: partsOf(body).message }));
      if (await attemptAll(parts, [delivery, ...others])) return { behindFinished: behind.length };
    }
    const { againInMs, sends } = await attempt(parts, delivery, priorTries + receives);
    return againInMs === undefined ? { sends } : { againMs: clock.now() + againInMs };
  };
}

function partsOf(body: string): { head: Head; message: Published } {
  const end = body.indexOf("\n");
  return { head: JSON.parse(body.slice(0, end)) as Head, message: JSON.parse(body.slice(end + 1)) as Published };
}
