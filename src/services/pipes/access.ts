// What each operation needs to be permitted, and on which pipes. What is not listed here is on "*".
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgepipes.html
import type * as Sdk from "@aws-sdk/client-pipes";
import type { Call } from "../../kernel/call.ts";
import type { AccessRule } from "../../ports/access.ts";
import type { Api } from "../service.ts";
import { pipeArn } from "./pipe.ts";

interface Named { Name: string }

const onPipe: AccessRule = { resources: ({ Name }: Named, { account, region }: Call) => [pipeArn({ account, region, name: Name })] };
/** Handing Pipes a role. */
const withRole: AccessRule = { ...onPipe, also: ({ RoleArn }: { RoleArn: string }) => [{ action: "iam:PassRole", resource: RoleArn, context: { "iam:PassedToService": "pipes.amazonaws.com" } }] };

const tagContext = ({ Tags, tags, tagKeys }: { Tags?: Record<string, string>; tags?: Record<string, string>; tagKeys?: string[] }): Record<string, string | string[]> => {
  const given = Tags ?? tags ?? {};
  const keys = tagKeys ?? Object.keys(given);
  return { ...Object.fromEntries(Object.entries(given).map(([key, value]) => [`aws:RequestTag/${key}`, value])), ...(keys.length > 0 && { "aws:TagKeys": keys }) };
};
const onTagged: AccessRule = { resources: ({ resourceArn }: { resourceArn: string }) => [resourceArn] };
const changesTags: AccessRule = { ...onTagged, context: tagContext, changesAccess: true };

export const access: Partial<Record<keyof Api<typeof Sdk>, AccessRule>> = {
  CreatePipe: { ...withRole, context: tagContext, changesAccess: true },
  UpdatePipe: withRole,
  DescribePipe: onPipe,
  DeletePipe: { ...onPipe, changesAccess: true },
  StartPipe: onPipe,
  StopPipe: onPipe,
  TagResource: changesTags,
  UntagResource: changesTags,
  ListTagsForResource: onTagged,
};
