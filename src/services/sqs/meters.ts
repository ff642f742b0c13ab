// SQS's own numbers, per queue. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
import type { Metrics } from "../../ports/metrics.ts";
import type { Queue } from "./queue.ts";

const UNITS = {
  NumberOfMessagesSent: "Count", SentMessageSize: "Bytes", NumberOfMessagesReceived: "Count", NumberOfEmptyReceives: "Count", NumberOfMessagesDeleted: "Count",
  ApproximateNumberOfMessagesVisible: "Count", ApproximateNumberOfMessagesNotVisible: "Count", ApproximateNumberOfMessagesDelayed: "Count", ApproximateAgeOfOldestMessage: "Seconds",
} as const;

export type Meter = Record<keyof typeof UNITS, (value: number) => void>;

export interface Meters {
  /** The handles of a queue, kept; asking makes it one that was used just now. */
  of(queue: Queue): Meter;
  /** Queues used in this process since `sinceMs`. */
  used(sinceMs: number): Iterable<[Queue, Meter]>;
  forget(queueId: string): void;
}

/** Then the one known for longest makes room; its handles are asked for anew. */
const KEPT_MAX = 5000;

export function openMeters(metrics: Metrics, now: () => number): Meters {
  const kept = new Map<string, { queue: Queue; meter: Meter; usedMs: number }>();
  return {
    of(queue) {
      let entry = kept.get(queue.id);
      if (!entry) {
        if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!);
        kept.set(queue.id, (entry = { queue, meter: open(metrics, queue), usedMs: 0 }));
      }
      entry.usedMs = now();
      return entry.meter;
    },
    *used(sinceMs) {
      for (const { queue, meter, usedMs } of kept.values()) if (usedMs >= sinceMs) yield [queue, meter];
    },
    forget(queueId) { kept.delete(queueId); },
  };
}

/** Each handle is made at its first number. */
function open(metrics: Metrics, { account, region, name }: Queue): Meter {
  const meter = {} as Meter;
  for (const [metric, unit] of Object.entries(UNITS) as [keyof Meter, string][]) {
    meter[metric] = (value) => {
      meter[metric] = metrics.series({ account, region, namespace: "AWS/SQS", name: metric, unit, dimensions: [{ QueueName: name }] });
      meter[metric](value);
    };
  }
  return meter;
}
