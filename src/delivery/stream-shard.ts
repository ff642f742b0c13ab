// One shard of a stream: read ahead within bounds, handed to lanes by key, and its progress kept: everything before the first item that is not done.
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parallelization.html
import { hash } from "node:crypto";
import { LAMBDA } from "../kernel/limits.ts";
import type { LaneSend } from "../ports/lanes.ts";
import type { StreamItem } from "../ports/sources.ts";
import { type Bell, openBell } from "./bell.ts";
import type { Filter } from "./mapping-filter.ts";
import { type BatchRun, closeWindow, type Discard, type Held, runBatch, stateIsTooLarge } from "./stream-batch.ts";
import { discardedSend } from "./stream-discard.ts";
import { nextStep } from "./stream-lane.ts";
import { saveProgress, type ShardProgress } from "./stream-positions.ts";

/** What all shards of a process hold together. Beyond `most` each is read only when nothing of it is left, so that one that stands still starves nobody. */
export interface StreamMemory {
  bytes: number;
  most: number;
}

export interface ShardWork extends Omit<BatchRun, "window" | "finish"> {
  holder: string;
  progress: ShardProgress;
  filter: Filter | undefined;
  memory: StreamMemory;
}

interface Lane {
  waiting: Held[];
  bell: Bell;
  run: BatchRun;
  /** Of a clock that never goes back: see stream-lane.ts. */
  sinceMs: number;
  firstMs: number;
}

interface Shard extends ShardWork {
  /** Where reading goes on; undefined at the end of a closed shard. */
  reading: string | undefined;
  caughtUp: boolean;
  /** Read, from the first that is not done. */
  outstanding: Held[];
  bytes: number;
  lanes: Lane[];
  /** Rung when there is room to read. */
  room: Bell;
  position: string;
  /** Ids after it that were done before this worker began. */
  ahead: Set<string>;
  /** What is to be stored with the next save. */
  sends: LaneSend[];
  saving: Promise<void>;
  nextSave: Promise<void> | undefined;
}

const READ_MAX = 1000;
const READ_AHEAD_MIN = 100;

/** Until it is read and done to its end, or stopped. Throws ShardLost, and whatever the stores and the source throw. */
export async function workShard(work: ShardWork): Promise<void> {
  const own = new AbortController();
  const shard = openShard({ ...work, stop: AbortSignal.any([work.stop, own.signal]) });
  let failure: unknown;
  const failed = (error: unknown): void => {
    failure ??= error;
    own.abort();
  };
  await Promise.all([readShard(shard), ...shard.lanes.map((lane) => workLane(shard, lane))].map((task) => task.catch(failed)));
  work.memory.bytes -= shard.bytes;
  if (failure) throw failure;
  const ahead = shard.outstanding.filter(({ done }) => done).map(({ item }) => item.id);
  if (isFinished(shard) || ahead.length > 0) await save(shard, ahead);
}

/** Closed, read to its end, all of it done, and no tumbling window open. */
const isFinished = ({ reading, outstanding, lanes }: Shard): boolean => reading === undefined && outstanding.length === 0 && !lanes[0]!.run.window;

function openShard(work: ShardWork): Shard {
  const { mapping, progress, deps: { clock } } = work;
  const { parallelizationFactor, tumblingWindowSeconds } = mapping.stream!;
  const nowMs = clock.monotonicMs();
  const shard: Shard = {
    ...work, reading: progress.position, caughtUp: false, outstanding: [], bytes: 0, lanes: [], room: openBell(clock),
    position: progress.position, ahead: new Set(progress.ahead), sends: [], saving: Promise.resolve(), nextSave: undefined,
  };
  // The state of a tumbling window goes from each invocation of a shard to the next, so there is one at a time.
  const lanes = tumblingWindowSeconds > 0 ? 1 : parallelizationFactor;
  for (let n = 0; n < lanes; n++) {
    const run: BatchRun = { ...work, stop: shard.stop, window: tumblingWindowSeconds > 0 ? progress.window : undefined, finish: (items, discard) => finish(shard, items, discard) };
    shard.lanes.push({ waiting: [], bell: openBell(clock), run, sinceMs: nowMs, firstMs: nowMs });
  }
  return shard;
}

async function readShard(shard: Shard): Promise<void> {
  const { source, mapping: { sourceArn }, shardId, stop } = shard;
  while (shard.reading !== undefined && !stop.aborted) {
    const limit = roomFor(shard);
    if (limit === 0) {
      await shard.room.wait(stop);
      continue;
    }
    let found = await source.read(sourceArn, shardId, shard.reading, limit);
    let written: Promise<void> | undefined;
    if (found.items.length === 0 && found.next !== undefined) {
      // What is written between a read and its wait would be missed, so the wait begins before the last read.
      written = source.wait(sourceArn, shardId, found.next, stop);
      written.catch(() => undefined); // it is not awaited when there is something now
      found = await source.read(sourceArn, shardId, found.next, limit);
    }
    shard.caughtUp = found.items.length === 0;
    await take(shard, found.items, found.next);
    if (shard.caughtUp && found.next !== undefined) await written;
  }
}

async function take(shard: Shard, items: StreamItem[], next: string | undefined): Promise<void> {
  const passed = await shard.filter?.(items.map(({ record }) => record));
  const { source, count, outstanding, lanes, memory } = shard;
  let from = shard.reading!;
  let unwanted = 0;
  for (const item of items) {
    const isAhead = shard.ahead.delete(item.id);
    const isWanted = !passed || passed.has(item.record);
    const held: Held = { item, bytes: 0, from, done: isAhead || !isWanted };
    from = source.after(item.id);
    outstanding.push(held);
    if (!isWanted) unwanted++;
    if (held.done) continue;
    held.bytes = Buffer.byteLength(JSON.stringify(item.record));
    shard.bytes += held.bytes;
    memory.bytes += held.bytes;
    hand(shard, held);
  }
  shard.reading = next;
  count("PolledEventCount", items.length);
  count("FilteredOutEventCount", unwanted);
  for (const lane of lanes) if (shard.caughtUp || next === undefined || lane.waiting.length > 0) lane.bell.ring();
  if (outstanding[0]?.done) await settle(shard);
}

function hand(shard: Shard, held: Held): void {
  const { lanes, deps: { clock } } = shard;
  const lane = lanes.length === 1 ? lanes[0]! : lanes[hash("sha256", held.item.key, "buffer").readUInt32BE() % lanes.length]!;
  if (lane.waiting.length === 0) lane.firstMs = clock.monotonicMs();
  lane.waiting.push(held);
}

/** How many to read now: none while more than half of what may be held is, so that reads are of a good size. */
function roomFor({ mapping: { batchSize, stream }, outstanding, bytes, memory }: Shard): number {
  const most = Math.max(READ_AHEAD_MIN, 2 * batchSize * stream!.parallelizationFactor);
  if (outstanding.length === 0) return Math.min(READ_MAX, most);
  if (outstanding.length > most / 2 || bytes > stream!.parallelizationFactor * LAMBDA.syncPayloadBytesMax || memory.bytes > memory.most) return 0;
  return Math.min(READ_MAX, most - outstanding.length);
}

async function workLane(shard: Shard, lane: Lane): Promise<void> {
  const { mapping: { batchSize, windowSeconds, stream }, source, deps: { clock }, stop } = shard;
  while (!stop.aborted) {
    const next = nextStep({
      waiting: lane.waiting, ended: shard.reading === undefined, caughtUp: shard.caughtUp, window: lane.run.window,
      batchSize, batchWindowMs: windowSeconds * 1000, windowFromFirst: source.windowFromFirst ?? false, tumblingSeconds: stream!.tumblingWindowSeconds,
      sinceMs: lane.sinceMs, firstMs: lane.firstMs, monotonicMs: clock.monotonicMs(), nowMs: clock.now(),
    });
    if (next.step === "end") return;
    if (next.step === "wait") await lane.bell.wait(stop, next.ms);
    else if (next.step === "close") await closeWindow(lane.run, "final");
    else {
      lane.run.window = next.window;
      await runBatch(lane.run, lane.waiting.splice(0, next.count));
      if (stateIsTooLarge(lane.run)) await closeWindow(lane.run, "early");
      lane.sinceMs = lane.firstMs = clock.monotonicMs();
    }
  }
}

/** Resolves when it is stored that these are done, or what is discarded is on its way to its destination. */
async function finish(shard: Shard, items: Held[], discard?: Discard): Promise<void> {
  const { mapping: { stream } } = shard;
  if (discard && stream!.onFailureArn !== undefined) shard.sends.push(await discardedSend(shard, items.map(({ item }) => item), discard, stream!.onFailureArn));
  for (const held of items) {
    held.done = true;
    shard.bytes -= held.bytes;
    shard.memory.bytes -= held.bytes;
  }
  shard.room.ring();
  await settle(shard);
}

async function settle(shard: Shard): Promise<void> {
  const { outstanding, source } = shard;
  const first = outstanding.findIndex(({ done }) => !done);
  const done = first < 0 ? outstanding.length : first;
  if (done > 0) {
    const last = outstanding[done - 1]!;
    outstanding.splice(0, done);
    shard.position = (outstanding.length === 0 ? shard.reading : undefined) ?? source.after(last.item.id);
  } else if (shard.sends.length === 0 && shard.mapping.stream!.tumblingWindowSeconds === 0) return; // an item before these is not done: nothing new to store
  await save(shard);
}

/** One write after the other, so that an older position never follows a newer one; those who ask meanwhile share the next. */
function save(shard: Shard, ahead: string[] = []): Promise<void> {
  shard.nextSave ??= shard.saving.then(async () => {
    shard.nextSave = undefined;
    const { deps, mapping, source, shardId, holder, position, lanes, abandon } = shard;
    abandon.throwIfAborted();
    const { window } = lanes[0]!.run;
    const progress: ShardProgress = { position, ...(window ? { window } : {}), ...(isFinished(shard) ? { finished: true as const } : {}), ...(ahead.length > 0 ? { ahead } : {}) };
    await saveProgress(deps, mapping.uuid, shardId, holder, progress, shard.sends.splice(0));
    await source.progressed?.(mapping.sourceArn, shardId, position);
  });
  shard.saving = shard.nextSave;
  return shard.nextSave;
}
