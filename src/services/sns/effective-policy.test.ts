// What counts of the delivery policies of a topic and a subscription.
import assert from "node:assert/strict";
import { test } from "node:test";
import { effectivePolicy } from "./effective-policy.ts";

const topic = (http: object) => JSON.stringify({ http });
const AWS = { minDelayTarget: 20, maxDelayTarget: 20, numRetries: 3, numMaxDelayRetries: 0, numNoDelayRetries: 0, numMinDelayRetries: 0, backoffFunction: "linear" };

test("without policies AWS's counts", () => {
  assert.deepEqual(effectivePolicy(undefined, undefined), { healthyRetryPolicy: AWS, throttlePolicy: null, requestPolicy: { headerContentType: "text/plain; charset=UTF-8" } });
});

test("a subscription's retries take the place of the topic's as a whole, and each part stands for itself", () => {
  const ofTopic = topic({ defaultHealthyRetryPolicy: { numRetries: 50, numNoDelayRetries: 10 }, defaultThrottlePolicy: { maxReceivesPerSecond: 5 }, defaultRequestPolicy: { headerContentType: "application/json" } });
  assert.deepEqual(effectivePolicy(ofTopic, undefined), { healthyRetryPolicy: { ...AWS, numRetries: 50, numNoDelayRetries: 10 }, throttlePolicy: { maxReceivesPerSecond: 5 }, requestPolicy: { headerContentType: "application/json" } });
  assert.deepEqual(effectivePolicy(ofTopic, '{"healthyRetryPolicy":{"numRetries":7},"requestPolicy":{"headerContentType":"text/xml"}}'), { healthyRetryPolicy: { ...AWS, numRetries: 7 }, throttlePolicy: { maxReceivesPerSecond: 5 }, requestPolicy: { headerContentType: "text/xml" } });
});

test("a topic may allow subscriptions none of their own", () => {
  const strict = topic({ disableSubscriptionOverrides: true, defaultHealthyRetryPolicy: { numRetries: 50 } });
  assert.equal(effectivePolicy(strict, '{"healthyRetryPolicy":{"numRetries":7}}').healthyRetryPolicy.numRetries, 50);
});
