// A notification configuration as requests have it: read and checked, and shown again. No I/O.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
import type { Event, FilterRuleName, NotificationConfiguration, NotificationConfigurationFilter } from "@aws-sdk/client-s3";
import { parseArn } from "../../kernel/arn.ts";
import { malformedXml } from "./errors.ts";
import { type DestinationKind, type NotificationRule, type NotificationRules, overlap } from "./notification.ts";
import { badDestinationArn, badFilterName, destinationElsewhere, filterValueTooLong, overlappingFilters, overlappingRules, ruleIdTooLong, sameRuleId, tooManyRules, twoOfFilter, unknownEvent } from "./notification-errors.ts";

const RULES_MAX = 100;
const ID_CHARACTERS_MAX = 255;
const VALUE_BYTES_MAX = 1024;
const ARN_CHARACTERS_SHOWN = 1000;
/** The name of a queue or a topic, with ".fifo" perhaps; "function:NAME", with a qualifier perhaps. */
const RESOURCE = /^[\w.:$-]{1,300}$/;

const EVENTS = new Set<string>([
  "s3:ReducedRedundancyLostObject", "s3:LifecycleTransition", "s3:IntelligentTiering", "s3:ObjectAcl:Put", "s3:ObjectRetention:Put",
  ...["*", "Put", "Post", "Copy", "CompleteMultipartUpload"].map((end) => `s3:ObjectCreated:${end}`),
  ...["*", "Delete", "DeleteMarkerCreated"].flatMap((end) => [`s3:ObjectRemoved:${end}`, `s3:LifecycleExpiration:${end}`]),
  ...["*", "Post", "Completed", "Delete"].map((end) => `s3:ObjectRestore:${end}`),
  ...["*", "OperationFailedReplication", "OperationMissedThreshold", "OperationReplicatedAfterThreshold", "OperationNotTracked"].map((end) => `s3:Replication:${end}`),
  ...["*", "Put", "Delete"].flatMap((end) => [`s3:ObjectTagging:${end}`, `s3:ObjectAnnotation:${end}`]),
]);

/** The service in the ARN, and the XML element that holds it. */
const KINDS: Record<DestinationKind, { service: string; element: string }> = {
  topic: { service: "sns", element: "Topic" },
  queue: { service: "sqs", element: "Queue" },
  function: { service: "lambda", element: "CloudFunction" },
};

interface Given {
  Id?: string | undefined;
  Events: Event[] | undefined;
  Filter?: NotificationConfigurationFilter | undefined;
}

/** All that can be said without asking the destinations. Throws InvalidArgument, MalformedXML. `makeId`: for rules without one. */
export function readRules(given: NotificationConfiguration, region: string, makeId: () => string): NotificationRules {
  const rules = [
    ...(given.TopicConfigurations ?? []).map((one) => readRule("topic", one.TopicArn, one, region, makeId)),
    ...(given.QueueConfigurations ?? []).map((one) => readRule("queue", one.QueueArn, one, region, makeId)),
    ...(given.LambdaFunctionConfigurations ?? []).map((one) => readRule("function", one.LambdaFunctionArn, one, region, makeId)),
  ];
  if (rules.length > RULES_MAX) throw tooManyRules();
  const ids = new Set<string>();
  rules.forEach((rule, index) => {
    if (ids.has(rule.id)) throw sameRuleId(rule.id);
    ids.add(rule.id);
    const other = rules.slice(0, index).find((before) => overlap(before, rule));
    if (other) throw other.filter || rule.filter ? overlappingFilters() : overlappingRules();
  });
  return { rules, eventBridge: given.EventBridgeConfiguration !== undefined };
}

function readRule(kind: DestinationKind, arn: string | undefined, { Id: id, Events: events, Filter: filter }: Given, region: string, makeId: () => string): NotificationRule {
  const { service, element } = KINDS[kind];
  if (arn === undefined || !events?.length) throw malformedXml();
  const parsed = parseArn(arn);
  if (parsed?.service !== service || !/^\d{12}$/.test(parsed.account) || !RESOURCE.test(parsed.resource)) throw badDestinationArn(element, arn.slice(0, ARN_CHARACTERS_SHOWN));
  const unknown = events.find((event) => !EVENTS.has(event));
  if (unknown !== undefined) throw unknownEvent(unknown);
  if (id !== undefined && id.length > ID_CHARACTERS_MAX) throw ruleIdTooLong(id.slice(0, ID_CHARACTERS_MAX));
  const rule: NotificationRule = { id: id || makeId(), kind, arn, events: [...new Set(events)], ...(filter && { filter: readFilter(filter) }) };
  if (parsed.region !== region) throw destinationElsewhere(element, arn);
  return rule;
}

/** Names are shown with a capital, however they were written (recorded). */
function readFilter({ Key }: NotificationConfigurationFilter): NonNullable<NotificationRule["filter"]> {
  const rules = (Key?.FilterRules ?? []).map(({ Name, Value }) => {
    if (Name === undefined || Value === undefined) throw malformedXml();
    const name = { prefix: "Prefix", suffix: "Suffix" }[Name.toLowerCase()] as "Prefix" | "Suffix" | undefined;
    if (name === undefined) throw badFilterName(Name);
    if (Buffer.byteLength(Value) > VALUE_BYTES_MAX) throw filterValueTooLong(Value);
    return { name, value: Value };
  });
  for (const name of ["Prefix", "Suffix"] as const) if (rules.filter((rule) => rule.name === name).length > 1) throw twoOfFilter(name);
  return rules;
}

export function showRules({ rules, eventBridge }: NotificationRules): NotificationConfiguration {
  const of = (kind: DestinationKind) => rules.filter((rule) => rule.kind === kind);
  const shown = ({ id, events, filter }: NotificationRule) => ({
    Id: id, Events: events, ...(filter && { Filter: { Key: { FilterRules: filter.map(({ name, value }) => ({ Name: name as FilterRuleName, Value: value })) } } }),
  });
  const [topics, queues, functions] = [of("topic"), of("queue"), of("function")];
  return {
    ...(topics.length > 0 && { TopicConfigurations: topics.map((rule) => ({ ...shown(rule), TopicArn: rule.arn })) }),
    ...(queues.length > 0 && { QueueConfigurations: queues.map((rule) => ({ ...shown(rule), QueueArn: rule.arn })) }),
    ...(functions.length > 0 && { LambdaFunctionConfigurations: functions.map((rule) => ({ ...shown(rule), LambdaFunctionArn: rule.arn })) }),
    ...(eventBridge && { EventBridgeConfiguration: {} }),
  };
}
