// The platform's own lines in a function's log: START, END, REPORT, INIT_START, INIT_REPORT, or platform.* objects in JSON format.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html, …/telemetry-schema-reference.html
import type { FunctionVersion } from "../ports/functions.ts";

export interface Report {
  requestId: string;
  durationMs: number;
  /** Only with the first invocation of an environment. */
  initMs?: number;
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

/** Writes system lines in the function's format; undefined when the function's system level filters the line out. */
export interface SystemLines {
  initStart(atMs: number, runtimeVersion: string, phase: "init" | "invoke"): string | undefined;
  initReport(atMs: number, report: InitReport): string | undefined;
  start(atMs: number, requestId: string, traceId: string): string | undefined;
  end(atMs: number, report: Report): string | undefined;
  report(atMs: number, report: Report, maxMemoryBytes: number): string | undefined;
}

export const systemLines = (version: FunctionVersion): SystemLines => (version.logging.format === "JSON" ? jsonLines(version) : textLines(version));

/** Since August 2025 the init phase of on-demand functions is billed too. https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/ */
export const billedMs = (report: Pick<Report, "durationMs" | "initMs">): number => Math.max(1, Math.ceil(report.durationMs + (report.initMs ?? 0)));

const megabytes = (bytes: number): number => Math.ceil(bytes / (1024 * 1024));
const round = (ms: number): number => Math.round(ms * 1000) / 1000;

function textLines(version: FunctionVersion): SystemLines {
  return {
    initStart: (_at, runtimeVersion) => `INIT_START Runtime Version: ${runtimeVersion}`,
    initReport: (_at, { durationMs, phase, status, errorType }) =>
      status === "success" ? undefined : `INIT_REPORT Init Duration: ${durationMs.toFixed(2)} ms\tPhase: ${phase}\tStatus: ${status}${errorType ? `\tError Type: ${errorType}` : ""}`,
    start: (_at, requestId) => `START RequestId: ${requestId} Version: ${version.version}`,
    end: (_at, { requestId }) => `END RequestId: ${requestId}`,
    report(_at, report, maxMemoryBytes) {
      let line = `REPORT RequestId: ${report.requestId}\tDuration: ${report.durationMs.toFixed(2)} ms\tBilled Duration: ${billedMs(report)} ms\tMemory Size: ${version.memoryMb} MB\tMax Memory Used: ${megabytes(maxMemoryBytes)} MB\t`;
      if (report.initMs !== undefined) line += `Init Duration: ${report.initMs.toFixed(2)} ms\t`;
      if (report.status === "timeout") line += "Status: timeout\t";
      else if (report.errorType && !report.errorType.endsWith(".Unknown")) line += `Status: error\tError Type: ${report.errorType}\t`;
      return line;
    },
  };
}

const LEVELS = ["DEBUG", "INFO", "WARN"] as const;
type Level = (typeof LEVELS)[number];

function jsonLines(version: FunctionVersion): SystemLines {
  const least = Math.max(0, LEVELS.indexOf(version.logging.systemLevel as Level));
  const line = (level: Level, type: string, atMs: number, record: Record<string, unknown>): string | undefined =>
    LEVELS.indexOf(level) < least ? undefined : JSON.stringify({ time: new Date(atMs).toISOString(), type, record });
  const tracing = (traceId: string) => ({ type: "X-Amzn-Trace-Id", value: traceId });
  return {
    initStart: (at, runtimeVersion, phase) =>
      line("INFO", "platform.initStart", at, { initializationType: "on-demand", phase, runtimeVersion, functionName: version.name, functionVersion: version.version }),
    initReport: (at, { durationMs, phase, status, errorType }) =>
      line(status === "success" ? "DEBUG" : "WARN", "platform.initReport", at, { initializationType: "on-demand", phase, status, errorType, metrics: { durationMs: round(durationMs) } }),
    start: (at, requestId, traceId) => line("INFO", "platform.start", at, { requestId, version: version.version, tracing: tracing(traceId) }),
    end: (at, { requestId, status, errorType, durationMs, producedBytes, traceId }) =>
      line(status === "success" ? "DEBUG" : "WARN", "platform.runtimeDone", at, { requestId, status, errorType, metrics: { durationMs: round(durationMs), producedBytes }, tracing: tracing(traceId) }),
    report: (at, report, maxMemoryBytes) => line(report.status === "success" ? "INFO" : "WARN", "platform.report", at, {
      requestId: report.requestId, status: report.status, errorType: report.errorType,
      metrics: {
        durationMs: round(report.durationMs), billedDurationMs: billedMs(report), memorySizeMB: version.memoryMb, maxMemoryUsedMB: megabytes(maxMemoryBytes),
        initDurationMs: report.initMs === undefined ? undefined : round(report.initMs),
      },
      tracing: tracing(report.traceId),
    }),
  };
}
