// Works on a stream for one event source mapping: every shard has one worker in all processes together, parents before their children.
// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
import { ServiceError } from "../kernel/errors.ts";
import type { EventSourceMapping, MappingReport } from "../ports/event-source-mappings.ts";
import type { StreamShard, StreamSource } from "../ports/sources.ts";
import { type Bell, openBell } from "./bell.ts";
import { openFilter } from "./mapping-filter.ts";
import { openEventCounts } from "./mapping-metrics.ts";
import type { Worker, WorkerDeps, WorkerSignals } from "./mapping-worker.ts";
import { beginShards, forgetShard, LEASE_MS, leaseOf, progressOf, RENEW_MS, ShardLost, type ShardProgress, shardProgress } from "./stream-positions.ts";
import { type ShardWork, type StreamMemory, workShard } from "./stream-shard.ts";

interface Stream {
  deps: WorkerDeps;
  mapping: EventSourceMapping;
  source: StreamSource;
  /** Who has the leases. */
  holder: string;
  running: Map<string, Running>;
  /** Rung when a shard has ended: its children may begin. */
  look: Bell;
  abandon: AbortSignal;
  report(report: MappingReport): void;
  shared: Pick<ShardWork, "filter" | "count" | "iteratorAge" | "memory">;
}

interface Running {
  stop: AbortController;
  done: Promise<void>;
  /** Its lease is being given back, so it is not renewed. */
  ended: boolean;
}

/** How often it is looked whether there are new shards, and shards that another process has let go. A shard that ends is noticed at once. */
const LOOK_MS = 10_000;
/** After an error in a shard. */
const PAUSE_MS = 1_000;

const MEMORY_BYTES_MAX = 268_435_456;

/** One for a process: what its shards hold in memory together is bounded. */
export function openStreamPoller(memory: StreamMemory = { bytes: 0, most: MEMORY_BYTES_MAX }): Worker<StreamSource> {
  return async (deps, mapping, source, signals, report) => {
    const stream: Stream = {
      deps, mapping, source, holder: deps.ids.uuid(), running: new Map(), look: openBell(deps.clock), abandon: signals.abandon, report: newsOnly(report),
      shared: { filter: openFilter(mapping.filters, source), count: openEventCounts(deps.metrics, mapping), iteratorAge: (ms) => deps.consumer.iteratorAge?.(mapping.consumerArn, ms), memory },
    };
    const stopRenewing = renewLeases(stream);
    try {
      await poll(stream, signals);
    } finally {
      await stopShards(stream);
      stopRenewing();
    }
  };
}

async function poll(stream: Stream, { stop }: WorkerSignals): Promise<void> {
  const { mapping, source, report, look } = stream;
  while (!stop.aborted) {
    const shards = await source.shards(mapping.sourceArn);
    if (!shards) return; // why is for whoever started it to say
    await startShards(stream, shards);
    report({ state: "running" });
    await look.wait(stop, LOOK_MS);
  }
}

/** Takes what can begin now and nobody else has; forgets what the stream keeps no longer. */
async function startShards(stream: Stream, shards: StreamShard[]): Promise<void> {
  const { deps: { stores, clock }, mapping, source, holder, running } = stream;
  const listed = new Set(shards.map(({ id }) => id));
  let progress = await progressOf(stores, mapping.uuid);
  const fresh = shards.filter(({ id }) => !progress.has(id));
  if (fresh.length > 0) {
    await beginShards(stores, source, mapping, fresh);
    progress = await progressOf(stores, mapping.uuid);
  }
  for (const [shardId] of progress) if (!listed.has(shardId) && !running.has(shardId)) await forgetShard(stores, mapping.uuid, shardId);
  const isFinished = (id: string): boolean => !listed.has(id) || progress.get(id)?.finished === true;
  for (const { id, parents } of shards) {
    if (running.has(id) || isFinished(id) || !progress.has(id) || !parents.every(isFinished)) continue;
    const nowMs = clock.now();
    if (!(await stores.leases.take(leaseOf(mapping.uuid, id), holder, nowMs, nowMs + LEASE_MS))) continue;
    // As it is now: whoever had it may have gone on since.
    const latest = await shardProgress(stores, mapping.uuid, id);
    if (latest && !latest.finished) start(stream, id, latest);
  }
}

function start(stream: Stream, shardId: string, progress: ShardProgress): void {
  const { deps, mapping, source, holder, running, look, abandon, report, shared } = stream;
  const stop = new AbortController();
  const done = workShard({ ...shared, deps, mapping, source, shardId, holder, progress, stop: stop.signal, abandon, report }).catch(async (error: unknown) => {
    if (abandon.aborted) return;
    // Another process has the shard, or the mapping is gone; that a stream or shard is gone is found by the next look.
    if (!(error instanceof ShardLost || error instanceof ServiceError)) deps.log.error("A shard could not be worked on; trying again", { stream: mapping.sourceArn, shard: shardId, mapping: mapping.uuid, error });
    await deps.clock.sleep(PAUSE_MS, stop.signal).catch(() => undefined);
  }).finally(async () => {
    running.get(shardId)!.ended = true;
    await deps.stores.leases.release(leaseOf(mapping.uuid, shardId), holder).catch(() => undefined); // it ends by itself
    running.delete(shardId);
    look.ring();
  });
  running.set(shardId, { stop, done, ended: false });
}

async function stopShards({ running }: Stream): Promise<void> {
  const all = [...running.values()];
  for (const { stop } of all) stop.abort();
  await Promise.all(all.map(({ done }) => done));
}

/** A shard whose lease is lost is stopped, and what it writes is refused in any case. */
function renewLeases(stream: Stream): () => void {
  const { deps: { clock, stores, log }, mapping, holder, running } = stream;
  let cancel: () => void;
  const renew = async (): Promise<void> => {
    const nowMs = clock.now();
    await Promise.all([...running].map(async ([shardId, { stop, ended }]) => {
      if (!ended && !(await stores.leases.take(leaseOf(mapping.uuid, shardId), holder, nowMs, nowMs + LEASE_MS))) stop.abort();
    }));
  };
  const later = (): void => {
    cancel = clock.after(RENEW_MS, () => {
      renew().catch((error: unknown) => log.warn("Shards could not be held; another process may take them over", { stream: mapping.sourceArn, error }));
      later();
    });
  };
  later();
  return () => cancel();
}

/** What is the same as before is not said again. "processed" and the others are two things to say. */
function newsOnly(report: (report: MappingReport) => void): (report: MappingReport) => void {
  const last: Partial<Record<"processed" | "state", string>> = {};
  return (news) => {
    const key = news.state === "processed" ? "processed" : "state";
    const text = JSON.stringify(news);
    if (last[key] === text) return;
    last[key] = text;
    report(news);
  };
}
