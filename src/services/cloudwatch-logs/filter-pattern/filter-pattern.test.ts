// The examples of AWS's page on filter patterns, each with what the page says of it.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html (read 2026-11-21)
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BadPattern } from "./bad-pattern.ts";
import { parseFilterPattern } from "./filter-pattern.ts";

const matching = (pattern: string, messages: string[]): string[] => messages.filter(parseFilterPattern(pattern).matches);
const matches = (pattern: string, message: string): boolean => parseFilterPattern(pattern).matches(message);
const refused = (pattern: string, message = "Invalid filter pattern") =>
  assert.throws(() => parseFilterPattern(pattern), (error) => error instanceof BadPattern && error.message === message, pattern);

const BAD_REQUEST = "[ERROR 400] BAD REQUEST";
const UNAUTHORIZED = "[ERROR 401] UNAUTHORIZED REQUEST";
const MISSING = "[ERROR 419] MISSING ARGUMENTS";
const INVALID = "[ERROR 420] INVALID ARGUMENTS";
const ERRORS = [BAD_REQUEST, UNAUTHORIZED, MISSING, INVALID];

describe("terms", () => {
  it("finds a term, and only in its own case", () => {
    assert.deepEqual(matching("ERROR", ERRORS), ERRORS);
    assert.deepEqual(matching("error", ERRORS), []);
  });
  it("wants all of several terms", () => assert.deepEqual(matching("ERROR ARGUMENTS", ERRORS), [MISSING, INVALID]));
  it("wants one of the optional terms", () => {
    assert.deepEqual(matching("?ERROR ?ARGUMENTS", ERRORS), ERRORS);
    assert.deepEqual(matching("?MISSING ?INVALID", ERRORS), [MISSING, INVALID]);
  });
  it("ignores optional terms beside others", () => {
    assert.deepEqual(matching("?ERROR ?ARGUMENTS REQUEST", ["[INFO] REQUEST FAILED", "[WARN] UNAUTHORIZED REQUEST", "[ERROR] 400 BAD REQUEST", "[ERROR] other"]),
      ["[INFO] REQUEST FAILED", "[WARN] UNAUTHORIZED REQUEST", "[ERROR] 400 BAD REQUEST"]);
  });
  it("finds an exact phrase", () => assert.deepEqual(matching('"INTERNAL SERVER ERROR"', ["[ERROR 500] INTERNAL SERVER ERROR", "SERVER INTERNAL ERROR"]), ["[ERROR 500] INTERNAL SERVER ERROR"]));
  it("leaves out what an excluded term is in", () => {
    assert.deepEqual(matching("ERROR -ARGUMENTS", ERRORS), [BAD_REQUEST, UNAUTHORIZED]);
    assert.deepEqual(matching('ERROR -"BAD REQUEST"', ERRORS), [UNAUTHORIZED, MISSING, INVALID]);
  });
  it("matches everything with a quoted space, or with nothing", () => {
    assert.deepEqual(matching('" "', [...ERRORS, "x", ""]), [...ERRORS, "x", ""]);
    assert.deepEqual(matching("", ERRORS), ERRORS);
  });
  it("names the characters that need quotes", () => {
    refused("email@domain.com", "Invalid character(s) in term '@'");
    refused("!(info", "Invalid character(s) in term '!('");
    refused('"never closed');
  });
});

describe("regular expressions", () => {
  it("finds the expression anywhere", () => assert.deepEqual(matching("%AUTHORIZED%", [UNAUTHORIZED, "[SUCCESS 200] AUTHORIZED REQUEST", BAD_REQUEST]), [UNAUTHORIZED, "[SUCCESS 200] AUTHORIZED REQUEST"]));
  it("knows every operator of the page", () => {
    assert.deepEqual(matching("%^[hc]at%", ["hat trick", "cat", "that"]), ["hat trick", "cat"]);
    assert.deepEqual(matching("%[hc]at$%", ["a hat", "cat", "cats"]), ["a hat", "cat"]);
    assert.deepEqual(matching("%colou?r%", ["color", "colour", "colr"]), ["color", "colour"]);
    assert.deepEqual(matching("%^[abcx-z]$%", ["a", "y", "d"]), ["a", "y"]);
    assert.deepEqual(matching("%^a{3,5}$%", ["aa", "aaa", "aaaaa", "aaaaaa"]), ["aaa", "aaaaa"]);
    assert.deepEqual(matching("%^a{,2}$%", ["", "aa", "aaa"]), ["", "aa"]);
    assert.deepEqual(matching("%^starting|^initializing|^shutting down%", ["starting ...", "shutting down", "skipping initializing ..."]), ["starting ...", "shutting down"]);
    assert.deepEqual(matching("%abcc|ab[^c]$%", ["abcc ...", "aba", "aac ..."]), ["abcc ...", "aba"]);
    assert.deepEqual(matching("%\\[.\\]%", ["[a]", "[]]", "[ ]", "[]"]), ["[a]", "[]]", "[ ]"]);
    assert.deepEqual(matching("%10\\.10\\.0\\.1%", ["10.10.0.1", "10010,051"]), ["10.10.0.1"]);
    assert.deepEqual(matching("%^ab*c$%", ["ac", "abc", "abbbc", "abd"]), ["ac", "abc", "abbbc"]);
    assert.deepEqual(matching("%^ab[0-9]*$%", ["ab", "ab0", "ab129", "abx"]), ["ab", "ab0", "ab129"]);
    assert.deepEqual(matching("%^ab+c$%", ["ac", "abc", "abbbc"]), ["abc", "abbbc"]);
    assert.deepEqual(matching("%.at%", ["hat", " at", "#at", "at"]), ["hat", " at", "#at"]);
    assert.deepEqual(matching("%^\\d\\D\\w\\W\\s\\S$%", ["1a_- x", "aa_- x"]), ["1a_- x"]);
    assert.deepEqual(matching("%\\x3A\\x28%", ["a:(b", "a:b"]), ["a:(b"]);
  });
  it("refuses what AWS does not support", () => ["%something!%", "%(a)%", "%é%", "%a", "%%", "%a{3,2}%", "%*a%", "%[z-a]%", "%a{999}%"].forEach((pattern) => refused(pattern)));
  it("takes no longer for an expression made to take forever", () => {
    const started = performance.now();
    assert.equal(matches(`%${".*".repeat(40)}x$%`, "a".repeat(100_000)), false);
    assert.ok(performance.now() - started < 5000);
  });
});

describe("JSON", () => {
  const EVENT = JSON.stringify({
    eventType: "UpdateTrail", sourceIPAddress: "111.111.111.111", arrayKey: ["value", "another value"],
    objectList: [{ name: "a", id: 1 }, { name: "b", id: 2 }], SomeObject: null, "cluster.name": "c",
  });
  const USERS = JSON.stringify({
    user: { id: 1, email: "John.Stiles@example.com" },
    users: [{ id: 2, email: "John.Doe@example.com" }, { id: 3, email: "Jane.Doe@example.com" }],
    actions: ["GET", "PUT", "DELETE"], coordinates: [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
  });

  it("compares strings", () => {
    assert.ok(matches('{ $.eventType = "UpdateTrail" }', EVENT));
    assert.ok(matches("{ $.sourceIPAddress != 123.123.* }", EVENT));
    assert.ok(!matches("{ $.sourceIPAddress != 111.111.* }", EVENT));
    assert.ok(matches('{ $.arrayKey[0] = "value" }', EVENT));
    assert.ok(matches("{ $.['cluster.name'] = \"c\" }", EVENT));
    assert.ok(matches('{$.eventType="Up*Tr*l"}', EVENT));
  });
  it("matches regular expressions and wildcards", () => {
    assert.ok(matches("{ $.eventType = %Trail% }", EVENT));
    assert.ok(matches("{ $.arrayKey[*] = %val.{2}% }", EVENT));
    assert.ok(matches("{ $.* = %111\\.111\\.111\\.1[0-9]{1,2}% }", EVENT));
    assert.ok(matches("{ $.objectList[*].id = 2 }", EVENT));
  });
  it("knows IS and NOT EXISTS", () => {
    assert.ok(matches("{ $.SomeObject IS NULL }", EVENT));
    assert.ok(matches("{ $.SomeOtherObject NOT EXISTS }", EVENT));
    assert.ok(!matches("{ $.SomeObject NOT EXISTS }", EVENT));
    assert.ok(matches("{ $.a IS TRUE && $.b IS FALSE }", '{"a":true,"b":false}'));
  });
  it("compares numbers", () => {
    const cases: [string, string, string][] = [
      ["{ $.bandwidth > 75 }", '{"bandwidth":76}', '{"bandwidth":75}'], ["{ $.latency < 50 }", '{"latency":49.5}', '{"latency":50}'],
      ["{ $.refreshRate >= 60 }", '{"refreshRate":60}', '{"refreshRate":59}'], ["{ $.responseTime <= 5 }", '{"responseTime":5}', '{"responseTime":6}'],
      ["{ $.errorCode = 400}", '{"errorCode":400}', '{"errorCode":401}'], ["{ $.errorCode != 500 }", '{"errorCode":400}', '{"errorCode":500}'],
      ["{ $.number[0] = 1e+3 }", '{"number":[1000]}', '{"number":[1001]}'], ["{ $.number[0] != 1e-3 }", '{"number":[1]}', '{"number":[0.001]}'],
      ["{ $.status = 4* }", '{"status":404}', '{"status":500}'],
    ];
    for (const [pattern, yes, no] of cases) assert.deepEqual([matches(pattern, yes), matches(pattern, no)], [true, false], pattern);
  });
  it("joins conditions, brackets before AND before OR", () => {
    assert.ok(matches('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', USERS));
    assert.ok(matches('{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }', USERS));
    assert.ok(!matches('{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") && $.actions[2] = "nonmatch" }', USERS));
    assert.ok(!matches('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', USERS));
    assert.ok(matches("{ $.coordinates[1][2] = 6 }", USERS));
  });
  it("passes over what is not JSON, and over objects and arrays", () => {
    assert.ok(!matches('{ $.a != "x" }', "plain text"));
    assert.ok(!matches('{ $.a != "x" }', '{"a": '));
    assert.ok(!matches('{ $.user != "x" }', USERS));
    assert.ok(!matches('{ $.__proto__.a = "x" }', "{}"));
  });
  it("refuses what AWS refuses", () =>
    ["{ $.a EXISTS }", "{ $.a IS NOT NULL }", "{ $.a = }", "{ $.a = 1", "{ a = 1 }", "{ $.*[*] = 1 }", "{ $.a > x }", "{ $.a > %x% }", '{ $."a" = 1 }', "{}",
      "{ $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 || $.d[*] = 1 }", "{ $.a = %a% || $.b = %b% || $.c = %c% }"].forEach((pattern) => refused(pattern)));
});

describe("space-delimited", () => {
  const LINE = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';
  const LINES = [
    "INFO 09/25/2014 12:00:00 GET /service/resource/67 1200", "INFO 09/25/2014 12:00:01 POST /service/resource/67/part/111 1310",
    "WARNING 09/25/2014 12:00:02 Invalid user request", "ERROR 09/25/2014 12:00:02 Failed to process request",
  ] as const;

  it("takes a line apart by name", () => {
    assert.deepEqual(parseFilterPattern("[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]").extract(LINE), {
      $ip: "127.0.0.1", $user: "Prod", $username: "frank", $timestamp: "10/Oct/2000:13:25:15 -0700", $request: "GET /index.html HTTP/1.0", $status_code: "404", $bytes: "1534",
    });
  });
  it("lets an ellipsis stand for any fields", () => {
    assert.ok(matches("[..., request =*.html*, status_code = 4*, bytes]", LINE));
    assert.ok(!matches("[..., request =*.html*, status_code = 5*, bytes]", LINE));
    assert.ok(matches("[ip, ..., bytes > 1000]", LINE));
    assert.ok(matches("[]", LINE));
  });
  it("joins conditions on one field", () => {
    assert.ok(matches("[ip, user, username, timestamp, request =*.html*, status_code = 404 || status_code = 410, bytes]", LINE));
    assert.deepEqual(matching("[w1=ERROR, w2]", [...LINES]), [LINES[3]]);
    assert.deepEqual(matching("[w1=ERROR || w1=WARNING, w2]", [...LINES]), [LINES[2], LINES[3]]);
    assert.deepEqual(matching("[w1!=ERROR && w1!=WARNING, w2]", [...LINES]), [LINES[0], LINES[1]]);
  });
  it("matches regular expressions in a field", () => {
    assert.deepEqual(matching("[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]", [...LINES]), [LINES[0]]);
    assert.deepEqual(matching("[logLevel, date, time, method, url=%/service/resource/[0-9]+/part/[0-9]+$%, response_time]", [...LINES]), [LINES[1]]);
  });
  it("passes over lines with too few fields", () => assert.ok(!matches("[a, b, c]", "one two")));
  it("refuses what it cannot read", () => ["[a, b", "[a = ]", "[..., a, ...]", "[a = 1 && b = 2]", "[a] x", "[a=%a%, b=%b%, c=%c%]"].forEach((pattern) => refused(pattern)));
});
