// Wildcards in actions and ARNs, and that none of them costs much.
import assert from "node:assert/strict";
import { test } from "node:test";
import { arnGlobOf, foldedGlob, globOf, matches } from "./glob.ts";

test("stars and question marks in any place", () => {
  for (const [pattern, subject, expected] of [
    ["*", "", true], ["*", "anything", true], ["a*", "a", true], ["a*", "b", false], ["a*b*c", "axxbyyc", true], ["a*b*c", "axxbyy", false], ["a?c", "abc", true], ["a?c", "ac", false], ["?*", "", false], ["**", "x", true], ["a**b", "ab", true], ["exact", "exact", true], ["exact", "exactly", false], ["*end", "the end", true], ["*mid*", "a mid b", true],
  ] as const) assert.equal(matches(globOf([pattern]), subject), expected, `${pattern} ${subject}`);
});

test("actions are matched without regard to case", () => {
  for (const action of ["lambda:InvokeFunction", "LAMBDA:invoke*", "lambda:*Function", "*", "lambda:?nvokeFunction"]) assert.ok(matches(foldedGlob(action), "lambda:invokefunction"), action);
  assert.ok(!matches(foldedGlob("lambda:Invoke"), "lambda:invokefunction"));
});

test("a star at the end of an ARN's segment reaches beyond it, one in the middle does not", () => {
  const rows: [string, string, boolean][] = [
    ["arn:aws:lambda:eu-west-1:1:function:f", "arn:aws:lambda:eu-west-1:1:function:f:prod", false],
    ["arn:aws:lambda:eu-west-1:1:function:f:*", "arn:aws:lambda:eu-west-1:1:function:f:prod", true],
    ["arn:aws:lambda:eu-west-1:1:function:f*", "arn:aws:lambda:eu-west-1:1:function:f:prod", true],
    ["arn:aws:lambda:*:1:function:f", "arn:aws:lambda:eu-west-1:1:function:f", true],
    ["arn:aws:lambda:eu-*-1:1:function:f", "arn:aws:lambda:eu-west-1:1:function:f", true],
    ["arn:aws:lambda:eu-*1:1:function:f", "arn:aws:lambda:eu-x:2:y-1:1:function:f", false],
    ["arn:aws:lambda:e*:function:f", "arn:aws:lambda:eu-west-1:1:function:f", true],
    ["arn:aws:logs:eu-west-1:1:log-group:*x:log-stream:", "arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/x:log-stream:", true],
    ["arn:*", "arn:aws:s3:::bucket/key", true],
    ["ARN:aws:s3:::b", "arn:aws:s3:::b", false],
  ];
  for (const [pattern, subject, expected] of rows) assert.equal(matches(arnGlobOf([pattern]), subject), expected, `${pattern} ${subject}`);
});

test("a pattern made to be slow is not", () => {
  const started = process.hrtime.bigint();
  assert.equal(matches(globOf(["*a".repeat(500) + "b"]), "a".repeat(2000)), false);
  assert.ok(Number(process.hrtime.bigint() - started) / 1e6 < 500);
});
