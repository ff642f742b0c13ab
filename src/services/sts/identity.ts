// Who a key belongs to: the keys Evoke was started with, IAM users' keys, and temporary credentials.
// Also the credentials functions run with. Implements ports/identity.ts.
import type { Clock } from "../../kernel/clock.ts";
import { Fault } from "../../kernel/errors.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Credentials, Identity, KnownKey } from "../../ports/identity.ts";
import type { Stores } from "../../storage/stores.ts";
import { ACCESS_KEYS, findRole, idOfUnknownRole, openSession, parseRoleArn, rolePrincipal, type Session, SESSIONS, type StoredAccessKey } from "./session.ts";

export interface IdentityOptions {
  stores: Stores;
  clock: Clock;
  ids: Ids;
  /** The keys given at start: each is the root of its account. */
  configured: { accessKeyId: string; secretAccessKey: string }[];
}

/** As long as a role's session can be: an environment keeps what it was born with. */
const FUNCTION_SECONDS = 12 * 3600;
/** New environments of one role share credentials this long, so that a burst of cold starts is one write. */
const SHARED_MS = 3_600_000;
const SHARED_MAX = 1000;

export function openIdentity({ stores, clock, ids, configured }: IdentityOptions): Identity {
  const given = new Map(configured.map((key) => [key.accessKeyId, key.secretAccessKey]));
  const shared = new Map<string, { untilMs: number; roleId: string; credentials: Promise<Credentials> }>();

  return {
    async findKey(accessKeyId) {
      const secret = given.get(accessKeyId);
      if (secret !== undefined) return rootKey(accessKeyId, secret);
      return accessKeyId.startsWith("ASIA") ? findSession(stores, accessKeyId) : findUserKey(stores, accessKeyId);
    },

    async credentialsForRole(roleArn, sessionName, functionArn) {
      const name = `${roleArn} ${sessionName} ${functionArn}`;
      const nowMs = clock.machineNow(); // who uses credentials compares their end with its own clock
      const role = parseRoleArn(roleArn);
      if (!role) throw new Fault(`not the ARN of a role: ${roleArn}`);
      const stored = await findRole(stores, role);
      const roleId = stored?.id ?? idOfUnknownRole(roleArn);
      const known = shared.get(name);
      // A role that was made anew is another one, which old credentials are not of.
      if (known && known.untilMs > nowMs && known.roleId === roleId) return known.credentials;
      const session = { issuedAtMs: clock.now(), issuerArn: roleArn, ...(functionArn !== undefined && { sourceFunctionArn: functionArn }), ...(!stored && { roleUnknown: true as const }) };
      const credentials = openSession(stores, ids, { ...rolePrincipal(role, roleId, sessionName), session }, nowMs + FUNCTION_SECONDS * 1000);
      shared.delete(name); // so that it goes to the end
      shared.set(name, { untilMs: nowMs + SHARED_MS, roleId, credentials });
      if (shared.size > SHARED_MAX) shared.delete(shared.keys().next().value!);
      credentials.catch(() => shared.delete(name));
      return credentials;
    },
  };
}

/** A 12-digit key id is its account; any other belongs to the account of zeros. */
function rootKey(accessKeyId: string, secretAccessKey: string): KnownKey {
  const accountId = /^\d{12}$/.test(accessKeyId) ? accessKeyId : "000000000000";
  return { secretAccessKey, principal: { arn: `arn:aws:iam::${accountId}:root`, accountId, userId: accountId, accessKeyId } };
}

async function findSession(stores: Stores, accessKeyId: string): Promise<KnownKey | undefined> {
  const session = await stores.documents<Session>(SESSIONS).get(accessKeyId);
  if (!session) return undefined;
  const { secretAccessKey, sessionToken, expiresAtMs, principal } = session;
  return { secretAccessKey, sessionToken, expiresAtMs, principal: { ...principal, accessKeyId } };
}

async function findUserKey(stores: Stores, accessKeyId: string): Promise<KnownKey | undefined> {
  const key = await stores.documents<StoredAccessKey>(ACCESS_KEYS).get(accessKeyId);
  if (!key) return undefined;
  return { secretAccessKey: key.secretAccessKey, ...(key.status !== "Active" && { inactive: true as const }), principal: { arn: key.userArn, accountId: key.account, userId: key.userId, accessKeyId } };
}
