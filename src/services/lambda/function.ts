// A function: what is stored of it, its states, and how AWS shows it. No storage, clock or randomness.
// https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
import { isDeepStrictEqual } from "node:util";
import type { FunctionConfiguration, LastUpdateStatusReasonCode } from "@aws-sdk/client-lambda";
import type { CodePackage } from "../../ports/code.ts";
import type { FunctionVersion } from "../../ports/functions.ts";
import { revisionMismatch, stateForbids, updateInProgress } from "./errors.ts";
import { type Named, qualified } from "./name.ts";
import type { Settings } from "./settings.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME. */
export const FUNCTIONS = "lambda/function";

export interface LambdaFunction {
  name: string;
  arn: string;
  account: string;
  region: string;
  settings: Settings;
  code: Pick<CodePackage, "id" | "sha256" | "sizeBytes">;
  tags: Record<string, string>;
  /** Changes with every visible transition. */
  revisionId: string;
  lastModifiedMs: number;
  state: "Pending" | "Active";
  lastUpdate?: "InProgress" | "Successful";
  /** What runs: the last settings and code that became active. Absent while Pending. */
  live?: FunctionVersion;
}

export interface NewFunction {
  named: Named;
  account: string;
  region: string;
  settings: Settings;
  code: CodePackage;
  tags: Record<string, string>;
  revisionId: string;
  nowMs: number;
}

export function newFunction({ named, account, region, settings, code, tags, revisionId, nowMs }: NewFunction): LambdaFunction {
  return { name: named.name, arn: named.arn, account, region, settings, code: kept(code), tags, revisionId, lastModifiedMs: nowMs, state: "Pending" };
}

export interface Change {
  settings?: Settings;
  code?: CodePackage;
  revisionId: string;
  nowMs: number;
}

/** An accepted update: shown at once, running when `settled`. */
export function changed(before: LambdaFunction, { settings, code, revisionId, nowMs }: Change): LambdaFunction {
  return { ...before, settings: settings ?? before.settings, code: code ? kept(code) : before.code, revisionId, lastModifiedMs: nowMs, lastUpdate: "InProgress" };
}

const kept = ({ id, sha256, sizeBytes }: CodePackage): LambdaFunction["code"] => ({ id, sha256, sizeBytes });

/** Throws unless an update may begin. */
export function assertChangeable(fn: LambdaFunction, revisionId: string | undefined): void {
  if (fn.state === "Pending") throw stateForbids(fn.state);
  if (fn.lastUpdate === "InProgress") throw updateInProgress(fn.arn);
  if (revisionId && revisionId !== fn.revisionId) throw revisionMismatch();
}

/** The end of creating or updating: what is shown is what runs. */
export function settled(fn: LambdaFunction, revisionId: string): LambdaFunction {
  const { name, arn, account, region, settings, code } = fn;
  const picture: FunctionVersion = {
    arn, account, region, name, version: "$LATEST", revision: revisionId,
    runtime: settings.runtime, handler: settings.handler, role: settings.role, architecture: settings.architecture,
    timeoutSeconds: settings.timeoutSeconds, memoryMb: settings.memoryMb, ephemeralStorageMb: settings.ephemeralStorageMb,
    environment: settings.environment ?? {}, codeId: code.id,
    logging: { format: settings.logging.format, group: settings.logging.group, applicationLevel: settings.logging.applicationLevel ?? "INFO", systemLevel: settings.logging.systemLevel ?? "INFO" },
    tracing: settings.tracing,
  };
  // Environments of another revision are drained, so a change that does not reach the function (its description) keeps the old one.
  const same = fn.live !== undefined && isDeepStrictEqual({ ...picture, revision: fn.live.revision }, fn.live);
  return { ...fn, live: same ? fn.live! : picture, revisionId, state: "Active", lastUpdate: "Successful" };
}

/** The answer of CreateFunction: no LastUpdateStatus yet (observed). */
export const createdConfiguration = (fn: LambdaFunction): FunctionConfiguration => ({
  ...listedConfiguration(fn, undefined), ...stateOf(fn),
});

/** The answer of everything about one function. */
export function configuration(fn: LambdaFunction, qualifier?: string): FunctionConfiguration {
  return { ...listedConfiguration(fn, qualifier), ...stateOf(fn), ...updateOf(fn) };
}

/** Lists leave out states and the runtime version (API_ListFunctions). */
export function listedConfiguration(fn: LambdaFunction, qualifier: string | undefined): FunctionConfiguration {
  const { settings, code } = fn;
  return {
    FunctionName: fn.name,
    FunctionArn: qualified(fn.arn, qualifier),
    Runtime: settings.runtime as FunctionConfiguration["Runtime"],
    Role: settings.role,
    Handler: settings.handler,
    CodeSize: code.sizeBytes,
    Description: settings.description,
    Timeout: settings.timeoutSeconds,
    MemorySize: settings.memoryMb,
    LastModified: new Date(fn.lastModifiedMs).toISOString().replace("Z", "+0000"),
    CodeSha256: code.sha256,
    Version: "$LATEST",
    ...(settings.environment ? { Environment: { Variables: settings.environment } } : {}),
    TracingConfig: { Mode: settings.tracing },
    RevisionId: fn.revisionId,
    PackageType: "Zip",
    Architectures: [settings.architecture],
    EphemeralStorage: { Size: settings.ephemeralStorageMb },
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    LoggingConfig: loggingOf(settings),
  };
}

function loggingOf({ logging }: Settings): FunctionConfiguration["LoggingConfig"] {
  const { format, group, applicationLevel, systemLevel } = logging;
  return {
    LogFormat: format,
    ...(format === "JSON" ? { ApplicationLogLevel: applicationLevel as "INFO", SystemLogLevel: systemLevel as "INFO" } : {}),
    LogGroup: group,
  };
}

const stateOf = (fn: LambdaFunction): FunctionConfiguration =>
  fn.state === "Pending" ? { State: "Pending", StateReason: "The function is being created.", StateReasonCode: "Creating" } : { State: "Active" };

/** AWS says "being created" of an update, too, with a code that its own model does not list (spec, observed). */
function updateOf(fn: LambdaFunction): FunctionConfiguration {
  if (fn.lastUpdate === "InProgress") return { LastUpdateStatus: "InProgress", LastUpdateStatusReason: "The function is being created.", LastUpdateStatusReasonCode: "Creating" as LastUpdateStatusReasonCode };
  return fn.lastUpdate ? { LastUpdateStatus: fn.lastUpdate } : {};
}
