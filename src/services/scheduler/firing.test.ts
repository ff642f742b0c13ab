// When schedules invoke their targets: years of them in a moment, because time is virtual.
import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import { functionArn, openTestScheduler, queueArn, ROLE, standingClock, START_MS, type TestScheduler } from "../../../test/support/scheduler.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

async function using(work: (t: TestScheduler) => Promise<void>, startMs = START_MS): Promise<void> {
  const t = await openTestScheduler({ clock: standingClock(startMs) });
  try {
    await work(t);
  } finally {
    await t.close();
  }
}

const at = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
/** Of `name`, the times of its deliveries, to the second. */
const times = (t: TestScheduler, name: string): string[] => t.delivered.filter(({ arn }) => arn === queueArn(name)).map(({ atMs }) => at(atMs));

test("a rate begins when the schedule is created, and goes on from then", () => using(async (t) => {
  await t.create("rate", "rate(6 hours)");
  await t.advance(DAY);
  assert.deepEqual(times(t, "rate"), ["2026-01-01T00:00:00", "2026-01-01T06:00:00", "2026-01-01T12:00:00", "2026-01-01T18:00:00", "2026-01-02T00:00:00"]);
}));

test("ten years of a monthly schedule are a hundred and twenty invocations, each at its time", () => using(async (t) => {
  await t.create("monthly", "cron(30 9 L * ? *)", { ScheduleExpressionTimezone: "Europe/Zurich" });
  await t.advance(3652 * DAY);
  assert.equal(times(t, "monthly").length, 120);
  assert.deepEqual(times(t, "monthly").slice(0, 4), ["2026-01-31T08:30:00", "2026-02-28T08:30:00", "2026-03-31T07:30:00", "2026-04-30T07:30:00"]);
}));

test("a schedule in a time zone skips the hour that is skipped there", () => using(async (t) => {
  await t.create("night", "cron(30 2 * * ? *)", { ScheduleExpressionTimezone: "America/Los_Angeles" });
  await t.advance(3 * DAY);
  assert.deepEqual(times(t, "night"), ["2026-03-07T10:30:00", "2026-03-09T09:30:00"]);
}, Date.UTC(2026, 2, 7)));

test("a schedule in a time zone happens once in the hour that comes twice there", () => using(async (t) => {
  await t.create("fall", "cron(30 1 * * ? *)", { ScheduleExpressionTimezone: "America/Los_Angeles" });
  await t.advance(3 * DAY);
  assert.deepEqual(times(t, "fall"), ["2026-10-31T08:30:00", "2026-11-01T08:30:00", "2026-11-02T09:30:00"]);
}, Date.UTC(2026, 9, 31)));

test("a one-time schedule happens once, where its time zone is, and stays as it is unless it is to be deleted", () => using(async (t) => {
  await t.create("stays", "at(2026-01-01T12:00:30)", { ScheduleExpressionTimezone: "Asia/Tokyo", StartDate: new Date(START_MS - 100 * DAY), EndDate: new Date(START_MS - DAY) });
  await t.create("goes", "at(2026-01-01T12:00:00)", { ActionAfterCompletion: "DELETE" });
  await t.advance(DAY);
  assert.deepEqual([times(t, "stays"), times(t, "goes")], [["2026-01-01T03:00:30"], ["2026-01-01T12:00:00"]]);
  assert.equal((await t.scheduler.getSchedule({ Name: "stays" })).State, "ENABLED");
  await assert.rejects(t.scheduler.getSchedule({ Name: "goes" }), { name: "ResourceNotFoundException" });
}));

test("a one-time schedule of long ago never happens, and one of a moment ago does at once", () => using(async (t) => {
  await t.create("past", "at(2022-12-31T23:59:59)");
  await t.create("now", "at(2026-01-01T00:00:00)");
  await t.advance(HOUR);
  assert.deepEqual([times(t, "past"), times(t, "now")], [[], ["2026-01-01T00:00:30"]]);
}, START_MS + 30_000));

test("a schedule keeps to its dates, and with the last invocation it is deleted when it says so", () => using(async (t) => {
  await t.create("dates", "rate(1 hour)", { StartDate: new Date(START_MS + 90 * MINUTE), EndDate: new Date(START_MS + 4 * HOUR), ActionAfterCompletion: "DELETE" });
  await t.create("from", "cron(0 * * * ? *)", { StartDate: new Date(START_MS + 2 * HOUR) });
  await t.advance(3 * HOUR);
  assert.equal((await t.scheduler.getSchedule({ Name: "dates" })).ActionAfterCompletion, "DELETE");
  await t.advance(HOUR);
  assert.deepEqual(times(t, "dates"), ["2026-01-01T01:30:00", "2026-01-01T02:30:00", "2026-01-01T03:30:00"]);
  assert.deepEqual(times(t, "from"), ["2026-01-01T02:00:00", "2026-01-01T03:00:00", "2026-01-01T04:00:00"]);
  await assert.rejects(t.scheduler.getSchedule({ Name: "dates" }), { name: "ResourceNotFoundException" });
}));

test("a flexible time window begins at the time of the schedule and lasts as long as it says", () => using(async (t) => {
  await t.create("flexible", "cron(0 12 * * ? *)", { FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 60 }, Target: { Arn: queueArn("flexible"), RoleArn: ROLE, Input: "<aws.scheduler.scheduled-time>" } });
  await t.advance(40 * DAY);
  const minutes = t.delivered.map(({ atMs }) => ((atMs - START_MS) % DAY) / MINUTE - 12 * 60);
  assert.equal(minutes.length, 40);
  assert.ok(minutes.every((minute) => minute >= 0 && minute <= 60.1), String(minutes));
  assert.ok(new Set(minutes.map(Math.floor)).size > 10, "not always at the same minute");
  assert.ok(t.delivered.every(({ message }) => /^2026-0\d-\d\dT12:00:00Z$/.test(message.body)));
}));

test("a schedule that is disabled, changed or deleted does what it says from then on", () => using(async (t) => {
  await t.create("changed", "rate(1 hour)");
  await t.advance(90 * MINUTE);
  const change = (ScheduleExpression: string, State: "ENABLED" | "DISABLED") => t.scheduler.updateSchedule({ Name: "changed", ScheduleExpression, State, FlexibleTimeWindow: { Mode: "OFF" }, Target: { Arn: queueArn("changed"), RoleArn: ROLE } });
  await change("rate(1 hour)", "DISABLED");
  await t.advance(2 * HOUR);
  assert.deepEqual(times(t, "changed"), ["2026-01-01T00:00:00", "2026-01-01T01:00:00"]);
  await change("cron(15 * * * ? *)", "ENABLED");
  await t.advance(HOUR);
  assert.deepEqual(times(t, "changed").slice(2), ["2026-01-01T04:15:00"]);
  await t.scheduler.deleteSchedule({ Name: "changed" });
  await t.advance(DAY);
  assert.equal(times(t, "changed").length, 3);
  assert.deepEqual(await t.stores.queues.list({ prefix: "s", limit: 10 }), []);
}));

test("however many processes run on the same stores, a schedule happens once", async () => {
  const clock = virtualClock(START_MS); // leases go by the date, so it may not jump while others work
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const processes = await Promise.all([1, 2, 3].map(() => openTestScheduler({ clock, stores })));
  try {
    await processes[0]!.create("once", "rate(1 minute)");
    await clock.advance(HOUR - MINUTE);
    const deliveries = processes.flatMap(({ delivered }) => delivered);
    assert.deepEqual(deliveries.map(({ atMs }) => Math.floor((atMs - START_MS) / MINUTE)).sort((a, b) => a - b), Array.from({ length: 60 }, (_, minute) => minute));
  } finally {
    for (const one of processes) await one.close();
    await stores.close();
  }
});

test("what was due while nothing ran is made up for, unless it is too old to be tried", async () => {
  const clock = standingClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const before = await openTestScheduler({ clock, stores });
  await before.create("hourly", "cron(0 * * * ? *)", { Target: { Arn: queueArn("hourly"), RoleArn: ROLE, Input: "<aws.scheduler.scheduled-time>", RetryPolicy: { MaximumEventAgeInSeconds: 3 * 3600 }, DeadLetterConfig: { Arn: queueArn("letters") } } });
  await before.create("once", "at(2026-01-01T05:00:00)");
  await before.close();
  await clock.move(() => START_MS + 10 * HOUR + 30 * MINUTE, async () => true);
  const after = await openTestScheduler({ clock, stores });
  try {
    await after.advance(1_000);
    const bodies = (name: string) => after.delivered.filter(({ arn }) => arn === queueArn(name)).map(({ message }) => message.body);
    assert.deepEqual(bodies("hourly").sort(), ["2026-01-01T08:00:00Z", "2026-01-01T09:00:00Z", "2026-01-01T10:00:00Z"]);
    assert.deepEqual(bodies("once"), ["once"]);
    const [letter] = after.delivered.filter(({ arn }) => arn === queueArn("letters"));
    assert.deepEqual([letter!.message.body, letter!.message.attributes!["EXHAUSTED_RETRY_CONDITION"]!.value, letter!.message.attributes!["RETRY_ATTEMPTS"]!.value], ["2026-01-01T01:00:00Z", "MaximumEventAgeInSeconds", "0"]);
  } finally {
    await after.close();
    await stores.close();
  }
});

test("a function gets the default event, which has the id of its request", () => using(async (t) => {
  const arn = await t.create("fn", "at(2026-01-01T00:00:10)", { Target: { Arn: functionArn("fn"), RoleArn: ROLE } });
  await t.advance(MINUTE);
  const [event] = t.invoked;
  assert.deepEqual(JSON.parse(Buffer.from(event!.payload).toString()), { version: "0", id: event!.requestId, "detail-type": "Scheduled Event", source: "aws.scheduler", account: "000000000000", time: "2026-01-01T00:00:10Z", region: "eu-west-1", resources: [arn], detail: "{}" });
  assert.equal(event!.source, undefined, "the role decides, not the function's policy");
  assert.ok(t.asked.some(({ actor, action, resource }) => "roleArn" in actor && actor.roleArn === ROLE && action === "lambda:InvokeFunction" && resource === functionArn("fn")));
}));
