// ListObjects, ListObjectsV2, ListObjectVersions. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
import type { DeleteMarkerEntry, ObjectVersion } from "@aws-sdk/client-s3";
import { ANSWER } from "../../kernel/answer.ts";
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import { listedChecksum } from "./checksum.ts";
import { invalidArgument, invalidContinuationToken } from "./errors.ts";
import { encoderOf, filled, pageSize, readPage, type Walk, walk } from "./listing.ts";
import { bucketArn, objectId, OBJECTS, olderVersions, sequenceOfVersionId, versionDocument, VERSIONS } from "./names.ts";
import { findVersion, type StoredObject, type Version } from "./object.ts";
import { ownerOf } from "./owner.ts";
import type { Operations, Parts } from "./parts.ts";
import { listedRestore } from "./restore.ts";

const VERSIONS_AT_ONCE = 1000;

export const listOperations = (parts: Parts) => ({
  async ListObjects(input, call) {
    const { name, region } = await parts.lookup.find(input, call, "ListBucket", bucketArn(input.Bucket));
    const encode = encoderOf(input.EncodingType);
    const { Prefix: prefix = "", Marker: marker = "" } = input;
    const delimiter = input.Delimiter || undefined;
    const most = pageSize("max-keys", input.MaxKeys);
    const { contents, prefixes, next } = await readPage(keys(parts, name, { prefix, delimiter, after: marker || undefined }), most, isThere);
    return {
      // The one prefix that is not encoded: botocore decodes it in the newer lists only (handlers.py: decode_list_object).
      ...saidOf(region), Name: name, Prefix: prefix, Marker: encode(marker), MaxKeys: most, IsTruncated: next !== undefined, ...named(input, delimiter, encode),
      Contents: filled(contents.map(({ value }) => ({ ...shownContent(value as StoredObject, encode), ...restoreIn(input, value), Owner: ownerOf((value as StoredObject).owner) }))),
      CommonPrefixes: filled(prefixes.map((Prefix) => ({ Prefix: encode(Prefix) }))),
      // Only with a delimiter: documented.
      ...(next !== undefined && delimiter !== undefined && { NextMarker: encode(next) }),
    };
  },

  async ListObjectsV2(input, call) {
    const { name, region } = await parts.lookup.find(input, call, "ListBucket", bucketArn(input.Bucket));
    const encode = encoderOf(input.EncodingType);
    const { Prefix: prefix = "", ContinuationToken: token, StartAfter: startAfter } = input;
    const delimiter = input.Delimiter || undefined;
    if (token === "") throw invalidContinuationToken(token);
    const from = token === undefined ? undefined : decodePageToken(token);
    if (token !== undefined && from === undefined) throw invalidContinuationToken(token);
    const most = pageSize("max-keys", input.MaxKeys);
    const { contents, prefixes, next } = await readPage(keys(parts, name, { prefix, delimiter, after: (from ?? startAfter) || undefined }), most, isThere);
    return {
      ...saidOf(region), Name: name, Prefix: encode(prefix), MaxKeys: most, KeyCount: contents.length + prefixes.length, IsTruncated: next !== undefined, ...named(input, delimiter, encode),
      Contents: filled(contents.map(({ value }) => ({ ...shownContent(value as StoredObject, encode), ...restoreIn(input, value), ...(input.FetchOwner && { Owner: ownerOf((value as StoredObject).owner) }) }))),
      CommonPrefixes: filled(prefixes.map((Prefix) => ({ Prefix: encode(Prefix) }))),
      ...(token !== undefined && { ContinuationToken: token }), ...(startAfter !== undefined && token === undefined && { StartAfter: encode(startAfter) }),
      ...(next !== undefined && { NextContinuationToken: encodePageToken(next) }),
    };
  },

  async ListObjectVersions(input, call) {
    const { name } = await parts.lookup.find(input, call, "ListBucketVersions", bucketArn(input.Bucket));
    const encode = encoderOf(input.EncodingType);
    const { Prefix: prefix = "", KeyMarker: keyMarker = "", VersionIdMarker: versionMarker } = input;
    const delimiter = input.Delimiter || undefined;
    if (versionMarker !== undefined && keyMarker === "") throw invalidArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", versionMarker);
    const most = pageSize("max-keys", input.MaxKeys);
    const { versions, prefixes, next } = await readVersions(parts, name, { prefix, delimiter, keyMarker, versionMarker }, most);
    const shown = versions.map(({ version, latest }) => ({ version, entry: { Key: encode(version.key), VersionId: version.versionId, IsLatest: latest, LastModified: new Date(version.modifiedMs), Owner: ownerOf(version.owner) } }));
    return {
      Name: name, Prefix: encode(prefix), KeyMarker: encode(keyMarker), VersionIdMarker: versionMarker ?? "", MaxKeys: most, IsTruncated: next !== undefined, ...named(input, delimiter, encode),
      Versions: filled(shown.flatMap(({ version, entry }): ObjectVersion[] => (version.deleteMarker ? [] : [{ ...entry, ...sized(version), ...restoreIn(input, version) }]))),
      DeleteMarkers: filled(shown.flatMap(({ version, entry }): DeleteMarkerEntry[] => (version.deleteMarker ? [entry] : []))),
      CommonPrefixes: filled(prefixes.map((Prefix) => ({ Prefix: encode(Prefix) }))),
      ...(next && { NextKeyMarker: encode(next.key), ...(next.versionId !== undefined && { NextVersionIdMarker: next.versionId }) }),
    };
  },
}) satisfies Operations;

/** A header that the model does not have; recorded. */
const saidOf = (region: string): object => ({ [ANSWER]: { headers: { "x-amz-bucket-region": region } } });

/** x-amz-optional-object-attributes: RestoreStatus */
const restoreIn = ({ OptionalObjectAttributes }: { OptionalObjectAttributes?: string[] | undefined }, version: Version) =>
  (OptionalObjectAttributes?.includes("RestoreStatus") && !version.deleteMarker ? listedRestore(version) : {});

const isThere = (version: Version): boolean => !version.deleteMarker;

const keys = ({ stores }: Parts, bucket: string, how: Pick<Walk<Version>, "prefix" | "delimiter" | "after">): Walk<Version> => ({ documents: stores.documents<Version>(OBJECTS), bucket, ...how });

const named = ({ EncodingType }: { EncodingType?: string | undefined }, delimiter: string | undefined, encode: (text: string) => string) => ({
  ...(delimiter !== undefined && { Delimiter: encode(delimiter) }), ...(EncodingType !== undefined && { EncodingType: "url" as const }),
});

const sized = (object: StoredObject) => ({ ETag: `"${object.etag}"`, Size: object.sizeBytes, StorageClass: (object.storageClass ?? "STANDARD") as never, ...listedChecksum(object.checksum) });

const shownContent = (object: StoredObject, encode: (text: string) => string) => ({ Key: encode(object.key), LastModified: new Date(object.modifiedMs), ...sized(object) });

interface VersionsPage {
  versions: { version: Version; latest: boolean }[];
  prefixes: string[];
  next?: { key: string; versionId?: string };
}

interface VersionsAsked {
  prefix: string;
  delimiter: string | undefined;
  keyMarker: string;
  versionMarker: string | undefined;
}

/** Key by key, of each the current version and then the older ones, the newest first. */
async function readVersions(parts: Parts, bucket: string, { prefix, delimiter, keyMarker, versionMarker }: VersionsAsked, most: number): Promise<VersionsPage> {
  const page: VersionsPage = { versions: [], prefixes: [] };
  if (most === 0) return page;
  let last: VersionsPage["next"];
  const full = () => page.versions.length + page.prefixes.length === most;
  const add = (version: Version, latest: boolean) => {
    page.versions.push({ version, latest });
    last = { key: version.key, versionId: version.versionId };
  };
  const addOlder = async (key: string, from?: number): Promise<boolean> => {
    for await (const version of olderOf(parts, bucket, key, from)) {
      if (full()) return false;
      add(version, false);
    }
    return true;
  };
  const more = () => ({ ...page, next: last! });
  if (versionMarker !== undefined && keyMarker.startsWith(prefix)) {
    const marked = await sequenceIn(parts, bucket, keyMarker, versionMarker);
    // The version that the page before ended with may be gone, and an older one be the current one.
    const current = await findVersion(parts.stores, bucket, keyMarker);
    if (current !== undefined && current.sequence < marked) add(current, true);
    if (!(await addOlder(keyMarker, marked))) return more();
  }
  for await (const entry of walk(keys(parts, bucket, { prefix, delimiter, after: keyMarker || undefined }), most)) {
    if (full()) return more();
    if (entry.prefix !== undefined) {
      page.prefixes.push(entry.prefix);
      last = { key: entry.prefix };
      continue;
    }
    add(entry.value, true);
    if (!(await addOlder(entry.key))) return more();
  }
  return page;
}

async function* olderOf({ stores }: Parts, bucket: string, key: string, from?: number): AsyncGenerator<Version> {
  let after = from === undefined ? undefined : versionDocument(bucket, key, from);
  for (;;) {
    const rows = await stores.documents<Version>(VERSIONS).list({ prefix: olderVersions(bucket, key), limit: VERSIONS_AT_ONCE, ...(after !== undefined && { after }) });
    for (const [, version] of rows) yield version;
    if (rows.length < VERSIONS_AT_ONCE) return;
    after = rows.at(-1)![0];
  }
}

/** Where a list goes on after this version; it may be gone by now. */
async function sequenceIn({ stores }: Parts, bucket: string, key: string, versionId: string): Promise<number> {
  if (versionId !== "null") {
    const sequence = sequenceOfVersionId(versionId);
    if (sequence === undefined) throw invalidArgument("Invalid version id specified", "version-id-marker", versionId);
    return sequence;
  }
  const current = await stores.documents<Version>(OBJECTS).get(objectId(bucket, key));
  return current === undefined ? Number.MAX_SAFE_INTEGER : current.versionId === "null" ? current.sequence : current.nullSequence ?? current.sequence;
}
