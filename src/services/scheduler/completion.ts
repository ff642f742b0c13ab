// ActionAfterCompletion: a schedule that has nothing more to do goes, "after the schedule completes invoking the target", whatever came of it.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { RoomPorts } from "../service.ts";
import type { Invocation } from "./invocation.ts";
import { removeSchedule } from "./removal.ts";
import { type Schedule, scheduleId, SCHEDULES } from "./schedule.ts";

export const COMPLETIONS = "scheduler-completion";

type Completed = Invocation["schedule"];

/** In the same step as the end of the last invocation. */
export const completionSends = ({ schedule, isLast, id }: Invocation, nowMs: number): LaneSend[] => (isLast ? [{ lane: `${COMPLETIONS}/${schedule.account}/${schedule.region}`, id, body: JSON.stringify(schedule), dueMs: nowMs }] : []);

export function openCompletions({ stores }: Pick<RoomPorts, "stores">): (item: LaneItem) => Promise<LaneOutcome> {
  return async ({ body }) => {
    const completed = JSON.parse(body) as Completed;
    await stores.transaction(async (tx) => {
      const current = await tx.documents<Schedule>(SCHEDULES).get(scheduleId(completed));
      // One that was changed since may have more to do.
      if (current?.revision === completed.revision && current.goesAfterCompletion) await removeSchedule(tx, current);
    });
    return {};
  };
}
