// Event source mappings at work: one worker for each that is wanted, in one process; started, stopped, and started again when what was missing is back.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
import type { BatchConsumer, BatchConsumers } from "../ports/batch-consumers.ts";
import type { EventSourceMapping, EventSourceMappings, MappingReport } from "../ports/event-source-mappings.ts";
import type { QueueSource, Source, Sources, StreamSource } from "../ports/sources.ts";
import { obstacleTo } from "./mapping-check.ts";
import type { Worker, WorkerDeps } from "./mapping-worker.ts";
import { forgetUnknownMappings } from "./stream-positions.ts";

export interface MappingsOptions extends Omit<WorkerDeps, "consumer"> {
  consumers: BatchConsumers;
  mappings: EventSourceMappings;
  sources: Sources;
  workers: { queue: Worker<QueueSource>; stream: Worker<StreamSource> };
  background(name: string, work: (signal: AbortSignal) => Promise<void>): void;
}

/** One revision of a mapping in this process. */
interface Kept {
  mapping: EventSourceMapping;
  stop: AbortController;
  /** Nothing of it runs any more, nor of the revisions before it. */
  ended: Promise<void>;
  /** Looks whether it may still poll; nobody waits for the answer. */
  look?: () => void;
  /** They are told one after the other. */
  reports: Promise<void>;
  /** What was reported to stand in its way. */
  reason?: string;
}

interface State extends Omit<MappingsOptions, "background"> {
  holder: string;
  kept: Map<string, Kept>;
  /** Of mappings that are being disabled or deleted: waited for. */
  ending: Set<string>;
  abandon: AbortController;
}

/** A process that dies keeps others from its mappings for so long. */
const LEASE_MS = 30_000;
const LOOK_MS = 10_000;
/** A queue's worker looks for itself before it receives; that an idle one cannot go on is seen at every third look. */
const LOOKS_OF_IDLE = 3;
const PAUSE_MS_FIRST = 100;
/** What runs may end for so long when the platform closes. */
const GRACE_MS = 1_000;

export function openMappings({ background, ...parts }: MappingsOptions): void {
  const holder = parts.ids.uuid();
  background("event source mappings", (signal) => work({ ...parts, holder, kept: new Map(), ending: new Set(), abandon: new AbortController() }, signal));
}

async function work(state: State, signal: AbortSignal): Promise<void> {
  const { mappings, clock, log } = state;
  while (!signal.aborted) {
    const round = new AbortController();
    const over = AbortSignal.any([signal, round.signal]);
    try {
      const heard = new AbortController();
      const changed = mappings.changed(over).finally(() => heard.abort());
      changed.catch(() => undefined); // awaited below
      const isEnding = await reconcile(state);
      for (let isOver = false; !isOver;) {
        for (const kept of state.kept.values()) kept.look?.();
        await (state.kept.size > 0 || isEnding ? clock.sleep(LOOK_MS, heard.signal).catch(() => undefined) : changed);
        isOver = isEnding || heard.signal.aborted;
      }
      if (heard.signal.aborted) await changed; // it may have failed
    } catch (error) {
      if (signal.aborted) break;
      log.error("Event source mappings could not be read; it is tried again", { error });
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    } finally {
      round.abort();
    }
  }
  await close(state);
}

/** The answer is whether some are ending: then it is to be done again in a while, else when something has changed. */
async function reconcile(state: State): Promise<boolean> {
  const wanted = new Map((await state.mappings.wanted()).map((mapping) => [mapping.uuid, mapping]));
  for (const [uuid, { mapping, stop }] of state.kept) if (wanted.get(uuid)?.revision !== mapping.revision) stop.abort();
  for (const mapping of wanted.values()) if (state.kept.get(mapping.uuid)?.mapping.revision !== mapping.revision) begin(state, mapping);
  const ending = await state.mappings.ending();
  for (const { uuid, revision } of ending) void end(state, uuid, revision);
  await forgetUnknownMappings(state.stores, async (uuid) => wanted.has(uuid) || (await state.mappings.known(uuid)));
  return ending.length > 0;
}

function begin(state: State, mapping: EventSourceMapping): void {
  const before = state.kept.get(mapping.uuid);
  const kept: Kept = { mapping, stop: new AbortController(), ended: Promise.resolve(), reports: Promise.resolve() };
  state.kept.set(mapping.uuid, kept);
  kept.ended = keep(state, kept, before?.ended)
    .catch((error: unknown) => state.log.error("An event source mapping could not be ended", { mapping: mapping.uuid, error }))
    .finally(() => { if (state.kept.get(mapping.uuid) === kept) state.kept.delete(mapping.uuid); });
}

/** Works on it until it is stopped, whatever comes between. */
async function keep(state: State, kept: Kept, before: Promise<void> | undefined): Promise<void> {
  const { mapping, stop: { signal } } = kept;
  const consumer = state.consumers.find(mapping.consumerArn)!;
  let source: Source | undefined;
  for (let pauseMs = PAUSE_MS_FIRST; !signal.aborted;) {
    const startedMs = state.clock.monotonicMs();
    let isElsewhere = false;
    try {
      source ??= await sourceOf(state, mapping);
      // A queue gives nothing to two revisions at once; in a stream the next goes on where the one before has ended.
      if (source?.kind !== "queue") await before;
      isElsewhere = source?.kind === "queue" && !(await takeLease(state, mapping.uuid));
      if (!isElsewhere && (await isFree(state, kept, consumer, source)) && !signal.aborted) await poll(state, kept, consumer, source!);
    } catch (error) {
      state.log.warn("An event source mapping cannot be worked on; it is tried again", { mapping: mapping.uuid, error });
    }
    if (isElsewhere || state.clock.monotonicMs() - startedMs > LOOK_MS) pauseMs = PAUSE_MS_FIRST;
    await state.clock.sleep(isElsewhere ? LOOK_MS : pauseMs, signal).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LOOK_MS);
  }
  await before;
  await kept.reports;
  if (source?.kind === "queue" && state.kept.get(mapping.uuid) === kept) await state.stores.leases.release(leaseOf(mapping.uuid), state.holder);
}

async function sourceOf({ sources }: State, { sourceArn, settings }: EventSourceMapping): Promise<Source | undefined> {
  const found = await sources.find(sourceArn);
  return (settings && found?.configured?.(settings)) ?? found;
}

async function poll(state: State, kept: Kept, consumer: BatchConsumer, source: Source): Promise<void> {
  const round = new AbortController();
  const { uuid } = kept.mapping;
  let looks = 0;
  const mayGoOn = async (): Promise<boolean> => {
    if (source.kind === "queue" && !(await takeLease(state, uuid))) return false;
    return (source.kind === "queue" && ++looks % LOOKS_OF_IDLE > 0) || isFree(state, kept, consumer, source);
  };
  let isLooking = false;
  kept.look = () => {
    if (isLooking) return;
    isLooking = true;
    mayGoOn()
      .then((may) => { if (!may) round.abort(); }, (error: unknown) => {
        if (!kept.stop.signal.aborted) state.log.warn("An event source mapping could not be looked after", { mapping: uuid, error });
      })
      .finally(() => { isLooking = false; });
  };
  const signals = { stop: AbortSignal.any([kept.stop.signal, round.signal]), abandon: state.abandon.signal };
  const told = (report: MappingReport): void => tell(state, kept, report);
  try {
    const deps = { ...state, consumer };
    if (source.kind === "queue") await state.workers.queue(deps, kept.mapping, source, signals, told);
    else await state.workers.stream(deps, kept.mapping, source, signals, told);
  } finally {
    delete kept.look;
  }
}

/** Whether nothing stands in its way; what does is reported, once. */
async function isFree(state: State, kept: Kept, consumer: BatchConsumer, source: Source | undefined): Promise<boolean> {
  const obstacle = source ? await obstacleTo({ consumer, access: state.access }, kept.mapping, source) : { reason: "Unrecognized event source." };
  if (obstacle?.reason !== undefined && obstacle.reason !== kept.reason && !kept.stop.signal.aborted) tell(state, kept, { state: "failing", reason: obstacle.reason });
  return !obstacle;
}

function tell({ mappings, log }: State, kept: Kept, report: MappingReport): void {
  const { uuid, revision } = kept.mapping;
  if (report.state === "failing") {
    kept.reason = report.reason;
    log.warn("An event source mapping cannot be worked on", { mapping: uuid, reason: report.reason });
  } else if (report.state === "running") delete kept.reason;
  kept.reports = kept.reports
    .then(() => mappings.report(uuid, revision, report))
    .catch((error: unknown) => log.error("The state of an event source mapping could not be stored", { mapping: uuid, error }));
}

/** Says that a mapping has stopped, when it has, here or in the process that had it. */
async function end({ kept, ending, stores, mappings, holder, clock, log }: State, uuid: string, revision: string): Promise<void> {
  const key = `${uuid} ${revision}`;
  if (ending.has(key)) return;
  ending.add(key);
  try {
    kept.get(uuid)?.stop.abort();
    await kept.get(uuid)?.ended;
    const nowMs = clock.now();
    if (!(await stores.leases.take(leaseOf(uuid), holder, nowMs, nowMs + LEASE_MS))) return; // another's, and looked at again
    await mappings.report(uuid, revision, { state: "stopped" });
    if (!kept.has(uuid)) await stores.leases.release(leaseOf(uuid), holder); // it may have been enabled again
  } catch (error) {
    log.error("The end of an event source mapping could not be stored; it is tried again", { mapping: uuid, error });
  } finally {
    ending.delete(key);
  }
}

const leaseOf = (uuid: string): string => `delivery/mapping/${uuid}`;

function takeLease({ stores, clock, holder }: State, uuid: string): Promise<boolean> {
  const nowMs = clock.now();
  return stores.leases.take(leaseOf(uuid), holder, nowMs, nowMs + LEASE_MS);
}

async function close({ kept, abandon, clock }: State): Promise<void> {
  for (const { stop } of kept.values()) stop.abort();
  const ended = Promise.all([...kept.values()].map((each) => each.ended));
  const graceOver = new AbortController();
  await Promise.race([ended, clock.sleep(GRACE_MS, graceOver.signal).catch(() => undefined)]);
  graceOver.abort();
  abandon.abort();
  await ended;
}
