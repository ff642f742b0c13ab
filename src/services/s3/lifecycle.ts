// What a bucket's lifecycle rules say of one object, version or upload, and from when. No I/O.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html, …/lifecycle-conflicts.html
import type { LifecycleRuleFilter } from "@aws-sdk/client-s3";
import type { StoredObject, Version } from "./object.ts";
import { mayMove, depthOf, isArchive } from "./storage-classes.ts";

/** By the names of the API; dates are numbers. */
export interface LifecycleRule {
  ID: string;
  Status: "Enabled" | "Disabled";
  /** Of configurations from before there were filters. */
  Prefix?: string;
  Filter?: LifecycleRuleFilter;
  Expiration?: { Days?: number; dateMs?: number; ExpiredObjectDeleteMarker?: boolean };
  Transitions?: { Days?: number; dateMs?: number; StorageClass: string }[];
  NoncurrentVersionExpiration?: { NoncurrentDays: number; NewerNoncurrentVersions?: number };
  NoncurrentVersionTransitions?: { NoncurrentDays: number; NewerNoncurrentVersions?: number; StorageClass: string }[];
  AbortIncompleteMultipartUpload?: { DaysAfterInitiation: number };
}

export interface Lifecycle {
  rules: LifecycleRule[];
  minimumSize: "all_storage_classes_128K" | "varies_by_storage_class";
}

/** When something is due, and by which rule. */
export interface Due { dueMs: number; rule: string }

export type LifecycleAction = "expire" | { storageClass: string };

export const DAY_MS = 86_400_000;
const TRANSITION_BYTES_MIN = 128 * 1024;

/** "Adding the number of days to the object creation time and rounding the resulting time up to the next day at midnight UTC." */
export const daysAfter = (fromMs: number, days: number): number => Math.ceil(fromMs / DAY_MS + days) * DAY_MS;
/** When rules are next looked at: once a day, at midnight UTC. */
export const nextRunMs = (nowMs: number): number => (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS;

const criteriaOf = ({ Prefix, Filter }: LifecycleRule) => ({ ...(Prefix !== undefined && { Prefix }), ...Filter, ...Filter?.And });
export const prefixOf = (rule: LifecycleRule): string => criteriaOf(rule).Prefix ?? "";
/** A size of the rule's own takes the place of the default minimum for transitions. */
const asksForSize = (rule: LifecycleRule): boolean => { const { ObjectSizeGreaterThan, ObjectSizeLessThan } = criteriaOf(rule); return (ObjectSizeGreaterThan ?? ObjectSizeLessThan) !== undefined; };

/** A delete marker has no tags, and no size (the guide removes noncurrent ones with ObjectSizeLessThan 1). */
function applies(rule: LifecycleRule, { key, ...rest }: { key: string } & Partial<Pick<StoredObject, "sizeBytes" | "tags">>): boolean {
  if (rule.Status !== "Enabled") return false;
  const { sizeBytes = 0, tags = {} } = rest;
  const { Prefix = "", Tag, Tags = [], ObjectSizeGreaterThan: more = -1, ObjectSizeLessThan: less = Infinity } = criteriaOf(rule);
  return key.startsWith(Prefix) && sizeBytes > more && sizeBytes < less && (Tag ? [Tag, ...Tags] : Tags).every(({ Key, Value }) => Object.hasOwn(tags, Key!) && tags[Key!] === Value);
}

/** The earliest: "if two expiration policies overlap, the shorter expiration policy is honored". */
const earliest = (dues: Due[]): Due | undefined => dues.reduce<Due | undefined>((first, due) => (first && first.dueMs <= due.dueMs ? first : due), undefined);

/** When the current version of a key expires. */
export function expiryOf({ rules }: Lifecycle, object: Pick<StoredObject, "key" | "sizeBytes" | "tags" | "modifiedMs">): Due | undefined {
  return earliest(rules.flatMap((rule) => {
    const { Days, dateMs } = rule.Expiration ?? {};
    if ((Days === undefined && dateMs === undefined) || !applies(rule, object)) return [];
    return [{ dueMs: Days === undefined ? dateMs! : daysAfter(object.modifiedMs, Days), rule: rule.ID }];
  }));
}

/** When an upload under way is given up. */
export const abortOf = ({ rules }: Lifecycle, upload: { key: string; initiatedMs: number }): Due | undefined => earliest(rules.flatMap((rule) => {
  const days = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
  return days !== undefined && applies(rule, upload) ? [{ dueMs: daysAfter(upload.initiatedMs, days), rule: rule.ID }] : [];
}));

/** A delete marker under which no version is left: removed where a rule says so, and by Days when it is old enough. */
export const isMarkerDue = ({ rules }: Lifecycle, marker: Version, nowMs: number): boolean => rules.some((rule) => {
  const { Days, ExpiredObjectDeleteMarker } = rule.Expiration ?? {};
  const due = ExpiredObjectDeleteMarker === true || (Days !== undefined && daysAfter(marker.modifiedMs, Days) <= nowMs);
  return due && applies(rule, marker);
});

interface Move { dueMs: number; storageClass: string; rule: LifecycleRule }

/** Of what is due the class furthest down: "Amazon S3 chooses the lower cost option". */
function transitionDue({ minimumSize }: Lifecycle, object: StoredObject, moves: Move[], nowMs: number): LifecycleAction | undefined {
  const allowed = moves.filter(({ dueMs, storageClass, rule }) => dueMs <= nowMs && mayMove(object.storageClass, storageClass)
    && (object.sizeBytes >= TRANSITION_BYTES_MIN || asksForSize(rule) || (minimumSize === "varies_by_storage_class" && isArchive(storageClass))));
  const [deepest] = allowed.sort((one, other) => depthOf(other.storageClass) - depthOf(one.storageClass));
  return deepest && { storageClass: deepest.storageClass };
}

/** What is to be done with a current version now. `leavesMarker`: expiring it only makes a delete marker, and then a transition comes first. */
export function currentAction(lifecycle: Lifecycle, object: StoredObject, nowMs: number, leavesMarker: boolean): LifecycleAction | undefined {
  const expires = (expiryOf(lifecycle, object)?.dueMs ?? Infinity) <= nowMs;
  if (expires && !leavesMarker) return "expire";
  const moves = lifecycle.rules.filter((rule) => rule.Transitions && applies(rule, object)).flatMap((rule) => rule.Transitions!.map(({ Days, dateMs, StorageClass }) =>
    ({ dueMs: Days === undefined ? dateMs! : daysAfter(object.modifiedMs, Days), storageClass: StorageClass, rule })));
  return transitionDue(lifecycle, object, moves, nowMs) ?? (expires ? "expire" : undefined);
}

/** When it became noncurrent, and how many noncurrent versions of its key are newer. */
export interface Age { sinceMs: number; newer: number }

/** What is to be done with an older version now. */
export function noncurrentAction(lifecycle: Lifecycle, version: Version, { sinceMs, newer }: Age, nowMs: number): LifecycleAction | undefined {
  const rules = lifecycle.rules.filter((rule) => applies(rule, version));
  const isPast = ({ NoncurrentDays, NewerNoncurrentVersions = 0 }: { NoncurrentDays: number; NewerNoncurrentVersions?: number }) => newer >= NewerNoncurrentVersions && daysAfter(sinceMs, NoncurrentDays) <= nowMs;
  if (rules.some(({ NoncurrentVersionExpiration: expiration }) => expiration && isPast(expiration))) return "expire";
  if (version.deleteMarker) return undefined;
  const moves = rules.flatMap((rule) => (rule.NoncurrentVersionTransitions ?? []).filter(isPast).map(({ StorageClass }) => ({ dueMs: 0, storageClass: StorageClass, rule })));
  return transitionDue(lifecycle, version, moves, nowMs);
}

const shownDate = (dueMs: number): Date => new Date(Math.min(dueMs, Date.UTC(9999, 11, 31)));
/** As it was given where a header can hold it; what cannot is percent-encoded. */
const shownRule = (rule: string): string => rule.toWellFormed().replace(/[^\x20-\x7e]|["%]/gu, encodeURIComponent); // oxlint-disable-line no-control-regex -- a range

/** `x-amz-expiration`; nothing of an object that does not expire. */
export function shownExpiration(lifecycle: Lifecycle | undefined, object: Pick<StoredObject, "key" | "sizeBytes" | "tags" | "modifiedMs">): { Expiration?: string } {
  const due = lifecycle && expiryOf(lifecycle, object);
  return due ? { Expiration: `expiry-date="${shownDate(due.dueMs).toUTCString()}", rule-id="${shownRule(due.rule)}"` } : {};
}

/** `x-amz-abort-date` and the rule's id. */
export function shownAbort(lifecycle: Lifecycle | undefined, upload: { key: string; initiatedMs: number }): { AbortDate?: Date; AbortRuleId?: string } {
  const due = lifecycle && abortOf(lifecycle, upload);
  return due ? { AbortDate: shownDate(due.dueMs), AbortRuleId: shownRule(due.rule) } : {};
}
