// Requests and log lines that were made to cost the platform dearly.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as sdk from "@aws-sdk/client-cloudwatch";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import { virtualClock, type VirtualClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import type { Stores } from "../../storage/stores.ts";
import { readingEmf } from "./emf.ts";
import { cloudwatch } from "./service.ts";
import { openMetrics, type OpenMetrics } from "./sink.ts";

const MINUTE_MS = 60_000;
let clock: VirtualClock;
let stores: Stores;
let metrics: OpenMetrics;
let room: OpenRoom;
let client: sdk.CloudWatchClient;

before(async () => {
  clock = virtualClock();
  stores = await openStores({ ephemeral: true, clock, log: silentLog });
  metrics = openMetrics({ stores, clock, log: silentLog });
  room = await openRoom(cloudwatch, { clock, stores, metrics, background: () => {} });
  client = new sdk.CloudWatchClient({ ...room.clientConfig, maxAttempts: 1 });
});
after(async () => {
  await room.close();
  await metrics.close();
  await stores.close();
});

const minutes = (count: number) => ({ StartTime: new Date(clock.now() - (count - 1) * MINUTE_MS), EndTime: new Date(clock.now() + MINUTE_MS), ScanBy: "TimestampAscending" as const });
const data = (MetricDataQueries: sdk.MetricDataQuery[], count = 10) => client.send(new sdk.GetMetricDataCommand({ MetricDataQueries, ...minutes(count) }));
const summed = async (MetricName: string, Namespace = "Emf") =>
  (await client.send(new sdk.GetMetricStatisticsCommand({ Namespace, MetricName, Period: 60, Statistics: ["Sum", "SampleCount"], ...minutes(10) }))).Datapoints!;
const within = async <T>(ms: number, work: () => Promise<T>): Promise<T> => {
  const startedMs = performance.now();
  const result = await work();
  assert.ok(performance.now() - startedMs < ms, `took ${Math.round(performance.now() - startedMs)} ms`);
  return result;
};

describe("metric math", () => {
  it("works an expression out once, however many others name it", async () => {
    const chain = Array.from({ length: 24 }, (_, at) => ({ Id: `e${at + 1}`, Expression: `e${at}+e${at}`, ReturnData: at === 23 }));
    const { MetricDataResults } = await within(2000, () => data([...chain.reverse(), { Id: "e0", Expression: "TIME_SERIES(1)", ReturnData: false }]));
    assert.equal(MetricDataResults![0]!.Values![0], 2 ** 24);
  });

  it("refuses lists that double until they fill the memory", async () => {
    const chain = Array.from({ length: 40 }, (_, at) => ({ Id: `e${at + 1}`, Expression: `[e${at},e${at}]` }));
    await within(5000, () => assert.rejects(data([{ Id: "e0", Expression: "TIME_SERIES(1)" }, ...chain]), { name: "ValidationException", message: /Error in expression 'e\d+': the expressions of the request come to more than 5,000,000 datapoints/ }));
  });

  it("refuses hundreds of expressions with a hundred thousand points each", async () => {
    const many = Array.from({ length: 500 }, (_, at) => ({ Id: `e${at}`, Expression: "TIME_SERIES(1)", ReturnData: false }));
    await within(5000, () => assert.rejects(data(many, 14 * 24 * 60), { name: "ValidationException", message: /more than 5,000,000 datapoints/ }));
  });

  it("fills and compares a hundred thousand points in linear time", async () => {
    const { MetricDataResults } = await within(3000, () => data([
      { Id: "t", Expression: "TIME_SERIES(2)", Period: 1, ReturnData: false },
      { Id: "f", Expression: "FILL(t, LINEAR)", Period: 1, ReturnData: false },
      { Id: "d", Expression: "TIME_SERIES(STDDEV(f) + MAX(f) + MIN(f))", Period: 1 },
    ], 1600));
    assert.equal(MetricDataResults![0]!.Values![0], 4);
  });

  it("refuses a chain of expressions that is too long for the stack", async () => {
    const chain = Array.from({ length: 499 }, (_, at) => ({ Id: `e${at}`, Expression: `${"1+".repeat(400)}e${at + 1}${"+1".repeat(100)}`, ReturnData: false }));
    await assert.rejects(data([...chain, { Id: "e499", Expression: "TIME_SERIES(1)" }]), (error: Error) => error.name === "ValidationException" || error.name === "InvalidParameterValueException");
  });
});

describe("FILL", () => {
  it("repeats the last value, draws lines between values, and puts none before the first", async () => {
    const at = (minute: number) => new Date(clock.now() + (minute - 9) * MINUTE_MS);
    await client.send(new sdk.PutMetricDataCommand({ Namespace: "Fill", MetricData: [{ MetricName: "M", Value: 2, Timestamp: at(2) }, { MetricName: "M", Value: 8, Timestamp: at(5) }] }));
    const { MetricDataResults } = await data([
      { Id: "m", MetricStat: { Metric: { Namespace: "Fill", MetricName: "M" }, Period: 60, Stat: "Sum" }, ReturnData: false },
      { Id: "r", Expression: "FILL(m, REPEAT)" }, { Id: "l", Expression: "FILL(m, LINEAR)" },
    ]);
    assert.deepEqual(MetricDataResults!.map(({ Values }) => Values), [[2, 2, 2, 8, 8, 8, 8, 8], [2, 4, 6, 8]]);
  });
});

describe("embedded metrics", () => {
  const where = { account: "000000000000", region: "eu-west-1", group: "g", stream: "s" };
  const directive = (Namespace: string, Name: string, more: object = {}) => ({ Namespace, Dimensions: [[]], Metrics: [{ Name, ...more }] });
  const line = (directives: object[], more: object, Timestamp: number = clock.now()) => JSON.stringify({ _aws: { Timestamp, CloudWatchMetrics: directives }, ...more });
  const read = async (...lines: string[]) => {
    const sink = readingEmf({ put() {}, flush: async () => {} }, { stores, log: silentLog, now: clock.now });
    sink.put(where, lines.map((message) => ({ timestamp: clock.now(), message })));
    await sink.flush();
  };

  it("of one line are at most as many as one full directive comes to", async () => {
    const full = { Namespace: "Bomb", Dimensions: Array.from({ length: 30 }, () => []), Metrics: Array.from({ length: 100 }, () => ({ Name: "a" })) };
    await within(10_000, () => read(line(Array.from({ length: 150 }, () => full), { a: 1 })));
    assert.deepEqual((await summed("a", "Bomb")).map(({ SampleCount }) => SampleCount), [3000]);
  });

  it("with broken texts or numbers harm nobody else's", async () => {
    await read(
      line([directive("Emf", "Odd", { Unit: "\ud800" })], { Odd: 1 }),
      line([directive("\ud800", "\ud800")], { "\ud800": 1 }),
      line([directive("Emf", "Long", { Unit: "x".repeat(100_000) })], { Long: 1 }),
      line([directive("Emf", "Huge")], { Huge: 1e308 }),
      line([directive("Emf", "Never")], { Never: 1 }, 1e300),
      line([directive("Emf", "Never")], { Never: 1 }, clock.now() + 3 * 3_600_000),
      line([directive("Emf", "Never")], { Never: 1 }, clock.now() - 15 * 86_400_000),
      line([directive("Emf", "Good")], { Good: 3 }),
    );
    assert.deepEqual((await summed("Good")).map(({ Sum }) => Sum), [3]);
    assert.deepEqual((await summed("Long")).map(({ Unit }) => Unit), ["None"]);
    assert.deepEqual(await summed("Huge"), []);
    const known = await stores.documents<{ name: string }>("cloudwatch/metric").list({ limit: 100 });
    assert.equal(known.some(([, { name }]) => name === "Never"), false);
  });
});

describe("PutMetricData", () => {
  it("takes half a surrogate pair, and refuses counts that lead beyond all numbers", async () => {
    await client.send(new sdk.PutMetricDataCommand({ Namespace: "Put", MetricData: [{ MetricName: "x", Value: 1, Dimensions: [{ Name: "d", Value: "\ud800" }] }] })).catch((error: Error) => assert.notEqual(error.name, "InternalFailure"));
    await assert.rejects(client.send(new sdk.PutMetricDataCommand({ Namespace: "Put", MetricData: [{ MetricName: "x", Values: [1], Counts: [1e300] }] })), { name: "InvalidParameterValueException" });
  });
});
