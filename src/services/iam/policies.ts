// Managed policies: create, read, list, delete, tags, and who has them.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
import type * as Sdk from "@aws-sdk/client-iam";
import { partitionOf } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { AWS_MANAGED_POLICIES } from "./aws-managed-policies.ts";
import { changing } from "./change.ts";
import { describePolicy } from "./describe.ts";
import { allEntities } from "./entities.ts";
import { entityArn, entityId, newEntityId, type Policy, POLICIES, wholeSecond } from "./entity.ts";
import { awsOwned, noSuchPolicy, overQuota, policyAttached, policyExists, policyHasVersions } from "./errors.ts";
import { allHolders, awsManagedArn, describeAwsManaged, findAwsManaged, findOwn, parsePolicyArn, usesOf } from "./managed.ts";
import { pageOf } from "./page.ts";
import { checkIdentityPolicy, policySize } from "./policy-document.ts";
import { pageOfTags, readTags, withoutTags } from "./tags.ts";

const POLICY_MAX = 6144;
export const POLICIES_MAX = 1500;

type PolicyApi = Pick<Api<typeof Sdk>, "CreatePolicy" | "GetPolicy" | "ListPolicies" | "DeletePolicy" | "ListEntitiesForPolicy" | "TagPolicy" | "UntagPolicy" | "ListPolicyTags">;

export function checkManagedDocument(document: string): void {
  checkIdentityPolicy(document);
  if (policySize(document) > POLICY_MAX) throw overQuota("PolicySize", POLICY_MAX);
}

/** Changes the account's own policy; AWS's own cannot be changed. */
export async function changePolicy(stores: Stores, call: Call, arn: string, change: (policy: Policy) => Policy): Promise<Policy> {
  const name = ownPolicyName(call, arn);
  return changing(stores, call.account, (tx) => changeOwn(tx, call, arn, name, change));
}

async function changeOwn(tx: Tx, call: Call, arn: string, name: string, change: (policy: Policy) => Policy): Promise<Policy> {
  const changed = await tx.documents<Policy>(POLICIES).update(entityId(call.account, name), (policy) => {
    if (policy.arn !== arn) throw noSuchPolicy(arn);
    return change(policy);
  });
  if (!changed) throw noSuchPolicy(arn);
  return changed;
}

function ownPolicyName(call: Call, arn: string): string {
  const { account, name } = parsePolicyArn(arn);
  if (account === "aws") throw awsOwned(arn);
  if (account !== call.account) throw noSuchPolicy(arn);
  return name;
}

export function policyOperations(stores: Stores, ids: Ids): PolicyApi {
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
        defaultVersion: "v1", nextVersion: 2, attachments: 0, boundaries: 0,
        versions: [{ id: "v1", document: input.PolicyDocument, createdMs: nowMs }],
      };
      await changing(stores, call.account, async (tx) => {
        const policies = tx.documents<Policy>(POLICIES);
        if (!(await policies.create(entityId(call.account, input.PolicyName), policy))) throw policyExists(input.PolicyName);
        if ((await policies.count(`${call.account}/`)) > POLICIES_MAX) throw overQuota("PoliciesPerAccount", POLICIES_MAX);
      });
      return { Policy: describePolicy(policy, "create") };
    },

    async GetPolicy(input, call) {
      const own = await findOwn(stores, call, input.PolicyArn);
      if (own) return { Policy: describePolicy(own, "get") };
      const managed = findAwsManaged(input.PolicyArn);
      if (!managed) throw noSuchPolicy(input.PolicyArn);
      return { Policy: describeAwsManaged(managed, input.PolicyArn, usesOf(await allHolders(stores, call.account)), "get") };
    },

    async ListPolicies(input, call) {
      const wanted = (await allPolicies(stores, call, input.Scope ?? "All")).filter((policy) =>
        policy.Path!.startsWith(input.PathPrefix ?? "/")
        && (!input.OnlyAttached || policy.AttachmentCount! > 0)
        && (input.PolicyUsageFilter === undefined || (input.PolicyUsageFilter === "PermissionsBoundary" ? policy.PermissionsBoundaryUsageCount! : policy.AttachmentCount!) > 0));
      const { items, truncation } = pageOf(wanted, input, (policy) => policy.Arn!);
      return { Policies: items, ...truncation };
    },

    async DeletePolicy(input, call) {
      const name = ownPolicyName(call, input.PolicyArn);
      await changing(stores, call.account, async (tx) => {
        const policy = await changeOwn(tx, call, input.PolicyArn, name, (before) => before);
        if (policy.attachments > 0 || policy.boundaries > 0) throw policyAttached();
        if (policy.versions.length > 1) throw policyHasVersions();
        await tx.documents<Policy>(POLICIES).delete(entityId(call.account, name));
      });
      return {};
    },

    async ListEntitiesForPolicy(input, call) {
      if (!(await findOwn(stores, call, input.PolicyArn)) && !findAwsManaged(input.PolicyArn)) throw noSuchPolicy(input.PolicyArn);
      const found = (await entitiesFor(stores, call, input)).sort((a, b) => (a.key < b.key ? -1 : 1));
      const { items, truncation } = pageOf(found, input, (entity) => entity.key);
      const of = (kind: HolderWord) => items.filter((entity) => entity.kind === kind);
      return {
        PolicyGroups: of("Group").map(({ name, id }) => ({ GroupName: name, GroupId: id })),
        PolicyRoles: of("Role").map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        PolicyUsers: of("User").map(({ name, id }) => ({ UserName: name, UserId: id })),
        ...truncation,
      };
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
      return pageOfTags(policy?.tags ?? {}, input);
    },
  };
}

type HolderWord = "Group" | "Role" | "User";

async function entitiesFor(stores: Stores, call: Call, input: { PolicyArn: string; EntityFilter?: string | undefined; PathPrefix?: string | undefined; PolicyUsageFilter?: string | undefined }) {
  const { roles, users, groups } = await allHolders(stores, call.account);
  const uses = ({ attachedPolicies, boundary }: { attachedPolicies: string[]; boundary?: string }) =>
    (input.PolicyUsageFilter !== "PermissionsBoundary" && attachedPolicies.includes(input.PolicyArn))
    || (input.PolicyUsageFilter !== "PermissionsPolicy" && boundary === input.PolicyArn);
  const pick = (kind: HolderWord, holders: { name: string; id: string; path: string; attachedPolicies: string[]; boundary?: string }[]) =>
    input.EntityFilter !== undefined && input.EntityFilter !== kind ? [] : holders
      .filter((holder) => uses(holder) && holder.path.startsWith(input.PathPrefix ?? "/"))
      .map(({ name, id }) => ({ kind, name, id, key: `${kind}/${name.toLowerCase()}` }));
  return [...pick("Group", groups), ...pick("Role", roles), ...pick("User", users)];
}

/** In order of ARN. An account has at most 1,500 of its own, so all of them fit in one go. */
export async function allPolicies(stores: Stores, call: Call, scope: Sdk.PolicyScopeType): Promise<Sdk.Policy[]> {
  const own = scope === "AWS" ? [] : (await ownPolicies(stores, call)).map((policy) => describePolicy(policy, "list"));
  const uses = scope === "Local" ? undefined : usesOf(await allHolders(stores, call.account));
  const managed = uses ? AWS_MANAGED_POLICIES.map((policy) => describeAwsManaged(policy, awsManagedArn(policy, partitionOf(call.region)), uses, "list")) : [];
  return [...own, ...managed].sort((a, b) => (a.Arn! < b.Arn! ? -1 : 1));
}

export const ownPolicies = (stores: Stores, call: Call): Promise<Policy[]> => allEntities(stores, { documents: (from) => from.documents<Policy>(POLICIES) }, call.account);
