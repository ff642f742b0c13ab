// Access keys of users: so that a guarded Evoke has real keys to hand out.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import { type Ids, UPPER_BASE32 } from "../../kernel/ids.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { changing } from "./change.ts";
import { forgetKeyUse } from "./credential-use.ts";
import { changeEntity, getEntity, holdEntity, USER } from "./entities.ts";
import { ACCESS_KEYS, type AccessKey, wholeSecond } from "./entity.ts";
import { noSuchAccessKey, notSupported, overQuota } from "./errors.ts";
import { pageOf } from "./page.ts";
import { userName } from "./users.ts";

const KEYS_MAX = 2;
const SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

type KeyApi = Pick<Api<typeof Sdk>, "CreateAccessKey" | "ListAccessKeys" | "UpdateAccessKey" | "DeleteAccessKey">;

export function accessKeyOperations(stores: Stores, ids: Ids): KeyApi {
  return {
    async CreateAccessKey(input, call) {
      const name = userName(input.UserName, call);
      const id = `AKIA${ids.token(16, UPPER_BASE32)}`;
      const secretAccessKey = ids.token(40, SECRET_ALPHABET);
      return changing(stores, call.account, async (tx) => {
        const user = await changeEntity(tx, USER, call.account, name, (before) => {
          if (before.accessKeyIds.length >= KEYS_MAX) throw overQuota("AccessKeysPerUser", KEYS_MAX);
          return { ...before, accessKeyIds: [...before.accessKeyIds, id] };
        });
        const key: AccessKey = { id, secretAccessKey, status: "Active", createdMs: wholeSecond(call), userName: user.name, userArn: user.arn, userId: user.id, account: call.account };
        await tx.documents<AccessKey>(ACCESS_KEYS).put(id, key);
        return { AccessKey: { UserName: user.name, AccessKeyId: id, Status: key.status, SecretAccessKey: secretAccessKey, CreateDate: new Date(key.createdMs) } };
      });
    },

    async ListAccessKeys(input, call) {
      const keys = (await keysOf(stores, call, userName(input.UserName, call))).sort((a, b) => (a.id < b.id ? -1 : 1));
      const { items, truncation } = pageOf(keys, input, (key) => key.id);
      return { AccessKeyMetadata: items.map((key) => ({ UserName: key.userName, AccessKeyId: key.id, Status: key.status, CreateDate: new Date(key.createdMs) })), ...truncation };
    },

    async UpdateAccessKey(input, call) {
      const name = userName(input.UserName, call);
      if (input.Status === "Expired") throw notSupported("Status Expired");
      const status = input.Status;
      await changing(stores, call.account, async (tx) => {
        const user = await holdEntity(tx, USER, call.account, name);
        if (!user.accessKeyIds.includes(input.AccessKeyId)) throw noSuchAccessKey(input.AccessKeyId);
        await tx.documents<AccessKey>(ACCESS_KEYS).update(input.AccessKeyId, (key) => ({ ...key, status }));
      });
      return {};
    },

    async DeleteAccessKey(input, call) {
      const name = userName(input.UserName, call);
      await changing(stores, call.account, async (tx) => {
        await changeEntity(tx, USER, call.account, name, (before) => {
          if (!before.accessKeyIds.includes(input.AccessKeyId)) throw noSuchAccessKey(input.AccessKeyId);
          return { ...before, accessKeyIds: before.accessKeyIds.filter((id) => id !== input.AccessKeyId) };
        });
        await tx.documents<AccessKey>(ACCESS_KEYS).delete(input.AccessKeyId);
        await forgetKeyUse(tx, input.AccessKeyId);
      });
      return {};
    },
  };
}

async function keysOf(stores: Stores, call: Call, name: string): Promise<AccessKey[]> {
  const user = await getEntity(stores, USER, call.account, name);
  const keys = await Promise.all(user.accessKeyIds.map((id) => stores.documents<AccessKey>(ACCESS_KEYS).get(id)));
  return keys.filter((key) => key !== undefined);
}
