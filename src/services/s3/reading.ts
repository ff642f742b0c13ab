// GetObject, HeadObject and GetObjectAttributes. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
import type { GetObjectCommandInput } from "@aws-sdk/client-s3";
import { ANONYMOUS, type Call } from "../../kernel/call.ts";
import type { Bucket, InBucket } from "./bucket.ts";
import { shownChecksum, shownValue } from "./checksum.ts";
import { checkRead, readRange } from "./conditions.ts";
import { checkCustomerKey } from "./encryption.ts";
import { invalidPartNumber, invalidRequest, isDeleteMarker, keyIsDeleted, noSuchKey, noSuchVersion } from "./errors.ts";
import { shownExpiration } from "./lifecycle.ts";
import { bucketArn, objectArn } from "./names.ts";
import { findVersion, shownVersion, type StoredObject } from "./object.ts";
import { checkKey } from "./new-object.ts";
import { checkVersionId } from "./object-lookup.ts";
import type { Operations, Parts } from "./parts.ts";
import { checkReadable } from "./restore.ts";
import { shownObject } from "./shown-object.ts";

const ATTRIBUTE_PARTS_MAX = 1000;

export const readingOperations = (parts: Parts) => ({
  async GetObject(input, call) {
    const { bucket, object } = await found(parts, input, call, "GetObject", "GET");
    checkReadable(object);
    const { range, shown } = await select(parts, bucket, object, input);
    const Body = await parts.bodies.read(object.body, range ?? { start: 0, end: object.sizeBytes });
    return { ...shown, ...overrides(input, call), Body: Body as never };
  },

  async HeadObject(input, call) {
    const { bucket, object } = await found(parts, input, call, "GetObject", "HEAD");
    const { shown } = await select(parts, bucket, object, input);
    return { ...shown, ...overrides(input, call) };
  },

  async GetObjectAttributes(input, call) {
    const { bucket, object } = await found(parts, input, call, "GetObjectAttributes", "GET");
    checkCustomerKey(object, input);
    const wanted = new Set<string>(input.ObjectAttributes);
    // Without the number of its parts, here alone: recorded.
    const { ChecksumType, ...values } = shownChecksum(object.checksum && { ...object.checksum, value: object.checksum.value.replace(/-\d+$/, "") });
    return {
      LastModified: new Date(object.modifiedMs),
      ...shownVersion(bucket, object),
      ...(wanted.has("ETag") && { ETag: object.etag }),
      ...(wanted.has("Checksum") && object.checksum && { Checksum: { ...values, ChecksumType } }),
      ...(wanted.has("ObjectParts") && object.body.parts !== undefined && { ObjectParts: await shownParts(parts, object, input) }),
      ...(wanted.has("StorageClass") && { StorageClass: (object.storageClass ?? "STANDARD") as never }),
      ...(wanted.has("ObjectSize") && { ObjectSize: object.sizeBytes }),
    };
  },
}) satisfies Operations;

interface OfVersion extends InBucket {
  Key: string;
  VersionId?: string | undefined;
}

/** The version asked for, or the current one. Throws NoSuchKey, NoSuchVersion, MethodNotAllowed for a delete marker, or InvalidArgument for what is no version id. */
export async function found(parts: Parts, input: OfVersion, call: Call, action: string, method: string): Promise<{ bucket: Bucket; object: StoredObject }> {
  const { Bucket: name, Key: key, VersionId: versionId } = input;
  checkKey(key);
  const bucket = await parts.lookup.find(input, call, versionId === undefined ? action : action.replace(/^GetObject/, "GetObjectVersion"), objectArn(name, key));
  checkVersionId(versionId);
  const version = await findVersion(parts.stores, bucket.name, key, versionId);
  // Who may not list a bucket is not told what is not in it: documented, with GetObject.
  if (!version && bucket.account !== call.account) await parts.lookup.find(input, call, "ListBucket", bucketArn(name));
  if (!version) throw versionId === undefined ? noSuchKey(key) : noSuchVersion(key, versionId);
  if (!version.deleteMarker) return { bucket, object: version };
  throw versionId === undefined ? keyIsDeleted(key, version.versionId) : isDeleteMarker(method, version.modifiedMs, version.versionId);
}

type Selecting = Pick<GetObjectCommandInput, "VersionId" | "Range" | "PartNumber" | "ChecksumMode" | "IfMatch" | "IfNoneMatch" | "IfModifiedSince" | "IfUnmodifiedSince" | "SSECustomerAlgorithm" | "SSECustomerKey" | "SSECustomerKeyMD5">;

/** Which bytes are asked for, all when `range` is undefined, and what is said of them. */
async function select(parts: Parts, bucket: Bucket, object: StoredObject, input: Selecting) {
  checkCustomerKey(object, input);
  checkRead(input, object, parts.clock.now(), object.system.CacheControl === undefined ? {} : { "cache-control": object.system.CacheControl });
  const part = await partRange(parts, object, input);
  const range = part?.range ?? readRange(input.Range, object.sizeBytes);
  // A checksum of the whole is no use to who gets a part of it; a range may be all of it (recorded).
  const isWhole = !range || range.end - range.start === object.sizeBytes;
  const checksum = input.ChecksumMode?.toUpperCase() !== "ENABLED" ? {} : part?.checksum ?? (isWhole ? shownChecksum(object.checksum) : {});
  const shown = {
    ...shownObject(bucket, object), ...checksum,
    // Recorded: not of a version that is asked for by its id, be it the current one.
    ...(input.VersionId === undefined && shownExpiration(bucket.settings.lifecycle, object)),
    ContentLength: range ? range.end - range.start : object.sizeBytes,
    ...(range && { ContentRange: `bytes ${range.start}-${range.end - 1}/${object.sizeBytes}` }),
    ...(part?.count !== undefined && { PartsCount: part.count }),
  };
  return { range, shown };
}

async function partRange(parts: Parts, object: StoredObject, { PartNumber: number, Range }: Selecting) {
  if (number === undefined) return undefined;
  if (Range !== undefined) throw invalidRequest("Cannot specify both Range header and partNumber query parameter");
  if (object.body.parts === undefined) {
    if (number !== 1) throw invalidPartNumber(number, 1);
    return object.sizeBytes === 0 ? undefined : { range: { start: 0, end: object.sizeBytes }, checksum: shownChecksum(object.checksum) };
  }
  const all = await parts.bodies.parts(object.body);
  const part = all[number - 1];
  if (!part) throw invalidPartNumber(number, all.length);
  const start = all.slice(0, number - 1).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  // Of parts of a whole none is said, but where one is all of it: recorded.
  const checksum = object.checksum?.type === "COMPOSITE" ? { ...shownValue(part.checksum), ChecksumType: object.checksum.type } : all.length === 1 ? shownChecksum(object.checksum) : {};
  return { range: { start, end: start + part.sizeBytes }, count: all.length, checksum };
}

/** What a presigned address wants the answer's headers to be. */
function overrides(input: Pick<GetObjectCommandInput, "ResponseCacheControl" | "ResponseContentDisposition" | "ResponseContentEncoding" | "ResponseContentLanguage" | "ResponseContentType" | "ResponseExpires">, call: Call) {
  const wanted = {
    ...(input.ResponseCacheControl !== undefined && { CacheControl: input.ResponseCacheControl }),
    ...(input.ResponseContentDisposition !== undefined && { ContentDisposition: input.ResponseContentDisposition }),
    ...(input.ResponseContentEncoding !== undefined && { ContentEncoding: input.ResponseContentEncoding }),
    ...(input.ResponseContentLanguage !== undefined && { ContentLanguage: input.ResponseContentLanguage }),
    ...(input.ResponseContentType !== undefined && { ContentType: input.ResponseContentType }),
    ...(input.ResponseExpires !== undefined && { Expires: input.ResponseExpires }),
  };
  // "These parameters cannot be used with an unsigned (anonymous) request": or whoever makes a link would say what a public object is. The sentence: observed on AWS (floci-io/floci#1098).
  if (call.account === ANONYMOUS.accountId && Object.keys(wanted).length > 0) throw invalidRequest("Request specific response headers cannot be used for anonymous GET requests.");
  return wanted;
}

async function shownParts(parts: Parts, object: StoredObject, { MaxParts, PartNumberMarker }: { MaxParts?: number | undefined; PartNumberMarker?: string | undefined }) {
  if (object.checksum?.type !== "COMPOSITE") return { TotalPartsCount: object.body.parts! }; // documented, and recorded
  const all = await parts.bodies.parts(object.body);
  const most = Math.min(MaxParts ?? ATTRIBUTE_PARTS_MAX, ATTRIBUTE_PARTS_MAX);
  const after = Number(PartNumberMarker ?? 0);
  const rest = all.map((part, index) => ({ ...part, number: index + 1 })).filter(({ number }) => number > after);
  const page = rest.slice(0, most);
  return {
    TotalPartsCount: all.length, PartNumberMarker: String(after), MaxParts: most, IsTruncated: rest.length > page.length,
    NextPartNumberMarker: String(page.at(-1)?.number ?? 0),
    Parts: page.map(({ number, sizeBytes, checksum }) => ({ PartNumber: number, Size: sizeBytes, ...shownValue(checksum) })),
  };
}
