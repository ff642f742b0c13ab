// The end of an execution, and of what waits for it: the chained invoke of another execution, a dead-letter queue, the day it is forgotten.
import type { ErrorObject, OperationStatus } from "@aws-sdk/client-lambda";
import { beginChange, type Change, operationOf, saveChange, wake } from "./change.ts";
import { errorOf, type Execution } from "./execution.ts";
import { executionEvent, failureOf, operationEvent, type Outcome, payloadOf, type StoredEvent } from "./history.ts";
import type { Operation } from "./operation.ts";
import { askForCall, clearTimer, setTimer } from "./queues.ts";
import { tellStatus } from "./status-events.ts";

type End = Exclude<Execution["status"], "RUNNING">;

const EVENTS: Record<End, StoredEvent["EventType"]> = { SUCCEEDED: "ExecutionSucceeded", FAILED: "ExecutionFailed", TIMED_OUT: "ExecutionTimedOut", STOPPED: "ExecutionStopped" };
const DAY_MS = 86_400_000;

export async function endExecution(change: Change, status: End, { result, error }: Outcome): Promise<void> {
  const { execution, tx, key, nowMs } = change;
  const { executionId } = execution;
  Object.assign(execution, { status, endMs: nowMs, unseen: [], wake: false } satisfies Partial<Execution>);
  // AWS leaves a timeout's details empty (observed); the error is on the execution only.
  const details = status === "SUCCEEDED" ? { Result: payloadOf(result) } : status === "TIMED_OUT" ? {} : { Error: failureOf(error) };
  change.events.push(executionEvent(execution, EVENTS[status], nowMs, details));
  await tellStatus(tx, execution, nowMs);
  await clearTimer(tx, { executionId, kind: "execution" });
  await setTimer(tx, { key, executionId, kind: "retention" }, nowMs + execution.retentionDays * DAY_MS);
  if (status !== "SUCCEEDED" && execution.deadLetter) {
    const { arn, roleArn } = execution.deadLetter;
    await askForCall(tx, { kind: "dead-letter", key, executionId, deadLetterArn: arn, roleArn, errorMessage: error?.ErrorMessage ?? "" }, nowMs);
  }
  if (execution.parent) await reportTo(change, execution.parent, chainedOutcome(execution, { result, error } as Outcome));
}

export interface ChainedOutcome extends Outcome {
  status: Extract<OperationStatus, "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "STOPPED">;
}

/** What the operation that waits for a durable function sees of its end (words of AWS's own emulator, sdk-python-testing child_dispatcher.py). */
function chainedOutcome({ status, timeoutSeconds }: Execution, outcome: Outcome): ChainedOutcome {
  if (status === "TIMED_OUT") return { status, error: errorOf(`CHAINED_INVOKE timed out after ${timeoutSeconds} seconds.`, "ChainedInvoke.Timeout") };
  return { ...outcome, status: status as ChainedOutcome["status"] };
}

async function reportTo(child: Change, parent: NonNullable<Execution["parent"]>, outcome: ChainedOutcome): Promise<void> {
  const change = await beginChange(child.tx, parent.key, parent.executionId, child.nowMs, child.ids);
  if (!change || change.execution.status !== "RUNNING") return;
  const operation = await operationOf(change, parent.operationId);
  if (operation?.status !== "STARTED") return;
  await wake(change, endChained(change, operation, outcome));
  await saveChange(change);
}

const CHAINED_EVENTS: Record<ChainedOutcome["status"], StoredEvent["EventType"]> = { SUCCEEDED: "ChainedInvokeSucceeded", FAILED: "ChainedInvokeFailed", TIMED_OUT: "ChainedInvokeTimedOut", STOPPED: "ChainedInvokeStopped" };

/** The operation as it is now; its event is recorded. */
export function endChained(change: Change, operation: Operation, { status, result, error }: ChainedOutcome): Operation {
  const ended: Operation = { ...operation, status, endMs: change.nowMs, ...(result === undefined ? {} : { result }), ...(error === undefined ? {} : { error }) };
  change.events.push(operationEvent(ended, CHAINED_EVENTS[status], change.nowMs, status === "SUCCEEDED" ? { Result: payloadOf(result) } : { Error: failureOf(error) }));
  return ended;
}

/** What a function answers when it fails, as AWS's error object. */
export function errorOfFunction(payload: Uint8Array): ErrorObject {
  const text = Buffer.from(payload).toString();
  try {
    const { errorMessage, errorType, stackTrace, trace } = JSON.parse(text) as Record<string, unknown>;
    const lines = Array.isArray(stackTrace) ? stackTrace : Array.isArray(trace) ? trace : undefined;
    return {
      ...errorOf(typeof errorMessage === "string" ? errorMessage : text, typeof errorType === "string" ? errorType : undefined),
      ...(lines ? { StackTrace: lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))) } : {}),
    };
  } catch {
    return errorOf(text);
  }
}
