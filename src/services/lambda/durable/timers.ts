// What happens when its time has come: waits end, retries become ready, callbacks and executions time out, ended executions are forgotten.
import type { Received, Tx } from "../../../storage/stores.ts";
import { type WorkerParts, workThrough } from "../../queue-worker.ts";
import { beginChange, type Change, operationOf, saveChange, wake } from "./change.ts";
import { endExecution } from "./end.ts";
import { errorOf, EXECUTIONS, type Execution, REPLAYS, unindexExecution } from "./execution.ts";
import { failureOf, logOf, operationEvent, timedOut } from "./history.ts";
import { type Operation, operationId, OPERATIONS } from "./operation.ts";
import { clearTimer, type TimerItem, TIMERS } from "./queues.ts";

const AT_ONCE = 20;
const FORGET_AT_ONCE = 200;

export const runTimers = (parts: WorkerParts, signal: AbortSignal): Promise<void> =>
  workThrough(parts, TIMERS, AT_ONCE, (item) => fire(parts, item), signal);

async function fire(parts: WorkerParts, { id, body, receipt }: Received): Promise<void> {
  const timer = JSON.parse(body) as TimerItem;
  if (timer.kind === "retention") await forgetOperations(parts, timer.executionId);
  await parts.stores.transaction(async (tx) => {
    const change = await beginChange(tx, timer.key, timer.executionId, parts.clock.now(), parts.ids);
    const laterMs = change && (await apply(change, timer));
    if (laterMs === undefined) await tx.queues.finish(TIMERS, id, receipt);
    else await tx.queues.hide(TIMERS, id, receipt, laterMs);
  });
}

/** Answers another time when it is not yet. */
async function apply(change: Change, timer: TimerItem): Promise<number | undefined> {
  const { execution } = change;
  if (timer.kind === "retention") {
    await forget(change.tx, timer.key, execution);
    return undefined;
  }
  if (execution.status !== "RUNNING") return undefined;
  if (timer.kind === "execution") {
    await endExecution(change, "TIMED_OUT", { error: timedOut(execution.timeoutSeconds) });
    await saveChange(change);
    return undefined;
  }
  const operation = await operationOf(change, timer.operationId!);
  if (!operation) return undefined;
  const after = changed(change, operation, timer.kind);
  if (typeof after !== "object") return after;
  await wake(change, after);
  await saveChange(change);
  return undefined;
}

function changed(change: Change, operation: Operation, kind: TimerItem["kind"]): Operation | number | undefined {
  const { nowMs, events } = change;
  if (kind === "retry" && operation.status === "PENDING") {
    const { nextAttemptMs: _, ...ready } = operation;
    return { ...ready, status: "READY" };
  }
  if (operation.status !== "STARTED") return undefined;
  if (kind === "wait") {
    const ended: Operation = { ...operation, status: "SUCCEEDED", endMs: nowMs };
    events.push(operationEvent(ended, "WaitSucceeded", nowMs, { Duration: operation.waitSeconds }));
    return ended;
  }
  // Heartbeats move the time without touching the queue.
  if (kind === "heartbeat" && operation.heartbeatMs! > nowMs) return operation.heartbeatMs;
  const error = kind === "heartbeat" ? errorOf("Callback timed out on heartbeat", "Callback.Heartbeat") : errorOf("Callback timed out", "Callback.Timeout");
  const late: Operation = { ...operation, status: "TIMED_OUT", endMs: nowMs, error };
  events.push(operationEvent(late, "CallbackTimedOut", nowMs, { Error: failureOf(error) }));
  return late;
}

async function forgetOperations({ stores, clock }: WorkerParts, executionId: string): Promise<void> {
  const nowMs = clock.now();
  for (;;) {
    const rows = await stores.documents<Operation>(OPERATIONS).list({ prefix: operationId(executionId, ""), limit: FORGET_AT_ONCE });
    if (rows.length === 0) break;
    await stores.transaction(async (tx) => {
      for (const [id, operation] of rows) {
        await tx.documents(OPERATIONS).delete(id);
        for (const kind of timersOf(operation, nowMs)) await clearTimer(tx, { executionId, kind, operationId: operation.id });
      }
    });
  }
  await stores.logs.delete(logOf(executionId));
}

/** Those that have not fired. */
function timersOf({ waitEndMs, nextAttemptMs, timeoutMs, heartbeatMs }: Operation, nowMs: number): TimerItem["kind"][] {
  const times: [TimerItem["kind"], number | undefined][] = [["wait", waitEndMs], ["retry", nextAttemptMs], ["callback", timeoutMs], ["heartbeat", heartbeatMs]];
  return times.flatMap(([kind, atMs]) => (atMs !== undefined && atMs > nowMs ? [kind] : []));
}

async function forget(tx: Tx, key: string, execution: Execution): Promise<void> {
  await unindexExecution(tx, key, execution);
  await tx.documents(REPLAYS).delete(key);
  await tx.documents(EXECUTIONS).delete(key);
}
