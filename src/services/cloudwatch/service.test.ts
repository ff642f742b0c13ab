// The room as a user sees it: the real SDK client, the wire layer and real stores.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as sdk from "@aws-sdk/client-cloudwatch";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import { virtualClock, type VirtualClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import type { Stores } from "../../storage/stores.ts";
import { readingEmf } from "./emf.ts";
import { sweep } from "./retention.ts";
import { cloudwatch } from "./service.ts";
import { openMetrics, type OpenMetrics } from "./sink.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
let clock: VirtualClock;
let stores: Stores;
let metrics: OpenMetrics;
let room: OpenRoom;
let client: sdk.CloudWatchClient;

before(async () => {
  clock = virtualClock();
  stores = await openStores({ ephemeral: true, clock, log: silentLog });
  metrics = openMetrics({ stores, clock, log: silentLog });
  room = await openRoom(cloudwatch, { clock, stores, metrics, background: () => {} }); // years pass here, with a sweep an hour
  client = new sdk.CloudWatchClient(room.clientConfig);
});
after(async () => {
  await room.close();
  await metrics.close();
  await stores.close();
});

const refusal = (code: string, message: string | RegExp) => (error: Error) => {
  assert.equal(error.name, code);
  if (typeof message === "string") assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};
const put = (Namespace: string, ...MetricData: sdk.MetricDatum[]) => client.send(new sdk.PutMetricDataCommand({ Namespace, MetricData }));
const times = (fromMinutes: number, untilMinutes = 1) => ({ StartTime: new Date(clock.now() + fromMinutes * MINUTE_MS), EndTime: new Date(clock.now() + untilMinutes * MINUTE_MS) });
const statistics = (Namespace: string, MetricName: string, more: Partial<sdk.GetMetricStatisticsCommandInput> = {}) =>
  client.send(new sdk.GetMetricStatisticsCommand({ Namespace, MetricName, Period: 60, Statistics: ["Sum", "SampleCount", "Average", "Minimum", "Maximum"], ...times(-10), ...more }));
const data = (MetricDataQueries: sdk.MetricDataQuery[], more: Partial<sdk.GetMetricDataCommandInput> = {}) =>
  client.send(new sdk.GetMetricDataCommand({ MetricDataQueries, ...times(-10), ScanBy: "TimestampAscending", ...more }));
const stat = (Id: string, Namespace: string, MetricName: string, Stat = "Sum", Period = 60): sdk.MetricDataQuery => ({ Id, MetricStat: { Metric: { Namespace, MetricName }, Period, Stat } });

describe("putting and reading", () => {
  it("adds up values, values with counts, and statistic sets of one minute", async () => {
    await put("App", { MetricName: "Latency", Value: 4, Unit: "Milliseconds" }, { MetricName: "Latency", Values: [1, 7], Counts: [2, 1], Unit: "Milliseconds" });
    await put("App", { MetricName: "Latency", StatisticValues: { SampleCount: 1, Sum: 10, Minimum: 10, Maximum: 10 }, Unit: "Milliseconds" });
    const { Datapoints, Label } = await statistics("App", "Latency", { ExtendedStatistics: ["p50"] });
    assert.equal(Label, "Latency");
    assert.deepEqual(Datapoints, [{ Timestamp: new Date(clock.now()), Unit: "Milliseconds", Sum: 23, SampleCount: 5, Average: 4.6, Minimum: 1, Maximum: 10, ExtendedStatistics: { p50: 4 } }]);
  });

  it("keeps dimensions apart, whatever their order", async () => {
    const dimensions = [{ Name: "B", Value: "2" }, { Name: "A", Value: "1" }];
    await put("Dim", { MetricName: "M", Value: 1, Dimensions: dimensions }, { MetricName: "M", Value: 5 });
    assert.equal((await statistics("Dim", "M", { Dimensions: [...dimensions].reverse() })).Datapoints![0]!.Sum, 1);
    assert.equal((await statistics("Dim", "M")).Datapoints![0]!.Sum, 5);
    assert.deepEqual((await statistics("Dim", "M", { Dimensions: [{ Name: "A", Value: "1" }] })).Datapoints, []);
  });

  it("gathers minutes into longer periods, from the start that was asked for", async () => {
    const at = (minutes: number) => new Date(clock.now() + minutes * MINUTE_MS);
    for (let minute = 0; minute < 10; minute++) await put("Long", { MetricName: "M", Value: minute, Timestamp: at(minute - 10) });
    const { Datapoints } = await statistics("Long", "M", { Period: 300, StartTime: at(-10), EndTime: at(0) });
    assert.deepEqual(Datapoints!.map(({ Sum }) => Sum), [0 + 1 + 2 + 3 + 4, 5 + 6 + 7 + 8 + 9]);
  });

  it("keeps seconds where they are asked for", async () => {
    await put("Fine", { MetricName: "M", Value: 1, StorageResolution: 1, Timestamp: new Date(clock.now() - 2000) }, { MetricName: "M", Value: 2, StorageResolution: 1 });
    assert.deepEqual((await statistics("Fine", "M", { Period: 1 })).Datapoints!.map(({ Sum }) => Sum), [1, 2]);
    assert.equal((await statistics("Fine", "M", { Period: 60 })).Datapoints!.reduce((sum, { Sum }) => sum + Sum!, 0), 3);
  });

  it("tells percentiles of many different values within one per cent", async () => {
    const values = Array.from({ length: 1000 }, (_, at) => (at + 1) / 3);
    for (let at = 0; at < values.length; at += 100) await put("Many", { MetricName: "M", Values: values.slice(at, at + 100) });
    const { Datapoints } = await statistics("Many", "M", { Statistics: ["SampleCount"], ExtendedStatistics: ["p50", "p99", "tm90"] });
    const { ExtendedStatistics, SampleCount } = Datapoints![0]!;
    assert.equal(SampleCount, 1000);
    for (const [name, expected] of [["p50", 500 / 3], ["p99", 990 / 3], ["tm90", 450.5 / 3]] as const) {
      assert.ok(Math.abs(ExtendedStatistics![name]! / expected - 1) < 0.011, `${name}: ${ExtendedStatistics![name]} is not ${expected}`);
    }
  });

  it("refuses what CloudWatch refuses", async () => {
    await assert.rejects(put("AWS/Lambda", { MetricName: "M", Value: 1 }), refusal("InvalidParameterValueException", "The value AWS/ for parameter Namespace is invalid.".replace("AWS/", "AWS/Lambda")));
    await assert.rejects(put("Bad", { MetricName: "M" }), { name: "MissingRequiredParameterException" });
    await assert.rejects(put("Bad", { MetricName: "M", Value: 1, Values: [1] }), { name: "InvalidParameterCombinationException" });
    await assert.rejects(put("Bad", { MetricName: "M", Values: [1, 2], Counts: [1] }), { name: "InvalidParameterValueException" });
    await assert.rejects(put("Bad", { MetricName: "M", Value: Infinity }), { name: "InvalidParameterValueException" });
    await assert.rejects(put("Bad", { MetricName: "M", Value: 1, Timestamp: new Date(clock.now() - 15 * DAY_MS) }), refusal("InvalidParameterValueException", /no more than two weeks in the past/));
    await assert.rejects(put("Bad", { MetricName: "M", Value: 1, Timestamp: new Date(clock.now() + 3 * 3_600_000) }), refusal("InvalidParameterValueException", /two hours in the future/));
    await assert.rejects(put("Bad", { MetricName: "M", Value: 1, StorageResolution: 5 }), { name: "InvalidParameterValueException" });
    await assert.rejects(put("Bad", { MetricName: "M", Value: 1, Dimensions: [{ Name: "A", Value: "1" }, { Name: "A", Value: "2" }] }), { name: "InvalidParameterValueException" });
    await assert.rejects(statistics("Bad", "M", { Statistics: undefined }), { name: "MissingRequiredParameterException" });
    await assert.rejects(statistics("Bad", "M", { Period: 7 }), { name: "InvalidParameterValueException" });
    await assert.rejects(statistics("Bad", "M", { ExtendedStatistics: ["p101"] }), { name: "InvalidParameterValueException" });
    await assert.rejects(statistics("Bad", "M", times(1, 0)), { name: "ValidationException" });
    await assert.rejects(statistics("Bad", "M", times(-1441 * 2)), refusal("InvalidParameterCombinationException", /exceeds the limit of 1,440/));
    assert.deepEqual((await client.send(new sdk.ListMetricsCommand({ Namespace: "Bad" }))).Metrics, [], "nothing half done");
  });
});

describe("metric data", () => {
  it("answers many metrics and expressions over them", async () => {
    const at = (minutes: number) => new Date(clock.now() + minutes * MINUTE_MS);
    await put("Math", ...[-3, -2, -1].map((minute) => ({ MetricName: "All", Value: 10, Timestamp: at(minute) })), { MetricName: "Bad", Value: 1, Timestamp: at(-2) });
    const { MetricDataResults } = await data([
      stat("all", "Math", "All"), { ...stat("bad", "Math", "Bad"), ReturnData: false },
      { Id: "rate", Expression: "100 * FILL(bad, 0) / all", Label: "percent" },
      { Id: "sum", Expression: "SUM([all, bad])" }, { Id: "big", Expression: "IF(all > 5, all * 2, 0)" }, { Id: "flat", Expression: "TIME_SERIES(MAX(all))" }, { Id: "each", Expression: "METRICS() + 1" },
    ]);
    const values = (id: string) => MetricDataResults!.filter(({ Id }) => Id === id).map(({ Values }) => Values);
    assert.deepEqual(MetricDataResults!.map(({ Id }) => Id), ["all", "rate", "sum", "big", "flat", "each", "each"]);
    assert.deepEqual(values("all"), [[10, 10, 10]]);
    assert.deepEqual(values("rate"), [[0, 10, 0]]);
    assert.deepEqual(values("sum"), [[10, 11, 10]]);
    assert.deepEqual(values("big"), [[20, 20, 20]]);
    assert.equal(values("flat")[0]!.length, 11);
    assert.deepEqual(values("each"), [[11, 11, 11], [2]]);
    assert.equal(MetricDataResults![1]!.Label, "percent");
    assert.ok(MetricDataResults!.every(({ StatusCode }) => StatusCode === "Complete"));
  });

  it("sorts, cuts and counts lists of metrics, and knows the date of a point", async () => {
    const at = (minutes: number) => new Date(clock.now() + minutes * MINUTE_MS);
    for (const [name, value] of [["A", 2], ["B", 3], ["C", 1]] as const) await put("Lists", { MetricName: name, Value: value, Timestamp: at(-2) });
    const metrics = ["a", "b", "c", "none"].map((id) => ({ ...stat(id, "Lists", id.toUpperCase()), ReturnData: false }));
    const worked = async (Expression: string) => (await data([...metrics, { Id: "e", Expression }])).MetricDataResults!.map(({ Values }) => Values);
    assert.deepEqual(await worked("SORT(METRICS(), SUM, DESC)"), [[3], [2], [1]]);
    assert.deepEqual(await worked("SORT(METRICS(), AVG, ASC, 1)"), [[1]]);
    assert.deepEqual(await worked("SLICE(SORT(METRICS(), MAX, DESC), 0, 2)"), [[3], [2]]);
    assert.deepEqual(await worked("SLICE(SORT(METRICS(), MIN, DESC), 1)"), [[2], [1]]);
    assert.deepEqual(await worked("REMOVE_EMPTY([a, none, c])"), [[2], [1]]);
    assert.deepEqual(await worked("a * METRIC_COUNT([a, b, none])"), [[6]]);
    const date = at(-2);
    const expected = { MINUTE: date.getUTCMinutes(), HOUR: date.getUTCHours(), DAY: date.getUTCDay() || 7, DATE: date.getUTCDate(), MONTH: date.getUTCMonth() + 1, YEAR: date.getUTCFullYear(), EPOCH: Math.floor(date.getTime() / MINUTE_MS) * 60 };
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(await worked(`${name}(a)`), [[value]], name);
    await assert.rejects(worked("SORT(METRICS(), LAST, DESC)"), refusal("ValidationException", /no metric or expression named LAST/));
    await assert.rejects(worked("SORT(METRICS(), SUM)"), refusal("ValidationException", /ASC or DESC/));
    await assert.rejects(data([{ ...stat("Upper", "Lists", "A") }]), refusal("ValidationException", /^The value Upper for parameter MetricDataQueries\.member\.1\.Id is not matching the expected pattern/));
  });

  it("comes newest first unless asked otherwise, and in pages", async () => {
    for (let minute = -5; minute < 0; minute++) await put("Pages", { MetricName: "M", Value: minute, Timestamp: new Date(clock.now() + minute * MINUTE_MS) });
    assert.deepEqual((await data([stat("m", "Pages", "M")], { ScanBy: undefined })).MetricDataResults![0]!.Values, [-1, -2, -3, -4, -5]);
    const seen: number[] = [];
    let pages = 0;
    for await (const page of sdk.paginateGetMetricData({ client }, { MetricDataQueries: [stat("m", "Pages", "M"), stat("n", "Pages", "None")], MaxDatapoints: 2, ...times(-10), ScanBy: "TimestampAscending" })) {
      pages++;
      seen.push(...page.MetricDataResults!.flatMap(({ Values }) => Values!));
    }
    assert.deepEqual(seen, [-5, -4, -3, -2, -1]);
    assert.equal(pages, 3);
  });

  it("refuses expressions that cannot be worked out, by name", async () => {
    const m = stat("m", "Math", "All");
    await assert.rejects(data([m, { Id: "e", Expression: "m +" }]), refusal("ValidationException", /Error in expression 'e': the expression ends too early/));
    await assert.rejects(data([m, { Id: "e", Expression: "x + 1" }]), refusal("ValidationException", /no metric or expression named x/));
    await assert.rejects(data([m, { Id: "e", Expression: "f" }, { Id: "f", Expression: "e" }]), refusal("ValidationException", /refers to itself/));
    await assert.rejects(data([m, { Id: "e", Expression: "ANOMALY_DETECTION_BAND(m)" }]), refusal("ValidationException", /does not have the function/));
    await assert.rejects(data([m, { Id: "e", Expression: "SUM(m)" }]), refusal("ValidationException", /must return a time series/));
    await assert.rejects(data([{ Id: "e", Expression: "SEARCH('{AWS/Lambda}', 'Sum')" }]), refusal("InvalidParameterValueException", /search expressions/));
    await assert.rejects(data([m, m]), { name: "ValidationException" });
    await assert.rejects(data([{ Id: "e", Expression: `m${"(".repeat(200)}` }]), { name: "ValidationException" });
    await assert.rejects(data([{ Id: "e", Expression: `${"-".repeat(200)}1` }]), refusal("ValidationException", /nested too deeply/));
  });
});

describe("listing", () => {
  it("finds metrics by namespace, name and dimensions, and pages", async () => {
    for (let at = 0; at < 600; at += 100) await put("List", ...Array.from({ length: 100 }, (_, n) => ({ MetricName: "M", Value: 1, Dimensions: [{ Name: "Id", Value: String(at + n) }, { Name: "Odd", Value: String(n % 2) }] })));
    const seen: sdk.Metric[] = [];
    for await (const page of sdk.paginateListMetrics({ client }, { Namespace: "List" })) seen.push(...page.Metrics!);
    assert.equal(new Set(seen.map(({ Dimensions }) => Dimensions![0]!.Value)).size, 600);
    assert.equal((await client.send(new sdk.ListMetricsCommand({ Namespace: "List", Dimensions: [{ Name: "Odd", Value: "1" }, { Name: "Id" }] }))).Metrics!.length, 300);
    assert.deepEqual((await client.send(new sdk.ListMetricsCommand({ Namespace: "List", MetricName: "Other" }))).Metrics, []);
    await assert.rejects(client.send(new sdk.ListMetricsCommand({ NextToken: "x" })), { name: "InvalidNextToken" });
  });
});

describe("the platform's own numbers", () => {
  const series = (name: string) => metrics.series({ account: "000000000000", region: "eu-west-1", namespace: "AWS/Test", name, unit: "Count", dimensions: [{ FunctionName: "f" }] });
  const sums = async (MetricName: string) => (await statistics("AWS/Test", MetricName, { Dimensions: [{ Name: "FunctionName", Value: "f" }] })).Datapoints!.map(({ Sum }) => Sum);

  it("are there as soon as somebody looks, by minute", async () => {
    const add = series("Invocations");
    add(1);
    add(1);
    assert.deepEqual(await sums("Invocations"), [2]);
    add(1);
    await clock.advance(MINUTE_MS);
    add(5);
    assert.deepEqual(await sums("Invocations"), [3, 5]);
    assert.equal(metrics.totals().find(({ name }) => name === "Invocations")!.total.sum, 8);
  });

  it("are written by themselves within seconds", async () => {
    series("Written")(1);
    await clock.advance(6000);
    const other = await stores.documents<{ name: string }>("cloudwatch/metric").list({ prefix: "000000000000/eu-west-1/AWS%2FTest/Written/", limit: 10 });
    assert.equal(other.length, 1);
  });

  it("include the embedded metrics of log lines", async () => {
    const put = readingEmf({ put() {}, flush: async () => {} }, { stores, log: silentLog, now: clock.now });
    const where = { account: "000000000000", region: "eu-west-1", group: "g", stream: "s" };
    const line = (more: object) => JSON.stringify({ _aws: { Timestamp: clock.now(), CloudWatchMetrics: [{ Namespace: "Emf", Dimensions: [["Service"]], Metrics: [{ Name: "Time", Unit: "Milliseconds" }] }] }, Service: "shop", ...more });
    put.put(where, [line({ Time: [5, 7] }), line({ Time: "x" }), line({}), '{"_aws": broken', '{"_aws":{"CloudWatchMetrics":[null,{"Namespace":3}]}}', "text"].map((message) => ({ timestamp: clock.now(), message })));
    await put.flush();
    const { Datapoints } = await statistics("Emf", "Time", { Dimensions: [{ Name: "Service", Value: "shop" }] });
    assert.deepEqual(Datapoints!.map(({ Sum, SampleCount, Unit }) => [Sum, SampleCount, Unit]), [[12, 2, "Milliseconds"]]);
  });
});

describe("retention", () => {
  it("makes old points coarser without losing any, and forgets them in the end", async () => {
    for (let minute = 0; minute < 10; minute++) await put("Old", { MetricName: "M", Value: 1, StorageResolution: 1, Timestamp: new Date(clock.now() + minute * MINUTE_MS) });
    const begun = clock.now();
    const count = async (Period: number) => (await statistics("Old", "M", { Period, StartTime: new Date(begun - DAY_MS), EndTime: new Date(begun + DAY_MS) })).Datapoints!.reduce((sum, { SampleCount }) => sum + SampleCount!, 0);
    const points = async (key: string) => (await stores.documents("cloudwatch/point").list({ limit: 5000 })).filter(([id]) => id.startsWith(key)).length;
    const [[, { key }]] = (await stores.documents<{ key: string }>("cloudwatch/metric").list({ prefix: "000000000000/eu-west-1/Old/", limit: 1 })) as [[string, { key: string }]];
    assert.equal(await points(key), 20);
    for (const [days, left] of [[1, 10], [16, 2], [64, 1]] as const) {
      await clock.advance(begun + days * DAY_MS - clock.now());
      await sweep(stores, clock.now());
      assert.equal(await count(3600), 10, `after ${days} days`);
      assert.ok((await points(key)) <= left + 1, `after ${days} days ${await points(key)} points are left`);
    }
    await clock.advance(400 * DAY_MS);
    await sweep(stores, clock.now());
    assert.equal(await points(key), 0);
  });
});
