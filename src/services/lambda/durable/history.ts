// The history of an execution: one log each, so that an event's number is the EventId. Also where input and result are kept.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecutionHistory.html
import type { ErrorObject, Event } from "@aws-sdk/client-lambda";
import type { Stores, Tx } from "../../../storage/stores.ts";
import type { Execution } from "./execution.ts";
import type { Operation } from "./operation.ts";

/** An event as it is stored: as AWS shows it, without its number, and times in milliseconds. */
export type StoredEvent = Record<string, unknown> & { EventType: NonNullable<Event["EventType"]>; EventTimestamp: number };

export const logOf = (executionId: string): string => `lambda/durable/${executionId}`;

export const payloadOf = (payload: string | undefined) => ({ ...(payload === undefined ? {} : { Payload: payload }), Truncated: false });
export const failureOf = (error: ErrorObject | undefined) => ({ ...(error === undefined ? {} : { Payload: error }), Truncated: false });

export function executionEvent({ executionId, name }: Execution, type: StoredEvent["EventType"], atMs: number, details: object): StoredEvent {
  return { EventType: type, EventTimestamp: atMs, Id: executionId, Name: name, [`${type}Details`]: details };
}

export function operationEvent({ id, name, subType, parentId }: Operation, type: StoredEvent["EventType"], atMs: number, details: object): StoredEvent {
  return {
    EventType: type, EventTimestamp: atMs, Id: id,
    ...(name === undefined ? {} : { Name: name }),
    ...(subType === undefined ? {} : { SubType: subType }),
    ...(parentId === undefined ? {} : { ParentId: parentId }),
    [`${type}Details`]: details,
  };
}

/** The end of an invocation; `error` when it failed, or said that the execution has. */
export function invocationCompleted(atMs: number, startMs: number, requestId: string, error: ErrorObject | undefined): StoredEvent {
  return { EventType: "InvocationCompleted", EventTimestamp: atMs, InvocationCompletedDetails: { StartTimestamp: startMs, EndTimestamp: atMs, RequestId: requestId, ...(error === undefined ? {} : { Error: failureOf(error) }) } };
}

/** What the caller sent; the first event has it. */
export async function inputOf(stores: Pick<Stores | Tx, "logs">, executionId: string): Promise<string> {
  const [first] = await stores.logs.read(logOf(executionId), { limit: 1 });
  const event = first && (JSON.parse(first.body) as { ExecutionStartedDetails?: { Input?: { Payload?: string } } });
  return event?.ExecutionStartedDetails?.Input?.Payload ?? "{}";
}

export interface Outcome {
  result?: string;
  error?: ErrorObject;
}

/** Of an execution that has ended. */
export async function outcomeOf(stores: Pick<Stores | Tx, "logs">, { executionId, endEvent, status, timeoutSeconds }: Execution): Promise<Outcome> {
  if (endEvent === undefined) return {};
  // A timeout's event says nothing (observed of AWS); the execution itself says how long it was given.
  if (status === "TIMED_OUT") return { error: timedOut(timeoutSeconds) };
  const [last] = await stores.logs.read(logOf(executionId), { after: endEvent - 1, limit: 1 });
  const event = JSON.parse(last?.body ?? "{}") as Record<string, { Result?: { Payload?: string }; Error?: { Payload?: ErrorObject } }>;
  const details = event[`${String(event["EventType"])}Details`];
  return { ...(details?.Result?.Payload === undefined ? {} : { result: details.Result.Payload }), ...(details?.Error ? { error: details.Error.Payload ?? {} } : {}) };
}

export const timedOut = (timeoutSeconds: number): ErrorObject => ({ ErrorMessage: `Execution timed out after ${timeoutSeconds} seconds.` });

/** One answer holds no more than this of events or operations, however many were asked for. */
export const PAGE_BYTES_MAX = 5_000_000;
const READ_AT_ONCE = 20;

export interface HistoryOptions {
  after?: number;
  limit: number;
  backward: boolean;
  withData: boolean;
}

export async function readHistory(stores: Pick<Stores, "logs">, executionId: string, { after, limit, backward, withData }: HistoryOptions): Promise<{ events: Event[]; next?: number }> {
  const events: Event[] = [];
  let bytes = 0;
  for (let at = after; ;) {
    const records = await stores.logs.read(logOf(executionId), { limit: READ_AT_ONCE, backward, ...(at === undefined ? {} : { after: at }) });
    for (const { seq, body } of records) {
      if (events.length === limit || (events.length > 0 && bytes + body.length > PAGE_BYTES_MAX)) return { events, next: at! };
      events.push(shownEvent(seq, body, withData));
      bytes += body.length;
      at = seq;
    }
    if (records.length < READ_AT_ONCE) return { events };
  }
}

function shownEvent(seq: number, body: string, withData: boolean): Event {
  const event = JSON.parse(body, (name, value: unknown) => {
    if (!withData && name === "Payload") return undefined;
    return name.endsWith("Timestamp") && typeof value === "number" ? new Date(value) : value;
  }) as Event;
  return { ...event, EventId: seq };
}
