// Tags of log groups: the resource operations, and the older ones by name.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
import type * as Sdk from "@aws-sdk/client-cloudwatch-logs";
import type { Call } from "../../kernel/call.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { noSuchGroup, noSuchResource, tooManyTags } from "./errors.ts";
import { type Group, groupArn, GROUPS, groupId, type GroupKey, keyOf, keyOfIdentifier } from "./group.ts";

const TAGS_MAX = 50;

type TagApi = Pick<Api<typeof Sdk>, "TagResource" | "UntagResource" | "ListTagsForResource" | "TagLogGroup" | "UntagLogGroup" | "ListTagsLogGroup">;

export function tagOperations(stores: Stores): TagApi {
  const groups = stores.documents<Group>(GROUPS);

  const change = async (key: GroupKey, missing: () => Error, tags: (before: Record<string, string>) => Record<string, string>) => {
    const done = await groups.update(groupId(key), (group) => {
      const changed = tags(group.tags);
      if (Object.keys(changed).length > TAGS_MAX) throw tooManyTags(groupArn(key));
      return { ...group, tags: changed };
    });
    if (!done) throw missing();
    return {};
  };
  const read = async (key: GroupKey, missing: () => Error) => {
    const group = await groups.get(groupId(key));
    if (!group) throw missing();
    return { tags: group.tags };
  };
  const without = (keys: string[]) => (tags: Record<string, string>) => Object.fromEntries(Object.entries(tags).filter(([name]) => !keys.includes(name)));

  return {
    TagResource: (input, call) => change(keyOfArn(input.resourceArn, call), noSuchResource, (tags) => ({ ...tags, ...input.tags })),
    UntagResource: (input, call) => change(keyOfArn(input.resourceArn, call), noSuchResource, without(input.tagKeys)),
    ListTagsForResource: (input, call) => read(keyOfArn(input.resourceArn, call), noSuchResource),
    TagLogGroup: (input, call) => change(keyOf(input.logGroupName, call), noSuchGroup, (tags) => ({ ...tags, ...input.tags })),
    UntagLogGroup: (input, call) => change(keyOf(input.logGroupName, call), noSuchGroup, without(input.tags)),
    ListTagsLogGroup: (input, call) => read(keyOf(input.logGroupName, call), noSuchGroup),
  };
}

function keyOfArn(arn: string, call: Call): GroupKey {
  if (!arn.startsWith("arn:")) throw noSuchResource();
  return keyOfIdentifier(arn, call);
}
