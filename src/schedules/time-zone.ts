// Clocks on the wall of a time zone, and the moments they mean, daylight saving included.

/** To the minute. */
export interface WallTime {
  year: number;
  /** 1 to 12 */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second?: number;
}

/** An IANA name as it is written: "Europe/Zurich", "UTC". Not "europe/zurich", not "+01:00". */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Z]/.test(name)) return false;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId === name;
  } catch {
    return false;
  }
}

export function wallTimeAt(ms: number, timeZone: string): WallTime {
  if (timeZone === "UTC") {
    const date = new Date(ms);
    return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), hour: date.getUTCHours(), minute: date.getUTCMinutes() };
  }
  const { year, month, day, hour, minute } = Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toZonedDateTimeISO(timeZone);
  return { year, month, day, hour, minute };
}

/**
 * Of a time that a clock shows twice, when it is set back, the first. Of a time that it skips, when it is set forward: undefined, or with
 * `later` as much later as the clock is set forward.
 */
export function momentOf(wall: WallTime, timeZone: string, skipped?: "later"): number | undefined {
  if (timeZone === "UTC") return Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second ?? 0);
  const there = Temporal.PlainDateTime.from(wall);
  const moment = there.toZonedDateTime(timeZone, { disambiguation: skipped ? "compatible" : "earlier" });
  return skipped || moment.toPlainDateTime().equals(there) ? moment.epochMilliseconds : undefined;
}
