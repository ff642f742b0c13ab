// Tags of jobs. https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutJobTagging.html
import type { S3Tag } from "@aws-sdk/client-s3-control";
import { sameTagKey, systemTag } from "../settings-errors.ts";
import { tooManyTags } from "./errors.ts";

const TAGS_MAX = 50;

/** Throws TooManyTagsException, InvalidTag. */
export function readJobTags(given: S3Tag[]): Record<string, string> {
  if (given.length > TAGS_MAX) throw tooManyTags(TAGS_MAX);
  const tags: Record<string, string> = {};
  for (const { Key = "", Value = "" } of given) {
    if (Object.hasOwn(tags, Key)) throw sameTagKey(Key);
    if (/^aws:/i.test(Key)) throw systemTag(Key);
    tags[Key] = Value;
  }
  return tags;
}

export const shownJobTags = (tags: Record<string, string>): { Key: string; Value: string }[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
