// Targets of rules. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import type { Target } from "@aws-sdk/client-eventbridge";
import type { Call } from "../../kernel/call.ts";
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Api, RoomPorts } from "../service.ts";
import { ownBus } from "./bus-lookup.ts";
import { badNextToken, noSuchTargetId, ruleNotFound, tooMany } from "./errors.ts";
import { findRule, type Rule, ruleId, type RuleKey, RULES, rulesChanged } from "./rule.ts";
import { checkTarget } from "./target-validation.ts";

type TargetApi = Pick<Api<typeof Sdk>, "PutTargets" | "RemoveTargets" | "ListTargetsByRule">;

/** Recorded: the sixth is refused. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const TARGETS_MAX = 5;
const PAGE = 100;

export function targetOperations({ stores, ids, targets }: Pick<RoomPorts, "stores" | "ids" | "targets">): TargetApi {
  const keyOf = async (name: string, bus: string | undefined, call: Call): Promise<RuleKey> => {
    const { account, region, name: busName } = await ownBus(stores, bus, call);
    return { bus: { account, region, name: busName }, name };
  };
  const change = (key: RuleKey, to: (targets: Target[]) => Target[]) => stores.transaction(async (tx) => {
    const changed = await tx.documents<Rule>(RULES).update(ruleId(key), (rule) => ({ ...rule, targets: to(rule.targets) }));
    if (!changed) throw ruleNotFound(key.name, key.bus.name);
    await rulesChanged(tx, key.bus, ids.uuid());
  });

  return {
    async PutTargets({ Rule: name, EventBusName, Targets }, call) {
      const key = await keyOf(name, EventBusName, call);
      const rule = await findRule(stores, key);
      if (!rule) throw ruleNotFound(name, key.bus.name);
      for (const target of Targets) checkTarget(target, key.bus, { serves: targets.serves, roleArn: rule.roleArn });
      await change(key, (before) => {
        const all = new Map([...before, ...Targets].map((target) => [target.Id!, target])); // of one id the last counts
        if (all.size > TARGETS_MAX) throw tooMany();
        return [...all.values()].sort((a, b) => (a.Id! < b.Id! ? -1 : 1));
      });
      return { FailedEntryCount: 0, FailedEntries: [] };
    },

    async RemoveTargets({ Rule: name, EventBusName, Ids }, call) {
      const key = await keyOf(name, EventBusName, call);
      let there = new Set<string>();
      await change(key, (before) => {
        there = new Set(before.map(({ Id }) => Id!));
        return before.filter(({ Id }) => !Ids.includes(Id!));
      });
      const failed = Ids.filter((id) => !there.has(id)).map((id) => noSuchTargetId(name, id));
      return { FailedEntryCount: failed.length, FailedEntries: failed };
    },

    async ListTargetsByRule({ Rule: name, EventBusName, NextToken, Limit = PAGE }, call) {
      const key = await keyOf(name, EventBusName, call);
      const rule = await findRule(stores, key);
      if (!rule) throw ruleNotFound(name, key.bus.name);
      const after = NextToken === undefined ? "" : decodePageToken(NextToken);
      if (after === undefined) throw badNextToken();
      const left = rule.targets.filter(({ Id }) => Id! > after);
      return { Targets: left.slice(0, Limit), ...(left.length > Limit && { NextToken: encodePageToken(left[Limit - 1]!.Id!) }) };
    },
  };
}
