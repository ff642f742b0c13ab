// Which messages a subscription wants. https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html
import { attributesEvent } from "../../patterns/attributes.ts";
import { parseEvent } from "../../patterns/numbers.ts";
import { compile, type Pattern } from "../../patterns/pattern.ts";
import { matchesInTurns } from "../../patterns/turns.ts";
import type { TopicMetric } from "./delivery-metrics.ts";
import { type Published, textFor } from "./message.ts";
import type { Subscription } from "./subscription.ts";

/** Subscriptions come as the same objects while nothing changes, so their policies are read once. */
const compiled = new WeakMap<Subscription, Pattern>();
/** A message is read once for all that ask about it; its text that was asked about last. */
const attributeEvents = new WeakMap<Published, Record<string, unknown>>();
const bodyEvents = new WeakMap<Published, { text: string; event: unknown }>();
/** What is no JSON. */
const UNREADABLE = Symbol();

/** Undefined when it is wanted; otherwise the number that says why not. */
export async function filteredOut(subscription: Subscription, message: Published): Promise<TopicMetric | undefined> {
  const policy = subscription.attributes["FilterPolicy"];
  if (policy === undefined) return undefined;
  const isBody = subscription.attributes["FilterPolicyScope"] === "MessageBody";
  const pattern = compiled.get(subscription) ?? compile(policy, isBody ? "sns-body" : "sns-attributes");
  compiled.set(subscription, pattern);
  return isBody ? bodyUnwanted(pattern, message, textFor(message, subscription.protocol)) : attributesUnwanted(pattern, message);
}

async function bodyUnwanted(pattern: Pattern, message: Published, text: string): Promise<TopicMetric | undefined> {
  let known = bodyEvents.get(message);
  if (known?.text !== text) bodyEvents.set(message, (known = { text, event: read(text) }));
  if (known.event === UNREADABLE) return "NumberOfNotificationsFilteredOut-InvalidMessageBody";
  return (await matchesInTurns(pattern, known.event, text.length)) ? undefined : "NumberOfNotificationsFilteredOut-MessageBody";
}

function read(text: string): unknown {
  try {
    return parseEvent(text);
  } catch {
    return UNREADABLE;
  }
}

/** "InvalidAttributes … because the JSON was invalid": an array that is none. */
function attributesUnwanted(pattern: Pattern, message: Published): TopicMetric | undefined {
  const event = attributeEvents.get(message) ?? attributesEvent(message.attributes);
  attributeEvents.set(message, event);
  if (pattern.matches(event)) return undefined;
  const attributes = Object.values(message.attributes);
  if (attributes.length === 0) return "NumberOfNotificationsFilteredOut-NoMessageAttributes";
  const isInvalid = attributes.some(({ type, value }) => type === "String.Array" && !value.trimStart().startsWith("["));
  return isInvalid ? "NumberOfNotificationsFilteredOut-InvalidAttributes" : "NumberOfNotificationsFilteredOut-MessageAttributes";
}
