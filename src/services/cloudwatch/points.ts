// Points written and read: what is added to a period is merged with what is there, so several processes add up.
import type { Documents, Stores, Tx } from "../../storage/stores.ts";
import { beforePoint, KNOWN_AGAIN_MS, type Metric, METRICS, metricId, type Point, POINTS, pointId, pointOf, pointsPrefix, startOf, type Where } from "./metric.ts";
import { merged, type StatisticSet } from "./statistic-set.ts";

export interface Addition {
  where: Where;
  metric: Omit<Metric, "lastMs">;
  unit: string;
  atMs: number;
  set: StatisticSet;
  /** Kept by the second, too. */
  highResolution?: boolean;
}

const PAGE = 1000;

export async function addPoints(tx: Tx, additions: Addition[], nowMs: number): Promise<void> {
  const points = tx.documents<Point>(POINTS);
  const metrics = tx.documents<Metric>(METRICS);
  for (const { where, metric, unit, atMs, set, highResolution } of additions) {
    for (const periodSeconds of highResolution ? [1, 60] : [60]) await addPoint(points, pointId(metric.key, periodSeconds, startOf(atMs, periodSeconds), unit), set);
    const id = metricId(where, metric);
    const known = await metrics.get(id);
    if (!known || nowMs - known.lastMs >= KNOWN_AGAIN_MS) await metrics.put(id, { ...metric, lastMs: nowMs });
  }
}

export async function addPoint(points: Documents<Point>, id: string, set: StatisticSet): Promise<void> {
  if (await points.update(id, (before) => merged(before, set))) return;
  // The second update is for losing the race to create.
  if (!(await points.create(id, set))) await points.update(id, (before) => merged(before, set));
}

export interface Read {
  startSeconds: number;
  unit: string;
  set: StatisticSet;
}

/** The points that begin within [from, until), in order of time; `unit` absent: of all units. `spend` is told how many were looked at. */
export async function readPoints(stores: Stores, key: string, periodSeconds: number, fromSeconds: number, untilSeconds: number, unit?: string, spend?: (points: number) => void): Promise<Read[]> {
  const points = stores.documents<Point>(POINTS);
  const found: Read[] = [];
  for (let after = beforePoint(key, periodSeconds, fromSeconds); ;) {
    const page = await points.list({ prefix: pointsPrefix(key, periodSeconds), after, limit: PAGE });
    spend?.(page.length);
    for (const [id, set] of page) {
      const { startSeconds, unit: itsUnit } = pointOf(id);
      if (startSeconds >= untilSeconds) return found;
      if (unit === undefined || unit === itsUnit) found.push({ startSeconds, unit: itsUnit, set });
    }
    if (page.length < PAGE) return found;
    after = page.at(-1)![0];
  }
}
