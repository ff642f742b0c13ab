// What is kept of the observations of one period: count, sum, extremes, and how the values are spread. No storage, no clock.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html

export interface StatisticSet {
  n: number;
  sum: number;
  min: number;
  max: number;
  /** Value and how often, ascending. Absent when some came as a StatisticSet, of which no percentile can be told. */
  spread?: [value: number, count: number][];
}

/** Up to so many different values are kept as they are; more are put into steps of 2 %, so a percentile is at most 1 % off. */
const VALUES_MAX = 150;
const STEP = Math.log(1.02);

const bucketOf = (value: number): number => (value === 0 ? 0 : Math.sign(value) * Math.exp((Math.round(Math.log(Math.abs(value)) / STEP)) * STEP));

/** Observations being added up in memory. */
export interface Sum {
  n: number;
  sum: number;
  min: number;
  max: number;
  spread: Map<number, number>;
  stepped: boolean;
  /** The value that came last and how often in a row, not yet in `spread`: most numbers are ones, and adding to a Map costs the most. */
  last: number;
  times: number;
}

export const emptySum = (): Sum => ({ n: 0, sum: 0, min: Infinity, max: -Infinity, spread: new Map(), stepped: false, last: 0, times: 0 });

export function addTo(sum: Sum, value: number, count = 1): void {
  sum.n += count;
  sum.sum += value * count;
  if (value < sum.min) sum.min = value;
  if (value > sum.max) sum.max = value;
  if (value === sum.last) {
    sum.times += count;
    return;
  }
  spreadLast(sum);
  sum.last = value;
  sum.times = count;
}

function spreadLast(sum: Sum): void {
  if (sum.times === 0) return;
  const kept = sum.stepped ? bucketOf(sum.last) : sum.last;
  sum.spread.set(kept, (sum.spread.get(kept) ?? 0) + sum.times);
  sum.times = 0;
  if (!sum.stepped && sum.spread.size > VALUES_MAX) {
    sum.stepped = true;
    sum.spread = new Map(stepped([...sum.spread]));
  }
}

export function setOf(added: Sum): StatisticSet {
  spreadLast(added);
  const { n, sum, min, max, spread } = added;
  return { n, sum, min, max, spread: [...spread].sort(ascending) };
}

export function merged(a: StatisticSet, b: StatisticSet): StatisticSet {
  const all = { n: a.n + b.n, sum: a.sum + b.sum, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
  if (!a.spread || !b.spread) return all;
  const counts = new Map(a.spread);
  for (const [value, count] of b.spread) counts.set(value, (counts.get(value) ?? 0) + count);
  const spread = counts.size > VALUES_MAX ? stepped([...counts]) : [...counts];
  return { ...all, spread: spread.sort(ascending) };
}

const ascending = (a: [number, number], b: [number, number]): number => a[0] - b[0];

function stepped(spread: [number, number][]): [number, number][] {
  const counts = new Map<number, number>();
  for (const [value, count] of spread) {
    const bucket = bucketOf(value);
    counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  }
  return [...counts];
}

const SIMPLE: Record<string, (set: StatisticSet) => number> = {
  SampleCount: ({ n }) => n, Sum: ({ sum }) => sum, Average: ({ n, sum }) => sum / n, Minimum: ({ min }) => min, Maximum: ({ max }) => max,
};

type Reading = (set: StatisticSet) => number | undefined;

/**
 * How to read a statistic off a set: SampleCount, Sum, Average, Minimum, Maximum, p99, p99.9, IQM, tm90, tc90, ts90, wm90, TM(10%:90%), TM(5:50), PR(:300) …
 * Undefined when there is no such statistic. The reading is undefined where the spread is not known.
 */
export function statistic(name: string): Reading | undefined {
  if (Object.hasOwn(SIMPLE, name)) return SIMPLE[name];
  if (name === "IQM") return trimmed("tm", { percent: true, low: 25, high: 75 });
  const short = /^(p|tm|tc|ts|wm)(\d{1,2}(?:\.\d{1,10})?|100)$/.exec(name);
  if (short) return short[1] === "p" ? (set) => percentile(set, Number(short[2])) : trimmed(short[1]!, { percent: true, low: 0, high: Number(short[2]) });
  const long = /^(TM|TC|TS|WM|PR)\(([\d.]*)(%?):([\d.]*)(%?)\)$/.exec(name);
  if (!long || (!long[2] && !long[4])) return undefined;
  const percent = long[3] === "%" || long[5] === "%";
  if (percent && (long[1] === "PR" || (long[2] !== "" && long[3] !== "%") || (long[4] !== "" && long[5] !== "%"))) return undefined;
  const range = { percent, low: long[2] ? Number(long[2]) : percent ? 0 : -Infinity, high: long[4] ? Number(long[4]) : percent ? 100 : Infinity };
  return Number.isNaN(range.low) || Number.isNaN(range.high) ? undefined : trimmed(long[1]!.toLowerCase(), range);
}

/** The smallest value that at least `rank` per cent of the observations do not exceed. */
export function percentile({ n, min, max, spread }: StatisticSet, rank: number): number | undefined {
  if (min === max) return min;
  if (!spread) return undefined;
  const wanted = (rank / 100) * n;
  let seen = 0;
  for (const [value, count] of spread) {
    seen += count;
    if (seen >= wanted - 1e-9 && seen > 0) return Math.min(Math.max(value, min), max);
  }
  return max;
}

interface Range {
  percent: boolean;
  low: number;
  high: number;
}

/** Trimmed mean, count and sum, winsorized mean, percentile rank: over the values within a range of percentiles or of values. */
function trimmed(kind: string, range: Range): Reading {
  return (set) => {
    const spread = set.spread ?? (set.min === set.max ? ([[set.min, set.n]] as [number, number][]) : undefined);
    if (!spread) return undefined;
    const inside = range.percent ? byRank(spread, set.n, range) : spread.filter(([value]) => value > range.low && value <= range.high);
    const count = inside.reduce((total, [, one]) => total + one, 0);
    const sum = inside.reduce((total, [value, one]) => total + value * one, 0);
    if (kind === "tc") return count;
    if (kind === "pr") return (100 * count) / set.n;
    if (count === 0) return undefined;
    if (kind === "ts") return sum;
    if (kind === "tm") return sum / count;
    // Winsorized: what is outside counts as the value at the edge.
    const below = range.percent ? (range.low / 100) * set.n : spread.filter(([value]) => value <= range.low).reduce((total, [, one]) => total + one, 0);
    return (sum + below * inside[0]![0] + (set.n - count - below) * inside.at(-1)![0]) / set.n;
  };
}

/** The part of the spread between two percentiles; a value at an edge counts in part. */
function byRank(spread: [number, number][], n: number, { low, high }: Range): [number, number][] {
  const from = (low / 100) * n;
  const until = (high / 100) * n;
  let seen = 0;
  return spread.flatMap(([value, count]): [number, number][] => {
    const part = Math.min(seen + count, until) - Math.max(seen, from);
    seen += count;
    return part > 0 ? [[value, part]] : [];
  });
}
