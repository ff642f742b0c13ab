// What a caller can get wrong about runtime versions. AWS's words where they are known.
import { invalidParameter } from "./errors.ts";

/** Seen: hashicorp/terraform-provider-aws#42699. */
export const runtimeHeld = () => cannotChange("runtime identifier");
/** After the one above; the developer guide (runtime-management-rollback.html) forbids both. */
export const architectureHeld = () => cannotChange("architecture");
const cannotChange = (what: string) => invalidParameter(`Cannot change ${what} when runtime management configuration is set to 'Manual'. Change the runtime management configuration to 'Auto' or 'FunctionUpdate', then retry.`);

// Ours from here on.
export const runtimeVersionMissing = () => invalidParameter("RuntimeVersionArn is required when UpdateRuntimeOn is Manual.");
export const runtimeVersionSuperfluous = (mode: string) => invalidParameter(`RuntimeVersionArn can be given only when UpdateRuntimeOn is Manual, not ${mode}.`);
export const runtimeOfImage = () => invalidParameter("Runtime management configurations other than Auto are not supported for functions with packageType Image. Their runtime is part of the image.");
export function runtimeVersionUnknown(arn: string, runtime: string, here: { version: string; arn: string }[]) {
  const known = here.map((each) => `${each.arn} (${each.version})`).join(", ");
  return invalidParameter(`The runtime version ${arn.slice(0, 200)} was not found for the runtime ${runtime}. ${known ? `This machine has: ${known}.` : "This machine has none."}`);
}
