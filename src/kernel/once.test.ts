// Made once, whoever asks; again only after a failure.
import assert from "node:assert/strict";
import { test } from "node:test";
import { once } from "./once.ts";

test("it is made once for all who ask, and again for the next after a failure", async () => {
  let tries = 0;
  const get = once(async () => {
    if (++tries === 1) throw new Error("EMFILE");
    return tries;
  });
  const first = await Promise.allSettled([get(), get()]);
  assert.deepEqual(first.map(({ status }) => status), ["rejected", "rejected"]);
  assert.deepEqual(await Promise.all([get(), get()]), [2, 2]);
  assert.equal(await get(), 2);
});
