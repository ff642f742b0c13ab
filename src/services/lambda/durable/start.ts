// Starting an execution: stored, indexed and queued in one transaction. A name that is taken answers the execution that has it.
// https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-idempotency.html
import { createHash } from "node:crypto";
import type { Ids } from "../../../kernel/ids.ts";
import { LAMBDA } from "../../../kernel/limits.ts";
import type { FunctionVersion } from "../../../ports/functions.ts";
import type { Tx } from "../../../storage/stores.ts";
import { changeOf, saveChange } from "./change.ts";
import { alreadyStarted } from "./errors.ts";
import { executionArn, executionKey, EXECUTIONS, type Execution, indexExecution, isOfThisFunction } from "./execution.ts";
import { executionEvent, payloadOf } from "./history.ts";
import { askForInvocation, setTimer } from "./queues.ts";
import { tellStatus } from "./status-events.ts";

/** API_InvocationRequest: 1 MB for asynchronous invocations. */
export const ASYNC_PAYLOAD_BYTES_MAX = 1_048_576;

export interface Start {
  version: FunctionVersion;
  /** Absent: a random one. */
  name?: string;
  /** JSON text. */
  payload: string;
  /** Somebody waits for the result. */
  waits: boolean;
  requestId: string;
  traceId?: string;
  tenantId?: string;
  clientContext?: string;
  tail?: boolean;
  deadLetter?: Execution["deadLetter"];
  parent?: Execution["parent"];
}

/** Throws DurableExecutionAlreadyStarted when the name belongs to another start. */
export async function startExecution(tx: Tx, start: Start, nowMs: number, ids: Ids): Promise<{ key: string; execution: Execution }> {
  const { version, payload } = start;
  const executionId = ids.uuid();
  const name = start.name ?? ids.uuid();
  const key = executionKey(`${version.account}/${version.region}/${version.name}`, name);
  const functionArn = `${version.arn}:${version.version}`;
  const inputHash = createHash("sha256").update(payload).digest("hex");
  const { executionTimeoutSeconds, retentionDays } = version.durable!;
  const { requestId, traceId, tenantId, clientContext, tail, deadLetter, parent } = start;
  const fresh: Execution = {
    arn: executionArn(functionArn, name, executionId), executionId, name, account: version.account, region: version.region,
    functionName: version.name, functionArn, version: version.version, codeId: version.codeId, status: "RUNNING", startMs: nowMs,
    timeoutSeconds: executionTimeoutSeconds, retentionDays, inputHash, resultBytesMax: start.waits ? LAMBDA.syncPayloadBytesMax : ASYNC_PAYLOAD_BYTES_MAX,
    sequence: 0, unseen: [], wake: false, waiting: 0, operationCount: 0, storedBytes: 0, failures: 0, throttles: 0, lastEvent: 0, requestId,
    ...(traceId === undefined ? {} : { traceId }), ...(tenantId === undefined ? {} : { tenantId }), ...(clientContext === undefined ? {} : { clientContext }),
    ...(tail ? { tail } : {}), ...(deadLetter ? { deadLetter } : {}), ...(parent ? { parent } : {}),
  };
  const executions = tx.documents<Execution>(EXECUTIONS);
  if (!(await executions.create(key, fresh))) {
    const taken = await executions.get(key);
    if (taken && taken.version === fresh.version && taken.inputHash === inputHash && isOfThisFunction(taken, version)) return { key, execution: taken };
    throw alreadyStarted(taken?.arn ?? fresh.arn);
  }
  const change = changeOf(tx, key, fresh, nowMs, ids);
  change.events.push(executionEvent(fresh, "ExecutionStarted", nowMs, { Input: payloadOf(payload), ExecutionTimeout: executionTimeoutSeconds }));
  await indexExecution(tx, key, fresh);
  await setTimer(tx, { key, executionId, kind: "execution" }, nowMs + executionTimeoutSeconds * 1000);
  await askForInvocation(tx, key, fresh, nowMs);
  await tellStatus(tx, fresh, nowMs);
  await saveChange(change);
  return { key, execution: fresh };
}
