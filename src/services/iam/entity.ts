// What IAM keeps: roles, policies, users, access keys. IAM knows no regions; everything belongs to an account.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
import type * as Sdk from "@aws-sdk/client-iam";
import { partitionOf } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import { type Ids, UPPER_BASE32 } from "../../kernel/ids.ts";
import { encodeDocument } from "./policy-document.ts";

/** Documents by `account/lower-case name`: names that differ only in case are one name. The STS room reads these. */
export const ROLES = "iam/role";
export const USERS = "iam/user";
/** Documents by `account/policy name in lower case`. */
export const POLICIES = "iam/policy";
/** Documents by access key id. The STS room's identity reads these. */
export const ACCESS_KEYS = "iam/access-key";

export interface Role {
  name: string;
  id: string;
  arn: string;
  path: string;
  createdMs: number;
  trustPolicy: string;
  description?: string;
  maxSessionSeconds: number;
  tags: Record<string, string>;
  /** Document by name. */
  inlinePolicies: Record<string, string>;
  /** ARNs, in the order in which they were attached. */
  attachedPolicies: string[];
}

export interface PolicyVersion {
  id: string;
  document: string;
  createdMs: number;
}

export interface Policy {
  name: string;
  id: string;
  arn: string;
  path: string;
  createdMs: number;
  updatedMs: number;
  description?: string;
  tags: Record<string, string>;
  defaultVersion: string;
  /** Newest first. */
  versions: PolicyVersion[];
  /** The number the next version gets; numbers are never used again. */
  nextVersion: number;
  attachments: number;
}

export interface User {
  name: string;
  id: string;
  arn: string;
  path: string;
  createdMs: number;
  tags: Record<string, string>;
  accessKeyIds: string[];
}

export interface AccessKey {
  id: string;
  secretAccessKey: string;
  status: "Active" | "Inactive";
  createdMs: number;
  userName: string;
  userArn: string;
  userId: string;
  account: string;
}

export const entityId = (account: string, name: string): string => `${account}/${name.toLowerCase()}`;

export const entityArn = (call: Call, kind: "role" | "user" | "policy", path: string, name: string): string =>
  `arn:${partitionOf(call.region)}:iam::${call.account}:${kind}${path}${name}`;

/** AROA…, AIDA…, ANPA…: 21 characters. */
export const newEntityId = (ids: Ids, prefix: "AROA" | "AIDA" | "ANPA"): string => prefix + ids.token(17, UPPER_BASE32);

export const tagList = (tags: Record<string, string>): { Key: string; Value: string }[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** `whole`: as GetRole answers; CreateRole and ListRoles leave some of it out. */
export function describeRole(role: Role, view: "create" | "get" | "list"): Sdk.Role {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdMs),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    ...(role.description !== undefined && { Description: role.description }),
    ...(view !== "create" && { MaxSessionDuration: role.maxSessionSeconds }),
    ...(view !== "list" && Object.keys(role.tags).length > 0 && { Tags: tagList(role.tags) }),
    ...(view === "get" && { RoleLastUsed: {} }),
  };
}

export function describePolicy(policy: Policy, view: "create" | "get" | "list"): Sdk.Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: policy.attachments,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    ...(view === "get" && policy.description !== undefined && { Description: policy.description }),
    CreateDate: new Date(policy.createdMs),
    UpdateDate: new Date(policy.updatedMs),
    ...(view === "get" ? { Tags: tagList(policy.tags) } : view === "create" && Object.keys(policy.tags).length > 0 && { Tags: tagList(policy.tags) }),
  };
}

export function describeUser(user: User, view: "get" | "list"): Sdk.User {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: user.arn,
    CreateDate: new Date(user.createdMs),
    ...(view === "get" && Object.keys(user.tags).length > 0 && { Tags: tagList(user.tags) }),
  };
}
