// The rules for tags. https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
import { reservedTag, tooManyTags } from "./errors.ts";

const TAGS_MAX = 50;

export function checkTags(tags: Record<string, string>): Record<string, string> {
  if (Object.keys(tags).length > TAGS_MAX) throw tooManyTags();
  const reserved = Object.keys(tags).find((key) => /^aws:/i.test(key));
  if (reserved !== undefined) throw reservedTag(reserved);
  return tags;
}
