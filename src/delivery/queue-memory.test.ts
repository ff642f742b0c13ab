// The bound on what all mappings hold.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openQueueMemory } from "./queue-memory.ts";

const never = new AbortController().signal;

test("who finds no room waits until others give back, first come first served", async () => {
  const memory = openQueueMemory(100);
  const [first, second, third] = [memory.share(), memory.share(), memory.share()];
  assert.equal(await first.take(60, never), true);
  const order: string[] = [];
  const large = second.take(50, never).then(() => order.push("large"));
  const small = third.take(10, never).then(() => order.push("small"));
  await Promise.resolve();
  assert.deepEqual(order, []);
  first.give(60);
  await Promise.all([large, small]);
  assert.deepEqual(order, ["large", "small"]);
  assert.equal(memory.heldBytes(), 60);
});

test("more than there is at all is let in alone", async () => {
  const memory = openQueueMemory(100);
  const [first, second] = [memory.share(), memory.share()];
  assert.equal(await first.take(500, never), true);
  let isIn = false;
  const next = second.take(1, never).then(() => { isIn = true; });
  await Promise.resolve();
  assert.equal(isIn, false);
  first.give(500);
  await next;
});

test("who leaves while waiting holds nothing, and lets those behind go on", async () => {
  const memory = openQueueMemory(100);
  const [first, second, third] = [memory.share(), memory.share(), memory.share()];
  await first.take(90, never);
  const leaving = new AbortController();
  const left = second.take(50, leaving.signal);
  const behind = third.take(10, never);
  leaving.abort();
  assert.deepEqual([await left, await behind], [false, true]);
  assert.equal(await second.take(1, leaving.signal), false);
  assert.equal(memory.heldBytes(), 100);
});

test("nobody takes more than is left over, and who holds nothing passes those who hold much", async () => {
  const memory = openQueueMemory(100);
  const [first, second] = [memory.share(), memory.share()];
  assert.deepEqual([await first.take(20, never), await first.take(20, never)], [true, true]);
  let isIn = false;
  const more = first.take(30, never).then(() => { isIn = true; });
  assert.equal(await second.take(25, never), true);
  assert.equal(isIn, false);
  first.give(40);
  await more;
});
