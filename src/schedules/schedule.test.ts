// Which schedule expressions are taken, and what they say. The refusals marked so were recorded from AWS (LocalStack's validated tests of
// events and scheduler); the examples are those of AWS's pages.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BadSchedule } from "./bad-schedule.ts";
import { type Dialect, parseSchedule } from "./schedule.ts";
import { isTimeZone } from "./time-zone.ts";

const refused = (dialect: Dialect, expressions: string[]): void => {
  for (const expression of expressions) assert.throws(() => parseSchedule(expression, dialect), BadSchedule, expression);
};

test("what AWS refuses of a rule's rate is refused", () => {
  refused("rules", [
    "rate(10 seconds)", "rate(10 years)", "rate(1 minutes)", "rate(1 hours)", "rate(1 days)", "rate(10 minute)", "rate(10 hour)", "rate(10 day)", "rate()", "rate(10)",
    "rate(10 minutess)", "rate(foo minutes)", "rate(0 minutes)", "rate(-10 minutes)", "rate(10 MINUTES)", "rate( 10 minutes )", " rate(10 minutes)",
  ]);
  refused("rules", ["rate(1 week)", "rate(2 weeks)", "rate(1.5 hours)", "rate(99999999999999999999 days)", "Rate(5 minutes)", "at(2030-01-01T00:00:00)", "", "5 minutes"]);
});

test("what AWS refuses of Scheduler's expressions is refused", () => {
  refused("scheduler", [
    "cron(0 1 * * * *)", "cron(7 20 * * NOT *)", "cron(INVALID)", "cron(0 dummy ? * MON-FRI *)", "cron(71 8 1 * ? *)", "cron()", "rate(10 seconds)", "rate(10 years)", "rate()",
    "rate(10)", "rate(10 minutess)", "rate(foo minutes)", "rate(-10 minutes)", "rate( 10 minutes )", " rate(10 minutes)", "at(2021-12-31T23:59:59Z)", "at(2021-12-31)",
  ]);
  refused("scheduler", ["at(2023-02-29T00:00:00)", "at(2030-01-01T24:00:00)", "at(2030-13-01T00:00:00)", "at(2030-01-01 00:00:00)", "rate(0 minutes)"]);
});

test("a rate is so many minutes, hours or days; only rules mind the plural", () => {
  assert.deepEqual(parseSchedule("rate(1 minute)", "rules"), { kind: "rate", everyMs: 60_000 });
  assert.deepEqual(parseSchedule("rate(12 hours)", "rules"), { kind: "rate", everyMs: 43_200_000 });
  assert.deepEqual(parseSchedule("rate(7 days)", "rules"), { kind: "rate", everyMs: 604_800_000 });
  assert.deepEqual(parseSchedule("rate(2 minute)", "scheduler"), { kind: "rate", everyMs: 120_000 });
  assert.deepEqual(parseSchedule("rate(1 days)", "scheduler"), { kind: "rate", everyMs: 86_400_000 });
});

test("the expressions of AWS's pages are taken by both", () => {
  const expressions = [
    "cron(0 10 * * ? *)", "cron(15 12 * * ? *)", "cron(0 18 ? * MON-FRI *)", "cron(0 8 1 * ? *)", "cron(0/15 * * * ? *)", "cron(0/10 * ? * MON-FRI *)", "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0/30 20-2 ? * MON-FRI *)", "cron(15 10 ? * 6L 2022-2023)", "cron(0 0 ? * 3#2 *)", "cron(0 0 3W * ? *)", "cron(0 0 L * ? *)", "cron(0 0 ? * L *)", "cron(0 0 LW JAN,Mar,dec ? 1970-2199)",
  ];
  for (const expression of expressions) {
    assert.equal(parseSchedule(expression, "rules").kind, "cron", expression);
    assert.equal(parseSchedule(expression, "scheduler").kind, "cron", expression);
  }
});

test("a cron expression that means nothing is refused", () => {
  refused("rules", [
    "cron(0 10 * * ?)", "cron(0 10 * * ? * *)", "cron(0 10 ? * ? *)", "cron(0 10 1 * MON *)", "cron(60 10 * * ? *)", "cron(0 24 * * ? *)", "cron(0 0 0 * ? *)", "cron(0 0 32 * ? *)", "cron(0 0 * 0 ? *)",
    "cron(0 0 * 13 ? *)", "cron(0 0 ? * 0 *)", "cron(0 0 ? * 8 *)", "cron(0 0 * * ? 1969)", "cron(0 0 * * ? 2200)", "cron(0 0 * * ? 2030-2020)", "cron(? 0 * * ? *)", "cron(0 0 ? * 3#6 *)", "cron(0 0 ? * 3#0 *)",
    "cron(0 0 ? * 3#1,6#3 *)", "cron(0 0 3#1 * ? *)", "cron(0 0 32W * ? *)", "cron(0 0 W * ? *)", "cron(0 0 ? * 3W *)", "cron(L 0 * * ? *)", "cron(0 0 L-31 * ? *)", "cron(0 0 1, * ? *)", "cron(,0 0 1 * ? *)",
    "cron(*-5 0 1 * ? *)", "cron(/5 0 * * ? *)", "cron(0/61 * * * ? *)", "cron(0/-1 * * * ? *)", "cron( 0 10 * * ? *)", "cron(0 10 * * ? * )", "cron(0 10 *\t* ? *)", "cron(0 0 ? * MONDAY *)", "cron(0 10 * * ? *) ", "cron(0 10 * * ? *)\n",
  ]);
});

test("a time zone is an IANA name as it is written", () => {
  for (const name of ["UTC", "Europe/Zurich", "America/New_York", "Asia/Kolkata", "Etc/GMT+5"]) assert.ok(isTimeZone(name), name);
  for (const name of ["", "europe/zurich", "Europe/Nowhere", "+01:00", "Z", "PDT", "America/New_York ", "UTC+1"]) assert.ok(!isTimeZone(name), name);
});
