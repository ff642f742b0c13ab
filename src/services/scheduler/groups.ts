// Schedule groups. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-group.html
import type * as Sdk from "@aws-sdk/client-scheduler";
import type { Call } from "../../kernel/call.ts";
import type { Api, RoomPorts } from "../service.ts";
import { defaultGroupStays, groupBeingDeleted, groupExists, tooManyGroups } from "./errors.ts";
import { changeGroup, DEFAULT, describeGroup, findGroup, type Group, groupArn, groupId, type GroupKey, groupOf, groupsOf } from "./group.ts";
import { DELETING } from "./group-removal.ts";
import { checkedTags } from "./tags.ts";

type GroupApi = Pick<Api<typeof Sdk>, "CreateScheduleGroup" | "GetScheduleGroup" | "DeleteScheduleGroup">;

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html */
const GROUPS_MAX = 500;

const keyOf = ({ Name }: { Name: string }, { account, region }: Call): GroupKey => ({ account, region, name: Name });

export function groupOperations({ stores, clock }: RoomPorts): GroupApi {
  return {
    async CreateScheduleGroup(input, call) {
      const key = keyOf(input, call);
      const nowMs = Math.floor(clock.now());
      const group: Group = { ...key, tags: checkedTags({}, input.Tags ?? []), createdMs: nowMs, modifiedMs: nowMs, ...(input.ClientToken !== undefined && { clientToken: input.ClientToken }) };
      await stores.transaction(async (tx) => {
        const groups = groupsOf(tx);
        const existing = await findGroup(groups, key);
        if (existing?.isDeleting) throw groupBeingDeleted(key.name);
        if (existing?.clientToken !== undefined && existing.clientToken === input.ClientToken) return; // the same request once more
        if (existing) throw groupExists(key.name);
        if ((await groups.count(groupId({ ...key, name: "" }))) >= GROUPS_MAX) throw tooManyGroups(GROUPS_MAX);
        if (!(await groups.create(groupId(key), group))) throw groupExists(key.name);
      });
      return { ScheduleGroupArn: groupArn(key) };
    },

    async GetScheduleGroup(input, call) {
      return describeGroup(await groupOf(groupsOf(stores), keyOf(input, call)));
    },

    /** "When you delete a group, it remains in a DELETING state until all of its associated schedules are deleted." */
    async DeleteScheduleGroup(input, call) {
      const key = keyOf(input, call);
      if (key.name === DEFAULT) throw defaultGroupStays();
      await stores.transaction(async (tx) => {
        const nowMs = Math.floor(clock.now());
        await changeGroup(groupsOf(tx), key, (group) => ({ ...group, isDeleting: true, modifiedMs: nowMs }));
        await tx.queues.send(DELETING, { id: groupId(key), body: JSON.stringify(key), dueMs: nowMs });
      });
      return {};
    },
  };
}
