// Tags of buckets and objects: what they may be. No I/O. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
import type { Tag, Tagging } from "@aws-sdk/client-s3";
import { malformedXml } from "./errors.ts";
import { badTaggingHeader, badTagKey, badTagValue, reservedAtCreation, reservedTag, sameTagKey, systemTag, tooManyBucketTags, tooManyObjectTags } from "./settings-errors.ts";

const OBJECT_TAGS_MAX = 10;
const BUCKET_TAGS_MAX = 50;
const KEY_CHARACTERS_MAX = 128;
const VALUE_CHARACTERS_MAX = 256;
/** "Letters, whitespace, and numbers representable in UTF-8, plus + - = . _ : / @". */
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export const readBucketTags = (tagging: Tagging): Record<string, string> => read(tagging.TagSet ?? [], { most: BUCKET_TAGS_MAX, tooMany: tooManyBucketTags, reserved: systemTag });
/** Of a bucket that is being made. */
export const readNewBucketTags = (tagging: Tagging): Record<string, string> => read(tagging.TagSet ?? [], { most: BUCKET_TAGS_MAX, tooMany: tooManyBucketTags, reserved: reservedAtCreation });
export const readObjectTags = (tagging: Tagging): Record<string, string> => read(tagging.TagSet ?? [], { most: OBJECT_TAGS_MAX, tooMany: tooManyObjectTags, reserved: reservedTag });

function read(set: Tag[], { most, tooMany, reserved }: { most: number; tooMany(): Error; reserved(key: string): Error }): Record<string, string> {
  if (set.length > most) throw tooMany();
  const tags = new Map<string, string>();
  for (const { Key: key, Value: value } of set) {
    if (key === undefined || value === undefined) throw malformedXml();
    if (tags.has(key)) throw sameTagKey(key);
    if (key.startsWith("aws:")) throw reserved(key);
    if (key === "" || key.length > KEY_CHARACTERS_MAX || !ALLOWED.test(key)) throw badTagKey(key);
    if (value.length > VALUE_CHARACTERS_MAX || !ALLOWED.test(value)) throw badTagValue(key, value);
    tags.set(key, value);
  }
  return Object.fromEntries(tags);
}

/** The header `x-amz-tagging`: a query string. */
export function readTaggingHeader(text: string): Record<string, string> {
  const pairs = [...new URLSearchParams(text)];
  if (new Set(pairs.map(([key]) => key)).size < pairs.length || pairs.some(([key, value]) => !ALLOWED.test(key) || !ALLOWED.test(value))) throw badTaggingHeader(text);
  return readObjectTags({ TagSet: pairs.map(([Key, Value]) => ({ Key, Value })) });
}

export const showTags = (tags: Record<string, string> = {}): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
