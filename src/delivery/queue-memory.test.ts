// The bound on what all mappings hold.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openQueueMemory } from "./queue-memory.ts";

const never = new AbortController().signal;

test("who finds no room waits until others give back, first come first served", async () => {
  const memory = openQueueMemory(100);
  assert.equal(await memory.take(60, never), true);
  const order: string[] = [];
  const large = memory.take(50, never).then(() => order.push("large"));
  const small = memory.take(10, never).then(() => order.push("small"));
  await Promise.resolve();
  assert.deepEqual(order, []);
  memory.give(60);
  await Promise.all([large, small]);
  assert.deepEqual(order, ["large", "small"]);
  assert.equal(memory.heldBytes(), 60);
});

test("more than there is at all is let in alone", async () => {
  const memory = openQueueMemory(100);
  assert.equal(await memory.take(500, never), true);
  let isIn = false;
  const next = memory.take(1, never).then(() => { isIn = true; });
  await Promise.resolve();
  assert.equal(isIn, false);
  memory.give(500);
  await next;
});

test("who leaves while waiting holds nothing, and lets those behind go on", async () => {
  const memory = openQueueMemory(100);
  await memory.take(90, never);
  const leaving = new AbortController();
  const left = memory.take(50, leaving.signal);
  const behind = memory.take(10, never);
  leaving.abort();
  assert.deepEqual([await left, await behind], [false, true]);
  assert.equal(await memory.take(1, leaving.signal), false);
  assert.equal(memory.heldBytes(), 100);
});
