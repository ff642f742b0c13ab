// The attributes of subscriptions: which there are, what they may be set to, and how GetSubscriptionAttributes shows them. No I/O.
// https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
import { parseArn } from "../../kernel/arn.ts";
import { jsonTokens } from "../../patterns/json-tokens.ts";
import { BadPattern, compile } from "../../patterns/pattern.ts";
import { checkSubscriptionDeliveryPolicy, effectiveOfSubscription } from "./effective-policy.ts";
import { invalid, notAnAttribute } from "./errors.ts";
import { windowOf } from "./replay-window.ts";
import type { Protocol, Subscription } from "./subscription.ts";
import type { Topic } from "./topic.ts";

interface About {
  protocol: Protocol;
  endpoint: string;
  topic: Pick<Topic, "fifo" | "region">;
  /** What the operation says before the reason. */
  prefix: string;
}

const FILTER_POLICY_BYTES_MAX = 262_144;

/** Texts recorded from AWS, but for those of cdk-preflight (raw delivery, dead-letter queues). */
const CHECKS: Record<string, (value: string, about: About) => string> = {
  RawMessageDelivery(value, { protocol, prefix }) {
    const folded = value.toLowerCase();
    if (folded !== "true" && folded !== "false") throw notAnAttribute(prefix, `RawMessageDelivery: Invalid value [${value.slice(0, 100)}]. Must be true or false.`);
    if (folded === "true" && !["sqs", "http", "https", "firehose"].includes(protocol)) throw notAnAttribute(prefix, `Delivery protocol [${protocol}] does not support raw message delivery.`);
    return folded;
  },
  FilterPolicyScope(value, { prefix }) {
    if (value !== "MessageAttributes" && value !== "MessageBody") throw notAnAttribute(prefix, `FilterPolicyScope: Invalid value [${value.slice(0, 100)}]. Please use either MessageBody or MessageAttributes`);
    return value;
  },
  FilterPolicy(value, { prefix }) {
    // https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html; our words.
    if (Buffer.byteLength(value) > FILTER_POLICY_BYTES_MAX) throw notAnAttribute(prefix, "FilterPolicy: Filter policy is too long");
    checkJson("FilterPolicy", value, prefix);
    return value;
  },
  DeliveryPolicy(value, { protocol, prefix }) {
    if (protocol !== "http" && protocol !== "https") throw notAnAttribute(prefix, `Delivery protocol [${protocol}] does not support a delivery policy.`); // our words
    checkSubscriptionDeliveryPolicy(value, prefix);
    return value;
  },
  RedrivePolicy(value, about) {
    checkRedrivePolicy(value, about);
    return value;
  },
  SubscriptionRoleArn(value, { prefix }) {
    if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[^*?\s]+$/.test(value)) throw notAnAttribute(prefix, "SubscriptionRoleArn: Invalid value. Must be the ARN of a role."); // our words
    return value;
  },
  ReplayPolicy(value, { protocol, topic, prefix }) {
    if (!topic.fifo || protocol !== "sqs") throw notAnAttribute(prefix, "ReplayPolicy: only queues subscribed to FIFO topics can have one"); // our words
    checkJson("ReplayPolicy", value, prefix);
    windowOf(value, prefix);
    return value;
  },
};

function checkRedrivePolicy(value: string, { endpoint, topic, prefix }: About): void {
  const bad = (what: string) => notAnAttribute(prefix, `RedrivePolicy: ${what}`);
  checkJson("RedrivePolicy", value, prefix);
  const target = (JSON.parse(value) as { deadLetterTargetArn?: unknown } | null)?.deadLetterTargetArn;
  if (target === undefined) throw bad("Missing deadLetterTargetArn attribute");
  const arn = typeof target === "string" ? parseArn(target) : undefined;
  if (!arn) throw bad("deadLetterTargetArn is an invalid arn");
  if (arn.service !== "sqs") throw bad("deadLetterTargetArn must be a SQS queue");
  if (arn.region !== topic.region) throw bad("deadLetterTargetArn must be in the same region as the subscription");
  if (topic.fifo && endpoint.endsWith(".fifo") && !arn.resource.endsWith(".fifo")) throw bad("must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.");
}

/** In the words of AWS's JSON parser, which does not show the text (recorded). */
function checkJson(name: string, text: string, prefix: string): void {
  try {
    JSON.parse(text);
  } catch {
    const complaint = complaintOf(text).replace(/\[Source: .*; line: /s, "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: ");
    throw notAnAttribute(prefix, `${name}: failed to parse JSON. ${complaint}`);
  }
}

function complaintOf(text: string): string {
  try {
    const json = jsonTokens(text);
    for (let n = 0; n <= text.length; n++) json.next();
  } catch (error) {
    if (error instanceof BadPattern) return error.reason;
    throw error;
  }
  return "";
}

export const isSubscriptionAttribute = (name: string): boolean => Object.hasOwn(CHECKS, name);

/** The value to keep; undefined where setting it leaves the attribute unset: nothing, or a filter policy without keys. Throws InvalidParameter. */
export function checkedAttribute(name: string, value: string | undefined, about: About): string | undefined {
  if (value === undefined && name !== "RawMessageDelivery") return undefined;
  if ((name === "FilterPolicy" || name === "ReplayPolicy") && /^\s*(\{\s*\})?\s*$/.test(value!)) return undefined; // "{}" takes it away: message-filtering-policy-remove
  return CHECKS[name]!(value ?? "", about);
}

/** Whether the filter policy is one in its scope. Throws InvalidParameter. */
export function checkFilter({ FilterPolicy: policy, FilterPolicyScope: scope }: Record<string, string | undefined>, prefix: string): void {
  if (policy === undefined) return;
  try {
    compile(policy, scope === "MessageBody" ? "sns-body" : "sns-attributes");
  } catch (error) {
    if (error instanceof BadPattern) throw invalid(prefix + error.reason);
    throw error;
  }
}

const DEFAULTS: Record<string, string> = { RawMessageDelivery: "false", FilterPolicyScope: "MessageAttributes" };

/** Whether subscribing once more with these asks for nothing else than there is. */
export const isAlready = (there: Subscription["attributes"], asked: Subscription["attributes"]): boolean =>
  Object.entries(asked).every(([name, value]) => sameText(there[name] ?? DEFAULTS[name], value));

const sameText = (one: string | undefined, other: string): boolean => one === other || (one !== undefined && /^\s*\{/.test(other) && JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other)));

/** Everything there is to know, as GetSubscriptionAttributes gives it. */
export function describeSubscription(subscription: Subscription, topicPolicy: string | undefined): Record<string, string> {
  const { FilterPolicyScope: scope, ...attributes } = subscription.attributes;
  return {
    SubscriptionArn: subscription.arn,
    TopicArn: subscription.topicArn,
    Owner: subscription.owner,
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    SubscriptionPrincipal: subscription.principalArn,
    PendingConfirmation: String(subscription.pending !== undefined),
    ConfirmationWasAuthenticated: String(subscription.authenticated),
    RawMessageDelivery: "false",
    ...attributes,
    ...(attributes["ReplayPolicy"] !== undefined && subscription.replay && { ReplayStatus: subscription.replay.status }),
    ...(attributes["FilterPolicy"] !== undefined && { FilterPolicyScope: scope ?? DEFAULTS["FilterPolicyScope"]! }),
    ...(/^https?$/.test(subscription.protocol) && { EffectiveDeliveryPolicy: effectiveOfSubscription(topicPolicy, attributes["DeliveryPolicy"]) }),
  };
}
