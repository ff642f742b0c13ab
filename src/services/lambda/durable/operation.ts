// One operation of a durable execution: a step, a wait, a callback, a context, a chained invoke. What is stored, and how AWS shows it.
// https://docs.aws.amazon.com/lambda/latest/api/API_Operation.html
import type { ErrorObject, OperationStatus, OperationType, Operation as Shown } from "@aws-sdk/client-lambda";
import { bytesOf } from "./execution.ts";

/** Documents of this kind have the id EXECUTION-ID/OPERATION-ID. */
export const OPERATIONS = "lambda/durable-operation";

export interface Operation {
  id: string;
  parentId?: string;
  name?: string;
  type: OperationType;
  subType?: string;
  status: OperationStatus;
  startMs: number;
  endMs?: number;
  result?: string;
  error?: ErrorObject;
  /** Of a step: attempts that have ended. */
  attempt?: number;
  nextAttemptMs?: number;
  /** Of a wait. */
  waitSeconds?: number;
  waitEndMs?: number;
  /** Of a callback. */
  callbackId?: string;
  timeoutMs?: number;
  heartbeatSeconds?: number;
  heartbeatMs?: number;
  /** Of a context. */
  replayChildren?: boolean;
  /** Of a chained invoke of a durable function. */
  childArn?: string;
}

/** Of what it came to, in bytes: what counts towards an execution's storage, and makes answers large. */
export const sizeOf = ({ result, error }: Operation): number => bytesOf(result) + (error ? bytesOf(JSON.stringify(error)) : 0);

export const operationId = (executionId: string, id: string): string => `${executionId}/${id}`;

/** It will change without the function doing anything. */
export function isWaiting({ type, status }: Operation): boolean {
  if (type === "STEP") return status === "PENDING";
  return status === "STARTED" && (type === "WAIT" || type === "CALLBACK" || type === "CHAINED_INVOKE");
}

/** On the wire times are Dates. The event of an invocation has milliseconds instead: AWS's SDK for Python takes nothing else, the one for JavaScript takes both. */
export const shownOperation = (operation: Operation): Shown => shown(operation, (ms) => new Date(ms));
export const operationInEvent = (operation: Operation): object => shown(operation, (ms) => ms as never);

function shown(operation: Operation, time: (ms: number) => Date): Shown {
  const { id, parentId, name, type, subType, status, startMs, endMs } = operation;
  return {
    Id: id, Type: type, Status: status, StartTimestamp: time(startMs),
    ...(parentId === undefined ? {} : { ParentId: parentId }),
    ...(name === undefined ? {} : { Name: name }),
    ...(subType === undefined ? {} : { SubType: subType }),
    ...(endMs === undefined ? {} : { EndTimestamp: time(endMs) }),
    ...detailsOf(operation, time),
  };
}

function detailsOf(operation: Operation, time: (ms: number) => Date): Partial<Shown> {
  const { result, error, attempt, nextAttemptMs, waitEndMs, callbackId, replayChildren } = operation;
  const outcome = { ...(result === undefined ? {} : { Result: result }), ...(error === undefined ? {} : { Error: error }) };
  switch (operation.type) {
    case "STEP": return { StepDetails: { ...(attempt === undefined ? {} : { Attempt: attempt }), ...(nextAttemptMs === undefined ? {} : { NextAttemptTimestamp: time(nextAttemptMs) }), ...outcome } };
    case "WAIT": return { WaitDetails: waitEndMs === undefined ? {} : { ScheduledEndTimestamp: time(waitEndMs) } };
    case "CALLBACK": return { CallbackDetails: { CallbackId: callbackId, ...outcome } };
    case "CONTEXT": return { ContextDetails: { ...(replayChildren === undefined ? {} : { ReplayChildren: replayChildren }), ...outcome } };
    case "CHAINED_INVOKE": return { ChainedInvokeDetails: outcome };
    default: return {};
  }
}
