// One invocation of a schedule's target, and what the target is given.
import type { Target } from "@aws-sdk/client-scheduler";
import type { LaneSend } from "../../ports/lanes.ts";
import { type Schedule, scheduleArn, type ScheduleKey } from "./schedule.ts";

export interface Invocation {
  schedule: ScheduleKey & Pick<Schedule, "id" | "revision">;
  /** As it was when the schedule fell due. */
  target: Target;
  /** A UUID: of the default event, and of the request to the target. */
  id: string;
  /** What <aws.scheduler.execution-id> stands for; the same for all tries. */
  executionId: string;
  scheduledMs: number;
  /** As above, and as much later as its flexible time window let it be. */
  dueMs: number;
  /** None follows: when it is over, the schedule is complete. */
  isLast: boolean;
}

export const INVOCATIONS = "scheduler-invocation";

/** A lane per target, so that one that is slow or gone holds up nobody else's. */
export const invocationSend = (invocation: Invocation): LaneSend => ({ lane: `${INVOCATIONS}/${invocation.target.Arn}`, id: invocation.id, body: JSON.stringify(invocation), dueMs: invocation.dueMs });

export const scheduledTime = ({ scheduledMs }: Pick<Invocation, "scheduledMs">): string => `${new Date(scheduledMs).toISOString().slice(0, 19)}Z`;

/**
 * The input with its context attributes filled in, or "a default notification": its form is what functions and topics have logged, `detail` as a string included.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
export function inputOf(invocation: Invocation, tries: number): string {
  const { schedule, target, id, executionId } = invocation;
  const arn = scheduleArn(schedule);
  const { account, region } = schedule;
  if (target.Input === undefined) return JSON.stringify({ version: "0", id, "detail-type": "Scheduled Event", source: "aws.scheduler", account, time: scheduledTime(invocation), region, resources: [arn], detail: "{}" });
  const values: Record<string, string> = { "schedule-arn": arn, "scheduled-time": scheduledTime(invocation), "execution-id": executionId, "attempt-number": String(tries) };
  return target.Input.replace(/<aws\.scheduler\.(schedule-arn|scheduled-time|execution-id|attempt-number)>/g, (_whole, name: string) => values[name]!);
}
