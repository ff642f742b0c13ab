// What may be handed to a function.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkClientContext, checkPayload } from "./payload.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const refusal = (payload: Uint8Array): string => {
  try {
    checkPayload(payload);
  } catch (error) {
    assert.equal((error as Error).name, "InvalidRequestContentException");
    return (error as Error).message;
  }
  return "accepted";
};

test("a payload nested deeper than a thousand levels is refused, and brackets inside strings do not count", () => {
  const nested = (depth: number) => bytes("[".repeat(depth) + " ".repeat(3000) + "]".repeat(depth));
  assert.match(refusal(nested(1001)), /nesting depth \(1001\) exceeds the maximum allowed \(1000/);
  assert.equal(refusal(nested(1000)), "accepted");
  assert.equal(refusal(bytes(JSON.stringify(`\\"${"[".repeat(3000)}\\`))), "accepted");
});

test("a payload is handed on byte for byte, and none at all is an empty object", () => {
  for (const text of ["null", "1", '"x"', " [1, 2] ", '{"a":"é"}']) {
    const given = bytes(text);
    assert.equal(checkPayload(given), given);
  }
  assert.equal(Buffer.from(checkPayload(undefined)).toString(), "{}");
  assert.equal(Buffer.from(checkPayload(new Uint8Array())).toString(), "{}");
});

test("what is not JSON is refused with the place of the mistake", () => {
  const start = "Could not parse request body into json: Could not parse payload into json: ";
  const source = "at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line:";
  assert.equal(refusal(new Uint8Array([0x22, 0x61, 0x87])), `${start}Invalid UTF-8 start byte 0x87 ${source} 1, column: 3]`);
  assert.equal(refusal(bytes("\u0099")), `${start}Unexpected character ((CTRL-CHAR, code 153)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false') ${source} 1, column: 1]`);
  assert.ok(refusal(bytes('{\n  "a": x}')).endsWith("line: 2, column: 8]"));
  for (const text of ["{", '{"a":', "tru", "[1,]", "{} {}", " ", "NaN", "\uFEFF{}", "[".repeat(100_000)]) assert.ok(refusal(bytes(text)).startsWith(start), text.slice(0, 9));
});

test("a payload of 6 MiB is let through and one byte more is not", () => {
  const text = `"${"x".repeat(6_291_454)}"`;
  checkPayload(bytes(text));
  assert.throws(() => checkPayload(bytes(`${text} `)), { name: "RequestEntityTooLargeException", status: 413, message: "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)" });
});

test("a client context is Base64 of a JSON object of limited size", () => {
  const encoded = (text: string) => Buffer.from(text).toString("base64");
  assert.equal(checkClientContext(undefined), undefined);
  assert.equal(checkClientContext(encoded('{"custom":{"a":1}}')), '{"custom":{"a":1}}');
  for (const bad of ["***", encoded("{"), encoded("[]"), encoded("1")])
    assert.throws(() => checkClientContext(bad), { name: "InvalidRequestContentException", message: "Client context must be a valid Base64-encoded JSON object." });
  assert.throws(() => checkClientContext(encoded(JSON.stringify({ a: "x".repeat(2700) }))), /3583/);
});
