// Whether Scheduler may take on the role of a target.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
import { parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { RoomPorts } from "../service.ts";
import { roleNotAssumable } from "./errors.ts";
import { groupArn } from "./group.ts";
import type { ScheduleKey } from "./schedule.ts";

/** Trust policies name the schedule's group as aws:SourceArn, not the schedule. `audit` has a role that is not there or does not trust Scheduler logged. */
export async function checkRole({ access }: Pick<RoomPorts, "access">, role: string, { account, region, group }: ScheduleKey, call: Call): Promise<void> {
  // As with functions: whoever proved who they are comes into another account in no mode, and a schedule with its role would be there.
  if (call.principal.verified && parseArn(role)?.account !== call.account) throw roleNotAssumable();
  if (access.mode === "off") return;
  const context = { "aws:SourceAccount": account, "aws:SourceArn": groupArn({ account, region, name: group }) };
  const question = { actor: { service: "scheduler.amazonaws.com" }, action: "sts:AssumeRole", resource: role, context, call };
  if (access.mode === "audit") return access.check(question);
  if (!(await access.decide(question)).allowed) throw roleNotAssumable();
}
