// Tags of roles, users and policies: keys are unique whatever their case.
import type { Tag } from "@aws-sdk/client-iam";
import { duplicateTags, overQuota } from "./errors.ts";

const TAGS_MAX = 50;

export function readTags(tags: Tag[] | undefined, before: Record<string, string> = {}): Record<string, string> {
  const given = tags ?? [];
  if (new Set(given.map((tag) => tag.Key!.toLowerCase())).size !== given.length) throw duplicateTags();
  const merged = { ...withoutTags(before, given.map((tag) => tag.Key!)), ...Object.fromEntries(given.map((tag) => [tag.Key!, tag.Value!])) };
  if (Object.keys(merged).length > TAGS_MAX) throw overQuota("TagsPerEntity", TAGS_MAX);
  return merged;
}

export function withoutTags(tags: Record<string, string>, keys: string[]): Record<string, string> {
  const gone = new Set(keys.map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key.toLowerCase())));
}
