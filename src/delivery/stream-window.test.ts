// Tumbling windows, from the first record to the last call.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededIds } from "../kernel/ids.ts";
import { type LogStream, openLogStream } from "../../test/support/log-stream.ts";
import { type Batch, openStreamRig, type StreamRig } from "../../test/support/stream-rig.ts";

type Rig = StreamRig & { log: LogStream };

/** Windows of 60 s; the function adds the numbers it gets, and answers the sum as its state. */
async function open(shards = ["shard-0"]): Promise<Rig> {
  let log: LogStream;
  const rig = await openStreamRig(async ({ stores, clock }) => {
    log = await openLogStream(stores, clock, { shards });
    const read = (record: object) => ({ id: (record as { sequenceNumber: string }).sequenceNumber, ...(record as { key: string; data: string }) });
    return { arn: log.arn, source: log.source, put: log.put, patternFor: (data) => data, read };
  }, { stream: { tumblingWindowSeconds: 60 } });
  rig.answer = (batch) => ({ value: { state: { sum: sumOf(batch) } } });
  return Object.assign(rig, { log: log! });
}

const sumOf = ({ event, data }: Batch): number => data.reduce((sum, one) => sum + Number(one), (event["state"] as { sum?: number }).sum ?? 0);
const put = (rig: Rig, ...data: number[]): Promise<void> => rig.log.put(data.map((one) => ({ key: "k", data: String(one) })));
const told = ({ batches }: Rig): unknown[] => batches.map(({ event, data }) => [data.join(" "), event["state"], event["isFinalInvokeForWindow"], event["isWindowTerminatedEarly"]]);

test("the state goes from one invocation to the next, and a last call ends the window when its time is over", async () => {
  const rig = await open();
  rig.start();
  await put(rig, 1, 2);
  await rig.advance(10_000);
  await put(rig, 3);
  await rig.advance(49_000);
  assert.equal(rig.batches.length, 2);
  await rig.advance(3_000);
  assert.deepEqual(told(rig), [["1 2", {}, false, false], ["3", { sum: 3 }, false, false], ["", { sum: 6 }, true, false]]);
  const { event } = rig.batches[0]!;
  assert.deepEqual(event["window"], { start: "2026-01-01T00:00:00Z", end: "2026-01-01T00:01:00Z" });
  assert.deepEqual([event["shardId"], event["eventSourceARN"]], ["shard-0", rig.log.arn]);
  await put(rig, 4);
  await rig.advance(100);
  assert.deepEqual(told(rig).at(-1), ["4", {}, false, false]);
  assert.deepEqual(rig.batches.at(-1)!.event["window"], { start: "2026-01-01T00:01:00Z", end: "2026-01-01T00:02:00Z" });
  await rig.close();
});

test("windows of the past are told apart by when their records arrived", async () => {
  const rig = await open();
  await put(rig, 1);
  await rig.advance(60_000);
  await put(rig, 2, 3);
  await rig.advance(180_000);
  await put(rig, 4);
  rig.start();
  await rig.advance(100);
  assert.deepEqual(told(rig), [["1", {}, false, false], ["", { sum: 1 }, true, false], ["2 3", {}, false, false], ["", { sum: 5 }, true, false], ["4", {}, false, false]]);
  await rig.close();
});

test("an answer without state is a failure", async () => {
  const rig = await open();
  const { answer } = rig;
  rig.answer = (batch) => (rig.batches.length < 3 ? { value: rig.batches.length === 1 ? null : { state: null } } : answer(batch));
  await put(rig, 1);
  rig.start();
  await rig.advance(5_000);
  assert.deepEqual(told(rig), [["1", {}, false, false], ["1", {}, false, false], ["1", {}, false, false]]);
  await rig.close();
});

test("a last call that fails holds up what comes after it", async () => {
  const rig = await open();
  const { answer } = rig;
  rig.answer = (batch) => (batch.event["isFinalInvokeForWindow"] && rig.batches.length < 5 ? { failed: true } : answer(batch));
  await put(rig, 1);
  await rig.advance(60_000);
  await put(rig, 2);
  rig.start();
  await rig.advance(20_000);
  assert.deepEqual(told(rig), [["1", {}, false, false], ...Array.from({ length: 4 }, () => ["", { sum: 1 }, true, false]), ["2", {}, false, false]]);
  await rig.close();
});

test("a state beyond 1 MB ends the window early, and the same window goes on with a fresh one", async () => {
  const rig = await open();
  const { answer } = rig;
  const large = "x".repeat(1_100_000);
  rig.answer = (batch) => (rig.batches.length === 1 ? { value: { state: { large } } } : answer(batch));
  await put(rig, 1);
  rig.start();
  await rig.advance(100);
  await put(rig, 2);
  await rig.advance(100);
  assert.deepEqual(told(rig), [["1", {}, false, false], ["", { large }, true, true], ["2", {}, false, false]]);
  assert.deepEqual(rig.batches[2]!.event["window"], rig.batches[0]!.event["window"]);
  await rig.close();
});

test("the state survives a crash, and is of what was done before it", async () => {
  const rig = await open();
  const { answer } = rig;
  await put(rig, 1, 2);
  rig.start();
  await rig.advance(100);
  rig.answer = () => new Promise(() => undefined);
  await put(rig, 3);
  await rig.advance(100);
  rig.crash();
  rig.answer = answer;
  rig.start();
  await rig.advance(70_000);
  assert.deepEqual(told(rig).slice(2), [["3", { sum: 3 }, false, false], ["", { sum: 6 }, true, false]]);
  await rig.close();
});

test("a shard that is closed ends its window before its children begin", async () => {
  const rig = await open(["parent"]);
  await put(rig, 1);
  rig.start();
  await rig.advance(100);
  await rig.log.split("parent", ["child"]);
  await put(rig, 2);
  await rig.advance(100);
  assert.deepEqual(told(rig), [["1", {}, false, false], ["", { sum: 1 }, true, false], ["2", {}, false, false]]);
  await rig.close();
});

test("every record counts once in its window, whatever fails and dies between", async () => {
  for (const seed of [1, 2, 3, 4]) {
    const random = seededIds(seed);
    const chance = (of: number): boolean => random.fraction() < of;
    const rig = await open();
    const { answer } = rig;
    let calm = false;
    rig.answer = async (batch) => {
      if (chance(0.3)) await rig.delivery.clock.sleep(random.fraction() * 3_000);
      if (calm) return answer(batch);
      return chance(0.15) ? "throttle" : chance(0.15) ? { failed: true } : chance(0.1) ? { value: {} } : answer(batch);
    };
    const sums = new Map<string, number>();
    rig.start();
    for (let n = 1; n <= 80; n++) {
      const start = `${new Date(Math.floor(rig.delivery.clock.now() / 60_000) * 60_000).toISOString().slice(0, 19)}Z`;
      sums.set(start, (sums.get(start) ?? 0) + n);
      await put(rig, n);
      await rig.advance(random.fraction() * 4_000);
      if (chance(0.03)) {
        rig.crash();
        rig.start();
      }
    }
    calm = true;
    await rig.advance(120_000);
    const ends = rig.batches.filter(({ event }) => event["isFinalInvokeForWindow"]);
    assert.ok(sums.size > 2);
    for (const { event } of ends) assert.equal((event["state"] as { sum: number }).sum, sums.get((event["window"] as { start: string }).start), `seed ${seed}`);
    assert.deepEqual(new Set(ends.map(({ event }) => (event["window"] as { start: string }).start)), new Set(sums.keys()));
    await rig.close();
  }
});
