// What destinations and dead-letter queues are sent, to the byte.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deadLetterMessage, destinationMessage, type Ended } from "./record.ts";

const ended: Ended = {
  requestId: "e4b46cbf-b738-xmpl-8880-a18cdf61200e", functionArn: "arn:aws:lambda:us-east-2:123456789012:function:my-function", qualifier: "live",
  payload: '{"ORDER_IDS" : [1]}', nowMs: Date.UTC(2019, 10, 24, 21, 52, 47, 333),
  ending: { condition: "RetriesExhausted", invokeCount: 3, response: { statusCode: 200, executedVersion: "7", failed: true, payload: '{"errorMessage":"Insufficient memory"}' } },
};
const arnOf = (service: string, resource: string) => `arn:aws:${service}:us-east-2:123456789012:${resource}`;
const answer = (payload: string, failed = true): Ended => ({ ...ended, ending: { condition: failed ? "RetriesExhausted" : "Success", invokeCount: 1, response: { statusCode: 200, executedVersion: "7", failed, payload } } });

test("a record carries request and response as they were", () => {
  // The example of the developer guide, invocation-async.md, with an alias.
  assert.equal(destinationMessage(arnOf("sqs", "q"), ended, "").body,
    '{"version":"1.0","timestamp":"2019-11-24T21:52:47.333Z","requestContext":{"requestId":"e4b46cbf-b738-xmpl-8880-a18cdf61200e","functionArn":"arn:aws:lambda:us-east-2:123456789012:function:my-function:live","condition":"RetriesExhausted","approximateInvokeCount":3},' +
    '"requestPayload":{"ORDER_IDS" : [1]},"responseContext":{"statusCode":200,"executedVersion":"7","functionError":"Unhandled"},"responsePayload":{"errorMessage":"Insufficient memory"}}');
});

test("a success has no functionError, and null stays null", () => {
  const record = JSON.parse(destinationMessage(arnOf("sns", "t"), answer("null", false), "").body);
  assert.deepEqual(record.responseContext, { statusCode: 200, executedVersion: "7" });
  assert.equal(record.responsePayload, null);
  assert.equal(record.requestContext.condition, "Success");
});

test("an event bus is told source, detail-type and resources", () => {
  const bus = arnOf("events", "event-bus/default");
  assert.deepEqual(destinationMessage(bus, ended, "").event, { source: "lambda", detailType: "Lambda Function Invocation Result - Failure", resources: [bus, `${ended.functionArn}:live`] });
  assert.equal(destinationMessage(bus, answer("1", false), "").event!.detailType, "Lambda Function Invocation Result - Success");
});

test("an object in a bucket is named by function and time", () => {
  assert.equal(destinationMessage("arn:aws:s3:::failures", ended, "0b1c").key, "aws/lambda/async/my-function/2019/11/24/2019-11-24T21.52.47-0b1c");
});

test("payloads too large for the target are left out, and for a bucket they are not", () => {
  const large = { ...ended, payload: JSON.stringify("x".repeat(300_000)) };
  const record = JSON.parse(destinationMessage(arnOf("sns", "t"), large, "").body);
  assert.deepEqual(Object.keys(record), ["version", "timestamp", "requestContext", "responseContext"]);
  assert.ok(JSON.parse(destinationMessage(arnOf("sqs", "q"), large, "").body).requestPayload);
  assert.ok(JSON.parse(destinationMessage("arn:aws:s3:::failures", { ...large, payload: JSON.stringify("x".repeat(2_000_000)) }, "").body).requestPayload);
});

test("what a custom runtime answers without being JSON is a text in the record", () => {
  assert.equal(JSON.parse(destinationMessage(arnOf("sqs", "q"), answer("not <json>"), "").body).responsePayload, "not <json>");
});

test("a dead letter is the event itself, with the first KB of the error", () => {
  const { body, attributes } = deadLetterMessage(ended);
  assert.equal(body, ended.payload);
  assert.deepEqual(attributes, { RequestID: { type: "String", value: ended.requestId }, ErrorCode: { type: "Number", value: "200" }, ErrorMessage: { type: "String", value: "Insufficient memory" } });
  const long = deadLetterMessage(answer(JSON.stringify({ errorMessage: `é${"ü".repeat(1000)}` }))).attributes!["ErrorMessage"]!.value;
  assert.equal(Buffer.byteLength(long), 1024);
  assert.equal(deadLetterMessage(answer("plain")).attributes!["ErrorMessage"]!.value, "plain");
  assert.equal(deadLetterMessage(answer("null")).attributes!["ErrorMessage"]!.value, "null");
});
