// Chained invokes: one function calls another and sleeps until it has answered. A durable one gets an execution of its own, any other is called once.
// https://docs.aws.amazon.com/durable-execution/sdk-reference/operations/invoke/
import type { ErrorObject, OperationUpdate } from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import { ServiceError } from "../../../kernel/errors.ts";
import { readTraceHeader } from "../../../kernel/trace.ts";
import type { FunctionVersion } from "../../../ports/functions.ts";
import type { RoomPorts } from "../../service.ts";
import { functionNotFound, stateForbids, tenantMissing, tenantWithoutIsolation } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction } from "../function.ts";
import { follow, versionToRun } from "../lookup.ts";
import { qualified, resolveName } from "../name.ts";
import { checkPayload } from "../payload.ts";
import { type Change, operationOf, putOperation, saveChange, wake } from "./change.ts";
import { CHAINED_PAYLOAD_BYTES_MAX } from "./batch.ts";
import { endChained, type ChainedOutcome, errorOfFunction } from "./end.ts";
import { invalid, unqualified } from "./errors.ts";
import { bytesOf, errorOf, type Execution } from "./execution.ts";
import { operationEvent, payloadOf } from "./history.ts";
import type { Operation } from "./operation.ts";
import { askForCall, type CallItem } from "./queues.ts";
import { startExecution } from "./start.ts";
import { begun } from "./updates.ts";

type ChainedUpdate = OperationUpdate & { Id: string };

/** Whom a chained invoke calls: found before the transaction that starts it. */
export type Target = { version: FunctionVersion; tenantId?: string; traceId?: string } | { error: ErrorObject };

/** Throws what refuses the whole checkpoint; what only fails the operation is answered. */
export async function findTarget(ports: RoomPorts, execution: Execution, update: OperationUpdate, call: Call): Promise<Target> {
  const options = update.ChainedInvokeOptions;
  if (options?.FunctionName === undefined) throw invalid("Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.");
  const { account, region } = execution;
  const inRegion = /^arn:[^:]+:lambda:([^:]+):/.exec(options.FunctionName)?.[1] ?? region;
  if (inRegion !== region) throw invalid("Cannot start a CHAINED_INVOKE on a function in another region.");
  const inAccount = /(?:^|:)(\d{12}):/.exec(options.FunctionName)?.[1] ?? account;
  if (inAccount !== account) throw invalid("Cannot start a CHAINED_INVOKE on a function in another account.");
  try {
    checkPayload(Buffer.from(update.Payload ?? ""), "Event");
    const named = resolveName(options.FunctionName, undefined, { account, region } as Call);
    const fn = await ports.stores.documents<LambdaFunction>(FUNCTIONS).get(named.id);
    const followed = fn && (await follow(ports.stores, fn, named.qualifier ?? versionToRun(fn), ports.ids.fraction));
    if (!followed) return failed(functionNotFound(qualified(named.arn, named.qualifier ?? "$LATEST")));
    const { live, state } = followed.version;
    if (!live) return failed(stateForbids(state));
    if (live.durable && named.qualifier === undefined) return failed(unqualified());
    const isolated = live.tenantIsolation === true;
    if (isolated !== (options.TenantId !== undefined)) return failed(isolated ? tenantMissing() : tenantWithoutIsolation());
    const caller = (await ports.directory.resolve(execution.functionArn))?.version;
    if (caller) await ports.access.check({ actor: { roleArn: caller.role }, action: "lambda:InvokeFunction", resource: qualified(named.arn, named.qualifier) });
    // The function's own trace: it says how often which function has called which.
    const traceId = (options.XAmznTraceId && readTraceHeader(options.XAmznTraceId)) || call.traceId || execution.traceId;
    return { version: live, ...(options.TenantId === undefined ? {} : { tenantId: options.TenantId }), ...(traceId === undefined ? {} : { traceId }) };
  } catch (error) {
    if (error instanceof ServiceError) return failed(error);
    throw error;
  }
}

const failed = ({ code, message }: ServiceError): Target => ({ error: errorOf(message, code) });

export async function applyChained(change: Change, update: ChainedUpdate, existing: Operation | undefined, target: Target): Promise<void> {
  if (existing) throw invalid("Cannot start a CHAINED_INVOKE that already exist.");
  const { execution, nowMs, tx, key, ids } = change;
  const operation = begun(update, nowMs);
  const details: Record<string, unknown> = { FunctionName: update.ChainedInvokeOptions!.FunctionName, ...(update.ChainedInvokeOptions!.TenantId === undefined ? {} : { TenantId: update.ChainedInvokeOptions!.TenantId }) };
  if ("error" in target) {
    change.events.push(operationEvent(operation, "ChainedInvokeStarted", nowMs, details));
    putOperation(change, endChained(change, operation, { status: "FAILED", error: target.error }));
    return;
  }
  const { version, tenantId, traceId } = target;
  Object.assign(details, { Input: payloadOf(update.Payload), ExecutedVersion: version.version });
  const payload = update.Payload ?? "{}";
  execution.storedBytes += bytesOf(update.Payload); // it is in the history, and waits in a queue
  const { executionId } = execution;
  if (version.durable) {
    const parent = { key, executionId, operationId: update.Id };
    const child = await startExecution(tx, { version, payload, waits: false, requestId: ids.uuid(), parent, ...(traceId === undefined ? {} : { traceId }), ...(tenantId === undefined ? {} : { tenantId }) }, nowMs, ids);
    operation.childArn = child.execution.arn;
    details["DurableExecutionArn"] = child.execution.arn;
  } else {
    await askForCall(tx, { kind: "chained-invoke", key, executionId, operationId: update.Id, functionArn: `${version.arn}:${version.version}`, payload, ...(traceId === undefined ? {} : { traceId }), ...(tenantId === undefined ? {} : { tenantId }) }, nowMs);
  }
  putOperation(change, operation);
  change.events.push(operationEvent(operation, "ChainedInvokeStarted", nowMs, details));
}

/** Calls a function that is not durable. Throws Throttled and Fault, to be tried again. */
export async function callTarget({ directory, functions, ids }: RoomPorts, item: CallItem & { kind: "chained-invoke" }): Promise<ChainedOutcome> {
  const found = await directory.resolve(item.functionArn);
  if (!found?.version) return { status: "FAILED", error: errorOf(`Function not found: ${item.functionArn}`, "ResourceNotFoundException") };
  const { payload, failed: failure } = await functions.invoke({
    version: found.version, invokedArn: item.functionArn, payload: Buffer.from(item.payload), requestId: ids.uuid(), tail: false, recursiveLoop: found.recursiveLoop,
    ...(found.reservedConcurrency === undefined ? {} : { reservedConcurrency: found.reservedConcurrency }),
    ...(item.traceId === undefined ? {} : { traceId: item.traceId }), ...(item.tenantId === undefined ? {} : { tenantId: item.tenantId }),
  });
  if (failure) return { status: "FAILED", error: errorOfFunction(payload) };
  if (payload.byteLength > CHAINED_PAYLOAD_BYTES_MAX) return { status: "FAILED", error: errorOf(`CHAINED_INVOKE output payload size must be less than or equal to ${CHAINED_PAYLOAD_BYTES_MAX} bytes.`) };
  return { status: "SUCCEEDED", result: Buffer.from(payload).toString() };
}

export async function endCall(change: Change, operationId: string, outcome: ChainedOutcome): Promise<void> {
  const operation = change.execution.status === "RUNNING" ? await operationOf(change, operationId) : undefined;
  if (operation?.status !== "STARTED") return;
  await wake(change, endChained(change, operation, outcome));
  await saveChange(change);
}
