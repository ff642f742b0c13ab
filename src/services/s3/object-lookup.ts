// The object an operation on its tags, ACL or lock names; what is no object is refused as S3 does.
import type { Tx } from "../../storage/stores.ts";
import type { Bucket, InBucket } from "./bucket.ts";
import { invalidVersionId, isDeleteMarker, noSuchKey, noSuchVersion } from "./errors.ts";
import { isVersionId } from "./names.ts";
import { findVersion, type StoredObject } from "./object.ts";

export interface NamedVersion extends InBucket {
  Key: string;
  VersionId?: string | undefined;
}

/** Recorded of GetObject and DeleteObject (LocalStack's test_s3_api.snapshot.json). */
export function checkVersionId(versionId: string | undefined): void {
  if (versionId !== undefined && !isVersionId(versionId)) throw invalidVersionId(versionId);
}

/** Throws NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker), InvalidArgument. `method`: what the request was, for the sentence. `hidesMarkers`: a current one is no key. */
export async function objectIn(reader: Pick<Tx, "documents">, bucket: Bucket, { Key: key, VersionId: versionId }: NamedVersion, method: string, hidesMarkers = false): Promise<StoredObject> {
  checkVersionId(versionId);
  const version = await findVersion(reader, bucket.name, key, versionId);
  if (!version) throw versionId === undefined ? noSuchKey(key) : noSuchVersion(key, versionId);
  if (!version.deleteMarker) return version;
  // Of a marker that is asked for unnamed, who reads its access control list is told there is no such key; all others what is wrong (each recorded).
  throw versionId === undefined && hidesMarkers ? noSuchKey(key) : isDeleteMarker(method, version.modifiedMs, version.versionId);
}
