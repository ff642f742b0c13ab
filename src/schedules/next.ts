// When a schedule falls due next.
// Daylight saving: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
import type { Cron } from "./cron.ts";
import { daysIn } from "./cron-days.ts";
import type { Schedule } from "./schedule.ts";
import { momentOf, type WallTime, wallTimeAt } from "./time-zone.ts";

export interface Counting {
  /** From when a rate counts: it falls due then, and ever so often after. Of no meaning to cron and at. */
  fromMs: number;
  /** An IANA name (isTimeZone); UTC when absent. */
  timeZone?: string;
}

/** No date is later (ECMA-262, time values). */
const DATE_MS_MAX = 8.64e15;

/** The first time after `afterMs` (milliseconds since 1970); undefined when it never falls due again. */
export function nextTime(schedule: Schedule, afterMs: number, { fromMs, timeZone = "UTC" }: Counting): number | undefined {
  if (schedule.kind === "rate") {
    if (afterMs < fromMs) return fromMs;
    const ms = fromMs + (Math.floor((afterMs - fromMs) / schedule.everyMs) + 1) * schedule.everyMs;
    return ms <= DATE_MS_MAX ? ms : undefined;
  }
  if (schedule.kind === "at") {
    // What AWS does with a time that the clock skips is not documented; java.time, and most others, take it as that much later.
    const ms = momentOf(schedule, timeZone, "later")!;
    return ms > afterMs ? ms : undefined;
  }
  return nextCron(schedule, afterMs, timeZone);
}

/**
 * Goes through the calendar from the wall time of `afterMs`: times in order on the wall are in order in time. A time that the clock skips
 * is left out, and one that it shows twice is due once, the first time: AWS's page says so of 2:30 in Los Angeles.
 */
function nextCron(cron: Cron, afterMs: number, timeZone: string): number | undefined {
  const from = wallTimeAt(Math.max(afterMs, 0), timeZone);
  for (const wall of wallTimes(cron, from)) {
    const ms = momentOf(wall, timeZone);
    if (ms !== undefined && ms > afterMs) return ms;
  }
  return undefined;
}

/** In ascending order, from `from` on. */
function* wallTimes({ years, months, days, hours, minutes }: Cron, from: WallTime): Generator<WallTime> {
  for (const year of years) {
    if (year < from.year) continue;
    const inYear = year === from.year;
    for (const month of months) {
      if (inYear && month < from.month) continue;
      const inMonth = inYear && month === from.month;
      for (const day of daysIn(days, year, month)) {
        if (inMonth && day < from.day) continue;
        const onDay = inMonth && day === from.day;
        for (const hour of hours) {
          if (onDay && hour < from.hour) continue;
          const inHour = onDay && hour === from.hour;
          for (const minute of minutes) if (!inHour || minute >= from.minute) yield { year, month, day, hour, minute };
        }
      }
    }
  }
}
