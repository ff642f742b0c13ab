// What POST /_evoke/clock may be told: {"advance":"6h"}, {"set":"2027-01-01T00:00:00Z"}, {"speed":60}, {"frozen":true}, {"reset":true}.
import { DATE_MS_MAX, DATE_MS_MIN } from "./kernel/clock-drivable.ts";

export type ClockOrder = { advanceMs: number } | { setMs: number } | { speed: number } | { frozen: boolean } | { reset: true };

const SPEED_MAX = 1_000_000;
const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const ONE = String.raw`(\d{1,12}(?:\.\d{1,9})?)`;
const SHORT = new RegExp(`^(?:${ONE}(?:ms|s|m|h|d|w))+$`);
const SHORT_PARTS = new RegExp(`${ONE}(ms|s|m|h|d|w)`, "g");
/** Weeks, days, hours, minutes, seconds. A year or a month of ISO 8601 has no length of its own. */
const ISO = new RegExp(`^P(?=.)(?:${ONE}W)?(?:${ONE}D)?(?:T(?=.)(?:${ONE}H)?(?:${ONE}M)?(?:${ONE}S)?)?$`);
const ISO_UNITS = ["w", "d", "h", "m", "s"];

/** Throws an Error whose message is for the caller. */
export function readClockOrder(text: string): ClockOrder {
  let order: unknown;
  try {
    order = JSON.parse(text);
  } catch {
    throw new Error("the body is not JSON");
  }
  if (typeof order !== "object" || order === null || Array.isArray(order) || Object.keys(order).length !== 1) throw new Error('the body is an object with one of advance, set, speed, frozen and reset, for example {"advance":"6h"}');
  const [[name, value]] = Object.entries(order) as [[string, unknown]];
  if (name === "advance") return { advanceMs: durationMs(value) };
  if (name === "set") return { setMs: dateMs(value) };
  if (name === "speed") {
    if (typeof value !== "number" || !(value >= 0 && value <= SPEED_MAX)) throw new Error(`speed is a number from 0 to ${SPEED_MAX}: so many seconds pass in one`);
    return { speed: value };
  }
  if (name === "frozen") {
    if (typeof value !== "boolean") throw new Error("frozen is true or false");
    return { frozen: value };
  }
  if (name !== "reset" || value !== true) throw new Error(`there is no "${name}" here; there are advance, set, speed, frozen and "reset":true`);
  return { reset: true };
}

function durationMs(value: unknown): number {
  if (typeof value === "string") {
    const iso = ISO.exec(value);
    if (iso) return ISO_UNITS.reduce((sum, unit, at) => sum + Number(iso[at + 1] ?? 0) * UNIT_MS[unit]!, 0);
    if (SHORT.test(value)) return [...value.matchAll(SHORT_PARTS)].reduce((sum, [, number, unit]) => sum + Number(number) * UNIT_MS[unit!]!, 0);
  }
  throw new Error('advance is a duration such as "90s", "6h", "1d12h" or "PT6H"; not of months or years, which have no length of their own: for those, set');
}

function dateMs(value: unknown): number {
  const [, day] = (typeof value === "string" && /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/.exec(value)) || [];
  const ms = day === undefined ? NaN : Date.parse(value as string);
  // JavaScript takes February 30 for March 2.
  if (Number.isNaN(ms) || new Date(Date.parse(day!)).toISOString().slice(0, 10) !== day) throw new Error('set is a date such as "2027-01-01" (in UTC) or "2027-01-01T09:30:00+01:00"');
  if (ms < DATE_MS_MIN || ms > DATE_MS_MAX) throw new Error("the clock knows the years 1970 to 2199");
  return ms;
}
