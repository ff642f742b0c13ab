// What a rule is, and where it is kept; its targets are part of it. No I/O but findRule and changed.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html
import type { Target } from "@aws-sdk/client-eventbridge";
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import { busId, type BusKey, DEFAULT } from "./bus.ts";

/** Documents of this kind have the id ACCOUNT/REGION/BUS/NAME. */
export const RULES = "events/rule";
/** By bus: another one after every change to its rules and archives, so that what was made of them can be kept. */
export const REVISIONS = "events/rules-revision";

export type RuleState = "ENABLED" | "DISABLED" | "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

/** Which rule, whether or not it is there. */
export interface RuleKey {
  bus: BusKey;
  name: string;
}

export interface Rule extends RuleKey {
  arn: string;
  description?: string;
  /** JSON text. */
  pattern?: string;
  schedule?: string;
  state: RuleState;
  roleArn?: string;
  /** As PutTargets was given them, in the order of their ids. */
  targets: Target[];
  tags: Record<string, string>;
  createdMs: number;
}

export const ruleId = ({ bus, name }: RuleKey): string => `${busId(bus)}/${name}`;

/** Without the bus when that is the default one. */
export const ruleArn = ({ bus, name }: RuleKey): string => formatArn("events", bus.region, bus.account, `rule/${bus.name === DEFAULT ? "" : `${bus.name}/`}${name}`);

/** Undefined when the text is not the ARN of a rule. */
export function ruleKeyOf(arn: string): RuleKey | undefined {
  const { service, region, account, resource = "" } = parseArn(arn) ?? {};
  if (service !== "events" || !region || !account || !resource.startsWith("rule/")) return undefined;
  const names = resource.slice("rule/".length).split("/");
  const name = names.pop()!;
  return { bus: { account, region, name: names.length === 0 ? DEFAULT : names.join("/") }, name }; // a partner's bus has slashes in its name
}

export const isEnabled = ({ state }: Pick<Rule, "state">): boolean => state !== "DISABLED";

export const findRule = (stores: Pick<Stores | Tx, "documents">, key: RuleKey): Promise<Rule | undefined> => stores.documents<Rule>(RULES).get(ruleId(key));

/** To be said in the transaction of the change. */
export const rulesChanged = (tx: Pick<Tx, "documents">, bus: BusKey, revision: string): Promise<void> => tx.documents<{ revision: string }>(REVISIONS).put(busId(bus), { revision });
