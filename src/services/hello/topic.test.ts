// A rule, tested alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isTopicName, topicArn } from "./topic.ts";

test("topic names are letters, digits, hyphens and underscores, 256 at most", () => {
  assert.ok(isTopicName("orders_2-x"));
  for (const name of ["", "a b", "a/b", "x".repeat(257)]) assert.ok(!isTopicName(name), name);
  assert.equal(topicArn("eu-west-1", "000000000000", "orders"), "arn:aws:sns:eu-west-1:000000000000:orders");
});
