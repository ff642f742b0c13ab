// What happens in an environment, as AWS's platform.* records: JSON system log lines and the Telemetry API are made of the same.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
import type { FunctionVersion } from "../ports/functions.ts";
import type { InitializationType } from "./environment.ts";
import type { RuntimeIdentity } from "./runtime-identity.ts";

/** The environment a record is about. */
export interface Subject {
  version: FunctionVersion;
  initializationType: InitializationType;
  /** Of a function with tenant isolation: https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-monitor.html */
  tenantId: string | undefined;
  /** Of its log. */
  streamName?: string;
}

export interface Report {
  requestId: string;
  /** As the caller named the function: which alias or version metrics are about. */
  invokedArn: string;
  durationMs: number;
  /** The part of it in which extensions were still at work when the runtime was through. */
  extensionsMs?: number;
  /** Only with the first invocation of an environment. */
  initMs?: number;
  /** The same, where SnapStart has restored it. */
  restoreMs?: number;
  status: "success" | "error" | "failure" | "timeout";
  /** Text names only failures with a type of AWS's; a handler's own error is in the payload. */
  errorType?: string;
  producedBytes: number;
  traceId: string;
}

export interface InitReport {
  durationMs: number;
  phase: "init" | "invoke";
  status: "success" | "error" | "timeout";
  errorType?: string;
}

export type ExtensionState = "Started" | "Registered" | "Ready" | "Running" | "InitError" | "ExitError" | "LaunchError" | "Exited";

export interface ExtensionStatus {
  name: string;
  state: ExtensionState;
  events: string[];
  errorType?: string;
}

export interface PlatformRecord {
  type: string;
  record: unknown;
}

/** Since August 2025 the init phase of on-demand functions is billed too. https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/ */
export const billedMs = (report: Pick<Report, "durationMs" | "initMs" | "restoreMs">): number => Math.max(1, Math.ceil(report.durationMs + (report.initMs ?? 0)) + billedRestoreMs(report));
/** A restore is billed as long as the runtime and its hooks take. Here that is all of it. */
export const billedRestoreMs = ({ restoreMs }: Pick<Report, "restoreMs">): number => Math.ceil(restoreMs ?? 0);
export const megabytes = (bytes: number): number => Math.ceil(bytes / (1024 * 1024));
const round = (ms: number): number => Math.round(ms * 1000) / 1000;
const tracing = (traceId: string) => ({ type: "X-Amzn-Trace-Id", value: traceId });

export const initStart = ({ version, initializationType, streamName }: Subject, runtime: RuntimeIdentity, phase: "init" | "invoke"): PlatformRecord => ({
  type: "platform.initStart",
  record: {
    initializationType, phase, runtimeVersion: runtime.version, runtimeVersionArn: runtime.arn, functionName: version.name, functionVersion: version.version,
    ...(version.managed ? { instanceId: streamName, instanceMaxMemory: version.memoryMb * 1024 * 1024 } : {}),
  },
});

export const initRuntimeDone = ({ initializationType }: Subject, { phase, status, errorType }: Omit<InitReport, "durationMs">): PlatformRecord =>
  ({ type: "platform.initRuntimeDone", record: { initializationType, phase, status, errorType } });

export const initReport = ({ initializationType }: Subject, { durationMs, phase, status, errorType }: InitReport): PlatformRecord =>
  ({ type: "platform.initReport", record: { initializationType, phase, status, errorType, metrics: { durationMs: round(durationMs) } } });

export interface RestoreReport {
  durationMs: number;
  status: "success" | "error" | "timeout";
  errorType?: string | undefined;
}

export const restoreStart = ({ version }: Subject, runtime: RuntimeIdentity): PlatformRecord =>
  ({ type: "platform.restoreStart", record: { runtimeVersion: runtime.version, runtimeVersionArn: runtime.arn, functionName: version.name, functionVersion: version.version } });

export const restoreRuntimeDone = ({ status, errorType }: RestoreReport): PlatformRecord => ({ type: "platform.restoreRuntimeDone", record: { status, errorType } });

export const restoreReport = ({ durationMs, status, errorType }: RestoreReport): PlatformRecord =>
  ({ type: "platform.restoreReport", record: { status, errorType, metrics: { durationMs: round(durationMs) } } });

export const start = ({ version, tenantId }: Subject, requestId: string, traceId: string): PlatformRecord =>
  ({ type: "platform.start", record: { requestId, version: version.version, ...(version.managed ? { functionArn: version.arn } : {}), tenantId, tracing: tracing(traceId) } });

/** A span's `start` is on the wall clock; the runtime is taken to begin its answer when it has ended it. */
export const runtimeDone = ({ tenantId }: Subject, { requestId, status, errorType, durationMs, producedBytes, traceId }: Report, endMs?: number): PlatformRecord => ({
  type: "platform.runtimeDone",
  record: {
    requestId, tenantId, status, errorType, metrics: { durationMs: round(durationMs), producedBytes },
    ...(endMs === undefined ? {} : { spans: [{ name: "responseLatency", start: new Date(endMs - durationMs).toISOString(), durationMs: round(durationMs) }] }),
    tracing: tracing(traceId),
  },
});

export const report = ({ version, tenantId }: Subject, given: Report, maxMemoryBytes: number, atMs: number): PlatformRecord => version.managed ? managedReport(given, atMs) : ({
  type: "platform.report",
  record: {
    requestId: given.requestId, tenantId, status: given.status, errorType: given.errorType,
    metrics: {
      durationMs: round(given.durationMs), billedDurationMs: billedMs(given), memorySizeMB: version.memoryMb, maxMemoryUsedMB: megabytes(maxMemoryBytes),
      initDurationMs: given.initMs === undefined ? undefined : round(given.initMs),
      ...(given.restoreMs === undefined ? {} : { restoreDurationMs: round(given.restoreMs), billedRestoreDurationMs: billedRestoreMs(given) }),
    },
    tracing: tracing(given.traceId),
  },
});

/** On managed instances, where there is no runtimeDone: AWS's emulator, internal/lambda-managed-instances/interop/events_api.go and invoke/metrics.go. */
const managedReport = ({ requestId, status, errorType, durationMs, traceId }: Report, atMs: number): PlatformRecord => ({
  type: "platform.report",
  record: {
    requestId, status, metrics: { durationMs: round(durationMs) }, tracing: tracing(traceId),
    spans: status === "timeout" ? undefined : [{ name: "responseLatency", start: new Date(atMs - durationMs).toISOString(), durationMs: round(durationMs) }],
    errorType,
  },
});

export const extension = ({ name, state, events, errorType }: ExtensionStatus): PlatformRecord =>
  ({ type: "platform.extension", record: { name, state, events, errorType } });
