// Finding managed policies by ARN: the account's own in the store, AWS's own in this program.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
import type * as Sdk from "@aws-sdk/client-iam";
import { parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { Stores } from "../../storage/stores.ts";
import { AWS_MANAGED_POLICIES, type AwsManagedPolicy } from "./aws-managed-policies.ts";
import { entityId, type Policy, POLICIES, type Role, ROLES } from "./entity.ts";
import { badArn } from "./errors.ts";

export interface PolicyArn {
  /** Twelve digits, or "aws". */
  account: string;
  path: string;
  name: string;
}

/** Throws ValidationError for anything but the ARN of a policy. */
export function parsePolicyArn(text: string): PolicyArn {
  const arn = parseArn(text);
  const [, path, name] = /^policy(\/(?:.*\/)?)([\w+=,.@-]+)$/.exec(arn?.resource ?? "") ?? [];
  if (!arn || arn.service !== "iam" || arn.region !== "" || path === undefined || name === undefined) throw badArn(text);
  return { account: arn.account, path, name };
}

/** Undefined when AWS has no such policy, or Evoke does not carry it. */
export function findAwsManaged(text: string): AwsManagedPolicy | undefined {
  const { account, path, name } = parsePolicyArn(text);
  return account === "aws" ? AWS_MANAGED_POLICIES.find((policy) => policy.name === name && policy.path === path) : undefined;
}

/** The account's own policy; undefined when there is none of exactly that ARN. */
export async function findOwn(stores: Stores, call: Call, text: string): Promise<Policy | undefined> {
  const { account, name } = parsePolicyArn(text);
  if (account !== call.account) return undefined;
  const policy = await stores.documents<Policy>(POLICIES).get(entityId(call.account, name));
  return policy?.arn === text ? policy : undefined;
}

export const awsManagedArn = (policy: AwsManagedPolicy, partition: string): string => `arn:${partition}:iam::aws:policy${policy.path}${policy.name}`;

/** Without PolicyId: AWS's ids of these are not published. */
export function describeAwsManaged(policy: AwsManagedPolicy, arn: string, attachments: number, view: "get" | "list"): Sdk.Policy {
  return {
    PolicyName: policy.name,
    Arn: arn,
    Path: policy.path,
    DefaultVersionId: policy.version,
    AttachmentCount: attachments,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
    ...(view === "get" && { Tags: [] }),
  };
}

/** Every role of the account with one of these policies, in order of name. */
export async function rolesWith(stores: Stores, call: Call, wanted: (role: Role) => boolean): Promise<Role[]> {
  const found: Role[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await stores.documents<Role>(ROLES).list({ prefix: `${call.account}/`, limit: 500, ...(after !== undefined && { after }) });
    found.push(...page.map(([, role]) => role).filter(wanted));
    if (page.length < 500) return found;
    after = page.at(-1)![0];
  }
}
