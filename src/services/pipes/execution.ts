// One execution of a pipe: a batch through transformation, enrichment, transformation and target; and what of it is to come again.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-logs-execution-steps.html
import type { BatchAnswer, SourceBatch } from "../../ports/batch-consumers.ts";
import { looking } from "../../patterns/input-path.ts";
import type { RoomPorts } from "../service.ts";
import { enrich } from "./enrichment.ts";
import { type Transformed, transform } from "./event.ts";
import { failureOf, StageFailure } from "./failure.ts";
import { type LogStep, openLogRecords, type Sent } from "./log-records.ts";
import { type CountPipe, openPipeMetrics, type PipeMetric } from "./metrics.ts";
import type { Pipe } from "./pipe.ts";
import { deliver, type Left } from "./target.ts";
import { batchMost, TARGETS, targetKind } from "./target-parameters.ts";

/** Does not throw. */
export type Execute = (pipe: Pipe, batch: SourceBatch) => Promise<BatchAnswer>;

interface Run {
  ports: RoomPorts;
  pipe: Pipe;
  traceId: string | undefined;
  log: LogStep;
  count(metric: PipeMetric, value: number): void;
  /** It took too long: nothing is said of it any more. */
  isOver: boolean;
}

/** "Maximum execution time of a pipe": https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const EXECUTION_MS_MAX = 300_000;
/** No target takes more at once: 6 MB for functions. A template could make a thousand times as much of what it is given. */
const BATCH_CHARACTERS_MAX = 16 * 1024 ** 2;
/** Looked at for one event; then others have their turn. */
const LONG_WORK_VALUES = 500_000;

const leaving = (left: string[]): BatchAnswer => ({ kind: "answered", failed: false, payload: new Uint8Array(0), executedVersion: "", left });
const DONE = leaving([]);

export function openExecution(ports: RoomPorts): Execute {
  const count: CountPipe = openPipeMetrics(ports);
  return async (pipe, batch) => {
    const write = openLogRecords(ports, pipe, batch.requestId);
    const run: Run = {
      ports, pipe, traceId: batch.traceId, isOver: false,
      log: (step, said) => { if (!run.isOver) write(step, said); },
      count: (metric, value) => { if (!run.isOver) count(metric, pipe, value); },
    };
    const startedMs = ports.clock.monotonicMs();
    run.count("Invocations", 1);
    run.count("EventCount", batch.items.length);
    run.count("EventSize", batch.payload.byteLength);
    try {
      return await inTime(run, execute(run, batch));
    } catch (error) {
      return failed(run, failureOf(error));
    } finally {
      count("Duration", pipe, ports.clock.monotonicMs() - startedMs);
    }
  };
}

/** What is late has failed, and is left to itself: no stage is begun for it any more. */
async function inTime(run: Run, execution: Promise<BatchAnswer>): Promise<BatchAnswer> {
  const late = Promise.withResolvers<BatchAnswer>();
  const cancel = run.ports.clock.after(EXECUTION_MS_MAX, () => {
    run.count("ExecutionTimeout", 1);
    run.log("ExecutionTimedOut", { failure: new StageFailure("failed", "The execution took longer than 5 minutes.", { status: 408 }) });
    run.isOver = true;
    late.resolve({ kind: "answered", failed: true, payload: new Uint8Array(0), executedVersion: "" });
  });
  try {
    return await Promise.race([execution, late.promise]);
  } finally {
    cancel();
  }
}

async function execute(run: Run, batch: SourceBatch): Promise<BatchAnswer> {
  const { pipe, log } = run;
  log("ExecutionStarted", { payload: () => Buffer.from(batch.payload).toString() });
  const records = batch.items.map(({ record }) => batch.source.piped?.(record) ?? record);
  const events = pipe.enrichment === undefined ? records : await enrichmentStage(run, records);
  if (events.length === 0) {
    log("TargetStageSkipped");
    run.count("TargetStageSkipped", 1);
    log("ExecutionSucceeded");
    return DONE;
  }
  if (run.isOver) return DONE; // which nobody hears
  const left = await targetStage(run, events);
  if (!left) {
    log("ExecutionSucceeded");
    return DONE;
  }
  const ids = leftIds(left, events, batch, pipe.enrichment !== undefined);
  if (!ids) throw new StageFailure("failed", "The target says of events that they failed which are not of the batch.");
  run.count("ExecutionPartiallyFailed", 1);
  log("ExecutionPartiallyFailed", { failure: firstOf(left), resource: pipe.target });
  return leaving(ids);
}

function failed({ pipe, log, count }: Run, failure: StageFailure): BatchAnswer {
  if (failure.kind === "throttled") {
    count("ExecutionThrottled", 1);
    log("ExecutionThrottled", { failure, resource: pipe.target });
    return { kind: "throttled" };
  }
  count("ExecutionFailed", 1);
  log("ExecutionFailed", { failure, resource: pipe.target });
  return failure.kind === "trouble" ? { kind: "unavailable", error: failure } : { kind: "answered", failed: true, payload: new Uint8Array(0), executedVersion: "" };
}

async function enrichmentStage(run: Run, records: unknown[]): Promise<unknown[]> {
  const { ports, pipe, log, count, traceId } = run;
  const startedMs = ports.clock.monotonicMs();
  log("EnrichmentStageEntered");
  try {
    const inputs = await transformAll(run, "Enrichment", pipe.enrichmentParameters.InputTemplate, records);
    log("EnrichmentInvocationStarted");
    const sent: Sent = {};
    const events = await enrich(ports, pipe, inputs, sent, traceId).catch((error: unknown) => {
      const failure = failureOf(error);
      log("EnrichmentInvocationFailed", { sent, failure, resource: pipe.enrichment });
      throw failure;
    });
    log("EnrichmentInvocationSucceeded", { sent });
    log("EnrichmentStageSucceeded", { payload: () => JSON.stringify(events) });
    return events;
  } catch (error) {
    const failure = failureOf(error);
    count("EnrichmentStageFailed", 1);
    log("EnrichmentStageFailed", { failure, resource: pipe.enrichment });
    throw failure;
  } finally {
    count("EnrichmentStageDuration", ports.clock.monotonicMs() - startedMs);
  }
}

async function targetStage(run: Run, events: unknown[]): Promise<Left | undefined> {
  const { ports, pipe, log, count, traceId } = run;
  const startedMs = ports.clock.monotonicMs();
  log("TargetStageEntered");
  try {
    const most = Math.max(TARGETS[targetKind(pipe.target)].batch, 1);
    // "If the array is larger than the batch size supported by the target, the pipe won't invoke the target."
    if (events.length > most) throw new StageFailure("failed", `The enrichment returned ${events.length} events, and ${batchMost(undefined, pipe.target).why} takes ${most} at once.`);
    const inputs = await transformAll(run, "Target", pipe.targetParameters.InputTemplate, events);
    log("TargetInvocationStarted");
    const sent: Sent = {};
    const left = await deliver(ports, pipe, inputs, sent, traceId).catch((error: unknown) => {
      const failure = failureOf(error);
      log("TargetInvocationFailed", { sent, failure, resource: pipe.target });
      throw failure;
    });
    log(left ? "TargetInvocationPartiallyFailed" : "TargetInvocationSucceeded", { sent, ...(left && { failure: firstOf(left), resource: pipe.target }) });
    if (left) count("TargetStagePartiallyFailed", 1);
    log(left ? "TargetStagePartiallyFailed" : "TargetStageSucceeded", left ? { failure: firstOf(left), resource: pipe.target } : { payload: () => JSON.stringify(events) });
    return left;
  } catch (error) {
    const failure = failureOf(error);
    count("TargetStageFailed", 1);
    log("TargetStageFailed", { failure, resource: pipe.target });
    throw failure;
  } finally {
    count("TargetStageDuration", ports.clock.monotonicMs() - startedMs);
  }
}

async function transformAll({ ports, pipe, log }: Run, stage: "Enrichment" | "Target", template: string | undefined, events: unknown[]): Promise<Transformed[]> {
  const nowMs = ports.clock.now();
  if (template !== undefined) log(`${stage}TransformationStarted`);
  try {
    let characters = 0;
    const transformed: Transformed[] = [];
    for (const event of events) {
      const left = looking();
      const { values } = left;
      const one = transform(template, event, pipe, nowMs, left);
      if (values - left.values > LONG_WORK_VALUES) await new Promise((resolve) => { setImmediate(resolve); });
      characters += one.text.length;
      if (characters > BATCH_CHARACTERS_MAX) throw new StageFailure("failed", `The transformed batch is longer than ${BATCH_CHARACTERS_MAX} characters.`);
      transformed.push(one);
    }
    if (template !== undefined) log(`${stage}TransformationSucceeded`, { payload: () => JSON.stringify(transformed.map(({ text }) => text)) });
    return transformed;
  } catch (error) {
    const failure = new StageFailure("failed", (error as Error).message);
    log(`${stage}TransformationFailed`, { failure });
    throw failure;
  }
}

const firstOf = (left: Left): StageFailure => ("places" in left ? [...left.places.values()][0]! : new StageFailure("failed", "The function listed events that failed.", { status: 200 }));

/**
 * Which items of the batch are to come again, by what a function lists ("For Amazon SQS, this is the messageId. For Kinesis and DynamoDB, this is the
 * eventID") or by which events failed. Undefined when one is none of the batch: then all of it failed.
 */
function leftIds(left: Left, events: unknown[], { items }: SourceBatch, isEnriched: boolean): string[] | undefined {
  if ("places" in left && !isEnriched) return [...left.places.keys()].map((place) => items[place]!.id);
  const byName = new Map<string, string>();
  for (const { id, record } of items) for (const name of [id, ...namesOf(record)]) byName.set(name, id);
  const names = "listed" in left ? left.listed.map((name) => [name]) : [...left.places.keys()].map((place) => namesOf(events[place]));
  const ids = names.map((alike) => alike.map((name) => byName.get(name)).find((id) => id !== undefined));
  return ids.every((id) => id !== undefined) ? [...new Set(ids)] : undefined;
}

const namesOf = (event: unknown): string[] => {
  const { messageId, eventID } = (typeof event === "object" && event !== null ? event : {}) as { messageId?: unknown; eventID?: unknown };
  return [messageId, eventID].filter((name): name is string => typeof name === "string");
};
