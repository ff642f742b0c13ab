// Inline policies: those inside a role, a user or a group.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { changing } from "./change.ts";
import { changeEntity, checkModifiable, getEntity, GROUP, type HolderKind, ROLE, USER } from "./entities.ts";
import type { Holder } from "./entity.ts";
import { inlineTooLarge } from "./errors.ts";
import { pageOf, type PageInput } from "./page.ts";
import { checkIdentityPolicy, encodeDocument, policySize } from "./policy-document.ts";

type Kinds = "Role" | "User" | "Group";
type InlineApi = Pick<Api<typeof Sdk>, `Put${Kinds}Policy` | `Get${Kinds}Policy` | `Delete${Kinds}Policy` | "ListRolePolicies" | "ListUserPolicies" | "ListGroupPolicies">;

export function inlinePolicyOperations(stores: Stores): InlineApi {
  const role = inlineOf(stores, ROLE);
  const user = inlineOf(stores, USER);
  const group = inlineOf(stores, GROUP);
  return {
    PutRolePolicy: (input, call) => role.put(input.RoleName, input.PolicyName, input.PolicyDocument, call),
    PutUserPolicy: (input, call) => user.put(input.UserName, input.PolicyName, input.PolicyDocument, call),
    PutGroupPolicy: (input, call) => group.put(input.GroupName, input.PolicyName, input.PolicyDocument, call),

    async GetRolePolicy(input, call) {
      const [RoleName, shown] = await role.get(input.RoleName, input.PolicyName, call);
      return { RoleName, ...shown };
    },
    async GetUserPolicy(input, call) {
      const [UserName, shown] = await user.get(input.UserName, input.PolicyName, call);
      return { UserName, ...shown };
    },
    async GetGroupPolicy(input, call) {
      const [GroupName, shown] = await group.get(input.GroupName, input.PolicyName, call);
      return { GroupName, ...shown };
    },

    DeleteRolePolicy: (input, call) => role.remove(input.RoleName, input.PolicyName, call),
    DeleteUserPolicy: (input, call) => user.remove(input.UserName, input.PolicyName, call),
    DeleteGroupPolicy: (input, call) => group.remove(input.GroupName, input.PolicyName, call),

    ListRolePolicies: (input, call) => role.list(input.RoleName, input, call),
    ListUserPolicies: (input, call) => user.list(input.UserName, input, call),
    ListGroupPolicies: (input, call) => group.list(input.GroupName, input, call),
  };
}

function inlineOf<T extends Holder>(stores: Stores, kind: HolderKind<T>) {
  return {
    put: (name: string, policyName: string, document: string, call: Call): Promise<{}> =>
      changing(stores, call.account, async (tx) => {
        await changeEntity(tx, kind, call.account, name, (holder) => {
          checkModifiable(holder);
          checkIdentityPolicy(document);
          const inlinePolicies = { ...holder.inlinePolicies, [policyName]: document };
          const size = Object.values(inlinePolicies).reduce((sum, text) => sum + policySize(text), 0);
          if (size > kind.inlineMax) throw inlineTooLarge(kind.word, holder.name, kind.inlineMax);
          return { ...holder, inlinePolicies };
        });
        return {};
      }),

    async get(name: string, policyName: string, call: Call): Promise<[holder: string, shown: { PolicyName: string; PolicyDocument: string }]> {
      const { name: holder, inlinePolicies } = await getEntity(stores, kind, call.account, name);
      if (!Object.hasOwn(inlinePolicies, policyName)) throw kind.missingPolicy(policyName);
      return [holder, { PolicyName: policyName, PolicyDocument: encodeDocument(inlinePolicies[policyName]!) }];
    },

    remove: (name: string, policyName: string, call: Call): Promise<{}> =>
      changing(stores, call.account, async (tx) => {
        await changeEntity(tx, kind, call.account, name, (holder) => {
          checkModifiable(holder);
          if (!Object.hasOwn(holder.inlinePolicies, policyName)) throw kind.missingPolicy(policyName);
          const { [policyName]: _, ...inlinePolicies } = holder.inlinePolicies;
          return { ...holder, inlinePolicies };
        });
        return {};
      }),

    async list(name: string, input: PageInput, call: Call) {
      const holder = await getEntity(stores, kind, call.account, name);
      const { items, truncation } = pageOf(Object.keys(holder.inlinePolicies).sort(), input, (policyName) => policyName);
      return { PolicyNames: items, ...truncation };
    },
  };
}
