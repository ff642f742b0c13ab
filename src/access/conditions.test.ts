// Every condition operator, with AWS's documented examples.
import assert from "node:assert/strict";
import { test } from "node:test";
import { conditionOf, holds } from "./conditions.ts";
import { requestContext, sourceOf } from "./context.ts";

type Values = string | string[];

function decides(operator: string, key: string, wanted: Values, given: Record<string, Values>): boolean | undefined {
  const condition = conditionOf(operator, key, [wanted].flat(), true);
  return condition && holds(condition, requestContext(sourceOf(given), () => undefined));
}

const check = (rows: [operator: string, wanted: Values, given: Values | undefined, expected: boolean | undefined][]) => {
  for (const [operator, wanted, given, expected] of rows) assert.equal(decides(operator, "aws:k", wanted, given === undefined ? {} : { "AWS:K": given }), expected, `${operator} ${wanted} / ${given}`);
};

test("texts are compared exactly, without case, or with wildcards", () => check([
  ["StringEquals", "a", "a", true], ["StringEquals", "a", "A", false], ["StringEquals", ["x", "a"], "a", true], ["StringEquals", "a*", "ab", false],
  ["StringNotEquals", ["a", "b"], "a", false], ["StringNotEquals", ["a", "b"], "c", true],
  ["StringEqualsIgnoreCase", "Ab", "aB", true], ["StringNotEqualsIgnoreCase", "Ab", "aB", false],
  ["StringLike", "home/*", "home/ann", true], ["StringLike", "h?me", "home", true], ["StringLike", "h?me", "hme", false], ["StringLike", "Home/*", "home/a", false],
  ["StringNotLike", "home/*", "home/ann", false], ["StringNotLike", "home/*", "away", true],
]));

test("a time without a zone is UTC's wherever Evoke runs, a zone may be hours alone, and nothing is not the number zero", () => {
  const before = process.env["TZ"];
  process.env["TZ"] = "America/New_York";
  check([
    ["DateEquals", "2026-01-01T00:00:00", "2026-01-01T00:00:00Z", true], ["DateEquals", "2026-01-01T00:00", "2026-01-01T00:00:00Z", true],
    ["DateEquals", "2026-01-01T01:00:00+01", "2026-01-01T00:00:00Z", true], ["DateEquals", "2026-01-01t01:00:00+0100", "2026-01-01T00:00:00Z", true], ["DateEquals", "2026-01-01T00:00:00.123456789z", "2026-01-01T00:00:00.123Z", true],
    ["NumericEquals", "", "0", false], ["NumericEquals", " ", "0", false],
  ]);
  if (before === undefined) delete process.env["TZ"];
  else process.env["TZ"] = before;
});

test("a list of nothing is a key that the request does not have", () => check([
  ["Null", "true", [], true], ["Null", "false", [], false], ["StringEqualsIfExists", "a", [], true], ["StringEquals", "a", [], false], ["StringNotEquals", "a", [], true],
  ["ForAllValues:StringEquals", "a", [], true], ["ForAnyValue:StringEquals", "a", [], false],
]));

test("numbers and dates are compared as such", () => check([
  ["NumericEquals", "10", "10.0", true], ["NumericNotEquals", "10", "11", true], ["NumericLessThan", "10", "9", true], ["NumericLessThan", "10", "10", false],
  ["NumericLessThanEquals", "10", "10", true], ["NumericGreaterThan", "10", "11", true], ["NumericGreaterThanEquals", "10", "9", false], ["NumericEquals", "10", "ten", false], ["NumericNotEquals", "10", "ten", true],
  ["DateEquals", "2026-11-21T00:00:00Z", "2026-11-21T01:00:00+01:00", true], ["DateLessThan", "2026-11-21", "2026-11-20T23:59:59Z", true], ["DateGreaterThan", "1795219200", "2026-11-21T00:00:01Z", true],
  ["DateLessThanEquals", "2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z", true], ["DateGreaterThanEquals", "2026-11-21T00:00:00Z", "2026-11-20T00:00:00Z", false], ["DateNotEquals", "2026-11-21", "2026-11-22", true],
]));

test("addresses are compared with ranges of their own family", () => check([
  ["IpAddress", "203.0.113.0/24", "203.0.113.7", true], ["IpAddress", "203.0.113.0/24", "203.0.114.7", false], ["IpAddress", "203.0.113.7", "203.0.113.7", true],
  ["IpAddress", "203.0.113.0/24", "::ffff:203.0.113.7", true], ["IpAddress", "2001:db8::/32", "2001:db8:1::1", true], ["IpAddress", "2001:db8::/32", "203.0.113.7", false],
  ["IpAddress", "nonsense/8", "203.0.113.7", false], ["IpAddress", "203.0.113.0/99", "203.0.113.7", false],
  ["NotIpAddress", ["203.0.113.0/24", "198.51.100.0/24"], "198.51.100.1", false], ["NotIpAddress", "203.0.113.0/24", "192.0.2.1", true],
]));

test("ARNs are compared segment by segment", () => check([
  ["ArnLike", "arn:aws:sns:*:123456789012:topic-*", "arn:aws:sns:eu-west-1:123456789012:topic-a", true], ["ArnEquals", "arn:aws:sns:*:123456789012:t", "arn:aws:sns:eu-west-1:123456789012:t", true],
  ["ArnLike", "arn:aws:sns:*:t", "arn:aws:sns:eu-west-1:123456789012:t", false], ["ArnLike", "arn:aws:lambda:*:*:function:f:*", "arn:aws:lambda:eu-west-1:1:function:f:prod", true],
  ["ArnNotLike", "arn:aws:s3:::b", "arn:aws:s3:::c", true], ["ArnNotEquals", "arn:aws:s3:::b", "arn:aws:s3:::b", false], ["ArnLike", "arn:aws:s3:::b", "not an arn", false],
]));

test("truth, bytes and absence", () => check([
  ["Bool", "true", "TRUE", true], ["Bool", "false", "true", false], ["BinaryEquals", "QUI=", "QUI=", true], ["BinaryEquals", "QUI=", "QUM=", false],
  ["Null", "true", undefined, true], ["Null", "true", "x", false], ["Null", "false", "x", true], ["Null", "false", undefined, false],
]));

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
test("a key the request does not have fails an operator, unless it is negated or says IfExists", () => check([
  ["StringEquals", "a", undefined, false], ["StringNotEquals", "a", undefined, true], ["ArnNotLike", "arn:aws:s3:::b", undefined, true], ["NotIpAddress", "10.0.0.0/8", undefined, true],
  ["StringEqualsIfExists", "a", undefined, true], ["StringEqualsIfExists", "a", "b", false], ["BoolIfExists", "true", undefined, true], ["NumericLessThanIfExists", "5", undefined, true],
]));

test("keys of many values ask for all of them or for any", () => check([
  ["ForAllValues:StringEquals", ["a", "b"], ["a", "b"], true], ["ForAllValues:StringEquals", ["a", "b"], ["a", "c"], false], ["ForAllValues:StringEquals", ["a"], undefined, true], ["ForAllValues:StringEquals", ["a"], [""], true],
  ["ForAnyValue:StringEquals", ["a", "b"], ["c", "b"], true], ["ForAnyValue:StringEquals", ["a", "b"], ["c"], false], ["ForAnyValue:StringEquals", ["a"], undefined, false], ["ForAnyValue:StringNotEquals", ["a"], undefined, false],
  ["ForAllValues:StringNotEquals", ["a"], ["b", "c"], true], ["ForAllValues:StringNotEquals", ["a"], ["a", "c"], false], ["ForAnyValue:StringNotEquals", ["a"], ["a", "c"], true], ["ForAllValues:StringLike", ["team-*"], ["team-a", "team-b"], true],
  ["ForAnyValue:StringEqualsIfExists", ["a"], undefined, true],
]));

test("an operator nobody knows makes no condition", () => {
  for (const operator of ["StringSounds", "ForSomeValues:StringEquals", "", "constructor"]) assert.equal(conditionOf(operator, "k", ["v"], true), undefined, operator);
});

test("variables stand for the request's values, taken literally", () => {
  const given = { "aws:username": "ann", "s3:prefix": "home/ann/x", "aws:PrincipalTag/team": "t*", "s3:name": "t*" };
  assert.equal(decides("StringLike", "s3:prefix", "home/${aws:username}/*", given), true);
  assert.equal(decides("StringLike", "s3:prefix", "home/${aws:userid}/*", given), false, "no such key");
  assert.equal(decides("StringNotLike", "s3:prefix", "home/${aws:userid}/*", given), true);
  assert.equal(decides("StringLike", "s3:prefix", "home/${aws:userid, 'ann'}/*", given), true, "a default");
  assert.equal(decides("StringLike", "s3:name", "${aws:PrincipalTag/team}", given), true);
  assert.equal(decides("StringLike", "s3:name", "${aws:PrincipalTag/team}", { ...given, "s3:name": "team" }), false, "its * is no wildcard");
  for (const char of ["*", "?", "$"]) {
    assert.equal(decides("StringLike", "s3:name", `a\${${char}}b`, { "s3:name": `a${char}b` }), true);
    assert.equal(decides("StringLike", "s3:name", `a\${${char}}b`, { "s3:name": "axb" }), false);
  }
  assert.equal(decides("NumericEquals", "s3:name", "${aws:number}", { "aws:number": "5", "s3:name": "5" }), false, "numbers take no variables");
});
