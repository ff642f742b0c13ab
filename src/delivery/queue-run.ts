// One batch of a queue: run until it was run, within the time its items are hidden, and what becomes of each of them.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
import { readTraceHeader } from "../kernel/trace.ts";
import type { SourceBatch } from "../ports/batch-consumers.ts";
import type { EventSourceMapping } from "../ports/event-source-mappings.ts";
import type { QueueItem, QueueSource } from "../ports/sources.ts";
import { failedItems } from "./batch-response.ts";
import { timeoutSecondsOf } from "./mapping-check.ts";
import type { CountEvents } from "./mapping-metrics.ts";
import type { WorkerDeps } from "./mapping-worker.ts";
import type { Batch } from "./queue-batches.ts";

export interface BatchRuns {
  deps: WorkerDeps;
  mapping: EventSourceMapping;
  source: QueueSource;
  count: CountEvents;
  /** Nothing begins any more. */
  ending: AbortSignal;
  /** Nothing is written any more. */
  abandon: AbortSignal;
  /** Writes that need not be waited for now. */
  track(write: Promise<void>): void;
  /** An invocation was refused: fewer at once. The answer says that this batch tries again. */
  refused(): () => void;
  /** The function failed. */
  failed(): void;
}

const PAUSE_MS_FIRST = 250;
const PAUSE_MS_MAX = 15_000;
/** Beyond the function's timeout, for the start of an environment. */
const SPARE_SECONDS = 10;

/** False when an item of it is still to be done. */
export async function runBatch(runs: BatchRuns, batch: Batch): Promise<boolean> {
  const { deps: { clock, consumer, log }, mapping, ending, abandon } = runs;
  const taken = takenAs(runs, batch.items);
  for (let pauseMs = PAUSE_MS_FIRST; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
    const answer = await consumer.take(taken);
    if (abandon.aborted) return false;
    if (answer.kind === "answered") return settle(runs, batch.items, answer);
    if (answer.kind === "gone") return false;
    if (answer.kind === "unavailable" && answer.error && pauseMs === PAUSE_MS_FIRST) log.warn("A batch could not be run; it is tried again while its messages are hidden", { mapping: mapping.uuid, function: mapping.consumerArn, error: answer.error });
    runs.count("FailedInvokeEventCount", batch.items.length);
    // It is not begun later than its items are hidden: then they are received again, and the queue counts that.
    if (clock.now() + pauseMs >= batch.hiddenUntilMs) return false;
    const again = runs.refused();
    await clock.sleep(pauseMs, ending).catch(() => undefined);
    again();
    if (ending.aborted) {
      giveBack(runs, batch.items);
      return false;
    }
    await keepHidden(runs, batch);
  }
}

/** Visible at once to whoever is there to receive. */
export function giveBack({ deps: { log }, mapping, source, track }: BatchRuns, items: QueueItem[]): void {
  track(source.hide(mapping.sourceArn, items, 0).catch((error: unknown) => log.warn("Messages could not be given back; they are received again when their visibility timeout is over", { mapping: mapping.uuid, error })));
}

export function finish({ deps: { log }, mapping, source, track }: BatchRuns, items: QueueItem[]): void {
  if (items.length > 0) track(source.done(mapping.sourceArn, items).catch((error: unknown) => log.error("Messages that are done could not be deleted; they will be received again", { mapping: mapping.uuid, error })));
}

/** What begins late must not become visible while the function still runs, or a group would be in two batches. */
export async function keepHidden({ deps, mapping, source }: BatchRuns, batch: Batch): Promise<void> {
  const { clock, log } = deps;
  const seconds = (await timeoutSecondsOf(deps, mapping.consumerArn)) + SPARE_SECONDS;
  if (clock.now() + seconds * 1000 <= batch.hiddenUntilMs) return;
  await source.hide(mapping.sourceArn, batch.items, seconds).catch((error: unknown) => log.warn("Messages could not be hidden for longer; they may be received twice", { mapping: mapping.uuid, error }));
}

function takenAs({ deps: { consumer, ids }, mapping: { consumerArn, sourceArn }, source }: BatchRuns, items: QueueItem[]): SourceBatch {
  const event = consumer.eventOf(source, sourceArn, items.map(({ record }) => record));
  const batch: SourceBatch = { consumerArn, source, items, payload: Buffer.from(JSON.stringify(event)), requestId: ids.uuid() };
  // AWS links all of them to a trace of its own; the header of one is enough to find loops by. Senders may write anything there.
  const traceId = readTraceHeader(items.find((item) => item.traceHeader !== undefined)?.traceHeader);
  if (traceId !== undefined) batch.traceId = traceId;
  return batch;
}

function settle(runs: BatchRuns, items: QueueItem[], { failed, payload, left: known }: { failed: boolean; payload: Uint8Array; left?: string[] }): boolean {
  const { mapping, count } = runs;
  count("InvokedEventCount", items.length);
  const left = failed ? undefined : known ? new Set(known) : mapping.reportBatchItemFailures ? failedItems(payload, items.map(({ id }) => id)) : new Set<string>();
  // What failed stays hidden until its visibility timeout is over, whether it was listed or not: functions rely on it when they set that time themselves.
  const done = left ? items.filter(({ id }) => !left.has(id)) : [];
  finish(runs, done);
  count("DeletedEventCount", done.length);
  if (done.length === items.length) return true;
  count("FailedInvokeEventCount", items.length - done.length);
  if (!mapping.reportBatchItemFailures) runs.failed(); // "Lambda doesn't scale down message polling when function invocations fail" then
  return false;
}
