// A schedule as it is kept. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html
import type { GetScheduleOutput, ScheduleSummary, Target } from "@aws-sdk/client-scheduler";
import { formatArn } from "../../kernel/arn.ts";
import { nextTime } from "../../schedules/next.ts";
import { parseSchedule } from "../../schedules/schedule.ts";

export const SCHEDULES = "scheduler/schedule";

export interface ScheduleKey {
  account: string;
  region: string;
  group: string;
  name: string;
}

export interface Schedule extends ScheduleKey {
  /** Another for another schedule of the same name. */
  id: string;
  /** Another after every change. */
  revision: string;
  /** Of the request that created it. */
  clientToken?: string;
  description?: string;
  expression: string;
  /** An IANA name. */
  timeZone: string;
  /** Absent when the flexible time window is off. */
  windowMinutes?: number;
  startMs?: number;
  endMs?: number;
  enabled: boolean;
  /** ActionAfterCompletion is DELETE. */
  goesAfterCompletion: boolean;
  target: Target;
  createdMs: number;
  modifiedMs: number;
}

/** Names have neither slashes nor spaces. */
export const scheduleId = ({ account, region, group, name }: ScheduleKey): string => `${account}/${region}/${group}/${name}`;
export const scheduleArn = ({ account, region, group, name }: ScheduleKey): string => formatArn("scheduler", region, account, `schedule/${group}/${name}`);

export const isOneTime = ({ expression }: Pick<Schedule, "expression">): boolean => expression.startsWith("at(");

/**
 * The first time after `afterMs` that it is to invoke its target. A rate counts from its start, or from its creation, through all changes.
 * "EventBridge Scheduler ignores StartDate for one-time schedules", and EndDate.
 */
export function nextOf(schedule: Schedule, afterMs: number): number | undefined {
  const { expression, timeZone, startMs, endMs, createdMs } = schedule;
  const parsed = parseSchedule(expression, "scheduler");
  if (isOneTime(schedule)) return nextTime(parsed, afterMs, { fromMs: createdMs, timeZone });
  const nextMs = nextTime(parsed, Math.max(afterMs, (startMs ?? 0) - 1), { fromMs: startMs ?? createdMs, timeZone });
  return nextMs !== undefined && nextMs <= (endMs ?? Infinity) ? nextMs : undefined;
}

const dateOf = (ms: number): Date => new Date(ms);

export const summaryOf = (schedule: Schedule): ScheduleSummary => ({
  Arn: scheduleArn(schedule), Name: schedule.name, GroupName: schedule.group, State: schedule.enabled ? "ENABLED" : "DISABLED",
  Target: { Arn: schedule.target.Arn }, CreationDate: dateOf(schedule.createdMs), LastModificationDate: dateOf(schedule.modifiedMs),
});

export const describe = (schedule: Schedule): GetScheduleOutput => ({
  ...summaryOf(schedule), Target: schedule.target,
  ...(schedule.description !== undefined && { Description: schedule.description }),
  ScheduleExpression: schedule.expression, ScheduleExpressionTimezone: schedule.timeZone,
  FlexibleTimeWindow: schedule.windowMinutes === undefined ? { Mode: "OFF" } : { Mode: "FLEXIBLE", MaximumWindowInMinutes: schedule.windowMinutes },
  ...(schedule.startMs !== undefined && { StartDate: dateOf(schedule.startMs) }),
  ...(schedule.endMs !== undefined && { EndDate: dateOf(schedule.endMs) }),
  ActionAfterCompletion: schedule.goesAfterCompletion ? "DELETE" : "NONE",
});
