// Everybody and everything in the account with its policies, in one list of pages.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
// Which member is in which answer: LocalStack's validated snapshots (test_iam_account_authorization_details, 2026-02).
import type * as Sdk from "@aws-sdk/client-iam";
import { partitionOf } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { describeAttached } from "./attached-policies.ts";
import { AWS_MANAGED_POLICIES } from "./aws-managed-policies.ts";
import { roleLastUsed } from "./credential-use.ts";
import { describeBoundary, describePolicy, describeRole, tagList } from "./describe.ts";
import type { Group, Holder, Role, User } from "./entity.ts";
import { profilesByName } from "./instance-profiles.ts";
import { allHolders, awsManagedArn, describeAwsManaged, usesOf } from "./managed.ts";
import { pageOf } from "./page.ts";
import { encodeDocument } from "./policy-document.ts";
import { ownPolicies } from "./policies.ts";
import { describeVersion } from "./policy-versions.ts";

type DetailsApi = Pick<Api<typeof Sdk>, "GetAccountAuthorizationDetails">;

/** Something to show; `key` orders: users, groups, roles, then policies. */
interface Entry {
  key: string;
  kind: "user" | "group" | "role" | "policy";
  show(): object | Promise<object>;
}

export function authorizationDetailsOperations(stores: Stores): DetailsApi {
  return {
    async GetAccountAuthorizationDetails(input, call) {
      const { items, truncation } = pageOf(await entries(stores, call, input.Filter ?? []), input, (entry) => entry.key);
      const shown = async <T>(kind: Entry["kind"]) => (await Promise.all(items.filter((entry) => entry.kind === kind).map((entry) => entry.show()))) as T[];
      return {
        UserDetailList: await shown<Sdk.UserDetail>("user"),
        GroupDetailList: await shown<Sdk.GroupDetail>("group"),
        RoleDetailList: await shown<Sdk.RoleDetail>("role"),
        Policies: await shown<Sdk.ManagedPolicyDetail>("policy"),
        ...truncation,
      };
    },
  };
}

async function entries(stores: Stores, call: Call, filter: string[]): Promise<Entry[]> {
  const wants = (kind: string) => filter.length === 0 || filter.includes(kind);
  const holders = await allHolders(stores, call.account);
  const found: Entry[] = [];
  const add = (kind: Entry["kind"], key: string, show: Entry["show"]) => found.push({ kind, key, show });
  if (wants("User")) for (const user of holders.users) add("user", `1/${user.name.toLowerCase()}`, () => userDetail(user));
  if (wants("Group")) for (const group of holders.groups) add("group", `2/${group.name.toLowerCase()}`, () => groupDetail(group));
  if (wants("Role")) for (const role of holders.roles) add("role", `3/${role.name.toLowerCase()}`, () => roleDetail(stores, call, role));
  if (wants("LocalManagedPolicy")) {
    for (const policy of await ownPolicies(stores, call)) {
      add("policy", `4/${policy.arn}`, () => ({
        ...describePolicy(policy, "list"),
        PolicyVersionList: policy.versions.map((version) => ({ ...describeVersion(version, policy.defaultVersion), Document: encodeDocument(version.document) })),
      }));
    }
  }
  if (wants("AWSManagedPolicy")) awsManaged(call, holders, filter.includes("AWSManagedPolicy")).forEach((policy) => add("policy", `4/${policy.Arn}`, () => policy));
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Without a filter only those in use, as AWS's own answers show them; asked for, all that Evoke carries. */
function awsManaged(call: Call, holders: Parameters<typeof usesOf>[0], all: boolean): Sdk.ManagedPolicyDetail[] {
  const uses = usesOf(holders);
  return AWS_MANAGED_POLICIES.map((policy) => {
    const created = new Date(policy.updatedAt);
    const PolicyVersionList = [{ VersionId: policy.version, IsDefaultVersion: true, CreateDate: created, Document: encodeDocument(JSON.stringify(policy.document)) }];
    return { ...describeAwsManaged(policy, awsManagedArn(policy, partitionOf(call.region)), uses, "list"), PolicyVersionList };
  }).filter((policy) => all || policy.AttachmentCount! + policy.PermissionsBoundaryUsageCount! > 0);
}

const inlineList = (holder: Holder): Sdk.PolicyDetail[] =>
  Object.entries(holder.inlinePolicies).sort(([a], [b]) => (a < b ? -1 : 1)).map(([PolicyName, document]) => ({ PolicyName, PolicyDocument: encodeDocument(document) }));

const userDetail = (user: User): Sdk.UserDetail => ({
  Path: user.path, UserName: user.name, UserId: user.id, Arn: user.arn, CreateDate: new Date(user.createdMs),
  UserPolicyList: inlineList(user), GroupList: user.groups, AttachedManagedPolicies: user.attachedPolicies.map(describeAttached), Tags: tagList(user.tags),
  ...describeBoundary(user.boundary),
});

const groupDetail = (group: Group): Sdk.GroupDetail => ({
  Path: group.path, GroupName: group.name, GroupId: group.id, Arn: group.arn, CreateDate: new Date(group.createdMs),
  GroupPolicyList: inlineList(group), AttachedManagedPolicies: group.attachedPolicies.map(describeAttached),
});

async function roleDetail(stores: Stores, call: Call, role: Role): Promise<Sdk.RoleDetail> {
  const { AssumeRolePolicyDocument } = describeRole(role, "inside");
  return {
    Path: role.path, RoleName: role.name, RoleId: role.id, Arn: role.arn, CreateDate: new Date(role.createdMs), AssumeRolePolicyDocument,
    InstanceProfileList: await profilesByName(stores, call, [...role.instanceProfiles].sort()),
    RolePolicyList: inlineList(role), AttachedManagedPolicies: role.attachedPolicies.map(describeAttached), Tags: tagList(role.tags), RoleLastUsed: await roleLastUsed(stores, call.account, role.name),
    ...describeBoundary(role.boundary),
  };
}
