// What each operation needs to be permitted, and on what. The empty "log-stream:" after a group is AWS's own (seen in its refusals).
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
import type * as Sdk from "@aws-sdk/client-cloudwatch-logs";
import { formatArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { AccessRule } from "../../ports/access.ts";
import type { Api } from "../service.ts";

interface Where { logGroupName?: string; logGroupIdentifier?: string; logStreamName?: string }

/** The group by its name, or by its ARN with or without the ":*" of lists. */
function arnOf({ logGroupName, logGroupIdentifier, logStreamName = "" }: Where, { region, account }: Call): string {
  const named = logGroupName ?? logGroupIdentifier ?? "";
  const group = named.startsWith("arn:") ? named.replace(/:\*$/, "") : formatArn("logs", region, account, `log-group:${named}`);
  return `${group}:log-stream:${logStreamName}`;
}

const on: AccessRule = { resources: (input: Where, call) => [arnOf(input, call)] };
const onGroup: AccessRule = { resources: ({ logGroupName, logGroupIdentifier }: Where, call) => [arnOf({ ...(logGroupName !== undefined && { logGroupName }), ...(logGroupIdentifier !== undefined && { logGroupIdentifier }) }, call)] };
const onArn: AccessRule = { resources: ({ resourceArn }: { resourceArn: string }) => [resourceArn] };

export const access: Partial<Record<keyof Api<typeof Sdk>, AccessRule>> = {
  CreateLogGroup: onGroup, DeleteLogGroup: onGroup, PutRetentionPolicy: onGroup, DeleteRetentionPolicy: onGroup, DescribeLogGroups: onGroup,
  CreateLogStream: on, DeleteLogStream: on, PutLogEvents: on, GetLogEvents: on, DescribeLogStreams: onGroup, FilterLogEvents: onGroup,
  ListTagsLogGroup: onGroup, TagLogGroup: onGroup, UntagLogGroup: onGroup, ListTagsForResource: onArn, TagResource: onArn, UntagResource: onArn,
  StartLiveTail: { resources: ({ logGroupIdentifiers }: { logGroupIdentifiers: string[] }, call) => logGroupIdentifiers.map((logGroupIdentifier) => arnOf({ logGroupIdentifier }, call)) },
};
