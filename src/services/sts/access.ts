// What each operation needs to be permitted, and on what.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
import type * as Sdk from "@aws-sdk/client-sts";
import { partitionOf } from "../../kernel/arn.ts";
import type { AccessRule } from "../../ports/access.ts";
import type { Api } from "../service.ts";

interface Session { Tags?: { Key?: string | undefined; Value?: string | undefined }[] | undefined; TransitiveTagKeys?: string[] | undefined }
interface Assume extends Session { RoleArn: string; RoleSessionName: string; ExternalId?: string | undefined; SourceIdentity?: string | undefined }

const tagContext = ({ Tags, TransitiveTagKeys }: Session): Record<string, string | string[]> => ({
  ...(Tags?.length && { ...Object.fromEntries(Tags.map(({ Key, Value = "" }) => [`aws:RequestTag/${Key}`, Value])), "aws:TagKeys": Tags.map(({ Key = "" }) => Key) }),
  ...(TransitiveTagKeys?.length && { "sts:TransitiveTagKeys": TransitiveTagKeys }),
});

/** What a trust policy can make conditions of. */
export const assumeContext = (input: Assume): Record<string, string | string[]> => ({
  "sts:RoleSessionName": input.RoleSessionName,
  ...(input.ExternalId !== undefined && { "sts:ExternalId": input.ExternalId }),
  ...(input.SourceIdentity !== undefined && { "sts:SourceIdentity": input.SourceIdentity }),
  ...tagContext(input),
});

/** The role's trust policy must allow each of these, and for other accounts the caller's own policies, too. */
const assuming: AccessRule = {
  resources: ({ RoleArn }: Assume) => [RoleArn],
  context: assumeContext,
  also: (input: Assume) => [
    ...(input.Tags?.length ? ["sts:TagSession"] : []), ...(input.SourceIdentity !== undefined ? ["sts:SetSourceIdentity"] : []),
  ].map((action) => ({ action, resource: input.RoleArn, context: assumeContext(input) })),
};

export const access: Partial<Record<keyof Api<typeof Sdk>, AccessRule>> = {
  AssumeRole: assuming,
  GetFederationToken: {
    resources: ({ Name }: { Name: string }, { region, account }) => [`arn:${partitionOf(region)}:sts::${account}:federated-user/${Name}`],
    context: tagContext,
  },
  // "No permissions are required to perform this operation", of either.
  GetCallerIdentity: { action: "" },
  GetSessionToken: { action: "" },
};
