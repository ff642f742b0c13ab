// How AWS says no. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
import type { Layer, Verdict } from "./evaluate.ts";

const IMPLICIT: Record<Exclude<Layer, "trust">, string> = { identity: "identity-based policy", resource: "resource-based policy", boundary: "permissions boundary", session: "session policy" };
const EXPLICIT: Record<Layer, string> = { identity: "an identity-based policy", resource: "a resource-based policy", boundary: "a permissions boundary", session: "a session policy", trust: "the role trust policy" };

export function sentenceOf(arn: string, action: string, resource: string, { explicit, layer }: Verdict): string {
  const start = `User: ${arn} is not authorized to perform: ${action} on resource: ${resource}`;
  if (explicit) return `${start} with an explicit deny in ${EXPLICIT[layer]}`;
  // Seen everywhere without a reason (aws/aws-cli#5412 among many), whatever the page above shows.
  if (layer === "trust") return start;
  return `${start} because no ${IMPLICIT[layer]} allows the ${action} action`;
}
