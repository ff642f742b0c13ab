// What a request says an object is to be, beside its bytes: metadata, storage class, tags, encryption, lock.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
import { type AclAsked, checkAcl } from "./acls.ts";
import type { Bucket } from "./bucket.ts";
import { type EncryptionAsked, readEncryption } from "./encryption.ts";
import { invalidStorageClass, invalidUri, keyTooLong, metadataTooLarge } from "./errors.ts";
import type { StoredObject, SystemMetadata } from "./object.ts";
import { decodeWords } from "./metadata-words.ts";
import { type LockAsked, lockOfNewObject } from "./object-lock.ts";
import { STORAGE_CLASSES } from "./storage-classes.ts";
import { readTaggingHeader } from "./tags.ts";
import { badRedirectLocation, metadataNameInvalid } from "./web-errors.ts";

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
/** Metadata is read as headers; a form's field, a parameter of a presigned address or a job's metadata may be called anything. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** Throws what is wrong with the request before a byte of the body is read. `nowMs` begins a bucket's default retention. */
export function settingsOfNewObject(bucket: Bucket, input: NewObjectInput, nowMs: number): ObjectSettings {
  checkKey(input.Key);
  const metadata = input.Metadata ?? {};
  checkMetadata(metadata);
  if (input.StorageClass !== undefined && !STORAGE_CLASSES.has(input.StorageClass)) throw invalidStorageClass(input.StorageClass);
  if (input.WebsiteRedirectLocation !== undefined && !/^(\/|https?:\/\/)/.test(input.WebsiteRedirectLocation)) throw badRedirectLocation();
  checkAcl(input, bucket);
  const tags = input.Tagging ? readTaggingHeader(input.Tagging) : undefined;
  const encryption = readEncryption(input, bucket);
  const lock = lockOfNewObject(bucket, input, nowMs);
  return { system: systemMetadata(input), metadata: decodedMetadata(metadata), ...(tags && { tags }), ...(encryption && { encryption }), ...(lock && { lock }), ...(input.StorageClass !== undefined && input.StorageClass !== "STANDARD" && { storageClass: input.StorageClass }) };
}

/** In a request's headers a byte is a character; a form has UTF-8. */
export function checkMetadata(metadata: Record<string, string>): void {
  for (const name of Object.keys(metadata)) if (!HEADER_NAME.test(name)) throw metadataNameInvalid(`x-amz-meta-${name}`);
  const bytes = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value, "latin1"), 0);
  if (bytes > METADATA_BYTES_MAX) throw metadataTooLarge(bytes);
}

const decodedMetadata = (metadata: Record<string, string>): Record<string, string> =>
  (Object.values(metadata).some((value) => value.includes("=?")) ? Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, decodeWords(value)])) : metadata);

export function checkKey(key: string): void {
  if (!key.isWellFormed()) throw invalidUri();
  const bytes = Buffer.byteLength(key);
  if (bytes > KEY_BYTES_MAX) throw keyTooLong(bytes);
}

function systemMetadata({ ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, Expires, WebsiteRedirectLocation }: NewObjectInput): SystemMetadata {
  // How a body was sent is no encoding of the object.
  const encoding = ContentEncoding?.split(",").map((part) => part.trim()).filter((part) => part !== "aws-chunked").join(", ") || undefined;
  const given = { ContentType, CacheControl, ContentDisposition, ContentEncoding: encoding, ContentLanguage, Expires: Expires?.toISOString(), WebsiteRedirectLocation };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
