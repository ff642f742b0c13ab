// What a function's answer says of a batch, form by form: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
import assert from "node:assert/strict";
import { test } from "node:test";
import { failedItems } from "./batch-response.ts";

const said = (answer: string): string[] | undefined => {
  const failed = failedItems(Buffer.from(answer), ["a", "b", "c"]);
  return failed && [...failed];
};

test("an empty list, a null list, an empty or null answer, and none at all are complete successes", () => {
  for (const answer of ['{"batchItemFailures":[]}', '{"batchItemFailures":null}', "{}", "null", "", '""', "[]", '{"other":1}']) assert.deepEqual(said(answer), [], answer);
});

test("what is listed failed, once, and in any order", () => {
  assert.deepEqual(said('{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"},{"itemIdentifier":"c"}]}'), ["c", "a"]);
});

test("an answer that is no such list is a complete failure", () => {
  for (const answer of [
    "{", "no", '"text"', "7", "[1]", "true",
    '{"batchItemFailures":"a"}', '{"batchItemFailures":{"itemIdentifier":"a"}}', '{"batchItemFailures":["a"]}', '{"batchItemFailures":[null]}',
    '{"batchItemFailures":[{"itemIdentifier":""}]}', '{"batchItemFailures":[{"itemIdentifier":null}]}', '{"batchItemFailures":[{"itemIdentifier":7}]}',
    '{"batchItemFailures":[{"id":"a"}]}', '{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"nobody"}]}', '{"batchItemFailures":[{"itemIdentifier":"__proto__"}]}',
  ]) assert.equal(said(answer), undefined, answer);
});
