// What each operation needs to be permitted, and on what.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
import type * as Sdk from "@aws-sdk/client-sts";
import type { Call } from "../../kernel/call.ts";
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

/** In the partition of the caller: the region is theirs to choose. */
const federatedArn = ({ Name }: { Name: string }, { account, principal }: Call): string => `arn:${principal.arn.split(":")[1]}:sts::${account}:federated-user/${Name}`;

export const access: Partial<Record<keyof Api<typeof Sdk>, AccessRule>> = {
  AssumeRole: assuming,
  GetFederationToken: {
    resources: (input: { Name: string }, call) => [federatedArn(input, call)],
    context: tagContext,
    // "In addition to the action that matches the API operation, you must have sts:TagSession" (id_session-tags.html): tags are what policies ask about.
    also: (input: Session & { Name: string }, call) => (input.Tags?.length ? [{ action: "sts:TagSession", resource: federatedArn(input, call), context: tagContext(input) }] : []),
  },
  // "No permissions are required to perform this operation", of either.
  GetCallerIdentity: { action: "" },
  GetSessionToken: { action: "" },
};
