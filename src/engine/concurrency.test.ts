// The arithmetic of concurrency: what is in hand, what is set aside, what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { admit, mayStart, namedShare, newAccountShare, newFunctionShare, release, setProvisioned } from "./concurrency.ts";

const times = (count: number, work: () => unknown) => Array.from({ length: count }, work);

test("an account has 1,000 at a time, all its functions together, and a place that is given back can be had again", () => {
  const account = newAccountShare();
  const [a, b] = [newFunctionShare(account), newFunctionShare(account)];
  assert.ok(times(600, () => admit(a, undefined)).every((why) => why === undefined));
  assert.ok(times(400, () => admit(b, undefined)).every((why) => why === undefined));
  assert.equal(admit(b, undefined), "ConcurrentInvocationLimitExceeded");
  release(a);
  assert.equal(admit(b, undefined), undefined);
  assert.deepEqual([account.inHand, account.inHandPeak, account.unreserved], [1000, 1000, 1000]);
});

test("a reservation is a cap for its function", () => {
  const share = newFunctionShare(newAccountShare());
  assert.deepEqual(times(3, () => admit(share, 2)), [undefined, undefined, "ReservedFunctionConcurrentInvocationLimitExceeded"]);
  assert.equal(admit(newFunctionShare(newAccountShare()), 0), "ReservedFunctionConcurrentInvocationLimitExceeded");
});

test("a reservation is a guarantee: others cannot use it, and it is there when they use all the rest", () => {
  const account = newAccountShare();
  account.reserved = 300;
  const [mine, others] = [newFunctionShare(account), newFunctionShare(account)];
  assert.equal(times(1000, () => admit(others, undefined)).filter((why) => why === undefined).length, 700);
  assert.equal(times(301, () => admit(mine, 300)).filter((why) => why === undefined).length, 300);
});

test("what a function has provisioned is set aside for it, and it may have more", () => {
  const account = newAccountShare();
  const [mine, others] = [newFunctionShare(account), newFunctionShare(account)];
  setProvisioned(mine, 100);
  assert.equal(times(1000, () => admit(others, undefined)).filter((why) => why === undefined).length, 900);
  assert.equal(times(101, () => admit(mine, undefined)).filter((why) => why === undefined).length, 100);
  release(others);
  assert.equal(admit(mine, undefined), undefined);
  setProvisioned(mine, 0);
  assert.deepEqual([account.claimed, account.unreserved], [1000, 1000]);
});

test("a reservation that comes or goes while the function runs leaves no wrong counts behind", () => {
  const account = newAccountShare();
  const share = newFunctionShare(account);
  setProvisioned(share, 2);
  for (const reserved of [undefined, 5, 5, undefined, undefined, 1]) admit(share, reserved);
  assert.equal(share.inHand, 5);
  times(5, () => release(share));
  assert.deepEqual([account.inHand, account.unreserved, account.claimed, share.inHand], [0, 0, 0, 0]);
  admit(share, undefined);
  assert.deepEqual([account.unreserved, account.claimed], [1, 2]);
  release(share);
  assert.deepEqual([account.unreserved, account.claimed], [0, 2]);
});

test("a function gets 1,000 new environments at once, then 100 a second", () => {
  const share = newFunctionShare(newAccountShare());
  const started = (count: number, nowMs: number) => times(count, () => mayStart(share, nowMs)).filter(Boolean).length;
  assert.equal(started(1500, 1000), 1000);
  assert.equal(started(500, 2000), 100);
  assert.equal(started(2000, 60_000), 1000);
});

test("tells a thousand names of a function apart, and counts the others for the function alone", () => {
  const share = newFunctionShare(newAccountShare());
  for (let n = 0; n < 1500; n++) {
    assert.equal(admit(share, 2000), undefined);
    namedShare(share, `arn:${n}`).inHand++;
  }
  assert.equal(share.named.size, 1000);
  const first = namedShare(share, "arn:0");
  first.end();
  assert.deepEqual([first.inHand, share.inHand], [0, 1499]);
});
