// What a policy may ask of IAM's own resources: their whole ARN, and their tags.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html
import { parseArn } from "../../kernel/arn.ts";
import type { Stores } from "../../storage/stores.ts";
import { ACCESS_KEYS, type AccessKey, entityId, GROUPS, INSTANCE_PROFILES, POLICIES, ROLES, USERS } from "./entity.ts";

const KINDS = new Map([["role", ROLES], ["user", USERS], ["group", GROUPS], ["policy", POLICIES], ["instance-profile", INSTANCE_PROFILES]]);

interface Found {
  arn: string;
  tags?: Record<string, string>;
  boundary?: string;
}

/** By the kind and the name in the ARN, whatever its path says. */
async function findByName(stores: Stores, text: string): Promise<Found | undefined> {
  const arn = parseArn(text);
  const [, kind, name] = /^([a-z-]+)\/(?:.*\/)?([^/]+)$/.exec(arn?.resource ?? "") ?? [];
  const documents = KINDS.get(kind ?? "");
  return arn?.service === "iam" && documents !== undefined ? stores.documents<Found>(documents).get(entityId(arn.account, name!)) : undefined;
}

/** Undefined when there is nothing of exactly that ARN. */
export async function resourceTags(stores: Stores, text: string): Promise<Record<string, string> | undefined> {
  const found = await findByName(stores, text);
  return found?.arn === text ? found.tags : undefined;
}

/** With the path of what exists, where the ARN was made without one: or a policy could not deny what is under a path. */
export async function exactArn(stores: Stores, text: string): Promise<string> {
  const [, account, keyId] = /^arn:[^:]*:iam::(\d{12}):access-key\/([^/]+)$/.exec(text) ?? [];
  if (keyId !== undefined) return ownerOfKey(stores, account!, keyId);
  if (!/:(role|user|group|instance-profile)\/[^/]+$/.test(text)) return text;
  return (await findByName(stores, text))?.arn ?? text;
}

/** A key is its user's; of one that this account does not have, any policy's `*` speaks. */
async function ownerOfKey(stores: Stores, account: string, keyId: string): Promise<string> {
  const key = await stores.documents<AccessKey>(ACCESS_KEYS).get(keyId);
  return key?.account === account ? key.userArn : "*";
}

/** Where the reference says that iam:PermissionsBoundary is the boundary that the user or role has. */
const BOUNDED = /^iam:((Attach|Detach|Put|Delete)(User|Role)Policy|Delete(User|Role)PermissionsBoundary)$/;

export async function standing(stores: Stores, action: string, arn: string): Promise<Record<string, string> | undefined> {
  const boundary = BOUNDED.test(action) ? (await findByName(stores, arn))?.boundary : undefined;
  return boundary === undefined ? undefined : { "iam:PermissionsBoundary": boundary };
}
