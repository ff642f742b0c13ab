// What every stream that drives functions must do, whichever source it is: a source passes by supplying "put N items in" (StreamUnderTest).
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ServiceError } from "../../src/kernel/errors.ts";
import { seededIds } from "../../src/kernel/ids.ts";
import type { TestDelivery } from "./delivery.ts";
import { type Answer, type Batch, MAPPING, openStreamRig, type RigOptions, type StreamRig, type StreamUnderTest } from "./stream-rig.ts";

type Rig = StreamRig & { stream: StreamUnderTest };

const item = (data: string, key = "k"): { key: string; data: string } => ({ key, data });
const items = (from: number, to: number, key = "k"): { key: string; data: string }[] => Array.from({ length: to - from + 1 }, (_, n) => item(String(from + n), key));
const numbers = (from: number, to: number): string[] => items(from, to).map(({ data }) => data);
const dataOf = (batches: Batch[]): string[][] => batches.map(({ data }) => data);

export function streamSourceSuite(name: string, open: (delivery: TestDelivery) => Promise<StreamUnderTest>): void {
  const suiteTest = (title: string, options: RigOptions, work: (rig: Rig) => Promise<void>): void => void test(title, async () => {
    const rig = await openStreamRig(open, options);
    try {
      await work(rig);
    } finally {
      await rig.close();
    }
  });
  describe(`${name}: a stream drives a function`, () => {
    delivers(suiteTest);
    goesOn(suiteTest);
    failures(suiteTest);
    partialFailures(suiteTest);
    batching(suiteTest);
    seededFailures(open);
  });
}

type SuiteTest = (title: string, options: RigOptions, work: (rig: Rig) => Promise<void>) => void;

function delivers(suiteTest: SuiteTest): void {
  suiteTest("items reach the function in order, as the source's event", {}, async (rig) => {
    await rig.stream.put(items(1, 3));
    rig.start();
    await rig.advance(50);
    assert.deepEqual(dataOf(rig.batches), [numbers(1, 3)]);
    await rig.stream.put(items(4, 4));
    await rig.advance(50);
    assert.deepEqual(dataOf(rig.batches), [numbers(1, 3), ["4"]]);
    assert.equal(rig.batches[0]!.invocation.invokedArn, rig.functionArn);
    assert.deepEqual(rig.reports, [{ state: "running" }, { state: "processed", result: "OK" }]);
    assert.ok(rig.delivery.metrics.get("IteratorAge")!.length === 2);
  });

  suiteTest("LATEST begins with what comes after the mapping", { stream: { startingPosition: { type: "LATEST" } } }, async (rig) => {
    await rig.stream.put(items(1, 3));
    rig.start();
    await rig.advance(50);
    await rig.stream.put(items(4, 5));
    await rig.advance(50);
    assert.deepEqual(rig.batches.flatMap(({ data }) => data), ["4", "5"]);
  });

  suiteTest("only what a filter lets through is sent, and the rest is passed over", {}, async (rig) => {
    rig.start();
    await rig.stop();
    const filtered = await openStreamRig(async () => rig.stream, { delivery: rig.delivery, mapping: { uuid: "b8f5c1a2-0000-4000-8000-000000000002", filters: [rig.stream.patternFor("2"), rig.stream.patternFor("4")] } });
    await rig.stream.put(items(1, 5));
    filtered.start();
    await rig.advance(50);
    assert.deepEqual(dataOf(filtered.batches), [["2", "4"]]);
    assert.deepEqual([rig.delivery.metrics.get("PolledEventCount b8f5c1a2-0000-4000-8000-000000000002"), rig.delivery.metrics.get("FilteredOutEventCount b8f5c1a2-0000-4000-8000-000000000002")], [[5], [3]]);
    await filtered.stop();
    filtered.start();
    await rig.advance(50);
    assert.equal(filtered.batches.length, 1);
    await filtered.close();
  });
}

function goesOn(suiteTest: SuiteTest): void {
  suiteTest("a mapping that was disabled goes on where it was", {}, async (rig) => {
    await rig.stream.put(items(1, 3));
    rig.start();
    await rig.advance(50);
    await rig.stop();
    await rig.stream.put(items(4, 5));
    await rig.advance(60_000);
    assert.equal(rig.batches.length, 1);
    rig.start();
    await rig.advance(50);
    assert.deepEqual(dataOf(rig.batches), [numbers(1, 3), ["4", "5"]]);
  });

  suiteTest("asked to stop, what runs is ended first and counts", {}, async (rig) => {
    const release = Promise.withResolvers<Answer>();
    rig.answer = () => release.promise;
    await rig.stream.put(items(1, 3));
    rig.start();
    await rig.advance(50);
    const stopped = rig.stop();
    release.resolve({});
    await stopped;
    rig.start();
    await rig.advance(50);
    assert.equal(rig.batches.length, 1);
  });

  suiteTest("what ran in a crash is delivered again, in order, and nothing is lost", { mapping: { batchSize: 2 } }, async (rig) => {
    await rig.stream.put(items(1, 6));
    rig.answer = (batch) => (batch.data.includes("3") && rig.batches.length === 2 ? new Promise(() => undefined) : {});
    rig.start();
    await rig.advance(50);
    rig.crash();
    rig.start();
    await rig.advance(60_000); // the leases of the dead end
    assert.deepEqual(dataOf(rig.batches), [["1", "2"], ["3", "4"], ["3", "4"], ["5", "6"]]);
  });

  suiteTest("a deleted function blocks its shard, and it goes on when the function is there again", {}, async (rig) => {
    const found = rig.delivery.directory.get(rig.functionArn)!;
    rig.start();
    await rig.advance(50);
    rig.delivery.directory.delete(rig.functionArn);
    await rig.stream.put(items(1, 3));
    await rig.advance(60_000);
    assert.equal(rig.batches.length, 0);
    assert.deepEqual(rig.reports.at(-1), { state: "failing", reason: "Function does not exist" });
    rig.delivery.directory.set(rig.functionArn, found);
    await rig.advance(30_000);
    assert.deepEqual(dataOf(rig.batches), [numbers(1, 3)]);
    assert.deepEqual(rig.reports.slice(-2).map(({ state }) => state).sort(), ["processed", "running"]);
  });

  suiteTest("without permission nothing is read, and it goes on once there is", {}, async (rig) => {
    rig.delivery.refusals.permission = new ServiceError("AccessDeniedException", "no");
    await rig.stream.put(items(1, 3));
    rig.start();
    await rig.advance(60_000);
    assert.equal(rig.batches.length, 0);
    assert.equal(rig.reports.at(-1)!.state, "failing");
    delete rig.delivery.refusals.permission;
    await rig.advance(30_000);
    assert.deepEqual(dataOf(rig.batches), [numbers(1, 3)]);
  });
}

function failures(suiteTest: SuiteTest): void {
  suiteTest("a batch that fails is tried again as a whole, and nothing overtakes it", {}, async (rig) => {
    await rig.stream.put(items(1, 3));
    rig.answer = () => ({ failed: rig.batches.length < 4 });
    rig.start();
    await rig.advance(50);
    await rig.stream.put(items(4, 5));
    assert.deepEqual(rig.reports.at(-1), { state: "processed", result: "PROBLEM: Function call failed" });
    await rig.advance(10_000);
    assert.deepEqual(dataOf(rig.batches), [numbers(1, 3), numbers(1, 3), numbers(1, 3), numbers(1, 3), ["4", "5"]]);
    assert.deepEqual(rig.reports.at(-1), { state: "processed", result: "OK" });
  });

  suiteTest("after MaximumRetryAttempts a batch goes to the on-failure destination, and the next follows", { stream: { retriesMax: 2, onFailureArn: "arn:aws:sqs:eu-west-1:000000000000:failed" } }, async (rig) => {
    await rig.stream.put(items(1, 2));
    rig.answer = ({ data }) => ({ failed: data.includes("1") });
    rig.start();
    await rig.advance(50);
    await rig.stream.put(items(3, 3));
    await rig.advance(10_000);
    assert.deepEqual(dataOf(rig.batches), [["1", "2"], ["1", "2"], ["1", "2"], ["3"]]);
    const [sent] = await rig.delivery.delivered();
    const record = JSON.parse(sent!.message.body) as { requestContext: { condition: string; approximateInvokeCount: number; functionArn: string }; responseContext: object };
    assert.equal(record.requestContext.condition, "RetryAttemptsExhausted");
    assert.equal(record.requestContext.approximateInvokeCount, 3);
    assert.equal(record.requestContext.functionArn, rig.functionArn);
    assert.deepEqual(record.responseContext, { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" });
  });

  suiteTest("throttles and trouble of the machine take no try away", { stream: { retriesMax: 0 } }, async (rig) => {
    await rig.stream.put(items(1, 2));
    rig.answer = () => (rig.batches.length <= 3 ? "throttle" : rig.batches.length <= 6 ? "trouble" : {});
    rig.start();
    await rig.advance(60_000);
    assert.deepEqual(dataOf(rig.batches), Array.from({ length: 7 }, () => ["1", "2"]));
    assert.equal(rig.delivery.metrics.has(`DroppedEventCount ${MAPPING}`), false);
  });

  suiteTest("records older than MaximumRecordAge are discarded, the others of their batch are not", { stream: { recordAgeSecondsMax: 60, onFailureArn: "arn:aws:sns:eu-west-1:000000000000:failed" } }, async (rig) => {
    await rig.stream.put(items(1, 2));
    await rig.advance(40_000);
    await rig.stream.put(items(3, 3));
    rig.answer = () => ({ failed: rig.delivery.clock.now() < before + 30_000 });
    const before = rig.delivery.clock.now();
    rig.start();
    await rig.advance(40_000);
    assert.deepEqual(rig.batches.at(-1)!.data, ["3"]);
    const [sent] = await rig.delivery.delivered();
    const record = JSON.parse(sent!.message.body) as { requestContext: { condition: string }; responseContext?: object };
    assert.equal(record.requestContext.condition, "RecordAgeExceeded");
    assert.equal("responseContext" in record, false);
    assert.deepEqual(rig.delivery.metrics.get(`DroppedEventCount ${MAPPING}`), [2]);
  });

  suiteTest("BisectBatchOnFunctionError leaves nothing out but the record that fails", { stream: { bisects: true, retriesMax: 1 } }, async (rig) => {
    await rig.stream.put(items(1, 8));
    rig.answer = ({ data }) => ({ failed: data.includes("6") });
    rig.start();
    await rig.advance(60_000);
    const done = rig.batches.filter(({ data }) => !data.includes("6")).flatMap(({ data }) => data);
    assert.deepEqual(done, ["1", "2", "3", "4", "5", "7", "8"]);
    assert.deepEqual(dataOf(rig.batches).filter((data) => data.length === 1 && data[0] === "6").length, 2);
    assert.deepEqual(rig.delivery.metrics.get(`DroppedEventCount ${MAPPING}`), [1]);
  });
}

function partialFailures(suiteTest: SuiteTest): void {
  suiteTest("with ReportBatchItemFailures it goes on at the lowest that failed", { mapping: { reportBatchItemFailures: true } }, async (rig) => {
    await rig.stream.put(items(1, 6));
    rig.answer = ({ ids }) => (rig.batches.length === 1 ? { value: { batchItemFailures: [{ itemIdentifier: ids[4] }, { itemIdentifier: ids[2] }] } } : {});
    rig.start();
    await rig.advance(1_000);
    assert.deepEqual(dataOf(rig.batches), [numbers(1, 6), numbers(3, 6)]);
  });

  suiteTest("what was done before the lowest that failed is not delivered again after a crash", { mapping: { reportBatchItemFailures: true } }, async (rig) => {
    await rig.stream.put(items(1, 6));
    rig.answer = ({ ids }) => (rig.batches.length === 1 ? { value: { batchItemFailures: [{ itemIdentifier: ids[3] }] } } : new Promise(() => undefined));
    rig.start();
    await rig.advance(1_000);
    rig.crash();
    rig.answer = () => ({});
    rig.start();
    await rig.advance(60_000);
    assert.deepEqual(dataOf(rig.batches).at(-1), numbers(4, 6));
  });

  suiteTest("without ReportBatchItemFailures the answer is not read", {}, async (rig) => {
    await rig.stream.put(items(1, 3));
    rig.answer = ({ ids }) => ({ value: { batchItemFailures: [{ itemIdentifier: ids[0] }] } });
    rig.start();
    await rig.advance(5_000);
    assert.equal(rig.batches.length, 1);
  });
}

function batching(suiteTest: SuiteTest): void {
  suiteTest("a batch is sent when it is full or when its window has ended", { mapping: { batchSize: 3, windowSeconds: 10 } }, async (rig) => {
    rig.start();
    await rig.advance(1_000);
    await rig.stream.put(items(1, 4));
    await rig.advance(100);
    assert.deepEqual(dataOf(rig.batches), [numbers(1, 3)]);
    await rig.advance(9_000);
    assert.equal(rig.batches.length, 1);
    await rig.advance(1_000);
    assert.deepEqual(dataOf(rig.batches), [numbers(1, 3), ["4"]]);
    await rig.advance(15_000); // into the second window since
    await rig.stream.put(items(5, 5));
    await rig.advance(4_000);
    assert.equal(rig.batches.length, 2);
    await rig.advance(1_500);
    assert.deepEqual(rig.batches.at(-1)!.data, ["5"]);
  });

  suiteTest("with a parallelization factor keys run beside one another, and each in order", { mapping: { batchSize: 1 }, stream: { parallelizationFactor: 10 } }, async (rig) => {
    let running = 0;
    let most = 0;
    rig.answer = async () => {
      most = Math.max(most, ++running);
      await rig.delivery.clock.sleep(100);
      running--;
      return {};
    };
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    for (let n = 1; n <= 3; n++) await rig.stream.put(keys.map((key) => item(String(n), key)));
    rig.start();
    await rig.advance(10_000);
    assert.equal(rig.batches.length, 60);
    assert.ok(most > 3, `${most} at once`);
    for (const key of keys) assert.deepEqual(rig.batches.filter(({ keys: [own] }) => own === key).flatMap(({ data }) => data), ["1", "2", "3"]);
  });

  suiteTest("a clock that jumps loses and reorders nothing", { mapping: { batchSize: 2 } }, async (rig) => {
    const { clock } = rig.delivery;
    const now = clock.now;
    let jumpMs = 0;
    clock.now = () => now() + jumpMs;
    rig.answer = () => {
      jumpMs += rig.batches.length % 2 === 0 ? 86_400_000 : -172_800_000;
      return { failed: rig.batches.length % 3 === 0 };
    };
    await rig.stream.put(items(1, 12));
    rig.start();
    await rig.advance(60_000);
    assert.deepEqual([...new Set(rig.batches.flatMap(({ data }) => data))], numbers(1, 12));
    clock.now = now;
  });
}

/** Errors, throttles, partial failures, changes, restarts and crashes at random moments: everything is done at least once, and no key's record before an earlier one. */
function seededFailures(open: (delivery: TestDelivery) => Promise<StreamUnderTest>): void {
  for (let seed = 1; seed <= SEEDS; seed++) test(`whatever fails, nothing is lost or done out of order, seed ${seed}`, () => chaos(open, seed));
}

/** More of them: EVOKE_TEST_SEEDS. */
const SEEDS = Number(process.env["EVOKE_TEST_SEEDS"] ?? 12);
const ITEMS = 200;

async function chaos(open: (delivery: TestDelivery) => Promise<StreamUnderTest>, seed: number): Promise<void> {
  const random = seededIds(seed);
  const chance = (of: number): boolean => random.fraction() < of;
  const reportBatchItemFailures = chance(0.5);
  const rig = await openStreamRig(open, { mapping: { batchSize: 1 + Math.floor(random.fraction() * 10), reportBatchItemFailures }, stream: { bisects: chance(0.5), parallelizationFactor: chance(0.5) ? 4 : 1 } });
  const found = rig.delivery.directory.get(rig.functionArn)!;
  const done = new Map<string, string[]>();
  const note = ({ data, keys }: Batch, count: number): void => data.slice(0, count).forEach((one, n) => done.set(keys[n]!, [...(done.get(keys[n]!) ?? []), one]));
  let calm = false;
  rig.answer = async (batch): Promise<Answer> => {
    if (chance(0.3)) await rig.delivery.clock.sleep(random.fraction() * 2_000);
    if (!calm && chance(0.1)) return chance(0.5) ? "throttle" : "trouble";
    if (!calm && chance(0.15)) return { failed: true };
    if (!calm && reportBatchItemFailures && chance(0.3)) {
      if (chance(0.3)) return { value: { batchItemFailures: [{ itemIdentifier: "unknown" }] } };
      const at = Math.floor(random.fraction() * batch.ids.length);
      note(batch, at);
      return { value: { batchItemFailures: [{ itemIdentifier: batch.ids[at] }] } };
    }
    note(batch, batch.data.length);
    return {};
  };
  const happenings: (() => Promise<void> | void)[] = [
    () => { rig.crash(); rig.start(); },
    async () => { await rig.closeProcess(); rig.start(); },
    async () => { await rig.stop(); rig.start(); },
    () => rig.change({ batchSize: 1 + Math.floor(random.fraction() * 10), windowSeconds: chance(0.3) ? 1 : 0 }, { parallelizationFactor: 1 + Math.floor(random.fraction() * 10) }),
    () => { rig.delivery.refusals.permission = new ServiceError("AccessDeniedException", "no"); },
    () => { delete rig.delivery.refusals.permission; },
    () => { rig.delivery.directory.delete(rig.functionArn); },
    () => { rig.delivery.directory.set(rig.functionArn, found); },
  ];
  const put = new Map<string, string[]>();
  rig.start();
  for (let n = 0; n < ITEMS; n++) {
    const key = `key-${Math.floor(random.fraction() * 7)}`;
    put.set(key, [...(put.get(key) ?? []), String(n)]);
    await rig.stream.put([item(String(n), key)]);
    if (chance(0.3)) await rig.advance(random.fraction() * 3_000);
    if (chance(0.08)) await happenings[Math.floor(random.fraction() * happenings.length)]!();
  }
  calm = true;
  delete rig.delivery.refusals.permission;
  rig.delivery.directory.set(rig.functionArn, found);
  const isDone = (): boolean => [...put].every(([key, all]) => new Set(done.get(key)).size === all.length);
  for (let n = 0; n < 100 && !isDone(); n++) await rig.advance(5_000);
  // What is done more than once is done in order again, so the first times are in order.
  for (const [key, all] of put) assert.deepEqual([...new Set(done.get(key))], all, key);
  await rig.close();
}
