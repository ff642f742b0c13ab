// When a delivery that failed is tried again, and when no more. No I/O.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
import type { RetryPolicy } from "@aws-sdk/client-eventbridge";

const ATTEMPTS_MAX = 185;
const AGE_SECONDS_MAX = 86_400;
/** "Exponential back off and jitter", without numbers: doubling to eight minutes makes the 185 attempts last the 24 hours. No jitter: nobody's retries meet anybody else's. */
const DELAY_MS_MAX = 480_000;

export type Exhausted = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds";

/** After the try number `tries` (from 1) failed at `nowMs`; `afterMs`: the target asked to be left alone that long. */
export function nextTry({ MaximumRetryAttempts = ATTEMPTS_MAX, MaximumEventAgeInSeconds = AGE_SECONDS_MAX }: RetryPolicy, tries: number, { ingestedMs, nowMs, afterMs = 0 }: { ingestedMs: number; nowMs: number; afterMs?: number | undefined }): { atMs: number } | { exhausted: Exhausted } {
  if (tries > MaximumRetryAttempts) return { exhausted: "MaximumRetryAttempts" };
  const atMs = nowMs + Math.max(afterMs, Math.min(DELAY_MS_MAX, 1000 * 2 ** (tries - 1)));
  return atMs - ingestedMs > MaximumEventAgeInSeconds * 1000 ? { exhausted: "MaximumEventAgeInSeconds" } : { atMs };
}
