// What each operation needs to be permitted, and on what. The empty "log-stream:" after a group is AWS's own (seen in its refusals).
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
import type * as Sdk from "@aws-sdk/client-cloudwatch-logs";
import { formatArn, partitionOf } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { AccessRule } from "../../ports/access.ts";
import type { Api } from "../service.ts";

interface Where { logGroupName?: string; logGroupIdentifier?: string; logStreamName?: string }

/** The operations take any partition, so a policy must see the one there is. */
const exactly = (arn: string, region: string): string => arn.replace(/^arn:[^:]*:/, `arn:${partitionOf(region)}:`);

/** The group by its name, or by its ARN with or without the ":*" of lists. */
function arnOf({ logGroupName, logGroupIdentifier, logStreamName = "" }: Where, { region, account }: Call): string {
  const named = logGroupName ?? logGroupIdentifier ?? "";
  const group = named.startsWith("arn:") ? exactly(named.replace(/:\*$/, ""), region) : formatArn("logs", region, account, `log-group:${named}`);
  return `${group}:log-stream:${logStreamName}`;
}

const tagContext = ({ tags, tagKeys }: { tags?: Record<string, string> | string[]; tagKeys?: string[] }): Record<string, string | string[]> => {
  const given = Array.isArray(tags) || !tags ? {} : tags; // UntagLogGroup calls its keys "tags"
  const keys = tagKeys ?? (Array.isArray(tags) ? tags : Object.keys(given));
  return { ...Object.fromEntries(Object.entries(given).map(([key, value]) => [`aws:RequestTag/${key}`, value])), ...(keys.length > 0 && { "aws:TagKeys": keys }) };
};

const on: AccessRule = { resources: (input: Where, call) => [arnOf(input, call)] };
const onGroup: AccessRule = { resources: ({ logGroupName, logGroupIdentifier }: Where, call) => [arnOf({ ...(logGroupName !== undefined && { logGroupName }), ...(logGroupIdentifier !== undefined && { logGroupIdentifier }) }, call)] };
const onArn: AccessRule = { resources: ({ resourceArn }: { resourceArn: string }, { region }) => [exactly(resourceArn, region)], context: tagContext };

export const access: Partial<Record<keyof Api<typeof Sdk>, AccessRule>> = {
  // "User with accountId: … is not authorized to perform CreateLogGroup with Tags. An additional permission "logs:TagResource" is required" (seen, DataDog/cloudformation-template#61).
  CreateLogGroup: {
    ...onGroup, context: tagContext,
    also: (input: Where & { tags?: Record<string, string> }, { region, account }) => (Object.keys(input.tags ?? {}).length > 0 ? [{ action: "logs:TagResource", resource: formatArn("logs", region, account, `log-group:${input.logGroupName}`), context: tagContext(input) }] : []),
  },
  DeleteLogGroup: onGroup, PutRetentionPolicy: onGroup, DeleteRetentionPolicy: onGroup, DescribeLogGroups: onGroup,
  CreateLogStream: on, DeleteLogStream: on, PutLogEvents: on, GetLogEvents: on, DescribeLogStreams: onGroup, FilterLogEvents: onGroup,
  ListTagsLogGroup: onGroup, TagLogGroup: { ...onGroup, context: tagContext }, UntagLogGroup: { ...onGroup, context: tagContext }, ListTagsForResource: onArn, TagResource: onArn, UntagResource: onArn,
  StartLiveTail: { resources: ({ logGroupIdentifiers }: { logGroupIdentifiers: string[] }, call) => logGroupIdentifiers.map((logGroupIdentifier) => arnOf({ logGroupIdentifier }, call)) },
};
