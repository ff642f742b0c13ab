// Invocations that failed, on their way to the schedule's dead-letter queue: stored work of its own, so that a queue that is not there holds nothing up.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import type { RoomPorts } from "../service.ts";
import { type Exhausted, nextTry } from "../retry-policy.ts";
import { type Invocation, scheduledTime } from "./invocation.ts";
import type { CountInvocations } from "./metrics.ts";
import { outcomeOf } from "./outcome.ts";
import { scheduleArn, type ScheduleKey } from "./schedule.ts";

export const DEAD_LETTERS = "scheduler-dead-letter";

interface DeadLetter {
  schedule: ScheduleKey;
  queueArn: string;
  roleArn: string;
  failedMs: number;
  message: TargetMessage;
}

export interface Failure {
  code: string;
  message: string;
  exhausted?: Exhausted | undefined;
  retries: number;
}

/** SQS takes no longer ones together with the input; AWS's own limit is not documented. */
const ERROR_CHARACTERS_MAX = 1000;

/** The input as the target would have got it, and why it is here; nothing when the schedule has no dead-letter queue. */
export function deadLetterSends(invocation: Invocation, input: string, { code, message, exhausted, retries }: Failure, nowMs: number): LaneSend[] {
  const { schedule: { account, region, group, name }, target, id, executionId } = invocation;
  const queueArn = target.DeadLetterConfig?.Arn;
  if (queueArn === undefined) return [];
  const schedule = { account, region, group, name };
  const about: Record<string, string | undefined> = {
    ERROR_CODE: code, ERROR_MESSAGE: message.slice(0, ERROR_CHARACTERS_MAX) || code, EXECUTION_ID: executionId, EXHAUSTED_RETRY_CONDITION: exhausted, IS_PAYLOAD_TRUNCATED: "false",
    RETRY_ATTEMPTS: String(retries), SCHEDULED_TIME: scheduledTime(invocation), SCHEDULE_ARN: scheduleArn(schedule), TARGET_ARN: target.Arn,
  };
  const attributes = Object.fromEntries(Object.entries(about).filter((entry): entry is [string, string] => entry[1] !== undefined).map(([key, value]) => [key, { type: "String", value }]));
  const letter: DeadLetter = { schedule, queueArn, roleArn: target.RoleArn!, failedMs: nowMs, message: { body: input, attributes } };
  return [{ lane: `${DEAD_LETTERS}/${queueArn}`, id, body: JSON.stringify(letter), dueMs: nowMs }];
}

export function openDeadLetters({ targets, clock, log }: Pick<RoomPorts, "targets" | "clock" | "log">, count: CountInvocations): (item: LaneItem) => Promise<LaneOutcome> {
  return async ({ body, receives }) => {
    const { schedule, queueArn, roleArn, failedMs, message } = JSON.parse(body) as DeadLetter;
    const { account, region } = schedule;
    try {
      await targets.deliver(queueArn, message, { account, region, roleArn, sourceArn: scheduleArn(schedule) });
      count("InvocationsSentToDeadLetterCount", schedule);
      return {};
    } catch (error) {
      const { result, code } = outcomeOf(error);
      const next = result === "again" ? nextTry({}, receives, { sinceMs: failedMs, nowMs: clock.now() }) : undefined;
      if (next && "atMs" in next) return { againMs: next.atMs };
      log.warn("An invocation that failed could not be put into its dead-letter queue either, and is lost", { schedule: scheduleArn(schedule), queue: queueArn, error: (error as Error).message });
      count("InvocationsFailedToBeSentToDeadLetterCount", schedule);
      count(`InvocationsFailedToBeSentToDeadLetterCount_${code}`, schedule);
      return {};
    }
  };
}
