// Deleting a group: its schedules, some at a time, and then itself.
import type { Received } from "../../storage/stores.ts";
import { workThrough } from "../queue-worker.ts";
import type { RoomPorts } from "../service.ts";
import { groupId, type GroupKey, groupsOf } from "./group.ts";
import { removeSchedule } from "./removal.ts";
import { type Schedule, scheduleId, SCHEDULES } from "./schedule.ts";

export const DELETING = "scheduler/deleting-groups";
const AT_ONCE = 4;
/** In one transaction, which nobody else can write in. */
const TOGETHER = 100;

type Ports = Pick<RoomPorts, "stores" | "clock" | "ids" | "log">;

export const runGroupRemovals = (ports: Ports, signal: AbortSignal): Promise<void> => workThrough(ports, DELETING, AT_ONCE, (item) => remove(ports, item), signal);

async function remove({ stores }: Ports, { id, receipt, body }: Received): Promise<void> {
  const key = JSON.parse(body) as GroupKey;
  const { account, region, name: group } = key;
  const prefix = scheduleId({ account, region, group, name: "" });
  for (let isDone = false; !isDone;) {
    isDone = await stores.transaction(async (tx) => {
      const some = await tx.documents<Schedule>(SCHEDULES).list({ prefix, limit: TOGETHER });
      for (const [, schedule] of some) await removeSchedule(tx, schedule);
      if (some.length === TOGETHER) return false;
      await groupsOf(tx).delete(groupId(key));
      await tx.queues.finish(DELETING, id, receipt);
      return true;
    });
  }
}
