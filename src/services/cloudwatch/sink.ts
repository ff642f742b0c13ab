// Where the platform's own numbers are added up, and written from time to time. An observation is a few additions in memory.
// Memory is bounded: past SERIES_MAX new series are not taken, and a line says so.
import type { MetricSeries, Metrics } from "../../ports/metrics.ts";
import type { RoomPorts } from "../service.ts";
import { metricOf } from "./put-metric-data.ts";
import type { Metric } from "./metric.ts";
import { type Addition, addPoints } from "./points.ts";
import { addTo, emptySum, setOf, type Sum } from "./statistic-set.ts";

const FLUSH_MS = 5000;
const RETRY_MS = 5000;
const SERIES_MAX = 20_000;
/** A series nobody has added to for so long is forgotten; its handle makes it anew. */
const IDLE_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** How many series go in one transaction. */
const BATCH = 200;

interface Line {
  of: MetricSeries;
  /** One for each set of dimensions. */
  metrics: Omit<Metric, "lastMs">[];
  minute: number;
  sum: Sum;
  /** Minutes that are over and not yet written. */
  before: { minute: number; sum: Sum }[];
  /** Since the start of this process. */
  total: { n: number; sum: number; max: number; last: number };
  lastMs: number;
  /** Has something to write. */
  dirty: boolean;
}

export interface MetricTotal extends Omit<MetricSeries, "dimensions"> {
  dimensions: Record<string, string>;
  /** Since this process began. */
  total: { n: number; sum: number; max: number; last: number };
}

export interface OpenMetrics extends Metrics {
  totals(): MetricTotal[];
  /** Writes what is left. */
  close(): Promise<void>;
}

export function openMetrics({ stores, clock, log }: Pick<RoomPorts, "stores" | "clock" | "log">): OpenMetrics {
  const lines = new Map<string, Line>();
  const dirty = new Set<Line>();
  let cancelTimer: (() => void) | undefined;
  let writing: Promise<void> = Promise.resolve();
  let full = false;
  let closed = false;

  const lineOf = (of: MetricSeries): Line | undefined => {
    const metrics = of.dimensions.map((dimensions) => metricOf(of, of.namespace, of.name, Object.entries(dimensions)));
    const id = `${metrics.map(({ key }) => key).join(" ")} ${of.unit}`;
    const known = lines.get(id);
    if (known) return known;
    if (lines.size >= SERIES_MAX) {
      if (!full) log.warn(`more than ${SERIES_MAX} metric series at once: new ones are not counted`);
      full = true;
      return undefined;
    }
    const line: Line = { of, metrics, minute: 0, sum: emptySum(), before: [], total: { n: 0, sum: 0, max: -Infinity, last: 0 }, lastMs: clock.now(), dirty: false };
    lines.set(id, line);
    return line;
  };

  const add = (line: Line, value: number, nowMs: number): void => {
    const minute = nowMs - (nowMs % MINUTE_MS);
    if (line.minute !== minute) {
      if (line.sum.n) line.before.push({ minute: line.minute, sum: line.sum });
      line.minute = minute;
      line.sum = emptySum();
    }
    addTo(line.sum, value);
    const { total } = line;
    total.n++;
    total.sum += value;
    total.last = value;
    if (value > total.max) total.max = value;
    line.lastMs = nowMs;
    if (line.dirty) return;
    line.dirty = true;
    dirty.add(line);
    cancelTimer ??= clock.after(FLUSH_MS, () => void flush().catch((error: unknown) => log.error("metrics could not be stored; they are tried again", { error })));
  };

  const writeBatch = async (batch: Line[]): Promise<void> => {
    const taken = batch.map((line) => {
      const sums = [...line.before, ...(line.sum.n ? [{ minute: line.minute, sum: line.sum }] : [])];
      line.before = [];
      line.sum = emptySum();
      line.dirty = false;
      return { line, sums };
    });
    try {
      await stores.transaction((tx) => addPoints(tx, taken.flatMap(({ line, sums }) => sums.flatMap((one) => additionsOf(line, one))), clock.now()));
    } catch (error) {
      for (const { line, sums } of taken) {
        line.before.unshift(...sums);
        line.dirty = true;
        dirty.add(line);
      }
      throw error;
    }
  };

  const writeAll = async (): Promise<void> => {
    cancelTimer?.();
    cancelTimer = undefined;
    const waiting = [...dirty];
    dirty.clear();
    for (let at = 0; at < waiting.length; at += BATCH) {
      try {
        await writeBatch(waiting.slice(at, at + BATCH));
      } catch (error) {
        for (const line of waiting.slice(at)) dirty.add(line);
        if (!closed) cancelTimer ??= clock.after(RETRY_MS, () => void flush().catch(() => undefined));
        throw error;
      }
    }
    for (const [id, line] of lines) if (clock.now() - line.lastMs > IDLE_MS && !dirty.has(line)) lines.delete(id);
  };

  /** One round at a time. */
  const flush = (): Promise<void> => {
    writing = writing.catch(() => undefined).then(writeAll);
    return writing;
  };

  return {
    flush,
    series(of) {
      let line = lineOf(of);
      return (value) => {
        if (closed) return;
        const nowMs = clock.now();
        if (line && nowMs - line.lastMs > IDLE_MS / 2) line = undefined; // it may have been forgotten
        line ??= lineOf(of);
        if (line) add(line, value, nowMs);
      };
    },
    totals: () => [...lines.values()].flatMap(({ of, total }) => of.dimensions.map((dimensions) => ({ ...of, dimensions, total }))),
    async close() {
      await flush();
      closed = true;
      cancelTimer?.();
    },
  };
}

function additionsOf({ of, metrics }: Line, { minute, sum }: { minute: number; sum: Sum }): Addition[] {
  const set = setOf(sum);
  return metrics.map((metric) => ({ where: of, metric, unit: of.unit, atMs: minute, set }));
}
