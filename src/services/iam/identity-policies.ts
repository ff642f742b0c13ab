// All that applies to a user or a role, gathered for access decisions. Implements ports/identity-policies.ts.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
import { parseArn } from "../../kernel/arn.ts";
import type { AppliedPolicies, AppliedPolicy, IdentityPolicies } from "../../ports/identity-policies.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Account } from "./account.ts";
import { readEpoch } from "./change.ts";
import { ACCOUNTS, entityId, type Group, GROUPS, type Holder, type Policy, POLICIES, type Role, ROLES, type User, USERS } from "./entity.ts";

/** What AllowUsersToChangePassword of an account's password policy gives its users; in words on the page of password policies, and as a policy here. */
const OWN_PASSWORD = "arn:aws:iam::aws:policy/IAMUserChangePassword";
const NOTHING = JSON.stringify({ Version: "2012-10-17", Statement: [] });

interface Subject {
  kind: "user" | "role";
  account: string;
  name: string;
  /** Absent in the ARN of a session, which does not tell the role's path. */
  arn?: string;
}

export function openIdentityPolicies({ stores }: { stores: Stores }): IdentityPolicies {
  return {
    async find(principalArn) {
      const subject = subjectOf(principalArn);
      if (!subject) return undefined;
      const revision = await readEpoch(stores, subject.account); // before the rest: what changes meanwhile makes it old
      const entity = await entityOf(stores, subject);
      return entity && { ...(await gather(stores, subject, entity)), revision: String(revision) };
    },

    async trustPolicy(roleArn) {
      const subject = subjectOf(roleArn);
      return subject?.kind === "role" ? ((await entityOf(stores, subject)) as Role | undefined)?.trustPolicy : undefined;
    },

    managedPolicy: async (arn) => (await managed(stores, arn))?.document,

    epoch: (account) => readEpoch(stores, account),
  };
}

function subjectOf(text: string): Subject | undefined {
  const arn = parseArn(text);
  if (!arn || !/^\d{12}$/.test(arn.account)) return undefined;
  const [, session] = /^assumed-role\/([^/]+)\/[^/]+$/.exec(arn.resource) ?? [];
  if (arn.service === "sts" && session !== undefined) return { kind: "role", account: arn.account, name: session };
  const [, kind, name] = /^(user|role)\/(?:.*\/)?([^/]+)$/.exec(arn.resource) ?? [];
  return arn.service === "iam" && name !== undefined ? { kind: kind as "user" | "role", account: arn.account, name, arn: text } : undefined;
}

async function entityOf(stores: Stores, { kind, account, name, arn }: Subject): Promise<User | Role | undefined> {
  const entity = await stores.documents<User | Role>(kind === "user" ? USERS : ROLES).get(entityId(account, name));
  return arn === undefined || entity?.arn === arn ? entity : undefined;
}

async function gather(stores: Stores, { kind, account }: Subject, entity: User | Role): Promise<Omit<AppliedPolicies, "revision">> {
  const names = "groups" in entity ? entity.groups : [];
  const groups = (await Promise.all(names.map((name) => stores.documents<Group>(GROUPS).get(entityId(account, name))))).filter((group) => group !== undefined);
  const identity = [...inline(entity, kind), ...groups.flatMap((group) => inline(group, "group"))];
  const ofAccount = kind === "user" && (await stores.documents<Account>(ACCOUNTS).get(account))?.passwordPolicy?.AllowUsersToChangePassword ? [OWN_PASSWORD] : [];
  for (const arn of new Set([...[entity, ...groups].flatMap((holder) => holder.attachedPolicies), ...ofAccount])) {
    const policy = await managed(stores, arn);
    if (policy) identity.push(policy);
  }
  return {
    identity, tags: entity.tags, id: entity.id, path: entity.path,
    ...(entity.boundary !== undefined && { boundary: (await managed(stores, entity.boundary))?.document ?? NOTHING }),
  };
}

/** What a group gives its members; undefined for anything but the ARN of one. */
export async function groupPolicies(stores: Stores, text: string): Promise<Pick<AppliedPolicies, "identity"> | undefined> {
  const arn = parseArn(text);
  const [, name] = /^group\/(?:.*\/)?([^/]+)$/.exec(arn?.resource ?? "") ?? [];
  const group = arn && name !== undefined ? await stores.documents<Group>(GROUPS).get(entityId(arn.account, name)) : undefined;
  if (group?.arn !== text) return undefined;
  const attached = await Promise.all(group.attachedPolicies.map((policy) => managed(stores, policy)));
  return { identity: [...inline(group, "group"), ...attached.filter((policy) => policy !== undefined)] };
}

const inline = (holder: Holder, source: AppliedPolicy["source"]): AppliedPolicy[] =>
  Object.entries(holder.inlinePolicies).map(([name, document]) => ({ name, document, source }));

async function managed(stores: Stores, arn: string): Promise<AppliedPolicy | undefined> {
  const { findAwsManaged, parsePolicyArn } = await import("./managed.ts"); // with all of AWS's own
  const { account, name } = parsePolicyArn(arn);
  if (account === "aws") {
    const found = findAwsManaged(arn);
    return found && { name, document: JSON.stringify(found.document), source: "aws-managed" };
  }
  const policy = await stores.documents<Policy>(POLICIES).get(entityId(account, name));
  const version = policy?.arn === arn ? policy.versions.find((candidate) => candidate.id === policy.defaultVersion) : undefined;
  return version && { name, document: version.document, source: "user-managed" };
}
