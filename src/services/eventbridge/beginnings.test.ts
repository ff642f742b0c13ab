// Beginnings are found as trying each of them finds them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { beginnings, FILED_CHARACTERS_MAX } from "./beginnings.ts";

function found(all: string[], text: string): string[] {
  const values: string[] = [];
  beginnings(all.map((beginning) => [beginning, beginning] as const)).of(text, (value) => values.push(value));
  return values.sort();
}

test("a text is found under each of its beginnings, and under nothing else", () => {
  const letters = ["", "a", "b", "\u00e9", "\ud83d\ude00"];
  const words = letters.flatMap((one) => letters.flatMap((two) => letters.map((three) => one + two + three)));
  for (let every = 1; every <= 7; every++) {
    const all = words.filter((_, n) => n % every === 0);
    for (const text of words) assert.deepEqual(found(all, text), all.filter((one) => text.startsWith(one)).sort(), `${text} of every ${every}`);
  }
});

test("long beginnings are filed under their first characters", () => {
  const same = "x".repeat(FILED_CHARACTERS_MAX);
  assert.deepEqual(found([`${same}a`, `${same}b`, "y"], `${same}a and more`), [`${same}a`, `${same}b`]);
  assert.deepEqual(found([`${same}a`], same.slice(1)), []);
});

test("as many beginnings as there are, one within the other, are found in a moment", () => {
  const all = Array.from({ length: 5000 }, (_, n) => ["a".repeat(n), "a".repeat(n)] as const);
  const { of } = beginnings(all);
  const before = performance.now();
  let times = 0;
  for (let n = 0; n < 20_000; n++) of("ab", () => { times += 1; });
  assert.equal(times, 40_000);
  assert.ok(performance.now() - before < 2000);
});
