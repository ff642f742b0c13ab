// Whether Lambda may take on the role a function is given.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
import { parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { RoomPorts } from "../service.ts";
import { crossAccountRole, roleNotAssumable } from "./policy-errors.ts";

/** `enforce` refuses a role that is not there or does not trust Lambda; `audit` has it logged, with the command that makes it so. */
export async function checkRole({ access }: Pick<RoomPorts, "access">, role: string | undefined, call: Call): Promise<void> {
  if (!role) return;
  // As with AssumeRole: whoever proved who they are comes into another account in no mode, and a function with its role would be there.
  if (call.principal.verified && parseArn(role)?.account !== call.account) throw crossAccountRole();
  if (access.mode === "off") return;
  const question = { actor: { service: "lambda.amazonaws.com" }, action: "sts:AssumeRole", resource: role, call };
  if (access.mode === "audit") return access.check(question);
  if (!(await access.decide(question)).allowed) throw roleNotAssumable();
}
