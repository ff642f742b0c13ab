// When an invocation that failed is tried again, and when no more. No I/O.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
import type { RetryPolicy } from "@aws-sdk/client-scheduler";

/** What AWS fills in (recorded). */
export const RETRIES_MAX = 185;
export const AGE_SECONDS_MAX = 86_400;
/** "Exponential backoff", without numbers: doubling to eight minutes makes the 185 retries last the 24 hours. No jitter: nobody's retries meet anybody else's. */
const DELAY_MS_MAX = 480_000;

export type Exhausted = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds";

export const ageMsMax = ({ MaximumEventAgeInSeconds = AGE_SECONDS_MAX }: RetryPolicy): number => MaximumEventAgeInSeconds * 1000;

/** After the try number `tries` (from 1) failed at `nowMs`; it was due at `dueMs`. */
export function nextTry(policy: RetryPolicy, tries: number, { dueMs, nowMs }: { dueMs: number; nowMs: number }): { atMs: number } | { exhausted: Exhausted } {
  if (tries > (policy.MaximumRetryAttempts ?? RETRIES_MAX)) return { exhausted: "MaximumRetryAttempts" };
  const atMs = nowMs + Math.min(DELAY_MS_MAX, 1000 * 2 ** (tries - 1));
  return atMs - dueMs > ageMsMax(policy) ? { exhausted: "MaximumEventAgeInSeconds" } : { atMs };
}
