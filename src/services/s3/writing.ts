// PutObject, DeleteObject and DeleteObjects. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
import type { _Error as DeleteError, DeletedObject } from "@aws-sdk/client-s3";
import type { Call } from "../../kernel/call.ts";
import { ServiceError } from "../../kernel/errors.ts";
import { THROUGH } from "./access-points/through.ts";
import type { InBucket } from "./bucket.ts";
import { keepBody } from "./bodies.ts";
import { type Change, changing, putObject, type Removal, removeKey, removeVersion } from "./change.ts";
import { shownChecksum } from "./checksum.ts";
import { checkNoConflict, checkWrite, checkWriteAsked, type WriteConditions } from "./conditions.ts";
import { checkBypass, nameOf, undeletable } from "./deletion-access.ts";
import { accessDenied, malformedXml, noSuchVersion, notSupported } from "./errors.ts";
import { shownExpiration } from "./lifecycle.ts";
import { isVersionId, objectArn } from "./names.ts";
import { checkKey, settingsOfNewObject } from "./new-object.ts";
import { findVersion, madeVersion } from "./object.ts";
import { checkVersionId } from "./object-lookup.ts";
import type { Operations, Parts } from "./parts.ts";
import { receiveUpload } from "./receive.ts";
import { shownEncryption } from "./shown-object.ts";

const DELETED_AT_ONCE_MAX = 1000;

export const writingOperations = (parts: Parts) => ({
  async PutObject(input, call) {
    if (input.WriteOffsetBytes !== undefined) throw notSupported("x-amz-write-offset-bytes");
    const { Key: key } = input;
    const bucket = await parts.lookup.find(input, call, "PutObject", objectArn(input.Bucket, key));
    checkWriteAsked(input);
    const settings = settingsOfNewObject(bucket, input, parts.clock.now());
    const isConditional = input.IfMatch !== undefined || input.IfNoneMatch !== undefined;
    const before = isConditional ? await findVersion(parts.stores, bucket.name, key) : undefined;
    const { id, sizeBytes, etag, checksum } = await receiveUpload(parts, input, "crc64nvme");
    const stored = await changing(parts, bucket, async (change) => {
      if (isConditional) {
        const current = await findVersion(change.tx, bucket.name, key);
        checkWrite(input, key, current);
        checkNoConflict(input, key, before !== undefined && !before.deleteMarker && (current === undefined || current.deleteMarker === true));
      }
      await keepBody(change.tx, id);
      const made = await putObject(parts, change, key, { ...settings, owner: call.account, body: { id }, sizeBytes, etag, checksum: { ...checksum, type: "FULL_OBJECT" } });
      await change.announce({ name: "ObjectCreated:Put", key, version: made, call });
      return made;
    });
    return { ETag: `"${stored.etag}"`, ...shownChecksum(stored.checksum), ...madeVersion(stored), ...shownEncryption(stored.encryption), ...shownExpiration(bucket.settings.lifecycle, stored) };
  },

  async DeleteObject(input, call) {
    refuseDirectoryConditions(input);
    const { Key: key, VersionId: versionId } = input;
    checkKey(key);
    const bucket = await parts.lookup.find(input, call, versionId === undefined ? "DeleteObject" : "DeleteObjectVersion", objectArn(input.Bucket, key));
    checkBypass(bucket, input);
    checkVersionId(versionId);
    const removal = await changing(parts, bucket, (change) => remove(parts, change, { key, ...(versionId !== undefined && { versionId }), bypass: input.BypassGovernanceRetention === true, conditions: input }, call));
    return shownRemoval(removal, versionId);
  },

  async DeleteObjects(input, call) {
    const { Objects: objects = [], Quiet } = input.Delete;
    if (objects.length === 0 || objects.length > DELETED_AT_ONCE_MAX || objects.some(({ Key }) => !Key)) throw malformedXml();
    if (input.MFA !== undefined) throw notSupported("x-amz-mfa");
    if (objects.some(({ LastModifiedTime, Size }) => LastModifiedTime !== undefined || Size !== undefined)) throw notSupported("LastModifiedTime and Size of objects to delete"); // of directory buckets
    const bucket = await parts.lookup.locate(input, call);
    checkBypass(bucket, input);
    const refused = await undeletable(parts, bucket, objects, input.BypassGovernanceRetention === true, call, (input as InBucket)[THROUGH]);
    if (bucket.account !== call.account && refused.size === new Set(objects.map(({ Key = "", VersionId }) => nameOf(Key, VersionId))).size) throw accessDenied(refused.values().next().value);
    const deleted: DeletedObject[] = [];
    const errors: DeleteError[] = [];
    await changing(parts, bucket, async (change) => {
      // From the start, should the database run it once more.
      deleted.length = errors.length = 0;
      for (const { Key: key = "", VersionId: versionId, ETag: IfMatch } of objects) {
        const named = { Key: key, ...(versionId !== undefined && { VersionId: versionId }) };
        try {
          const sentence = refused.get(nameOf(key, versionId));
          if (sentence !== undefined) throw accessDenied(sentence);
          if (versionId !== undefined && !isVersionId(versionId)) throw noSuchVersion(key, versionId); // recorded: DeleteObject says it otherwise
          const removal = await remove(parts, change, { key, ...(versionId !== undefined && { versionId }), bypass: input.BypassGovernanceRetention === true, conditions: { IfMatch } }, call);
          deleted.push({ ...named, ...(removal && shownDeleted(removal)) });
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error; // ours are thrown before anything is written
          errors.push({ ...named, Code: error.code, Message: error.message });
        }
      }
    });
    return { ...(!Quiet && deleted.length > 0 && { Deleted: deleted }), ...(errors.length > 0 && { Errors: errors }) };
  },
}) satisfies Operations;

interface Removing {
  key: string;
  versionId?: string;
  /** x-amz-bypass-governance-retention */
  bypass: boolean;
  conditions: WriteConditions;
}

async function remove(parts: Parts, change: Change, { key, versionId, bypass, conditions }: Removing, call: Call): Promise<Removal | undefined> {
  checkKey(key);
  if (conditions.IfMatch !== undefined) checkWrite({ IfMatch: conditions.IfMatch }, key, await findVersion(change.tx, change.bucket.name, key, versionId));
  const removal = versionId === undefined ? await removeKey(parts, change, key, call.account) : await removeVersion(parts, change, key, versionId, bypass);
  if (removal) await change.announce({ name: removal.markerMade ? "ObjectRemoved:DeleteMarkerCreated" : "ObjectRemoved:Delete", key, version: removal.version, call });
  return removal;
}

/** A marker that was made, or one that is gone, is told of. */
const shownRemoval = (removal: Removal | undefined, versionId: string | undefined) => ({
  ...(removal?.version.deleteMarker && { DeleteMarker: true }),
  ...(removal?.markerMade ? { VersionId: removal.version.versionId } : versionId !== undefined && { VersionId: versionId }),
});

const shownDeleted = ({ version, markerMade }: Removal): DeletedObject =>
  (version.deleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: version.versionId, ...(!markerMade && { VersionId: version.versionId }) } : {});

function refuseDirectoryConditions(input: { MFA?: string | undefined; IfMatchLastModifiedTime?: Date | undefined; IfMatchSize?: number | undefined }): void {
  if (input.MFA !== undefined) throw notSupported("x-amz-mfa");
  if (input.IfMatchLastModifiedTime !== undefined) throw notSupported("x-amz-if-match-last-modified-time");
  if (input.IfMatchSize !== undefined) throw notSupported("x-amz-if-match-size");
}

