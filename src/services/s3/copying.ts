// CopyObject: the bytes are read and written again, because a body belongs to one object. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
import type { CopyObjectCommandInput } from "@aws-sdk/client-s3";
import type { Call } from "../../kernel/call.ts";
import { SOURCE_THROUGH, THROUGH, type ThroughPoint } from "./access-points/through.ts";
import { keepBody } from "./bodies.ts";
import type { Bucket } from "./bucket.ts";
import { changing, putObject } from "./change.ts";
import { algorithmNamed, shownChecksum } from "./checksum.ts";
import { checkCopySource, checkWrite, checkWriteAsked, type CopyConditions } from "./conditions.ts";
import { parseCopySource } from "./copy-source.ts";
import { checkCustomerKey } from "./encryption.ts";
import { copyOntoItself, copySourceTooLarge, invalidCopySource } from "./errors.ts";
import { shownExpiration } from "./lifecycle.ts";
import { sourceIsArchived } from "./lifecycle-errors.ts";
import { objectArn } from "./names.ts";
import { type ObjectSettings, settingsOfNewObject } from "./new-object.ts";
import { findVersion, shownVersion, type StoredObject } from "./object.ts";
import type { Operations, Parts } from "./parts.ts";
import { found } from "./reading.ts";
import { receiveBytes, UPLOAD_BYTES_MAX } from "./receive.ts";
import { checkReadable } from "./restore.ts";
import { shownEncryption } from "./shown-object.ts";

export const copyingOperations = (parts: Parts) => ({
  async CopyObject(input, call) {
    const { Key: key } = input;
    const bucket = await parts.lookup.find(input, call, "PutObject", objectArn(input.Bucket, key));
    checkWriteAsked(input);
    const { bucket: from, object: source } = await copySource(parts, input, call);
    if (source.sizeBytes > UPLOAD_BYTES_MAX) throw copySourceTooLarge();
    if (from.id === bucket.id && source.key === key && input.CopySource.includes("versionId=") === false && bucket.settings.encryption === undefined && changesNothing(input)) throw copyOntoItself();
    const settings = settingsOfCopy(bucket, input, source, parts.clock.now());
    const algorithm = input.ChecksumAlgorithm === undefined ? source.checksum?.algorithm ?? "crc64nvme" : algorithmNamed(input.ChecksumAlgorithm);
    const bytes = await parts.bodies.read(source.body, { start: 0, end: source.sizeBytes });
    const { id, sizeBytes, etag, checksum } = await receiveBytes(parts, bytes, { asked: { algorithm }, lengthBytes: source.sizeBytes });
    const stored = await changing(parts, bucket, async (change) => {
      checkWrite(input, key, input.IfMatch === undefined && input.IfNoneMatch === undefined ? undefined : await findVersion(change.tx, bucket.name, key));
      await keepBody(change.tx, id);
      const made = await putObject(parts, change, key, { ...settings, owner: call.account, body: { id }, sizeBytes, etag, checksum: { ...checksum, type: "FULL_OBJECT" } });
      await change.announce({ name: "ObjectCreated:Copy", key, version: made, call });
      return made;
    });
    return {
      CopyObjectResult: { ETag: `"${etag}"`, LastModified: new Date(stored.modifiedMs), ...shownChecksum(stored.checksum) },
      ...(source.versionId !== "null" && { CopySourceVersionId: source.versionId }),
      // The null version's too, unlike PutObject's answer: recorded.
      ...shownVersion(bucket, stored), ...shownEncryption(stored.encryption), ...shownExpiration(bucket.settings.lifecycle, stored),
    };
  },
}) satisfies Operations;

interface Copying extends CopyConditions, ThroughPoint {
  CopySource: string;
  ExpectedSourceBucketOwner?: string | undefined;
  RequestPayer?: string | undefined;
  CopySourceSSECustomerAlgorithm?: string | undefined;
  CopySourceSSECustomerKey?: string | undefined;
  CopySourceSSECustomerKeyMD5?: string | undefined;
}

/** The object that is copied from; its conditions hold. */
export async function copySource(parts: Parts, input: Copying, call: Call): Promise<{ bucket: Bucket; object: StoredObject }> {
  const named = parseCopySource(input.CopySource);
  if (!named) throw invalidCopySource();
  const of = { Bucket: named.bucket, Key: named.key, ...(named.versionId !== undefined && { VersionId: named.versionId }), ...(input.ExpectedSourceBucketOwner !== undefined && { ExpectedBucketOwner: input.ExpectedSourceBucketOwner }), RequestPayer: input.RequestPayer, ...(input[SOURCE_THROUGH] && { [THROUGH]: input[SOURCE_THROUGH] }) };
  const source = await found(parts, of, call, "GetObject", "GET");
  checkCustomerKey(source.object, { SSECustomerAlgorithm: input.CopySourceSSECustomerAlgorithm, SSECustomerKey: input.CopySourceSSECustomerKey, SSECustomerKeyMD5: input.CopySourceSSECustomerKeyMD5 });
  checkCopySource(input, source.object, parts.clock.now());
  checkReadable(source.object, sourceIsArchived);
  return source;
}

const changesNothing = (input: CopyObjectCommandInput): boolean =>
  input.MetadataDirective !== "REPLACE" && input.TaggingDirective !== "REPLACE" && input.StorageClass === undefined && input.WebsiteRedirectLocation === undefined
  && input.ServerSideEncryption === undefined && input.SSECustomerAlgorithm === undefined && input.CopySourceSSECustomerAlgorithm === undefined && input.ChecksumAlgorithm === undefined;

/** Metadata and tags are the source's unless they are to be replaced; storage class, encryption and lock never are the source's. */
function settingsOfCopy(bucket: Bucket, input: CopyObjectCommandInput & { Key: string }, source: StoredObject, nowMs: number): ObjectSettings {
  const { Tagging, ...rest } = input;
  const own = settingsOfNewObject(bucket, input.TaggingDirective === "REPLACE" && Tagging !== undefined ? { ...rest, Tagging } : rest, nowMs);
  const { WebsiteRedirectLocation: _, ...system } = source.system; // never copied: documented
  return {
    ...own,
    ...(input.MetadataDirective !== "REPLACE" && { metadata: source.metadata, system: { ...system, ...(own.system.WebsiteRedirectLocation !== undefined && { WebsiteRedirectLocation: own.system.WebsiteRedirectLocation }) } }),
    ...(input.TaggingDirective !== "REPLACE" && source.tags && { tags: source.tags }),
  };
}
