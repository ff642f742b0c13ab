// Managed policies: create, read, list, delete, tags, and who has them.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
import type * as Sdk from "@aws-sdk/client-iam";
import { partitionOf } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { AWS_MANAGED_POLICIES } from "./aws-managed-policies.ts";
import { describePolicy, entityArn, entityId, newEntityId, type Policy, POLICIES, tagList } from "./entity.ts";
import { awsOwned, noSuchPolicy, overQuota, policyAttached, policyExists, policyHasVersions } from "./errors.ts";
import { awsManagedArn, describeAwsManaged, findAwsManaged, findOwn, parsePolicyArn, rolesWith } from "./managed.ts";
import { pageOf } from "./page.ts";
import { checkIdentityPolicy, policySize } from "./policy-document.ts";
import { wholeSecond } from "./roles.ts";
import { readTags, withoutTags } from "./tags.ts";

const POLICY_MAX = 6144;

type PolicyApi = Pick<Api<typeof Sdk>, "CreatePolicy" | "GetPolicy" | "ListPolicies" | "DeletePolicy" | "ListEntitiesForPolicy" | "TagPolicy" | "UntagPolicy" | "ListPolicyTags">;

export function checkManagedDocument(document: string): void {
  checkIdentityPolicy(document);
  if (policySize(document) > POLICY_MAX) throw overQuota("PolicySize", POLICY_MAX);
}

/** Changes the account's own policy; AWS's own cannot be changed. */
export async function changePolicy(stores: Stores, call: Call, arn: string, change: (policy: Policy) => Policy): Promise<Policy> {
  const { account, name } = parsePolicyArn(arn);
  if (account === "aws") throw awsOwned(arn);
  if (account !== call.account) throw noSuchPolicy(arn);
  const changed = await stores.documents<Policy>(POLICIES).update(entityId(call.account, name), (policy) => {
    if (policy.arn !== arn) throw noSuchPolicy(arn);
    return change(policy);
  });
  if (!changed) throw noSuchPolicy(arn);
  return changed;
}

export function policyOperations(stores: Stores, ids: Ids): PolicyApi {
  const policies = stores.documents<Policy>(POLICIES);

  return {
    async CreatePolicy(input, call) {
      const tags = readTags(input.Tags);
      checkManagedDocument(input.PolicyDocument);
      const path = input.Path ?? "/";
      const nowMs = wholeSecond(call);
      const policy: Policy = {
        name: input.PolicyName, id: newEntityId(ids, "ANPA"), arn: entityArn(call, "policy", path, input.PolicyName), path,
        createdMs: nowMs, updatedMs: nowMs, tags,
        ...(input.Description !== undefined && { description: input.Description }),
        defaultVersion: "v1", nextVersion: 2, attachments: 0,
        versions: [{ id: "v1", document: input.PolicyDocument, createdMs: nowMs }],
      };
      if (!(await policies.create(entityId(call.account, input.PolicyName), policy))) throw policyExists(input.PolicyName);
      return { Policy: describePolicy(policy, "create") };
    },

    async GetPolicy(input, call) {
      const own = await findOwn(stores, call, input.PolicyArn);
      if (own) return { Policy: describePolicy(own, "get") };
      const managed = findAwsManaged(input.PolicyArn);
      if (!managed) throw noSuchPolicy(input.PolicyArn);
      const attached = await rolesWith(stores, call, (role) => role.attachedPolicies.includes(input.PolicyArn));
      return { Policy: describeAwsManaged(managed, input.PolicyArn, attached.length, "get") };
    },

    async ListPolicies(input, call) {
      const all = input.PolicyUsageFilter === "PermissionsBoundary" ? [] : await allPolicies(stores, call, input.Scope ?? "All");
      const wanted = all.filter((policy) => policy.Path!.startsWith(input.PathPrefix ?? "/") && (!input.OnlyAttached || policy.AttachmentCount! > 0));
      const { items, truncation } = pageOf(wanted, input, (policy) => policy.Arn!);
      return { Policies: items, ...truncation };
    },

    async DeletePolicy(input, call) {
      const { account, name } = parsePolicyArn(input.PolicyArn);
      if (account === "aws") throw awsOwned(input.PolicyArn);
      await stores.transaction(async (tx) => {
        const policy = account === call.account ? await tx.documents<Policy>(POLICIES).update(entityId(call.account, name), (before) => before) : undefined;
        if (policy?.arn !== input.PolicyArn) throw noSuchPolicy(input.PolicyArn);
        if (policy.attachments > 0) throw policyAttached();
        if (policy.versions.length > 1) throw policyHasVersions();
        await tx.documents<Policy>(POLICIES).delete(entityId(call.account, name));
      });
      return {};
    },

    async ListEntitiesForPolicy(input, call) {
      if (!(await findOwn(stores, call, input.PolicyArn)) && !findAwsManaged(input.PolicyArn)) throw noSuchPolicy(input.PolicyArn);
      const other = (input.EntityFilter !== undefined && input.EntityFilter !== "Role") || input.PolicyUsageFilter === "PermissionsBoundary";
      const roles = other ? [] : await rolesWith(stores, call, (role) => role.attachedPolicies.includes(input.PolicyArn) && role.path.startsWith(input.PathPrefix ?? "/"));
      const { items, truncation } = pageOf(roles, input, (role) => role.name.toLowerCase());
      return { PolicyRoles: items.map((role) => ({ RoleName: role.name, RoleId: role.id })), PolicyUsers: [], PolicyGroups: [], ...truncation };
    },

    async TagPolicy(input, call) {
      await changePolicy(stores, call, input.PolicyArn, (policy) => ({ ...policy, tags: readTags(input.Tags, policy.tags) }));
      return {};
    },

    async UntagPolicy(input, call) {
      await changePolicy(stores, call, input.PolicyArn, (policy) => ({ ...policy, tags: withoutTags(policy.tags, input.TagKeys) }));
      return {};
    },

    async ListPolicyTags(input, call) {
      const policy = await findOwn(stores, call, input.PolicyArn);
      if (!policy && !findAwsManaged(input.PolicyArn)) throw noSuchPolicy(input.PolicyArn);
      const { items, truncation } = pageOf(tagList(policy?.tags ?? {}).sort((a, b) => (a.Key < b.Key ? -1 : 1)), input, (tag) => tag.Key);
      return { Tags: items, ...truncation };
    },
  };
}

/** In order of ARN. An account has at most 1,500 of its own, so all of them fit in one go. */
async function allPolicies(stores: Stores, call: Call, scope: Sdk.PolicyScopeType): Promise<Sdk.Policy[]> {
  const own: Sdk.Policy[] = [];
  if (scope !== "AWS") {
    let after: string | undefined;
    for (;;) {
      const page = await stores.documents<Policy>(POLICIES).list({ prefix: `${call.account}/`, limit: 500, ...(after !== undefined && { after }) });
      own.push(...page.map(([, policy]) => describePolicy(policy, "list")));
      if (page.length < 500) break;
      after = page.at(-1)![0];
    }
  }
  const attached = scope === "Local" ? [] : (await rolesWith(stores, call, () => true)).flatMap((role) => role.attachedPolicies);
  const managed = scope === "Local" ? [] : AWS_MANAGED_POLICIES.map((policy) => {
    const arn = awsManagedArn(policy, partitionOf(call.region));
    return describeAwsManaged(policy, arn, attached.filter((other) => other === arn).length, "list");
  });
  return [...own, ...managed].sort((a, b) => (a.Arn! < b.Arn! ? -1 : 1));
}
