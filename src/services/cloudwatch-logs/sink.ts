// Where the engine writes function output. put() only buffers; a second later at most everything is stored.
// Memory is bounded: when the store does not keep up, the oldest events go, and a line says how many.
import { Fault } from "../../kernel/errors.ts";
import type { LogEvent, LogSink } from "../../ports/logs.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { RoomPorts } from "../service.ts";
import { appendEvents, encode, type EncodedEvent, EVENT_OVERHEAD_BYTES, eventBytes } from "./append.ts";
import { type Group, GROUPS, groupId, type GroupKey, newGroup, newStream, type Stream, STREAMS, streamId } from "./group.ts";
import { EVENT_BYTES_MAX } from "./put-events.ts";

const FLUSH_MS = 500;
const RETRY_MS = 1000;
const STREAM_BYTES_MAX = 4 * 1024 ** 2;
/** What is left of a stream that grew past it. */
const STREAM_BYTES_KEPT = 3 * 1024 ** 2;
const TOTAL_BYTES_MAX = 64 * 1024 ** 2;
/** The log store takes no more at once. */
const APPEND_MAX = 5000;
/** How many streams are written side by side. */
const PARALLEL = 32;

interface Buffer {
  key: GroupKey;
  stream: string;
  /** Encoded when they come: a text for each is all that has to live until they are stored (0.9 MB outlived each scavenge instead of 2.0). */
  events: EncodedEvent[];
  bytes: number;
  dropped: number;
}

export interface OpenLogSink extends LogSink {
  /** Writes what is left and takes no more. */
  close(): Promise<void>;
}

export function openLogSink({ stores, clock, log }: Pick<RoomPorts, "stores" | "clock" | "ids" | "log">): OpenLogSink {
  const buffers = new Map<string, Buffer>();
  let totalBytes = 0;
  let cancelTimer: (() => void) | undefined;
  let writing: Promise<void> = Promise.resolve();
  let closed = false;

  const grew = (buffer: Buffer, bytes: number) => {
    buffer.bytes += bytes;
    totalBytes += bytes;
    totalBytes -= dropOldest(buffer, totalBytes);
  };

  const bufferFor = (key: GroupKey, stream: string): Buffer => {
    const id = streamId(key, stream);
    const buffer = buffers.get(id) ?? { key, stream, events: [], bytes: 0, dropped: 0 };
    buffers.set(id, buffer);
    return buffer;
  };

  const writeOne = async (id: string, buffer: Buffer): Promise<void> => {
    buffers.delete(id); // what is put from now on goes into a new one
    totalBytes -= buffer.bytes;
    try {
      await store(stores, buffer, clock.now());
    } catch (error) {
      const now = bufferFor(buffer.key, buffer.stream);
      now.dropped += buffer.dropped;
      now.events = [...buffer.events, ...now.events];
      grew(now, buffer.bytes);
      throw error;
    }
  };

  const writeAll = async (): Promise<void> => {
    const waiting = [...buffers];
    for (let at = 0; at < waiting.length; at += PARALLEL) {
      const results = await Promise.allSettled(waiting.slice(at, at + PARALLEL).map(([id, buffer]) => writeOne(id, buffer)));
      const failed = results.find((result) => result.status === "rejected");
      if (failed) throw new Fault("function output could not be stored", failed.reason);
    }
  };

  /** One round at a time, or events of one stream could overtake each other. */
  const flush = (): Promise<void> => {
    cancelTimer?.();
    cancelTimer = undefined;
    const round = writing.catch(() => {}).then(writeAll);
    writing = round;
    return round;
  };

  const schedule = (ms: number) => {
    cancelTimer ??= clock.after(ms, () => {
      flush().catch((error: unknown) => {
        log.error("logs: writing function output failed, trying again", { error });
        if (!closed) schedule(RETRY_MS);
      });
    });
  };

  return {
    put(where, events) {
      if (closed || !events.length) return;
      const buffer = bufferFor({ account: where.account, region: where.region, name: where.group }, where.stream);
      const nowMs = Math.round(clock.now());
      let bytes = 0;
      for (const event of events) bytes += push(buffer.events, event, nowMs);
      grew(buffer, bytes);
      schedule(FLUSH_MS);
    },
    flush,
    async close() {
      closed = true;
      await flush();
    },
  };
}

/** Returns the bytes given up: more than needed, so that a flood does not move the whole buffer for every event. */
function dropOldest(buffer: Buffer, totalBytes: number): number {
  if (buffer.bytes <= STREAM_BYTES_MAX && totalBytes <= TOTAL_BYTES_MAX) return 0;
  let freed = 0;
  let count = 0;
  while (count < buffer.events.length && (buffer.bytes - freed > STREAM_BYTES_KEPT || totalBytes - freed > TOTAL_BYTES_MAX)) {
    freed += buffer.events[count]!.bytes;
    count++;
  }
  if (count) buffer.events = buffer.events.slice(count);
  buffer.bytes -= freed;
  buffer.dropped += count;
  return freed;
}

/** The answer is how many bytes it counts for. An event that is too long becomes several. */
function push(events: EncodedEvent[], { timestamp, message }: LogEvent, nowMs: number): number {
  const atMs = Math.round(timestamp);
  const fits = message.length * 3 + EVENT_OVERHEAD_BYTES <= EVENT_BYTES_MAX || eventBytes(message) <= EVENT_BYTES_MAX;
  const step = fits ? message.length : Math.floor((EVENT_BYTES_MAX - EVENT_OVERHEAD_BYTES) / 3); // no UTF-16 unit takes more than three bytes
  let bytes = 0;
  for (let at = 0; at === 0 || at < message.length; at += step) {
    const event = encode({ timestamp: atMs, message: fits ? message : message.slice(at, at + step) }, nowMs);
    events.push(event);
    bytes += event.bytes;
    if (fits) break;
  }
  return bytes;
}

async function store(stores: Stores, buffer: Buffer, nowMs: number): Promise<void> {
  const { key, stream } = buffer;
  const events = buffer.events.toSorted((a, b) => a.atMs - b.atMs);
  if (buffer.dropped) {
    const message = `[evoke] ${buffer.dropped} log events were dropped here: they came faster than they could be stored.`;
    events.unshift(encode({ timestamp: events[0]?.atMs ?? Math.round(nowMs), message }, Math.round(nowMs)));
  }
  if (!events.length) return;
  await stores.transaction(async (tx) => {
    if (!(await tx.documents<Stream>(STREAMS).get(streamId(key, stream)))) await makeStream(tx, key, stream, Math.round(nowMs));
    for (let at = 0; at < events.length; at += APPEND_MAX) await appendEvents(tx, key, stream, events.slice(at, at + APPEND_MAX), Math.round(nowMs));
  });
}

async function makeStream(tx: Tx, key: GroupKey, stream: string, nowMs: number): Promise<void> {
  const groups = tx.documents<Group>(GROUPS);
  if (!(await groups.get(groupId(key)))) await groups.create(groupId(key), newGroup(key.name, nowMs));
  await tx.documents<Stream>(STREAMS).create(streamId(key, stream), newStream(stream, nowMs));
}
