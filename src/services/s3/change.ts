// Changes of objects: each is one transaction with everything that follows from it, its event included.
import type { Call } from "../../kernel/call.ts";
import type { LaneSend } from "../../ports/lanes.ts";
import type { Tx } from "../../storage/stores.ts";
import { type Bucket } from "./bucket.ts";
import { discardBody } from "./bodies.ts";
import { wholeSeconds } from "./conditions.ts";
import { noSuchBucket } from "./errors.ts";
import { BUCKETS, makeVersionId, OBJECTS, objectId, olderVersions, uploadDocument, UPLOADS, versionDocument, VERSION_RANDOM_CHARACTERS, VERSIONS } from "./names.ts";
import type { EventName } from "./notification.ts";
import { type DeleteMarker, findVersion, type StoredObject, type StoredVersion, type Version } from "./object.ts";
import { checkRemovable } from "./object-lock.ts";
import { announce } from "./notify.ts";
import type { Parts } from "./parts.ts";
import type { Upload } from "./upload.ts";

const VERSION_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/** More uploads of one key than this are not told of its deletion. */
const UPLOADS_TOLD_MAX = 100;

/** What happened to an object, for notifications. */
export interface ObjectEvent {
  name: EventName;
  key: string;
  version: Pick<StoredVersion, "versionId" | "sequence"> & Partial<Pick<StoredObject, "sizeBytes" | "etag">>;
  /** Who asked; absent when S3 itself did (lifecycle). */
  call?: Pick<Call, "requestId" | "sourceIp" | "traceId"> & { principal: Pick<Call["principal"], "userId" | "accountId"> };
  /** More of the event's members, as they are: lifecycleEventData. */
  more?: Record<string, unknown>;
  /** And what EventBridge is told besides. */
  detail?: Record<string, unknown>;
}

export interface Change {
  tx: Tx;
  /** As it is now, in this transaction. */
  bucket: Bucket;
  /** Sends the event, if the bucket's notifications want it, with the change. */
  announce(event: ObjectEvent): Promise<void>;
}

/** Runs a change of a bucket's objects; await nothing but `tx` and `announce` inside. Throws NoSuchBucket when the bucket has gone meanwhile. */
export function changing<T>(parts: Parts, { name, id }: Bucket, work: (change: Change) => Promise<T>): Promise<T> {
  return parts.lanes.transaction(async (tx: Tx, send: (item: LaneSend) => Promise<void>) => {
    const bucket = await tx.documents<Bucket>(BUCKETS).hold(name);
    if (bucket?.id !== id) throw noSuchBucket(name);
    return work({ tx, bucket, announce: (event) => announce({ parts, bucket, send }, event) });
  });
}

export type NewObject = Omit<StoredObject, keyof StoredVersion> & Pick<StoredVersion, "owner">;

/** Makes it the current version of the key; what it replaces is kept as an older version, or its body goes. */
export async function putObject(parts: Parts, { tx, bucket }: Change, key: string, made: NewObject): Promise<StoredObject> {
  const current = await tx.documents<Version>(OBJECTS).get(objectId(bucket.name, key));
  const stored: StoredObject = { ...made, ...(await nextVersion(parts, { tx, bucket }, key, current, made.owner)) };
  await tx.documents<Version>(OBJECTS).put(objectId(bucket.name, key), stored);
  return stored;
}

/** Makes room for a new current version: keeps or replaces the one there is. */
async function nextVersion({ clock, ids, nextSequence }: Parts, { tx, bucket }: Pick<Change, "tx" | "bucket">, key: string, current: Version | undefined, owner: string): Promise<StoredVersion> {
  const sequence = Math.max(nextSequence(), (current?.sequence ?? 0) + 1);
  const version: StoredVersion = { key, versionId: "null", sequence, modifiedMs: wholeSeconds(clock.now()), owner };
  if (bucket.versioning === "Enabled") {
    version.versionId = makeVersionId(ids.token(VERSION_RANDOM_CHARACTERS, VERSION_CHARACTERS), sequence);
    if (!current) return version;
    await keepAsOlder(tx, bucket.name, current);
    const nullSequence = current.versionId === "null" ? current.sequence : current.nullSequence;
    return nullSequence === undefined ? version : { ...version, nullSequence };
  }
  if (!current) return version;
  if (current.versionId === "null") {
    await discard(tx, current, clock.now());
    return version;
  }
  await keepAsOlder(tx, bucket.name, current);
  if (current.nullSequence !== undefined) await dropOlder(tx, bucket.name, key, current.nullSequence, clock.now());
  return version;
}

async function keepAsOlder(tx: Tx, bucket: string, { nullSequence: _, ...current }: Version): Promise<void> {
  await tx.documents<Version>(VERSIONS).put(versionDocument(bucket, current.key, current.sequence), current as Version);
}

async function dropOlder(tx: Tx, bucket: string, key: string, sequence: number, nowMs: number): Promise<void> {
  const id = versionDocument(bucket, key, sequence);
  const older = await tx.documents<Version>(VERSIONS).get(id);
  if (!older) return;
  await tx.documents<Version>(VERSIONS).delete(id);
  await discard(tx, older, nowMs);
}

async function discard(tx: Tx, version: Version, nowMs: number): Promise<void> {
  if (!version.deleteMarker) await discardBody(tx, version.body, nowMs);
}

/** What a deletion did; undefined when there was nothing to do. */
export interface Removal {
  /** The marker that was made, or the version that is gone. */
  version: Version;
  /** A marker was made: the key looks deleted, its versions are there. */
  markerMade: boolean;
}

/** DELETE without a version: the key goes, or a marker is put where the bucket keeps versions. */
export async function removeKey(parts: Parts, change: Change, key: string, owner: string): Promise<Removal | undefined> {
  const { tx, bucket } = change;
  const id = objectId(bucket.name, key);
  const current = await tx.documents<Version>(OBJECTS).get(id);
  if (bucket.versioning === undefined) {
    if (!current) return undefined;
    await tx.documents<Version>(OBJECTS).delete(id);
    await discard(tx, current, parts.clock.now());
    await tellUploads(tx, bucket.name, key);
    return { version: { ...current, sequence: Math.max(parts.nextSequence(), current.sequence + 1) }, markerMade: false };
  }
  const marker: DeleteMarker = { ...(await nextVersion(parts, change, key, current, owner)), deleteMarker: true };
  await tx.documents<Version>(OBJECTS).put(id, marker);
  return { version: marker, markerMade: true };
}

/** Nothing else is left that says the key was there. */
async function tellUploads(tx: Tx, bucket: string, key: string): Promise<void> {
  const uploads = tx.documents<Upload>(UPLOADS);
  for (const [document, upload] of await uploads.list({ prefix: uploadDocument(bucket, key, ""), limit: UPLOADS_TOLD_MAX })) if (!upload.keyDeleted) await uploads.put(document, { ...upload, keyDeleted: true });
}

/** DELETE of one version, for good; the newest of the others becomes the current one. Throws AccessDenied while a lock holds it. */
export async function removeVersion(parts: Parts, { tx, bucket }: Change, key: string, versionId: string, bypassGovernance: boolean): Promise<Removal | undefined> {
  const version = await findVersion(tx, bucket.name, key, versionId);
  if (!version) return undefined;
  checkRemovable(version, parts.clock.now(), bypassGovernance);
  const id = objectId(bucket.name, key);
  const current = (await tx.documents<Version>(OBJECTS).get(id))!;
  await discard(tx, version, parts.clock.now());
  if (current.sequence === version.sequence) await promote(tx, bucket.name, current);
  else {
    await tx.documents<Version>(VERSIONS).delete(versionDocument(bucket.name, key, version.sequence));
    if (versionId === "null") {
      const { nullSequence: _, ...without } = current;
      await tx.documents<Version>(OBJECTS).put(id, without as Version);
    }
  }
  return { version, markerMade: false };
}

async function promote(tx: Tx, bucket: string, { key, nullSequence }: Version): Promise<void> {
  const [next] = await tx.documents<Version>(VERSIONS).list({ prefix: olderVersions(bucket, key), limit: 1 });
  if (!next) return void (await tx.documents<Version>(OBJECTS).delete(objectId(bucket, key)));
  const [id, version] = next;
  await tx.documents<Version>(VERSIONS).delete(id);
  const keeps = nullSequence !== undefined && version.versionId !== "null";
  await tx.documents<Version>(OBJECTS).put(objectId(bucket, key), keeps ? { ...version, nullSequence } : version);
}
