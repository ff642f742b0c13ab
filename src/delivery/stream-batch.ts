// A batch of one shard, run until all of it is done or discarded: tried again, halved, partly done, too old.
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
import { LAMBDA } from "../kernel/limits.ts";
import type { BatchAnswer } from "../ports/batch-consumers.ts";
import type { EventSourceMapping, MappingReport } from "../ports/event-source-mappings.ts";
import type { StreamItem, StreamSource } from "../ports/sources.ts";
import type { CountEvents } from "./mapping-metrics.ts";
import type { WorkerDeps } from "./mapping-worker.ts";
import type { Discarded } from "./stream-record.ts";
import { type Verdict, verdictOf } from "./stream-response.ts";
import { inWindow, type OpenWindow, STATE_BYTES_MAX } from "./stream-window.ts";
import { untilAborted } from "./until-aborted.ts";

/** An item that was read and is not done. */
export interface Held {
  item: StreamItem;
  /** As JSON. */
  bytes: number;
  /** The position to read from to get it once more. */
  from: string;
  done: boolean;
}

export type Discard = Pick<Discarded, "requestId" | "condition" | "invokeCount" | "last" | "event">;

/** What a batch is run with: the same for all batches of a lane. */
export interface BatchRun {
  deps: WorkerDeps;
  mapping: EventSourceMapping;
  source: StreamSource;
  shardId: string;
  count: CountEvents;
  /** Milliseconds between the arrival of the last record of a batch and now. */
  iteratorAge(ms: number): void;
  report(report: MappingReport): void;
  stop: AbortSignal;
  abandon: AbortSignal;
  /** The tumbling window that is open; kept with the progress. */
  window: OpenWindow | undefined;
  /** Stores that these are done, or that they are discarded. */
  finish(items: Held[], discard?: Discard): Promise<void>;
}

interface Piece {
  items: Held[];
  /** Runs that failed and count towards MaximumRetryAttempts. */
  failures: number;
  /** All runs with these records. */
  runs: number;
  /** Of the last run. */
  requestId?: string;
  last?: Discard["last"];
}

/** Between tries: 250 ms, doubling, at most 10 s. AWS's are nowhere documented; LocalStack's authors recorded 8 tries within a minute. */
const BACK_OFF_MS_FIRST = 250;
const BACK_OFF_MS_MAX = 10_000;
/** LastProcessingResult, observed on AWS. That the function is gone is found, and said, by who started the worker of the stream. */
const OK = "OK";
const CALL_FAILED = "PROBLEM: Function call failed";

/** Ends early, with the rest not done, when the lane is to stop. */
export async function runBatch(run: BatchRun, items: Held[]): Promise<void> {
  let pieces: Piece[] = [{ items, failures: 0, runs: 0 }];
  let pauses = 0;
  while (!run.stop.aborted) {
    const piece = await withoutOld(run, pieces[0]!, pauses > 0);
    const [, ...later] = pieces;
    if (!piece) {
      if (later.length === 0) return;
      pieces = later;
      continue;
    }
    const tried = await tryPiece(run, piece);
    if (run.stop.aborted && tried.pause) return;
    pieces = [...tried.pieces, ...later];
    if (tried.pause) await pause(run, pauses++);
    else pauses = 0;
    if (pieces.length === 0) return;
  }
}

/** The function's last call for a window. Nothing goes on until it has succeeded. */
export async function closeWindow(run: BatchRun, end: "final" | "early"): Promise<void> {
  const { deps, mapping, source, shardId } = run;
  const window = run.window!;
  const event = inWindow(deps.consumer.eventOf(source, mapping.sourceArn, []), window, { shardId, streamArn: mapping.sourceArn, end });
  const payload = Buffer.from(JSON.stringify(event));
  for (let pauses = 0; !run.stop.aborted; pauses++) {
    const answer = await untilAborted(deps.consumer.take({ consumerArn: mapping.consumerArn, source, items: [], payload, requestId: deps.ids.uuid() }), run.abandon);
    reportAnswer(run, answer, answer.kind === "answered" && !answer.failed);
    if (answer.kind === "answered" && !answer.failed) {
      // After an early end the same window goes on with a fresh state.
      run.window = end === "early" ? { ...window, state: {} } : undefined;
      await run.finish([]);
      return;
    }
    await pause(run, pauses);
  }
}

export const stateIsTooLarge = ({ window }: BatchRun): boolean => window !== undefined && Buffer.byteLength(JSON.stringify(window.state)) > STATE_BYTES_MAX;

/** What is left of the piece; what has become too old is discarded. Before another try also what the stream itself keeps no longer. */
async function withoutOld(run: BatchRun, piece: Piece, isRetry: boolean): Promise<Piece | undefined> {
  let { items } = piece;
  const { recordAgeSecondsMax } = run.mapping.stream!;
  if (recordAgeSecondsMax >= 0) {
    const oldestMs = run.deps.clock.now() - recordAgeSecondsMax * 1000;
    const old = items.filter(({ item }) => item.arrivedMs < oldestMs);
    if (old.length > 0) {
      items = items.filter(({ item }) => item.arrivedMs >= oldestMs);
      await discard(run, { ...piece, items: old }, "RecordAgeExceeded");
    }
  }
  if (!isRetry) return items.length === 0 ? undefined : { ...piece, items };
  while (items.length > 0 && !(await isStillThere(run, items[0]!))) {
    // No record of these (from memory: DroppedEventCount is said not to count them), but a line for the operator.
    run.deps.log.warn("A record could not be handled before its stream stopped keeping it", { stream: run.mapping.sourceArn, shard: run.shardId, id: items[0]!.item.id, mapping: run.mapping.uuid });
    await run.finish(items.slice(0, 1));
    items = items.slice(1);
  }
  return items.length === 0 ? undefined : { ...piece, items };
}

async function isStillThere({ source, mapping, shardId }: BatchRun, { from, item }: Held): Promise<boolean> {
  const { items } = await source.read(mapping.sourceArn, shardId, from, 1);
  return items[0]?.id === item.id;
}

interface Tried {
  /** What is to be run next of it. */
  pieces: Piece[];
  pause: boolean;
}

async function tryPiece(run: BatchRun, piece: Piece): Promise<Tried> {
  const { deps, mapping, source, shardId, count } = run;
  if (stateIsTooLarge(run)) await closeWindow(run, "early");
  if (run.stop.aborted) return { pieces: [piece], pause: true };
  const payload = Buffer.from(JSON.stringify(eventOf(run, piece.items)));
  if (payload.byteLength > LAMBDA.syncPayloadBytesMax) {
    if (piece.items.length > 1) return { pieces: halves(piece), pause: false };
    await discard(run, piece, "MaximumPayloadSizeExceeded");
    return { pieces: [], pause: false };
  }
  run.iteratorAge(Math.max(0, deps.clock.now() - piece.items.at(-1)!.item.arrivedMs));
  count("InvokedEventCount", piece.items.length);
  const requestId = deps.ids.uuid();
  const answer = await untilAborted(deps.consumer.take({ consumerArn: mapping.consumerArn, source, items: piece.items.map(({ item }) => item), payload, requestId }), run.abandon);
  const verdict = answer.kind === "answered" && !answer.failed ? verdictIn(run, answer, piece) : { done: 0 };
  if (verdict.state && verdict.done > 0 && run.window) run.window = { ...run.window, state: verdict.state };
  const isDone = verdict.done === piece.items.length;
  reportAnswer(run, answer, isDone);
  if (verdict.done > 0) await run.finish(piece.items.slice(0, verdict.done));
  if (isDone) return { pieces: [], pause: false };
  count("FailedInvokeEventCount", piece.items.length - verdict.done);
  if (answer.kind !== "answered") {
    if (answer.kind === "unavailable" && answer.error) deps.log.warn("A batch of a stream could not be run and is tried again", { function: mapping.consumerArn, shard: shardId, error: answer.error });
    return { pieces: [piece], pause: true }; // takes no try away
  }
  return afterFailure(run, { ...piece, runs: piece.runs + 1, requestId, last: { executedVersion: answer.executedVersion, failed: answer.failed } }, verdict.done);
}

function verdictIn({ mapping, source, window }: BatchRun, { payload, left }: { payload: Uint8Array; left?: string[] }, { items }: Piece): Verdict {
  const ids = items.map(({ item }) => item.id);
  if (left) return { done: left.length === 0 ? ids.length : Math.max(0, ids.findIndex((id) => left.includes(id))) };
  return verdictOf(payload, { ids, reportsFailures: mapping.reportBatchItemFailures, inWindow: window !== undefined, itemId: source.itemId?.bind(source) });
}

async function afterFailure(run: BatchRun, piece: Piece, done: number): Promise<Tried> {
  const { bisects, retriesMax } = run.mapping.stream!;
  const items = piece.items.slice(done);
  // What is left after partial failures begins anew, tries and all: with three retries a record that failed last in its batch was run five
  // times, and its record said 4 (observed on AWS by the authors of LocalStack, in their recorded tests of October 2024).
  if (done > 0) return { pieces: [{ items, failures: 0, runs: 0 }], pause: false };
  if (bisects && items.length > 1) return { pieces: halves(piece), pause: false };
  const rest: Piece = { ...piece, failures: piece.failures + 1 };
  if (retriesMax < 0 || rest.failures <= retriesMax) return { pieces: [rest], pause: true };
  await discard(run, rest, "RetryAttemptsExhausted");
  return { pieces: [], pause: false };
}

/** Takes no try away ("splitting batches doesn't count towards the retry quota"). */
function halves(piece: Piece): Piece[] {
  const middle = Math.ceil(piece.items.length / 2);
  return [{ ...piece, items: piece.items.slice(0, middle) }, { ...piece, items: piece.items.slice(middle) }];
}

async function discard(run: BatchRun, { items, requestId, runs, last }: Piece, condition: Discarded["condition"]): Promise<void> {
  run.count("DroppedEventCount", items.length);
  await run.finish(items, { requestId: requestId ?? run.deps.ids.uuid(), condition, invokeCount: runs, last, event: eventOf(run, items) });
}

function eventOf({ deps: { consumer }, source, mapping, window, shardId }: BatchRun, items: Held[]): object {
  const event = consumer.eventOf(source, mapping.sourceArn, items.map(({ item }) => item.record));
  return window ? inWindow(event, window, { shardId, streamArn: mapping.sourceArn }) : event;
}

function reportAnswer({ report }: BatchRun, answer: BatchAnswer, isDone: boolean): void {
  if (isDone) report({ state: "processed", result: OK });
  else if (answer.kind === "answered") report({ state: "processed", result: CALL_FAILED });
}

const pause = ({ deps, stop }: BatchRun, pauses: number): Promise<void> =>
  deps.clock.sleep(Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_FIRST * 2 ** Math.min(pauses, 16)), stop).catch(() => undefined);
