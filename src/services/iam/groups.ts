// Groups, and who is in them.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Access } from "../../ports/access.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { changing } from "./change.ts";
import { describeGroup, describeUser } from "./describe.ts";
import { changeEntity, createEntity, getEntity, GROUP, holdEntity, USER } from "./entities.ts";
import { entityArn, entityId, type Group, newEntityId, wholeSecond } from "./entity.ts";
import { groupExists, mustDeletePolicies, mustDetachPolicies, mustRemoveUsers, overQuota, renamedMeanwhile } from "./errors.ts";
import { pageOf, pageOfDocuments } from "./page.ts";
import { checkTarget } from "./rename.ts";

const GROUPS_PER_USER_MAX = 10;

type GroupApi = Pick<Api<typeof Sdk>, "CreateGroup" | "GetGroup" | "ListGroups" | "UpdateGroup" | "DeleteGroup" | "AddUserToGroup" | "RemoveUserFromGroup" | "ListGroupsForUser">;
type MemberApi = Pick<GroupApi, "AddUserToGroup" | "RemoveUserFromGroup" | "ListGroupsForUser">;

export function groupOperations(stores: Stores, ids: Ids, access: Access): GroupApi {
  return {
    ...memberOperations(stores),

    async CreateGroup(input, call) {
      const path = input.Path ?? "/";
      const group: Group = {
        name: input.GroupName, id: newEntityId(ids, "AGPA"), arn: entityArn(call, "group", path, input.GroupName), path,
        createdMs: wholeSecond(call), members: [], inlinePolicies: {}, attachedPolicies: [],
      };
      await changing(stores, call.account, (tx) => createEntity(tx, GROUP, call.account, group, groupExists));
      return { Group: describeGroup(group) };
    },

    async GetGroup(input, call) {
      const group = await getEntity(stores, GROUP, call.account, input.GroupName);
      const { items, truncation } = pageOf(inOrder(group.members), input, (name) => name.toLowerCase());
      const users = await Promise.all(items.map((name) => USER.documents(stores).get(entityId(call.account, name))));
      return { Group: describeGroup(group), Users: users.filter((user) => user !== undefined).map((user) => describeUser(user, "list")), ...truncation };
    },

    async ListGroups(input, call) {
      const { items, truncation } = await pageOfDocuments(GROUP.documents(stores), `${call.account}/`, input, (group) => group.path.startsWith(input.PathPrefix ?? "/"));
      return { Groups: items.map(describeGroup), ...truncation };
    },

    async UpdateGroup(input, call) {
      const renamed = (before: Group): Group => {
        const name = input.NewGroupName ?? before.name;
        const path = input.NewPath ?? before.path;
        return { ...before, name, path, arn: entityArn(call, "group", path, name) };
      };
      const seen = await getEntity(stores, GROUP, call.account, input.GroupName);
      await checkTarget(access, "iam:UpdateGroup", seen, renamed(seen).arn, call);
      await changing(stores, call.account, async (tx) => {
        const before = await holdEntity(tx, GROUP, call.account, input.GroupName);
        if (before.arn !== seen.arn) throw renamedMeanwhile(before.name);
        await rename(tx, call, before, renamed(before));
      });
      return {};
    },

    async DeleteGroup(input, call) {
      await changing(stores, call.account, async (tx) => {
        const group = await holdEntity(tx, GROUP, call.account, input.GroupName);
        if (group.members.length) throw mustRemoveUsers();
        if (group.attachedPolicies.length) throw mustDetachPolicies();
        if (Object.keys(group.inlinePolicies).length) throw mustDeletePolicies();
        await GROUP.documents(tx).delete(entityId(call.account, input.GroupName));
      });
      return {};
    },
  };
}

function memberOperations(stores: Stores): MemberApi {
  return {
    async AddUserToGroup(input, call) {
      await changing(stores, call.account, async (tx) => {
        const user = await holdEntity(tx, USER, call.account, input.UserName);
        const group = await holdEntity(tx, GROUP, call.account, input.GroupName);
        if (user.groups.includes(group.name)) return;
        if (user.groups.length >= GROUPS_PER_USER_MAX) throw overQuota("GroupsPerUser", GROUPS_PER_USER_MAX);
        await USER.documents(tx).put(entityId(call.account, user.name), { ...user, groups: [...user.groups, group.name] });
        await GROUP.documents(tx).put(entityId(call.account, group.name), { ...group, members: [...group.members, user.name] });
      });
      return {};
    },

    /** Whoever is no member is not in the group afterwards either: no error, as AWS answers (test_iam_users.snapshot.json). */
    async RemoveUserFromGroup(input, call) {
      await changing(stores, call.account, async (tx) => {
        const user = await holdEntity(tx, USER, call.account, input.UserName);
        const group = await holdEntity(tx, GROUP, call.account, input.GroupName);
        await USER.documents(tx).put(entityId(call.account, user.name), { ...user, groups: user.groups.filter((name) => name !== group.name) });
        await GROUP.documents(tx).put(entityId(call.account, group.name), { ...group, members: group.members.filter((name) => name !== user.name) });
      });
      return {};
    },

    async ListGroupsForUser(input, call) {
      const user = await getEntity(stores, USER, call.account, input.UserName);
      const { items, truncation } = pageOf(inOrder(user.groups), input, (name) => name.toLowerCase());
      const groups = await Promise.all(items.map((name) => GROUP.documents(stores).get(entityId(call.account, name))));
      return { Groups: groups.filter((group) => group !== undefined).map(describeGroup), ...truncation };
    },
  };
}

const inOrder = (names: readonly string[]): string[] => [...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));

/** Its members name the group, so they change with it. */
async function rename(tx: Tx, call: Call, before: Group, after: Group): Promise<void> {
  const [from, to] = [entityId(call.account, before.name), entityId(call.account, after.name)];
  if (from === to) await GROUP.documents(tx).put(to, after);
  else {
    if (!(await GROUP.documents(tx).create(to, after))) throw groupExists(after.name);
    await GROUP.documents(tx).delete(from);
  }
  if (before.name === after.name) return;
  for (const member of after.members) {
    await changeEntity(tx, USER, call.account, member, (user) => ({ ...user, groups: user.groups.map((group) => (group === before.name ? after.name : group)) }));
  }
}
