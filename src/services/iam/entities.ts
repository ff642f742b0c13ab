// Finding and changing what IAM keeps by name. Each kind knows where its documents are, and what AWS says when there is none.
// Quotas: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
import type { Documents, Stores, Tx } from "../../storage/stores.ts";
import { entityId, type Group, GROUPS, type Holder, INSTANCE_PROFILES, type InstanceProfile, type Role, ROLES, type User, USERS } from "./entity.ts";
import { noSuchGroup, noSuchGroupPolicy, noSuchInstanceProfile, noSuchRole, noSuchRolePolicy, noSuchUser, noSuchUserPolicy, overQuota, protectedRole } from "./errors.ts";

type From = Pick<Stores, "documents"> | Tx;

export interface Kind<T> {
  documents(from: From): Documents<T>;
  missing(name: string): Error;
  /** The quota's name in AWS's message, and how many an account may have. */
  quota: [name: string, max: number];
}

export interface HolderKind<T extends Holder> extends Kind<T> {
  word: "role" | "user" | "group";
  missingPolicy(name: string): Error;
  /** All inline policies together, white space aside. */
  inlineMax: number;
  attachedQuota: string;
}

export const ROLE: HolderKind<Role> = {
  word: "role", documents: (from) => from.documents<Role>(ROLES), quota: ["RolesPerAccount", 1000],
  missing: noSuchRole, missingPolicy: noSuchRolePolicy, inlineMax: 10_240, attachedQuota: "PoliciesPerRole",
};
export const USER: HolderKind<User> = {
  word: "user", documents: (from) => from.documents<User>(USERS), quota: ["UsersPerAccount", 5000],
  missing: noSuchUser, missingPolicy: noSuchUserPolicy, inlineMax: 2048, attachedQuota: "PoliciesPerUser",
};
export const GROUP: HolderKind<Group> = {
  word: "group", documents: (from) => from.documents<Group>(GROUPS), quota: ["GroupsPerAccount", 300],
  missing: noSuchGroup, missingPolicy: noSuchGroupPolicy, inlineMax: 5120, attachedQuota: "PoliciesPerGroup",
};
export const INSTANCE_PROFILE: Kind<InstanceProfile> = {
  documents: (from) => from.documents<InstanceProfile>(INSTANCE_PROFILES), quota: ["InstanceProfilesPerAccount", 1000], missing: noSuchInstanceProfile,
};

/** Throws UnmodifiableEntity for a role that belongs to a service. */
export function checkModifiable(holder: Holder & { linkedService?: string }): void {
  if (holder.linkedService !== undefined) throw protectedRole(holder.name);
}

/** Throws AWS's NoSuchEntity when there is none. */
export async function getEntity<T>(from: From, kind: Kind<T>, account: string, name: string): Promise<T> {
  const entity = await kind.documents(from).get(entityId(account, name));
  if (!entity) throw kind.missing(name);
  return entity;
}

export async function changeEntity<T>(tx: Tx, kind: Kind<T>, account: string, name: string, change: (entity: T) => T): Promise<T> {
  const entity = await kind.documents(tx).update(entityId(account, name), change);
  if (!entity) throw kind.missing(name);
  return entity;
}

/** Held until the transaction ends, so that nobody changes it between a look and what follows. */
export const holdEntity = <T>(tx: Tx, kind: Kind<T>, account: string, name: string): Promise<T> => changeEntity(tx, kind, account, name, (entity) => entity);

export async function createEntity<T extends { name: string }>(tx: Tx, kind: Kind<T>, account: string, entity: T, exists: (name: string) => Error): Promise<void> {
  const [quota, max] = kind.quota;
  const documents = kind.documents(tx);
  if (!(await documents.create(entityId(account, entity.name), entity))) throw exists(entity.name);
  if ((await documents.count(`${account}/`)) > max) throw overQuota(quota, max);
}

/** In order of name. */
export async function allEntities<T>(from: From, kind: Pick<Kind<T>, "documents">, account: string): Promise<T[]> {
  const found: T[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await kind.documents(from).list({ prefix: `${account}/`, limit: 500, ...(after !== undefined && { after }) });
    found.push(...page.map(([, entity]) => entity));
    if (page.length < 500) return found;
    after = page.at(-1)![0];
  }
}
