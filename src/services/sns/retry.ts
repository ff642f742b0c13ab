// When a delivery that failed is tried again. No I/O.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
import type { HealthyRetryPolicy } from "./effective-policy.ts";

/** Queues and functions: 3 at once, 2 a second apart, 10 from 1 to 20 seconds, 100,000 every 20 seconds: 23 days. */
export const MANAGED_POLICY: HealthyRetryPolicy = { numRetries: 100_015, numNoDelayRetries: 3, numMinDelayRetries: 2, numMaxDelayRetries: 100_000, minDelayTarget: 1, maxDelayTarget: 20, backoffFunction: "exponential" };

/** After `failures` tries that failed; undefined when that was the last. AWS adds jitter; here nobody's retries meet anybody else's. */
export function retryDelayMs(policy: HealthyRetryPolicy, failures: number): number | undefined {
  const { numRetries, numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries, minDelayTarget, maxDelayTarget } = policy;
  if (failures > numRetries) return undefined;
  if (failures <= numNoDelayRetries) return 0;
  const before = numNoDelayRetries + numMinDelayRetries;
  if (failures <= before) return minDelayTarget * 1000;
  if (failures > numRetries - numMaxDelayRetries) return maxDelayTarget * 1000;
  const last = numRetries - numMaxDelayRetries - before - 1;
  return Math.round(backOff(policy, failures - before - 1, last) * 1000);
}

/**
 * From the shortest delay at step 0 to the longest at step `last`, seconds. AWS shows a chart of the four functions and no formula: linear
 * and arithmetic (whose differences grow) and geometric (whose quotient stays) arrive at the last step; exponential doubles until it is there.
 */
function backOff({ backoffFunction, minDelayTarget: min, maxDelayTarget: max }: HealthyRetryPolicy, step: number, last: number): number {
  if (backoffFunction === "exponential") return Math.min(max, min * 2 ** step);
  const part = last === 0 ? 0 : step / last;
  if (backoffFunction === "geometric") return min * (max / min) ** part;
  return min + (max - min) * (backoffFunction === "arithmetic" ? part * part : part);
}
