// The way of every event to its function: asynchronous events are stored, tried, tried again and sent to their destinations.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
import { assert } from "../kernel/assert.ts";
import type { Clock } from "../kernel/clock.ts";
import { HEX, type Ids } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { Access } from "../ports/access.ts";
import type { AsyncEvent, Events } from "../ports/events.ts";
import type { FunctionDirectory, ResolvedFunction } from "../ports/function-directory.ts";
import type { Functions, Invocation } from "../ports/functions.ts";
import type { Lanes as LanesPort } from "../ports/lanes.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { Targets } from "../ports/targets.ts";
import type { Stores } from "../storage/stores.ts";
import { openAsyncMetrics } from "./async-metrics.ts";
import { eventLane, openAttempts } from "./attempt.ts";
import { durableUnqualified, functionNotFound, notInvocable } from "./errors.ts";
import { type Lanes, openLanes } from "./lanes.ts";
import { openOutgoing } from "./outgoing.ts";
import { encodeEvent, type StoredEvent } from "./stored-event.ts";

export interface DeliveryOptions {
  stores: Stores;
  clock: Clock;
  ids: Ids;
  log: Log;
  directory: FunctionDirectory;
  functions: Functions;
  targets: Targets;
  metrics: Metrics;
  access: Access;
  background(name: string, work: (signal: AbortSignal) => Promise<void>): void;
}

export interface Delivery {
  events: Events;
  /** For rooms that have durable work of their own: retries, fan-out. */
  lanes: LanesPort;
  /** Functions and targets with stored events that this process is busy with, and how many run now. */
  stats(): { lanes: number; running: number };
  /** Nothing stored is being run, read or written. */
  atRest(): boolean;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 1 MB for asynchronous invocations, since October 2025. */
const PAYLOAD_BYTES_MAX = 1_048_576;

export function openDelivery(options: DeliveryOptions): Delivery {
  const { stores, clock, ids, log, directory, functions, targets, metrics, access } = options;
  const count = openAsyncMetrics(metrics);
  const lanes: Lanes = openLanes({
    stores, clock, ids, log,
    run: {
      event: openAttempts({ clock, ids, log, directory, functions, count, bound: (lane, most) => lanes.bound(lane, most) }),
      outgoing: openOutgoing({ clock, log, targets, metrics, count }),
    },
  });
  options.background("asynchronous events", (signal) => lanes.work(signal));

  /** The function, if there is one and the sender may invoke it. */
  const admit = async ({ functionArn, source }: AsyncEvent): Promise<ResolvedFunction> => {
    const found = await directory.resolve(functionArn);
    if (!found) throw functionNotFound(functionArn);
    if (found.version?.durable && found.invokedArn === found.arn) throw durableUnqualified();
    if (!source) return found;
    const context: Record<string, string> = {};
    if (source.arn !== undefined) context["aws:SourceArn"] = source.arn;
    if (source.account !== undefined) context["aws:SourceAccount"] = source.account;
    await access.check({ actor: { service: source.service }, action: "lambda:InvokeFunction", resource: functionArn, context });
    return found;
  };

  const events: Events = {
    async enqueue(event) {
      assert(event.payload.byteLength <= PAYLOAD_BYTES_MAX, `an asynchronous event has at most ${PAYLOAD_BYTES_MAX} bytes`);
      const found = await admit(event);
      const { functionArn, requestId, payload, tenantId } = event;
      const acceptedMs = clock.now();
      const stored: StoredEvent = {
        functionArn, requestId, acceptedMs, failures: 0,
        // All tries are one trace.
        traceId: event.traceId ?? `Root=1-${Math.trunc(acceptedMs / 1000).toString(16).padStart(8, "0")}-${ids.token(24, HEX)}`,
        payload: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8"),
      };
      if (tenantId !== undefined) stored.tenantId = tenantId;
      const lane = eventLane(found.arn);
      lanes.bound(lane, found.reservedConcurrency || Infinity);
      await lanes.send({ lane, id: requestId, body: encodeEvent(stored), dueMs: acceptedMs });
      count("AsyncEventsReceived", functionArn, 1);
    },

    async invoke(event) {
      const { version, invokedArn, reservedConcurrency, recursiveLoop } = await admit(event);
      if (!version) throw notInvocable();
      const { payload, requestId, traceId, tenantId } = event;
      const invocation: Invocation = { version, invokedArn, payload, requestId, tail: false, recursiveLoop };
      if (traceId !== undefined) invocation.traceId = traceId;
      if (tenantId !== undefined) invocation.tenantId = tenantId;
      if (reservedConcurrency !== undefined) invocation.reservedConcurrency = reservedConcurrency;
      return functions.invoke(invocation);
    },
  };
  return { events, lanes, stats: lanes.stats, atRest: lanes.atRest };
}
