// The daily run of a bucket's lifecycle rules: goes through its keys, older versions and uploads in steps, each action one transaction with its event.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
import type { Documents } from "../../storage/stores.ts";
import { discardBody } from "./bodies.ts";
import type { Bucket } from "./bucket.ts";
import { type Change, changing, removeKey, removeVersion } from "./change.ts";
import { type Age, abortOf, currentAction, DAY_MS, isMarkerDue, type Lifecycle, type LifecycleAction, noncurrentAction, prefixOf } from "./lifecycle.ts";
import { objectId, OBJECTS, olderVersions, UPLOADS, uploadDocument, VERSIONS } from "./names.ts";
import { findVersion, rewriteVersion, type StoredObject, type Version } from "./object.ts";
import { isLocked } from "./object-lock.ts";
import type { Parts } from "./parts.ts";
import type { Upload } from "./upload.ts";

/** So many are read at once; in between others are served. */
const ROWS = 200;
const CHANGED_AT_ONCE = 16;

interface Walking {
  parts: Parts;
  bucket: Bucket;
  lifecycle: Lifecycle;
  signal: AbortSignal;
}

/** Older versions first, so that a delete marker that becomes the last of its key goes in the same run. May be broken off and begun again: what is done stays done. */
export async function applyLifecycle(parts: Parts, bucket: Bucket, signal: AbortSignal): Promise<void> {
  const { lifecycle } = bucket.settings;
  if (!lifecycle) return;
  const walking: Walking = { parts, bucket, lifecycle, signal };
  const { rules } = lifecycle;
  if (rules.some((rule) => rule.NoncurrentVersionExpiration ?? rule.NoncurrentVersionTransitions)) await applyToOlder(walking);
  if (rules.some((rule) => rule.Expiration ?? rule.Transitions)) await applyToCurrent(walking);
  if (rules.some((rule) => rule.AbortIncompleteMultipartUpload)) await applyToUploads(walking);
}

/** Only what lies under some rule's prefix is read, and nothing twice. */
function prefixesOf({ rules }: Lifecycle): string[] {
  const all = [...new Set(rules.filter(({ Status }) => Status === "Enabled").map(prefixOf))];
  return all.filter((prefix) => !all.some((other) => other !== prefix && prefix.startsWith(other)));
}

async function eachPage<T>({ bucket, lifecycle, signal }: Walking, documents: Documents<T>, work: (rows: [id: string, value: T][]) => Promise<void>): Promise<void> {
  for (const prefix of prefixesOf(lifecycle)) {
    for (let after: string | undefined, more = true; more && !signal.aborted;) {
      const rows = await documents.list({ prefix: objectId(bucket.name, prefix), limit: ROWS, ...(after !== undefined && { after }) });
      await work(rows);
      after = rows.at(-1)?.[0];
      more = rows.length === ROWS;
      await new Promise((resolve) => { setImmediate(resolve); }); // reads alone never let others be served
    }
  }
}

/** Some at a time, so that their commits are few. */
async function each<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += CHANGED_AT_ONCE) await Promise.all(items.slice(from, from + CHANGED_AT_ONCE).map(work));
}

async function applyToCurrent(walking: Walking): Promise<void> {
  const { parts, bucket } = walking;
  await eachPage(walking, parts.stores.documents<Version>(OBJECTS), async (rows) => {
    const due = rows.filter(([, version]) => currentDue(bucket, version, parts.clock.now()) !== undefined);
    await each(due, ([, { key }]) => changing(parts, bucket, (change) => changeCurrent(parts, change, key)));
  });
}

/** "marker": it is a delete marker that is to go, when no version is left under it. */
function currentDue({ versioning, settings: { lifecycle } }: Bucket, version: Version, nowMs: number): LifecycleAction | "marker" | undefined {
  if (!lifecycle) return undefined;
  if (version.deleteMarker) return isMarkerDue(lifecycle, version, nowMs) ? "marker" : undefined;
  return currentAction(lifecycle, version, nowMs, versioning !== undefined);
}

/** What was seen may have changed meanwhile: it is asked for once more. */
async function changeCurrent(parts: Parts, change: Change, key: string): Promise<void> {
  const { tx, bucket } = change;
  const nowMs = parts.clock.now();
  const version = await findVersion(tx, bucket.name, key);
  const action = version && currentDue(bucket, version, nowMs);
  if (!version || action === undefined) return;
  if (action === "marker") {
    const [older] = await tx.documents<Version>(VERSIONS).list({ prefix: olderVersions(bucket.name, key), limit: 1 });
    if (!older) await removeVersion(parts, change, key, version.versionId, false);
  } else if (action === "expire") await expireCurrent(parts, change, key, nowMs);
  else await move(change, version as StoredObject, action.storageClass);
}

async function expireCurrent(parts: Parts, change: Change, key: string, nowMs: number): Promise<void> {
  const removal = await removeKey(parts, change, key, change.bucket.account);
  if (!removal) return;
  if (!removal.markerMade) return change.announce({ name: "LifecycleExpiration:Delete", key, version: removal.version });
  // "S3 Lifecycle sets the delete marker's creation time to 00:00 UTC (midnight) of the current day": documented.
  const marker = { ...removal.version, modifiedMs: Math.floor(nowMs / DAY_MS) * DAY_MS };
  await rewriteVersion(change.tx, change.bucket.name, marker);
  await change.announce({ name: "LifecycleExpiration:DeleteMarkerCreated", key, version: marker });
}

async function move(change: Change, { restore: _, ...object }: StoredObject, storageClass: string): Promise<void> {
  await rewriteVersion(change.tx, change.bucket.name, { ...object, storageClass });
  await change.announce({
    name: "LifecycleTransition", key: object.key, version: object,
    more: { lifecycleEventData: { transitionEventData: { destinationStorageClass: storageClass } } }, detail: { "destination-storage-class": storageClass },
  });
}

async function applyToOlder(walking: Walking): Promise<void> {
  const { parts, bucket, lifecycle } = walking;
  const current = parts.stores.documents<Version>(OBJECTS);
  let key: string | undefined;
  let age: Age = { sinceMs: 0, newer: 0 };
  await eachPage(walking, parts.stores.documents<Version>(VERSIONS), async (rows) => {
    const due: { version: Version; age: Age }[] = [];
    for (const [, version] of rows) {
      // Noncurrent since the version before it in this order was written, the current one first.
      if (version.key !== key) age = { sinceMs: (await current.get(objectId(bucket.name, version.key)))?.modifiedMs ?? Infinity, newer: 0 };
      key = version.key;
      if (noncurrentAction(lifecycle, version, age, parts.clock.now()) !== undefined) due.push({ version, age });
      age = { sinceMs: version.modifiedMs, newer: age.newer + 1 };
    }
    await each(due, (one) => changing(parts, bucket, (change) => changeOlder(parts, change, one.version, one.age)));
  });
}

/** It may have gone, been locked or become current again meanwhile; its age can only have grown. */
async function changeOlder(parts: Parts, change: Change, { key, versionId, sequence }: Version, age: Age): Promise<void> {
  const { tx, bucket: { name, settings: { lifecycle } } } = change;
  const nowMs = parts.clock.now();
  const version = await findVersion(tx, name, key, versionId);
  if (!lifecycle || version?.sequence !== sequence || (await findVersion(tx, name, key))?.sequence === sequence) return;
  const action = noncurrentAction(lifecycle, version, age, nowMs);
  if (action === undefined) return;
  if (action !== "expire") return move(change, version as StoredObject, action.storageClass);
  if (isLocked(version, nowMs, false)) return;
  await removeVersion(parts, change, key, versionId, false);
  if (!version.deleteMarker) await change.announce({ name: "LifecycleExpiration:Delete", key, version });
}

async function applyToUploads(walking: Walking): Promise<void> {
  const { parts, bucket } = walking;
  const isDue = ({ settings: { lifecycle } }: Bucket, upload: Upload) => (lifecycle && (abortOf(lifecycle, upload)?.dueMs ?? Infinity) <= parts.clock.now()) === true;
  await eachPage(walking, parts.stores.documents<Upload>(UPLOADS), (rows) => each(rows.filter(([, upload]) => isDue(bucket, upload)), ([, upload]) =>
    changing(parts, bucket, async (change) => {
      if (isDue(change.bucket, upload) && (await change.tx.documents<Upload>(UPLOADS).delete(uploadDocument(bucket.name, upload.key, upload.uploadId)))) await discardBody(change.tx, { id: upload.uploadId, parts: 0 }, parts.clock.now());
    })));
}
