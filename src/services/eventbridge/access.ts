// What each operation needs to be permitted, and on what. What is not listed here is on "*".
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import type { PutEventsRequestEntry, Tag, Target } from "@aws-sdk/client-eventbridge";
import { formatArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { AccessRule } from "../../ports/access.ts";
import type { Api } from "../service.ts";
import { busArn, type BusKey, busKeyOf, DEFAULT } from "./bus.ts";
import { ruleArn } from "./rule.ts";

const tagContext = ({ Tags, TagKeys }: { Tags?: Tag[]; TagKeys?: string[] }): Record<string, string | string[]> => {
  const keys = TagKeys ?? Tags?.map(({ Key }) => Key!) ?? [];
  return { ...Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value!])), ...(keys.length > 0 && { "aws:TagKeys": keys }) };
};

const busOf = (nameOrArn: string | undefined, { account, region }: Call): BusKey => busKeyOf(nameOrArn ?? "") ?? { account, region, name: nameOrArn ?? DEFAULT };

const onBus: AccessRule = { resources: ({ Name, EventBusName }: { Name?: string; EventBusName?: string }, call) => [busArn(busOf(Name ?? EventBusName, call))] };
const ofRule = ({ Name, Rule, EventBusName }: { Name?: string; Rule?: string; EventBusName?: string }, call: Call): string => ruleArn({ bus: busOf(EventBusName, call), name: (Name ?? Rule)! });
const onRule: AccessRule = { resources: (input, call) => [ofRule(input, call)] };
const onRules: AccessRule = { resources: ({ EventBusName }: { EventBusName?: string }, call) => [ruleArn({ bus: busOf(EventBusName, call), name: "*" })] };
const onResource: AccessRule = { resources: ({ ResourceARN }: { ResourceARN: string }) => [ResourceARN], context: tagContext };
const named = (type: string, member: string): AccessRule => ({ resources: (input: Record<string, string>, { account, region }) => [formatArn("events", region, account, `${type}/${input[member]}`)] });
/** Connections and API destinations have a UUID after their name, which policies leave open. */
const namedAndNumbered = (type: string): AccessRule => ({ resources: ({ Name }: { Name: string }, { account, region }) => [formatArn("events", region, account, `${type}/${Name}/*`)] });

/** Partner event sources are of no account. */
const ofSource = (name: string, { region }: Call): string => formatArn("events", region, "", `event-source/${name}`);
const onSource: AccessRule = { resources: ({ Name, EventSourceName }: { Name?: string; EventSourceName?: string }, call) => [ofSource((Name ?? EventSourceName)!, call)] };

const passing = (roleArn: string) => ({ action: "iam:PassRole", resource: roleArn, context: { "iam:PassedToService": "events.amazonaws.com" } });
const tagging = (Tags: Tag[] | undefined, resource: string) => (Tags?.length ? [{ action: "events:TagResource", resource, context: tagContext({ Tags }) }] : []);

/** The texts a pattern asks for in a field, for events:source and its like; a pattern that is none is refused later. */
function patternContext(pattern: string | undefined): Record<string, string[]> {
  try {
    const { source, "detail-type": detailType } = JSON.parse(pattern ?? "{}") as Record<string, unknown>;
    const texts = (value: unknown) => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);
    return { ...(texts(source).length > 0 && { "events:source": texts(source) }), ...(texts(detailType).length > 0 && { "events:detail-type": texts(detailType) }) };
  } catch {
    return {};
  }
}

const distinct = (texts: (string | undefined)[]): string[] => [...new Set(texts.filter((text) => text !== undefined))];

export const access: Partial<Record<keyof Api<typeof Sdk>, AccessRule>> = {
  CreateEventBus: { ...onBus, context: tagContext, also: ({ Name, Tags }: { Name: string; Tags?: Tag[] }, call) => tagging(Tags, busArn(busOf(Name, call))) },
  DescribeEventBus: onBus,
  UpdateEventBus: onBus,
  DeleteEventBus: { ...onBus, changesAccess: true },
  PutPermission: { ...onBus, changesAccess: true },
  RemovePermission: { ...onBus, changesAccess: true },
  PutEvents: {
    resources: ({ Entries }: { Entries: PutEventsRequestEntry[] }, call) => [...new Set(Entries.map(({ EventBusName }) => busArn(busOf(EventBusName, call))))],
    context: ({ Entries }: { Entries: PutEventsRequestEntry[] }) => ({ "events:source": distinct(Entries.map(({ Source }) => Source)), "events:detail-type": distinct(Entries.map(({ DetailType }) => DetailType)) }),
  },
  PutRule: {
    ...onRule,
    context: ({ Tags, EventPattern }: { Tags?: Tag[]; EventPattern?: string }, { account }) => ({ ...tagContext({ ...(Tags && { Tags }) }), ...patternContext(EventPattern), "events:creatorAccount": account }),
    also: (input: { Name: string; EventBusName?: string; Tags?: Tag[]; RoleArn?: string }, call) => [...tagging(input.Tags, ofRule(input, call)), ...(input.RoleArn ? [passing(input.RoleArn)] : [])],
  },
  DescribeRule: onRule, DeleteRule: onRule, EnableRule: onRule, DisableRule: onRule, ListTargetsByRule: onRule, RemoveTargets: onRule,
  ListRules: onRules,
  PutTargets: {
    ...onRule,
    context: ({ Targets }: { Targets: Target[] }, { account }) => ({ "events:TargetArn": distinct(Targets.map(({ Arn }) => Arn)), "events:creatorAccount": account }),
    also: ({ Targets }: { Targets: Target[] }) => distinct(Targets.map(({ RoleArn }) => RoleArn)).map(passing),
  },
  TagResource: { ...onResource, changesAccess: true },
  UntagResource: { ...onResource, changesAccess: true },
  ListTagsForResource: onResource,
  CreatePartnerEventSource: onSource, DeletePartnerEventSource: onSource, DescribePartnerEventSource: onSource, ListPartnerEventSourceAccounts: onSource,
  DescribeEventSource: onSource, ActivateEventSource: onSource, DeactivateEventSource: onSource,
  CreateArchive: named("archive", "ArchiveName"), DescribeArchive: named("archive", "ArchiveName"), UpdateArchive: named("archive", "ArchiveName"), DeleteArchive: named("archive", "ArchiveName"),
  StartReplay: named("replay", "ReplayName"), DescribeReplay: named("replay", "ReplayName"), CancelReplay: named("replay", "ReplayName"),
  CreateConnection: namedAndNumbered("connection"), DescribeConnection: namedAndNumbered("connection"), UpdateConnection: namedAndNumbered("connection"), DeleteConnection: namedAndNumbered("connection"), DeauthorizeConnection: namedAndNumbered("connection"),
  CreateApiDestination: namedAndNumbered("api-destination"), DescribeApiDestination: namedAndNumbered("api-destination"), UpdateApiDestination: namedAndNumbered("api-destination"), DeleteApiDestination: namedAndNumbered("api-destination"),
};
