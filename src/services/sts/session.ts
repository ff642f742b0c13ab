// Temporary credentials: what they are, how they are made, where they are kept.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html
import { createHash } from "node:crypto";
import { parseArn } from "../../kernel/arn.ts";
import { type Ids, UPPER_BASE32 } from "../../kernel/ids.ts";
import type { Credentials, KnownKey } from "../../ports/identity.ts";
import type { Stores } from "../../storage/stores.ts";

/** Documents by access key id. */
export const SESSIONS = "sts/session";
/** Documents the IAM room writes, by account and lower-case role name. */
export const ROLES = "iam/role";
/** Documents the IAM room writes, by access key id. */
export const ACCESS_KEYS = "iam/access-key";

export interface Session extends Credentials {
  principal: Omit<KnownKey["principal"], "accessKeyId">;
}

/** The part of IAM's role that matters here. */
export interface StoredRole {
  arn: string;
  id: string;
  maxSessionSeconds: number;
}

/** The part of IAM's access key that matters here. */
export interface StoredAccessKey {
  secretAccessKey: string;
  status: "Active" | "Inactive";
  userArn: string;
  userId: string;
  account: string;
}

export interface RoleName {
  arn: string;
  partition: string;
  account: string;
  /** Without its path. */
  name: string;
}

const SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Undefined when the text is not the ARN of a role. */
export function parseRoleArn(text: string): RoleName | undefined {
  const arn = parseArn(text);
  const name = arn && /^role\/(?:.*\/)?([\w+=,.@-]{1,64})$/.exec(arn.resource)?.[1];
  if (!arn || !name || arn.service !== "iam" || arn.region !== "" || !/^\d{12}$/.test(arn.account)) return undefined;
  return { arn: text, partition: arn.partition, account: arn.account, name };
}

export const findRole = (stores: Stores, { account, name }: RoleName): Promise<StoredRole | undefined> =>
  stores.documents<StoredRole>(ROLES).get(`${account}/${name.toLowerCase()}`);

export function rolePrincipal(role: RoleName, roleId: string, sessionName: string): Session["principal"] {
  return { arn: `arn:${role.partition}:sts::${role.account}:assumed-role/${role.name}/${sessionName}`, accountId: role.account, userId: `${roleId}:${sessionName}` };
}

/** A role that was never created still needs an id, and always the same. */
export function idOfUnknownRole(arn: string): string {
  const digest = createHash("sha256").update(arn).digest();
  return `AROA${Array.from(digest.subarray(0, 17), (byte) => UPPER_BASE32[byte % 32]).join("")}`;
}

/** Made and stored; found again by its access key id until it expires. */
export async function openSession(stores: Stores, ids: Ids, principal: Session["principal"], expiresAtMs: number): Promise<Credentials> {
  const credentials: Credentials = {
    accessKeyId: `ASIA${ids.token(16, UPPER_BASE32)}`,
    secretAccessKey: ids.token(40, SECRET_ALPHABET),
    sessionToken: Buffer.from(ids.bytes(192)).toString("base64"),
    expiresAtMs,
  };
  await stores.documents<Session>(SESSIONS).put(credentials.accessKeyId, { ...credentials, principal });
  return credentials;
}
