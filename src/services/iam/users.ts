// Users and their access keys: so that a guarded Evoke has real keys to hand out.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import { type Ids, UPPER_BASE32 } from "../../kernel/ids.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { ACCESS_KEYS, type AccessKey, describeUser, entityArn, entityId, newEntityId, type User, USERS } from "./entity.ts";
import { mustDeleteAccessKeys, noSuchAccessKey, noSuchUser, notSupported, overQuota, userExists, userNameNeeded } from "./errors.ts";
import { pageOf, pageOfDocuments } from "./page.ts";
import { wholeSecond } from "./roles.ts";
import { readTags } from "./tags.ts";

const KEYS_MAX = 2;
const SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

type UserApi = Pick<Api<typeof Sdk>, "CreateUser" | "GetUser" | "ListUsers" | "DeleteUser">;
type KeyApi = Pick<Api<typeof Sdk>, "CreateAccessKey" | "ListAccessKeys" | "UpdateAccessKey" | "DeleteAccessKey">;

/** Where no name is given, the caller means themselves. */
function userName(given: string | undefined, call: Call): string {
  const own = /:user\/(?:.*\/)?([^/]+)$/.exec(call.principal.arn)?.[1];
  const name = given ?? own;
  if (name === undefined) throw userNameNeeded();
  return name;
}

export function userOperations(stores: Stores, ids: Ids): UserApi {
  const users = stores.documents<User>(USERS);

  return {
    async CreateUser(input, call) {
      if (input.PermissionsBoundary !== undefined) throw notSupported("PermissionsBoundary");
      const path = input.Path ?? "/";
      const user: User = {
        name: input.UserName, id: newEntityId(ids, "AIDA"), arn: entityArn(call, "user", path, input.UserName), path,
        createdMs: wholeSecond(call), tags: readTags(input.Tags), accessKeyIds: [],
      };
      if (!(await users.create(entityId(call.account, input.UserName), user))) throw userExists(input.UserName);
      return { User: describeUser(user, "get") };
    },

    async GetUser(input, call) {
      const name = userName(input.UserName, call);
      const user = await users.get(entityId(call.account, name));
      if (!user) throw noSuchUser(name);
      return { User: describeUser(user, "get") };
    },

    async ListUsers(input, call) {
      const { items, truncation } = await pageOfDocuments(users, `${call.account}/`, input, (user) => user.path.startsWith(input.PathPrefix ?? "/"));
      return { Users: items.map((user) => describeUser(user, "list")), ...truncation };
    },

    async DeleteUser(input, call) {
      await stores.transaction(async (tx) => {
        const user = await tx.documents<User>(USERS).update(entityId(call.account, input.UserName), (before) => before);
        if (!user) throw noSuchUser(input.UserName);
        if (user.accessKeyIds.length) throw mustDeleteAccessKeys();
        await tx.documents<User>(USERS).delete(entityId(call.account, input.UserName));
      });
      return {};
    },
  };
}

export function accessKeyOperations(stores: Stores, ids: Ids): KeyApi {
  const keysOf = async (call: Call, name: string): Promise<AccessKey[]> => {
    const user = await stores.documents<User>(USERS).get(entityId(call.account, name));
    if (!user) throw noSuchUser(name);
    const keys = await Promise.all(user.accessKeyIds.map((id) => stores.documents<AccessKey>(ACCESS_KEYS).get(id)));
    return keys.filter((key) => key !== undefined);
  };

  return {
    async CreateAccessKey(input, call) {
      const name = userName(input.UserName, call);
      const id = `AKIA${ids.token(16, UPPER_BASE32)}`;
      return stores.transaction(async (tx) => {
        const user = await tx.documents<User>(USERS).update(entityId(call.account, name), (before) => {
          if (before.accessKeyIds.length >= KEYS_MAX) throw overQuota("AccessKeysPerUser", KEYS_MAX);
          return { ...before, accessKeyIds: [...before.accessKeyIds, id] };
        });
        if (!user) throw noSuchUser(name);
        const key: AccessKey = {
          id, secretAccessKey: ids.token(40, SECRET_ALPHABET), status: "Active", createdMs: wholeSecond(call),
          userName: user.name, userArn: user.arn, userId: user.id, account: call.account,
        };
        await tx.documents<AccessKey>(ACCESS_KEYS).put(id, key);
        return { AccessKey: { UserName: user.name, AccessKeyId: id, Status: key.status, SecretAccessKey: key.secretAccessKey, CreateDate: new Date(key.createdMs) } };
      });
    },

    async ListAccessKeys(input, call) {
      const keys = (await keysOf(call, userName(input.UserName, call))).sort((a, b) => (a.id < b.id ? -1 : 1));
      const { items, truncation } = pageOf(keys, input, (key) => key.id);
      return { AccessKeyMetadata: items.map((key) => ({ UserName: key.userName, AccessKeyId: key.id, Status: key.status, CreateDate: new Date(key.createdMs) })), ...truncation };
    },

    async UpdateAccessKey(input, call) {
      const name = userName(input.UserName, call);
      if (!(await keysOf(call, name)).some((key) => key.id === input.AccessKeyId)) throw noSuchAccessKey(input.AccessKeyId);
      if (input.Status === "Expired") throw notSupported("Status Expired");
      const status = input.Status;
      if (!(await stores.documents<AccessKey>(ACCESS_KEYS).update(input.AccessKeyId, (key) => ({ ...key, status })))) throw noSuchAccessKey(input.AccessKeyId);
      return {};
    },

    async DeleteAccessKey(input, call) {
      const name = userName(input.UserName, call);
      await stores.transaction(async (tx) => {
        const user = await tx.documents<User>(USERS).update(entityId(call.account, name), (before) => {
          if (!before.accessKeyIds.includes(input.AccessKeyId)) throw noSuchAccessKey(input.AccessKeyId);
          return { ...before, accessKeyIds: before.accessKeyIds.filter((id) => id !== input.AccessKeyId) };
        });
        if (!user) throw noSuchUser(name);
        await tx.documents<AccessKey>(ACCESS_KEYS).delete(input.AccessKeyId);
      });
      return {};
    },
  };
}
