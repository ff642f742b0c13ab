// Multipart uploads: begun, fed, completed, aborted. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
import type { CompletedPart } from "@aws-sdk/client-s3";
import { HEX } from "../../kernel/ids.ts";
import type { Tx } from "../../storage/stores.ts";
import { type ChecksumAlgorithm, startChecksum } from "../../kernel/checksums.ts";
import { discardBody, keepBody, PARTS_MAX } from "./bodies.ts";
import { type Change, changing, putObject } from "./change.ts";
import { algorithmNamed, askedChecksum, CAN_BE_FULL, type Checksum, type ChecksumInput, nameOf, shownChecksum, shownValue } from "./checksum.ts";
import { compositeChecksum, etagOfParts, fullChecksum } from "./checksum-combine.ts";
import { checkNoConflict, checkWrite, checkWriteAsked, wholeSeconds } from "./conditions.ts";
import { copySource } from "./copying.ts";
import { checkPartKey } from "./encryption.ts";
import { badChecksum, badPartChecksum, checksumModeMismatch, checksumTypeMismatch, copyRangeBeyond, copyRangeOutside, copySourceTooLarge, entityTooSmall, invalidCopyRange, invalidPart, invalidPartOrder, invalidRequest, malformedXml, noParts, partChecksumMissing, notSupported, uploadSizeMismatch } from "./errors.ts";
import { shownAbort, shownExpiration } from "./lifecycle.ts";
import { objectArn, partDocument, PARTS, UPLOADS, uploadDocument } from "./names.ts";
import { settingsOfNewObject } from "./new-object.ts";
import { findVersion, madeVersion, type StoredObject } from "./object.ts";
import type { Operations, Parts } from "./parts.ts";
import { type ReceivedBody, receiveBytes, receiveUpload, UPLOAD_BYTES_MAX } from "./receive.ts";
import { shownEncryption } from "./shown-object.ts";
import { checkPartNumber, findUpload, type OfUpload, type Part, PART_BYTES_MIN, type Upload } from "./upload.ts";

const SEQUENCE_DIGITS = 14;
const ID_CHARACTERS = 64;

export const uploadOperations = (parts: Parts) => ({
  async CreateMultipartUpload(input, call) {
    const bucket = await parts.lookup.find(input, call, "PutObject", objectArn(input.Bucket, input.Key));
    const nowMs = parts.clock.now();
    const settings = settingsOfNewObject(bucket, input, nowMs);
    const checksum = uploadChecksum(input.ChecksumAlgorithm, input.ChecksumType);
    const uploadId = parts.nextSequence().toString(16).padStart(SEQUENCE_DIGITS, "0") + parts.ids.token(ID_CHARACTERS - SEQUENCE_DIGITS, HEX);
    const upload: Upload = { key: input.Key, uploadId, owner: call.account, initiator: call.principal.arn, initiatedMs: wholeSeconds(nowMs), settings, ...(checksum && { checksum }) };
    await changing(parts, bucket, ({ tx }) => tx.documents<Upload>(UPLOADS).put(uploadDocument(bucket.name, input.Key, uploadId), upload));
    return {
      Bucket: bucket.name, Key: input.Key, UploadId: uploadId, ...shownEncryption(settings.encryption),
      ...(checksum && { ChecksumAlgorithm: nameOf(checksum.algorithm), ChecksumType: checksum.type }), ...shownAbort(bucket.settings.lifecycle, upload),
    };
  },

  async UploadPart(input, call) {
    checkPartNumber(input.PartNumber);
    const bucket = await parts.lookup.find(input, call, "PutObject", objectArn(input.Bucket, input.Key));
    const upload = await findUpload(parts.stores, input);
    checkPartKey(upload.settings, input);
    checkAlgorithm(upload, input);
    // Without an algorithm of its own an upload's object gets a CRC64NVME, whatever its parts were sent with (recorded).
    const received = await receiveUpload(parts, input, upload.checksum?.algorithm ?? "crc64nvme", upload.checksum ? undefined : "crc64nvme");
    await changing(parts, bucket, (change) => keepPart(parts, change, input, received));
    return { ETag: `"${received.etag}"`, ...shownValue(received.checksum), ...shownEncryption(upload.settings.encryption) };
  },

  async UploadPartCopy(input, call) {
    checkPartNumber(input.PartNumber);
    const bucket = await parts.lookup.find(input, call, "PutObject", objectArn(input.Bucket, input.Key));
    const upload = await findUpload(parts.stores, input);
    checkPartKey(upload.settings, input);
    const { object: source } = await copySource(parts, input, call);
    const range = copyRange(input.CopySourceRange, source.sizeBytes);
    const bytes = await parts.bodies.read(source.body, range);
    const received = await receiveBytes(parts, bytes, { asked: { algorithm: upload.checksum?.algorithm ?? "crc64nvme" }, lengthBytes: range.end - range.start });
    const part = await changing(parts, bucket, (change) => keepPart(parts, change, input, received));
    return {
      CopyPartResult: { ETag: `"${part.etag}"`, LastModified: new Date(part.modifiedMs), ...(upload.checksum && shownValue(part.checksum)) },
      ...(source.versionId !== "null" && { CopySourceVersionId: source.versionId }), ...shownEncryption(upload.settings.encryption),
    };
  },

  async CompleteMultipartUpload(input, call) {
    const { Key: key } = input;
    const bucket = await parts.lookup.find(input, call, "PutObject", objectArn(input.Bucket, key));
    checkWriteAsked(input);
    if (!input.MultipartUpload?.Parts?.length) {
      await findUpload(parts.stores, input);
      throw noParts();
    }
    const named = namedParts(input.MultipartUpload.Parts, input.UploadId);
    const stored = await changing(parts, bucket, async (change) => {
      const { tx } = change;
      const done = await completedBefore(tx, input);
      if (done) return done;
      const upload = await findUpload(tx, input);
      const current = input.IfMatch === undefined && input.IfNoneMatch === undefined ? undefined : await findVersion(tx, bucket.name, key);
      checkWrite(input, key, current);
      checkNoConflict(input, key, upload.keyDeleted === true || (current !== undefined && current.sequence > Number.parseInt(upload.uploadId.slice(0, SEQUENCE_DIGITS), 16)));
      if (input.ChecksumType !== undefined && input.ChecksumType !== upload.checksum?.type) throw checksumModeMismatch(upload.checksum?.type);
      const rows = await tx.documents<Part>(PARTS).list({ prefix: `${upload.uploadId}/`, limit: PARTS_MAX });
      const chosen = choose(named, new Map(rows.map(([, part]) => [part.number, part])), upload);
      const sizeBytes = chosen.reduce((sum, part) => sum + part.sizeBytes, 0);
      if (input.MpuObjectSize !== undefined && input.MpuObjectSize !== sizeBytes) throw uploadSizeMismatch(input.MpuObjectSize, sizeBytes);
      const checksum = await checksumOfParts(upload, chosen);
      checkExpected(input, checksum, upload.checksum?.type);
      const used = new Set(chosen.map(({ number }) => number));
      for (const [document, { number, bodyId }] of rows) {
        if (used.has(number)) continue;
        await tx.documents<Part>(PARTS).delete(document);
        await discardBody(tx, { id: bodyId }, parts.clock.now());
      }
      await tx.documents<Upload>(UPLOADS).delete(uploadDocument(bucket.name, key, upload.uploadId));
      const made = await putObject(parts, change, key, { ...upload.settings, owner: upload.owner, body: { id: upload.uploadId, parts: chosen.length }, sizeBytes, etag: etagOfParts(chosen.map(({ etag }) => etag)), ...(checksum && { checksum }) });
      await change.announce({ name: "ObjectCreated:CompleteMultipartUpload", key, version: made, call });
      return made;
    });
    return {
      Location: `${parts.endpointUrl()}/${bucket.name}/${encodeURIComponent(key)}`, Bucket: bucket.name, Key: key, ETag: `"${stored.etag}"`,
      ...shownChecksum(stored.checksum), ...madeVersion(stored), ...shownEncryption(stored.encryption), ...shownExpiration(bucket.settings.lifecycle, stored),
    };
  },

  async AbortMultipartUpload(input, call) {
    if (input.IfMatchInitiatedTime !== undefined) throw notSupported("x-amz-if-match-initiated-time"); // of directory buckets
    const bucket = await parts.lookup.find(input, call, "AbortMultipartUpload", objectArn(input.Bucket, input.Key));
    await changing(parts, bucket, async ({ tx }) => {
      const { uploadId } = await findUpload(tx, input);
      await tx.documents<Upload>(UPLOADS).delete(uploadDocument(bucket.name, input.Key, uploadId));
      await discardBody(tx, { id: uploadId, parts: 0 }, parts.clock.now());
    });
    return {};
  },
}) satisfies Operations;

/** A client that got no answer completes it once more, and is answered the same: what ceph/s3-tests expect, and clients' retries rely on. */
async function completedBefore(tx: Tx, { Bucket, Key, UploadId }: OfUpload): Promise<StoredObject | undefined> {
  const current = await findVersion(tx, Bucket, Key);
  return current && !current.deleteMarker && current.body.parts !== undefined && current.body.id === UploadId ? current : undefined;
}

/** COMPOSITE unless it is asked otherwise, or cannot be: the table on checksum types of multipart uploads. */
function uploadChecksum(name: string | undefined, type: string | undefined): Upload["checksum"] {
  if (name === undefined) {
    if (type !== undefined) throw invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
    return undefined;
  }
  const algorithm = algorithmNamed(name);
  const fallback = algorithm === "crc64nvme" ? "FULL_OBJECT" : "COMPOSITE";
  const chosen = type ?? fallback;
  if ((chosen === "FULL_OBJECT" && !CAN_BE_FULL.includes(algorithm)) || (chosen === "COMPOSITE" && algorithm === "crc64nvme") || !/^(FULL_OBJECT|COMPOSITE)$/.test(chosen)) {
    throw invalidRequest(`The ${chosen} checksum type cannot be used with the ${algorithm} checksum algorithm.`);
  }
  return { algorithm, type: chosen as Checksum["type"] };
}

function checkAlgorithm(upload: Upload, input: ChecksumInput): void {
  const given = askedChecksum(input)?.algorithm;
  if (given !== undefined && upload.checksum && given !== upload.checksum.algorithm) throw checksumTypeMismatch(given, upload.checksum.algorithm);
}

/** In the transaction that also sees that the upload is still there. */
async function keepPart(parts: Parts, { tx }: Change, input: OfUpload & { PartNumber: number }, { id, sizeBytes, etag, checksum, besides = checksum }: ReceivedBody): Promise<Part> {
  const { uploadId } = await findUpload(tx, input);
  const document = partDocument(uploadId, input.PartNumber);
  const replaced = await tx.documents<Part>(PARTS).get(document);
  if (replaced) await discardBody(tx, { id: replaced.bodyId }, parts.clock.now());
  const part: Part = { number: input.PartNumber, bodyId: id, sizeBytes, etag, checksum: besides, modifiedMs: wholeSeconds(parts.clock.now()) };
  await keepBody(tx, id);
  await tx.documents<Part>(PARTS).put(document, part);
  return part;
}

function copyRange(header: string | undefined, sizeBytes: number): { start: number; end: number } {
  const match = /^bytes=(\d+)-(\d+)$/.exec(header ?? `bytes=0-${Math.max(sizeBytes - 1, 0)}`);
  if (!match || Number(match[2]) < Number(match[1])) throw invalidCopyRange(header!);
  const [start, end] = [Number(match[1]), Number(match[2]) + 1];
  if (header !== undefined && start >= sizeBytes) throw copyRangeBeyond();
  if (header !== undefined && end > sizeBytes) throw copyRangeOutside(header, sizeBytes);
  if (Math.min(end, sizeBytes) - start > UPLOAD_BYTES_MAX) throw copySourceTooLarge();
  return { start, end: Math.min(end, sizeBytes) };
}

interface NamedPart { number: number; etag: string; part: CompletedPart }

function namedParts(given: CompletedPart[], uploadId: string): NamedPart[] {
  if (given.length > PARTS_MAX) throw malformedXml();
  return given.map((part, index) => {
    const { PartNumber: number, ETag: etag } = part;
    if (number === undefined || etag === undefined) throw malformedXml();
    if (index > 0 && number <= given[index - 1]!.PartNumber!) throw invalidPartOrder(uploadId);
    return { number, etag: etag.replace(/^"(.*)"$/, "$1"), part };
  });
}

/** The parts that are named, each checked against what was uploaded. */
function choose(named: NamedPart[], uploaded: Map<number, Part>, { uploadId, checksum }: Upload): Part[] {
  return named.map(({ number, etag, part: given }, index) => {
    const part = uploaded.get(number);
    if (!part || part.etag !== etag) throw invalidPart(uploadId, number, etag);
    const expected = askedChecksum(given);
    if (checksum?.type === "COMPOSITE" && !expected) throw partChecksumMissing(checksum.algorithm, number);
    if (!checksum && expected) throw invalidPart(uploadId, number, etag); // recorded
    if (expected && expected.algorithm !== part.checksum.algorithm) throw badPartChecksum(expected.algorithm, number); // recorded, as the next is
    if (expected && expected.expected !== part.checksum.value) throw invalidPart(uploadId, number, etag);
    if (index < named.length - 1 && part.sizeBytes < PART_BYTES_MIN) throw entityTooSmall({ partNumber: number, sizeBytes: part.sizeBytes, etag });
    return part;
  });
}

/** As asked for; otherwise that of the whole, which S3 gives everything, where its parts have one that can be combined. */
async function checksumOfParts({ checksum, settings }: Upload, chosen: Part[]): Promise<Checksum | undefined> {
  if (!checksum && settings.encryption?.customerKeyMd5 !== undefined) return undefined; // recorded
  const algorithm: ChecksumAlgorithm = checksum?.algorithm ?? chosen[0]!.checksum.algorithm;
  const values = chosen.map(({ sizeBytes, checksum: { value } }) => ({ value, sizeBytes }));
  const combines = CAN_BE_FULL.includes(algorithm) && chosen.every((part) => part.checksum.algorithm === algorithm);
  if (checksum?.type !== "COMPOSITE") return combines ? { algorithm, type: "FULL_OBJECT", value: fullChecksum(algorithm, values) } : undefined;
  const digest = async (bytes: Uint8Array): Promise<string> => {
    const running = await startChecksum(algorithm);
    running.update(bytes);
    return running.digest();
  };
  return { algorithm, type: "COMPOSITE", value: await compositeChecksum(values, digest) };
}

/**
 * A composite may be given with "-PARTS" behind it or without. Recorded: one of the whole is taken for a composite unless ChecksumType says what
 * it is, and where none was configured one of another algorithm than S3's own is not looked at.
 */
function checkExpected(input: ChecksumInput & { ChecksumType?: string | undefined }, checksum: Checksum | undefined, configured: Checksum["type"] | undefined): void {
  if (!checksum) return;
  const names = Object.entries(input).filter((entry): entry is [string, string] => /^Checksum(CRC|SHA|MD5)/.test(entry[0]) && typeof entry[1] === "string");
  if (names.length > 0 && configured === "FULL_OBJECT" && input.ChecksumType === undefined) throw badChecksum(checksum.algorithm);
  for (const [name, value] of names) {
    const of = name.slice("Checksum".length);
    if (configured === undefined && of !== nameOf(checksum.algorithm)) continue;
    if (of !== nameOf(checksum.algorithm) || value.replace(/-\d+$/, "") !== checksum.value.replace(/-\d+$/, "")) throw badChecksum(checksum.algorithm); // in lower case: recorded
  }
}
