// How many batches of a queue run at once: AWS's numbers, by mapping and kind of queue.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
import type { EventSourceMapping } from "../ports/event-source-mappings.ts";

export interface QueueConcurrency {
  /** At the start. */
  first: number;
  /** After a while without messages, and the least that failures leave. */
  idle: number;
  most: number;
  /** One more after each of these, while all are busy and there is more to do. */
  growMs: number;
}

const MOST = 1250;
const BATCHES_PER_POLLER = 10;
const PER_MINUTE = 300;
const PER_MINUTE_PROVISIONED = 1000;

export function queueConcurrency({ maximumConcurrency, provisionedPollers }: EventSourceMapping, ordered: boolean): QueueConcurrency {
  if (provisionedPollers) {
    const least = provisionedPollers.minimum * BATCHES_PER_POLLER;
    return { first: least, idle: least, most: provisionedPollers.maximum * BATCHES_PER_POLLER, growMs: 60_000 / PER_MINUTE_PROVISIONED };
  }
  const most = Math.min(maximumConcurrency ?? MOST, MOST);
  const growMs = 60_000 / PER_MINUTE;
  // As many as there are groups with messages: the queue gives no group to two batches.
  if (ordered) return { first: most, idle: most, most, growMs };
  const first = Math.min(5, most);
  return { first, idle: maximumConcurrency === undefined ? 2 : first, most, growMs };
}
