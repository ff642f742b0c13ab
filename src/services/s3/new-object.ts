// What a request says an object is to be, beside its bytes: metadata, storage class, tags, encryption, lock.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
import { type AclAsked, checkAcl } from "./acls.ts";
import type { Bucket } from "./bucket.ts";
import { type EncryptionAsked, readEncryption } from "./encryption.ts";
import { invalidStorageClass, invalidUri, keyTooLong, metadataTooLarge } from "./errors.ts";
import type { StoredObject, SystemMetadata } from "./object.ts";
import { type LockAsked, lockOfNewObject } from "./object-lock.ts";
import { readTaggingHeader } from "./tags.ts";

export interface NewObjectInput extends AclAsked, EncryptionAsked, LockAsked {
  Key: string;
  Metadata?: Record<string, string> | undefined;
  CacheControl?: string | undefined;
  ContentDisposition?: string | undefined;
  ContentEncoding?: string | undefined;
  ContentLanguage?: string | undefined;
  ContentType?: string | undefined;
  Expires?: Date | undefined;
  WebsiteRedirectLocation?: string | undefined;
  StorageClass?: string | undefined;
  Tagging?: string | undefined;
}

export type ObjectSettings = Pick<StoredObject, "system" | "metadata" | "storageClass" | "tags" | "encryption" | "lock">;

const KEY_BYTES_MAX = 1024;
const METADATA_BYTES_MAX = 2048;
const STORAGE_CLASSES = new Set(["STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR"]);

/** Throws what is wrong with the request before a byte of the body is read. `nowMs` begins a bucket's default retention. */
export function settingsOfNewObject(bucket: Bucket, input: NewObjectInput, nowMs: number): ObjectSettings {
  checkKey(input.Key);
  const metadata = input.Metadata ?? {};
  const bytes = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value, "latin1"), 0);
  if (bytes > METADATA_BYTES_MAX) throw metadataTooLarge(bytes);
  if (input.StorageClass !== undefined && !STORAGE_CLASSES.has(input.StorageClass)) throw invalidStorageClass();
  checkAcl(input);
  const tags = input.Tagging ? readTaggingHeader(input.Tagging) : undefined;
  const encryption = readEncryption(input);
  const lock = lockOfNewObject(bucket, input, nowMs);
  return { system: systemMetadata(input), metadata, ...(tags && { tags }), ...(encryption && { encryption }), ...(lock && { lock }), ...(input.StorageClass !== undefined && input.StorageClass !== "STANDARD" && { storageClass: input.StorageClass }) };
}

export function checkKey(key: string): void {
  if (!key.isWellFormed()) throw invalidUri();
  const bytes = Buffer.byteLength(key);
  if (bytes > KEY_BYTES_MAX) throw keyTooLong(bytes);
}

export function systemMetadata({ ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, Expires, WebsiteRedirectLocation }: NewObjectInput): SystemMetadata {
  // How a body was sent is no encoding of the object.
  const encoding = ContentEncoding?.split(",").map((part) => part.trim()).filter((part) => part !== "aws-chunked").join(", ") || undefined;
  const given = { ContentType, CacheControl, ContentDisposition, ContentEncoding: encoding, ContentLanguage, Expires: Expires?.toISOString(), WebsiteRedirectLocation };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
