// Mappings of queues: how many batches run at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Throttled } from "../ports/throttled.ts";
import { mappingOf } from "../../test/support/mappings.ts";
import { bodies, FAILED, numbered, OK, openQueueRig } from "../../test/support/queue-rig.ts";

test("messages that wait come in batches of the batch size, as many at once as AWS begins with", async (t) => {
  const { source, set, settle, functions, ran } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  await source.put(arn, numbered(75));
  const gates: (() => void)[] = [];
  functions.answer = async ({ payload }) => {
    ran.push(bodies(payload));
    await new Promise<void>((resolve) => gates.push(resolve));
    return OK;
  };
  set(mappingOf(arn));
  await settle();
  assert.deepEqual(ran.map(({ length }) => length), [10, 10, 10, 10, 10]);
  for (const open of gates.splice(0)) open();
  await settle();
  assert.deepEqual(ran.slice(5).map(({ length }) => length), [10, 10, 5]);
  for (const open of gates.splice(0)) open();
  await settle();
  assert.equal(await source.left(arn), 0);
});

test("while there is more to do, five more batches a second run at once, up to the maximum concurrency", async (t) => {
  const { source, set, settle, clock, functions } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 300 });
  await source.put(arn, numbered(100));
  let running = 0;
  functions.answer = async () => {
    running++;
    await clock.sleep(200_000);
    return OK;
  };
  set(mappingOf(arn, { batchSize: 1, maximumConcurrency: 12 }));
  await settle();
  assert.equal(running, 5);
  await clock.advance(1_000);
  assert.equal(running, 10);
  await clock.advance(60_000);
  assert.equal(running, 12);
  await clock.advance(200_000);
});

test("without a bound it goes on growing by 300 a minute, and begins again with two after a pause", async (t) => {
  const { source, set, clock, functions } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 3_000 });
  await source.put(arn, numbered(400));
  let running = 0;
  functions.answer = async () => {
    running++;
    await clock.sleep(100_000);
    running--;
    return OK;
  };
  set(mappingOf(arn, { batchSize: 1 }));
  await clock.advance(60_020);
  assert.equal(running, 305);
  await clock.advance(300_000);
  assert.equal(running, 0);
  await source.put(arn, numbered(50));
  await clock.advance(20);
  assert.equal(running, 2);
  await clock.advance(110_000);
});

test("provisioned pollers run ten batches each, from the start", async (t) => {
  const { source, set, settle, clock, functions } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 300 });
  await source.put(arn, numbered(100));
  let running = 0;
  functions.answer = async () => {
    running++;
    await clock.sleep(100_000);
    return OK;
  };
  set(mappingOf(arn, { batchSize: 1, provisionedPollers: { minimum: 2, maximum: 3 } }));
  await settle();
  assert.equal(running, 20);
  await clock.advance(10_000);
  assert.equal(running, 30);
  await clock.advance(200_000);
});

test("while the function is throttled nothing more is received than runs", async (t) => {
  const { source, set, clock, functions } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 60 });
  await source.put(arn, numbered(500));
  functions.answer = async () => { throw new Throttled("ReservedFunctionConcurrentInvocationLimitExceeded"); };
  set(mappingOf(arn, { batchSize: 1 }));
  await clock.advance(50_000);
  assert.ok(functions.seen.length < 60, `${functions.seen.length} invocations`);
  functions.answer = async () => OK;
  await clock.advance(60_000);
  assert.equal(await source.left(arn), 0);
});

test("what comes while all that may run do makes more run, one by one as it may be", async (t) => {
  const { source, set, clock, functions } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 900 });
  const lateMs: number[] = [];
  functions.answer = async ({ payload }) => {
    lateMs.push(clock.now() - Number(bodies(payload)[0]));
    await clock.sleep(300_000);
    return OK;
  };
  set(mappingOf(arn));
  for (let n = 0; n < 20; n++) {
    await clock.advance(5_000);
    await source.put(arn, [{ body: `${clock.now()}` }]);
  }
  await clock.advance(5_000);
  assert.equal(lateMs.length, 20);
  assert.ok(Math.max(...lateMs) <= 1_000, `${Math.max(...lateMs)} ms`);
  await clock.advance(300_000);
});

test("after throttles a quiet queue soon runs as many at once again as a quiet one may", async (t) => {
  const { source, set, clock, functions } = await openQueueRig(t);
  const arn = source.create("q.fifo", { hiddenSeconds: 900, ordered: true });
  let isThrottled = true;
  let running = 0;
  functions.answer = async () => {
    if (isThrottled) throw new Throttled("ConcurrentInvocationLimitExceeded");
    running++;
    await clock.sleep(100_000);
    return OK;
  };
  set(mappingOf(arn));
  await source.put(arn, [{ body: "first", group: "first" }]);
  await clock.advance(10_000);
  isThrottled = false;
  await clock.advance(10_000);
  for (const group of ["a", "b", "c"]) {
    await source.put(arn, [{ body: group, group }]);
    await clock.advance(1_000);
  }
  assert.equal(running, 4);
  await clock.advance(200_000);
});

for (const reportBatchItemFailures of [false, true]) {
  test(`failures make ${reportBatchItemFailures ? "nothing slower when the function reports them" : "fewer batches run at once"}`, async (t) => {
    const { source, set, clock, functions } = await openQueueRig(t);
    const arn = source.create("q", { hiddenSeconds: 30 });
    let running = 0;
    let most = 0;
    functions.answer = async ({ payload }) => {
      most = Math.max(most, ++running);
      await clock.sleep(10);
      running--;
      return bodies(payload)[0] === "bad" ? FAILED : OK;
    };
    set(mappingOf(arn, { batchSize: 1, reportBatchItemFailures }));
    await source.put(arn, numbered(5).map(() => ({ body: "bad" })));
    await clock.advance(100);
    most = 0;
    await source.put(arn, numbered(5));
    await clock.advance(15);
    assert.equal(most, reportBatchItemFailures ? 5 : 2);
    await clock.advance(1_000);
  });
}
