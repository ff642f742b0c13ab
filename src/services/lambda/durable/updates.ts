// What each update of a checkpoint does to its operation: https://docs.aws.amazon.com/lambda/latest/api/API_OperationUpdate.html
import type { ErrorObject, OperationUpdate } from "@aws-sdk/client-lambda";
import { type Change, putOperation } from "./change.ts";
import { invalid } from "./errors.ts";
import { failureOf, operationEvent, payloadOf, type StoredEvent } from "./history.ts";
import type { Operation } from "./operation.ts";
import { setTimer } from "./queues.ts";
import { writeCallbackId } from "./tokens.ts";

type Update = OperationUpdate & { Id: string };

export async function applyStep(change: Change, update: Update, existing: Operation | undefined): Promise<void> {
  const { nowMs } = change;
  if (update.Action === "START") {
    if (existing && existing.status !== "READY") throw invalid("Invalid current STEP state to start.");
    if (update.StepOptions?.NextAttemptDelaySeconds !== undefined) throw invalid("Invalid StepOptions for the given action.");
    put(change, { ...(existing ?? begun(update, nowMs)), status: "STARTED" }, "StepStarted", {});
    return;
  }
  const retry = update.Action === "RETRY";
  if (existing && existing.status !== "STARTED" && existing.status !== "READY") throw invalid(`Invalid current STEP state to ${retry ? "re-attempt" : "close"}.`);
  const delaySeconds = update.StepOptions?.NextAttemptDelaySeconds;
  if (retry !== (delaySeconds !== undefined)) throw invalid("Invalid StepOptions for the given action.");
  if (retry && update.Error !== undefined && update.Payload !== undefined) throw invalid("Cannot provide both error and payload to RETRY a STEP.");
  const { result: _result, error: _error, ...rest } = existing ?? begun(update, nowMs);
  const attempt = (existing?.attempt ?? 0) + 1;
  const step: Operation = { ...rest, attempt, ...outcomeOf(update) };
  const details = { ...shownOutcome(update), RetryDetails: { CurrentAttempt: attempt, ...(delaySeconds === undefined ? {} : { NextAttemptDelaySeconds: delaySeconds }) } };
  if (!retry) {
    const failed = update.Action === "FAIL";
    put(change, { ...step, status: failed ? "FAILED" : "SUCCEEDED", endMs: nowMs }, failed ? "StepFailed" : "StepSucceeded", details);
    return;
  }
  const nextAttemptMs = nowMs + delaySeconds! * 1000;
  // A condition that is not met yet is retried with the state it has come to: that is no failure.
  put(change, { ...step, status: "PENDING", nextAttemptMs }, update.Error ? "StepFailed" : "StepSucceeded", details);
  await setTimer(change.tx, { key: change.key, executionId: change.execution.executionId, kind: "retry", operationId: update.Id }, nextAttemptMs);
}

export function applyContext(change: Change, update: Update, existing: Operation | undefined): void {
  const replayChildren = update.ContextOptions?.ReplayChildren;
  const options = replayChildren === undefined ? {} : { replayChildren };
  if (update.Action === "START") {
    if (existing) throw invalid("Cannot start a CONTEXT that already exist.");
    put(change, { ...begun(update, change.nowMs), ...options }, "ContextStarted", {});
    return;
  }
  // AWS's emulators let a context end that was never started; its history then has no start.
  if (existing && existing.status !== "STARTED") throw invalid("Invalid current CONTEXT state to close.");
  const failed = update.Action === "FAIL";
  put(change, { ...(existing ?? begun(update, change.nowMs)), ...options, ...outcomeOf(update), status: failed ? "FAILED" : "SUCCEEDED", endMs: change.nowMs }, failed ? "ContextFailed" : "ContextSucceeded", shownOutcome(update));
}

export async function applyWait(change: Change, update: Update, existing: Operation | undefined): Promise<void> {
  if (update.Action === "CANCEL") {
    if (existing?.status !== "STARTED") throw invalid("Cannot cancel a WAIT that does not exist or has already completed.");
    put(change, { ...existing, status: "CANCELLED", endMs: change.nowMs }, "WaitCancelled", {});
    return;
  }
  if (existing) throw invalid("Cannot start a WAIT that already exist.");
  const waitSeconds = update.WaitOptions?.WaitSeconds;
  if (waitSeconds === undefined) throw invalid("Update for WAIT operation requires WaitOptions.");
  const waitEndMs = change.nowMs + waitSeconds * 1000;
  put(change, { ...begun(update, change.nowMs), waitSeconds, waitEndMs }, "WaitStarted", { Duration: waitSeconds, ScheduledEndTimestamp: waitEndMs });
  await setTimer(change.tx, { key: change.key, executionId: change.execution.executionId, kind: "wait", operationId: update.Id }, waitEndMs);
}

export async function applyCallback(change: Change, update: Update, existing: Operation | undefined): Promise<void> {
  if (existing) throw invalid("Cannot start a CALLBACK that already exist.");
  const { nowMs, execution } = change;
  const callbackId = writeCallbackId({ executionArn: execution.arn, operationId: update.Id }, change.ids.uuid());
  // Zero is none (API_CallbackOptions).
  const timeoutSeconds = update.CallbackOptions?.TimeoutSeconds || undefined;
  const heartbeatSeconds = update.CallbackOptions?.HeartbeatTimeoutSeconds || undefined;
  const callback: Operation = { ...begun(update, nowMs), callbackId };
  if (timeoutSeconds !== undefined) callback.timeoutMs = nowMs + timeoutSeconds * 1000;
  if (heartbeatSeconds !== undefined) Object.assign(callback, { heartbeatSeconds, heartbeatMs: nowMs + heartbeatSeconds * 1000 });
  put(change, callback, "CallbackStarted", { CallbackId: callbackId, ...(timeoutSeconds === undefined ? {} : { Timeout: timeoutSeconds }), ...(heartbeatSeconds === undefined ? {} : { HeartbeatTimeout: heartbeatSeconds }) });
  const item = { key: change.key, executionId: execution.executionId, operationId: update.Id };
  if (callback.timeoutMs !== undefined) await setTimer(change.tx, { ...item, kind: "callback" }, callback.timeoutMs);
  if (callback.heartbeatMs !== undefined) await setTimer(change.tx, { ...item, kind: "heartbeat" }, callback.heartbeatMs);
}

/** A new operation, as it is when it begins. */
export function begun(update: Update, nowMs: number): Operation {
  const { Id, ParentId, Name, Type, SubType } = update;
  return {
    id: Id, type: Type!, status: "STARTED", startMs: nowMs,
    ...(ParentId === undefined ? {} : { parentId: ParentId }), ...(Name === undefined ? {} : { name: Name }), ...(SubType === undefined ? {} : { subType: SubType }),
  };
}

function put(change: Change, operation: Operation, event: StoredEvent["EventType"], details: object): void {
  putOperation(change, operation);
  change.events.push(operationEvent(operation, event, change.nowMs, details));
}

const outcomeOf = ({ Payload, Error: error }: Update): { result?: string; error?: ErrorObject } => ({ ...(Payload === undefined ? {} : { result: Payload }), ...(error === undefined ? {} : { error }) });

/** An error where there is one; otherwise the result, even when there is none: the history's details must have one of them. */
const shownOutcome = ({ Payload, Error: error, Action }: Update): object => (error !== undefined || Action === "FAIL" ? { Error: failureOf(error) } : { Result: payloadOf(Payload) });
