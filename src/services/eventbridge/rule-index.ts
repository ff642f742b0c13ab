// Which of many patterns match an event, without asking them all: each pattern is filed under one field it cannot do without, and that
// field's values. The field is the one that tells the patterns apart best. No I/O.
import { after } from "../../patterns/matcher.ts";
import type { Pattern } from "../../patterns/pattern.ts";

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

/** Characters times alternatives of patterns tried in one turn of the event loop: some milliseconds, for the worst of both. */
const TURN_MAX = 2_000_000;

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
  byText: Map<string, Entry<T>[]>;
}

export function ruleIndex<T>(all: Indexed<T>[]): RuleIndex<T> {
  const entries = all.map((one, order): Entry<T> => ({ ...one, order }));
  const { fields, others } = filed(entries);
  const candidatesFor = (event: unknown): Entry<T>[] => {
    const candidates = new Set(others);
    for (const { path, byText } of fields) {
      const texts = new Set<string>();
      addTextsAt(event, path, 0, 0, texts);
      for (const text of texts) for (const entry of byText.get(text) ?? []) candidates.add(entry);
    }
    return [...candidates];
  };
  const inOrder = (found: Entry<T>[]): T[] => found.sort((a, b) => a.order - b.order).map(({ value }) => value);
  return {
    matching: (event) => inOrder(candidatesFor(event).filter(({ pattern }) => pattern.matches(event))),
    async matchingInTurns(event, characters) {
      const atOnce = Math.max(1, Math.floor(TURN_MAX / characters));
      const found: Entry<T>[] = [];
      let tried = 0;
      for (const entry of candidatesFor(event)) {
        for (const matches of entry.pattern.alternatives) {
          if (tried++ === atOnce) {
            await new Promise((resolve) => { setImmediate(resolve); });
            tried = 1;
          }
          if (!matches(event)) continue;
          found.push(entry);
          break;
        }
      }
      return inOrder(found);
    },
  };
}

function filed<T>(entries: Entry<T>[]): { fields: Field<T>[]; others: Entry<T>[] } {
  const sizes = new Map<string, number>();
  const sizeOf = (path: string, text: string) => sizes.get(`${path}\n${text}`) ?? 0;
  for (const { pattern } of entries) for (const [path, texts] of pattern.required) for (const text of texts) sizes.set(`${path}\n${text}`, sizeOf(path, text) + 1);

  const chosen = new Map<string, Entry<T>[]>();
  const others: Entry<T>[] = [];
  for (const entry of entries) {
    let best: { path: string; size: number } | undefined;
    for (const [path, texts] of entry.pattern.required) {
      const size = Math.max(...texts.map((text) => sizeOf(path, text)));
      if (!best || size < best.size) best = { path, size };
    }
    if (!best) others.push(entry);
    else chosen.set(best.path, [...(chosen.get(best.path) ?? []), entry]);
  }
  const byUse = [...chosen].sort(([, a], [, b]) => b.length - a.length);
  for (const [, rarely] of byUse.slice(FIELDS_MAX)) others.push(...rarely);
  return { fields: byUse.slice(0, FIELDS_MAX).map(([path, mine]) => fieldOf(path, mine)), others };
}

function fieldOf<T>(path: string, entries: Entry<T>[]): Field<T> {
  const byText = new Map<string, Entry<T>[]>();
  for (const entry of entries) {
    for (const text of new Set(entry.pattern.required.get(path))) {
      const there = byText.get(text);
      if (there) there.push(entry);
      else byText.set(text, [entry]);
    }
  }
  return { path, byText };
}

/** Every text at the path from character `at` on, in whichever elements of arrays, and where keys have dots of their own: never fewer than a matcher finds. */
function addTextsAt(value: unknown, path: string, at: number, arrays: number, texts: Set<string>): void {
  if (Array.isArray(value)) {
    if (arrays <= DEPTH_MAX) for (const element of value) addTextsAt(element, path, at, arrays + 1, texts);
  } else if (at > path.length) {
    if (typeof value === "string") texts.add(value);
  } else if (typeof value === "object" && value !== null) {
    for (const key in value) {
      const next = after(path, at, key);
      if (next !== undefined) addTextsAt((value as Record<string, unknown>)[key], path, next, arrays, texts);
    }
  }
}
