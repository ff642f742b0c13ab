// Keys and texts as both databases can hold them: keys in UTF-8 byte order, texts with anything in them.
import { assert } from "../kernel/assert.ts";

const KEY_CHARACTERS_MAX = 4096;
const BODY_CHARACTERS_MAX = 16 * 1024 * 1024;
const ROWS_MAX = 10_000;
/** The smallest character a key may hold; PostgreSQL's TEXT has no NUL. */
const FIRST = "\u0001";
const SURROGATES = { first: 0xd800, afterLast: 0xe000 };

/** Rooms validate what callers send; this only keeps the databases apart from what they would store differently. */
export function checkKey(key: string): string {
  assert(key.length <= KEY_CHARACTERS_MAX, `a storage key is longer than ${KEY_CHARACTERS_MAX} characters`);
  assert(key.isWellFormed() && !key.includes("\0"), "a storage key has a NUL or half a character in it");
  return key;
}

export function checkLimit(limit: number): number {
  assert(Number.isInteger(limit) && limit >= 1 && limit <= ROWS_MAX, `a limit must be from 1 to ${ROWS_MAX}, not ${limit}`);
  return limit;
}

/** Columns hold whole milliseconds; clocks may give fractions. */
export function wholeMs(ms: number): number {
  assert(Math.abs(ms) <= Number.MAX_SAFE_INTEGER, `a time must be a number that can be read again, not ${ms}`);
  return Math.floor(ms);
}

/** Texts with NUL or half characters (functions print anything) are kept as JSON behind a mark. */
export function encodeText(text: string): string {
  assert(text.length <= BODY_CHARACTERS_MAX, `a stored text is longer than ${BODY_CHARACTERS_MAX} characters`);
  return text.includes("\0") || !text.isWellFormed() || text.startsWith(FIRST) ? FIRST + JSON.stringify(text) : text;
}

export const decodeText = (stored: string): string => (stored.startsWith(FIRST) ? (JSON.parse(stored.slice(1)) as string) : stored);

/** Several texts in one column; decodeTexts gives them back, and a single one as encodeText left it. */
export const encodeTexts = (texts: string[]): string => FIRST + JSON.stringify(texts);
export const decodeTexts = (stored: string): string | string[] => (stored.startsWith(FIRST) ? (JSON.parse(stored.slice(1)) as string | string[]) : stored);

/** `from <= key`, and `key < until` where there is an end: what an index can answer, unlike substr(). */
export function keyRange(prefix: string, after?: string): { from: string; until: string | undefined } {
  const next = after === undefined ? "" : after + FIRST;
  return { from: byteOrder(next, prefix) > 0 ? next : prefix, until: successor(prefix) };
}

export const byteOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The first key after all that start with `prefix`; undefined when there is none. */
function successor(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.length > 0) {
    const last = points.pop()!;
    if (last === 0x10ffff) continue;
    const next = last + 1 === SURROGATES.first ? SURROGATES.afterLast : last + 1;
    return String.fromCodePoint(...points, next);
  }
  return undefined;
}
