// The object an operation on its tags, ACL or lock names; what is no object is refused as S3 does.
import type { Tx } from "../../storage/stores.ts";
import type { Bucket, InBucket } from "./bucket.ts";
import { invalidVersionId, isDeleteMarker, noSuchKey, noSuchVersion } from "./errors.ts";
import { sequenceOfVersionId } from "./names.ts";
import { findVersion, type StoredObject } from "./object.ts";

export interface NamedVersion extends InBucket {
  Key: string;
  VersionId?: string | undefined;
}

/** Throws NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker), InvalidArgument. `method`: what the request was, for the sentence. */
export async function objectIn(reader: Pick<Tx, "documents">, bucket: Bucket, { Key: key, VersionId: versionId }: NamedVersion, method: string): Promise<StoredObject> {
  if (versionId !== undefined && versionId !== "null" && sequenceOfVersionId(versionId) === undefined) throw invalidVersionId(versionId);
  const version = await findVersion(reader, bucket.name, key, versionId);
  if (!version) throw versionId === undefined ? noSuchKey(key) : noSuchVersion(key, versionId);
  if (!version.deleteMarker) return version;
  // Of a marker that is asked for unnamed, reading says there is no such key; writing says what is wrong (both recorded).
  throw versionId === undefined && method === "GET" ? noSuchKey(key) : isDeleteMarker(method, version.modifiedMs, version.versionId);
}
