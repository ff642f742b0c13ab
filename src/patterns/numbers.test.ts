// Numbers that keep their digits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LongNumber, numberOf, parseEvent } from "./numbers.ts";

test("a number is a double where a double has exactly its value", () => {
  for (const [text, value] of [["0", 0], ["-0", -0], ["300.0", 300], ["3.0e2", 300], ["1E-320", 1e-320], ["0.1", 0.1], ["9007199254740993000", 9007199254740993000], ["1.7976931348623157e308", Number.MAX_VALUE], ["0.30000000000000004", 0.1 + 0.2]] as const) assert.equal(numberOf(text), value, text);
  for (const text of ["9007199254740993", "12345678901234567891", "1e400", "1E-325", "0.1000000000000000000001", "-123456789012345678901234567890"]) assert.ok(numberOf(text) instanceof LongNumber, text);
});

test("an event is read as JSON, and its long numbers keep their digits", () => {
  assert.deepEqual(parseEvent('{"a":[1,2.5,"x",null,true],"b":{"c":1e2}}'), { a: [1, 2.5, "x", null, true], b: { c: 100 } });
  const { id, text, nested } = parseEvent('{"id":12345678901234567891,"text":"12345678901234567891","nested":[{"n":123456.78901234567}]}') as { id: LongNumber; text: string; nested: { n: unknown }[] };
  assert.deepEqual([id instanceof LongNumber, id.text, text, nested[0]!.n], [true, "12345678901234567891", "12345678901234567891", 123456.78901234567]);
  assert.throws(() => parseEvent("{no"), SyntaxError);
  assert.equal(({} as { x?: number }).x, undefined);
  assert.ok(Object.hasOwn(parseEvent('{"__proto__":{"x":1234567890123456789}}') as object, "__proto__"));
});
