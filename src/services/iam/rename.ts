// Renaming takes the permission for both names: "you must have permissions on both the source object and the target object".
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
import type { Call } from "../../kernel/call.ts";
import type { Access } from "../../ports/access.ts";
import { mayNotRename } from "./errors.ts";

/** The gateway has asked for what it is now; this asks for what it is to be. Throws AccessDenied where policies are enforced. */
export async function checkTarget(access: Access, action: string, before: { arn: string }, targetArn: string, call: Call): Promise<void> {
  if (access.mode === "off" || before.arn === targetArn) return;
  const question = { actor: call.principal, action, resource: targetArn, call };
  if (access.mode === "audit") return access.check(question);
  const decision = await access.decide(question);
  if (!decision.allowed) throw mayNotRename(decision.sentence);
}
