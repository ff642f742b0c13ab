// Invoking targets: done, again later, or the dead-letter queue. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets.html
import { ServiceError } from "../../kernel/errors.ts";
import type { LaneItem, LaneOutcome } from "../../ports/lanes.ts";
import type { RoomPorts } from "../service.ts";
import { ageMsMax, type Exhausted, nextTry } from "../retry-policy.ts";
import { COMPLETIONS, completionSends, openCompletions } from "./completion.ts";
import { DEAD_LETTERS, deadLetterSends, openDeadLetters } from "./dead-letters.ts";
import { inputOf, type Invocation, INVOCATIONS } from "./invocation.ts";
import { type CountInvocations, openSchedulerMetrics } from "./metrics.ts";
import { type Outcome, outcomeOf, tooOld } from "./outcome.ts";
import { requestOf } from "./request.ts";
import { type Schedule, scheduleArn, scheduleId, SCHEDULES } from "./schedule.ts";

/** Called once, when the room opens. */
export function registerDeliveries(ports: RoomPorts): void {
  const count = openSchedulerMetrics(ports);
  ports.lanes.register(INVOCATIONS, (item) => attempt(ports, count, item));
  ports.lanes.register(DEAD_LETTERS, openDeadLetters(ports, count));
  ports.lanes.register(COMPLETIONS, openCompletions(ports));
}

async function attempt(ports: RoomPorts, count: CountInvocations, { body, receives: tries }: LaneItem): Promise<LaneOutcome> {
  const { stores, clock } = ports;
  const invocation = JSON.parse(body) as Invocation;
  const { schedule: of, target, dueMs } = invocation;
  const schedule = await stores.documents<Schedule>(SCHEDULES).get(scheduleId(of));
  if (schedule?.id !== of.id) return {}; // a schedule that is deleted invokes nothing any more
  const policy = target.RetryPolicy ?? {};
  const input = inputOf(invocation, tries);
  const outcome = tries === 1 && clock.now() - dueMs > ageMsMax(policy) ? tooOld : await invoke(ports, count, invocation, input);
  const completion = completionSends(invocation, clock.now());
  if (outcome.result === "done") return { sends: completion };
  let exhausted: Exhausted | undefined = outcome.result === "expired" ? "MaximumEventAgeInSeconds" : undefined;
  if (outcome.result === "again") {
    const next = nextTry(policy, tries, { sinceMs: dueMs, nowMs: clock.now() });
    if ("atMs" in next) return { againMs: next.atMs };
    exhausted = next.exhausted;
  }
  count("InvocationDroppedCount", of);
  return { sends: [...deadLetterSends(invocation, input, { ...outcome, exhausted, retries: tries - 1 }, clock.now()), ...completion] };
}

async function invoke({ targets, access, events }: RoomPorts, count: CountInvocations, { schedule, target, id }: Invocation, input: string): Promise<Outcome> {
  const { account, region } = schedule;
  const arn = scheduleArn(schedule);
  const roleArn = target.RoleArn!;
  count("InvocationAttemptCount", schedule);
  try {
    const request = requestOf(target, input, { account, region, arn });
    if (request.to === "resource") await targets.deliver(request.arn, request.message, { account, region, roleArn, sourceArn: arn });
    else {
      await access.check({ actor: { roleArn }, action: "lambda:InvokeFunction", resource: request.arn });
      await events.enqueue({ functionArn: request.arn, payload: Buffer.from(request.payload), requestId: id });
    }
    return { result: "done" };
  } catch (error) {
    const outcome = outcomeOf(error);
    if (error instanceof ServiceError) count("TargetErrorCount", schedule);
    if (outcome.isThrottled) count("TargetErrorThrottledCount", schedule);
    return outcome;
  }
}
