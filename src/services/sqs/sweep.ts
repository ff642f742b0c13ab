// What SQS does by itself, once a minute: messages past their retention are removed, the gauges of queues in use are written, leftovers of deletions go.
import { removeLeftMessages } from "./removal.ts";
import { messagesOf } from "./names.ts";
import type { Parts } from "./parts.ts";
import { DELETED, DELETED_MS } from "./queues.ts";
import type { Queue } from "./queue.ts";

const EVERY_MS = 60_000;
const PAGE = 500;
/** Removed in one step, so that nobody stands still; the steps follow each other. */
const EXPIRED_AT_ONCE = 500;
const GAUGED_AT_ONCE = 50;
/** "A queue stays active for up to six hours from the last activity": the page on CloudWatch metrics. */
const ACTIVE_MS = 6 * 3_600_000;

export function sweeping(parts: Parts): void {
  const { stores, clock, background } = parts;
  background("sqs: retention and metrics", async (signal) => {
    while (!signal.aborted) {
      await removeLeftMessages(stores, clock.now());
      await forgetDeleted(parts);
      await expireMessages(parts, signal);
      await gauge(parts, signal);
      await clock.nextRound(EVERY_MS, signal).catch(() => undefined);
    }
  });
}

async function forgetDeleted({ stores, clock }: Parts): Promise<void> {
  const deleted = stores.documents<{ deletedMs: number }>(DELETED);
  for (const [key, { deletedMs }] of await deleted.list({ limit: PAGE })) if (clock.now() >= deletedMs + DELETED_MS) await deleted.delete(key);
}

async function expireMessages({ queues, stores, clock }: Parts, signal: AbortSignal): Promise<void> {
  let after: string | undefined;
  do {
    const page: [string, Queue][] = await queues.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const [, queue] of page) {
      const nowMs = clock.now();
      while (!signal.aborted && (await stores.messages.expire(messagesOf(queue.id), nowMs - queue.retentionSeconds * 1000, nowMs, EXPIRED_AT_ONCE)) === EXPIRED_AT_ONCE);
    }
    after = page.length < PAGE ? undefined : page.at(-1)![0];
  } while (after !== undefined && !signal.aborted);
}

async function gauge({ stores, meters, clock }: Parts, signal: AbortSignal): Promise<void> {
  let written = 0;
  for (const [queue, meter] of [...meters.used(clock.now() - ACTIVE_MS)]) {
    if (signal.aborted) return;
    const nowMs = clock.now();
    const { visible, held, delayed } = await stores.messages.counts(messagesOf(queue.id), nowMs);
    meter.ApproximateNumberOfMessagesVisible(visible);
    meter.ApproximateNumberOfMessagesNotVisible(held);
    meter.ApproximateNumberOfMessagesDelayed(delayed);
    const oldestMs = await stores.messages.oldestSentMs(messagesOf(queue.id), nowMs);
    meter.ApproximateAgeOfOldestMessage(oldestMs === undefined ? 0 : Math.max(0, nowMs - oldestMs) / 1000);
    if (++written % GAUGED_AT_ONCE === 0) await new Promise<void>((resolve) => { setImmediate(resolve); }); // others are served in between: reads alone never let them
  }
}
