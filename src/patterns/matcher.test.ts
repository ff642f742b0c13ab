// The matcher against the algorithm event-ruler documents (fields with their array memberships, tried path by path, Event.java
// and StructuredFinder.java), on thousands of generated patterns and events: slow and obvious here, fast there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readBranches } from "./branches.ts";
import type { Branch } from "./branches.ts";
import type { Scalar } from "./condition.ts";
import { GRAMMARS } from "./dialect.ts";
import { compile } from "./pattern.ts";

interface Found { path: string; value: Scalar; membership: Map<number, number> }

function fieldsOf(event: object): Found[] {
  const found: Found[] = [];
  let arrays = 0;
  const visit = (value: unknown, path: string, membership: Map<number, number>): void => {
    if (Array.isArray(value)) {
      const array = arrays++;
      value.forEach((element, index) => visit(element, path, typeof element === "object" && element !== null ? new Map(membership).set(array, index) : membership));
    } else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(inner, path === "" ? key : `${path}.${key}`, membership);
    } else {
      found.push({ path, value: value as Scalar, membership });
    }
  };
  visit(event, "", new Map());
  return found;
}

const consistent = (one: Map<number, number>, other: Map<number, number>) => [...other].every(([array, index]) => (one.get(array) ?? index) === index);

function reference(branch: Branch, fields: Found[], paths = [...branch.keys()].sort(), chosen = new Map<number, number>()): boolean {
  const [path, ...rest] = paths;
  if (path === undefined) return true;
  const condition = branch.get(path)!;
  const here = fields.filter((field) => field.path === path && consistent(chosen, field.membership));
  if (condition.absence && here.length === 0 && reference(branch, fields, rest, chosen)) return true;
  return here.some(({ value, membership }) => (condition.values.has(value as string) || condition.tests.some((passes) => passes(value)))
    && reference(branch, fields, rest, new Map([...chosen, ...membership])));
}

/** The same numbers every time: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const NAMES = ["a", "b", "c", "a.b", "b.c"];

function someEvent(roll: (sides: number) => number, depth: number): unknown {
  const kind = roll(depth > 0 ? 6 : 2);
  if (kind < 2) return [1, 2, "x", null][roll(4)];
  if (kind < 4) return Array.from({ length: roll(4) }, () => someEvent(roll, depth - 1));
  return Object.fromEntries(Array.from({ length: roll(4) }, () => [NAMES[roll(4)]!, someEvent(roll, depth - 1)]));
}

const CONDITIONS = [[1], ["x", 2], [null], [{ exists: true }], [{ exists: false }], [{ "anything-but": [1] }], [{ exists: false }, "x"]];

function somePattern(roll: (sides: number) => number, depth: number, names: number): object {
  const fields = Array.from({ length: 1 + roll(3) }, () => [NAMES[roll(names)]!, depth > 0 && roll(2) === 0 ? somePattern(roll, depth - 1, names) : CONDITIONS[roll(CONDITIONS.length)]]);
  const pattern = Object.fromEntries(fields) as Record<string, unknown>;
  if (depth > 0 && roll(5) === 0) pattern.$or = [somePattern(roll, 0, names), somePattern(roll, 0, names)];
  return pattern;
}

/** Of a field that is to be a leaf and an object at once, arrays of arrays are counted otherwise: said in the README. */
const asksForLeafAndMore = (branch: Branch) => [...branch.keys()].some((path) => [...branch.keys()].some((other) => other.startsWith(`${path}.`)));

test("events match as the documented algorithm has it", () => {
  const roll = dice(7);
  let matched = 0;
  for (let round = 0; round < 20_000; round++) {
    const pattern = JSON.stringify(somePattern(roll, 2, 5));
    const event = Object.fromEntries(["a", "b", "c"].map((name) => [name, someEvent(roll, 3)]));
    const fields = fieldsOf(event);
    const { branches } = readBranches(pattern, GRAMMARS.eventbridge);
    if (branches.some(asksForLeafAndMore)) continue;
    const expected = branches.some((branch) => reference(branch, fields));
    assert.equal(compile(pattern, "eventbridge").matches(event), expected, `${pattern} against ${JSON.stringify(event)}`);
    if (expected) matched += 1;
  }
  assert.ok(matched > 1500, `${matched} matched`);
});
