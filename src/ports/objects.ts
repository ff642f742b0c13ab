// Objects of buckets, for rooms that are told where something is kept: deployment packages, layers. Read with the caller's permission.
import type { Call } from "../kernel/call.ts";

export interface ObjectName {
  bucket: string;
  key: string;
  /** The current version when absent. */
  versionId?: string;
}

export interface FoundObject {
  sizeBytes: number;
  /** The bytes, once. */
  read(): Promise<AsyncIterable<Uint8Array>>;
}

export interface Objects {
  /**
   * What GetObject would do for this caller, in the caller's region. Throws S3's own ServiceError: NoSuchBucket, PermanentRedirect (the
   * bucket is in another region), AccessDenied, NoSuchKey, NoSuchVersion …
   */
  find(name: ObjectName, call: Call): Promise<FoundObject>;
}
