// One change of an execution within a transaction: the execution, its operations, what goes into its history, and what follows from it.
import type { Ids } from "../../../kernel/ids.ts";
import type { Tx } from "../../../storage/stores.ts";
import { EXECUTIONS, type Execution } from "./execution.ts";
import { logOf, type StoredEvent } from "./history.ts";
import { isWaiting, type Operation, operationId, OPERATIONS, sizeOf } from "./operation.ts";
import { askForInvocation } from "./queues.ts";

export interface Change {
  tx: Tx;
  key: string;
  nowMs: number;
  ids: Ids;
  /** A copy, to be changed. */
  execution: Execution;
  events: StoredEvent[];
  /** Written at the end, in this order. */
  changed: Map<string, Operation>;
  /** As they are stored. */
  read: Map<string, Operation | undefined>;
}

/** Holds the execution until the transaction ends. Undefined when there is none, or another one has its name now. */
export async function beginChange(tx: Tx, key: string, executionId: string, nowMs: number, ids: Ids): Promise<Change | undefined> {
  const execution = await tx.documents<Execution>(EXECUTIONS).update(key, (stored) => stored);
  if (execution?.executionId !== executionId) return undefined;
  return changeOf(tx, key, { ...execution }, nowMs, ids);
}

export const changeOf = (tx: Tx, key: string, execution: Execution, nowMs: number, ids: Ids): Change =>
  ({ tx, key, nowMs, ids, execution, events: [], changed: new Map(), read: new Map() });

/** As it is now, changes of this transaction included. */
export async function operationOf(change: Change, id: string): Promise<Operation | undefined> {
  const changed = change.changed.get(id);
  if (changed) return changed;
  if (!change.read.has(id)) change.read.set(id, await change.tx.documents<Operation>(OPERATIONS).get(operationId(change.execution.executionId, id)));
  return change.read.get(id);
}

export function putOperation(change: Change, operation: Operation): void {
  const { execution } = change;
  const before = change.changed.get(operation.id) ?? change.read.get(operation.id);
  if (!before) execution.operationCount++;
  execution.waiting += Number(isWaiting(operation)) - Number(before !== undefined && isWaiting(before));
  execution.storedBytes += sizeOf(operation);
  change.changed.delete(operation.id);
  change.changed.set(operation.id, operation);
}

/** An operation changed without the function doing anything: it is told at its next checkpoint, or by another invocation. */
export async function wake(change: Change, operation: Operation): Promise<void> {
  const { execution } = change;
  putOperation(change, operation);
  if (!execution.unseen.includes(operation.id)) execution.unseen = [...execution.unseen, operation.id];
  execution.wake = true;
  await askForInvocation(change.tx, change.key, execution, change.nowMs);
}

export async function saveChange(change: Change): Promise<void> {
  const { tx, key, execution, events, changed, nowMs } = change;
  for (const [id, operation] of changed) await tx.documents<Operation>(OPERATIONS).put(operationId(execution.executionId, id), operation);
  if (events.length > 0) {
    const first = await tx.logs.append(logOf(execution.executionId), events.map((event) => ({ atMs: nowMs, body: JSON.stringify(event) })));
    execution.lastEvent = first + events.length - 1;
    const end = events.findIndex(({ EventType }) => ENDS.has(EventType));
    if (end >= 0) execution.endEvent = first + end;
  }
  await tx.documents<Execution>(EXECUTIONS).put(key, execution);
}

const ENDS = new Set(["ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionStopped"]);
