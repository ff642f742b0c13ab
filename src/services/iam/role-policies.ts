// The policies of a role: those inside it, and those attached to it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { entityId, type Policy, POLICIES, type Role, ROLES } from "./entity.ts";
import { inlineTooLarge, noSuchPolicy, noSuchRole, noSuchRolePolicy, notAttachable, overQuota } from "./errors.ts";
import { findAwsManaged, parsePolicyArn } from "./managed.ts";
import { pageOf } from "./page.ts";
import { checkIdentityPolicy, encodeDocument, policySize } from "./policy-document.ts";
import { changeRole, getRole } from "./roles.ts";

/** All inline policies of a role together, white space aside. */
const INLINE_MAX = 10_240;
const ATTACHED_MAX = 10;

type RolePolicyApi = Pick<Api<typeof Sdk>, "PutRolePolicy" | "GetRolePolicy" | "DeleteRolePolicy" | "ListRolePolicies" | "AttachRolePolicy" | "DetachRolePolicy" | "ListAttachedRolePolicies">;

export function rolePolicyOperations(stores: Stores): RolePolicyApi {
  return { ...inlineOperations(stores), ...attachmentOperations(stores) };
}

function inlineOperations(stores: Stores): Pick<RolePolicyApi, "PutRolePolicy" | "GetRolePolicy" | "DeleteRolePolicy" | "ListRolePolicies"> {
  return {
    async PutRolePolicy(input, call) {
      await getRole(stores, call, input.RoleName);
      checkIdentityPolicy(input.PolicyDocument);
      await changeRole(stores, call, input.RoleName, (role) => {
        const inlinePolicies = { ...role.inlinePolicies, [input.PolicyName]: input.PolicyDocument };
        const size = Object.values(inlinePolicies).reduce((sum, document) => sum + policySize(document), 0);
        if (size > INLINE_MAX) throw inlineTooLarge(role.name, INLINE_MAX);
        return { ...role, inlinePolicies };
      });
      return {};
    },

    async GetRolePolicy(input, call) {
      const role = await getRole(stores, call, input.RoleName);
      if (!Object.hasOwn(role.inlinePolicies, input.PolicyName)) throw noSuchRolePolicy(input.PolicyName);
      return { RoleName: role.name, PolicyName: input.PolicyName, PolicyDocument: encodeDocument(role.inlinePolicies[input.PolicyName]!) };
    },

    async DeleteRolePolicy(input, call) {
      await changeRole(stores, call, input.RoleName, (role) => {
        if (!Object.hasOwn(role.inlinePolicies, input.PolicyName)) throw noSuchRolePolicy(input.PolicyName);
        const { [input.PolicyName]: _, ...inlinePolicies } = role.inlinePolicies;
        return { ...role, inlinePolicies };
      });
      return {};
    },

    async ListRolePolicies(input, call) {
      const role = await getRole(stores, call, input.RoleName);
      const { items, truncation } = pageOf(Object.keys(role.inlinePolicies).sort(), input, (name) => name);
      return { PolicyNames: items, ...truncation };
    },
  };
}

function attachmentOperations(stores: Stores): Pick<RolePolicyApi, "AttachRolePolicy" | "DetachRolePolicy" | "ListAttachedRolePolicies"> {
  const updateRole = async (tx: Tx, call: Call, name: string, change: (role: Role) => Role) => {
    if (!(await tx.documents<Role>(ROLES).update(entityId(call.account, name), change))) throw noSuchRole(name);
  };

  return {
    async AttachRolePolicy(input, call) {
      const arn = parsePolicyArn(input.PolicyArn);
      await stores.transaction(async (tx) => {
        let added = false;
        await updateRole(tx, call, input.RoleName, (role) => {
          added = !role.attachedPolicies.includes(input.PolicyArn);
          if (added && role.attachedPolicies.length >= ATTACHED_MAX) throw overQuota("PoliciesPerRole", ATTACHED_MAX);
          return added ? { ...role, attachedPolicies: [...role.attachedPolicies, input.PolicyArn] } : role;
        });
        if (!(await countAttachment(tx, call, arn, input.PolicyArn, added ? 1 : 0))) throw notAttachable(input.PolicyArn);
      });
      return {};
    },

    async DetachRolePolicy(input, call) {
      const arn = parsePolicyArn(input.PolicyArn);
      await stores.transaction(async (tx) => {
        await updateRole(tx, call, input.RoleName, (role) => {
          if (!role.attachedPolicies.includes(input.PolicyArn)) throw noSuchPolicy(input.PolicyArn);
          return { ...role, attachedPolicies: role.attachedPolicies.filter((attached) => attached !== input.PolicyArn) };
        });
        await countAttachment(tx, call, arn, input.PolicyArn, -1);
      });
      return {};
    },

    async ListAttachedRolePolicies(input, call) {
      const role = await getRole(stores, call, input.RoleName);
      const attached = role.attachedPolicies
        .map((arn) => ({ PolicyArn: arn, PolicyName: arn.slice(arn.lastIndexOf("/") + 1), path: parsePolicyArn(arn).path }))
        .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"))
        .sort((a, b) => (a.PolicyArn < b.PolicyArn ? -1 : 1));
      const { items, truncation } = pageOf(attached, input, (policy) => policy.PolicyArn);
      return { AttachedPolicies: items.map(({ PolicyArn, PolicyName }) => ({ PolicyArn, PolicyName })), ...truncation };
    },
  };
}

/** False when there is no such policy. AWS's own are counted when they are shown. */
async function countAttachment(tx: Tx, call: Call, arn: { account: string; name: string }, text: string, by: number): Promise<boolean> {
  if (arn.account === "aws") return findAwsManaged(text) !== undefined;
  if (arn.account !== call.account) return false;
  const found = await tx.documents<Policy>(POLICIES).update(entityId(call.account, arn.name), (policy) => (policy.arn === text ? { ...policy, attachments: Math.max(0, policy.attachments + by) } : policy));
  return found?.arn === text;
}
