// The days a cron expression means: values and L, W, # in its fields for the day of the month and the day of the week.
import { BadSchedule } from "./bad-schedule.ts";
import { parseItem, parseValue } from "./cron-values.ts";

export type Days =
  | {
      field: "day-of-month";
      days: number[];
      /** L, L-3: so many days before the last. */
      beforeLast: number[];
      /** 3W: the weekday nearest to it, in the same month. */
      nearest: number[];
      /** LW: the last weekday, Monday to Friday. */
      lastWeekday: boolean;
    }
  /** 0 is Sunday. */
  | { field: "day-of-week"; days: number[]; /** FRIL: the last of the month. */ last: number[]; /** TUE#2 */ nth?: { day: number; n: number } };

export function parseDaysOfMonth(text: string): Days {
  const days: Days & { field: "day-of-month" } = { field: "day-of-month", days: [], beforeLast: [], nearest: [], lastWeekday: false };
  for (const item of text.toUpperCase().split(",")) {
    const [, before] = /^L(?:-(\d\d?))?$/.exec(item) ?? [];
    const [, nearest] = /^(\d\d?)W$/.exec(item) ?? [];
    if (item === "LW") days.lastWeekday = true;
    else if (item === "L" || before !== undefined) days.beforeLast.push(before === undefined ? 0 : daysBefore(before));
    else if (nearest !== undefined) days.nearest.push(parseValue("day-of-month", nearest));
    else days.days.push(...parseItem("day-of-month", item));
  }
  return days;
}

function daysBefore(text: string): number {
  if (Number(text) < 1 || Number(text) > 30) throw new BadSchedule(`day-of-month: L-${text}`);
  return Number(text);
}

/** "3#1,6#3" is refused: with # there is one expression only, AWS's page says. */
export function parseDaysOfWeek(text: string): Days {
  const [, day, n] = /^(\w+)#([1-5])$/.exec(text) ?? [];
  if (day !== undefined) return { field: "day-of-week", days: [], last: [], nth: { day: parseValue("day-of-week", day) - 1, n: Number(n) } };
  const days: Days & { field: "day-of-week" } = { field: "day-of-week", days: [], last: [] };
  for (const item of text.toUpperCase().split(",")) {
    const [, last] = /^(\w+)L$/.exec(item) ?? [];
    if (item === "L") days.days.push(6); // the last day of the week, not of the month
    else if (last !== undefined) days.last.push(parseValue("day-of-week", last) - 1);
    else days.days.push(...parseItem("day-of-week", item).map((value) => value - 1));
  }
  return days;
}

/** Of this month (1 to 12), in ascending order. */
export function daysIn(days: Days, year: number, month: number): number[] {
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const firstIsOn = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const weekday = (day: number): number => (firstIsOn + day - 1) % 7;
  const wanted = new Set<number>();
  if (days.field === "day-of-month") {
    for (const day of days.days) wanted.add(day);
    for (const before of days.beforeLast) wanted.add(last - before);
    for (const day of days.nearest) if (day <= last) wanted.add(nearestWeekday(day, weekday(day), last));
    if (days.lastWeekday) wanted.add(nearestWeekday(last, weekday(last), last));
  } else {
    for (let day = 1; day <= last; day++) {
      const on = weekday(day);
      if (days.days.includes(on) || (day > last - 7 && days.last.includes(on))) wanted.add(day);
      if (days.nth && on === days.nth.day && Math.ceil(day / 7) === days.nth.n) wanted.add(day);
    }
  }
  return [...wanted].filter((day) => day >= 1 && day <= last).sort((a, b) => a - b);
}

/** Saturday's is the day before and Sunday's the day after, but never in another month. */
function nearestWeekday(day: number, on: number, last: number): number {
  if (on === 6) return day === 1 ? 3 : day - 1;
  if (on === 0) return day === last ? day - 2 : day + 1;
  return day;
}
