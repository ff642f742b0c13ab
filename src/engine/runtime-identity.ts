// What INIT_START and platform.initStart say a function runs on.
// https://docs.aws.amazon.com/lambda/latest/dg/runtime-management-identify.html
import { runtimeVersionArn } from "../kernel/runtime-version.ts";
import type { FunctionVersion } from "../ports/functions.ts";
import type { RuntimeVersions } from "../ports/runtime-versions.ts";
import { isManaged, noSuchRuntime } from "./launch.ts";

export interface RuntimeIdentity {
  /** nodejs22.x on 22.23.3 is nodejs:22.23.3; provided.al2023 on Debian 12 is provided:al2023.debian-12. */
  version: string;
  arn: string;
}

/** Throws what the caller is to see where there is none, or not the one that the function is held to. */
export async function identify(runtimeVersions: RuntimeVersions, { runtime, pinnedRuntime, region }: FunctionVersion): Promise<RuntimeIdentity> {
  const found = await runtimeVersions.find(runtime, pinnedRuntime);
  if ("missing" in found) throw noSuchRuntime(found.missing);
  const [name] = /^[a-z]+/.exec(runtime)!;
  return { version: `${name}:${isManaged(runtime) ? "" : `${runtime.slice(name.length + 1)}.`}${found.version}`, arn: runtimeVersionArn(region, runtime, found.version) };
}
