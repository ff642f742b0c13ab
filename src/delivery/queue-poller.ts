// Works on a mapping whose source is a queue: receives, filters, gathers batches, and runs as many at once as AWS would.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
import { ServiceError } from "../kernel/errors.ts";
import { LAMBDA } from "../kernel/limits.ts";
import type { QueueDescription, QueueItem, QueueSource } from "../ports/sources.ts";
import { obstacleTo, timeoutSecondsOf } from "./mapping-check.ts";
import { type Filter, openFilter } from "./mapping-filter.ts";
import { openEventCounts } from "./mapping-metrics.ts";
import type { MappingReport } from "../ports/event-source-mappings.ts";
import type { Worker } from "./mapping-worker.ts";
import { type Batch, type BatchLimits, gather, sizeOf } from "./queue-batches.ts";
import { type QueueConcurrency, queueConcurrency } from "./queue-concurrency.ts";
import type { QueueMemory, QueueShare } from "./queue-memory.ts";
import { type BatchRuns, finish, giveBack, keepHidden, runBatch } from "./queue-run.ts";

interface Poller extends BatchRuns {
  memory: QueueShare;
  /** Of the same mapping, itself among them: those of revisions before, whose batches still run. */
  pollers: Set<Poller>;
  ordered: boolean;
  filter: Filter | undefined;
  most: BatchLimits;
  concurrency: QueueConcurrency;
  /** How many batches may run at once, now. */
  limit: number;
  running: Set<Batch[]>;
  /** Received, and waiting to run; batches that keep an order between them stand together. */
  ready: Batch[][];
  /** Of a queue without order: still being filled, until its window is over. */
  open: Batch | undefined;
  cancelWindow: (() => void) | undefined;
  /** Batches that were refused, and try again. */
  refusals: number;
  cancelGrowth: (() => void) | undefined;
  /** The last receive brought as many as it asked for, so there may be more. */
  more: boolean;
  /** Something came since the last receive began. */
  heard: boolean;
  stopListening: () => void;
  /** Receives at once, each for a batch of an ordered queue: asked for in one turn, they are one commit. */
  abreast: number;
  /** How large an item is taken to be before it was received. */
  itemBytes: number;
  receivedMs: number;
  /** When it was last looked whether nothing stands in its way; of `monotonicMs`. */
  lookedMs: number;
  writes: Set<Promise<void>>;
  wake: () => void;
}

/** Without messages for so long, a queue begins again with few. */
const IDLE_MS = 60_000;
/** A changed policy counts within a second. */
const LOOK_MS = 1_000;
/** In one receive. The first one does not know how large they are. */
const RECEIVE_MAX = 100;
const RECEIVE_FIRST = 10;
const RECEIVE_BYTES = 10 * 1024 ** 2;
const ABREAST_MAX = 16;
const ITEM_BYTES_FIRST = 1024 ** 2;
const ITEM_BYTES_MIN = 1024;
/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html: "window + timeout + 30 seconds". */
const WINDOW_SPARE_SECONDS = 30;

/** All queues share `memory`. */
export function openQueuePolling(memory: QueueMemory): Worker<QueueSource> {
  const byMapping = new Map<string, Set<Poller>>();
  return async (deps, mapping, source, signals, report) => {
    const pollers = byMapping.get(mapping.uuid) ?? new Set();
    byMapping.set(mapping.uuid, pollers);
    try {
      await work({ deps, mapping, source, memory: memory.share(), pollers, abandon: signals.abandon }, signals.stop, report);
    } finally {
      if (pollers.size === 0 && byMapping.get(mapping.uuid) === pollers) byMapping.delete(mapping.uuid);
    }
  };
}

async function work(parts: Pick<Poller, "deps" | "mapping" | "source" | "memory" | "pollers" | "abandon">, stop: AbortSignal, report: (report: MappingReport) => void): Promise<void> {
  const { deps, mapping, source, pollers, abandon } = parts;
  const described = await describe(source, mapping.sourceArn);
  const ending = new AbortController();
  const concurrency = queueConcurrency(mapping, described.ordered);
  const poller: Poller = {
    ...parts, concurrency, ordered: described.ordered,
    ending: ending.signal, count: openEventCounts(deps.metrics, mapping), filter: openFilter(mapping.filters, source),
    most: { items: mapping.batchSize, bytes: LAMBDA.syncPayloadBytesMax - JSON.stringify(deps.consumer.eventOf(source, mapping.sourceArn, [])).length },
    limit: concurrency.first, running: new Set(), ready: [], open: undefined, cancelWindow: undefined, refusals: 0, cancelGrowth: undefined,
    more: false, heard: false, stopListening: () => undefined, abreast: 1, itemBytes: ITEM_BYTES_FIRST, receivedMs: deps.clock.now(), lookedMs: deps.clock.monotonicMs(), writes: new Set(), wake: () => undefined,
    track(write) {
      const tracked = write.finally(() => poller.writes.delete(tracked));
      poller.writes.add(tracked);
    },
    failed() { poller.limit = Math.max(Math.min(concurrency.idle, poller.limit), poller.limit - 1); },
    refused() {
      poller.refusals++;
      poller.limit = Math.max(1, Math.floor(Math.min(poller.limit, poller.running.size) / 2));
      return () => { poller.refusals--; };
    },
  };
  const end = (): void => { ending.abort(); poller.wake(); };
  if (stop.aborted) end();
  stop.addEventListener("abort", end, { once: true });
  abandon.addEventListener("abort", end, { once: true });
  pollers.add(poller);
  report({ state: "running" });
  try {
    while (await hasPlace(poller) && await isFree(poller)) await receive(poller);
  } finally {
    end();
    await drain(poller);
    pollers.delete(poller);
    stop.removeEventListener("abort", end);
    abandon.removeEventListener("abort", end);
  }
}

async function describe(source: QueueSource, arn: string): Promise<QueueDescription> {
  const described = await source.describe(arn);
  if (!described) throw new ServiceError("ResourceNotFoundException", `There is no queue ${arn}`);
  return described;
}

/** How many batches more may run now. */
function places({ limit, running, pollers, concurrency: { most } }: Poller): number {
  let all = 0;
  for (const { running: theirs } of pollers) all += theirs.size;
  return Math.min(limit - running.size, most - all);
}

/** Resolves when one more batch may run; false when it is over. */
async function hasPlace(poller: Poller): Promise<boolean> {
  while (!poller.ending.aborted && (poller.ready.length > 0 || places(poller) <= 0)) {
    growLater(poller);
    await new Promise<void>((resolve) => { poller.wake = resolve; });
  }
  return !poller.ending.aborted;
}

/** Nothing is received with a permission that is lost, or for a function that is gone; what it was is found and told by who began this work. */
async function isFree(poller: Poller): Promise<boolean> {
  const { deps, mapping, source } = poller;
  const nowMs = deps.clock.monotonicMs();
  if (nowMs - poller.lookedMs < LOOK_MS) return true;
  poller.lookedMs = nowMs;
  return (await obstacleTo(deps, mapping, source)) === undefined;
}

/** While all are busy and there is more to do; and back to the least at any rate. */
function growLater(poller: Poller): void {
  const { more, heard, concurrency: { idle, most } } = poller;
  if (poller.cancelGrowth || poller.limit >= (more || heard ? most : idle)) return;
  poller.cancelGrowth = poller.deps.clock.after(poller.concurrency.growMs, () => {
    poller.cancelGrowth = undefined;
    if (poller.refusals === 0 && poller.running.size >= poller.limit) poller.limit++;
    startReady(poller);
  });
}

/** Receives once; when nothing is there, waits until there may be something. */
async function receive(poller: Poller): Promise<void> {
  const { memory, ending } = poller;
  const limit = howMany(poller);
  poller.abreast = poller.ordered && poller.more ? Math.min(poller.abreast * 2, ABREAST_MAX, places(poller)) : 1;
  const reservedBytes = limit * poller.itemBytes;
  if (!(await memory.take(reservedBytes * poller.abreast, ending))) return;
  const arrival = poller.more ? undefined : listen(poller);
  const received = await Promise.allSettled(Array.from({ length: poller.abreast }, () => receiveInto(poller, limit, reservedBytes)));
  const counts = received.map((one) => { if (one.status === "rejected") throw one.reason; return one.value; });
  if (!arrival) poller.heard = true; // for all that is known
  poller.more = counts.every((items) => items >= limit);
  if (counts.every((items) => items === 0)) await arrival;
}

/** Until something has come, or the next receive; from before this one, so that nothing is missed. */
function listen(poller: Poller): Promise<void> {
  const { source, mapping: { sourceArn }, ending } = poller;
  poller.stopListening();
  poller.heard = false;
  const round = new AbortController();
  const endRound = (): void => round.abort();
  ending.addEventListener("abort", endRound, { once: true });
  if (ending.aborted) endRound();
  poller.stopListening = () => {
    ending.removeEventListener("abort", endRound);
    endRound();
  };
  const arrival = source.wait(sourceArn, round.signal).then(() => {
    if (round.signal.aborted) return;
    poller.heard = true;
    if (places(poller) <= 0) poller.wake();
  });
  arrival.catch(() => undefined); // whoever awaits it hears of it
  return arrival;
}

async function receiveInto(poller: Poller, limit: number, reservedBytes: number): Promise<number> {
  const { source, mapping: { sourceArn }, memory, deps: { clock } } = poller;
  let heldBytes = 0;
  try {
    const hiddenSeconds = await hiddenFor(poller);
    const hiddenUntilMs = clock.now() + hiddenSeconds * 1000;
    const items = await source.receive(sourceArn, { limit, hiddenSeconds });
    const wanted = items.length > 0 && poller.filter ? await poller.filter(items.map(({ record }) => record)) : undefined;
    if (items.length > 0) heldBytes = accept(poller, items, wanted, hiddenUntilMs);
    return items.length;
  } finally {
    memory.give(reservedBytes - heldBytes);
  }
}

/** What the batches that may run now can hold, in steps that memory can bear. An ordered queue gives one batch at a time, of whole groups. */
function howMany(poller: Poller): number {
  const { ordered, most, open, itemBytes } = poller;
  if (ordered) return most.items;
  const wanted = places(poller) * most.items - (open?.items.length ?? 0);
  const step = Math.min(RECEIVE_MAX, Math.max(RECEIVE_FIRST, Math.floor(RECEIVE_BYTES / itemBytes)));
  return Math.max(1, Math.min(wanted, step));
}

/** As long as the queue says; with a window, long enough for window and consumer. */
async function hiddenFor({ source, mapping: { sourceArn, consumerArn, windowSeconds }, deps }: Poller): Promise<number> {
  const { hiddenSeconds } = await describe(source, sourceArn);
  if (windowSeconds === 0) return hiddenSeconds;
  const seconds = windowSeconds + (await timeoutSecondsOf(deps, consumerArn));
  return seconds > hiddenSeconds ? seconds + WINDOW_SPARE_SECONDS : hiddenSeconds;
}

/** Sorts what was received into batches, and runs those that are complete; the answer is how many bytes of it are kept. `passed`: the records that are wanted, all without it. */
function accept(poller: Poller, items: QueueItem[], passed: Set<object> | undefined, hiddenUntilMs: number): number {
  const { concurrency, count, deps: { clock }, mapping: { windowSeconds }, most, ordered } = poller;
  const nowMs = clock.now();
  if (nowMs - poller.receivedMs > IDLE_MS) poller.limit = Math.min(poller.limit, concurrency.idle);
  poller.receivedMs = nowMs;
  const wanted: QueueItem[] = [];
  const unwanted: QueueItem[] = [];
  for (const item of items) (!passed || passed.has(item.record) ? wanted : unwanted).push(item);
  count("PolledEventCount", items.length);
  count("FilteredOutEventCount", unwanted.length);
  finish(poller, unwanted);
  const sized = wanted.map((item) => ({ item, bytes: sizeOf(item) }));
  poller.itemBytes = Math.max(ITEM_BYTES_MIN, poller.itemBytes / 2, ...sized.map(({ bytes }) => bytes));
  const before = poller.open;
  const { full, open } = gather(before, sized, hiddenUntilMs, most);
  if (ordered) start(poller, open ? [...full, open] : full);
  else {
    for (const batch of full) start(poller, [batch]);
    poller.open = open;
    if (open !== before) {
      poller.cancelWindow?.();
      poller.cancelWindow = open && windowSeconds > 0 ? clock.at(nowMs + windowSeconds * 1000, () => closeWindow(poller)) : undefined;
    }
    if (windowSeconds === 0) closeWindow(poller);
  }
  return sized.reduce((sum, { bytes }) => sum + bytes, 0);
}

function closeWindow(poller: Poller): void {
  const { open } = poller;
  poller.cancelWindow = undefined;
  poller.open = undefined;
  if (open) start(poller, [open]);
}

/** Batches that keep an order between them are one after the other; elsewhere there is one of them. */
function start(poller: Poller, batches: Batch[]): void {
  const { ending, ready } = poller;
  if (batches.length === 0) return;
  if (ready.length > 0 || places(poller) <= 0 || ending.aborted) ready.push(batches);
  else run(poller, batches, false);
}

function startReady(poller: Poller): void {
  const { ending, ready } = poller;
  while (!ending.aborted && ready.length > 0 && places(poller) > 0) run(poller, ready.shift()!, true);
  poller.wake();
}

function run(poller: Poller, batches: Batch[], isLate: boolean): void {
  const { deps: { log }, mapping, memory, running } = poller;
  running.add(batches);
  void runInOrder(poller, batches, isLate)
    .catch((error: unknown) => log.error("A batch could not be handled; its messages are received again", { mapping: mapping.uuid, error }))
    .finally(() => {
      running.delete(batches);
      memory.give(bytesOf(batches));
      for (const one of poller.pollers) startReady(one);
    });
}

async function runInOrder(poller: Poller, batches: Batch[], isLate: boolean): Promise<void> {
  for (const [n, batch] of batches.entries()) {
    if (poller.deps.clock.now() >= batch.hiddenUntilMs) return; // visible again already, as those behind it are
    if (isLate || n > 0) await keepHidden(poller, batch);
    if (await runBatch(poller, batch) && !poller.ending.aborted) continue;
    if (!poller.abandon.aborted) for (const { items } of batches.slice(n + 1)) giveBack(poller, items);
    return;
  }
}

/** What has not begun is given back, and what runs may end, until that is over too. */
async function drain(poller: Poller): Promise<void> {
  const { abandon, memory, ready, running, writes } = poller;
  poller.cancelWindow?.();
  poller.cancelGrowth?.();
  poller.stopListening();
  const waiting = [...ready.splice(0).flat(), ...(poller.open ? [poller.open] : [])];
  poller.open = undefined;
  for (const { items } of waiting) giveBack(poller, items);
  memory.give(bytesOf(waiting));
  while (running.size > 0 && !abandon.aborted) await new Promise<void>((resolve) => { poller.wake = resolve; });
  for (const { items } of [...running].flat()) giveBack(poller, items);
  while (writes.size > 0) await Promise.all(writes);
}

const bytesOf = (batches: Batch[]): number => batches.reduce((sum, { bytes }) => sum + bytes, 0);
