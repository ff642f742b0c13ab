// When access keys and roles were last used. Noted in memory with every request, written about once a minute for each.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
// Implements ports/credential-use.ts. A process that dies loses what it noted in its last second.
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call, Principal } from "../../kernel/call.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";
import type { CredentialUse } from "../../ports/credential-use.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { ACCESS_KEYS, type AccessKey, entityId, type Role, ROLES } from "./entity.ts";
import { mayNotSeeKeyUse } from "./errors.ts";

interface Use {
  atMs: number;
  service: string;
  region: string;
}

/** Documents by access key id, and by role; only of those that exist. */
const KEY_USES = "iam/key-use";
const ROLE_USES = "iam/role-use";

const NOTED_AGAIN_MS = 60_000;
const WRITTEN_AFTER_MS = 1000;
const NOTED_MAX = 10_000;

export function openCredentialUse({ stores, clock, log }: { stores: Stores; clock: Clock; log: Log }): CredentialUse & { close(): Promise<void> } {
  const noted = new Map<string, number>();
  let pending: { principal: Principal; use: Use }[] = [];
  let cancel: (() => void) | undefined;
  let writing = Promise.resolve();

  const write = () => {
    cancel = undefined;
    const uses = pending;
    pending = [];
    writing = writing.then(() => writeUses(stores, uses)).catch((error: unknown) => log.warn("that credentials were used could not be written", { error }));
  };

  return {
    note(principal, service, region, nowMs) {
      const id = principal.accessKeyId;
      if (!id.startsWith("AKIA") && !id.startsWith("ASIA")) return;
      const before = noted.get(id);
      if (before !== undefined && nowMs - before < NOTED_AGAIN_MS) return;
      if (noted.size >= NOTED_MAX) noted.clear();
      noted.set(id, nowMs);
      pending.push({ principal, use: { atMs: nowMs, service, region } });
      cancel ??= clock.after(WRITTEN_AFTER_MS, write);
    },

    async close() {
      cancel?.();
      write();
      await writing;
    },
  };
}

async function writeUses(stores: Stores, uses: { principal: Principal; use: Use }[]): Promise<void> {
  for (const { principal, use } of uses) {
    const { accessKeyId, arn, accountId } = principal;
    if (accessKeyId.startsWith("AKIA")) {
      if (await stores.documents<AccessKey>(ACCESS_KEYS).get(accessKeyId)) await stores.documents<Use>(KEY_USES).put(accessKeyId, use);
      continue;
    }
    const role = /:assumed-role\/([^/]+)\//.exec(arn)?.[1];
    if (role !== undefined && (await stores.documents<Role>(ROLES).get(entityId(accountId, role)))) await stores.documents<Use>(ROLE_USES).put(entityId(accountId, role), use);
  }
}

export async function roleLastUsed(stores: Stores, account: string, name: string): Promise<Sdk.RoleLastUsed> {
  const use = await stores.documents<Use>(ROLE_USES).get(entityId(account, name));
  return use ? { LastUsedDate: wholeSeconds(use.atMs), Region: use.region } : {};
}

/** What is deleted has not been used: whoever gets its name later starts anew. */
export const forgetKeyUse = (tx: Tx, accessKeyId: string): Promise<boolean> => tx.documents<Use>(KEY_USES).delete(accessKeyId);
export const forgetRoleUse = (tx: Tx, account: string, name: string): Promise<boolean> => tx.documents<Use>(ROLE_USES).delete(entityId(account, name));

export function credentialUseOperations(stores: Stores): Pick<Api<typeof Sdk>, "GetAccessKeyLastUsed"> {
  return {
    async GetAccessKeyLastUsed({ AccessKeyId }, call: Call) {
      const key = await stores.documents<AccessKey>(ACCESS_KEYS).get(AccessKeyId);
      if (key?.account !== call.account) throw mayNotSeeKeyUse(call.principal.arn, AccessKeyId);
      const use = await stores.documents<Use>(KEY_USES).get(AccessKeyId);
      const shown = use ? { LastUsedDate: wholeSeconds(use.atMs), ServiceName: use.service, Region: use.region } : { LastUsedDate: undefined, ServiceName: "N/A", Region: "N/A" };
      return { UserName: key.userName, AccessKeyLastUsed: shown };
    },
  };
}

const wholeSeconds = (atMs: number): Date => new Date(Math.floor(atMs / 1000) * 1000);
