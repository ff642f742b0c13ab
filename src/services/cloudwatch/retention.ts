// Old points become coarser, then go: seconds after 3 hours, minutes after 15 days, five minutes after 63, hours after 455.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention
import type { Clock } from "../../kernel/clock.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Stores } from "../../storage/stores.ts";
import { KEPT, type Metric, METRICS, type Point, POINTS, pointId, pointOf, pointsPrefix, startOf } from "./metric.ts";
import { addPoint } from "./points.ts";

const PAUSE_MS = 3_600_000;
const LEASE = "cloudwatch/retention";
const SCAN = 200;
/** How many points go in one transaction. */
const BATCH = 200;

/** Runs until the signal. One process of many does the work at a time. */
export async function sweepForever({ stores, clock, ids }: { stores: Stores; clock: Clock; ids: Ids }, signal: AbortSignal): Promise<void> {
  const holder = ids.uuid();
  for (;;) {
    await clock.nextRound(PAUSE_MS, signal);
    const nowMs = clock.now();
    if (await stores.leases.take(LEASE, holder, nowMs, nowMs + 2 * PAUSE_MS)) await sweep(stores, nowMs, signal);
  }
}

export async function sweep(stores: Stores, nowMs: number, signal?: AbortSignal): Promise<void> {
  for (let after: string | undefined; ;) {
    const page = await stores.documents<Metric>(METRICS).list({ limit: SCAN, ...(after === undefined ? {} : { after }) });
    for (const [id, metric] of page) {
      signal?.throwIfAborted();
      // Seconds are kept as minutes, too, from the start, so they only go.
      for (const [at, { periodSeconds, forMs }] of KEPT.entries()) await sweepLength(stores, metric.key, periodSeconds, nowMs - forMs, at === 0 ? undefined : KEPT[at + 1]?.periodSeconds);
      if (metric.lastMs < nowMs - KEPT.at(-1)!.forMs) await stores.documents<Metric>(METRICS).delete(id);
    }
    if (page.length < SCAN) return;
    after = page.at(-1)![0];
  }
}

async function sweepLength(stores: Stores, key: string, periodSeconds: number, beforeMs: number, intoSeconds: number | undefined): Promise<void> {
  for (;;) {
    const page = await stores.documents<Point>(POINTS).list({ prefix: pointsPrefix(key, periodSeconds), limit: BATCH });
    const old = page.filter(([id]) => (pointOf(id).startSeconds + periodSeconds) * 1000 <= beforeMs);
    if (old.length) {
      await stores.transaction(async (tx) => {
        const points = tx.documents<Point>(POINTS);
        for (const [id, set] of old) {
          const { startSeconds, unit } = pointOf(id);
          if ((await points.delete(id)) && intoSeconds !== undefined) await addPoint(points, pointId(key, intoSeconds, startOf(startSeconds * 1000, intoSeconds), unit), set);
        }
      });
    }
    if (old.length < BATCH) return;
  }
}
