// A function: what is stored of it, its states, and how AWS shows it. No storage, clock or randomness.
// https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
import { isDeepStrictEqual } from "node:util";
import type { FunctionConfiguration, LastUpdateStatusReasonCode, StateReasonCode } from "@aws-sdk/client-lambda";
import type { CodePackage } from "../../ports/code.ts";
import type { FunctionVersion } from "../../ports/functions.ts";
import { revisionMismatch, stateForbids, updateInProgress } from "./errors.ts";
import { shownImage } from "./image.ts";
import { isSnapshot } from "./snap-start.ts";
import { shownDurable } from "./durable/config.ts";
import { type Capacity, managedInstances, shownManaged } from "./capacity-providers/managed.ts";
import { type Named, qualified } from "./name.ts";
import type { RuntimeManagement } from "./runtime-management.ts";
import type { Settings } from "./settings.ts";
import { shownVpc } from "./vpc.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME. */
export const FUNCTIONS = "lambda/function";

/** A deployment package, or a container image: then `id` and `sha256` are the image's digest. */
export interface Code extends Pick<CodePackage, "id" | "sha256" | "sizeBytes">, Partial<Pick<CodePackage, "unzippedBytes">> {
  image?: { uri: string; resolvedUri: string };
}

/** One version of a function: `$LATEST`, or a published one, which never changes once it is Active. */
export interface Version {
  name: string;
  /** Unqualified. */
  arn: string;
  account: string;
  region: string;
  /** "$LATEST", the number it was published under, or "$LATEST.PUBLISHED". */
  version: string;
  settings: Settings;
  code: Code;
  /** Changes with every visible transition. */
  revisionId: string;
  lastModifiedMs: number;
  /** The last four are of functions on capacity providers. */
  state: "Pending" | "Active" | "Failed" | "ActiveNonInvocable" | "Deactivating" | "Deactivated" | "Deleting";
  /** Why it is Failed, or its last update is. */
  failure?: { code: StateReasonCode; reason: string };
  lastUpdate?: "InProgress" | "Successful" | "Failed";
  /** Of published versions on a capacity provider: what they may take of it. */
  capacity?: Capacity;
  /** What runs: the last settings and code that became active. Absent while Pending, and where nothing may run. */
  live?: FunctionVersion;
  runtimeManagement?: RuntimeManagement;
}

/** `$LATEST`, and what belongs to the function as a whole. */
export interface LambdaFunction extends Version {
  tags: Record<string, string>;
  /** The last number given out (none is given twice), and what else `$LATEST` had then. */
  published?: { number: number; description: string; runtimeManagement?: RuntimeManagement };
  reservedConcurrency?: number;
  /** Absent is Terminate. */
  recursiveLoop?: "Allow";
  codeSigningConfigArn?: string;
}

export interface NewFunction {
  named: Named;
  settings: Settings;
  code: Code;
  tags: Record<string, string>;
  revisionId: string;
  nowMs: number;
}

export function newFunction({ named, settings, code, tags, revisionId, nowMs }: NewFunction): LambdaFunction {
  const { name, arn, account, region } = named;
  return { name, arn, account, region, version: "$LATEST", settings, code: kept(code), tags, revisionId, lastModifiedMs: nowMs, state: "Pending" };
}

export interface Change {
  settings?: Settings;
  code?: Code;
  runtimeManagement?: RuntimeManagement | undefined;
  revisionId: string;
  nowMs: number;
}

/** An accepted update: shown at once, running when `settled`. */
export function changed(before: LambdaFunction, { settings, code, runtimeManagement, revisionId, nowMs }: Change): LambdaFunction {
  return { ...before, ...(runtimeManagement ? { runtimeManagement } : {}), settings: settings ?? before.settings, code: code ? kept(code) : before.code, revisionId, lastModifiedMs: nowMs, lastUpdate: "InProgress" };
}

/** Nothing is waiting to be finished (transitions.ts), so its revision may change for another reason. */
export const isSettled = (fn: Version): boolean => fn.state !== "Pending" && fn.lastUpdate !== "InProgress";

const kept = ({ id, sha256, sizeBytes, unzippedBytes, image }: Code): Code => ({ id, sha256, sizeBytes, ...(unzippedBytes === undefined ? {} : { unzippedBytes }), ...(image ? { image } : {}) });

/** Throws unless an update may begin. */
export function assertChangeable(fn: LambdaFunction, revisionId: string | undefined): void {
  if (fn.state === "Pending" || fn.state === "Deleting") throw stateForbids(fn.state);
  if (fn.lastUpdate === "InProgress") throw updateInProgress(fn.arn);
  if (revisionId && revisionId !== fn.revisionId) throw revisionMismatch();
}

/** The end of creating, updating or publishing: what is shown is what runs. */
export function settled<V extends Version>(before: V, revisionId: string): V {
  if (before.settings.managed) return { ...before, revisionId, state: "ActiveNonInvocable", lastUpdate: "Successful" }; // of `$LATEST`; published versions are activated elsewhere
  const after: V = { ...before, live: liveOf(before, revisionId), revisionId, state: "Active", lastUpdate: "Successful" };
  delete after.failure;
  return after;
}

/** Environments of another revision are drained, so a change that does not reach the function (its description) keeps the old one. */
function liveOf(version: Version, revisionId: string): FunctionVersion {
  const picture = runnable(version, revisionId);
  const same = version.live !== undefined && isDeepStrictEqual({ ...picture, revision: version.live.revision }, version.live);
  return same ? version.live! : picture;
}

/** Held to another runtime version, from now on. */
export function withRuntime<V extends Version>(before: V, management: RuntimeManagement | undefined, revisionId: string): V {
  const { runtimeManagement: _before, ...rest } = before;
  const after = { ...rest, ...(management ? { runtimeManagement: management } : {}), revisionId } as V;
  if (after.live) after.live = liveOf(after, revisionId);
  return after;
}

/** What runs when it is Active. */
export function runnable({ name, arn, account, region, version, settings, code, capacity, runtimeManagement }: Version, revision: string): FunctionVersion {
  const managed = managedInstances(settings, capacity);
  return {
    arn, account, region, name, version, revision,
    runtime: settings.runtime, handler: settings.handler, role: settings.role, architecture: settings.architecture,
    timeoutSeconds: settings.timeoutSeconds, memoryMb: settings.memoryMb, ephemeralStorageMb: settings.ephemeralStorageMb,
    environment: settings.environment ?? {}, codeId: code.id,
    ...(settings.layers?.length ? { layers: settings.layers.map(({ codeId }) => codeId) } : {}),
    ...(settings.tenantIsolation ? { tenantIsolation: true } : {}),
    ...(managed ? { managed } : {}),
    ...(runtimeManagement?.version === undefined ? {} : { pinnedRuntime: runtimeManagement.version }),
    ...(settings.vpc?.subnetIds.length ? { inVpc: true } : {}),
    ...(settings.durable ? { durable: settings.durable } : {}),
    ...(settings.image && code.image ? { image: { uri: code.image.uri, ...settings.image } } : {}),
    ...(settings.snapStart && version !== "$LATEST" ? { snapStart: true } : {}),
    logging: { format: settings.logging.format, group: settings.logging.group, applicationLevel: settings.logging.applicationLevel ?? "INFO", systemLevel: settings.logging.systemLevel ?? "INFO" },
    tracing: settings.tracing,
  };
}

/** The answer of CreateFunction: no LastUpdateStatus yet (observed). */
export const createdConfiguration = (fn: Version): FunctionConfiguration => ({
  ...listedConfiguration(fn, undefined), ...stateOf(fn),
});

/** The answer of everything about one version; its ARN carries the qualifier that the caller used. */
export function configuration(fn: Version, qualifier?: string): FunctionConfiguration {
  return { ...listedConfiguration(fn, qualifier), ...stateOf(fn), ...updateOf(fn) };
}

/** Lists leave out states and the runtime version (API_ListFunctions). */
export function listedConfiguration(fn: Version, qualifier: string | undefined): FunctionConfiguration {
  const { settings, code } = fn;
  return {
    FunctionName: fn.name,
    FunctionArn: qualified(fn.arn, qualifier),
    ...(settings.image ? {} : { Runtime: settings.runtime as FunctionConfiguration["Runtime"], Handler: settings.handler }),
    Role: settings.role,
    CodeSize: code.sizeBytes,
    Description: settings.description,
    Timeout: settings.timeoutSeconds,
    MemorySize: settings.memoryMb,
    LastModified: new Date(fn.lastModifiedMs).toISOString().replace("Z", "+0000"),
    CodeSha256: code.sha256,
    Version: fn.version,
    ...shownVpc(settings.vpc, fn),
    ...(settings.deadLetterArn ? { DeadLetterConfig: { TargetArn: settings.deadLetterArn } } : {}),
    ...(settings.environment ? { Environment: { Variables: settings.environment } } : {}),
    TracingConfig: { Mode: settings.tracing },
    RevisionId: fn.revisionId,
    ...(settings.layers?.length ? { Layers: settings.layers.map(({ arn, sizeBytes }) => ({ Arn: arn, CodeSize: sizeBytes })) } : {}),
    ...shownImage(settings.image),
    Architectures: [settings.architecture],
    EphemeralStorage: { Size: settings.ephemeralStorageMb },
    ...(settings.managed ? { CapacityProviderConfig: shownManaged(settings, settings.managed) } : { SnapStart: { ApplyOn: settings.snapStart ? "PublishedVersions" : "None", OptimizationStatus: isSnapshot(fn) ? "On" : "Off" } }),
    LoggingConfig: loggingOf(settings),
    ...(settings.tenantIsolation ? { TenancyConfig: { TenantIsolationMode: "PER_TENANT" } } : {}),
    ...(settings.durable ? { DurableConfig: shownDurable(settings.durable) } : {}),
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

function stateOf({ state, failure, lastUpdate }: Version): FunctionConfiguration {
  if (state === "Pending") return { State: state, StateReason: "The function is being created.", StateReasonCode: "Creating" };
  return { State: state, ...(failure && lastUpdate !== "Failed" ? { StateReason: failure.reason, StateReasonCode: failure.code } : {}) };
}

/** AWS says "being created" of an update, too, with a code that its own model does not list (spec, observed). */
function updateOf(fn: Version): FunctionConfiguration {
  if (fn.lastUpdate === "InProgress") return { LastUpdateStatus: "InProgress", LastUpdateStatusReason: "The function is being created.", LastUpdateStatusReasonCode: "Creating" as LastUpdateStatusReasonCode };
  if (fn.lastUpdate === "Failed" && fn.failure) return { LastUpdateStatus: "Failed", LastUpdateStatusReason: fn.failure.reason, LastUpdateStatusReasonCode: fn.failure.code as LastUpdateStatusReasonCode };
  return fn.lastUpdate ? { LastUpdateStatus: fn.lastUpdate } : {};
}
