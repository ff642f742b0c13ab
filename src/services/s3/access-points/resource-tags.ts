// Tags of access points. https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_TagResource.html
import type { Tag } from "@aws-sdk/client-s3-control";
import type { Call } from "../../../kernel/call.ts";
import type { Parts } from "../parts.ts";
import { sameTagKey, systemTag, tooManyBucketTags } from "../settings-errors.ts";
import { checkAccount, type ControlOperations } from "./control-operations.ts";
import { notSupported, noSuchResource } from "./errors.ts";
import { ACCESS_POINTS, type AccessPoint, parsePointArn, pointId } from "./point.ts";

const TAGS_MAX = 50;

export const tagOperations = (parts: Parts): Pick<ControlOperations, "TagResource" | "UntagResource" | "ListTagsForResource"> => ({
  async TagResource(input, call) {
    const given = checkedTags(input.Tags);
    await change(parts, input, call, (tags) => {
      const all = { ...tags, ...given };
      if (Object.keys(all).length > TAGS_MAX) throw tooManyBucketTags();
      return all;
    });
    return {};
  },

  async UntagResource(input, call) {
    await change(parts, input, call, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys.includes(key))));
    return {};
  },

  async ListTagsForResource(input, call) {
    const point = await parts.stores.documents<AccessPoint>(ACCESS_POINTS).get(idOf(input, call));
    if (!point) throw noSuchResource();
    return { Tags: Object.entries(point.tags ?? {}).map(([Key, Value]) => ({ Key, Value })) };
  },
});

/** Throws InvalidTag. */
export function checkedTags(given: Tag[]): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const { Key = "", Value = "" } of given) {
    if (Object.hasOwn(tags, Key)) throw sameTagKey(Key);
    if (/^aws:/i.test(Key)) throw systemTag(Key);
    tags[Key] = Value;
  }
  if (given.length > TAGS_MAX) throw tooManyBucketTags();
  return tags;
}

async function change(parts: Parts, input: { AccountId?: string | undefined; ResourceArn: string }, call: Call, tagsOf: (tags: Record<string, string>) => Record<string, string>): Promise<void> {
  const changed = await parts.stores.documents<AccessPoint>(ACCESS_POINTS).update(idOf(input, call), (point) => ({ ...point, tags: tagsOf(point.tags ?? {}) }));
  if (!changed) throw noSuchResource();
}

/** Buckets are tagged by operations of S3's own here. Throws NotImplemented, NoSuchResource. */
function idOf(input: { AccountId?: string | undefined; ResourceArn: string }, call: Call): string {
  checkAccount(input, call);
  const named = parsePointArn(input.ResourceArn);
  if (named?.kind !== "standard" || named.rest !== "") throw /:accesspoint\//.test(input.ResourceArn) ? noSuchResource() : notSupported(`tags of ${input.ResourceArn.slice(0, 100)}`);
  if (named.account !== call.account) throw noSuchResource();
  return pointId(named);
}
