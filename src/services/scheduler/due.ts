// When a schedule fires next: one stored item per schedule, due then.
import type { Ids } from "../../kernel/ids.ts";
import type { Tx } from "../../storage/stores.ts";
import { isOneTime, nextOf, type Schedule, scheduleId } from "./schedule.ts";

export const DUE = "scheduler/due";

/** "60 second precision": a time that has just passed is still to come. What AWS does with an earlier one is documented nowhere; here it never falls due. */
const PRECISION_MS = 60_000;

export interface Due {
  scheduledMs: number;
  dueMs: number;
}

/** To be said in the transaction that creates or changes a schedule: from now on it fires as it says, or not at all. */
export async function reschedule(tx: Tx, schedule: Schedule, { nowMs, isNew }: { nowMs: number; isNew: boolean }, ids: Ids): Promise<void> {
  await unschedule(tx, schedule);
  if (!schedule.enabled) return;
  // "If you do not provide a StartDate for a rate-based schedule, your schedule starts invoking the target immediately."
  const startsNow = isNew && schedule.startMs === undefined && schedule.expression.startsWith("rate(");
  await sendNext(tx, schedule, nextOf(schedule, isOneTime(schedule) ? nowMs - PRECISION_MS : startsNow ? nowMs - 1 : nowMs), ids);
}

export const unschedule = async (tx: Tx, schedule: Schedule): Promise<void> => void (await tx.queues.cancel(DUE, scheduleId(schedule)));

/** At `scheduledMs`, or somewhere in the flexible time window that begins then. */
export async function sendNext(tx: Tx, schedule: Schedule, scheduledMs: number | undefined, ids: Ids): Promise<void> {
  if (scheduledMs === undefined) return;
  const due: Due = { scheduledMs, dueMs: scheduledMs + Math.floor(ids.fraction() * (schedule.windowMinutes ?? 0) * 60_000) };
  await tx.queues.send(DUE, { id: scheduleId(schedule), body: JSON.stringify(due), dueMs: due.dueMs });
}
