// Trying to deliver to one target of one rule, and what follows: done, again later, or the dead-letter queue.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
import type { LaneItem, LaneOutcome, LaneSend, Lanes } from "../../ports/lanes.ts";
import type { RoomPorts } from "../service.ts";
import { nextTry } from "../retry-policy.ts";
import { LOOP } from "./deliver-bus.ts";
import { deadLetterSends } from "./delivery-dead-letters.ts";
import type { CountEvents } from "./delivery-metrics.ts";
import { type Deliver, type Delivery, failed, never, type Outcome } from "./delivery-outcome.ts";
import { InputTooLarge } from "../../patterns/input-template.ts";
import { inputFor } from "./input-transformer.ts";
import { findRule, type RuleKey } from "./rule.ts";
import { kindOf, type TargetKind } from "./target-kinds.ts";

export const TRIES = "events-delivery";

export interface TryParts {
  clock: RoomPorts["clock"];
  deliver: Record<TargetKind["way"], Deliver>;
  count: CountEvents;
}

export interface Tried {
  /** Not delivered yet, and this is when it is tried next. */
  againMs?: number;
  /** What follows when it is over. */
  sends: LaneSend[];
}

/** One try; `tries` of them there have been, this one included. */
export async function attempt(parts: TryParts, delivery: Delivery, tries: number): Promise<Tried> {
  const { clock, count } = parts;
  const { rule, target, ingestedMs } = delivery;
  const about = { bus: rule.bus, rule };
  count(tries === 1 ? "InvocationAttempts" : "RetryInvocationAttempts", about, 1);
  const outcome = await deliverOnce(parts, delivery);
  if (outcome === "nothing") return { sends: [] };
  const nowMs = clock.now();
  if (outcome.result === "delivered") {
    count("Invocations", about, 1);
    count("SuccessfulInvocationAttempts", about, 1);
    count("IngestionToInvocationSuccessLatency", about, Math.max(0, nowMs - ingestedMs));
    return { sends: [] };
  }
  const next = outcome.result === "again" ? nextTry(target.RetryPolicy ?? {}, tries, { sinceMs: ingestedMs, nowMs, afterMs: outcome.afterMs }) : undefined;
  if (next && "atMs" in next) return { againMs: next.atMs, sends: [] };
  count("Invocations", about, 1);
  count(outcome.code === LOOP ? "DeadLetterInvocations" : "FailedInvocations", about, 1);
  return { sends: deadLetterSends(delivery, { code: outcome.code, message: outcome.message, exhausted: next?.exhausted, retries: tries - 1 }, nowMs) };
}

async function deliverOnce({ deliver }: TryParts, delivery: Delivery): Promise<Outcome | "nothing"> {
  const { rule, target, ingestedMs, text } = delivery;
  try {
    const input = inputFor(target, { ruleArn: rule.arn, ruleName: rule.name, ingestedMs, text });
    return input === undefined ? "nothing" : await deliver[kindOf(target.Arn!)!.way](delivery, input);
  } catch (error) {
    return error instanceof InputTooLarge ? never("RESOURCE_LIMIT_EXCEEDED", error.message) : failed(error);
  }
}

interface Head extends Pick<Delivery, "id" | "ingestedMs" | "path" | "traceId"> {
  rule: RuleKey;
  targetId: string;
  /** Before it came into the lane. */
  priorTries: number;
}

/** A lane per target, so that one that is slow or gone holds up nobody else. */
export function tryLater({ rule: { bus, name, arn }, target, id, ingestedMs, path, traceId, text }: Delivery, priorTries: number, dueMs: number): LaneSend {
  const head: Head = { rule: { bus, name }, targetId: target.Id!, id, ingestedMs, path, priorTries, ...(traceId !== undefined && { traceId }) };
  return { lane: `${TRIES}/${arn} ${target.Id}`, id, body: `${JSON.stringify(head)}\n${text}`, dueMs };
}

/** A server that does not answer holds each request for seconds, and lanes share what runs at once with functions' events. */
const SERVER_AT_ONCE_MAX = 16;

export function boundTries(lanes: Lanes, { rule, target }: Pick<Delivery, "rule" | "target">): void {
  if (kindOf(target.Arn!)?.way === "api-destination") lanes.bound(`${TRIES}/${rule.arn} ${target.Id}`, SERVER_AT_ONCE_MAX);
}

export function openTries({ stores, lanes }: Pick<RoomPorts, "stores" | "lanes">, parts: TryParts): (item: LaneItem) => Promise<LaneOutcome> {
  return async ({ body, receives }) => {
    const end = body.indexOf("\n");
    const { rule: key, targetId, priorTries, ...event } = JSON.parse(body.slice(0, end)) as Head;
    const rule = await findRule(stores, key);
    const target = rule?.targets.find(({ Id }) => Id === targetId);
    if (!rule || !target) return {}; // what is no target any more gets nothing
    const delivery: Delivery = { ...event, rule, target, text: body.slice(end + 1) };
    boundTries(lanes, delivery);
    const { againMs, sends } = await attempt(parts, delivery, priorTries + receives);
    return againMs === undefined ? { sends } : { againMs };
  };
}
