// Writing events to a stream, inside a transaction: used by PutLogEvents and by the sink.
import type { Tx } from "../../storage/stores.ts";
import { type Group, type GroupKey, GROUPS, groupId, logOf, type Stream, STREAMS, streamId } from "./group.ts";

export interface NewEvent {
  timestamp: number;
  message: string;
}

/** As it is stored. */
export interface EncodedEvent {
  atMs: number;
  body: string;
  bytes: number;
}

/** What PutLogEvents adds to the length of each message. */
export const EVENT_OVERHEAD_BYTES = 26;

export const eventBytes = (message: string): number => Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;

/** JSON, because a database's text may hold neither NUL nor half a surrogate pair, and a function may print both. */
export const encodeEvent = (ingestedMs: number, message: string): string => JSON.stringify([ingestedMs, message]);

export const encode = ({ timestamp, message }: NewEvent, ingestedMs: number): EncodedEvent => ({ atMs: timestamp, body: encodeEvent(ingestedMs, message), bytes: eventBytes(message) });

export function decodeEvent(body: string): { ingestionTime: number; message: string } {
  const [ingestionTime, message] = JSON.parse(body) as [number, string];
  return { ingestionTime, message };
}

/** Undefined when there is no such stream. `events` must be in order of time and not empty. */
export async function appendEvents(tx: Tx, key: GroupKey, stream: string, events: EncodedEvent[], nowMs: number): Promise<Stream | undefined> {
  const id = streamId(key, stream);
  const streams = tx.documents<Stream>(STREAMS);
  if (!(await streams.get(id))) return undefined;
  const first = await tx.logs.append(logOf(id), events);
  const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
  const firstMs = events[0]!.atMs;
  const lastMs = events.at(-1)!.atMs;
  await tx.documents<Group>(GROUPS).update(groupId(key), (group) => ({ ...group, storedBytes: group.storedBytes + bytes }));
  return streams.update(id, (before) => ({
    ...before,
    firstEventMs: Math.min(before.firstEventMs ?? firstMs, firstMs),
    lastEventMs: Math.max(before.lastEventMs ?? lastMs, lastMs),
    lastIngestionMs: nowMs,
    lastSeq: first + events.length - 1,
    ordered: before.ordered && firstMs >= (before.lastEventMs ?? firstMs),
    storedBytes: before.storedBytes + bytes,
  }));
}
