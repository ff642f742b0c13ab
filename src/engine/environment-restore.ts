// SnapStart in one environment: it is initialised, then restored, and only then takes events. README.md says what stands for the snapshot.
// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html, https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html
import { ServiceError } from "../kernel/errors.ts";
import type { Environment } from "./environment.ts";
import { change } from "./environment-states.ts";
import type { Failure } from "./failures.ts";

export interface Snapshot {
  /** Only initialised, when its version is published: it ends where the snapshot would be taken. */
  only: boolean;
  /** When the runtime has called for its restore. */
  sinceMs?: number;
  /** How long the restore took; told with the first REPORT. */
  restoreMs?: number;
}

/** "If the after-restore hooks do not complete within 10 seconds" (guide), the restore has failed. */
export const RESTORE_MS_MAX = 10_000;

/** The runtime has run its hooks and waits. False when it may not: it is no environment of SnapStart's, or was here before. */
export function reachSnapshot(env: Environment): boolean {
  const { snapshot } = env;
  if (!snapshot || env.state !== "starting" || snapshot.sinceMs !== undefined) return false;
  const now = env.clock.monotonicMs();
  snapshot.sinceMs = now;
  env.journal.initRuntimeDone({ phase: env.phase, status: "success" });
  env.journal.initReport({ durationMs: now - env.bornMs, phase: env.phase, status: "success" });
  if (snapshot.only) {
    change(env, "ready");
    env.owner.ready(env);
    return true;
  }
  env.deadlineMs = now + RESTORE_MS_MAX;
  env.journal.restoreStart();
  void env.launching?.then(() => env.link?.restore?.());
  return true;
}

/** The restore is over, well or not. */
export function endRestore(env: Environment, status: "success" | "error" | "timeout", errorType?: string): void {
  const durationMs = env.clock.monotonicMs() - env.snapshot!.sinceMs!;
  env.snapshot!.restoreMs = durationMs;
  env.journal.restoreReport({ durationMs, status, errorType: status === "timeout" ? undefined : errorType });
}

export const isRestoring = ({ snapshot, state }: Environment): boolean => state === "starting" && snapshot?.sinceMs !== undefined;

/** What the caller gets, in the words of API_Invoke. */
export const restoreFailed = (failure: Failure): ServiceError =>
  failure.status === "timeout"
    ? new ServiceError("SnapStartTimeoutException", "Lambda couldn't restore the snapshot within the timeout limit.", { status: 408, members: { Type: "User" } })
    : new ServiceError("SnapStartException", "The afterRestore() runtime hook encountered an error. For more information, check the Amazon CloudWatch logs.", { status: 400, members: { Type: "User" } });
