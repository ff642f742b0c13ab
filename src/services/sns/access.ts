// What each operation needs to be permitted, and on what. Only topics are resources; what is not listed here is on "*".
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
import type * as Sdk from "@aws-sdk/client-sns";
import type { Tag } from "@aws-sdk/client-sns";
import type { Call } from "../../kernel/call.ts";
import type { AccessRule } from "../../ports/access.ts";
import type { Api } from "../service.ts";
import { topicArn } from "./topic.ts";

const tagContext = ({ Tags, TagKeys }: { Tags?: Tag[]; TagKeys?: string[] }): Record<string, string | string[]> => {
  const keys = TagKeys ?? Tags?.map(({ Key }) => Key!) ?? [];
  return { ...Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value!])), ...(keys.length > 0 && { "aws:TagKeys": keys }) };
};

/** Handing SNS a role, to write logs with or to put records into a stream. */
const passing = (roleArn: string) => ({ action: "iam:PassRole", resource: roleArn, context: { "iam:PassedToService": "sns.amazonaws.com" } });

const roles = (attributes: Record<string, string> = {}) => Object.entries(attributes).filter(([name, value]) => name.endsWith("RoleArn") && value !== "").map(([, value]) => passing(value));

const onTopic: AccessRule = { resources: ({ TopicArn }: { TopicArn: string }) => [TopicArn] };
const onResource: AccessRule = { resources: ({ ResourceArn }: { ResourceArn: string }) => [ResourceArn], context: tagContext };
/** To a topic, to an endpoint, or to a number, which is no resource. */
const publish: AccessRule = { action: "Publish", resources: ({ TopicArn, TargetArn }: { TopicArn?: string; TargetArn?: string }) => [TopicArn ?? TargetArn ?? "*"] };

export const access: Partial<Record<keyof Api<typeof Sdk>, AccessRule>> = {
  CreateTopic: {
    resources: ({ Name }: { Name: string }, { region, account }: Call) => [topicArn(region, account, Name)], context: tagContext,
    also: ({ Name, Tags, Attributes }: { Name: string; Tags?: Tag[]; Attributes?: Record<string, string> }, { region, account }) => [
      ...(Tags?.length ? [{ action: "sns:TagResource", resource: topicArn(region, account, Name), context: tagContext({ Tags }) }] : []),
      ...roles(Attributes),
    ],
    changesAccess: true,
  },
  DeleteTopic: { ...onTopic, changesAccess: true },
  GetTopicAttributes: onTopic, ListSubscriptionsByTopic: onTopic, ConfirmSubscription: onTopic,
  SetTopicAttributes: { ...onTopic, also: ({ AttributeName, AttributeValue }: { AttributeName: string; AttributeValue?: string }) => roles({ [AttributeName]: AttributeValue ?? "" }), changesAccess: true },
  AddPermission: { ...onTopic, changesAccess: true },
  RemovePermission: { ...onTopic, changesAccess: true },
  Subscribe: {
    ...onTopic,
    context: ({ Endpoint, Protocol }: { Endpoint?: string; Protocol: string }) => ({ "sns:Protocol": Protocol, ...(Endpoint !== undefined && { "sns:Endpoint": Endpoint }) }),
    also: ({ Attributes }: { Attributes?: Record<string, string> }) => roles(Attributes),
  },
  SetSubscriptionAttributes: { also: ({ AttributeName, AttributeValue }: { AttributeName: string; AttributeValue?: string }) => roles({ [AttributeName]: AttributeValue ?? "" }) },
  Publish: publish,
  PublishBatch: publish,
  TagResource: { ...onResource, changesAccess: true },
  UntagResource: { ...onResource, changesAccess: true },
  ListTagsForResource: onResource,
};
