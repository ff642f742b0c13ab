// Events on their way into an archive, and out of it again when they are old. Killed between storing and finishing, an event is in the archive twice.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
import type { Clock } from "../../kernel/clock.ts";
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import { type Archive, archiveArn, ARCHIVE_SIZES, archiveId, ARCHIVES, type ArchiveSize } from "./archive.ts";

export const ARCHIVING = "events-archive";

interface Head {
  /** ACCOUNT/REGION/NAME */
  archive: string;
  log: string;
  ingestedMs: number;
}

export function archiveSend(archive: Archive, id: string, text: string, ingestedMs: number): LaneSend {
  const head: Head = { archive: archiveId(archive), log: archive.log, ingestedMs };
  return { lane: `${ARCHIVING}/${archiveArn(archive)}`, id, body: `${JSON.stringify(head)}\n${text}`, dueMs: ingestedMs };
}

export function openArchiving({ stores }: { stores: Stores }): (item: LaneItem) => Promise<LaneOutcome> {
  return async ({ body }) => {
    const end = body.indexOf("\n");
    const { archive, log, ingestedMs } = JSON.parse(body.slice(0, end)) as Head;
    const text = body.slice(end + 1);
    await stores.transaction(async (tx) => {
      const there = await tx.documents<Archive>(ARCHIVES).get(archive);
      if (there?.log !== log) return; // deleted meanwhile
      await tx.logs.append(log, [{ atMs: ingestedMs, body: text }]);
      await grow(tx, archive, { events: 1, bytes: Buffer.byteLength(text) });
    });
    return {};
  };
}

async function grow(tx: Tx, id: string, by: ArchiveSize): Promise<void> {
  const sizes = tx.documents<ArchiveSize>(ARCHIVE_SIZES);
  if (!(await sizes.update(id, ({ events, bytes }) => ({ events: Math.max(0, events + by.events), bytes: Math.max(0, bytes + by.bytes) })))) await sizes.create(id, by);
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PAGE = 1000;

/** Once an hour, what is older than its archive's retention goes. */
export async function sweepArchives({ stores, clock }: { stores: Stores; clock: Clock }, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const [log] of await stores.documents(UNUSED_LOGS).list({ limit: PAGE })) await deleteUnusedLog(stores, log);
    for (let after: string | undefined; !signal.aborted;) {
      const page = await stores.documents<Archive>(ARCHIVES).list({ limit: PAGE, ...(after !== undefined && { after }) });
      for (const [id, { retentionDays, log }] of page) if (retentionDays > 0) await trimArchive(stores, id, log, clock.now() - retentionDays * DAY_MS);
      if (page.length < PAGE) break;
      after = page.at(-1)![0];
    }
    await clock.nextRound(HOUR_MS, signal).catch(() => undefined);
  }
}

/** About a page at a time: counted first, then gone together with its count in one transaction; nothing that old is added meanwhile. */
export async function trimArchive(stores: Stores, id: string, log: string, beforeMs: number): Promise<void> {
  for (let isLast = false; !isLast;) {
    const page = await stores.logs.read(log, { untilMs: beforeMs, limit: PAGE });
    isLast = page.length < PAGE;
    const untilMs = isLast ? beforeMs : Math.min(beforeMs, page.at(-1)!.atMs + 1);
    const { events, bytes } = await sizeUntil(stores, log, untilMs);
    if (events === 0) return;
    await stores.transaction(async (tx) => {
      await tx.logs.trim(log, untilMs);
      await grow(tx, id, { events: -events, bytes: -bytes });
    });
  }
}

async function sizeUntil(stores: Stores, log: string, untilMs: number): Promise<ArchiveSize> {
  const size: ArchiveSize = { events: 0, bytes: 0 };
  for (let after = 0; ;) {
    const page = await stores.logs.read(log, { after, untilMs, limit: PAGE });
    for (const { body } of page) {
      size.events += 1;
      size.bytes += Buffer.byteLength(body);
    }
    if (page.length < PAGE) return size;
    after = page.at(-1)!.seq;
  }
}

/** Logs of archives that are gone, by name: they go after, in steps, and at the latest with the next sweep. */
export const UNUSED_LOGS = "events/unused-archive-log";

export async function deleteUnusedLog(stores: Stores, log: string): Promise<void> {
  await stores.logs.delete(log);
  await stores.documents(UNUSED_LOGS).delete(log);
}
