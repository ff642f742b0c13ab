// Tags of roles, users, policies and instance profiles: keys are unique whatever their case.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { changing } from "./change.ts";
import { tagList } from "./describe.ts";
import { changeEntity, getEntity, INSTANCE_PROFILE, type Kind, ROLE, USER } from "./entities.ts";
import { duplicateTags, overQuota } from "./errors.ts";
import { pageOf, type PageInput } from "./page.ts";

const TAGS_MAX = 50;

type Tags = Record<string, string>;
type TagApi = Pick<Api<typeof Sdk>, "TagRole" | "UntagRole" | "ListRoleTags" | "TagUser" | "UntagUser" | "ListUserTags" | "TagInstanceProfile" | "UntagInstanceProfile" | "ListInstanceProfileTags">;

export function readTags(tags: Sdk.Tag[] | undefined, before: Tags = {}): Tags {
  const given = tags ?? [];
  if (new Set(given.map((tag) => tag.Key!.toLowerCase())).size !== given.length) throw duplicateTags();
  const merged = { ...withoutTags(before, given.map((tag) => tag.Key!)), ...Object.fromEntries(given.map((tag) => [tag.Key!, tag.Value!])) };
  if (Object.keys(merged).length > TAGS_MAX) throw overQuota("TagsPerEntity", TAGS_MAX);
  return merged;
}

export function withoutTags(tags: Tags, keys: string[]): Tags {
  const gone = new Set(keys.map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key.toLowerCase())));
}

export function pageOfTags(tags: Tags, input: PageInput) {
  const { items, truncation } = pageOf(tagList(tags).sort((a, b) => (a.Key < b.Key ? -1 : 1)), input, (tag) => tag.Key);
  return { Tags: items, ...truncation };
}

export function tagOperations(stores: Stores): TagApi {
  const role = tagsOf(stores, ROLE);
  const user = tagsOf(stores, USER);
  const profile = tagsOf(stores, INSTANCE_PROFILE);
  return {
    TagRole: (input, call) => role.tag(input.RoleName, input.Tags, call),
    UntagRole: (input, call) => role.untag(input.RoleName, input.TagKeys, call),
    ListRoleTags: (input, call) => role.list(input.RoleName, input, call),

    TagUser: (input, call) => user.tag(input.UserName, input.Tags, call),
    UntagUser: (input, call) => user.untag(input.UserName, input.TagKeys, call),
    ListUserTags: (input, call) => user.list(input.UserName, input, call),

    TagInstanceProfile: (input, call) => profile.tag(input.InstanceProfileName, input.Tags, call),
    UntagInstanceProfile: (input, call) => profile.untag(input.InstanceProfileName, input.TagKeys, call),
    ListInstanceProfileTags: (input, call) => profile.list(input.InstanceProfileName, input, call),
  };
}

function tagsOf<T extends { tags: Tags }>(stores: Stores, kind: Kind<T>) {
  const change = async (name: string, call: Call, tags: (before: Tags) => Tags): Promise<{}> => {
    await changing(stores, call.account, (tx) => changeEntity(tx, kind, call.account, name, (entity) => ({ ...entity, tags: tags(entity.tags) })));
    return {};
  };
  return {
    tag: (name: string, given: Sdk.Tag[], call: Call) => change(name, call, (before) => readTags(given, before)),
    untag: (name: string, keys: string[], call: Call) => change(name, call, (before) => withoutTags(before, keys)),
    list: async (name: string, input: PageInput, call: Call) => pageOfTags((await getEntity(stores, kind, call.account, name)).tags, input),
  };
}
