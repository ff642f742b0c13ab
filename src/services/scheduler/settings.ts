// From a request to create or change a schedule to its settings, with AWS's checks and defaults. No I/O.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
import type { CreateScheduleInput, Target } from "@aws-sdk/client-scheduler";
import { BadSchedule } from "../../schedules/bad-schedule.ts";
import { parseSchedule } from "../../schedules/schedule.ts";
import { isTimeZone } from "../../schedules/time-zone.ts";
import { AGE_SECONDS_MAX, RETRIES_MAX } from "../retry-policy.ts";
import { badExpression, badTimeZone, endBeforeStart, inputTooLarge, lengthWithoutWindow, notSupported, startTooEarly, windowWithoutLength } from "./errors.ts";
import { requestOf, type Request } from "./request.ts";
import { isOneTime, type Schedule, scheduleArn, type ScheduleKey } from "./schedule.ts";

export type Settings = Omit<Schedule, keyof ScheduleKey | "id" | "revision" | "clientToken" | "createdMs" | "modifiedMs">;

type Given = Pick<CreateScheduleInput, "Description" | "ScheduleExpression" | "ScheduleExpressionTimezone" | "FlexibleTimeWindow" | "StartDate" | "EndDate" | "State" | "ActionAfterCompletion" | "Target" | "KmsKeyArn">;

const START_LATE_MS_MAX = 5 * 60_000;
/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html */
const INPUT_BYTES_MAX = 262_144;

/** `before`: what is being changed; its start may be long ago. */
export function settingsOf(given: Given, nowMs: number, before?: Schedule): Settings {
  const expression = given.ScheduleExpression!;
  checkExpression(expression);
  const timeZone = given.ScheduleExpressionTimezone ?? "UTC";
  if (!isTimeZone(timeZone)) throw badTimeZone(timeZone);
  const [startMs, endMs] = [given.StartDate?.getTime(), given.EndDate?.getTime()];
  if (!isOneTime({ expression })) {
    if (startMs !== undefined && startMs < nowMs - START_LATE_MS_MAX && startMs !== before?.startMs) throw startTooEarly();
    if (startMs !== undefined && endMs !== undefined && endMs < startMs) throw endBeforeStart();
  }
  if (given.KmsKeyArn !== undefined) throw notSupported("KmsKeyArn");
  const { Mode, MaximumWindowInMinutes: windowMinutes } = given.FlexibleTimeWindow!;
  if (Mode === "FLEXIBLE" && windowMinutes === undefined) throw windowWithoutLength();
  if (Mode === "OFF" && windowMinutes !== undefined) throw lengthWithoutWindow();
  return {
    expression, timeZone, enabled: given.State !== "DISABLED", goesAfterCompletion: given.ActionAfterCompletion === "DELETE", target: withDefaults(given.Target!),
    ...(given.Description !== undefined && { description: given.Description }),
    ...(Mode === "FLEXIBLE" && { windowMinutes: windowMinutes! }),
    ...(startMs !== undefined && { startMs }), ...(endMs !== undefined && { endMs }),
  };
}

function checkExpression(expression: string): void {
  try {
    parseSchedule(expression, "scheduler");
  } catch (error) {
    throw error instanceof BadSchedule ? badExpression(expression) : error;
  }
}

const withDefaults = (target: Target): Target => ({ ...target, RetryPolicy: { MaximumEventAgeInSeconds: AGE_SECONDS_MAX, MaximumRetryAttempts: RETRIES_MAX, ...target.RetryPolicy } });

/** Throws what is wrong with the target and its input; answers the request that it will come to. Whether the resource exists nobody asks, as on AWS. */
export function checkTarget(target: Target, key: ScheduleKey): Request {
  const input = target.Input ?? "{}";
  if (Buffer.byteLength(input) > INPUT_BYTES_MAX) throw inputTooLarge(INPUT_BYTES_MAX);
  return requestOf(target, input, { account: key.account, region: key.region, arn: scheduleArn(key) });
}
