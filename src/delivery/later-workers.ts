// The workers on queues and on streams, read when the first mapping needs one.
import { once } from "../kernel/once.ts";
import type { QueueSource, StreamSource } from "../ports/sources.ts";
import type { Worker } from "./mapping-worker.ts";

export function laterWorkers(): { queue: Worker<QueueSource>; stream: Worker<StreamSource> } {
  const queue = once(openQueues);
  const stream = once(openStreams);
  return {
    queue: async (...given) => (await queue())(...given),
    stream: async (...given) => (await stream())(...given),
  };
}

async function openQueues(): Promise<Worker<QueueSource>> {
  const [{ openQueueMemory }, { openQueuePolling }] = await Promise.all([import("./queue-memory.ts"), import("./queue-poller.ts")]);
  return openQueuePolling(openQueueMemory());
}

const openStreams = async (): Promise<Worker<StreamSource>> => (await import("./stream-poller.ts")).openStreamPoller();
