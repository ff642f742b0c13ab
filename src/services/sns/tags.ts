// Tags of topics. https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html
import type * as Sdk from "@aws-sdk/client-sns";
import type { Call } from "../../kernel/call.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { duplicateTags, malformedArn, noSuchResource, notTheOwner, tooManyTags } from "./errors.ts";
import { type Topic, topicId, TOPICS } from "./topic.ts";
import { parseArn } from "../../kernel/arn.ts";

type TagApi = Pick<Api<typeof Sdk>, "TagResource" | "UntagResource" | "ListTagsForResource">;
interface TagPair { Key: string | undefined; Value: string | undefined }

const TAGS_MAX = 50;

export const tagsOf = (tags: readonly TagPair[]): Record<string, string> => Object.fromEntries(tags.map(({ Key, Value }) => [Key!, Value!]));

/** Throws where one key is there twice, or there are too many. */
export function checkTags(tags: readonly TagPair[]): void {
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length) throw duplicateTags();
  if (tags.length > TAGS_MAX) throw tooManyTags();
}

export function tagOperations(stores: Stores): TagApi {
  const topics = stores.documents<Topic>(TOPICS);
  /** Tags are the owner's alone: no policy of a topic grants them. */
  const idOf = (arn: string, call: Call, action: string): string => {
    const parsed = parseArn(arn);
    if (!parsed) throw malformedArn("ResourceArn", arn);
    if (parsed.account !== call.account) throw notTheOwner(call.principal.arn, action, arn);
    const id = topicId(arn);
    if (id === undefined || parsed.region !== call.region) throw noSuchResource();
    return id;
  };
  const change = async (id: string, to: (tags: Record<string, string>) => Record<string, string>) => {
    if (!(await topics.update(id, (topic) => ({ ...topic, tags: to(topic.tags) })))) throw noSuchResource();
    return {};
  };
  return {
    async TagResource({ ResourceArn, Tags }, call) {
      checkTags(Tags);
      return change(idOf(ResourceArn, call, "TagResource"), (tags) => {
        const all = { ...tags, ...tagsOf(Tags) };
        if (Object.keys(all).length > TAGS_MAX) throw tooManyTags();
        return all;
      });
    },

    async UntagResource({ ResourceArn, TagKeys }, call) {
      return change(idOf(ResourceArn, call, "UntagResource"), (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key))));
    },

    async ListTagsForResource({ ResourceArn }, call) {
      const topic = await topics.get(idOf(ResourceArn, call, "ListTagsForResource"));
      if (!topic) throw noSuchResource();
      return { Tags: Object.entries(topic.tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  };
}
