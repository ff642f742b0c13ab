// A schedule goes, and with it what it would have done.
import type { Tx } from "../../storage/stores.ts";
import { unschedule } from "./due.ts";
import { type Schedule, scheduleId, SCHEDULES } from "./schedule.ts";
import { countSchedules } from "./usage.ts";

export async function removeSchedule(tx: Tx, schedule: Schedule): Promise<void> {
  if (!(await tx.documents<Schedule>(SCHEDULES).delete(scheduleId(schedule)))) return;
  await unschedule(tx, schedule);
  await countSchedules(tx, schedule, -1);
}
