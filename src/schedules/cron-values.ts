// The plain part of a cron field: values, ranges, steps and lists of them.
import { BadSchedule } from "./bad-schedule.ts";

export type FieldName = "minutes" | "hours" | "day-of-month" | "month" | "day-of-week" | "year";

interface Field {
  min: number;
  max: number;
  /** For min, min + 1, … */
  names?: string[];
}

const FIELDS: Record<FieldName, Field> = {
  minutes: { min: 0, max: 59 },
  hours: { min: 0, max: 23 },
  "day-of-month": { min: 1, max: 31 },
  month: { min: 1, max: 12, names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"] },
  "day-of-week": { min: 1, max: 7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] },
  year: { min: 1970, max: 2199 },
};

/** Ascending, each once. */
export function parseValues(name: FieldName, text: string): number[] {
  return [...new Set(text.split(",").flatMap((item) => parseItem(name, item)))].sort((a, b) => a - b);
}

/** "*", "5", "MON-FRI", "0/15", "20-2", "8-17/2". */
export function parseItem(name: FieldName, item: string): number[] {
  const { min, max } = FIELDS[name];
  const [, from, to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d{1,4}))?$/.exec(item) ?? [];
  if (from === undefined || (from === "*" && to !== undefined)) throw new BadSchedule(`${name}: ${item}`);
  const start = from === "*" ? min : parseValue(name, from);
  const end = to !== undefined ? parseValue(name, to) : from === "*" || step !== undefined ? max : start;
  const every = step === undefined ? 1 : Number(step);
  if (every > max - min + 1) throw new BadSchedule(`${name}: the step of ${item} is larger than its range`);
  if (every === 0) return from === "*" ? parseItem(name, "*") : [start]; // as Quartz has it
  if (end < start && name === "year") throw new BadSchedule(`year: ${item} ends before it begins`);
  const last = end < start ? end + max - min + 1 : end; // 20-2: from 20 over midnight to 2
  const values: number[] = [];
  for (let value = start; value <= last; value += every) values.push(value > max ? value - (max - min + 1) : value);
  return values;
}

export function parseValue(name: FieldName, text: string): number {
  const { min, max, names } = FIELDS[name];
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  const value = named >= 0 ? min + named : /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw new BadSchedule(`${name}: ${text}`);
  return value;
}
