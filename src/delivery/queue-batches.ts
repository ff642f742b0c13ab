// Which items of a queue go to the function together: as many as the batch size says, and as fit into one invocation. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
import type { QueueItem } from "../ports/sources.ts";

export interface Batch {
  items: QueueItem[];
  /** Of the records as JSON text. */
  bytes: number;
  /** When the first of them becomes visible to others again. */
  hiddenUntilMs: number;
}

export interface BatchLimits {
  items: number;
  bytes: number;
}

/** Of a record in an event, with the comma behind it. */
export const sizeOf = ({ record }: QueueItem): number => Buffer.byteLength(JSON.stringify(record)) + 1;

/** Adds to the batch that is open. One item that is too large by itself is a batch by itself. */
export function gather(open: Batch | undefined, sized: { item: QueueItem; bytes: number }[], hiddenUntilMs: number, most: BatchLimits): { full: Batch[]; open: Batch | undefined } {
  const full: Batch[] = [];
  for (const { item, bytes } of sized) {
    if (open && open.bytes + bytes > most.bytes) {
      full.push(open);
      open = undefined;
    }
    open ??= { items: [], bytes: 0, hiddenUntilMs };
    open.items.push(item);
    open.bytes += bytes;
    if (open.items.length < most.items) continue;
    full.push(open);
    open = undefined;
  }
  return { full, open };
}
