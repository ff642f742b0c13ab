// What starts, changes and stops the work on a mapping, and what becomes of it when something it needs is gone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { functionVersion, FUNCTION, mappingOf, resolved } from "../../test/support/mappings.ts";
import { bodies, numbered, OK, openQueueRig, type QueueRig } from "../../test/support/queue-rig.ts";

test("a mapping that is disabled takes nothing more, ends what runs, and then says so", async (t) => {
  const { source, set, end, clock, settle, functions, reports } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 300 });
  functions.answer = async () => {
    await clock.sleep(100_000);
    return OK;
  };
  const mapping = mappingOf(arn, { batchSize: 1, windowSeconds: 0 });
  set(mapping);
  await source.put(arn, numbered(1));
  await settle();
  end(mapping.uuid, "2");
  await source.put(arn, numbered(1));
  await clock.advance(50_000);
  assert.deepEqual(reports.map(({ report }) => report.state), ["running"]);
  await clock.advance(60_000);
  assert.deepEqual(reports.at(-1), { uuid: mapping.uuid, revision: "2", report: { state: "stopped" } });
  assert.equal(functions.seen.length, 1);
  assert.equal(await source.left(arn), 1);
  set({ ...mapping, revision: "3" });
  await clock.advance(110_000);
  assert.equal(await source.left(arn), 0);
});

test("a mapping disabled within its window gives back what it gathered", async (t) => {
  const { source, set, end, settle, clock, functions } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  const mapping = mappingOf(arn, { windowSeconds: 200 });
  set(mapping);
  await source.put(arn, numbered(3));
  await settle();
  assert.equal(await source.visible(arn), 0);
  end(mapping.uuid, "2");
  await settle();
  assert.equal(await source.visible(arn), 3);
  assert.equal(functions.seen.length, 0);
  await clock.advance(1_000);
});

test("a changed mapping works at once as it now says, while batches of before still run", async (t) => {
  const { source, set, settle, clock, functions, reports } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 300 });
  const sizes: number[] = [];
  functions.answer = async ({ payload }) => {
    sizes.push(bodies(payload).length);
    await clock.sleep(60_000);
    return OK;
  };
  set(mappingOf(arn, { batchSize: 1 }));
  await source.put(arn, numbered(1));
  await settle();
  set(mappingOf(arn, { batchSize: 10, revision: "2" }));
  await settle();
  await source.put(arn, numbered(4));
  await settle();
  assert.deepEqual(sizes, [1, 4]);
  assert.deepEqual(reports.map(({ revision, report }) => [revision, report.state]), [["1", "running"], ["2", "running"]]);
  await clock.advance(70_000);
  assert.equal(await source.left(arn), 0);
});

test("a permission that is lost counts before the next receive, idle or busy, and is said at once", async (t) => {
  const { source, set, clock, functions, ran, refused, reports } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  set(mappingOf(arn, { batchSize: 1, maximumConcurrency: 2 }));
  await clock.advance(5_000);
  refused.add("sqs:ReceiveMessage");
  await source.put(arn, numbered(1));
  await clock.advance(150);
  assert.deepEqual([ran, reports.at(-1)!.report.state], [[], "failing"]);
  refused.clear();
  await clock.advance(11_000);
  assert.equal(ran.length, 1);
  functions.answer = async () => { await clock.sleep(100); return OK; };
  await source.put(arn, numbered(100));
  await clock.advance(2_000);
  const before = functions.seen.length;
  refused.add("sqs:ReceiveMessage");
  const looked = source.receives();
  await clock.advance(1_100);
  assert.equal(reports.at(-1)!.report.state, "failing");
  const soon = functions.seen.length;
  await clock.advance(60_000);
  assert.ok(before > 20 && soon > before && functions.seen.length <= soon + 2 && source.receives() - looked < 25, `${before} ${soon} ${functions.seen.length} ${source.receives() - looked}`);
  assert.equal(await source.visible(arn), 101 - functions.seen.length, "and what was not begun is there for others");
  assert.equal(reports.length, 4, "no more is said than what changes");
});

for (const [what, reason, take, bring] of [
  ["function", "Function does not exist", (rig: QueueRig) => rig.directory.delete(FUNCTION), (rig: QueueRig) => rig.directory.set(FUNCTION, resolved())],
  ["queue", "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.", (rig: QueueRig) => rig.source.delete("arn:aws:sqs:eu-west-1:000000000000:q"), (rig: QueueRig) => rig.source.create("q", { hiddenSeconds: 30 })],
  ["permission", "The provided execution role does not have permissions to call ReceiveMessage on SQS", (rig: QueueRig) => rig.refused.add("sqs:ReceiveMessage"), (rig: QueueRig) => rig.refused.clear()],
] as const) {
  test(`a mapping whose ${what} is gone says so, polls no more, and goes on when it is back`, async (t) => {
    const rig = await openQueueRig(t);
    const { source, set, clock, ran, reports } = rig;
    const arn = source.create("q", { hiddenSeconds: 30 });
    set(mappingOf(arn));
    await clock.advance(100);
    take(rig);
    await clock.advance(31_000);
    assert.deepEqual(reports.at(-1)!.report, { state: "failing", reason });
    const looked = source.receives();
    await clock.advance(60_000);
    assert.equal(source.receives(), looked);
    assert.equal(reports.length, 2, "said once");
    bring(rig);
    await source.put(arn, [{ body: "again" }]);
    await clock.advance(11_000);
    assert.deepEqual(reports.at(-1)!.report, { state: "running" });
    assert.deepEqual(ran, [["again"]]);
  });
}

test("messages wait while the function is not active yet", async (t) => {
  const { source, set, clock, directory, ran, reports } = await openQueueRig(t);
  const { version: _, ...pending } = resolved();
  directory.set(FUNCTION, pending);
  const arn = source.create("q", { hiddenSeconds: 30 });
  await source.put(arn, numbered(1));
  set(mappingOf(arn));
  await clock.advance(300);
  assert.deepEqual(reports, []);
  directory.set(FUNCTION, resolved());
  await clock.advance(500);
  assert.deepEqual(ran, [["0"]]);
});

test("a mapping whose source cannot be opened at first is worked on when it can", async (t) => {
  const { source, set, clock, ran } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  let failures = 3;
  Object.defineProperty(source, "service", { get() { if (failures-- > 0) throw new Error("too many open files"); return "sqs"; } });
  await source.put(arn, numbered(1));
  set(mappingOf(arn));
  await clock.advance(1_000);
  assert.deepEqual(ran, [["0"]]);
});

test("the version that runs is looked up for every batch, so an alias draws anew", async (t) => {
  const { source, set, settle, directory, functions } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  set(mappingOf(arn));
  for (const version of ["1", "2"]) {
    directory.set(FUNCTION, resolved({ version: functionVersion({ version }) }));
    await source.put(arn, numbered(1));
    await settle();
  }
  assert.deepEqual(functions.seen.map(({ version }) => version.version), ["1", "2"]);
});

test("a changed mapping and what still runs of it keep to the maximum concurrency together", async (t) => {
  const { source, set, settle, clock, functions } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 300 });
  await source.put(arn, numbered(12));
  let running = 0;
  let most = 0;
  functions.answer = async () => {
    most = Math.max(most, ++running);
    await clock.sleep(functions.seen.length === 1 ? 1_000 : 10_000);
    running--;
    return OK;
  };
  for (const revision of ["1", "2", "3"]) {
    set(mappingOf(arn, { batchSize: 1, maximumConcurrency: 3, revision }));
    await settle();
  }
  await clock.advance(1_100);
  assert.equal(functions.seen.length, 4, "the place that became free is taken");
  await clock.advance(100_000);
  assert.equal(most, 3);
  assert.equal(await source.left(arn), 0);
});
