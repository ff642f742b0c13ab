// The functions of metric math that Evoke has. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax-functions-list
import { keep, mapped, type Scope, type Series, seriesOf, type Value } from "./evaluate.ts";
import { BadExpression } from "./parse.ts";

type Call = (args: Value[], scope: Scope) => Value;

const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);
const mean = (values: number[]): number => total(values) / values.length;
function deviation(values: number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

/** Of one series: a number. Of a list: a series, over those that have a value at each time. */
const aggregate = (of: (values: number[]) => number): Call => ([given], _scope) => {
  if (given instanceof Map) return given.size ? of([...given.values()]) : NaN;
  if (!Array.isArray(given)) throw new BadExpression("expected time series");
  const seconds = [...new Set(given.flatMap((series) => [...series.keys()]))].sort((a, b) => a - b);
  const found: Series = new Map();
  for (const second of seconds) keep(found, second, of(given.flatMap((series) => series.get(second) ?? [])));
  return found;
};

const each = (of: (value: number) => number): Call => ([given]) => mapped(given!, of);

/** Each series on its own, in order of time. */
const along = (of: (points: [number, number][], scope: Scope) => [number, number][]): Call => ([given], scope) => {
  const one = (series: Series): Series => new Map(of([...series].sort(([a], [b]) => a - b), scope));
  return given instanceof Map ? one(given) : seriesOf(given!).map(one);
};

const steps = (of: (value: number, before: number, seconds: number) => number) => along((points) =>
  points.slice(1).map(([second, value], at): [number, number] => [second, of(value, points[at]![1], second - points[at]![0])]));

/** What its date says of each point, in UTC. */
const dated = (of: (date: Date) => number) => along((points) => points.map(([second]) => [second, of(new Date(second * 1000))]));

const bounds = (args: Value[]): number[] => args.map((value) => {
  if (typeof value !== "number") throw new BadExpression("expected a number");
  return value;
});

const least = (values: number[]): number => values.reduce((one, other) => Math.min(one, other), Infinity);
const most = (values: number[]): number => values.reduce((one, other) => Math.max(one, other), -Infinity);
const ORDERS: Record<string, (values: number[]) => number> = { SUM: total, AVG: mean, MIN: least, MAX: most };

export const FUNCTIONS: Record<string, Call> = {
  SUM: aggregate(total),
  AVG: aggregate(mean),
  MIN: aggregate(least),
  MAX: aggregate(most),
  STDDEV: aggregate(deviation),
  DATAPOINT_COUNT: aggregate((values) => values.length),
  ABS: each(Math.abs),
  CEIL: each(Math.ceil),
  FLOOR: each(Math.floor),
  LOG: each(Math.log),
  LOG10: each(Math.log10),
  DIFF: steps((value, before) => value - before),
  DIFF_TIME: steps((_value, _before, seconds) => seconds),
  RATE: steps((value, before, seconds) => (value - before) / seconds),
  RUNNING_SUM: along((points) => {
    let sum = 0;
    return points.map(([second, value]) => [second, (sum += value)]);
  }),
  EPOCH: dated((date) => date.getTime() / 1000),
  MINUTE: dated((date) => date.getUTCMinutes()),
  HOUR: dated((date) => date.getUTCHours()),
  /** From 1, Monday. */
  DAY: dated((date) => date.getUTCDay() || 7),
  DATE: dated((date) => date.getUTCDate()),
  MONTH: dated((date) => date.getUTCMonth() + 1),
  YEAR: dated((date) => date.getUTCFullYear()),
  METRIC_COUNT: ([list]) => seriesOf(list!).length,
  REMOVE_EMPTY: ([list]) => seriesOf(list!).filter(({ size }) => size > 0),
  SLICE: ([list, ...range]) => {
    const [from = 0, to] = bounds(range);
    return seriesOf(list!).slice(from, to);
  },
  SORT: ([list, by, order, ...limit]) => {
    const of = typeof by === "string" && Object.hasOwn(ORDERS, by) ? ORDERS[by]! : undefined;
    if (!of || (order !== "ASC" && order !== "DESC")) throw new BadExpression("SORT takes time series, one of AVG, MAX, MIN and SUM, and ASC or DESC");
    const sorted = seriesOf(list!).filter(({ size }) => size > 0).map((series) => ({ series, rank: of([...series.values()]) })).sort((a, b) => (order === "ASC" ? a.rank - b.rank : b.rank - a.rank));
    return sorted.slice(0, bounds(limit)[0]).map(({ series }) => series);
  },
  FIRST: ([list]) => seriesOf(list!)[0] ?? new Map(),
  LAST: ([list]) => seriesOf(list!).at(-1) ?? new Map(),
  PERIOD: (_args, { periodSeconds }) => periodSeconds,
  TIME_SERIES: ([value], { starts }) => {
    if (typeof value !== "number") throw new BadExpression("TIME_SERIES takes a number");
    return new Map(starts.map((second) => [second, value]));
  },
  METRICS: ([part = ""], { metrics }) => metrics(String(part)),
  FILL: ([given, by], scope) => {
    const one = (series: Series): Series => filled(series, by, scope);
    return given instanceof Map ? one(given) : seriesOf(given!).map(one);
  },
  IF: ([condition, then, otherwise], { starts }) => {
    if (typeof condition === "number") return (condition !== 0 ? then : otherwise) ?? new Map();
    if (!(condition instanceof Map)) throw new BadExpression("IF takes a time series or a number as its condition");
    const at = (value: Value | undefined, second: number): number | undefined => (typeof value === "number" ? value : value instanceof Map ? value.get(second) : undefined);
    const found: Series = new Map();
    for (const second of starts) {
      const chosen = condition.get(second) === undefined ? undefined : condition.get(second) !== 0 ? then : otherwise;
      const value = at(chosen, second);
      if (value !== undefined) keep(found, second, value);
    }
    return found;
  },
};

function filled(series: Series, by: Value | undefined, { starts }: Scope): Series {
  const found: Series = new Map();
  const known = [...series.keys()].sort((a, b) => a - b);
  let at = 0; // of the first known that is not before the period looked at
  for (const second of starts) {
    while (at < known.length && known[at]! < second) at++;
    const after = known[at];
    const before = after === second ? after : known[at - 1];
    let value = series.get(second);
    if (value === undefined && typeof by === "number") value = by;
    if (value === undefined && by instanceof Map) value = by.get(second);
    if (value === undefined && by === "REPEAT" && before !== undefined) value = series.get(before);
    if (value === undefined && by === "LINEAR" && before !== undefined && after !== undefined) {
      value = series.get(before)! + ((series.get(after)! - series.get(before)!) * (second - before)) / (after - before);
    }
    if (value !== undefined) found.set(second, value);
  }
  if (typeof by !== "number" && !(by instanceof Map) && by !== "REPEAT" && by !== "LINEAR") throw new BadExpression("FILL takes a number, a time series, REPEAT or LINEAR");
  return found;
}
