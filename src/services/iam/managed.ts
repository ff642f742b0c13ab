// Finding managed policies by ARN: the account's own in the store, AWS's own in this program.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
import type * as Sdk from "@aws-sdk/client-iam";
import { parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import { AWS_MANAGED_POLICIES, type AwsManagedPolicy } from "./aws-managed-policies.ts";
import { allEntities, GROUP, ROLE, USER } from "./entities.ts";
import { entityId, type Group, type Policy, POLICIES, type Role, type User } from "./entity.ts";
import { badArn } from "./errors.ts";

export interface PolicyArn {
  /** Twelve digits, or "aws". */
  account: string;
  path: string;
  name: string;
}

/** Undefined for anything but the ARN of a policy. */
export function policyArnOf(text: string): PolicyArn | undefined {
  const arn = parseArn(text);
  const [, path, name] = /^policy(\/(?:.*\/)?)([\w+=,.@-]+)$/.exec(arn?.resource ?? "") ?? [];
  if (!arn || arn.service !== "iam" || arn.region !== "" || path === undefined || name === undefined) return undefined;
  return { account: arn.account, path, name };
}

/** Throws ValidationError for anything but the ARN of a policy. */
export function parsePolicyArn(text: string): PolicyArn {
  const arn = policyArnOf(text);
  if (!arn) throw badArn(text);
  return arn;
}

const AWS_MANAGED = new Map(AWS_MANAGED_POLICIES.map((policy) => [policy.path + policy.name, policy]));

/** Undefined when AWS has no such policy, or Evoke does not carry it. */
export function findAwsManaged(text: string): AwsManagedPolicy | undefined {
  const { account, path, name } = parsePolicyArn(text);
  return account === "aws" ? AWS_MANAGED.get(path + name) : undefined;
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
export function describeAwsManaged(policy: AwsManagedPolicy, arn: string, uses: Uses, view: "get" | "list"): Sdk.Policy {
  return {
    PolicyName: policy.name,
    Arn: arn,
    Path: policy.path,
    DefaultVersionId: policy.version,
    AttachmentCount: uses.attachments.get(arn) ?? 0,
    PermissionsBoundaryUsageCount: uses.boundaries.get(arn) ?? 0,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
    ...(view === "get" && { Tags: [] }),
  };
}

/** False when there is no such policy. AWS's own are counted when they are shown. */
export async function countUse(tx: Tx, call: Call, text: string, what: "attachments" | "boundaries", by: number): Promise<boolean> {
  const { account, name } = parsePolicyArn(text);
  if (account === "aws") return findAwsManaged(text) !== undefined;
  if (account !== call.account) return false;
  const found = await tx.documents<Policy>(POLICIES).update(entityId(call.account, name), (policy) => (policy.arn === text ? { ...policy, [what]: Math.max(0, policy[what] + by) } : policy));
  return found?.arn === text;
}

export interface Holders {
  roles: Role[];
  users: User[];
  groups: Group[];
}

/** Everybody in the account who can have policies, in order of name. */
export async function allHolders(stores: Stores, account: string): Promise<Holders> {
  const [roles, users, groups] = await Promise.all([allEntities(stores, ROLE, account), allEntities(stores, USER, account), allEntities(stores, GROUP, account)]);
  return { roles, users, groups };
}

/** How many hold a policy, by its ARN. */
export interface Uses {
  attachments: Map<string, number>;
  boundaries: Map<string, number>;
}

export function usesOf({ roles, users, groups }: Holders): Uses {
  const uses: Uses = { attachments: new Map(), boundaries: new Map() };
  const count = (counts: Map<string, number>, arn: string) => counts.set(arn, (counts.get(arn) ?? 0) + 1);
  for (const holder of [...roles, ...users, ...groups]) for (const arn of holder.attachedPolicies) count(uses.attachments, arn);
  for (const { boundary } of [...roles, ...users]) if (boundary !== undefined) count(uses.boundaries, boundary);
  return uses;
}
