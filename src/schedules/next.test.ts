// When schedules fall due: AWS's examples, a brute force that goes minute by minute, and the nights on which clocks are changed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { nextTime } from "./next.ts";
import { parseSchedule } from "./schedule.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function times(expression: string, after: string, count: number, timeZone?: string): string[] {
  const schedule = parseSchedule(expression, "scheduler");
  const found: string[] = [];
  let ms: number | undefined = Date.parse(after);
  while (found.length < count) {
    ms = nextTime(schedule, ms, { fromMs: 0, ...(timeZone && { timeZone }) });
    if (ms === undefined) break;
    found.push(new Date(ms).toISOString().slice(0, 16));
  }
  return found;
}

test("cron falls due at the minutes it names", () => {
  assert.deepEqual(times("cron(0 10 * * ? *)", "2026-01-01T10:00:00Z", 2), ["2026-01-02T10:00", "2026-01-03T10:00"]);
  assert.deepEqual(times("cron(0 18 ? * MON-FRI *)", "2026-11-20T18:00:00Z", 2), ["2026-11-23T18:00", "2026-11-24T18:00"]);
  assert.deepEqual(times("cron(0/30 20-2 ? * MON-FRI *)", "2026-11-20T02:29:59.999Z", 3), ["2026-11-20T02:30", "2026-11-20T20:00", "2026-11-20T20:30"]);
  assert.deepEqual(times("cron(45/10 23 31 DEC ? 2026)", "2026-06-01T00:00:00Z", 9), ["2026-12-31T23:45", "2026-12-31T23:55"]);
  assert.deepEqual(times("cron(15 10 ? * 6L 2022-2023)", "2023-10-01T00:00:00Z", 9), ["2023-10-27T10:15", "2023-11-24T10:15", "2023-12-29T10:15"]);
  assert.deepEqual(times("cron(0 22-3/2 1 1 ? 2027)", "2026-01-01T00:00:00Z", 9), ["2027-01-01T00:00", "2027-01-01T02:00", "2027-01-01T22:00"]);
  assert.deepEqual(times("cron(0 12 ? * SAT-MON *)", "2026-11-19T00:00:00Z", 4), ["2026-11-21T12:00", "2026-11-22T12:00", "2026-11-23T12:00", "2026-11-28T12:00"]);
});

test("L, W and # are days of a month, and never of the next", () => {
  assert.deepEqual(times("cron(0 0 L * ? *)", "2027-12-31T12:00:00Z", 3), ["2028-01-31T00:00", "2028-02-29T00:00", "2028-03-31T00:00"]);
  assert.deepEqual(times("cron(0 0 L-2 FEB ? *)", "2026-01-01T00:00:00Z", 3), ["2026-02-26T00:00", "2027-02-26T00:00", "2028-02-27T00:00"]);
  assert.deepEqual(times("cron(0 0 LW * ? *)", "2026-01-01T00:00:00Z", 3), ["2026-01-30T00:00", "2026-02-27T00:00", "2026-03-31T00:00"]);
  assert.deepEqual(times("cron(0 0 1W AUG ? *)", "2026-01-01T00:00:00Z", 2), ["2026-08-03T00:00", "2027-08-02T00:00"]); // a Saturday, a Sunday
  assert.deepEqual(times("cron(0 0 31W MAY ? *)", "2026-01-01T00:00:00Z", 1), ["2026-05-29T00:00"]); // a Sunday
  assert.deepEqual(times("cron(0 0 31W * ? *)", "2026-03-31T12:00:00Z", 2), ["2026-05-29T00:00", "2026-07-31T00:00"]); // not in June
  assert.deepEqual(times("cron(0 0 3W,15W JAN ? 2026)", "2026-01-01T00:00:00Z", 9), ["2026-01-02T00:00", "2026-01-15T00:00"]);
  assert.deepEqual(times("cron(0 0 ? * TUE#5 *)", "2026-01-01T00:00:00Z", 2), ["2026-03-31T00:00", "2026-06-30T00:00"]);
  assert.deepEqual(times("cron(0 0 ? * L *)", "2026-11-20T00:00:00Z", 2), ["2026-11-21T00:00", "2026-11-28T00:00"]);
});

test("cron reaches from leap year to leap year, to 2199 and no further", () => {
  assert.deepEqual(times("cron(0 0 29 FEB ? *)", "2096-03-01T00:00:00Z", 1), ["2104-02-29T00:00"]); // 2100 has none
  assert.deepEqual(times("cron(59 23 31 12 ? *)", "2198-12-31T23:58:00Z", 9), ["2198-12-31T23:59", "2199-12-31T23:59"]);
  assert.deepEqual(times("cron(0 0 30 FEB ? *)", "2026-01-01T00:00:00Z", 1), []);
  assert.deepEqual(times("cron(0 0 1 1 ? 2020-2025)", "2026-01-01T00:00:00Z", 1), []);
});

test("a rate falls due when it begins, and ever so often from then, whenever it is asked", () => {
  const every = parseSchedule("rate(7 minutes)", "rules");
  const fromMs = Date.parse("2026-01-01T00:00:30.250Z");
  assert.equal(nextTime(every, fromMs - DAY, { fromMs }), fromMs);
  assert.equal(nextTime(every, fromMs, { fromMs }), fromMs + 7 * MINUTE);
  assert.equal(nextTime(every, fromMs + 7 * MINUTE - 1, { fromMs }), fromMs + 7 * MINUTE);
  assert.equal(nextTime(every, fromMs + 7 * MINUTE, { fromMs }), fromMs + 14 * MINUTE);
  assert.equal(nextTime(every, fromMs + 10 * 365 * DAY, { fromMs }), fromMs + Math.ceil((10 * 365 * DAY + 1) / (7 * MINUTE)) * 7 * MINUTE);
});

test("a rate longer than there are dates begins, and never falls due again", () => {
  const every = parseSchedule("rate(104249991 days)", "rules");
  const fromMs = Date.parse("2026-01-01T00:00:00Z");
  assert.deepEqual([nextTime(every, fromMs - 1, { fromMs }), nextTime(every, fromMs, { fromMs })], [fromMs, undefined]);
});

test("at falls due once, on the clock of its time zone", () => {
  assert.deepEqual(times("at(2026-07-01T09:30:15)", "2026-01-01T00:00:00Z", 9, "America/New_York"), ["2026-07-01T13:30"]);
  assert.equal(nextTime(parseSchedule("at(2026-07-01T09:30:15)", "scheduler"), 0, { fromMs: 0 }), Date.parse("2026-07-01T09:30:15Z"));
  assert.deepEqual(times("at(2026-01-01T00:00:00)", "2026-01-01T00:00:00Z", 1), []);
  assert.deepEqual(times("at(2026-03-08T02:30:00)", "2026-01-01T00:00:00Z", 1, "America/Los_Angeles"), ["2026-03-08T10:30"]); // there is no 2:30: it is 3:30
  assert.deepEqual(times("at(2026-11-01T01:30:00)", "2026-01-01T00:00:00Z", 1, "America/Los_Angeles"), ["2026-11-01T08:30"]); // the first of two
});

test("a time that the clock skips is left out, and one that it shows twice is due the first time only", () => {
  // AWS's example: every day at 2:30 in Los Angeles.
  assert.deepEqual(times("cron(30 2 * * ? *)", "2026-03-07T00:00:00Z", 3, "America/Los_Angeles"), ["2026-03-07T10:30", "2026-03-09T09:30", "2026-03-10T09:30"]);
  assert.deepEqual(times("cron(30 1 * * ? *)", "2026-10-31T12:00:00Z", 2, "America/Los_Angeles"), ["2026-11-01T08:30", "2026-11-02T09:30"]);
  // Half an hour only, and at midnight.
  assert.deepEqual(times("cron(0/15 1 4 APR ? 2027)", "2027-01-01T00:00:00Z", 9, "Australia/Lord_Howe"), ["2027-04-03T14:00", "2027-04-03T14:15", "2027-04-03T14:30", "2027-04-03T14:45"]);
  assert.deepEqual(times("cron(0 0 * MAR ? *)", "2026-03-26T12:00:00Z", 3, "Asia/Beirut"), ["2026-03-26T22:00", "2026-03-27T22:00", "2026-03-29T21:00"]);
  // Asked within the hour that is shown twice, and within the first and the second of it.
  assert.deepEqual(times("cron(0/20 * 1 NOV ? *)", "2026-11-01T08:10:00Z", 4, "America/Los_Angeles"), ["2026-11-01T08:20", "2026-11-01T08:40", "2026-11-01T10:00", "2026-11-01T10:20"]);
  assert.deepEqual(times("cron(0/20 * 1 NOV ? *)", "2026-11-01T09:10:00Z", 1, "America/Los_Angeles"), ["2026-11-01T10:00"]);
});

/** A generator of numbers that are the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Whether a field holds a value, straight from AWS's description, one value at a time. */
function holds(field: string, value: number, min: number, max: number): boolean {
  return field.split(",").some((item) => {
    const [range, step] = item.split("/") as [string, string?];
    if (range === "*") return (value - min) % Number(step ?? 1) === 0;
    const [start, end = step ? max : start] = range.split("-").map(Number) as [number, number?];
    const size = max - min + 1;
    const into = (value - start + size) % size;
    return into <= (end! - start + size) % size && into % Number(step ?? 1) === 0;
  });
}

function holdsDay(dayOfMonth: string, dayOfWeek: string, date: Date): boolean {
  const day = date.getUTCDate();
  const on = date.getUTCDay() + 1;
  const isLast = new Date(date.getTime() + DAY).getUTCDate() === 1;
  const inLastWeek = new Date(date.getTime() + 7 * DAY).getUTCMonth() !== date.getUTCMonth();
  if (dayOfWeek === "?") return dayOfMonth === "L" ? isLast : holds(dayOfMonth, day, 1, 31);
  if (dayOfWeek.endsWith("L")) return on === Number(dayOfWeek[0]) && inLastWeek;
  if (dayOfWeek.includes("#")) return on === Number(dayOfWeek[0]) && Math.floor((day - 1) / 7) + 1 === Number(dayOfWeek[2]);
  return holds(dayOfWeek, on, 1, 7);
}

function randomField(draw: (below: number) => number, min: number, max: number, wraps = true): string {
  const value = () => min + draw(max - min + 1);
  const item = () => {
    const [a, b] = [value(), value()];
    const [from, to] = wraps ? [a, b] : [Math.min(a, b), Math.max(a, b)];
    return [`${a}`, `${from}-${to}`, `${a}/${1 + draw(7)}`, `*/${1 + draw(7)}`, `${from}-${to}/${1 + draw(5)}`, `${a}`][draw(6)]!;
  };
  return draw(4) === 0 ? "*" : Array.from({ length: 1 + draw(3) }, item).join(",");
}

test("any expression falls due exactly when going minute by minute says so, in every time zone", () => {
  const draw = random(2026);
  const zones = ["UTC", "America/Los_Angeles", "Europe/Zurich", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca"];
  for (let run = 0; run < 120; run++) {
    const zone = zones[draw(zones.length)]!;
    const [minutes, hours, month] = [randomField(draw, 0, 59), randomField(draw, 0, 23), draw(2) ? "*" : randomField(draw, 1, 12)];
    const year = draw(2) ? "*" : randomField(draw, 1970, 2199, false);
    const special = [`${1 + draw(7)}L`, `${1 + draw(7)}#${1 + draw(5)}`, randomField(draw, 1, 7)][draw(3)]!;
    const [dayOfMonth, dayOfWeek] = draw(2) ? [draw(3) ? randomField(draw, 1, 31) : "L", "?"] : ["?", special];
    const expression = `cron(${minutes} ${hours} ${dayOfMonth} ${month} ${dayOfWeek} ${year})`;
    const schedule = parseSchedule(expression, "rules");

    // From within two days of when many of these zones change their clocks, or anywhere.
    const around = ["2026-03-28", "2026-11-01", "2027-03-14", "2026-04-04", "2011-12-29", "2018-11-03"][draw(6)]!;
    const afterMs = Math.floor((Date.parse(around) + draw(2 * DAY) - (draw(3) ? 0 : draw(20 * 365 * DAY))) / 1000) * 1000;
    const untilMs = afterMs + 3 * DAY;
    const seen = new Set<string>();
    let expected: number | undefined;
    // Begins a day early, to know which wall times have been shown before.
    for (let ms = Math.floor((afterMs - DAY) / MINUTE) * MINUTE; ms < untilMs && expected === undefined; ms += MINUTE) {
      const wall = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDateTime();
      const shownBefore = seen.has(wall.toString());
      seen.add(wall.toString());
      if (ms <= afterMs || shownBefore) continue;
      const there = holds(minutes, wall.minute, 0, 59) && holds(hours, wall.hour, 0, 23) && holds(month, wall.month, 1, 12) && holds(year, wall.year, 1970, 2199)
        && holdsDay(dayOfMonth, dayOfWeek, new Date(Date.UTC(wall.year, wall.month - 1, wall.day)));
      if (there) expected = ms;
    }
    const found = nextTime(schedule, afterMs, { fromMs: 0, timeZone: zone });
    assert.equal(found !== undefined && found < untilMs ? found : undefined, expected, `${expression} in ${zone} after ${new Date(afterMs).toISOString()}`);
  }
});

test("a thousand next times take a moment, however far away or impossible they are", () => {
  const started = performance.now();
  for (const expression of ["cron(0 0 29 2 ? *)", "cron(0 0 30 2 ? *)", "cron(* * * * ? 2199)", "cron(59 23 ? 12 7#5 *)"]) {
    const schedule = parseSchedule(expression, "scheduler");
    for (let count = 0; count < 250; count++) nextTime(schedule, Date.UTC(2026, 0, count), { fromMs: 0, timeZone: "Europe/Zurich" });
  }
  assert.ok(performance.now() - started < 5_000);
});
