// The simplest queue source there can be: messages as the store keeps them. To run the poller without a service.
import type { Clock } from "../../src/kernel/clock.ts";
import { ServiceError } from "../../src/kernel/errors.ts";
import { HEX, realIds } from "../../src/kernel/ids.ts";
import type { QueueItem, QueueSource } from "../../src/ports/sources.ts";
import type { Stores } from "../../src/storage/stores.ts";

export interface MessageSource extends QueueSource {
  create(name: string, options: { ordered?: boolean; hiddenSeconds: number }): string;
  delete(arn: string): void;
  put(arn: string, items: { body: string; group?: string; traceHeader?: string }[]): Promise<void>;
  left(arn: string): Promise<number>;
  visible(arn: string): Promise<number>;
  /** How often it was looked whether there is something. */
  receives(): number;
}

const ids = realIds();

export type KnownQueues = Map<string, { ordered: boolean; hiddenSeconds: number }>;

/** `queues` may be shared by several processes. */
export function messageSource({ stores, clock, queues = new Map() }: { stores: Stores; clock: Clock; queues?: KnownQueues }): MessageSource {
  let receives = 0;
  const found = (arn: string) => {
    const queue = queues.get(arn);
    if (!queue) throw new ServiceError("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.");
    return queue;
  };
  return {
    kind: "queue", service: "sqs", actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
    receives: () => receives,
    create(name, { ordered = false, hiddenSeconds }) {
      const arn = `arn:aws:sqs:eu-west-1:000000000000:${name}`;
      queues.set(arn, { ordered, hiddenSeconds });
      return arn;
    },
    delete(arn) { queues.delete(arn); },
    async put(arn, items) {
      const nowMs = clock.now();
      await Promise.all(items.map(({ group, ...kept }) => stores.messages.send(arn, { body: JSON.stringify(kept), sentMs: nowMs, dueMs: nowMs, order: queues.get(arn)?.ordered ? "fifo" : "standard", ...(group !== undefined && { group }) })));
    },
    async left(arn) {
      const { visible, held, delayed } = await stores.messages.counts(arn, clock.now());
      return visible + held + delayed; // delayed: put before the clock was set back
    },
    visible: async (arn) => (await stores.messages.counts(arn, clock.now())).visible,
    describe: async (arn) => queues.get(arn),
    async receive(arn, { limit, hiddenSeconds }) {
      receives++;
      const nowMs = clock.now();
      const receipt = ids.token(16, HEX);
      const received = await stores.messages.receive(arn, { order: found(arn).ordered ? "fifo" : "standard", nowMs, limit, hiddenUntilMs: nowMs + hiddenSeconds * 1000, receipt });
      return received.map(({ sequence, receives: count, body: stored, group }) => {
        const { body, traceHeader } = JSON.parse(stored) as { body: string; traceHeader?: string };
        const item: QueueItem = { id: String(sequence), receipt, record: { messageId: String(sequence), body, attributes: { ApproximateReceiveCount: String(count), ...(group !== undefined && { MessageGroupId: group }) } } };
        if (traceHeader !== undefined) item.traceHeader = traceHeader;
        return item;
      });
    },
    async wait(arn, signal) {
      const over = new AbortController();
      const signals = AbortSignal.any([signal, over.signal]);
      const woken = stores.messages.wait(arn, signals);
      const dueMs = await stores.messages.nextDueMs(arn, clock.now());
      await (dueMs === undefined ? woken : Promise.race([woken, clock.until(dueMs, signals).catch(() => undefined)]));
      over.abort();
    },
    async done(arn, items) {
      await Promise.all(items.map(({ id, receipt }) => stores.messages.delete(arn, Number(id), receipt)));
    },
    async hide(arn, items, seconds) {
      const nowMs = clock.now();
      await Promise.all(items.map(({ id, receipt }) => stores.messages.hide(arn, Number(id), receipt, { nowMs, dueMs: nowMs + seconds * 1000 })));
    },
    filterable(record) {
      const { body, ...rest } = record as { body: string };
      try {
        return { ...rest, body: JSON.parse(body) as unknown };
      } catch {
        return { ...rest, body };
      }
    },
    toEvent: (_arn, records) => ({ Records: records }),
  };
}
