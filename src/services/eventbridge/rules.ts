// Rules. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import type { Call } from "../../kernel/call.ts";
import { BadPattern, compile } from "../../patterns/pattern.ts";
import { parseEvent } from "../../patterns/numbers.ts";
import type { Tx } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { busId, DEFAULT, findBus } from "./bus.ts";
import { ownBus } from "./bus-lookup.ts";
import { badEvent, badEventPattern, badSchedule, busNotFound, neitherPatternNorSchedule, ruleHasTargets, ruleNotFound, scheduleOnDefaultOnly, tooMany } from "./errors.ts";
import { pageOf } from "./page.ts";
import { type Rule, ruleArn, ruleId, type RuleKey, RULES, rulesChanged, type RuleState } from "./rule.ts";
import { ruleIndex } from "./rule-index.ts";
import { isSchedule, reschedule } from "./schedule.ts";
import { tagsOf } from "./tags.ts";

type RuleApi = Pick<Api<typeof Sdk>, "PutRule" | "DescribeRule" | "ListRules" | "EnableRule" | "DisableRule" | "DeleteRule" | "ListRuleNamesByTarget" | "TestEventPattern">;
type Ports = Pick<RoomPorts, "stores" | "clock" | "ids">;

/** AWS's 300 can be raised on request. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const RULES_MAX = 2000;

export function ruleOperations(ports: Ports): RuleApi {
  const { stores, ids, clock } = ports;
  const rules = stores.documents<Rule>(RULES);
  const keyOf = async (name: string, bus: string | undefined, call: Call): Promise<RuleKey> => ({ bus: keyed(await ownBus(stores, bus, call)), name });

  /** Reads, changes and says so, in one transaction. */
  const change = async (key: RuleKey, to: (rule: Rule) => Rule): Promise<void> => {
    await stores.transaction(async (tx) => {
      const rule = await tx.documents<Rule>(RULES).update(ruleId(key), to);
      if (!rule) throw ruleNotFound(key.name, key.bus.name);
      await rulesChanged(tx, key.bus, ids.uuid());
      await reschedule(tx, rule, clock.now());
    });
  };

  return {
    async PutRule(input, call) {
      const key = await keyOf(input.Name, input.EventBusName, call);
      checkRule(input, key);
      await stores.transaction((tx) => putRule(tx, key, input, { nowMs: clock.now(), revision: ids.uuid() }));
      return { RuleArn: ruleArn(key) };
    },

    async DescribeRule({ Name, EventBusName }, call) {
      const key = await keyOf(Name, EventBusName, call);
      const rule = await rules.get(ruleId(key));
      if (!rule) throw ruleNotFound(Name, key.bus.name);
      return { ...describe(rule), CreatedBy: rule.bus.account };
    },

    async ListRules({ NamePrefix = "", EventBusName, NextToken, Limit }, call) {
      const bus = await ownBus(stores, EventBusName, call);
      const { found, ...next } = await pageOf(rules, `${busId(bus)}/${NamePrefix}`, { NextToken, Limit });
      return { Rules: found.map(describe), ...next };
    },

    async EnableRule({ Name, EventBusName }, call) {
      await change(await keyOf(Name, EventBusName, call), (rule) => ({ ...rule, state: "ENABLED" }));
      return {};
    },

    async DisableRule({ Name, EventBusName }, call) {
      await change(await keyOf(Name, EventBusName, call), (rule) => ({ ...rule, state: "DISABLED" }));
      return {};
    },

    /** Deleting what is not there is no error (documented). */
    async DeleteRule({ Name, EventBusName }, call) {
      const key = await keyOf(Name, EventBusName, call);
      await stores.transaction(async (tx) => {
        const rule = await tx.documents<Rule>(RULES).get(ruleId(key));
        if (!rule) return;
        if (rule.targets.length > 0) throw ruleHasTargets();
        await tx.documents<Rule>(RULES).delete(ruleId(key));
        await rulesChanged(tx, key.bus, ids.uuid());
        await reschedule(tx, { ...rule, state: "DISABLED" }, clock.now());
      });
      return {};
    },

    async ListRuleNamesByTarget({ TargetArn, EventBusName, NextToken, Limit }, call) {
      const bus = await ownBus(stores, EventBusName, call);
      const { found, ...next } = await pageOf(rules, `${busId(bus)}/`, { NextToken, Limit }, ({ targets }) => targets.some(({ Arn }) => Arn === TargetArn));
      return { RuleNames: found.map(({ name }) => name), ...next };
    },

    async TestEventPattern({ EventPattern, Event }) {
      const index = ruleIndex([{ value: true, pattern: compiled(EventPattern) }]);
      return { Result: (await index.matchingInTurns(eventToTest(Event), Event.length)).length > 0 };
    },
  };
}

const keyed = ({ account, region, name }: RuleKey["bus"]): RuleKey["bus"] => ({ account, region, name });

/** Throws InvalidEventPatternException. */
export function compiled(pattern: string): ReturnType<typeof compile> {
  try {
    return compile(pattern, "eventbridge");
  } catch (error) {
    throw error instanceof BadPattern ? badEventPattern(error.reason) : error;
  }
}

/** "The event … must have" these (API_TestEventPattern); recorded: other JSON than an object is refused as well. */
const EVENT_FIELDS = ["id", "account", "source", "time", "region", "detail-type"];

function eventToTest(text: string): object {
  try {
    const event = parseEvent(text);
    if (typeof event === "object" && event !== null && !Array.isArray(event) && EVENT_FIELDS.every((field) => Object.hasOwn(event, field))) return event;
  } catch { /* no JSON at all */ }
  throw badEvent();
}

type RuleInput = Parameters<RuleApi["PutRule"]>[0];

function checkRule({ EventPattern, ScheduleExpression }: RuleInput, { bus }: RuleKey): void {
  if (!EventPattern && !ScheduleExpression) throw neitherPatternNorSchedule();
  if (ScheduleExpression) {
    if (bus.name !== DEFAULT) throw scheduleOnDefaultOnly();
    if (!isSchedule(ScheduleExpression)) throw badSchedule();
  }
  if (EventPattern) compiled(EventPattern);
}

/** What is not said again is gone, but targets and tags stay (documented). */
async function putRule(tx: Tx, key: RuleKey, input: RuleInput, { nowMs, revision }: { nowMs: number; revision: string }): Promise<void> {
  const rules = tx.documents<Rule>(RULES);
  if (!(await findBus(tx, key.bus))) throw busNotFound(key.bus.name); // deleted meanwhile
  const before = await rules.get(ruleId(key));
  if (!before && (await rules.count(`${busId(key.bus)}/`)) >= RULES_MAX) throw tooMany();
  const rule: Rule = {
    ...key, arn: ruleArn(key), state: (input.State ?? "ENABLED") as RuleState, targets: before?.targets ?? [], tags: before?.tags ?? tagsOf(input.Tags), createdMs: before?.createdMs ?? nowMs,
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.EventPattern && { pattern: input.EventPattern }),
    ...(input.ScheduleExpression && { schedule: input.ScheduleExpression }),
    ...(input.RoleArn !== undefined && { roleArn: input.RoleArn }),
  };
  await rules.put(ruleId(key), rule);
  await rulesChanged(tx, key.bus, revision);
  await reschedule(tx, rule, nowMs);
}

const describe = (rule: Rule) => ({
  Name: rule.name, Arn: rule.arn, State: rule.state, EventBusName: rule.bus.name,
  ...(rule.description !== undefined && { Description: rule.description }),
  ...(rule.pattern !== undefined && { EventPattern: rule.pattern }),
  ...(rule.schedule !== undefined && { ScheduleExpression: rule.schedule }),
  ...(rule.roleArn !== undefined && { RoleArn: rule.roleArn }),
});
