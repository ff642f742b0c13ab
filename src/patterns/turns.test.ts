// Long matching leaves others their turns of the event loop, however many match at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "./pattern.ts";
import { matchesInTurns } from "./turns.ts";

const or = (field: string) => JSON.stringify({ $or: Array.from({ length: 10 }, (_, n) => ({ [field]: [`${n}`] })) }).slice(1, -1);
const thousand = compile(`{"body":{"x":[{"exists":false}],${or("a")},${or("b")},${or("c")}}}`, "lambda");
const large = { body: Array.from({ length: 10_000 }, () => ({ x: 1 })) };
const smaller = { body: large.body.slice(0, 2000) };

async function turnsDuring<T>(work: Promise<T>): Promise<{ turns: number; result: T }> {
  let turns = 0;
  const count = () => { turns += 1; immediate = setImmediate(count); };
  let immediate = setImmediate(count);
  const result = await work;
  clearImmediate(immediate);
  return { turns, result };
}

test("a pattern of a thousand alternatives over a large event is matched in many turns", async () => {
  assert.equal(thousand.alternatives.length, 1000);
  const { turns, result } = await turnsDuring(matchesInTurns(thousand, large, JSON.stringify(large).length));
  assert.equal(result, false);
  assert.ok(turns >= 30, `${turns} turns`);
});

test("many that match at once share the turns", async () => {
  const { turns, result } = await turnsDuring(Promise.all(Array.from({ length: 5 }, () => matchesInTurns(thousand, smaller, JSON.stringify(smaller).length))));
  assert.deepEqual(result, [false, false, false, false, false]);
  assert.ok(turns >= 30, `${turns} turns`);
});

test("an event larger than a turn is matched all the same, and small ones at once", async () => {
  assert.equal(await matchesInTurns(thousand, { body: { a: "1", b: "2", c: "3" } }, 1e9), true);
  assert.equal(await matchesInTurns(thousand, { body: { a: "1", b: "2", c: "3" } }, 30), true);
  for (const event of [undefined, null, [], "text"]) assert.equal(await matchesInTurns(thousand, event, 10), false);
});
