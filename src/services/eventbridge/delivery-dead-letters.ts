// What could not be delivered, on its way to the target's dead-letter queue: stored work of its own, so that a queue that is not there holds nothing up.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import type { RoomPorts } from "../service.ts";
import { type Exhausted, nextTry } from "../retry-policy.ts";
import type { CountEvents } from "./delivery-metrics.ts";
import { type Delivery, failed, senderFor } from "./delivery-outcome.ts";
import type { RuleKey } from "./rule.ts";

export const DEAD_LETTERS = "events-dead-letter";

interface DeadLetter {
  rule: RuleKey & { arn: string };
  queueArn: string;
  failedMs: number;
  message: TargetMessage;
}

export interface Failure {
  code: string;
  message: string;
  exhausted?: Exhausted | undefined;
  retries: number;
}

/** SQS takes no longer ones together with the event; AWS's own limit is not documented. */
const ERROR_CHARACTERS_MAX = 1000;

/** The event as it was matched, and why it is here; nothing when the target has no dead-letter queue. */
export function deadLetterSends({ rule: { arn, bus, name }, target, id, text, traceId }: Delivery, { code, message, exhausted, retries }: Failure, nowMs: number): LaneSend[] {
  const queueArn = target.DeadLetterConfig?.Arn;
  if (queueArn === undefined) return [];
  const about: Record<string, string | undefined> = { RULE_ARN: arn, TARGET_ARN: target.Arn, ERROR_CODE: code, ERROR_MESSAGE: message.slice(0, ERROR_CHARACTERS_MAX) || code, EXHAUSTED_RETRY_CONDITION: exhausted, RETRY_ATTEMPTS: String(retries) };
  const attributes = Object.fromEntries(Object.entries(about).filter((entry): entry is [string, string] => entry[1] !== undefined).map(([key, value]) => [key, { type: "String", value }]));
  const letter: DeadLetter = { rule: { arn, bus, name }, queueArn, failedMs: nowMs, message: { body: text, attributes, ...(traceId !== undefined && { traceId }) } };
  return [{ lane: `${DEAD_LETTERS}/${arn}`, id: `${id} ${target.Id}`, body: JSON.stringify(letter), dueMs: nowMs }];
}

export function openDeadLetters({ targets, clock, log }: Pick<RoomPorts, "targets" | "clock" | "log">, count: CountEvents): (item: LaneItem) => Promise<LaneOutcome> {
  return async ({ body, receives }) => {
    const { rule, queueArn, failedMs, message } = JSON.parse(body) as DeadLetter;
    try {
      await targets.deliver(queueArn, message, senderFor(rule));
      count("InvocationsSentToDlq", { bus: rule.bus, rule }, 1);
      return {};
    } catch (error) {
      const next = failed(error).result === "again" ? nextTry({}, receives, { sinceMs: failedMs, nowMs: clock.now() }) : undefined;
      if (next && "atMs" in next) return { againMs: next.atMs };
      log.warn("An event that could not be delivered could not be put into its dead-letter queue either, and is lost", { rule: rule.arn, queue: queueArn, error: (error as Error).message });
      count("InvocationsFailedToBeSentToDlq", { bus: rule.bus, rule }, 1);
      return {};
    }
  };
}
