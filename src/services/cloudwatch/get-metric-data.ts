// GetMetricData: many metrics at once, and metric math over them.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
import type * as Sdk from "@aws-sdk/client-cloudwatch";
import type { MetricDataQuery, MetricDataResult } from "@aws-sdk/client-cloudwatch";
import type { Call } from "../../kernel/call.ts";
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { badId, badPeriod, badQuery, badStatistic, badToken, duplicateId, notSupported, startNotBeforeEnd, statOrExpression, tooManyPoints, tooMuchWork } from "./errors.ts";
import { isPeriod } from "./get-metric-statistics.ts";
import { evaluate, type Scope, type Series, type Value } from "./math/evaluate.ts";
import { BadExpression, parseExpression } from "./math/parse.ts";
import { alignedStart, readPeriods } from "./periods.ts";
import { metricOf } from "./put-metric-data.ts";
import { statistic } from "./statistic-set.ts";

const POINTS_MAX = 100_800;
const PERIOD_DEFAULT = 60;
/** What one request may read of the store, and have on the way in its expressions: seconds of this machine, not minutes. */
const READ_MAX = 1_000_000;
const WORKED_MAX = 5_000_000;

interface Range {
  startMs: number;
  endSeconds: number;
  nowMs: number;
}

/** A query with what it came to. */
interface Answered {
  id: string;
  label: string;
  lines: Series[];
  shown: boolean;
}

export function dataOperations({ stores, metrics }: Pick<RoomPorts, "stores" | "metrics">): Pick<Api<typeof Sdk>, "GetMetricData"> {
  return {
    async GetMetricData(input, call) {
      if (input.StartTime >= input.EndTime) throw startNotBeforeEnd();
      const queries = input.MetricDataQueries;
      queries.forEach((query, at) => check(query, queries.slice(0, at)));
      const offset = input.NextToken === undefined ? 0 : Number(decodePageToken(input.NextToken));
      if (!Number.isInteger(offset) || offset < 0) throw badToken();
      await metrics.flush();
      const range: Range = { startMs: input.StartTime.getTime(), endSeconds: Math.ceil(input.EndTime.getTime() / 1000), nowMs: call.now.getTime() };
      const answered = await answerAll(stores, queries, range, call);
      const ascending = input.ScanBy === "TimestampAscending";
      return page(answered.filter(({ shown }) => shown), ascending, offset, Math.min(input.MaxDatapoints ?? POINTS_MAX, POINTS_MAX));
    },
  };
}

function check(query: MetricDataQuery, before: MetricDataQuery[]): void {
  const id = query.Id!;
  if (!/^[a-z]\w*$/.test(id)) throw badId(id, before.length);
  if (before.some((other) => other.Id === id)) throw duplicateId(id);
  if (query.AccountId) throw notSupported("AccountId (metrics of other accounts)");
  if ((query.MetricStat === undefined) === (query.Expression === undefined)) throw statOrExpression(id);
  if (query.Label?.includes("${")) throw notSupported("dynamic labels (${…} in Label)");
  if (/^\s*(SEARCH\s*\(|SELECT\b)/i.test(query.Expression ?? "")) throw notSupported("search expressions and Metrics Insights queries");
  const period = query.MetricStat?.Period ?? query.Period ?? PERIOD_DEFAULT;
  if (!isPeriod(period)) throw badPeriod(period);
  if (query.MetricStat && !statistic(query.MetricStat.Stat!)) throw badStatistic(query.MetricStat.Stat!);
}

async function answerAll(stores: Stores, queries: MetricDataQuery[], range: Range, call: Call): Promise<Answered[]> {
  const stats = queries.filter((query) => query.MetricStat);
  const read = new Map<string, Series>();
  const spendRead = budget(READ_MAX, () => tooMuchWork(`reads more than ${READ_MAX.toLocaleString("en-US")} stored datapoints`));
  for (const query of stats) read.set(query.Id!, await readStat(stores, query, range, call, spendRead));
  const scopeFor = scopesOf(queries, read, range);
  const answered: Answered[] = [];
  for (const query of queries) {
    const lines = query.MetricStat ? [read.get(query.Id!)!] : work(query, queries, scopeFor);
    answered.push({ id: query.Id!, label: query.Label ?? query.MetricStat?.Metric?.MetricName ?? query.Id!, lines, shown: query.ReturnData !== false });
    if (!query.MetricStat) await new Promise<void>((resolve) => { setImmediate(resolve); }); // others are served in between
  }
  return answered;
}

function budget(most: number, exceeded: () => Error): (points: number) => void {
  let left = most;
  return (points) => {
    if ((left -= points) < 0) throw exceeded();
  };
}

async function readStat(stores: Stores, { MetricStat }: MetricDataQuery, range: Range, call: Call, spend: (points: number) => void): Promise<Series> {
  const { Metric, Period, Stat, Unit } = MetricStat!;
  const startSeconds = alignedStart(range.startMs, Period!, range.nowMs);
  const asked = Math.ceil((range.endSeconds - startSeconds) / Period!);
  if (asked > POINTS_MAX) throw tooManyPoints(asked, POINTS_MAX);
  const { key } = metricOf(call, Metric!.Namespace!, Metric!.MetricName!, (Metric!.Dimensions ?? []).map(({ Name, Value }) => [Name!, Value!]));
  const periods = await readPeriods(stores, key, { startSeconds, endSeconds: range.endSeconds, periodSeconds: Period!, unit: Unit, spend });
  const value = statistic(Stat!)!;
  const series: Series = new Map();
  for (const period of periods) {
    const shown = value(period.set);
    if (shown !== undefined) series.set(period.startSeconds, shown);
  }
  return series;
}

/** One for each period length, so that every expression is worked out once in it, however many others name it. */
function scopesOf(queries: MetricDataQuery[], read: Map<string, Series>, range: Range): (periodSeconds: number) => Scope {
  const spend = budget(WORKED_MAX, () => new BadExpression(`the expressions of the request come to more than ${WORKED_MAX.toLocaleString("en-US")} datapoints`));
  const scopes = new Map<number, Scope>();
  return (periodSeconds) => {
    const known = scopes.get(periodSeconds);
    if (known) return known;
    const startSeconds = alignedStart(range.startMs, periodSeconds, range.nowMs);
    const count = Math.ceil((range.endSeconds - startSeconds) / periodSeconds);
    if (count > POINTS_MAX) throw tooManyPoints(count, POINTS_MAX);
    spend(count);
    const open = new Set<string>();
    const worked = new Map<string, Value>();
    const scope: Scope = {
      periodSeconds, spend,
      starts: Array.from({ length: count }, (_, at) => startSeconds + at * periodSeconds),
      metrics: (part) => [...read].filter(([id]) => id.includes(part)).map(([, series]) => series),
      named(id): Value {
        const before = read.get(id) ?? worked.get(id);
        if (before !== undefined) return before;
        const other = queries.find((candidate) => candidate.Id === id);
        if (!other) throw new BadExpression(`there is no metric or expression named ${id}`);
        if (open.has(id)) throw new BadExpression(`${id} refers to itself`);
        open.add(id);
        const value = evaluate(parseExpression(other.Expression!), scope);
        open.delete(id);
        worked.set(id, value);
        return value;
      },
    };
    scopes.set(periodSeconds, scope);
    return scope;
  };
}

function work(query: MetricDataQuery, queries: MetricDataQuery[], scopeFor: (periodSeconds: number) => Scope): Series[] {
  try {
    const value = scopeFor(query.Period ?? Math.max(PERIOD_DEFAULT, ...queries.map((other) => other.MetricStat?.Period ?? 0))).named(query.Id!);
    if (value instanceof Map) return [value];
    if (Array.isArray(value)) return value;
    throw new BadExpression("the expression must return a time series; TIME_SERIES makes one of a number");
  } catch (error) {
    if (error instanceof RangeError) throw badQuery(query.Id!, "the expressions are nested too deeply"); // V8's stack
    throw error instanceof BadExpression ? badQuery(query.Id!, error.message) : error;
  }
}

/** The points of all results one after another; a page is a stretch of them. */
function page(answered: Answered[], ascending: boolean, offset: number, limit: number): { MetricDataResults: MetricDataResult[]; NextToken?: string; Messages: [] } {
  const results: MetricDataResult[] = [];
  let at = 0;
  let left = limit;
  let more = false;
  for (const { id, label, lines } of answered) {
    for (const line of lines) {
      const points = [...line].sort(([a], [b]) => (ascending ? a - b : b - a));
      const skipped = Math.min(Math.max(offset - at, 0), points.length);
      const shown = points.slice(skipped, skipped + left);
      at += points.length;
      left -= shown.length;
      const cut = skipped + shown.length < points.length;
      if (offset > 0 && skipped === points.length) continue; // was on an earlier page
      if (more) continue;
      more = cut;
      results.push({
        Id: id, Label: label, StatusCode: cut ? "PartialData" : "Complete",
        Timestamps: shown.map(([second]) => new Date(second * 1000)), Values: shown.map(([, value]) => value),
      });
    }
  }
  const total = at;
  return { MetricDataResults: results, Messages: [], ...(more || offset + limit < total ? { NextToken: encodePageToken(String(offset + limit)) } : {}) };
}
