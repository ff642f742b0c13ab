// Roles.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Ids } from "../../kernel/ids.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { releaseBoundary, useBoundary } from "./boundaries.ts";
import { changing } from "./change.ts";
import { forgetRoleUse, roleLastUsed } from "./credential-use.ts";
import { describeRole } from "./describe.ts";
import { changeEntity, checkModifiable, createEntity, getEntity, holdEntity, ROLE } from "./entities.ts";
import { entityArn, entityId, newEntityId, type Role, wholeSecond } from "./entity.ts";
import { mustDeletePolicies, mustDetachPolicies, mustRemoveRoles, overQuota, roleExists } from "./errors.ts";
import { pageOfDocuments } from "./page.ts";
import { checkTrustPolicy, policySize } from "./policy-document.ts";
import { readTags } from "./tags.ts";

const TRUST_POLICY_MAX = 2048;
export const SESSION_SECONDS_DEFAULT = 3600;

type RoleApi = Pick<Api<typeof Sdk>, "CreateRole" | "GetRole" | "ListRoles" | "UpdateRole" | "UpdateRoleDescription" | "UpdateAssumeRolePolicy" | "DeleteRole">;

function checkTrust(document: string): void {
  checkTrustPolicy(document);
  if (policySize(document) > TRUST_POLICY_MAX) throw overQuota("ACLSizePerRole", TRUST_POLICY_MAX);
}

export function roleOperations(stores: Stores, ids: Ids): RoleApi {
  return {
    async CreateRole(input, call) {
      const tags = readTags(input.Tags);
      checkTrust(input.AssumeRolePolicyDocument);
      const path = input.Path ?? "/";
      const role: Role = {
        name: input.RoleName, id: newEntityId(ids, "AROA"), arn: entityArn(call, "role", path, input.RoleName), path,
        createdMs: wholeSecond(call),
        trustPolicy: input.AssumeRolePolicyDocument,
        ...(input.Description !== undefined && { description: input.Description }),
        maxSessionSeconds: input.MaxSessionDuration ?? SESSION_SECONDS_DEFAULT,
        tags, inlinePolicies: {}, attachedPolicies: [], instanceProfiles: [],
        ...(input.PermissionsBoundary !== undefined && { boundary: input.PermissionsBoundary }),
      };
      await changing(stores, call.account, async (tx) => {
        await createEntity(tx, ROLE, call.account, role, roleExists);
        if (role.boundary !== undefined) await useBoundary(tx, call, role.boundary);
      });
      return { Role: describeRole(role, "create") };
    },

    async GetRole(input, call) {
      const role = await getEntity(stores, ROLE, call.account, input.RoleName);
      return { Role: { ...describeRole(role, "get"), RoleLastUsed: await roleLastUsed(stores, call.account, role.name) } };
    },

    async ListRoles(input, call) {
      const { items, truncation } = await pageOfDocuments(ROLE.documents(stores), `${call.account}/`, input, (role) => role.path.startsWith(input.PathPrefix ?? "/"));
      return { Roles: items.map((role) => describeRole(role, "list")), ...truncation };
    },

    /** A service-linked role's description may be changed, how long its sessions may be may not. */
    async UpdateRole(input, call) {
      await changing(stores, call.account, (tx) => changeEntity(tx, ROLE, call.account, input.RoleName, (role) => {
        if (input.MaxSessionDuration !== undefined) checkModifiable(role);
        return {
          ...role,
          ...(input.Description !== undefined && { description: input.Description }),
          ...(input.MaxSessionDuration !== undefined && { maxSessionSeconds: input.MaxSessionDuration }),
        };
      }));
      return {};
    },

    async UpdateRoleDescription(input, call) {
      const role = await changing(stores, call.account, (tx) => changeEntity(tx, ROLE, call.account, input.RoleName, (before) => ({ ...before, description: input.Description })));
      return { Role: describeRole(role, "updated") };
    },

    async UpdateAssumeRolePolicy(input, call) {
      await changing(stores, call.account, (tx) => changeEntity(tx, ROLE, call.account, input.RoleName, (role) => {
        checkModifiable(role);
        checkTrust(input.PolicyDocument);
        return { ...role, trustPolicy: input.PolicyDocument };
      }));
      return {};
    },

    async DeleteRole(input, call) {
      await changing(stores, call.account, async (tx) => {
        const role = await holdEntity(tx, ROLE, call.account, input.RoleName);
        checkModifiable(role);
        if (role.instanceProfiles.length) throw mustRemoveRoles();
        if (role.attachedPolicies.length) throw mustDetachPolicies();
        if (Object.keys(role.inlinePolicies).length) throw mustDeletePolicies();
        await releaseBoundary(tx, call, role.boundary);
        await ROLE.documents(tx).delete(entityId(call.account, input.RoleName));
        await forgetRoleUse(tx, call.account, input.RoleName);
      });
      return {};
    },
  };
}
