// When EventBridge and Scheduler try again what a target did not take, and when no more. No I/O.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html

/** What AWS fills in (recorded of Scheduler, documented of rules). */
export const RETRIES_MAX = 185;
export const AGE_SECONDS_MAX = 86_400;
/** "Exponential back off and jitter", without numbers: doubling to eight minutes makes the 185 retries last the 24 hours. No jitter: nobody's retries meet anybody else's. */
const DELAY_MS_MAX = 480_000;

export interface RetryPolicy {
  MaximumRetryAttempts?: number | undefined;
  MaximumEventAgeInSeconds?: number | undefined;
}

export type Exhausted = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds";

export const ageMsMax = ({ MaximumEventAgeInSeconds = AGE_SECONDS_MAX }: RetryPolicy): number => MaximumEventAgeInSeconds * 1000;

/** After the try number `tries` (from 1) failed at `nowMs`. `sinceMs`: from when its age counts; `afterMs`: the target asked to be left alone that long. */
export function nextTry(policy: RetryPolicy, tries: number, { sinceMs, nowMs, afterMs = 0 }: { sinceMs: number; nowMs: number; afterMs?: number | undefined }): { atMs: number } | { exhausted: Exhausted } {
  if (tries > (policy.MaximumRetryAttempts ?? RETRIES_MAX)) return { exhausted: "MaximumRetryAttempts" };
  const atMs = nowMs + Math.max(afterMs, Math.min(DELAY_MS_MAX, 1000 * 2 ** (tries - 1)));
  return atMs - sinceMs > ageMsMax(policy) ? { exhausted: "MaximumEventAgeInSeconds" } : { atMs };
}
