// Reading a stream in order of time, from any place, in either direction, with bounded memory.
import type { LogRecord, Stores } from "../../storage/stores.ts";
import { firstOf } from "./first-of.ts";

/** A place in a stream: events are ordered by time, and those of one time by arrival. */
export interface Place {
  atMs: number;
  seq: number;
}

export interface ReadRange {
  /** Inclusive. */
  fromMs: number;
  /** Exclusive. */
  untilMs: number;
  backward: boolean;
  /** Only what lies beyond it, in the direction of reading. */
  beyond?: Place | undefined;
}

const FIRST_CHUNK = 64;
const CHUNK_MAX = 1000;
/** What one chunk should hold at most, guessed from the one before. */
const CHUNK_BYTES = 1024 ** 2;

export const comparePlaces = (a: Place, b: Place): number => a.atMs - b.atMs || a.seq - b.seq;

/** `ordered`: the stream can be read as it lies, because arrival is in order of time, or because arrival is what is asked for. */
export async function* readStream(logs: Stores["logs"], log: string, ordered: boolean, range: ReadRange): AsyncGenerator<LogRecord> {
  let beyond = range.beyond;
  let limit = FIRST_CHUNK;
  for (;;) {
    const chunk = await (ordered ? readOrdered : readScattered)(logs, log, { ...range, beyond }, limit);
    yield* chunk;
    if (chunk.length < limit) return;
    const last = chunk.at(-1)!;
    beyond = { atMs: last.atMs, seq: last.seq };
    limit = nextChunk(chunk);
  }
}

function nextChunk(records: LogRecord[]): number {
  const bytes = records.reduce((sum, record) => sum + record.body.length, 0);
  return Math.max(16, Math.min(CHUNK_MAX, Math.floor((CHUNK_BYTES * records.length) / Math.max(bytes, 1))));
}

function readOrdered(logs: Stores["logs"], log: string, { fromMs, untilMs, backward, beyond }: ReadRange, limit: number): Promise<LogRecord[]> {
  return logs.read(log, { fromMs, untilMs, backward, limit, ...(beyond && { after: beyond.seq }) });
}

/** Goes over everything in the range and keeps the first `limit` in order of time: slow, but right, and rarely needed. */
function readScattered(logs: Stores["logs"], log: string, range: ReadRange, limit: number): Promise<LogRecord[]> {
  const { backward, beyond } = range;
  const order = (a: LogRecord, b: LogRecord) => (backward ? comparePlaces(b, a) : comparePlaces(a, b));
  return firstOf(arrivals(logs, log, range), limit, order, (record) => {
    if (!beyond) return true;
    const side = comparePlaces(record, beyond);
    return backward ? side < 0 : side > 0;
  });
}

async function* arrivals(logs: Stores["logs"], log: string, { fromMs, untilMs }: ReadRange): AsyncGenerator<LogRecord> {
  let after = 0;
  let limit = FIRST_CHUNK;
  for (;;) {
    const chunk = await logs.read(log, { after, fromMs, untilMs, limit });
    yield* chunk;
    if (chunk.length < limit) return;
    after = chunk.at(-1)!.seq;
    limit = nextChunk(chunk);
  }
}
