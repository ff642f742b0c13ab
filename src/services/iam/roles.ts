// Roles and their tags.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { describeRole, entityArn, entityId, newEntityId, type Role, ROLES, tagList } from "./entity.ts";
import { mustDeletePolicies, mustDetachPolicies, noSuchRole, notSupported, overQuota, roleExists } from "./errors.ts";
import { pageOf, pageOfDocuments } from "./page.ts";
import { checkTrustPolicy, policySize } from "./policy-document.ts";
import { readTags, withoutTags } from "./tags.ts";

const TRUST_POLICY_MAX = 2048;
const SESSION_SECONDS_DEFAULT = 3600;

type RoleApi = Pick<Api<typeof Sdk>, "CreateRole" | "GetRole" | "ListRoles" | "UpdateRole" | "UpdateRoleDescription" | "UpdateAssumeRolePolicy" | "DeleteRole" | "TagRole" | "UntagRole" | "ListRoleTags" | "ListInstanceProfilesForRole">;

/** Undefined is never answered: a missing role throws. */
export async function getRole(stores: Stores, call: Call, name: string): Promise<Role> {
  const role = await stores.documents<Role>(ROLES).get(entityId(call.account, name));
  if (!role) throw noSuchRole(name);
  return role;
}

export async function changeRole(stores: Stores, call: Call, name: string, change: (role: Role) => Role): Promise<Role> {
  const role = await stores.documents<Role>(ROLES).update(entityId(call.account, name), change);
  if (!role) throw noSuchRole(name);
  return role;
}

function checkTrust(document: string): void {
  checkTrustPolicy(document);
  if (policySize(document) > TRUST_POLICY_MAX) throw overQuota("ACLSizePerRole", TRUST_POLICY_MAX);
}

export function roleOperations(stores: Stores, ids: Ids): RoleApi {
  const roles = stores.documents<Role>(ROLES);

  return {
    async CreateRole(input, call) {
      if (input.PermissionsBoundary !== undefined) throw notSupported("PermissionsBoundary");
      const tags = readTags(input.Tags);
      checkTrust(input.AssumeRolePolicyDocument);
      const path = input.Path ?? "/";
      const role: Role = {
        name: input.RoleName, id: newEntityId(ids, "AROA"), arn: entityArn(call, "role", path, input.RoleName), path,
        createdMs: wholeSecond(call),
        trustPolicy: input.AssumeRolePolicyDocument,
        ...(input.Description !== undefined && { description: input.Description }),
        maxSessionSeconds: input.MaxSessionDuration ?? SESSION_SECONDS_DEFAULT,
        tags, inlinePolicies: {}, attachedPolicies: [],
      };
      if (!(await roles.create(entityId(call.account, input.RoleName), role))) throw roleExists(input.RoleName);
      return { Role: describeRole(role, "create") };
    },

    async GetRole(input, call) {
      return { Role: describeRole(await getRole(stores, call, input.RoleName), "get") };
    },

    async ListRoles(input, call) {
      const { items, truncation } = await pageOfDocuments(roles, `${call.account}/`, input, (role) => role.path.startsWith(input.PathPrefix ?? "/"));
      return { Roles: items.map((role) => describeRole(role, "list")), ...truncation };
    },

    async UpdateRole(input, call) {
      await changeRole(stores, call, input.RoleName, (role) => ({
        ...role,
        ...(input.Description !== undefined && { description: input.Description }),
        ...(input.MaxSessionDuration !== undefined && { maxSessionSeconds: input.MaxSessionDuration }),
      }));
      return {};
    },

    async UpdateRoleDescription(input, call) {
      const role = await changeRole(stores, call, input.RoleName, (before) => ({ ...before, description: input.Description }));
      return { Role: describeRole(role, "create") };
    },

    async UpdateAssumeRolePolicy(input, call) {
      await getRole(stores, call, input.RoleName);
      checkTrust(input.PolicyDocument);
      await changeRole(stores, call, input.RoleName, (role) => ({ ...role, trustPolicy: input.PolicyDocument }));
      return {};
    },

    async DeleteRole(input, call) {
      await stores.transaction(async (tx) => {
        // Touched first, so that nobody attaches a policy between the look and the deletion.
        const role = await tx.documents<Role>(ROLES).update(entityId(call.account, input.RoleName), (before) => before);
        if (!role) throw noSuchRole(input.RoleName);
        if (role.attachedPolicies.length) throw mustDetachPolicies();
        if (Object.keys(role.inlinePolicies).length) throw mustDeletePolicies();
        await tx.documents<Role>(ROLES).delete(entityId(call.account, input.RoleName));
      });
      return {};
    },

    async TagRole(input, call) {
      await changeRole(stores, call, input.RoleName, (role) => ({ ...role, tags: readTags(input.Tags, role.tags) }));
      return {};
    },

    async UntagRole(input, call) {
      await changeRole(stores, call, input.RoleName, (role) => ({ ...role, tags: withoutTags(role.tags, input.TagKeys) }));
      return {};
    },

    async ListRoleTags(input, call) {
      const role = await getRole(stores, call, input.RoleName);
      const sorted = tagList(role.tags).sort((a, b) => (a.Key < b.Key ? -1 : 1));
      const { items, truncation } = pageOf(sorted, input, (tag) => tag.Key);
      return { Tags: items, ...truncation };
    },

    /** There are no instance profiles here, so no role has one: the list is empty and true. */
    async ListInstanceProfilesForRole(input, call) {
      await getRole(stores, call, input.RoleName);
      return { InstanceProfiles: [], IsTruncated: false };
    },
  };
}

/** IAM's dates have no fractions. */
export const wholeSecond = (call: Call): number => Math.floor(call.now.getTime() / 1000) * 1000;
