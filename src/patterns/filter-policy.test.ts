// Filter policies of SNS: sentences and limits as recorded on AWS (LocalStack's recordings of SNS), https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
import assert from "node:assert/strict";
import { test } from "node:test";
import { attributesEvent } from "./attributes.ts";
import { BadPattern, compile } from "./pattern.ts";
import type { Dialect } from "./pattern.ts";

function reason(policy: object, dialect: Dialect = "sns-attributes"): string {
  try {
    compile(JSON.stringify(policy), dialect);
  } catch (error) {
    assert.ok(error instanceof BadPattern, String(error));
    return error.reason;
  }
  return assert.fail(`accepted: ${JSON.stringify(policy)}`);
}

test("a policy that is none is refused with SNS's sentence and position", () => {
  const cases: [object, string, number?][] = [
    [{ key: [["value"]] }, "Match value must be String, number, true, false, or null", 10],
    [{ key: [{ "wrong-operator": true }] }, "Unrecognized match type wrong-operator", 31],
    [{ key: [{ suffix: "value", prefix: "value2" }] }, "Only one key allowed in match expression", 37],
    [{ key: [] }, "Empty arrays are not allowed", 10],
    [{ key: [{ suffix: 100 }] }, "suffix match pattern must be a string", 22],
    [{ key: [{ suffix: null }] }, "suffix match pattern must be a string", 23],
    [{ key: { suffix: "value" } }, '"suffix" must be an object or an array', 19],
    [{ key: [{ suffix: [] }] }, "suffix match pattern must be a string", 20],
    [{ key: { "not-an-operator": "value" } }, '"not-an-operator" must be an object or an array', 28],
    [{ key: [{ cidr: ["bad-filter"] }] }, "prefix match pattern must be a string", 18],
    [{ key: [{ cidr: "bad-filter" }] }, "Malformed CIDR, one '/' required"],
    [{ key: [{ cidr: "bad-filter/64" }] }, "Nonstandard IP address: bad-filter"],
    [{ key: [{ cidr: "bad-/64filter" }] }, "Malformed CIDR, mask bits must be an integer"],
    [{ key: [{ cidr: "xxxx:db8:1234:1a00::/64" }] }, "Nonstandard IP address: xxxx:db8:1234:1a00::"],
    [{ key: [{ numeric: [] }] }, "Invalid member in numeric match: ]", 22],
    [{ key: [{ numeric: ["operator"] }] }, "Unrecognized numeric range operator: operator", 32],
    [{ key: [{ numeric: [1, "<="] }] }, "Invalid member in numeric match: 1", 22],
    [{ key: [{ numeric: ["=", "000"] }] }, "Value of equals must be numeric", 26],
    [{ key: [{ numeric: [">="] }] }, "Value of >= must be numeric", 26],
    [{ key: [{ numeric: ["<", 100, ">", 10] }] }, "Too many elements in numeric expression", 30],
    [{ key: [{ numeric: [">=", 1, ">", 2] }] }, "Bad numeric range operator: >", 31],
    [{ key: [{ numeric: [">", 3, "<", 1] }] }, "Bottom must be less than top", 33],
    [{ key: [{ numeric: [">", 20, "<="] }] }, "Value of <= must be numeric", 33],
    [{ key: [{ numeric: [">", 20, 30] }] }, "Bad value in numeric range: 30", 30],
    [{ key: [{ numeric: [">", 20, "test"] }] }, "Bad numeric range operator: test", 34],
    [{ key: [{ numeric: [">", "20", "<", "30"] }] }, "Value of > must be numeric", 26],
    [{ key: [{ numeric: [">", 20, "<", "30"] }] }, "Value of < must be numeric", 33],
    [{ key: [{ numeric: [">", 20, "<", 30, "<", 50] }] }, "Too many terms in numeric range expression", 36],
    [{ key: [{ exists: null }] }, "exists match pattern must be either true or false.", 23],
    [{ key: [{ exists: "no" }] }, "exists match pattern must be either true or false.", 20],
    [{ key: [{ "anything-but": { "wrong-operator": null } }] }, "Unsupported anything-but pattern: wrong-operator", 47],
    [{ key: [{ "anything-but": { suffix: "test" } }] }, "Unsupported anything-but pattern: suffix", 36],
    [{ key: [{ "anything-but": { exists: false } }] }, "Unsupported anything-but pattern: exists", 40],
    [{ key: [{ "anything-but": { prefix: false } }] }, "prefix match pattern must be a string", 40],
    [{ key_a: "value_one" }, '"key_a" must be an object or an array', 11],
  ];
  for (const [policy, sentence, column] of cases) {
    const text = JSON.stringify(policy);
    assert.equal(reason(policy, "sns-body"), `FilterPolicy: ${sentence}${column === undefined ? "" : `\n at [Source: (String)"${text}"; line: 1, column: ${column}]`}`);
  }
});

test("a policy has five keys and 150 combinations at most, counted by depth and $or", () => {
  const many = (count: number, prefix = "v") => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  const complex = "FilterPolicy: Filter policy is too complex";
  assert.equal(reason({ key: many(151) }), complex);
  compile(JSON.stringify({ key: many(150) }), "sns-attributes");
  assert.equal(reason({ key1: many(100), key2: many(51) }), complex);
  assert.equal(reason({ a: [1], b: [1], c: [1], d: [1], e: [1], f: [1] }), "FilterPolicy: Filter policy can not have more than 5 keys");
  assert.equal(reason({ key_a: { key_b: { key_c: many(4) } }, key_d: { key_e: many(3) }, key_f: many(3) }, "sns-body"), complex);
  const or = (source: number, space: number) => ({ source: many(source), $or: [{ metricName: many(6) }, { metricType: many(4), $or: [{ metricId: many(4) }, { spaceId: many(space) }] }] });
  assert.equal(reason(or(4, 4)), complex, "24 + 64 + 64");
  compile(JSON.stringify(or(3, 7)), "sns-attributes");
  assert.equal(reason({ $or: [{ metricName: many(3) }, { namespace: many(2) }], detail: { scope: many(2), $or: [{ source: many(1) }, { type: many(3) }] } }, "sns-body"), complex, "24 + 72 + 16 + 48");
  assert.equal(reason({ a: { b: [1] } }), "Filter policy scope MessageAttributes does not support nested filter policy");
});

test("wildcards match in both scopes, by themselves and in anything-but, up to three asterisks each and 100 points together", () => {
  // The cases tried on AWS by the authors of chaosreload/aws-hands-on-lab.
  for (const dialect of ["sns-attributes", "sns-body"] as const) {
    const matches = (condition: unknown, value: string) => compile(JSON.stringify({ key: condition }), dialect).matches({ key: value });
    assert.deepEqual(["system-error", "system-warning"].map((value) => matches([{ wildcard: "*-error" }], value)), [true, false]);
    assert.ok(matches([{ wildcard: "log-*-2025.txt" }], "log-app-2025.txt") && matches([{ wildcard: "*/src/*.js" }], "app/src/index.js") && matches([{ wildcard: "*" }], "anything"));
    assert.deepEqual(["prod-us", "test-staging"].map((value) => matches([{ "anything-but": { wildcard: "test-*" } }], value)), [true, false]);
    assert.deepEqual(["prod", "staging-us", "dev"].map((value) => matches(["prod", { wildcard: "staging-*" }], value)), [true, true, false]);
  }
  const complex = "FilterPolicy: Filter policy is too complex";
  const patterns = (count: number) => Array.from({ length: count }, (_, n) => ({ wildcard: `${String.fromCharCode(97 + n)}*` }));
  compile(JSON.stringify({ key: patterns(10) }), "sns-attributes");
  assert.equal(reason({ key: patterns(10), other: [{ wildcard: "*x" }] }), complex, "100 + 1");
  compile(JSON.stringify({ key: [{ wildcard: "a*b*c*d" }] }), "sns-attributes");
  assert.equal(reason({ key: [{ wildcard: "a*b*c*d*e" }] }), complex);
});

test("an empty policy takes everything", () => {
  assert.ok(compile("{}", "sns-attributes").matches({}));
  assert.ok(compile(" { } ", "sns-body").matches(undefined));
});

test("attributes match by their types", () => {
  const event = attributesEvent({
    store: { type: "String", value: "example_corp" },
    price: { type: "Number.float", value: "210.75" },
    interests: { type: "String.Array", value: '["soccer","rugby",3,true,null,{"no":1}]' },
    broken: { type: "String.Array", value: "[no" },
    image: { type: "Binary", value: "AAEC" },
    "dotted.name": { type: "String.label", value: "d" },
  });
  const matches = (policy: object) => compile(JSON.stringify(policy), "sns-attributes").matches(event);
  assert.ok(matches({ store: [{ prefix: "exa" }], price: [{ numeric: [">=", 210, "<", 211] }] }));
  assert.ok(!matches({ price: ["210.75"] }));
  assert.ok(matches({ interests: [3] }) && matches({ interests: [null] }) && matches({ interests: [{ "anything-but": ["soccer", "rugby"] }] }));
  assert.ok(matches({ image: [{ exists: false }] }) && matches({ broken: [{ exists: false }] }), "neither can be matched");
  assert.ok(matches({ "dotted.name": ["d"] }));
  assert.ok(!matches({ absent: ["x"] }));
});

test("a body matches when it is a JSON object", () => {
  const policy = compile(JSON.stringify({ Records: { s3: { object: { key: [{ prefix: "auto-" }] } }, eventName: [{ prefix: "ObjectCreated:" }] } }), "sns-body");
  assert.ok(policy.matches({ Records: [{ eventName: "ObjectCreated:Put", s3: { object: [[{ key: "auto-insurance-2314.xml" }]] } }, { eventName: "ObjectRemoved:Delete", s3: { object: { key: "home" } } }] }));
  assert.ok(!policy.matches({ Records: [{ eventName: "ObjectRemoved:Delete", s3: { object: { key: "auto-" } } }] }));
  for (const body of [undefined, null, "text", 1, []]) assert.ok(!policy.matches(body));
});
