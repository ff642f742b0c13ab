// Finding the topic a caller names, and whether another account's caller may have it.
// https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
import { parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { RoomPorts } from "../service.ts";
import { malformedArn, notAuthorized, notTheOwner, topicNotFound, wrongTopicArn } from "./errors.ts";
import { findTopic, type Topic, topicId } from "./topic.ts";

/** What a topic's policy can grant; "the other API actions can be used by the topic's owner alone" (sns-access-policy-language-api-permissions-reference). */
export const GRANTABLE = ["GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish", "Receive"];

/** The id of the topic. Throws when the ARN is none, or of another region. */
export function topicIdOf(arn: string, call: Call, parameter = "TopicArn"): string {
  if (!parseArn(arn)) throw malformedArn(parameter, arn);
  const id = topicId(arn);
  if (id === undefined || parseArn(arn)!.region !== call.region) throw wrongTopicArn();
  return id;
}

/** `action` as IAM calls it: what another account's caller needs, whatever `--iam` says; without the topic's policy accounts do not see each other. */
export async function admit({ access }: Pick<RoomPorts, "access">, arn: string, call: Call, action: string): Promise<void> {
  if (parseArn(arn)?.account === call.account) return;
  if (!GRANTABLE.includes(action)) throw notTheOwner(call.principal.arn, action, arn);
  const decision = await access.decide({ actor: call.principal, action: `SNS:${action}`, resource: arn, call }); // as AWS's sentences spell it
  if (!decision.allowed) throw notAuthorized(decision.sentence);
}

export async function topicFor(ports: Pick<RoomPorts, "stores" | "access">, arn: string, call: Call, action: string): Promise<Topic> {
  topicIdOf(arn, call);
  await admit(ports, arn, call, action);
  const topic = await findTopic(ports.stores, arn);
  if (!topic) throw topicNotFound();
  return topic;
}
