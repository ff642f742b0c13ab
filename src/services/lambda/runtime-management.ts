// Which interpreter a version of a function is held to, and how AWS shows the one it runs on.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { runtimeVersionArn } from "../../kernel/runtime-version.ts";
import type { RoomPorts } from "../service.ts";
import { updateInProgress } from "./errors.ts";
import type { LambdaFunction, Version } from "./function.ts";
import { architectureHeld, runtimeHeld } from "./runtime-errors.ts";
import type { Settings } from "./settings.ts";

/** Absent is Auto: the newest on the machine, whenever an environment starts. */
export interface RuntimeManagement {
  updateOn: "FunctionUpdate" | "Manual";
  /** The exact version of the interpreter. Absent when there was none at the function's last update. */
  version?: string;
}

type Ports = Pick<RoomPorts, "runtimeVersions">;

/** Of everything but lists (API_ListFunctions), and of no container image. */
export async function shownRuntime({ runtimeVersions }: Ports, { region, settings: { runtime, image }, runtimeManagement }: Pick<Version, "region" | "settings" | "runtimeManagement">): Promise<Pick<FunctionConfiguration, "RuntimeVersionConfig">> {
  if (image) return {};
  const pinned = runtimeManagement?.version;
  const found = await runtimeVersions.find(runtime, pinned);
  const version = "version" in found ? found.version : pinned;
  return {
    RuntimeVersionConfig: {
      ...(version === undefined ? {} : { RuntimeVersionArn: runtimeVersionArn(region, runtime, version) }),
      ...("missing" in found ? { Error: { ErrorCode: "InvalidRuntime", Message: found.missing } } : {}),
    },
  };
}

/** With updateOn FunctionUpdate: what the runtime is once these settings are the function's. */
export async function newestFor({ runtimeVersions }: Ports, { runtime }: Settings): Promise<{ runtime: string; version?: string }> {
  const [version] = await runtimeVersions.versions(runtime);
  return { runtime, ...(version === undefined ? {} : { version }) };
}

/** Throws where Manual forbids the update. */
export function assertRuntimeFree({ settings: before, runtimeManagement }: LambdaFunction, after: Settings): void {
  if (runtimeManagement?.updateOn !== "Manual") return;
  if (after.runtime !== before.runtime) throw runtimeHeld();
  if (after.architecture !== before.architecture) throw architectureHeld();
}

/** What an update of code or settings makes of it. `newest` was looked up before the transaction. */
export function updatedRuntime(fn: LambdaFunction, after: Settings, newest: { runtime: string; version?: string } | undefined): RuntimeManagement | undefined {
  const { arn, runtimeManagement } = fn;
  assertRuntimeFree(fn, after);
  if (runtimeManagement?.updateOn !== "FunctionUpdate") return runtimeManagement;
  if (newest?.runtime !== after.runtime) throw updateInProgress(arn); // somebody else has just updated it
  return { updateOn: "FunctionUpdate", ...(newest.version === undefined ? {} : { version: newest.version }) };
}
