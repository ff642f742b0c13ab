// Ids, real and seeded.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HEX, realIds, seededIds } from "./ids.ts";

test("the same seed gives the same ids, another seed others", () => {
  const draw = (seed: number) => { const ids = seededIds(seed); return [ids.uuid(), ids.token(12, HEX), ids.fraction()]; };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
});

test("uuids have the form of version 4, tokens only their alphabet", () => {
  for (const ids of [realIds(), seededIds(1)]) {
    assert.match(ids.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(ids.token(1000, "abc"), /^[abc]{1000}$/);
  }
});
