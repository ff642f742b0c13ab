// What responses say of an object: the headers of GetObject and HeadObject, and of a write. https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { Bucket } from "./bucket.ts";
import { encodeWords, isPlain } from "./metadata-words.ts";
import { type Encryption, shownVersion, type StoredObject } from "./object.ts";
import { shownRestore } from "./restore.ts";

const DEFAULT_TYPE = "binary/octet-stream";

export type ShownObject = Omit<HeadObjectCommandOutput, "$metadata" | "ContentRange" | "ContentLength">;

export function shownObject(bucket: Bucket, object: StoredObject): ShownObject {
  const { Expires, ...system } = object.system;
  const { mode, untilMs, legalHold } = object.lock ?? {};
  return {
    AcceptRanges: "bytes",
    LastModified: new Date(object.modifiedMs),
    ETag: `"${object.etag}"`,
    ContentType: DEFAULT_TYPE,
    ...system,
    ...(Expires !== undefined && { Expires: new Date(Expires) }),
    Metadata: shownMetadata(object.metadata),
    ...shownVersion(bucket, object),
    ...shownEncryption(object.encryption),
    ...(object.storageClass !== undefined && { StorageClass: object.storageClass as never }),
    ...shownRestore(object),
    ...(object.tags && Object.keys(object.tags).length > 0 && { TagCount: Object.keys(object.tags).length }),
    ...(mode !== undefined && { ObjectLockMode: mode }),
    ...(untilMs !== undefined && { ObjectLockRetainUntilDate: new Date(untilMs) }),
    ...(legalHold !== undefined && { ObjectLockLegalHoldStatus: legalHold ? "ON" as const : "OFF" as const }),
  };
}

const shownMetadata = (metadata: Record<string, string>): Record<string, string> => {
  for (const value of Object.values(metadata)) if (!isPlain(value)) return Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, encodeWords(text)]));
  return metadata;
};

/** Every object is encrypted with keys of S3's unless it says otherwise: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html */
export function shownEncryption(encryption: Encryption | undefined) {
  if (encryption?.customerKeyMd5 !== undefined) return { SSECustomerAlgorithm: encryption.algorithm, SSECustomerKeyMD5: encryption.customerKeyMd5 };
  return {
    ServerSideEncryption: encryption?.algorithm ?? ("AES256" as const),
    ...(encryption?.kmsKeyId !== undefined && { SSEKMSKeyId: encryption.kmsKeyId }),
    ...(encryption?.bucketKey && { BucketKeyEnabled: true }),
  };
}
