// What a new object is locked with, and what a lock forbids. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
import { locked, notSupported } from "./errors.ts";
import type { Bucket } from "./bucket.ts";
import type { ObjectLock, Version } from "./object.ts";
import { badLegalHold, badLockMode, bucketHasNoLock, lockHalfGiven, retentionInPast } from "./settings-errors.ts";

/** A legal hold or a retention keeps the version. */
export function isLocked(version: Version, nowMs: number, bypassGovernance: boolean): boolean {
  if (version.deleteMarker || !version.lock) return false;
  const { legalHold, mode, untilMs = 0 } = version.lock;
  return legalHold === true || (untilMs > nowMs && !(mode === "GOVERNANCE" && bypassGovernance));
}

/** Throws AccessDenied. */
export function checkRemovable(version: Version, nowMs: number, bypassGovernance: boolean): void {
  if (isLocked(version, nowMs, bypassGovernance)) throw locked();
}

export interface LockAsked {
  ObjectLockMode?: string | undefined;
  ObjectLockRetainUntilDate?: Date | undefined;
  ObjectLockLegalHoldStatus?: string | undefined;
  ObjectLockEventHold?: string | undefined;
  ObjectLockEventHoldDurationDays?: number | undefined;
  ObjectLockEventHoldDurationYears?: number | undefined;
}

const DAY_MS = 86_400_000;

/** As its request says, or the bucket's default. Throws InvalidArgument, InvalidRequest. */
export function lockOfNewObject({ settings: { objectLock } }: Pick<Bucket, "settings">, asked: LockAsked, nowMs: number): ObjectLock | undefined {
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: hold } = asked;
  if (asked.ObjectLockEventHold !== undefined || asked.ObjectLockEventHoldDurationDays !== undefined || asked.ObjectLockEventHoldDurationYears !== undefined) throw notSupported("ObjectLockEventHold");
  if ((mode === undefined) !== (until === undefined)) throw lockHalfGiven(mode === undefined ? "x-amz-object-lock-mode" : "x-amz-object-lock-retain-until-date");
  if (mode !== undefined && mode !== "GOVERNANCE" && mode !== "COMPLIANCE") throw badLockMode(mode);
  if (hold !== undefined && hold !== "ON" && hold !== "OFF") throw badLegalHold(hold);
  if (!objectLock) {
    if (mode !== undefined || hold !== undefined) throw bucketHasNoLock();
    return undefined;
  }
  if (until && until.getTime() <= nowMs) throw retentionInPast(until);
  const retention: ObjectLock | undefined = mode && until ? { mode, untilMs: until.getTime() } : defaultRetention(objectLock, nowMs);
  if (!retention && hold === undefined) return undefined;
  return { ...retention, ...(hold !== undefined && { legalHold: hold === "ON" }) };
}

function defaultRetention({ mode, days, years }: NonNullable<Bucket["settings"]["objectLock"]>, nowMs: number): ObjectLock | undefined {
  if (mode === undefined) return undefined;
  // "A period of years is as many times 365 days" is nowhere said; a year from a day is that day of the next year.
  const date = new Date(nowMs);
  return { mode, untilMs: days !== undefined ? nowMs + days * DAY_MS : date.setUTCFullYear(date.getUTCFullYear() + years!) };
}
