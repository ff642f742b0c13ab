// Which of many patterns match an event, without asking them all: each pattern is filed under one field it cannot do without, and that
// field's values, or what they begin with, or between what they are. The field is the one that tells the patterns apart best. No I/O.
import { after } from "../../patterns/matcher.ts";
import type { Pattern, Required } from "../../patterns/pattern.ts";
import { matchesInTurns } from "../../patterns/turns.ts";
import { type Beginnings, beginnings, FILED_CHARACTERS_MAX } from "./beginnings.ts";
import { type Ranges, ranges } from "./ranges.ts";

export interface Indexed<T> {
  value: T;
  pattern: Pattern;
}

export interface RuleIndex<T> {
  /** `event` is what `parseEvent` makes of its JSON. In the order they were given in. */
  matching(event: unknown): T[];
  /** The same for an event of so many characters of JSON, letting others have their turn where that is long work. */
  matchingInTurns(event: object, characters: number): Promise<T[]>;
}

/** Reading a field costs as much as trying a simple pattern; patterns whose best fields are rarer than these are tried each time. */
const FIELDS_MAX = 16;
/** Deeper arrays in arrays match nothing (patterns/matcher.ts). */
const DEPTH_MAX = 1000;

interface Entry<T> extends Indexed<T> {
  order: number;
}

interface Field<T> {
  /** Joined with dots. */
  path: string;
  byValue: Map<string | number, Entry<T>[]>;
  byBeginning: Beginnings<Entry<T>>;
  byRange: Ranges<Entry<T>>;
}

export function ruleIndex<T>(all: Indexed<T>[]): RuleIndex<T> {
  const entries = all.map((one, order): Entry<T> => ({ ...one, order }));
  const { fields, others } = filed(entries);
  const candidatesFor = (event: unknown): Entry<T>[] => {
    const candidates = new Set(others);
    for (const { path, byValue, byBeginning, byRange } of fields) {
      const [texts, numbers] = [new Set<string>(), new Set<number>()];
      addValuesAt(event, path, 0, 0, { texts, numbers });
      for (const values of [texts, numbers]) for (const value of values) for (const entry of byValue.get(value) ?? []) candidates.add(entry);
      byRange.of(numbers, (entry) => candidates.add(entry));
      for (const text of texts) byBeginning.of(text, (entry) => candidates.add(entry));
    }
    return [...candidates];
  };
  const inOrder = (found: Entry<T>[]): T[] => found.sort((a, b) => a.order - b.order).map(({ value }) => value);
  return {
    matching: (event) => inOrder(candidatesFor(event).filter(({ pattern }) => pattern.matches(event))),
    async matchingInTurns(event, characters) {
      const found: Entry<T>[] = [];
      for (const entry of candidatesFor(event)) if (await matchesInTurns(entry.pattern, event, characters)) found.push(entry);
      return inOrder(found);
    },
  };
}

function filed<T>(entries: Entry<T>[]): { fields: Field<T>[]; others: Entry<T>[] } {
  const sizes = new Map<string, number>();
  const sizeOf = (key: string) => sizes.get(key) ?? 0;
  for (const { pattern } of entries) for (const [path, texts] of pattern.required) for (const key of keysOf(path, texts)) sizes.set(key, sizeOf(key) + 1);

  const chosen = new Map<string, Entry<T>[]>();
  const others: Entry<T>[] = [];
  for (const entry of entries) {
    let best: { path: string; size: number } | undefined;
    for (const [path, texts] of entry.pattern.required) {
      const size = Math.max(...keysOf(path, texts).map(sizeOf));
      if (!best || size < best.size) best = { path, size };
    }
    if (!best) others.push(entry);
    else chosen.set(best.path, [...(chosen.get(best.path) ?? []), entry]);
  }
  const byUse = [...chosen].sort(([, a], [, b]) => b.length - a.length);
  for (const [, rarely] of byUse.slice(FIELDS_MAX)) others.push(...rarely);
  return { fields: byUse.slice(0, FIELDS_MAX).map(([path, mine]) => fieldOf(path, mine)), others };
}

/** Ranges without an end overlap, and are as good as one. */
const keysOf = (path: string, { equal, beginnings: begun, ranges: between }: Required): string[] => [
  ...equal.map((value) => `${path}\n${typeof value === "number" ? "#" : "="}${value}`), ...begun.map((text) => `${path}\n^${text.slice(0, FILED_CHARACTERS_MAX)}`),
  ...between.map(({ from, to }) => (Number.isFinite(to - from) ? `${path}\n${from} to ${to}` : `${path}\n…`)),
];

function fieldOf<T>(path: string, entries: Entry<T>[]): Field<T> {
  const byValue = new Map<string | number, Entry<T>[]>();
  for (const entry of entries) {
    for (const value of entry.pattern.required.get(path)!.equal) {
      const there = byValue.get(value);
      if (there) there.push(entry);
      else byValue.set(value, [entry]);
    }
  }
  return {
    path, byValue,
    byBeginning: beginnings(entries.flatMap((entry) => entry.pattern.required.get(path)!.beginnings.map((text) => [text, entry] as const))),
    byRange: ranges(entries.flatMap((entry) => entry.pattern.required.get(path)!.ranges.map((range) => [range, entry] as const))),
  };
}

interface Values {
  texts: Set<string>;
  numbers: Set<number>;
}

/** Every text and number at the path from character `at` on, in whichever elements of arrays, and where keys have dots of their own: never fewer than a matcher finds. */
function addValuesAt(value: unknown, path: string, at: number, arrays: number, found: Values): void {
  if (Array.isArray(value)) {
    if (arrays <= DEPTH_MAX) for (const element of value) addValuesAt(element, path, at, arrays + 1, found);
  } else if (at > path.length) {
    if (typeof value === "string") found.texts.add(value);
    else if (typeof value === "number") found.numbers.add(value);
  } else if (typeof value === "object" && value !== null) {
    for (const key in value) {
      const next = after(path, at, key);
      if (next !== undefined) addValuesAt((value as Record<string, unknown>)[key], path, next, arrays, found);
    }
  }
}
