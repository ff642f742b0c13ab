// What could not be delivered, on its way to the subscription's dead-letter queue: stored work of its own, so that a queue that is not there holds nothing up.
// https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import type { RoomPorts } from "../service.ts";
import { queueMessage } from "./deliver-sqs.ts";
import type { CountTopic } from "./delivery-metrics.ts";
import { type Delivery, failed, senderFor } from "./delivery-outcome.ts";
import type { Rendering } from "./message-rendering.ts";
import { MANAGED_POLICY, retryDelayMs } from "./retry.ts";
import { deadLetterArnOf } from "./subscription.ts";
import type { Topic } from "./topic.ts";

export const DEAD_LETTERS = "sns-dead-letter";

interface DeadLetter {
  topic: Pick<Topic, "arn" | "account" | "region" | "name">;
  subscriptionArn: string;
  queueArn: string;
  message: TargetMessage;
}

/** As it would have been delivered to a queue (recorded, of functions and queues); nothing when the subscription has no dead-letter queue. */
export async function deadLetterSends(delivery: Delivery, nowMs: number, rendering: Rendering): Promise<LaneSend[]> {
  const { topic: { arn, account, region, name }, subscription, message } = delivery;
  const queueArn = deadLetterArnOf(subscription);
  if (queueArn === undefined) return [];
  const sent = await queueMessage(delivery, queueArn, rendering);
  const letter: DeadLetter = { topic: { arn, account, region, name }, subscriptionArn: subscription.arn, queueArn, message: sent };
  return [{ lane: `${DEAD_LETTERS}/${subscription.arn}`, id: message.messageId, body: JSON.stringify(letter), dueMs: nowMs, ...(delivery.topic.fifo && { group: message.group! }) }];
}

export function openDeadLetters({ targets, clock, log }: Pick<RoomPorts, "targets" | "clock" | "log">, count: CountTopic): (item: LaneItem) => Promise<LaneOutcome> {
  return async ({ body, receives }) => {
    const { topic, subscriptionArn, queueArn, message } = JSON.parse(body) as DeadLetter;
    try {
      await targets.deliver(queueArn, message, senderFor(topic));
      count("NumberOfNotificationsRedrivenToDlq", topic, 1);
      return {};
    } catch (error) {
      const delayMs = failed(error).result === "again" ? retryDelayMs(MANAGED_POLICY, receives) : undefined;
      if (delayMs !== undefined) return { againMs: clock.now() + delayMs };
      log.warn("A message that could not be delivered could not be put into its dead-letter queue either, and is lost", { subscription: subscriptionArn, queue: queueArn, error: (error as Error).message });
      count("NumberOfNotificationsFailedToRedriveToDlq", topic, 1);
      return {};
    }
  };
}
