// From an event on a bus to the targets of the rules that match. What succeeds at once leaves nothing behind; what does not becomes an item of its target.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-how-it-works-concepts.html
import type { Target } from "@aws-sdk/client-eventbridge";
import { parseEvent } from "../../patterns/numbers.ts";
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { RoomPorts } from "../service.ts";
import { archiveSend } from "./archiving.ts";
import { type Arrived, readArrival } from "./arriving.ts";
import { busArn } from "./bus.ts";
import type { Delivery } from "./delivery-outcome.ts";
import { attempt, boundTries, type TryParts, tryLater } from "./delivery-tries.ts";
import { findRule, isEnabled, type Rule, ruleKeyOf } from "./rule.ts";
import type { RuleBook, Taker } from "./rule-book.ts";
import { kindOf } from "./target-kinds.ts";

/** Deliveries of one event at once. */
const AT_ONCE_MAX = 32;
/** So many bytes of events that follow are stored before the next targets are tried. */
const SENDS_CHARACTERS_MAX = 8_000_000;

/** Killed on the way, it starts over: some targets get the event twice, none never. */
export function openRouting({ stores, clock, lanes }: Pick<RoomPorts, "stores" | "clock" | "lanes">, book: RuleBook, parts: TryParts): (item: LaneItem) => Promise<LaneOutcome> {
  const deliver = async (delivery: Delivery): Promise<LaneSend[]> => {
    // A server may take seconds, which other targets of the bus need not wait for.
    if (kindOf(delivery.target.Arn!)?.way === "api-destination") {
      boundTries(lanes, delivery);
      return [tryLater(delivery, 0, clock.now())];
    }
    const { againMs, sends } = await attempt(parts, delivery, 1);
    return againMs === undefined ? sends : [tryLater(delivery, 1, againMs)];
  };

  return async ({ id, body }) => {
    const { arrived, text } = readArrival(body);
    const takers = await takersOf(arrived, text, book, stores);
    const sends: LaneSend[] = [];
    const deliveries: Delivery[] = [];
    for (const taker of takers) {
      if ("archive" in taker) sends.push(archiveSend(taker.archive, id, text, arrived.ingestedMs));
      else deliveries.push(...deliveriesOf(taker.rule, arrived, id, text));
      if ("rule" in taker) for (const metric of ["MatchedEvents", "TriggeredRules"] as const) parts.count(metric, { bus: taker.rule.bus, rule: taker.rule }, 1);
    }
    let characters = 0;
    for (let at = 0; at < deliveries.length; at += AT_ONCE_MAX) {
      const follow = (await Promise.all(deliveries.slice(at, at + AT_ONCE_MAX).map(deliver))).flat();
      sends.push(...follow);
      characters += follow.reduce((sum, { body: { length } }) => sum + length, 0);
      if (characters <= SENDS_CHARACTERS_MAX) continue;
      characters = 0;
      const together = sends.splice(0); // not inside: a transaction may begin again
      await lanes.transaction(async (_tx, send) => { for (const one of together) await send(one); });
    }
    return { sends };
  };
}

async function takersOf({ bus, scheduled, rules }: Arrived, text: string, book: RuleBook, stores: RoomPorts["stores"]): Promise<Taker[]> {
  if (scheduled !== undefined) {
    const rule = await findRule(stores, ruleKeyOf(scheduled)!);
    return rule && isEnabled(rule) ? [{ rule }] : [];
  }
  const event = parseEvent(text) as Record<string, unknown>;
  const takers = (await (await book.of(bus))?.matchingInTurns(event, text.length)) ?? [];
  const isReplayed = event["replay-name"] !== undefined; // in the archive already
  return takers.filter((taker) => ("rule" in taker ? (rules?.includes(taker.rule.arn) ?? true) : !isReplayed));
}

const deliveriesOf = (rule: Rule, { bus, ingestedMs, path = [], traceId }: Arrived, id: string, text: string): Delivery[] =>
  rule.targets.map((target: Target) => ({ rule, target, id, ingestedMs, text, path: [...path, busArn(bus)], ...(traceId !== undefined && { traceId }) }));
