// The attributes of topics: which there are, what they may be set to, and how GetTopicAttributes shows them. No I/O.
// https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
import { checkedArchivePolicy } from "./archive.ts";
import { checkTopicDeliveryPolicy, effectiveOfTopic } from "./effective-policy.ts";
import { notAnAttribute, notSupported } from "./errors.ts";
import type { Topic } from "./topic.ts";
import { checkPolicy, policyOf } from "./topic-policy.ts";

interface About {
  arn: string;
  fifo: boolean;
  /** What the operation says before the reason. */
  prefix: string;
}

/** Gives back the value to keep, undefined where it ends the attribute. Throws InvalidParameter. */
type Check = (value: string, name: string, about: About) => string | undefined;

const oneOf = (...values: string[]): Check => (value, name, { prefix }) => {
  if (!values.includes(value)) throw notAnAttribute(prefix, `${name}: Invalid value. Must be ${values.join(" or ")}.`);
  return value;
};

/** In any case, as "True" from tools that print their own booleans. */
const flag: Check = (value, name, { prefix }) => {
  const folded = value.toLowerCase();
  if (folded !== "true" && folded !== "false") throw notAnAttribute(prefix, `${name}: Invalid value [${value.slice(0, 100)}]. Must be true or false.`);
  return folded;
};

const number = (min: number, max: number): Check => (value, name, { prefix }) => {
  if (!/^\d{1,7}$/.test(value) || Number(value) < min || Number(value) > max) throw notAnAttribute(prefix, `${name}: Invalid value. Must be an integer from ${min} to ${max}.`);
  return value;
};

const roleArn: Check = (value, name, { prefix }) => {
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[^*?\s]+$/.test(value)) throw notAnAttribute(prefix, `${name}: Invalid value. Must be the ARN of a role.`);
  return value;
};

/** The key that AWS keeps for SNS, by its name or ARN; encryption itself is the disk's (decision 0018). */
const awsManagedKey: Check = (value) => {
  if (!/^(arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:)?alias\/aws\/sns$/.test(value)) throw notSupported("KmsMasterKeyId with a key of your own, only the AWS managed key alias/aws/sns: there is no KMS here");
  return value;
};

const ofFifo = (check: Check): Check => (value, name, about) => {
  if (!about.fifo) throw notAnAttribute(about.prefix, `Unknown attribute ${name}`); // as cdk-preflight keeps it
  return check(value, name, about);
};

const feedback = (protocol: string): [string, Check][] => [[`${protocol}SuccessFeedbackRoleArn`, roleArn], [`${protocol}SuccessFeedbackSampleRate`, number(0, 100)], [`${protocol}FailureFeedbackRoleArn`, roleArn]];

/** Texts of SignatureVersion, TracingConfig and DisplayName as cdk-preflight keeps them; the others in their form. */
const CHECKS = new Map<string, Check>([
  ["DisplayName", (value, _name, { prefix }) => {
    if (value.length > 100 || /[\p{Cc}]/u.test(value)) throw notAnAttribute(prefix, "DisplayName");
    return value;
  }],
  ["Policy", (value, _name, { arn }) => {
    checkPolicy(value, arn);
    return value;
  }],
  ["DeliveryPolicy", (value, _name, { prefix }) => {
    checkTopicDeliveryPolicy(value, prefix);
    return value;
  }],
  ["SignatureVersion", oneOf("1", "2")],
  ["TracingConfig", (value, _name, { prefix }) => {
    if (value === "Active") throw notSupported("TracingConfig Active (segments for AWS X-Ray)");
    if (value !== "PassThrough") throw notAnAttribute(prefix, `Invalid tracing config value: ${value.slice(0, 100)}`);
    return value;
  }],
  ["MaximumMessageSize", number(1024, 1_048_576)],
  ["KmsMasterKeyId", awsManagedKey],
  ["ContentBasedDeduplication", ofFifo(flag)],
  ["FifoThroughputScope", ofFifo(oneOf("Topic", "MessageGroup"))],
  ["ArchivePolicy", ofFifo((value, _name, { prefix }) => checkedArchivePolicy(value, prefix))],
  ...["HTTP", "SQS", "Lambda", "Firehose", "Application"].flatMap(feedback),
]);

/** The value to keep; undefined where setting it leaves the attribute unset. Throws InvalidParameter. */
export function checkedAttribute(name: string, value: string, about: About): string | undefined {
  // "" does not end archiving, "{}" does: https://github.com/hashicorp/terraform-provider-aws/issues/38885.
  return value === "" && name !== "ArchivePolicy" ? undefined : CHECKS.get(name)!(value, name, about);
}

export const isTopicAttribute = (name: string): boolean => CHECKS.has(name);

/** Everything there is to know, as GetTopicAttributes gives it. */
export const describeTopic = (topic: Topic): Record<string, string> => ({
  TopicArn: topic.arn,
  Owner: topic.account,
  DisplayName: "",
  ...(topic.fifo && { FifoTopic: "true", ContentBasedDeduplication: "false" }),
  ...topic.attributes,
  Policy: policyOf(topic),
  EffectiveDeliveryPolicy: effectiveOfTopic(topic.attributes["DeliveryPolicy"]),
  SubscriptionsConfirmed: String(topic.counts.confirmed),
  SubscriptionsPending: String(topic.counts.pending),
  SubscriptionsDeleted: String(topic.counts.deleted),
});
