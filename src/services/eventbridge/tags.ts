// Tags of rules and event buses. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-tagging.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import type { Tag } from "@aws-sdk/client-eventbridge";
import { parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { busKeyOf, changeBus, findBus } from "./bus.ts";
import { busNotFound, duplicateTags, notTaggable, notTheOwner, ruleNotFound, tooManyTags } from "./errors.ts";
import { findRule, type Rule, ruleId, ruleKeyOf, RULES } from "./rule.ts";

const TAGS_MAX = 50;

/** Throws where one key is there twice, or there are too many. */
export function tagsOf(tags: readonly Tag[] = []): Record<string, string> {
  const pairs = tags.map(({ Key, Value }) => [Key!, Value!] as const);
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw duplicateTags();
  if (pairs.length > TAGS_MAX) throw tooManyTags();
  return Object.fromEntries(pairs);
}

/** Undefined when nothing of this ARN is there. */
export async function resourceTagsOf(stores: Pick<Stores, "documents">, arn: string): Promise<Record<string, string> | undefined> {
  const [bus, rule] = [busKeyOf(arn), ruleKeyOf(arn)];
  if (bus) return (await findBus(stores, bus))?.tags;
  return rule && (await findRule(stores, rule))?.tags;
}

type TagApi = Pick<Api<typeof Sdk>, "TagResource" | "UntagResource" | "ListTagsForResource">;

export function tagOperations(stores: Stores): TagApi {
  const change = async (arn: string, call: Call, to: (tags: Record<string, string>) => Record<string, string>) => {
    checkOwner(arn, call);
    await stores.transaction((tx) => changeTags(tx, arn, to));
    return {};
  };
  return {
    TagResource: ({ ResourceARN, Tags }, call) => change(ResourceARN, call, (tags) => {
      const all = { ...tags, ...tagsOf(Tags) };
      if (Object.keys(all).length > TAGS_MAX) throw tooManyTags();
      return all;
    }),

    UntagResource: ({ ResourceARN, TagKeys }, call) => change(ResourceARN, call, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key)))),

    async ListTagsForResource({ ResourceARN }, call) {
      checkOwner(ResourceARN, call);
      const tags = await resourceTagsOf(stores, ResourceARN);
      if (!tags) throw missing(ResourceARN);
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  };
}

function checkOwner(arn: string, call: Call): void {
  if (!busKeyOf(arn) && !ruleKeyOf(arn)) throw notTaggable(arn);
  if (parseArn(arn)!.account !== call.account) throw notTheOwner(call.principal.arn, "TagResource", arn);
}

async function changeTags(tx: Tx, arn: string, to: (tags: Record<string, string>) => Record<string, string>): Promise<void> {
  const [bus, rule] = [busKeyOf(arn), ruleKeyOf(arn)];
  const changed = bus ? await changeBus(tx, bus, (one) => ({ ...one, tags: to(one.tags) })) : await tx.documents<Rule>(RULES).update(ruleId(rule!), (one) => ({ ...one, tags: to(one.tags) }));
  if (!changed) throw missing(arn);
}

const missing = (arn: string) => {
  const rule = ruleKeyOf(arn);
  return rule ? ruleNotFound(rule.name, rule.bus.name) : busNotFound(busKeyOf(arn)!.name);
};

