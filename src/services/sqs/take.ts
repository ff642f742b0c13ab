// Taking messages off a queue, for callers and for Lambda's pollers alike: what is too old is dropped, what was received too often goes to the dead-letter queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
import { LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import type { RoomPorts } from "../service.ts";
import { inGroupOrder } from "./group-order.ts";
import { readTaken, storedBody, type Taken } from "./message.ts";
import { tooManyInFlight } from "./message-errors.ts";
import type { Meters } from "./meters.ts";
import { messagesOf } from "./names.ts";
import { arnOf, keyOf, orderOf, ownerByArn, type Queue, QUEUES } from "./queue.ts";
import type { Waiting } from "./waiting.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html */
const IN_FLIGHT_MAX = 120_000;
/** Close to the limit the exact number is looked up this often. */
const RECOUNT_MS = 1000;
/** So many times in a row nothing but what is dropped or moved away; the rest comes with the next receive. */
const ROUNDS_MAX = 10;
const QUEUES_KEPT_MAX = 10_000;

export interface TakeOptions {
  limit: number;
  hiddenMs: number;
  /** What to do at the limit of messages in flight: standard queues refuse a caller who does not wait; everybody else gets nothing. */
  refuseOverLimit: boolean;
}

export interface Batch {
  taken: Taken[];
  receipt: string;
  receivedMs: number;
}

export type Take = (queue: Queue, options: TakeOptions) => Promise<Batch>;

export interface TakeParts extends Pick<RoomPorts, "stores" | "clock" | "ids"> {
  meters: Meters;
  waiting: Waiting;
}

export function openTaking(parts: TakeParts, inFlightMax = IN_FLIGHT_MAX): Take {
  const { stores, clock, ids, meters, waiting } = parts;
  const room = openInFlight(parts, inFlightMax);
  return async (queue, { limit, hiddenMs, refuseOverLimit }) => {
    const meter = meters.of(queue);
    for (let round = 0; round < ROUNDS_MAX; round++) {
      if (!(await room.has(queue, limit))) {
        if (refuseOverLimit) throw tooManyInFlight();
        break;
      }
      const nowMs = clock.now();
      const receipt = ids.token(20, LOWER_ALPHANUMERIC);
      const received = await stores.messages.receive(messagesOf(queue.id), { order: orderOf(queue), nowMs, limit, hiddenUntilMs: nowMs + hiddenMs, receipt });
      if (received.length === 0) break;
      room.taken(queue, received.length);
      if (hiddenMs > 0) waiting.due(queue.id, nowMs + hiddenMs);
      const all = received.map(readTaken);
      const aside = all.filter((one) => isOld(queue, one, nowMs) || isSpent(queue, one));
      const gone = aside.length > 0 ? await putAside(parts, queue, aside, nowMs) : aside;
      const taken = gone.length > 0 ? all.filter((one) => !gone.includes(one)) : all;
      if (taken.length === 0) continue;
      meter.NumberOfMessagesReceived(taken.length);
      return { taken, receipt, receivedMs: nowMs };
    }
    meter.NumberOfEmptyReceives(1);
    return { taken: [], receipt: "", receivedMs: clock.now() };
  };
}

const isOld = (queue: Queue, { received }: Taken, nowMs: number): boolean => received.sentMs <= nowMs - queue.retentionSeconds * 1000;
const isSpent = (queue: Queue, { received }: Taken): boolean => queue.redrive !== undefined && received.receives > queue.redrive.maxReceives;

/**
 * Away from this queue and into the other in one transaction; should it not come to that, the message is only hidden for a while, and comes again.
 * Returns what is no longer here: a message whose dead-letter queue has been deleted is received as before.
 */
async function putAside({ stores }: TakeParts, queue: Queue, messages: Taken[], nowMs: number): Promise<Taken[]> {
  const owner = queue.redrive && ownerByArn(queue.redrive.targetArn);
  return stores.transaction(async (tx) => {
    const target = owner && (await tx.documents<Queue>(QUEUES).get(keyOf(owner)));
    const gone = inGroupOrder(messages, ({ received }) => received.group).filter((one) => target !== undefined || isOld(queue, one, nowMs));
    for (const one of gone) {
      const { sequence, receipt } = one.received;
      const here = await tx.messages.delete(messagesOf(queue.id), sequence, receipt);
      if (here && target && !isOld(queue, one, nowMs)) await tx.messages.send(messagesOf(target.id), deadLetter(queue, one, nowMs));
    }
    return gone;
  });
}

/** Standard queues keep the time of sending, FIFO queues begin anew: documented under "Setting up dead-letter queue retention". */
function deadLetter(queue: Queue, { head, body, received }: Taken, nowMs: number) {
  const moved = { ...head, deadLetterSourceArn: arnOf(queue), receivedBefore: (head.receivedBefore ?? 0) + received.receives - 1, firstReceivedMs: head.firstReceivedMs ?? received.firstReceivedMs };
  return { order: orderOf(queue), body: storedBody(moved, body), sentMs: queue.fifo ? nowMs : received.sentMs, dueMs: nowMs, ...(received.group !== undefined && { group: received.group }) };
}

/** The number in flight, from above: exact when last looked up, and since then whatever was taken. What was finished meanwhile shows at the next look. */
function openInFlight({ stores, clock }: TakeParts, most: number) {
  const kept = new Map<string, { atMost: number; atMs: number }>();
  const count = async (queue: Queue) => {
    const entry = { atMost: (await stores.messages.counts(messagesOf(queue.id), clock.now())).held, atMs: clock.monotonicMs() };
    if (!kept.has(queue.id) && kept.size >= QUEUES_KEPT_MAX) kept.delete(kept.keys().next().value!);
    kept.set(queue.id, entry);
    return entry;
  };
  return {
    async has(queue: Queue, limit: number): Promise<boolean> {
      let entry = kept.get(queue.id) ?? (await count(queue));
      if (entry.atMost + limit > most && clock.monotonicMs() - entry.atMs >= RECOUNT_MS) entry = await count(queue);
      return entry.atMost + limit <= most;
    },
    taken(queue: Queue, messages: number): void {
      const entry = kept.get(queue.id);
      if (entry) entry.atMost += messages;
    },
  };
}
