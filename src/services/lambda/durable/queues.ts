// What has to happen to executions, and when: three queues, each with its own worker.
import type { Tx } from "../../../storage/stores.ts";
import type { Execution } from "./execution.ts";

/** At most one item for each execution, so that it never has two invocations at once. */
export const INVOCATIONS = "lambda/durable-invocations";
/** Moments: the end of a wait, of a retry's delay, of a callback's patience, of an execution's time, of its retention. */
export const TIMERS = "lambda/durable-timers";
/** Calls to others: chained invokes of functions that are not durable, and dead-letter queues. */
export const CALLS = "lambda/durable-calls";

export interface InvocationItem {
  key: string;
  executionId: string;
}

export interface TimerItem {
  key: string;
  executionId: string;
  kind: "wait" | "retry" | "callback" | "heartbeat" | "execution" | "retention";
  operationId?: string;
}

export type CallItem =
  | { kind: "chained-invoke"; key: string; executionId: string; operationId: string; functionArn: string; payload: string; tenantId?: string; traceId?: string }
  | { kind: "dead-letter"; key: string; executionId: string; deadLetterArn: string; roleArn: string; errorMessage: string };

/** Once is enough: an item that is there already, waiting or held by a running invocation, does. */
export async function askForInvocation(tx: Tx, key: string, { executionId }: Execution, nowMs: number): Promise<void> {
  const item: InvocationItem = { key, executionId };
  await tx.queues.send(INVOCATIONS, { id: executionId, body: JSON.stringify(item), dueMs: nowMs });
}

const timerId = ({ executionId, kind, operationId = "" }: Omit<TimerItem, "key">): string => `${executionId}/${kind}/${operationId}`;

export async function setTimer(tx: Tx, timer: TimerItem, dueMs: number): Promise<void> {
  await tx.queues.send(TIMERS, { id: timerId(timer), body: JSON.stringify(timer), dueMs });
}

/** What is over is waited for no longer: a timer may be a year away, long after everything else was forgotten. */
export const clearTimer = (tx: Pick<Tx, "queues">, timer: Omit<TimerItem, "key">): Promise<boolean> => tx.queues.cancel(TIMERS, timerId(timer));

export async function askForCall(tx: Tx, call: CallItem, nowMs: number): Promise<void> {
  await tx.queues.send(CALLS, { id: `${call.executionId}/${call.kind}/${call.kind === "chained-invoke" ? call.operationId : ""}`, body: JSON.stringify(call), dueMs: nowMs });
}
