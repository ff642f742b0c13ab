// The times of retries, alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HealthyRetryPolicy } from "./effective-policy.ts";
import { MANAGED_POLICY, retryDelayMs } from "./retry.ts";

const all = (policy: HealthyRetryPolicy): number[] => {
  const delays: number[] = [];
  for (let delay = retryDelayMs(policy, 1); delay !== undefined; delay = retryDelayMs(policy, delays.length + 1)) delays.push(delay / 1000);
  return delays;
};
const policy = (more: Partial<HealthyRetryPolicy>): HealthyRetryPolicy => ({ minDelayTarget: 20, maxDelayTarget: 20, numRetries: 3, numNoDelayRetries: 0, numMinDelayRetries: 0, numMaxDelayRetries: 0, backoffFunction: "linear", ...more });

test("queues and functions are tried 100,015 times more, over 23 days", () => {
  const delays = all(MANAGED_POLICY);
  assert.deepEqual(delays.slice(0, 16), [0, 0, 0, 1, 1, 1, 2, 4, 8, 16, 20, 20, 20, 20, 20, 20]);
  assert.equal(delays.length, 100_015);
  assert.ok(delays.slice(10).every((delay) => delay === 20));
  assert.equal(Math.floor(delays.reduce((sum, delay) => sum + delay, 0) / 86_400), 23);
});

test("servers are tried three times more, 20 seconds apart, unless a policy says otherwise", () => {
  assert.deepEqual(all(policy({})), [20, 20, 20]);
  assert.deepEqual(all(policy({ numRetries: 0 })), []);
  assert.deepEqual(all(policy({ minDelayTarget: 5, maxDelayTarget: 30, numRetries: 6, numNoDelayRetries: 1, numMinDelayRetries: 2, numMaxDelayRetries: 1 })), [0, 5, 5, 5, 30, 30]);
});

test("each back-off function goes from the shortest delay to the longest", () => {
  const phase = (backoffFunction: HealthyRetryPolicy["backoffFunction"]) => all(policy({ minDelayTarget: 1, maxDelayTarget: 81, numRetries: 5, backoffFunction }));
  assert.deepEqual(phase("linear"), [1, 21, 41, 61, 81]);
  assert.deepEqual(phase("arithmetic"), [1, 6, 21, 46, 81]);
  assert.deepEqual(phase("geometric"), [1, 3, 9, 27, 81]);
  assert.deepEqual(phase("exponential"), [1, 2, 4, 8, 16]);
  assert.deepEqual(all(policy({ minDelayTarget: 1, maxDelayTarget: 5, numRetries: 5, backoffFunction: "exponential" })), [1, 2, 4, 5, 5]);
});
