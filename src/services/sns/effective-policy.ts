// Delivery policies of topics and subscriptions: what they may say, and what counts in the end. Only HTTP(S) deliveries go by them. No I/O.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
import { invalid } from "./errors.ts";

export interface HealthyRetryPolicy {
  /** Seconds, as the next. */
  minDelayTarget: number;
  maxDelayTarget: number;
  numRetries: number;
  numMaxDelayRetries: number;
  numNoDelayRetries: number;
  numMinDelayRetries: number;
  backoffFunction: "linear" | "arithmetic" | "geometric" | "exponential";
}

export interface EffectivePolicy {
  healthyRetryPolicy: HealthyRetryPolicy;
  throttlePolicy: { maxReceivesPerSecond: number } | null;
  requestPolicy: { headerContentType: string };
}

/** Recorded, in this order. */
const HEALTHY_DEFAULT: HealthyRetryPolicy = { minDelayTarget: 20, maxDelayTarget: 20, numRetries: 3, numMaxDelayRetries: 0, numNoDelayRetries: 0, numMinDelayRetries: 0, backoffFunction: "linear" };
const REQUEST_DEFAULT = { headerContentType: "text/plain; charset=UTF-8" };

const BACKOFFS = ["linear", "arithmetic", "geometric", "exponential"];
const NUMBERS: Record<string, [min: number, max: number]> = {
  minDelayTarget: [1, 3600], maxDelayTarget: [1, 3600], numRetries: [0, 100], numMaxDelayRetries: [0, 100], numNoDelayRetries: [0, 100], numMinDelayRetries: [0, 100],
};

type Json = Record<string, unknown>;
type Text = string | undefined;
interface Parts { healthy?: Partial<HealthyRetryPolicy>; throttle?: { maxReceivesPerSecond?: number }; request?: { headerContentType?: string }; disableOverrides?: boolean }

/** Throws InvalidParameter; `prefix` is what the operation says before. */
export function checkTopicDeliveryPolicy(text: string, prefix: string): void {
  const { http, ...others } = objectOf(text, prefix);
  refuseOthers(others, "", prefix);
  if (http === undefined) return;
  const given = part(http, "http", prefix);
  const { defaultHealthyRetryPolicy, defaultSicklyRetryPolicy: _unused, defaultThrottlePolicy, defaultRequestPolicy, disableSubscriptionOverrides, ...unknown } = given;
  refuseOthers(unknown, "http.", prefix);
  if (disableSubscriptionOverrides !== undefined && typeof disableSubscriptionOverrides !== "boolean") throw bad(prefix, "http.disableSubscriptionOverrides must be a boolean");
  checkParts({ healthy: ["http.defaultHealthyRetryPolicy", defaultHealthyRetryPolicy], throttle: ["http.defaultThrottlePolicy", defaultThrottlePolicy], request: ["http.defaultRequestPolicy", defaultRequestPolicy] }, prefix);
}

/** Throws InvalidParameter. */
export function checkSubscriptionDeliveryPolicy(text: string, prefix: string): void {
  const { healthyRetryPolicy, sicklyRetryPolicy: _unused, throttlePolicy, requestPolicy, guaranteed: _never, ...unknown } = objectOf(text, prefix);
  refuseOthers(unknown, "", prefix);
  checkParts({ healthy: ["healthyRetryPolicy", healthyRetryPolicy], throttle: ["throttlePolicy", throttlePolicy], request: ["requestPolicy", requestPolicy] }, prefix);
}

/** Where the members are wrong cdk-preflight keeps AWS's ends of sentences; the beginnings are ours. */
const bad = (prefix: string, what: string) => invalid(`${prefix}DeliveryPolicy: ${what}`);

function checkParts({ healthy, throttle, request }: Record<"healthy" | "throttle" | "request", [path: string, value: unknown]>, prefix: string): void {
  if (healthy[1] != null) checkHealthy(part(healthy[1], healthy[0], prefix), healthy[0], prefix);
  if (throttle[1] != null) {
    const most = part(throttle[1], throttle[0], prefix)["maxReceivesPerSecond"];
    if (most != null && !(typeof most === "number" && Number.isInteger(most) && most >= 1)) throw bad(prefix, "throttlePolicy.maxReceivesPerSecond must be >= 1");
  }
  if (request[1] != null) {
    const type = part(request[1], request[0], prefix)["headerContentType"];
    // The list of the guide, by its families; whatever else is asked for could not be told from a header of its own.
    if (type !== undefined && !(typeof type === "string" && /^(application|text|image|audio|video)\/[\w.+-]+(;\s*charset=[\w-]+)?$/.test(type))) throw bad(prefix, `${request[0]}.headerContentType is not a valid content type`);
  }
}

function checkHealthy(given: Json, path: string, prefix: string): void {
  for (const [name, [min, max]] of Object.entries(NUMBERS)) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value !== "number" || !Number.isInteger(value)) throw bad(prefix, `${path}.${name} must be an integer`);
    if (value < min) throw bad(prefix, `${path}.${name} must be greater than or equal to ${min}`);
    if (value > max) throw bad(prefix, `${path}.${name} must be less than or equal to ${max}`);
  }
  const backoff = given["backoffFunction"];
  if (backoff !== undefined && !BACKOFFS.includes(backoff as string)) throw bad(prefix, `${path}.backoffFunction: the value [${String(backoff).slice(0, 100)}] is not a valid backoff function`);
  const whole = { ...HEALTHY_DEFAULT, ...given } as HealthyRetryPolicy;
  if (whole.maxDelayTarget < whole.minDelayTarget) throw bad(prefix, `${path}.maxDelayTarget must be greater than or equal to minDelayTarget`);
  if (whole.numRetries < whole.numMinDelayRetries + whole.numNoDelayRetries + whole.numMaxDelayRetries) throw bad(prefix, `${path}.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries`);
}

function objectOf(text: string, prefix: string): Json {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw bad(prefix, "failed to parse JSON.");
  }
  return part(parsed, "policy", prefix);
}

function part(value: unknown, path: string, prefix: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(prefix, `${path} must be a JSON object`);
  return value as Json;
}

function refuseOthers(others: Json, path: string, prefix: string): void {
  const [name] = Object.keys(others);
  if (name !== undefined) throw bad(prefix, `unrecognized member ${path}${name.slice(0, 100)}`);
}

const topicParts = (policy: Text): Parts => {
  const http = ((policy === undefined ? {} : JSON.parse(policy)) as { http?: Json }).http ?? {};
  return { healthy: http["defaultHealthyRetryPolicy"] ?? {}, throttle: http["defaultThrottlePolicy"] ?? {}, request: http["defaultRequestPolicy"] ?? {}, disableOverrides: http["disableSubscriptionOverrides"] === true };
};

const subscriptionParts = (policy: Text): Parts => {
  const given = (policy === undefined ? {} : JSON.parse(policy)) as Json;
  return { healthy: given["healthyRetryPolicy"] ?? {}, throttle: given["throttlePolicy"] ?? {}, request: given["requestPolicy"] ?? {} };
};

/** What counts for a subscription: its own policy, else the topic's, else AWS's; a topic may allow none of their own. */
export function effectivePolicy(topicPolicy: Text, subscriptionPolicy: Text): EffectivePolicy {
  const topic = topicParts(topicPolicy);
  const own = topic.disableOverrides ? {} : subscriptionParts(subscriptionPolicy);
  const most = own.throttle?.maxReceivesPerSecond ?? topic.throttle?.maxReceivesPerSecond;
  return {
    // A policy counts as a whole: what its retries do not say is AWS's, not the topic's.
    healthyRetryPolicy: { ...HEALTHY_DEFAULT, ...(own.healthy && Object.keys(own.healthy).length > 0 ? own.healthy : topic.healthy) },
    throttlePolicy: most == null ? null : { maxReceivesPerSecond: most },
    requestPolicy: { ...REQUEST_DEFAULT, ...topic.request, ...own.request },
  };
}

/** As GetTopicAttributes shows it (recorded). */
export function effectiveOfTopic(policy: Text): string {
  const { healthyRetryPolicy, throttlePolicy, requestPolicy } = effectivePolicy(policy, undefined);
  return JSON.stringify({
    http: {
      defaultHealthyRetryPolicy: healthyRetryPolicy, disableSubscriptionOverrides: topicParts(policy).disableOverrides,
      ...(throttlePolicy && { defaultThrottlePolicy: throttlePolicy }), defaultRequestPolicy: requestPolicy,
    },
  });
}

/** As GetSubscriptionAttributes shows it: seen in many reports, never recorded. */
export const effectiveOfSubscription = (topicPolicy: Text, policy: Text): string => {
  const { healthyRetryPolicy, throttlePolicy, requestPolicy } = effectivePolicy(topicPolicy, policy);
  return JSON.stringify({ healthyRetryPolicy, sicklyRetryPolicy: null, throttlePolicy, requestPolicy, guaranteed: false });
};
