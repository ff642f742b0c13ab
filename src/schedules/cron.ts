// The six fields of cron(minutes hours day-of-month month day-of-week year).
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions
// What AWS's page leaves open is taken from Quartz, whose syntax this is: ranges that wrap around, LW, L-3, names in any case.
import { BadSchedule } from "./bad-schedule.ts";
import { type Days, parseDaysOfMonth, parseDaysOfWeek } from "./cron-days.ts";
import { parseValues } from "./cron-values.ts";

export interface Cron {
  kind: "cron";
  /** Each in ascending order, none of them empty. */
  minutes: number[];
  hours: number[];
  /** 1 to 12 */
  months: number[];
  years: number[];
  days: Days;
}

/** `inside`: what stands between the parentheses. Throws BadSchedule. */
export function parseCron(inside: string): Cron {
  const fields = inside.split(/ +/);
  if (fields.length !== 6) throw new BadSchedule("cron has six fields");
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = fields as [string, string, string, string, string, string];
  if ((dayOfMonth === "?") === (dayOfWeek === "?")) throw new BadSchedule("exactly one of day-of-month and day-of-week is ?");
  return {
    kind: "cron",
    minutes: parseValues("minutes", minutes),
    hours: parseValues("hours", hours),
    months: parseValues("month", month),
    years: parseValues("year", year),
    days: dayOfWeek === "?" ? parseDaysOfMonth(dayOfMonth) : parseDaysOfWeek(dayOfWeek),
  };
}
