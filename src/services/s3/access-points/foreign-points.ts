// Access points of other accounts: their policies are asked whatever `--iam` says, as those of other accounts' buckets are.
import type { Call } from "../../../kernel/call.ts";
import type { Access } from "../../../ports/access.ts";
import type { Asked } from "../access.ts";
import { isPublic } from "../bucket-policy.ts";
import { type AccessPoint, pointArn } from "./point.ts";
import { contextThrough, resourceThrough } from "./through-access.ts";
import type { Through } from "./through.ts";

/** The sentence to refuse with, if any. `resource`: as the bucket's policy would name it. */
export async function whyNotThrough(access: Access, through: Through, call: Call, { action, resource, context }: Asked): Promise<string | undefined> {
  const refused = await whyNotObjectLambda(access, through, call, action.replace(/^s3:/, ""));
  const { point } = through;
  if (refused !== undefined || point.account === call.account) return refused;
  if (isRestricted(point)) return "";
  return decide(access, call, point.account, { action, resource: resourceThrough(through, resource), context: { ...context, ...contextThrough(through) } });
}

export async function whyNotObjectLambda(access: Access, { objectLambda }: Through, call: Call, action: string): Promise<string | undefined> {
  if (!objectLambda || objectLambda.account === call.account) return undefined;
  return decide(access, call, objectLambda.account, { action: `s3-object-lambda:${action}`, resource: pointArn(objectLambda), context: {} });
}

const isRestricted = ({ policy, publicAccessBlock }: AccessPoint): boolean => policy !== undefined && publicAccessBlock.RestrictPublicBuckets === true && isPublic(policy);

async function decide(access: Access, call: Call, owner: string, { action, resource, context }: { action: string; resource: string; context: Record<string, string | string[]> }): Promise<string | undefined> {
  const decision = await access.decide({ actor: call.principal, action, resource, call, context: { ...context, "aws:ResourceAccount": owner } });
  return decision.allowed ? undefined : decision.sentence;
}
