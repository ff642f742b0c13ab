// An object: one version of a key, as it is stored; and how it is found.
import type { Tx } from "../../storage/stores.ts";
import type { Checksum } from "./checksum.ts";
import type { Restore } from "./restore.ts";
import { OBJECTS, objectId, sequenceOfVersionId, versionDocument, VERSIONS } from "./names.ts";

/** What a response repeats as it was given, by the names of the API. */
export interface SystemMetadata {
  ContentType?: string;
  CacheControl?: string;
  ContentDisposition?: string;
  ContentEncoding?: string;
  ContentLanguage?: string;
  Expires?: string;
  WebsiteRedirectLocation?: string;
}

/** How it says it is encrypted at rest; headers are accepted and returned. */
export interface Encryption {
  algorithm: "AES256" | "aws:kms" | "aws:kms:dsse";
  kmsKeyId?: string;
  bucketKey?: boolean;
  /** SSE-C: what proves the same key at every reading. */
  customerKeyMd5?: string;
}

export interface ObjectLock {
  mode?: "GOVERNANCE" | "COMPLIANCE";
  untilMs?: number;
  legalHold?: boolean;
}

/** Where the bytes are: one blob, or the parts of an upload (PARTS, under this id). */
export interface Body {
  id: string;
  /** How many parts it was uploaded in. */
  parts?: number;
}

export interface StoredVersion {
  key: string;
  /** "null" when written while the bucket had no versioning, or had it suspended. */
  versionId: string;
  /** Rises with every change of the key, also where the clock does not; in microseconds, roughly. */
  sequence: number;
  modifiedMs: number;
  /** The account that wrote it. */
  owner: string;
  /** Of the current version: which of the older ones is the null version. */
  nullSequence?: number;
}

export interface DeleteMarker extends StoredVersion {
  deleteMarker: true;
}

export interface StoredObject extends StoredVersion {
  deleteMarker?: undefined;
  body: Body;
  sizeBytes: number;
  /** Without quotes. */
  etag: string;
  checksum?: Checksum;
  system: SystemMetadata;
  /** x-amz-meta-…, names in lower case. */
  metadata: Record<string, string>;
  /** Absent: STANDARD. */
  storageClass?: string;
  tags?: Record<string, string>;
  encryption?: Encryption;
  lock?: ObjectLock;
  /** A copy out of the archive, asked for or there. */
  restore?: Restore;
}

export type Version = StoredObject | DeleteMarker;

type Reader = Pick<Tx, "documents">;

/** A version of a key, or its current one; undefined when there is none. A delete marker is found, too. Reads from stores, or within a transaction. */
export async function findVersion(reader: Reader, bucket: string, key: string, versionId?: string): Promise<Version | undefined> {
  const current = await reader.documents<Version>(OBJECTS).get(objectId(bucket, key));
  if (versionId === undefined || current === undefined || current.versionId === versionId) return current;
  const sequence = versionId === "null" ? current.nullSequence : sequenceOfVersionId(versionId);
  if (sequence === undefined) return undefined;
  const older = await reader.documents<Version>(VERSIONS).get(versionDocument(bucket, key, sequence));
  return older?.versionId === versionId ? older : undefined;
}

/** Writes a version back where it is, changed in what does not move it: tags, lock, storage class. */
export async function rewriteVersion(tx: Tx, bucket: string, version: Version): Promise<void> {
  const current = await tx.documents<Version>(OBJECTS).get(objectId(bucket, version.key));
  if (current?.sequence === version.sequence) await tx.documents<Version>(OBJECTS).put(objectId(bucket, version.key), version);
  else await tx.documents<Version>(VERSIONS).put(versionDocument(bucket, version.key, version.sequence), version);
}

/** What a response says of the version; nothing in a bucket that never had versioning. */
export const shownVersion = (bucket: { versioning?: string }, version: StoredVersion): { VersionId?: string } => (bucket.versioning === undefined ? {} : { VersionId: version.versionId });

/** What the answer to a write says of the version it made; nothing of the null version: recorded. */
export const madeVersion = ({ versionId }: StoredVersion): { VersionId?: string } => (versionId === "null" ? {} : { VersionId: versionId });
