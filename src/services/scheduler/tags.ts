// Tags of schedule groups: schedules have none. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_TagResource.html
import type * as Sdk from "@aws-sdk/client-scheduler";
import type { Tag } from "@aws-sdk/client-scheduler";
import type { Call } from "../../kernel/call.ts";
import type { Api, RoomPorts } from "../service.ts";
import { duplicateTags, groupNotFound, tooManyTags } from "./errors.ts";
import { changeGroup, groupByArn, type GroupKey, groupOf, groupsOf } from "./group.ts";

type TagApi = Pick<Api<typeof Sdk>, "TagResource" | "UntagResource" | "ListTagsForResource">;
type Tags = Record<string, string>;

/** The most that fit into a list of the model. */
const TAGS_MAX = 200;

/** What there is with these over it. */
export function checkedTags(existing: Tags, given: readonly Tag[]): Tags {
  if (new Set(given.map(({ Key }) => Key)).size < given.length) throw duplicateTags();
  const tags = { ...existing, ...Object.fromEntries(given.map(({ Key, Value }) => [Key!, Value!])) };
  if (Object.keys(tags).length > TAGS_MAX) throw tooManyTags(TAGS_MAX);
  return tags;
}

export function tagOperations({ stores }: RoomPorts): TagApi {
  const change = async (arn: string, call: Call, to: (tags: Tags) => Tags) => {
    await changeGroup(groupsOf(stores), ownGroup(arn, call), (group) => ({ ...group, tags: to(group.tags) }));
    return {};
  };
  return {
    TagResource: ({ ResourceArn, Tags }, call) => change(ResourceArn, call, (tags) => checkedTags(tags, Tags)),
    UntagResource: ({ ResourceArn, TagKeys }, call) => change(ResourceArn, call, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key)))),
    async ListTagsForResource({ ResourceArn }, call) {
      const { tags } = await groupOf(groupsOf(stores), ownGroup(ResourceArn, call));
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  };
}

/** Another account's or region's are not there. */
function ownGroup(arn: string, { account, region }: Call): GroupKey {
  const key = groupByArn(arn);
  if (key?.account !== account || key.region !== region) throw groupNotFound(key?.name ?? arn);
  return key;
}
