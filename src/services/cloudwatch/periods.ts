// A metric over time: its stored points gathered into the periods a caller asks for.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
import type { Stores } from "../../storage/stores.ts";
import { KEPT } from "./metric.ts";
import { type Read, readPoints } from "./points.ts";
import { merged, type StatisticSet } from "./statistic-set.ts";

export interface Span {
  startSeconds: number;
  endSeconds: number;
  periodSeconds: number;
  unit: string | undefined;
  /** Told how many stored points were looked at; may throw. */
  spend?: (points: number) => void;
}

export interface Period {
  startSeconds: number;
  unit: string;
  set: StatisticSet;
}

/** CloudWatch moves a start back to a whole minute, five minutes or hour, by its age. */
export function alignedStart(startMs: number, periodSeconds: number, nowMs: number): number {
  const ageMs = nowMs - startMs;
  const step = ageMs < KEPT[1].forMs ? (periodSeconds < 60 ? periodSeconds : 60) : ageMs < KEPT[2].forMs ? 300 : 3600;
  return Math.floor(startMs / 1000 / step) * step;
}

/** One entry per period that has data and unit, in order of time. Rolled up points are in longer periods only, so all lengths together are each observation once. */
export async function readPeriods(stores: Stores, key: string, span: Span): Promise<Period[]> {
  const { startSeconds, endSeconds, periodSeconds, unit, spend } = span;
  const lengths = periodSeconds < 60 ? [1] : [60, 300, 3600];
  const reads = await Promise.all(lengths.map((length) => readPoints(stores, key, length, startSeconds, endSeconds, unit, spend)));
  const periods = new Map<string, Period>();
  for (const read of reads.flat()) gather(periods, read, startSeconds + Math.floor((read.startSeconds - startSeconds) / periodSeconds) * periodSeconds);
  return [...periods.values()].sort((a, b) => a.startSeconds - b.startSeconds || (a.unit < b.unit ? -1 : 1));
}

function gather(periods: Map<string, Period>, { unit, set }: Read, startSeconds: number): void {
  const id = `${startSeconds} ${unit}`;
  const known = periods.get(id);
  periods.set(id, { startSeconds, unit, set: known ? merged(known.set, set) : set });
}
