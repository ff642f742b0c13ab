// What IAM keeps: roles, users, groups, policies, access keys, instance profiles. IAM knows no regions; everything belongs to an account.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
import { partitionOf } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import { type Ids, UPPER_BASE32 } from "../../kernel/ids.ts";

/** Documents by `account/lower-case name`: names that differ only in case are one name. The STS room reads these. */
export const ROLES = "iam/role";
export const USERS = "iam/user";
export const GROUPS = "iam/group";
export const POLICIES = "iam/policy";
export const INSTANCE_PROFILES = "iam/instance-profile";
/** Documents by account. */
export const ACCOUNTS = "iam/account";
/** Documents by access key id. The STS room's identity reads these. */
export const ACCESS_KEYS = "iam/access-key";

/** What policies can be put into and attached to. */
export interface Holder {
  name: string;
  arn: string;
  /** Document by name. */
  inlinePolicies: Record<string, string>;
  /** ARNs, in the order in which they were attached. */
  attachedPolicies: string[];
}

export interface Role extends Holder {
  id: string;
  arn: string;
  path: string;
  createdMs: number;
  trustPolicy: string;
  description?: string;
  maxSessionSeconds: number;
  tags: Record<string, string>;
  /** The ARN of the policy that bounds what the others allow. */
  boundary?: string;
  /** Names of the instance profiles it is in. */
  instanceProfiles: string[];
  /** The service a service-linked role belongs to: "es.amazonaws.com". */
  linkedService?: string;
}

export interface User extends Holder {
  id: string;
  arn: string;
  path: string;
  createdMs: number;
  tags: Record<string, string>;
  accessKeyIds: string[];
  /** Names. The group lists its members too: the two change together. */
  groups: string[];
  boundary?: string;
  login?: LoginProfile;
}

export interface LoginProfile {
  /** scrypt of the password, and its salt; hexadecimal. */
  hash: string;
  salt: string;
  /** As many earlier ones as the account's policy says may not be used again, newest first. */
  previous: { hash: string; salt: string }[];
  createdMs: number;
  resetRequired: boolean;
}

export interface Group extends Holder {
  id: string;
  arn: string;
  path: string;
  createdMs: number;
  /** Names. */
  members: string[];
}

export interface InstanceProfile {
  name: string;
  id: string;
  arn: string;
  path: string;
  createdMs: number;
  tags: Record<string, string>;
  roleName?: string;
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
  /** How many users and roles have it as their boundary. */
  boundaries: number;
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

export const entityArn = (call: Call, kind: "role" | "user" | "group" | "policy" | "instance-profile", path: string, name: string): string =>
  `arn:${partitionOf(call.region)}:iam::${call.account}:${kind}${path}${name}`;

/** Role, user, group, policy, instance profile: 21 characters. */
export const newEntityId = (ids: Ids, prefix: "AROA" | "AIDA" | "AGPA" | "ANPA" | "AIPA"): string => prefix + ids.token(17, UPPER_BASE32);

/** IAM's dates have no fractions. */
export const wholeSecond = (call: Call): number => Math.floor(call.now.getTime() / 1000) * 1000;
