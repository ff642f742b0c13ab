// Users.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Access } from "../../ports/access.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { releaseBoundary, useBoundary } from "./boundaries.ts";
import { changing } from "./change.ts";
import { describeUser } from "./describe.ts";
import { changeEntity, createEntity, getEntity, GROUP, holdEntity, USER } from "./entities.ts";
import { ACCESS_KEYS, type AccessKey, entityArn, entityId, newEntityId, type User, wholeSecond } from "./entity.ts";
import { mustDeleteAccessKeys, mustDeleteLoginProfile, mustDeletePolicies, mustDetachPolicies, mustRemoveUsers, renamedMeanwhile, userExists, userNameNeeded } from "./errors.ts";
import { pageOfDocuments } from "./page.ts";
import { checkTarget } from "./rename.ts";
import { readTags } from "./tags.ts";

type UserApi = Pick<Api<typeof Sdk>, "CreateUser" | "GetUser" | "ListUsers" | "UpdateUser" | "DeleteUser">;

/** Where no name is given, the caller means themselves. */
export function userName(given: string | undefined, call: Call): string {
  const name = given ?? ownUserName(call);
  if (name === undefined) throw userNameNeeded();
  return name;
}

/** Undefined when the caller is not a user. */
export const ownUserName = (call: Call): string | undefined => /:user\/(?:.*\/)?([^/]+)$/.exec(call.principal.arn)?.[1];

export function userOperations(stores: Stores, ids: Ids, access: Access): UserApi {
  return {
    async CreateUser(input, call) {
      const path = input.Path ?? "/";
      const user: User = {
        name: input.UserName, id: newEntityId(ids, "AIDA"), arn: entityArn(call, "user", path, input.UserName), path,
        createdMs: wholeSecond(call), tags: readTags(input.Tags), accessKeyIds: [], groups: [], inlinePolicies: {}, attachedPolicies: [],
        ...(input.PermissionsBoundary !== undefined && { boundary: input.PermissionsBoundary }),
      };
      await changing(stores, call.account, async (tx) => {
        await createEntity(tx, USER, call.account, user, userExists);
        if (user.boundary !== undefined) await useBoundary(tx, call, user.boundary);
      });
      return { User: describeUser(user, "get") };
    },

    /** Root is no user, but may ask who it is. */
    async GetUser(input, call) {
      const { arn, accountId } = call.principal;
      if (input.UserName === undefined && arn.endsWith(":root")) return { User: { Path: undefined, UserName: undefined, CreateDate: undefined, UserId: accountId, Arn: arn } };
      return { User: describeUser(await getEntity(stores, USER, call.account, userName(input.UserName, call)), "get") };
    },

    async ListUsers(input, call) {
      const { items, truncation } = await pageOfDocuments(USER.documents(stores), `${call.account}/`, input, (user) => user.path.startsWith(input.PathPrefix ?? "/"));
      return { Users: items.map((user) => describeUser(user, "list")), ...truncation };
    },

    async UpdateUser(input, call) {
      const renamed = (before: User): User => {
        const name = input.NewUserName ?? before.name;
        const path = input.NewPath ?? before.path;
        return { ...before, name, path, arn: entityArn(call, "user", path, name) };
      };
      const seen = await getEntity(stores, USER, call.account, input.UserName);
      await checkTarget(access, "iam:UpdateUser", seen, renamed(seen).arn, call);
      await changing(stores, call.account, async (tx) => {
        const before = await holdEntity(tx, USER, call.account, input.UserName);
        if (before.arn !== seen.arn) throw renamedMeanwhile(before.name);
        await rename(tx, call, before, renamed(before));
      });
      return {};
    },

    async DeleteUser(input, call) {
      await changing(stores, call.account, async (tx) => {
        const user = await holdEntity(tx, USER, call.account, input.UserName);
        if (user.attachedPolicies.length) throw mustDetachPolicies();
        if (Object.keys(user.inlinePolicies).length) throw mustDeletePolicies();
        if (user.groups.length) throw mustRemoveUsers();
        if (user.accessKeyIds.length) throw mustDeleteAccessKeys();
        if (user.login) throw mustDeleteLoginProfile();
        await releaseBoundary(tx, call, user.boundary);
        await USER.documents(tx).delete(entityId(call.account, input.UserName));
      });
      return {};
    },
  };
}

/** The user's groups and keys say who it is, so they change with it. */
async function rename(tx: Tx, call: Call, before: User, after: User): Promise<void> {
  const [from, to] = [entityId(call.account, before.name), entityId(call.account, after.name)];
  if (from === to) await USER.documents(tx).put(to, after);
  else {
    if (!(await USER.documents(tx).create(to, after))) throw userExists(after.name);
    await USER.documents(tx).delete(from);
  }
  for (const group of after.groups) {
    await changeEntity(tx, GROUP, call.account, group, (entity) => ({ ...entity, members: entity.members.map((member) => (member === before.name ? after.name : member)) }));
  }
  for (const id of after.accessKeyIds) await tx.documents<AccessKey>(ACCESS_KEYS).update(id, (key) => ({ ...key, userName: after.name, userArn: after.arn }));
}
