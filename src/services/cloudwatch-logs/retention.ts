// Deletes what is older than its group's retention allows. Readers never see expired events, swept or not (expiredBeforeMs).
import type { Clock } from "../../kernel/clock.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import { decodeEvent, eventBytes } from "./append.ts";
import { expiredBeforeMs, type Group, GROUPS, logOf, type Stream, STREAMS } from "./group.ts";

const PAUSE_MS = 10 * 60_000;
const SCAN = 100;
/** How many events go in one transaction. */
const TRIM_BATCH = 1000;
const LEASE = "logs/retention";

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
  let after: string | undefined;
  for (;;) {
    const page = await stores.documents<Group>(GROUPS).list({ limit: SCAN, ...(after !== undefined && { after }) });
    for (const [id, group] of page) {
      signal?.throwIfAborted();
      if (group.retentionDays !== undefined) await sweepGroup(stores, id, expiredBeforeMs(group, nowMs));
    }
    if (page.length < SCAN) return;
    after = page.at(-1)![0];
  }
}

async function sweepGroup(stores: Stores, idOfGroup: string, beforeMs: number): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const page = await stores.documents<Stream>(STREAMS).list({ prefix: `${idOfGroup}:`, limit: SCAN, ...(after !== undefined && { after }) });
    for (const [id, stream] of page) {
      if (stream.firstEventMs === undefined || stream.firstEventMs >= beforeMs) continue;
      while (await stores.transaction((tx) => trimSome(tx, idOfGroup, id, beforeMs)));
    }
    if (page.length < SCAN) return;
    after = page.at(-1)![0];
  }
}

/** True when there is more to trim. What is deleted is counted first, so that storedBytes stays true. */
async function trimSome(tx: Tx, idOfGroup: string, id: string, beforeMs: number): Promise<boolean> {
  const expired = await tx.logs.read(logOf(id), { untilMs: beforeMs, limit: TRIM_BATCH });
  const more = expired.length === TRIM_BATCH;
  // Up to the youngest of this batch, unless the stream is out of order: then all that is older goes too, and is counted below.
  const cutMs = more ? Math.max(...expired.map((record) => record.atMs)) + 1 : beforeMs;
  const doomed = more ? await readAll(tx, logOf(id), cutMs) : expired;
  await tx.logs.trim(logOf(id), cutMs);
  const bytes = doomed.reduce((sum, record) => sum + eventBytes(decodeEvent(record.body).message), 0);
  const [oldest] = more ? [] : await tx.logs.read(logOf(id), { limit: 1 });
  await tx.documents<Stream>(STREAMS).update(id, ({ firstEventMs: _, ...stream }) => ({
    ...stream,
    storedBytes: Math.max(0, stream.storedBytes - bytes),
    // Out of order, the first to arrive need not be the oldest: then it is only known that nothing older is left.
    ...(more ? { firstEventMs: cutMs } : oldest && { firstEventMs: stream.ordered ? oldest.atMs : cutMs }),
  }));
  await tx.documents<Group>(GROUPS).update(idOfGroup, (group) => ({ ...group, storedBytes: Math.max(0, group.storedBytes - bytes) }));
  return more;
}

async function readAll(tx: Tx, log: string, untilMs: number) {
  const records = [];
  for (let after = 0; ; ) {
    const page = await tx.logs.read(log, { after, untilMs, limit: TRIM_BATCH });
    records.push(...page);
    if (page.length < TRIM_BATCH) return records;
    after = page.at(-1)!.seq;
  }
}
