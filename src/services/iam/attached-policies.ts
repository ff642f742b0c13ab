// Managed policies attached to roles, users and groups.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { changing } from "./change.ts";
import { changeEntity, checkModifiable, getEntity, GROUP, type HolderKind, ROLE, USER } from "./entities.ts";
import type { Holder } from "./entity.ts";
import { noSuchPolicy, notAttachable, overQuota, serviceRolePolicy } from "./errors.ts";
import { countUse, parsePolicyArn } from "./managed.ts";
import { pageOf, type PageInput } from "./page.ts";

/** AWS's default; it can be raised to twenty for roles, on request. */
const ATTACHED_MAX = 10;

type Kinds = "Role" | "User" | "Group";
type AttachedApi = Pick<Api<typeof Sdk>, `Attach${Kinds}Policy` | `Detach${Kinds}Policy` | `ListAttached${Kinds}Policies`>;

export function attachedPolicyOperations(stores: Stores): AttachedApi {
  const role = attachedTo(stores, ROLE);
  const user = attachedTo(stores, USER);
  const group = attachedTo(stores, GROUP);
  return {
    AttachRolePolicy: (input, call) => role.attach(input.RoleName, input.PolicyArn, call),
    AttachUserPolicy: (input, call) => user.attach(input.UserName, input.PolicyArn, call),
    AttachGroupPolicy: (input, call) => group.attach(input.GroupName, input.PolicyArn, call),

    DetachRolePolicy: (input, call) => role.detach(input.RoleName, input.PolicyArn, call),
    DetachUserPolicy: (input, call) => user.detach(input.UserName, input.PolicyArn, call),
    DetachGroupPolicy: (input, call) => group.detach(input.GroupName, input.PolicyArn, call),

    ListAttachedRolePolicies: (input, call) => role.list(input.RoleName, input, call),
    ListAttachedUserPolicies: (input, call) => user.list(input.UserName, input, call),
    ListAttachedGroupPolicies: (input, call) => group.list(input.GroupName, input, call),
  };
}

function attachedTo<T extends Holder>(stores: Stores, kind: HolderKind<T>) {
  return {
    async attach(name: string, policyArn: string, call: Call): Promise<{}> {
      const { account, path } = parsePolicyArn(policyArn);
      if (account === "aws" && path.startsWith("/aws-service-role/")) throw serviceRolePolicy();
      return changing(stores, call.account, async (tx) => {
        let added = false;
        await changeEntity(tx, kind, call.account, name, (holder) => {
          checkModifiable(holder);
          // AWS's own policies have one name in each partition; under a foreign one no condition on iam:PolicyARN would know them.
          if (account === "aws" && policyArn.split(":")[1] !== holder.arn.split(":")[1]) throw notAttachable(policyArn);
          added = !holder.attachedPolicies.includes(policyArn);
          if (added && holder.attachedPolicies.length >= ATTACHED_MAX) throw overQuota(kind.attachedQuota, ATTACHED_MAX);
          return added ? { ...holder, attachedPolicies: [...holder.attachedPolicies, policyArn] } : holder;
        });
        if (!(await countUse(tx, call, policyArn, "attachments", added ? 1 : 0))) throw notAttachable(policyArn);
        return {};
      });
    },

    async detach(name: string, policyArn: string, call: Call): Promise<{}> {
      parsePolicyArn(policyArn);
      return changing(stores, call.account, async (tx) => {
        await changeEntity(tx, kind, call.account, name, (holder) => {
          checkModifiable(holder);
          if (!holder.attachedPolicies.includes(policyArn)) throw noSuchPolicy(policyArn);
          return { ...holder, attachedPolicies: holder.attachedPolicies.filter((attached) => attached !== policyArn) };
        });
        await countUse(tx, call, policyArn, "attachments", -1);
        return {};
      });
    },

    async list(name: string, input: PageInput & { PathPrefix?: string | undefined }, call: Call) {
      const holder = await getEntity(stores, kind, call.account, name);
      const attached = holder.attachedPolicies.filter((arn) => parsePolicyArn(arn).path.startsWith(input.PathPrefix ?? "/")).sort();
      const { items, truncation } = pageOf(attached, input, (arn) => arn);
      return { AttachedPolicies: items.map(describeAttached), ...truncation };
    },
  };
}

export const describeAttached = (arn: string) => ({ PolicyArn: arn, PolicyName: arn.slice(arn.lastIndexOf("/") + 1) });
