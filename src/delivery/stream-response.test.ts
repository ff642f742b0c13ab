// What a function may answer for a batch of a stream.
import assert from "node:assert/strict";
import { test } from "node:test";
import { verdictOf } from "./stream-response.ts";

const ids = ["a", "b", "c"];
const done = (answer: string, more: Partial<Parameters<typeof verdictOf>[1]> = {}): number => verdictOf(Buffer.from(answer), { ids, reportsFailures: true, inWindow: false, ...more }).done;
const failing = (...identifiers: unknown[]): string => JSON.stringify({ batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })) });

test("everything is done after an answer that names no failure", () => {
  for (const answer of ['{"batchItemFailures":[]}', '{"batchItemFailures":null}', "{}", "null", '""', "[]", "", '{"statusCode":200}']) assert.equal(done(answer), 3, answer);
});

test("nothing is done after an answer that is none", () => {
  for (const answer of [failing(""), failing(null), failing("d"), failing("b", "d"), '{"batchItemFailures":[{"id":"b"}]}', '{"batchItemFailures":[null]}', '{"batchItemFailures":"b"}', '"ok"', "7", "true", "[1]", "not JSON"]) assert.equal(done(answer), 0, answer);
});

test("it goes on at the lowest that failed", () => {
  assert.deepEqual([done(failing("c")), done(failing("c", "b")), done(failing("a")), done(failing("b", "b"))], [2, 1, 0, 1]);
});

test("without ReportBatchItemFailures any answer will do", () => {
  for (const answer of [failing("a"), "not JSON", '"ok"']) assert.equal(done(answer, { reportsFailures: false }), 3);
});

test("a tumbling window needs a state, whether or not failures are reported", () => {
  for (const reportsFailures of [true, false]) {
    for (const answer of ["{}", "null", '{"state":null}', '{"state":[]}', '{"state":"x"}', "not JSON"]) assert.equal(done(answer, { inWindow: true, reportsFailures }), 0, answer);
    assert.deepEqual(verdictOf(Buffer.from('{"state":{"n":1}}'), { ids, reportsFailures, inWindow: true }), { done: 3, state: { n: 1 } });
  }
  assert.deepEqual(verdictOf(Buffer.from('{"state":{"n":1},"batchItemFailures":[{"itemIdentifier":"b"}]}'), { ids, reportsFailures: true, inWindow: true }), { done: 1, state: { n: 1 } });
});

test("a stream may have identifiers of its own, as Kafka's partition and offset", () => {
  const itemId = (identifier: unknown): string | undefined => {
    const { partition, offset } = (identifier ?? {}) as { partition?: string; offset?: number };
    return partition === "t-0" ? String(offset) : undefined;
  };
  const kafka = { ids: ["100", "101"], reportsFailures: true, inWindow: false, itemId };
  assert.equal(verdictOf(Buffer.from(failing({ partition: "t-0", offset: 101 })), kafka).done, 1);
  assert.equal(verdictOf(Buffer.from(failing({ partition: "t-1", offset: 101 })), kafka).done, 0);
});
