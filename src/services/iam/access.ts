// What each operation needs to be permitted, and on what. Paths of what exists already are not known here: resources.ts finds them (exactArn).
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import type { AccessRule } from "../../ports/access.ts";
import type { Api } from "../service.ts";
import { serviceLinkedName } from "./service-linked-role-names.ts";

type Name = keyof Api<typeof Sdk>;
interface Input {
  Path?: string; PathPrefix?: string; UserName?: string; RoleName?: string; GroupName?: string; PolicyName?: string; InstanceProfileName?: string;
  PolicyArn?: string; PolicySourceArn?: string; PermissionsBoundary?: string; AWSServiceName?: string; CustomSuffix?: string;
  Tags?: { Key: string; Value: string }[]; TagKeys?: string[];
}

/** In the partition of the caller, not of the region, which callers choose: or no policy could name these ARNs for good. */
const arn = ({ account, principal }: Call, kind: string, path: string, name: string): string => `arn:${principal.arn.split(":")[1]}:iam::${account}:${kind}${path}${name}`;

/** Without a user name the caller means themselves. */
const user: AccessRule = { resources: ({ UserName, Path = "/" }: Input, call) => [UserName === undefined && call.principal.arn.includes(":user/") ? call.principal.arn : arn(call, "user", Path, UserName ?? "")] };
const role: AccessRule = { resources: ({ RoleName = "", Path = "/" }: Input, call) => [arn(call, "role", Path, RoleName)] };
const group: AccessRule = { resources: ({ GroupName = "", Path = "/" }: Input, call) => [arn(call, "group", Path, GroupName)] };
const profile: AccessRule = { resources: ({ InstanceProfileName = "", Path = "/" }: Input, call) => [arn(call, "instance-profile", Path, InstanceProfileName)] };
const policy: AccessRule = { resources: ({ PolicyArn, PolicyName = "", Path = "/" }: Input, call) => [PolicyArn ?? arn(call, "policy", Path, PolicyName)] };
/** "…:user/", as AWS's refusals say. */
const listed = (kind: string): AccessRule => ({ resources: ({ PathPrefix = "/" }: Input, call) => [arn(call, kind, PathPrefix, "")] });
const serviceLinked: AccessRule = {
  resources: ({ AWSServiceName = "", CustomSuffix }: Input, call) => [arn(call, "role", `/aws-service-role/${AWSServiceName}/`, serviceLinkedName(AWSServiceName, CustomSuffix) ?? "AWSServiceRoleFor*")],
  context: ({ AWSServiceName = "" }: Input) => ({ "iam:AWSServiceName": AWSServiceName }),
};

const context = ({ PolicyArn, PermissionsBoundary, Tags, TagKeys }: Input): Record<string, string | string[]> => ({
  ...(PolicyArn !== undefined && { "iam:PolicyARN": PolicyArn }),
  ...(PermissionsBoundary !== undefined && { "iam:PermissionsBoundary": PermissionsBoundary }),
  ...Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
  ...((Tags ?? TagKeys) && { "aws:TagKeys": TagKeys ?? (Tags ?? []).map(({ Key }) => Key) }),
});

/** Tags given at creation: "AccessDenied: User: … is not authorized to perform: iam:TagRole on resource: …:role/…", of CreateRole (openshift/installer#1073). */
const tagging = (rule: AccessRule, action: string): AccessRule => ({
  ...rule, also: (input: Input, call) => (input.Tags?.length ? rule.resources!(input, call).map((resource) => ({ action: `iam:${action}`, resource, context: context(input) })) : []),
});

const reads = (rule: AccessRule, ...names: Name[]) => Object.fromEntries(names.map((name) => [name, rule]));
const changes = (rule: AccessRule, ...names: Name[]) => Object.fromEntries(names.map((name) => [name, { context, ...rule, changesAccess: true }]));

export const access: Partial<Record<Name, AccessRule>> = {
  ...reads(user, "GetUser", "GetUserPolicy", "ListUserPolicies", "ListAttachedUserPolicies", "ListGroupsForUser", "ListUserTags", "ListAccessKeys", "GetLoginProfile",
    "ListMFADevices", "ListSSHPublicKeys", "ListSigningCertificates", "ListServiceSpecificCredentials"),
  // Whose key it is, resources.ts finds.
  GetAccessKeyLastUsed: { resources: ({ AccessKeyId }: { AccessKeyId: string }, call) => [arn(call, "access-key", "/", AccessKeyId)] },
  ...changes(tagging(user, "TagUser"), "CreateUser"),
  ...changes(user, "UpdateUser", "DeleteUser", "PutUserPolicy", "DeleteUserPolicy", "AttachUserPolicy", "DetachUserPolicy", "PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary",
    "TagUser", "UntagUser", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey", "CreateLoginProfile", "UpdateLoginProfile", "DeleteLoginProfile"),
  ...reads(role, "GetRole", "GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies", "ListRoleTags", "ListInstanceProfilesForRole"),
  ...changes(tagging(role, "TagRole"), "CreateRole"),
  ...changes(role, "UpdateRole", "UpdateRoleDescription", "UpdateAssumeRolePolicy", "DeleteRole", "PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy", "DetachRolePolicy",
    "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "TagRole", "UntagRole", "DeleteServiceLinkedRole"),
  ...changes(serviceLinked, "CreateServiceLinkedRole"),
  // "task/PATH/ROLE/ID"
  GetServiceLinkedRoleDeletionStatus: { resources: ({ DeletionTaskId }: { DeletionTaskId: string }, call) => [arn(call, "role", "/", DeletionTaskId.split("/").slice(1, -1).join("/"))] },
  ...changes({}, "UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy"), // they say who may change passwords
  ...reads(group, "GetGroup", "GetGroupPolicy", "ListGroupPolicies", "ListAttachedGroupPolicies"),
  ...changes(group, "CreateGroup", "UpdateGroup", "DeleteGroup", "PutGroupPolicy", "DeleteGroupPolicy", "AttachGroupPolicy", "DetachGroupPolicy", "AddUserToGroup", "RemoveUserFromGroup"),
  ...reads(policy, "GetPolicy", "GetPolicyVersion", "ListPolicyVersions", "ListPolicyTags", "ListEntitiesForPolicy"),
  ...changes(tagging(policy, "TagPolicy"), "CreatePolicy"),
  ...changes({ ...policy, context: ({ PolicyArn: _, ...rest }: Input) => context(rest) }, "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion", "TagPolicy", "UntagPolicy"),
  ...reads(profile, "GetInstanceProfile", "ListInstanceProfileTags"),
  ...changes(tagging(profile, "TagInstanceProfile"), "CreateInstanceProfile"),
  ...changes(profile, "DeleteInstanceProfile", "TagInstanceProfile", "UntagInstanceProfile", "RemoveRoleFromInstanceProfile"),
  AddRoleToInstanceProfile: { ...profile, also: ({ RoleName = "" }: Input, call) => [{ action: "iam:PassRole", resource: arn(call, "role", "/", RoleName), context: { "iam:PassedToService": "ec2.amazonaws.com" } }] },
  ChangePassword: { resources: (_input: Input, call) => [call.principal.arn.includes(":user/") ? call.principal.arn : "*"] },
  ListUsers: listed("user"), ListRoles: listed("role"), ListGroups: listed("group"), ListPolicies: listed("policy"), ListInstanceProfiles: listed("instance-profile"),
  SimulatePrincipalPolicy: { resources: ({ PolicySourceArn = "*" }: Input) => [PolicySourceArn] },
  GetContextKeysForPrincipalPolicy: { resources: ({ PolicySourceArn = "*" }: Input) => [PolicySourceArn] },
};
