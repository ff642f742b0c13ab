// The temporary copy of an archived object: whether it is there, from when and until when. No I/O.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html, …/restoring-objects-retrieval-options.html
import { daysAfter } from "./lifecycle.ts";
import { isArchived, tierNotSupported } from "./lifecycle-errors.ts";
import type { StoredObject } from "./object.ts";
import { isArchive } from "./storage-classes.ts";
import { malformedXml } from "./errors.ts";

export type Tier = "Expedited" | "Standard" | "Bulk";

export interface Restore {
  tier: Tier;
  days: number;
  /** Of the item in RESTORES that will complete it, or end it. */
  item: string;
  /** Absent: still on its way. */
  untilMs?: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The longest that AWS's guide says each typically takes. */
const TIMES_MS: Record<string, Partial<Record<Tier, number>>> = {
  GLACIER: { Expedited: 5 * MINUTE_MS, Standard: 5 * HOUR_MS, Bulk: 12 * HOUR_MS },
  DEEP_ARCHIVE: { Standard: 12 * HOUR_MS, Bulk: 48 * HOUR_MS },
};
const ORDER: Tier[] = ["Bulk", "Standard", "Expedited"];

/** Throws MalformedXML, InvalidArgument. */
export function restoreTimeMs(storageClass: string, tier: string): number {
  if (!(ORDER as string[]).includes(tier)) throw malformedXml();
  const timeMs = TIMES_MS[storageClass]?.[tier as Tier];
  if (timeMs === undefined) throw tierNotSupported(tier);
  return timeMs;
}

/** "You can upgrade the speed of an in-progress restoration." */
export const isFaster = (tier: Tier, than: Tier): boolean => ORDER.indexOf(tier) > ORDER.indexOf(than);

/** "Adding the number of days to the time the requested restoration is completed, and rounding the resulting time to the next day at midnight UTC." */
export const restoredUntil = (completedMs: number, days: number): number => daysAfter(completedMs, days);

/** Throws InvalidObjectState while the bytes are in an archive and no copy of them is there. */
export function checkReadable({ storageClass, restore }: Pick<StoredObject, "storageClass" | "restore">, refuse: (storageClass: string) => Error = isArchived): void {
  if (isArchive(storageClass) && restore?.untilMs === undefined) throw refuse(storageClass!);
}

/** `x-amz-restore` */
export const shownRestore = ({ restore }: Pick<StoredObject, "restore">): { Restore?: string } =>
  (restore ? { Restore: restore.untilMs === undefined ? 'ongoing-request="true"' : `ongoing-request="false", expiry-date="${new Date(restore.untilMs).toUTCString()}"` } : {});

/** Of a list that asks for RestoreStatus. */
export const listedRestore = ({ restore }: Pick<StoredObject, "restore">) =>
  (restore ? { RestoreStatus: restore.untilMs === undefined ? { IsRestoreInProgress: true } : { IsRestoreInProgress: false, RestoreExpiryDate: new Date(restore.untilMs) } } : {});
