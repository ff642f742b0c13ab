// The rule for tags. https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
import { tooManyTags } from "./errors.ts";

const TAGS_MAX = 50;

export function checkTagCount(tags: Record<string, string>): Record<string, string> {
  if (Object.keys(tags).length > TAGS_MAX) throw tooManyTags();
  return tags;
}
