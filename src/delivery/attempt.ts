// One try of an asynchronous event: whether it runs now, and what becomes of it after.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
import type { Clock } from "../kernel/clock.ts";
import type { Ids } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { FunctionDirectory, ResolvedFunction } from "../ports/function-directory.ts";
import type { Functions, Invocation, InvokeResult } from "../ports/functions.ts";
import { RecursiveInvocation } from "../ports/recursive-invocation.ts";
import { Throttled } from "../ports/throttled.ts";
import type { CountAsync } from "./async-metrics.ts";
import { functionOf } from "./function-arn.ts";
import type { LaneItem, LaneOutcome, LaneSend } from "../ports/lanes.ts";
import { outgoing } from "./outgoing.ts";
import { deadLetterMessage, destinationMessage, type Ended, type Ending } from "./record.ts";
import { decodeEvent, encodeEvent, type StoredEvent } from "./stored-event.ts";
import { traceAfter } from "./trace-after.ts";

export interface AttemptOptions {
  clock: Clock;
  ids: Ids;
  log: Log;
  directory: FunctionDirectory;
  functions: Functions;
  count: CountAsync;
  /** Told each time, because it can change: how many of the function may run at once. */
  bound(lane: string, most: number): void;
}

/** For the operator: once per function in ten minutes, not once per event. */
type Say = (message: string, functionArn: string, fields?: Record<string, unknown>) => void;

/** Before the second run and before the third. */
const RETRY_MS = [60_000, 120_000];
/** Throttles and system errors: 1 s, doubling, at most 5 minutes. */
const BACK_OFF_MS_FIRST = 1_000;
const BACK_OFF_MS_MAX = 300_000;
/** Where the settings are gone with the version or alias they belonged to. */
const AGE_SECONDS_MAX = 21_600;
const SAY_AGAIN_MS = 600_000;
const SAID_MAX = 1000;

export const eventLane = (functionArn: string): string => `event/${functionArn}`;

export function openAttempts(options: AttemptOptions): (item: LaneItem) => Promise<LaneOutcome> {
  const { clock, directory, count } = options;
  const say = openSay(options);
  return async (item) => {
    const event = decodeEvent(item.body);
    const found = await directory.resolve(event.functionArn);
    const ageMs = clock.now() - event.acceptedMs;
    if (!found) {
      const isGone = (await directory.resolve(functionOf(event.functionArn))) === undefined;
      if (!isGone && ageMs < AGE_SECONDS_MAX * 1000) return backOff(item, event, AGE_SECONDS_MAX, clock.now());
      say(isGone ? "The function is gone: its asynchronous events are dropped" : "The version or alias is gone: its asynchronous events are dropped at the end of their time", event.functionArn);
      count("AsyncEventsDropped", event.functionArn, 1);
      return {};
    }
    options.bound(item.lane, found.reservedConcurrency || Infinity); // with 0 nothing runs at all
    return tryOnce(options, say, item, event, found, ageMs);
  };
}

function openSay({ clock, log }: AttemptOptions): Say {
  const said = new Map<string, number>();
  return (message, functionArn, fields) => {
    const key = `${message} ${functionArn}`;
    if ((said.get(key) ?? -Infinity) > clock.now() - SAY_AGAIN_MS) return;
    if (said.size >= SAID_MAX) said.clear();
    said.set(key, clock.now());
    log.warn(message, { function: functionArn, ...fields });
  };
}

async function tryOnce(options: AttemptOptions, say: Say, item: LaneItem, event: StoredEvent, found: ResolvedFunction, ageMs: number): Promise<LaneOutcome> {
  const { clock, functions, count } = options;
  const end = (ending: Ending) => ended(options, event, found, ending);
  if (ageMs >= found.async.ageSecondsMax * 1000) return end({ condition: "EventAgeExceeded", invokeCount: event.failures, ...lastTry(item, event) });
  // Since August 2021 such events are not kept (announcement of AWS). Which condition their record has is nowhere written.
  if (found.reservedConcurrency === 0) return end({ condition: "RetriesExhausted", invokeCount: event.failures, response: { statusCode: 429 } });
  if (!found.version) return backOff(item, event, found.async.ageSecondsMax, clock.now());
  count("AsyncEventAge", event.functionArn, ageMs);
  let result: InvokeResult;
  try {
    result = await functions.invoke(invocationOf(event, found));
  } catch (error) {
    if (error instanceof RecursiveInvocation) return end({ condition: "RetriesExhausted", invokeCount: event.failures, response: { statusCode: 400 } });
    if (!(error instanceof Throttled)) say("Asynchronous events of a function could not be run and are tried again", event.functionArn, { requestId: event.requestId, error });
    return backOff(item, event, found.async.ageSecondsMax, clock.now(), error instanceof Throttled);
  }
  return answered(options, item, event, found, result);
}

function answered(options: AttemptOptions, item: LaneItem, event: StoredEvent, found: ResolvedFunction, { failed, payload, executedVersion }: InvokeResult): LaneOutcome {
  const { onSuccessArn, ageSecondsMax, retriesMax } = found.async;
  if (!failed && (!onSuccessArn || found.version?.durable)) return {}; // by far the most; durable functions have no destinations (durable-invoking)
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
  const response = { statusCode: 200, executedVersion, failed, payload: text };
  const invokeCount = event.failures + 1;
  if (!failed) return ended(options, event, found, { condition: "Success", invokeCount, response });
  if (invokeCount > retriesMax) return ended(options, event, found, { condition: "RetriesExhausted", invokeCount, response });
  const againMs = options.clock.now() + RETRY_MS[Math.min(invokeCount, RETRY_MS.length) - 1]!;
  if (againMs >= event.acceptedMs + ageSecondsMax * 1000) return ended(options, event, found, { condition: "EventAgeExceeded", invokeCount, response });
  const next: StoredEvent = { ...event, failures: invokeCount, last: { executedVersion, payload: text } };
  return { sends: [{ lane: item.lane, id: `${event.requestId}.${invokeCount}`, body: encodeEvent(next), dueMs: againMs }] };
}

function invocationOf({ payload, requestId, traceId, tenantId }: StoredEvent, { version, invokedArn, reservedConcurrency, recursiveLoop }: ResolvedFunction): Invocation {
  const invocation: Invocation = { version: version!, invokedArn, payload: Buffer.from(payload), requestId, traceId, tail: false, recursiveLoop, asynchronous: true };
  if (reservedConcurrency !== undefined) invocation.reservedConcurrency = reservedConcurrency;
  if (tenantId !== undefined) invocation.tenantId = tenantId;
  return invocation;
}

/** Takes no try away. At the end of the event's time at the latest it is looked at again, and then ends. */
function backOff(item: LaneItem, { acceptedMs }: StoredEvent, ageSecondsMax: number, nowMs: number, crowded = false): LaneOutcome {
  const waitMs = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_FIRST * 2 ** Math.min(item.receives - 1, 16));
  return { againMs: Math.min(nowMs + waitMs, Math.max(nowMs, acceptedMs + ageSecondsMax * 1000)), crowded };
}

/** An event whose time ended before it ran was held up by throttles (429); after a function error that error is its last answer. */
function lastTry({ receives }: LaneItem, { last }: StoredEvent): Pick<Ending, "response"> {
  if (last) return { response: { statusCode: 200, executedVersion: last.executedVersion, failed: true, ...(last.payload === undefined ? {} : { payload: last.payload }) } };
  return receives > 1 ? { response: { statusCode: 429 } } : {};
}

/** The end of an event, and who is told: destination and dead-letter queue both, where there are both. */
function ended({ clock, ids, count }: AttemptOptions, event: StoredEvent, found: ResolvedFunction, ending: Ending): LaneOutcome {
  const { requestId, payload } = event;
  const nowMs = clock.now();
  const succeeded = ending.condition === "Success";
  const record: Ended = { requestId, functionArn: found.arn, qualifier: found.qualifier, payload, ending, nowMs };
  const about = { eventArn: event.functionArn, functionArn: found.arn, role: found.version?.role, traceId: traceAfter(event.traceId, found.arn, ending.invokeCount > 0), nowMs };
  const sends: LaneSend[] = [];
  const destinationArn = succeeded ? found.async.onSuccessArn : found.async.onFailureArn;
  if (destinationArn) sends.push(outgoing({ ...about, id: ids.uuid(), kind: "destination", arn: destinationArn, message: destinationMessage(destinationArn, record, ids.uuid()) }));
  if (!succeeded && found.deadLetterArn) sends.push(outgoing({ ...about, id: ids.uuid(), kind: "dead-letter", arn: found.deadLetterArn, message: deadLetterMessage(record) }));
  if (!succeeded) count("AsyncEventsDropped", event.functionArn, 1);
  return { sends };
}
