// The platform's own lines in a function's log: START, END, REPORT, INIT_START, INIT_REPORT, EXTENSION, or platform.* objects in JSON format.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html, …/monitoring-cloudwatchlogs-advanced.html (levels)
import { type ExtensionStatus, type InitReport, type PlatformRecord, type Report, type RestoreReport, type Subject, billedMs, billedRestoreMs, extension, initReport, initRuntimeDone, initStart, megabytes, report, restoreReport, restoreRuntimeDone, restoreStart, runtimeDone, start } from "./platform-records.ts";
import type { RuntimeIdentity } from "./runtime-identity.ts";

/** With a tab, as in the developer guide's example. */
const named = ({ version, arn }: RuntimeIdentity): string => `Runtime Version: ${version}\tRuntime Version ARN: ${arn}`;

/** Writes system lines in the function's format; undefined when the function's system level filters the line out. */
export interface SystemLines {
  initStart(atMs: number, runtime: RuntimeIdentity, phase: "init" | "invoke"): string | undefined;
  /** JSON only. */
  initRuntimeDone(atMs: number, done: Omit<InitReport, "durationMs">): string | undefined;
  initReport(atMs: number, report: InitReport): string | undefined;
  restoreStart(atMs: number, runtime: RuntimeIdentity): string | undefined;
  /** JSON only. */
  restoreRuntimeDone(atMs: number, report: RestoreReport): string | undefined;
  restoreReport(atMs: number, report: RestoreReport): string | undefined;
  start(atMs: number, requestId: string, traceId: string): string | undefined;
  end(atMs: number, report: Report): string | undefined;
  report(atMs: number, report: Report, maxMemoryBytes: number): string | undefined;
  extension(atMs: number, status: ExtensionStatus): string | undefined;
  /** A record that has no line of its own in Text: subscriptions, dropped logs. */
  other(atMs: number, record: PlatformRecord): string | undefined;
}

export const systemLines = (of: Subject): SystemLines => (of.version.logging.format === "JSON" || of.version.managed ? jsonLines(of) : textLines(of));

function textLines({ version, initializationType }: Subject): SystemLines {
  return {
    initStart: (_at, runtime) => `INIT_START ${named(runtime)}`,
    initRuntimeDone: () => undefined,
    initReport: (_at, { durationMs, phase, status, errorType }) =>
      status === "success" ? (initializationType === "snap-start" ? `INIT_REPORT Init Duration: ${durationMs.toFixed(2)} ms` : undefined) : `INIT_REPORT Init Duration: ${durationMs.toFixed(2)} ms\tPhase: ${phase}\tStatus: ${status}${errorType ? `\tError Type: ${errorType}` : ""}`,
    restoreStart: (_at, runtime) => `RESTORE_START ${named(runtime)}`,
    restoreRuntimeDone: () => undefined,
    restoreReport: (_at, { durationMs, status, errorType }) => `RESTORE_REPORT Restore Duration: ${durationMs.toFixed(2)} ms${status === "success" ? "" : `\tStatus: ${status}${errorType ? `\tError Type: ${errorType}` : ""}`}`,
    start: (_at, requestId) => `START RequestId: ${requestId} Version: ${version.version}`,
    end: (_at, { requestId }) => `END RequestId: ${requestId}`,
    report(_at, given, maxMemoryBytes) {
      let line = `REPORT RequestId: ${given.requestId}\tDuration: ${given.durationMs.toFixed(2)} ms\tBilled Duration: ${billedMs(given)} ms\tMemory Size: ${version.memoryMb} MB\tMax Memory Used: ${megabytes(maxMemoryBytes)} MB\t`;
      if (given.initMs !== undefined) line += `Init Duration: ${given.initMs.toFixed(2)} ms\t`;
      if (given.restoreMs !== undefined) line += `Restore Duration: ${given.restoreMs.toFixed(2)} ms\tBilled Restore Duration: ${billedRestoreMs(given)} ms\t`;
      if (given.status === "timeout") line += "Status: timeout\t";
      else if (given.errorType && !given.errorType.endsWith(".Unknown")) line += `Status: error\tError Type: ${given.errorType}\t`;
      return line;
    },
    extension: (_at, { name, state, events, errorType }) => `EXTENSION\tName: ${name}\tState: ${state}\tEvents: [${events.join(",")}]${errorType ? `\tError Type: ${errorType}` : ""}`,
    other: () => undefined,
  };
}

const LEVELS = ["DEBUG", "INFO", "WARN"] as const;
type Level = (typeof LEVELS)[number];

function jsonLines(of: Subject): SystemLines {
  const least = Math.max(0, LEVELS.indexOf(of.version.logging.systemLevel as Level));
  const line = (level: Level, atMs: number, make: () => PlatformRecord): string | undefined =>
    LEVELS.indexOf(level) < least ? undefined : JSON.stringify({ time: new Date(atMs).toISOString(), ...make() });
  const quietSuccess = (status: string): Level => (status === "success" ? "DEBUG" : "WARN");
  return {
    initStart: (at, runtime, phase) => line("INFO", at, () => initStart(of, runtime, phase)),
    initRuntimeDone: (at, done) => line(quietSuccess(done.status), at, () => initRuntimeDone(of, done)),
    // On demand it is part of the first REPORT; provisioned environments say it for themselves.
    initReport: (at, given) => line(given.status === "success" && of.initializationType !== "on-demand" ? "INFO" : quietSuccess(given.status), at, () => initReport(of, given)),
    restoreStart: (at, runtime) => line("INFO", at, () => restoreStart(of, runtime)),
    restoreRuntimeDone: (at, given) => line(quietSuccess(given.status), at, () => restoreRuntimeDone(given)),
    restoreReport: (at, given) => line(given.status === "success" ? "INFO" : "WARN", at, () => restoreReport(given)),
    start: (at, requestId, traceId) => line("INFO", at, () => start(of, requestId, traceId)),
    end: (at, given) => line(quietSuccess(given.status), at, () => runtimeDone(of, given)),
    report: (at, given, maxMemoryBytes) => line(given.status === "success" ? "INFO" : "WARN", at, () => report(of, given, maxMemoryBytes, at)),
    extension: (at, status) => line(status.errorType === undefined ? "INFO" : "WARN", at, () => extension(status)),
    other: (at, record) => line(record.type === "platform.logsDropped" || record.type === "platform.fault" ? "WARN" : "INFO", at, () => record),
  };
}
