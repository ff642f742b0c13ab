// The way of every event to its function: asynchronous events are stored, tried, tried again and sent to their destinations.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
import type { Clock } from "../kernel/clock.ts";
import { Fault } from "../kernel/errors.ts";
import type { Ids } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { Access } from "../ports/access.ts";
import type { Events } from "../ports/events.ts";
import type { FunctionDirectory } from "../ports/function-directory.ts";
import type { Functions } from "../ports/functions.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { Targets } from "../ports/targets.ts";
import type { Stores } from "../storage/stores.ts";

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

export function openDelivery(_options: DeliveryOptions): Events {
  const refuse = async (): Promise<never> => { throw new Fault("asynchronous events are not there yet"); };
  return { enqueue: refuse, invoke: refuse };
}
