// What only a stream of our own can be brought into: shards that split and go, windows, large records, several processes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type LogStream, openLogStream } from "../../test/support/log-stream.ts";
import { MAPPING, openProcess, openStreamRig, type RigOptions, type StreamRig, type StreamUnderTest } from "../../test/support/stream-rig.ts";
import { keptMappings } from "../../test/support/mappings.ts";
import { progressOf } from "./stream-positions.ts";

interface Seen { eventID: string; sequenceNumber: string; key: string; data: string }
type Rig = StreamRig & { stream: StreamUnderTest; log: LogStream };

async function open(options: RigOptions & { shards?: string[] } = {}): Promise<Rig> {
  let log: LogStream;
  const rig = await openStreamRig(async ({ stores, clock }) => {
    log = await openLogStream(stores, clock, options);
    const { arn, source, put } = log;
    return { arn, source, put, read: (record) => ({ id: (record as Seen).sequenceNumber, key: (record as Seen).key, data: (record as Seen).data }), patternFor: (data) => JSON.stringify({ data: [data] }) };
  }, options);
  return Object.assign(rig, { log: log! });
}

const items = (from: number, to: number, key = "k"): { key: string; data: string }[] => Array.from({ length: to - from + 1 }, (_, n) => ({ key, data: String(from + n) }));
const all = (rig: Rig): string[] => rig.batches.flatMap(({ data }) => data);
const count = (rig: Rig, name: string): number => (rig.delivery.metrics.get(`${name} ${MAPPING}`) ?? []).reduce((sum, value) => sum + value, 0);
const TO_QUEUE = "arn:aws:sqs:eu-west-1:000000000000:failed";

test("children begin when their parents are done, however long that takes, and a split is noticed at once", async () => {
  const rig = await open({ shards: ["parent"], mapping: { batchSize: 2 } });
  const failingUntilMs = rig.delivery.clock.now() + 30_000;
  rig.answer = ({ data }) => ({ failed: data.includes("3") && rig.delivery.clock.now() < failingUntilMs });
  await rig.stream.put(items(1, 4));
  await rig.log.split("parent", ["left", "right"]);
  await rig.log.put(items(5, 6), "left");
  await rig.log.put(items(7, 8), "right");
  rig.start();
  await rig.advance(29_000);
  assert.deepEqual([...new Set(all(rig))], ["1", "2", "3", "4"]);
  await rig.advance(20_000);
  assert.deepEqual([...new Set(all(rig))].slice(4).sort(), ["5", "6", "7", "8"]);
  await rig.log.split("left", ["later"]);
  await rig.log.put(items(9, 9), "later");
  await rig.advance(100);
  assert.equal(all(rig).at(-1), "9");
  await rig.close();
});

test("a shard in which nothing passes the filter is not read again after a crash", async () => {
  const rig = await open({ mapping: { filters: ['{"data":["none"]}'] } });
  await rig.stream.put(items(1, 50));
  rig.start();
  await rig.advance(100);
  rig.crash();
  rig.start();
  await rig.advance(60_000);
  assert.equal(count(rig, "PolledEventCount"), 50);
  await rig.close();
});

test("stopped while one key stands still, what others have done is not done again", async () => {
  const rig = await open({ mapping: { batchSize: 2 }, stream: { parallelizationFactor: 10 } });
  const failing = { now: true };
  rig.answer = ({ keys }) => ({ failed: failing.now && keys.includes("stuck") });
  await rig.log.put(items(1, 20).map(({ data }, n) => ({ key: n % 4 === 0 ? "stuck" : `key-${n}`, data })));
  rig.start();
  await rig.advance(2_000);
  await rig.stop();
  failing.now = false;
  const done = rig.batches.filter(({ keys }) => !keys.includes("stuck")).flatMap(({ data }) => data);
  assert.ok(done.length > 5);
  const before = rig.batches.length;
  rig.start();
  await rig.advance(1_000);
  assert.deepEqual([...done, ...rig.batches.slice(before).flatMap(({ data }) => data)].sort((a, b) => Number(a) - Number(b)), items(1, 20).map(({ data }) => data));
  assert.deepEqual((await progressOf(rig.delivery.stores, MAPPING)).get("shard-0"), { position: "000000000020" });
  await rig.close();
});

test("under LATEST a shard that comes later is read from its first record", async () => {
  const rig = await open({ shards: ["parent"], stream: { startingPosition: { type: "LATEST" } } });
  await rig.stream.put(items(1, 2));
  rig.start();
  await rig.advance(100);
  await rig.log.split("parent", ["child"]);
  await rig.log.put(items(3, 4), "child");
  await rig.advance(100);
  assert.deepEqual(all(rig), ["3", "4"]);
  await rig.close();
});

test("AT_TIMESTAMP begins with the first record of that time or later", async () => {
  const probe = await open();
  const startMs = probe.delivery.clock.now();
  await probe.close();
  const rig = await open({ stream: { startingPosition: { type: "AT_TIMESTAMP", timestampMs: startMs + 5_000 } } });
  await rig.stream.put(items(1, 2));
  await rig.advance(6_000);
  await rig.stream.put(items(3, 4));
  rig.start();
  await rig.advance(100);
  assert.deepEqual(all(rig), ["3", "4"]);
  await rig.close();
});

test("a discarded batch is described to a queue, and sent whole to a bucket", async () => {
  for (const onFailureArn of [TO_QUEUE, "arn:aws:s3:::failed"]) {
    const rig = await open({ stream: { retriesMax: 1, onFailureArn } });
    const arrivedMs = rig.delivery.clock.now();
    await rig.stream.put(items(1, 2));
    rig.answer = () => ({ failed: true });
    rig.start();
    await rig.advance(1_000);
    const [sent] = await rig.delivery.delivered();
    const record = JSON.parse(sent!.message.body) as Record<string, unknown> & { requestContext: { requestId: string }; timestamp: string };
    const at = new Date(arrivedMs).toISOString();
    const expected = {
      requestContext: { requestId: rig.batches[1]!.invocation.requestId, functionArn: rig.functionArn, condition: "RetryAttemptsExhausted", approximateInvokeCount: 2 },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      version: "1.0", timestamp: record.timestamp,
      LogBatchInfo: { shardId: "shard-0", startSequenceNumber: "000000000001", endSequenceNumber: "000000000002", approximateArrivalOfFirstRecord: at, approximateArrivalOfLastRecord: at, batchSize: 2, streamArn: rig.stream.arn },
    };
    assert.match(record.timestamp, /^2026-01-01T00:00:00\.\d{3}Z$/);
    if (onFailureArn === TO_QUEUE) assert.deepEqual(record, expected);
    else {
      assert.deepEqual(record, { ...expected, payload: rig.batches[1]!.event });
      assert.match(sent!.message.key!, new RegExp(`^aws/lambda/${MAPPING}/shard-0/2026/01/01/2026-01-01T00\\.00\\.00-[0-9a-f-]{36}$`));
    }
    assert.equal(sent!.from.roleArn, "arn:aws:iam::000000000000:role/consumer");
    assert.equal(count(rig, "OnFailureDestinationDeliveredEventCount"), 2);
    await rig.close();
  }
});

// As AWS does it: LocalStack's recorded test_kinesis_report_batch_item_failures, with batches of 3 and MaximumRetryAttempts 3.
test("what is left after partial failures has all its tries, and its record counts those only, with functionError null", async () => {
  const rig = await open({ mapping: { reportBatchItemFailures: true, batchSize: 3 }, stream: { retriesMax: 3, onFailureArn: TO_QUEUE } });
  await rig.stream.put(items(0, 5));
  rig.answer = ({ data, ids }) => ({ value: { batchItemFailures: data.includes("5") ? [{ itemIdentifier: ids[data.indexOf("5")] }] : [] } });
  rig.start();
  await rig.advance(10_000);
  assert.deepEqual(rig.batches.map(({ data }) => data.join("")), ["012", "345", "5", "5", "5", "5"]);
  const [sent] = await rig.delivery.delivered();
  const record = JSON.parse(sent!.message.body) as { requestContext: object; responseContext: object; LogBatchInfo: { batchSize: number } };
  assert.partialDeepStrictEqual(record.requestContext, { condition: "RetryAttemptsExhausted", approximateInvokeCount: 4 });
  assert.deepEqual(record.responseContext, { statusCode: 200, executedVersion: "$LATEST", functionError: null });
  assert.equal(record.LogBatchInfo.batchSize, 1);
  await rig.close();
});

test("both bisect and partial failures: split where the function says, and at the first record in halves", async () => {
  const rig = await open({ mapping: { reportBatchItemFailures: true }, stream: { retriesMax: 1, bisects: true, onFailureArn: TO_QUEUE } });
  await rig.stream.put(items(1, 8));
  rig.answer = ({ data, ids }) => (data.includes("3") ? { value: { batchItemFailures: [{ itemIdentifier: ids[data.indexOf("3")] }] } } : {});
  rig.start();
  await rig.advance(5_000);
  assert.deepEqual(rig.batches.map(({ data }) => data.join("")), ["12345678", "345678", "345", "34", "3", "3", "4", "5", "678"]);
  assert.equal((await rig.delivery.delivered()).length, 1);
  await rig.close();
});

test("what the stream keeps no longer is passed over, and the others of its batch are not", async () => {
  const rig = await open();
  await rig.stream.put(items(1, 2));
  await rig.advance(10_000);
  await rig.stream.put(items(3, 4));
  rig.answer = ({ data }) => ({ failed: data.includes("1") });
  rig.start();
  await rig.advance(5_000);
  await rig.log.trim("shard-0", rig.delivery.clock.now() - 10_000);
  await rig.advance(20_000);
  assert.deepEqual(rig.batches.at(-1)!.data, ["3", "4"]);
  assert.equal(rig.delivery.logged.filter((line) => line.includes("stopped keeping it")).length, 2);
  assert.equal(count(rig, "DroppedEventCount"), 0);
  await rig.close();
});

test("a batch is at most 6 MB, and a record that is larger goes to the destination", async () => {
  const rig = await open({ stream: { onFailureArn: TO_QUEUE } });
  const large = "x".repeat(2_000_000);
  await rig.log.put([...Array.from({ length: 7 }, () => ({ key: "k", data: large })), { key: "k", data: "y".repeat(6_500_000) }, { key: "k", data: "last" }]);
  rig.start();
  await rig.advance(1_000);
  assert.deepEqual(rig.batches.map(({ data }) => data.length), [3, 3, 1, 1]);
  assert.equal(rig.batches.at(-1)!.data[0], "last");
  const [sent] = await rig.delivery.delivered();
  const record = JSON.parse(sent!.message.body) as { requestContext: object; responseContext: unknown };
  assert.partialDeepStrictEqual(record.requestContext, { condition: "MaximumPayloadSizeExceeded", approximateInvokeCount: 1 });
  assert.equal(record.responseContext, null);
  await rig.close();
});

test("the numbers of a mapping count every event once per step", async () => {
  const rig = await open({ mapping: { filters: ['{"data":[{"anything-but":"2"}]}'] }, stream: { retriesMax: 1 } });
  await rig.stream.put(items(1, 4));
  rig.answer = () => ({ failed: true });
  rig.start();
  await rig.advance(1_000);
  assert.deepEqual(["PolledEventCount", "FilteredOutEventCount", "InvokedEventCount", "FailedInvokeEventCount", "DroppedEventCount"].map((name) => count(rig, name)), [4, 1, 6, 6, 3]);
  await rig.close();
});

test("a process that dies is replaced when its leases end, and one that closes at once", async () => {
  const rig = await open();
  const { mappings, set } = keptMappings([]);
  set(rig.mapping);
  rig.start();
  await rig.advance(100);
  const other = openProcess(rig, mappings);
  await rig.stream.put(items(1, 2));
  await rig.advance(100);
  assert.deepEqual(all(rig), ["1", "2"]); // by one of them
  rig.crash();
  await rig.stream.put(items(3, 4));
  await rig.advance(5_000);
  assert.deepEqual(all(rig), ["1", "2"]);
  await rig.advance(60_000);
  assert.deepEqual(all(rig), ["1", "2", "3", "4"]);
  await Promise.all([other.background.close(), rig.advance(2_000)]);
  await rig.stream.put(items(5, 5));
  rig.start();
  await rig.advance(100);
  assert.equal(all(rig).at(-1), "5");
  await rig.close();
});

test("a process that stood still for too long writes nothing over what another has done since", async () => {
  const rig = await open({ mapping: { batchSize: 1 } });
  const held = Promise.withResolvers<object>();
  rig.answer = () => (rig.batches.length === 1 ? held.promise : {});
  await rig.stream.put(items(1, 3));
  rig.start();
  await rig.advance(100);
  const nowMs = rig.delivery.clock.now();
  // Somebody else takes the shard, as if our lease had ended, and finishes it.
  const { stores } = rig.delivery;
  const lease = `delivery/stream-shard/${MAPPING}/shard-0`;
  assert.equal(await stores.leases.take(lease, "other", nowMs + 31_000, nowMs + 90_000), true);
  await stores.documents("delivery/stream-shard").put(`${MAPPING}/shard-0`, { position: "000000000003" });
  held.resolve({});
  await rig.advance(50_000);
  assert.deepEqual((await progressOf(stores, MAPPING)).get("shard-0"), { position: "000000000003" });
  assert.equal(rig.batches.length, 1);
  await stores.leases.release(lease, "other");
  await rig.stream.put(items(4, 4));
  await rig.advance(15_000);
  assert.deepEqual(all(rig), ["1", "4"]);
  await rig.close();
});

test("positions go with their mapping, and stay while it is disabled", async () => {
  const rig = await open();
  const { mappings, set, end } = keptMappings([]);
  let deleted = false;
  const { background } = openProcess(rig, { ...mappings, known: async () => !deleted });
  set(rig.mapping);
  await rig.stream.put(items(1, 2));
  await rig.advance(100);
  end(MAPPING, "1");
  await rig.advance(20_000);
  assert.equal((await progressOf(rig.delivery.stores, MAPPING)).size, 1);
  deleted = true;
  set({ ...rig.mapping, uuid: "b8f5c1a2-0000-4000-8000-000000000003" }); // anything that makes it look
  await rig.advance(100);
  assert.equal((await progressOf(rig.delivery.stores, MAPPING)).size, 0);
  await Promise.all([background.close(), rig.advance(2_000)]);
  await rig.close();
});

test("what is kept of shards that the stream lists no longer goes", async () => {
  const rig = await open({ shards: ["parent"] });
  rig.start();
  await rig.log.split("parent", ["child"]);
  await rig.advance(100);
  assert.deepEqual([...(await progressOf(rig.delivery.stores, MAPPING)).keys()], ["child", "parent"]);
  await rig.log.unlist("parent");
  await rig.advance(11_000);
  assert.deepEqual([...(await progressOf(rig.delivery.stores, MAPPING)).keys()], ["child"]);
  await rig.close();
});

test("a stream that is gone is said, and a function that hangs holds up neither disabling nor closing for long", async () => {
  const rig = await open();
  rig.answer = () => new Promise(() => undefined);
  await rig.stream.put(items(1, 2));
  rig.start();
  await rig.advance(100);
  await rig.closeProcess();
  rig.answer = () => ({});
  rig.start();
  await rig.advance(100);
  assert.deepEqual(rig.batches.map(({ data }) => data), [["1", "2"], ["1", "2"]]);
  await rig.log.remove();
  await rig.advance(15_000);
  assert.deepEqual(rig.reports.at(-1), { state: "failing", reason: `Stream not found: ${rig.stream.arn}` });
  await rig.close();
});

test("a function that never answers makes it read ahead only so far, and an idle stream is not read at all", async () => {
  const rig = await open({ mapping: { batchSize: 10 } });
  const { read } = rig.stream.source;
  let reads = 0;
  rig.stream.source.read = async (...given) => {
    reads++;
    return read(...given);
  };
  await rig.log.put(items(1, 5_000));
  const stuck = Promise.withResolvers<object>();
  rig.answer = () => stuck.promise;
  rig.start();
  await rig.advance(60_000);
  assert.ok(count(rig, "PolledEventCount") <= 200, `${count(rig, "PolledEventCount")} read`);
  stuck.resolve({});
  while (all(rig).length < 5_000) await rig.advance(100);
  assert.deepEqual(all(rig), items(1, 5_000).map(({ data }) => data));
  reads = 0;
  await rig.advance(3_600_000);
  assert.equal(reads, 0);
  await rig.close();
});

test("when the memory for all shards is full each goes on with what it has, and in the end nothing is held", async () => {
  const memory = { bytes: 0, most: 1 };
  const rig = await open({ memory, shards: ["one", "two"], mapping: { batchSize: 10 } });
  const stuck = Promise.withResolvers<object>();
  rig.answer = ({ keys }) => (keys.includes("stuck") ? stuck.promise : {});
  await rig.log.put(items(1, 300, "stuck"), "one");
  await rig.log.put(items(301, 600), "two");
  rig.start();
  for (let n = 0; n < 20; n++) await rig.advance(100);
  assert.equal(rig.batches.filter(({ keys }) => keys.includes("k")).flatMap(({ data }) => data).length, 300);
  assert.ok(memory.bytes > 1);
  stuck.resolve({});
  for (let n = 0; n < 20; n++) await rig.advance(100);
  assert.equal(new Set(all(rig)).size, 600);
  assert.equal(memory.bytes, 0);
  await rig.log.put(items(601, 700, "stuck"), "one");
  rig.answer = () => ({ failed: true });
  await rig.advance(1_000);
  await rig.stop();
  assert.equal(memory.bytes, 0);
  await rig.close();
});
