// Creating, showing, changing and deleting schedules. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
import type * as Sdk from "@aws-sdk/client-scheduler";
import type { Call } from "../../kernel/call.ts";
import type { Tx } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { reschedule } from "./due.ts";
import { groupBeingDeleted, notSupported, scheduleExists, scheduleNotFound } from "./errors.ts";
import { changeGroup, DEFAULT, groupOf, groupsOf } from "./group.ts";
import { removeSchedule } from "./removal.ts";
import { checkRole } from "./role.ts";
import { describe, type Schedule, scheduleArn, scheduleId, type ScheduleKey, SCHEDULES } from "./schedule.ts";
import { checkTarget, type Settings, settingsOf } from "./settings.ts";
import { countSchedules } from "./usage.ts";

type ScheduleApi = Pick<Api<typeof Sdk>, "CreateSchedule" | "GetSchedule" | "UpdateSchedule" | "DeleteSchedule">;

const keyOf = ({ Name, GroupName }: { Name: string; GroupName?: string | undefined }, { account, region }: Call): ScheduleKey => ({ account, region, group: GroupName ?? DEFAULT, name: Name });

export function scheduleOperations(ports: RoomPorts): ScheduleApi {
  const { stores, clock, ids } = ports;
  const schedules = stores.documents<Schedule>(SCHEDULES);

  /** Throws ValidationException; ResourceNotFoundException when the group is not there. */
  const check = async ({ target }: Settings, key: ScheduleKey, call: Call): Promise<void> => {
    await groupIn(stores, key);
    const { arn } = checkTarget(target, key);
    if (!ports.targets.serves(arn)) throw notSupported(`targets like ${arn}`);
    await checkRole(ports, target.RoleArn!, key, call);
  };

  return {
    async CreateSchedule(input, call) {
      const key = keyOf(input, call);
      const nowMs = Math.floor(clock.now());
      const settings = settingsOf(input, nowMs);
      await check(settings, key, call);
      const schedule: Schedule = { ...settings, ...key, id: ids.uuid(), revision: ids.uuid(), createdMs: nowMs, modifiedMs: nowMs, ...(input.ClientToken !== undefined && { clientToken: input.ClientToken }) };
      await stores.transaction(async (tx) => {
        await holdGroup(tx, key);
        if (!(await tx.documents<Schedule>(SCHEDULES).create(scheduleId(key), schedule))) {
          const existing = await tx.documents<Schedule>(SCHEDULES).get(scheduleId(key));
          if (existing!.clientToken === undefined || existing!.clientToken !== input.ClientToken) throw scheduleExists(key.name);
          return; // the same request once more
        }
        await countSchedules(tx, key, 1);
        await reschedule(tx, schedule, { nowMs, isNew: true }, ids);
      });
      return { ScheduleArn: scheduleArn(key) };
    },

    async GetSchedule(input, call) {
      const key = keyOf(input, call);
      await groupIn(stores, key);
      return describe(found(await schedules.get(scheduleId(key)), key));
    },

    /** "Uses all values, including empty values, specified in the request and overrides the existing schedule." */
    async UpdateSchedule(input, call) {
      const key = keyOf(input, call);
      const nowMs = Math.floor(clock.now());
      const before = found(await schedules.get(scheduleId(key)), key);
      const settings = settingsOf(input, nowMs, before);
      await check(settings, key, call);
      await stores.transaction(async (tx) => {
        const change = ({ id, createdMs, clientToken }: Schedule): Schedule => ({ ...settings, ...key, id, revision: ids.uuid(), createdMs, modifiedMs: nowMs, ...(clientToken !== undefined && { clientToken }) });
        const schedule = found(await tx.documents<Schedule>(SCHEDULES).update(scheduleId(key), change), key);
        await reschedule(tx, schedule, { nowMs, isNew: false }, ids);
      });
      return { ScheduleArn: scheduleArn(key) };
    },

    async DeleteSchedule(input, call) {
      const key = keyOf(input, call);
      await stores.transaction(async (tx) => {
        await groupIn(tx, key);
        await removeSchedule(tx, found(await tx.documents<Schedule>(SCHEDULES).get(scheduleId(key)), key));
      });
      return {};
    },
  };
}

const groupIn = (stores: Pick<Tx, "documents">, { account, region, group }: ScheduleKey) => groupOf(groupsOf(stores), { account, region, name: group });

/** A group that is being deleted takes no more schedules; until the transaction ends, its deletion waits. The default group is never deleted. */
async function holdGroup(tx: Tx, { account, region, group }: ScheduleKey): Promise<void> {
  if (group === DEFAULT) return;
  await changeGroup(groupsOf(tx), { account, region, name: group }, (held) => {
    if (held.isDeleting) throw groupBeingDeleted(group);
    return held;
  });
}

function found(schedule: Schedule | undefined, { name }: ScheduleKey): Schedule {
  if (!schedule) throw scheduleNotFound(name);
  return schedule;
}
