// What patterns match and refuse. Cases marked AWS were recorded on AWS (LocalStack's TestEventPattern and SNS recordings).
import assert from "node:assert/strict";
import { test } from "node:test";
import { BadPattern, compile } from "./pattern.ts";
import type { Dialect } from "./pattern.ts";
import { parseEvent } from "./numbers.ts";

const matches = (pattern: object, event: unknown, dialect: Dialect = "eventbridge") => compile(JSON.stringify(pattern), dialect).matches(event);

function reason(pattern: object | string, dialect: Dialect = "eventbridge"): string {
  try {
    compile(typeof pattern === "string" ? pattern : JSON.stringify(pattern), dialect);
  } catch (error) {
    assert.ok(error instanceof BadPattern, String(error));
    return error.reason;
  }
  return assert.fail(`accepted: ${JSON.stringify(pattern)}`);
}
const message = (pattern: object | string, dialect: Dialect = "eventbridge") => reason(pattern, dialect).split("\n")[0];

/** For one field: what it takes and what it leaves; undefined is an event without the field. */
function check(condition: unknown[], yes: unknown[], no: unknown[], dialect?: Dialect): void {
  const event = (value: unknown) => (value === undefined ? { other: 1 } : { x: value });
  for (const value of yes) assert.ok(matches({ x: condition }, event(value), dialect), `${JSON.stringify(condition)} should match ${JSON.stringify(value)}`);
  for (const value of no) assert.ok(!matches({ x: condition }, event(value), dialect), `${JSON.stringify(condition)} should not match ${JSON.stringify(value)}`);
}

test("a value matches what is equal to it, of the same type", () => {
  check(["a", "b"], ["a", "b", ["z", "b"]], ["A", "ab", undefined, null, 1, {}, [], [{ x: "a" }]]);
  check([100, true], [100, true, 1e2], ["100", false, "true", 101]);
  check([null], [null, [1, null]], ["", "null", 0, undefined, []]);
  check([""], [""], [null, " ", undefined]);
});

test("numbers are equal as numbers (AWS: 300 is 300.0), and those that no double holds by their text", () => {
  check([300], [300.0, 3e2], ["300"]);
  const long = compile('{"account":[12345678901234567891]}', "eventbridge");
  assert.ok(long.matches(parseEvent('{"account":12345678901234567891}')));
  assert.ok(!long.matches(parseEvent('{"account":12345678901234567890}')));
  assert.ok(!matches({ account: [{ numeric: [">", 0] }] }, parseEvent('{"account":12345678901234567891}')), "cannot be compared, as in event-ruler");
  assert.ok(matches({ account: [{ exists: true }] }, parseEvent('{"account":12345678901234567891}')));
  assert.equal(message('{"x":[{"numeric":["=",2.0e422]}]}'), "Cannot compare number : 2.0e422");
  assert.equal(message('{"x":[{"numeric":["=",1E-325]}]}'), "Cannot compare number : 1E-325");
});

test("strings by their beginning, end and case", () => {
  check([{ prefix: "us-" }], ["us-", "us-east-1"], ["eu-us-", "US-", undefined, 1, null]);
  check([{ prefix: "" }], ["", "a"], [1, null, undefined]);
  check([{ suffix: ".png" }], ["a.png", ".png"], ["a.PNG", "png", undefined]);
  check([{ "equals-ignore-case": "AlIcE" }], ["alice", "ALICE"], ["alice ", undefined, 1]);
  check([{ prefix: { "equals-ignore-case": "EventB" } }], ["eventbridge", "EVENTB"], ["event", "xeventb"]);
  check([{ suffix: { "equals-ignore-case": "tBridge" } }], ["EVENTBRIDGE", "tbridge"], ["bridge", "tbridges"]);
});

test("anything-but takes whatever is there and is not named", () => {
  check([{ "anything-but": "a" }], ["b", 1, null, true, ["a", "b"]], ["a", ["a"], undefined, [], {}]);
  check([{ "anything-but": ["a", "b"] }], ["c", "A"], ["a", "b", undefined]);
  check([{ "anything-but": [1, 2.5] }], [3, "1", null], [1, 2.5, undefined]);
  check([{ "anything-but": { prefix: "in" } }], ["out", 1, null], ["init", undefined]);
  check([{ "anything-but": { prefix: ["in", "ex"] } }], ["out"], ["init", "exit"]);
  check([{ "anything-but": { suffix: ["1", "2"] } }], ["a3"], ["a1", "a2"]);
  check([{ "anything-but": { "equals-ignore-case": ["stopped", "X"] } }], ["run", 5], ["STOPPED", "x", undefined]);
  check([{ "anything-but": { wildcard: "*/lib/*" } }], ["/usr/bin", 1], ["/usr/lib/x", undefined]);
});

test("numeric compares JSON numbers only", () => {
  check([{ numeric: [">", 0, "<=", 5] }], [5, 0.1], [0, 5.1, "3", null, undefined]);
  check([{ numeric: ["=", 301.8] }], [3.018e2], [301.80001]);
  check([{ numeric: ["<", -1e9] }], [-5e9], [-1e9]);
  check([{ numeric: [">=", 1, "<", 2] }], [1], [2]);
});

test("exists asks for a leaf", () => {
  check([{ exists: true }], ["", null, 0, [1], [null]], [undefined, {}, [], { deeper: 1 }]);
  check([{ exists: false }], [undefined, {}, [], { deeper: 1 }], ["", null, 0, [1]]);
  check([{ exists: false }, "a"], [undefined, "a"], ["b"]);
});

test("addresses are in ranges, and equal however they are written", () => {
  check([{ cidr: "10.0.0.0/24" }], ["10.0.0.0", "10.0.0.255"], ["10.0.1.0", "10.0.0", "x", 10, "::a00:0"]);
  check([{ cidr: "2001:db8:1234:1a00::/64" }], ["2001:0db8:1234:1a00:0000:0000:0000:0000", "2001:db8:1234:1a00::1"], ["2001:db8:1234:1a01::1", "10.0.0.1"]);
  check(["::1"], ["0:0:0:0:0:0:0:1", "::1"], ["::2"]);
  assert.equal(reason({ x: [{ cidr: "bad-filter" }] }), "Malformed CIDR, one '/' required");
  assert.equal(reason({ x: [{ cidr: "bad-/64filter" }] }), "Malformed CIDR, mask bits must be an integer");
  assert.equal(reason({ x: [{ cidr: "xx.11.xx/8" }] }), "Nonstandard IP address: xx.11.xx");
  assert.equal(reason({ x: [{ cidr: "999.1.1.1/8" }] }), "Invalid IP address: 999.1.1.1");
  assert.equal(reason({ x: [{ cidr: "10.0.0.0/32" }] }), "IPv4 mask bits must be < 32");
});

test("wildcards stand for any characters, and not for too many ways to find them", () => {
  check([{ wildcard: "dir/*.png" }], ["dir/a.png", "dir/.png", "dir/x/y.png"], ["dir/.pn", "x/dir/a.png", 1, undefined]);
  check([{ wildcard: "a*b*a" }], ["aba", "axbxa"], ["aa", "ab", "abab"]);
  check([{ wildcard: "a\\*b\\\\" }], ["a*b\\"], ["axb\\"]);
  check([{ wildcard: "*" }], ["", "x"], [null]);
  assert.equal(message({ x: [{ wildcard: "arn:aws:events:us-east-1:**:event-bus/*" }] }), "Consecutive wildcard characters at pos 26");
  assert.equal(message({ x: [{ wildcard: "a\\b" }] }), "Invalid escape character at pos 2");
  assert.match(reason({ x: [{ wildcard: "*:*:*:*:*:event-bus/*" }] }), /^Rule is too complex - try using fewer wildcard characters/);
  assert.match(reason({ x: [{ wildcard: `*${"a".repeat(4000)}b` }] }), /^Rule is too complex/);
  compile(JSON.stringify({ x: [{ wildcard: "/Users/*/dir/dir/dir/dir/dir/doc.txt" }] }), "eventbridge");
});

test("all fields must match, and those of one array in one element of it", () => {
  const event = { employees: [[{ first: "John", last: "Doe" }, { first: "Anna", last: "Smith" }], [{ first: "Peter", last: "Jones" }]] };
  assert.ok(matches({ employees: { first: ["Anna"] } }, event));
  assert.ok(matches({ employees: { first: ["Anna"], last: ["Smith"] } }, event));
  assert.ok(!matches({ employees: { first: ["Anna"], last: ["Jones"] } }, event));
  assert.ok(matches({ employees: { first: ["Anna"], age: [{ exists: false }] } }, event));
  assert.ok(!matches({ employees: { first: [{ exists: false }] } }, { employees: [{ first: "a" }, {}] }), "some element has it");
});

test("dots join keys, in patterns and events (AWS)", () => {
  assert.ok(matches({ detail: { state: { status: ["running"] } } }, { detail: { "state.status": "running" } }));
  assert.ok(matches({ detail: { "state.status": ["running"] } }, { detail: { state: { status: "running" } } }));
  assert.ok(matches({ a: { b: [1], c: [2] } }, { "a.b": 1, a: { c: 2 } }));
  assert.ok(!matches({ detail: { state: { status: ["running"] } } }, { detail: { "state.status": { status: "running" } } }));
});

test("$or takes any of its objects, nested and beside other fields", () => {
  const pattern = { source: ["s"], $or: [{ metric: ["a"] }, { kind: ["k"], $or: [{ id: [1] }, { space: [2] }] }] };
  assert.ok(matches(pattern, { source: "s", metric: "a" }));
  assert.ok(matches(pattern, { source: "s", kind: "k", space: 2 }));
  assert.ok(!matches(pattern, { source: "s", kind: "k", space: 3 }));
  assert.ok(!matches(pattern, { metric: "a" }));
  assert.equal(message({ $or: [{ a: [1] }] }), "There must have at least 2 Objects in $or relationship.");
  assert.equal(message({ $or: [{ prefix: ["a"] }, { b: [1] }] }), "prefix is Ruler reserved fieldName which cannot be used inside $or.");
  const ors = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`k${index}`, { $or: [{ a: [1] }, { b: [1] }] }]));
  assert.match(reason(ors), /combinations of \$or/);
});

test("names that objects are born with are names like any other", () => {
  const pattern = compile('{"__proto__":{"polluted":["yes"]},"constructor":["c"]}', "eventbridge");
  assert.ok(!pattern.matches({ constructor: "c" }));
  assert.ok(pattern.matches(JSON.parse('{"__proto__":{"polluted":"yes"},"constructor":"c"}')));
  assert.ok(!matches({ toString: [{ exists: true }] }, {}));
  assert.equal(({} as { polluted?: string }).polluted, undefined);
});

test("of a key written twice the last counts", () => {
  assert.ok(compile('{"a":["x"],"a":["y"]}', "lambda").matches({ a: "y" }));
  assert.ok(!compile('{"a":["x"],"a":["y"]}', "lambda").matches({ a: "x" }));
});

test("what is no pattern is refused with AWS's sentence and position", () => {
  const at = (text: string, where: string) => `\n at [Source: (String)"${text}"; line: 1, column: ${where}]`;
  const cases: [string, string, string][] = [
    ['{"int": 42}', '"int" must be an object or an array', "11"],
    ['{"string": "my-value"}', '"string" must be an object or an array', "13"],
    ['{"resources": []}', "Empty arrays are not allowed", "17"],
    ['{"my_key": [{"EXISTS": true}]}', "Unrecognized match type EXISTS", "28"],
    ['{"time": [{"prefix": ["2022-07-13"]}]}', "prefix match pattern must be a string", "23"],
    ['{"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}}', "Bad numeric range operator: >", "49"],
    ['{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}', "Value of < must be numeric", "50"],
    ['["not", "a", "dict"]', "Filter is not an object", "2"],
    ["this is not JSON", "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", "5"],
    ["{'bad': 'quotation'}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name", "2"],
  ];
  for (const [text, sentence, column] of cases) assert.equal(reason(text), sentence + at(text, column));
  const list = '{"detail": {"state": [{"anything-but": ["stopped", null]}]}}';
  assert.equal(reason(list), `Inside anything but list, start|null|boolean is not supported.${at(list, "56")}${at(list, "56")}`, "twice, as recorded");
  for (const text of ["", "{", '{"a"', '{"a":[1', '{"a":["x', '{"a":[1,]}', '{"a":[1 2]}', '{"a":[01]}', '{"a":["\u0001"]}', "{}", '{"a":{}}', '{"a":[{"anything-but":["x",1]}]}', '{"a":[[1]]}']) {
    assert.ok(reason(text).length > 0, text);
  }
});

test("however deep and large, a pattern and an event cost bounded time and stack", () => {
  const deep = `${'{"a":'.repeat(990)}[1]${"}".repeat(990)}`;
  assert.equal(compile(deep, "eventbridge").matches(JSON.parse(deep)), true);
  assert.match(reason(`${'{"a":'.repeat(2000)}[1]${"}".repeat(2000)}`), /nesting depth/);
  const arrays = `{"a":${"[".repeat(100_000)}1${"]".repeat(100_000)}}`;
  assert.equal(matches({ a: [1] }, JSON.parse(arrays)), false);
  assert.equal(matches({ a: { b: [1] } }, JSON.parse(arrays)), false);
  const nested = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
  assert.equal(matches({ a: { a: { a: [1] } } }, JSON.parse(`{"a":${nested},"a.a":${nested}}`)), false);
  const siblings = Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, Array.from({ length: 20_000 }, () => ({ x: 1 }))]));
  const pattern = { ...Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, { x: [1] }])), e: { x: [2] } };
  assert.equal(matches(pattern, siblings), false);
  assert.equal(matches({ a: [{ wildcard: "*ab*cd*ef" }] }, { a: "abcd".repeat(250_000) }), false);
});

test("Lambda's dialect has no wildcard, cidr or nested anything-but", () => {
  check([{ prefix: { "equals-ignore-case": "A" } }, { suffix: "z" }, { numeric: ["=", 1] }], ["ab", "xyz", 1], ["b"], "lambda");
  check([{ "anything-but": ["x"] }], ["y"], ["x"], "lambda");
  assert.equal(message({ a: [{ wildcard: "*" }] }, "lambda"), "Unrecognized match type wildcard");
  assert.equal(message({ a: [{ "anything-but": { prefix: "x" } }] }, "lambda"), "Unsupported anything-but pattern: prefix");
  for (const bad of ["[]", '"a"', '{"eventSource":"aws:sqs"}', '{"eventSource":[]}', "null", "{}"]) reason(bad, "lambda");
});

test("a wildcard that a thousand alternatives share is judged once", () => {
  const or = (field: string) => `"$or":[${Array.from({ length: 10 }, (_, n) => `{"${field}":["${n}"]}`).join(",")}]`;
  const startedMs = performance.now();
  const { alternatives } = compile(`{"w":[{"wildcard":"*${"abcdefghijklmnopqrstuvwxyz0123456789".repeat(8)}"}],${or("a")},${or("b")},${or("c")}}`, "eventbridge");
  assert.equal(alternatives.length, 1000);
  assert.ok(performance.now() - startedMs < 1000);
});
