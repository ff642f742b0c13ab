// Many streams read as one, in order of time. A stream is opened only when its time has come, so that memory
// grows with how many streams overlap, not with how many there are.
import type { LogRecord, Stores } from "../../storage/stores.ts";
import { type GroupKey, logOf, type Stream, streamId } from "./group.ts";
import { type Place, readStream } from "./reading.ts";

export interface MergePlace extends Place {
  stream: string;
}

export interface MergedEvent {
  stream: string;
  record: LogRecord;
}

export interface MergeRange {
  fromMs: number;
  untilMs: number;
  backward: boolean;
  beyond?: MergePlace | undefined;
}

interface Source {
  stream: Stream;
  /** Before it is opened: the earliest place at which it may have something. */
  place: MergePlace;
  records?: AsyncIterator<LogRecord>;
  record?: LogRecord;
}

export function compareMergePlaces(a: MergePlace, b: MergePlace): number {
  if (a.atMs !== b.atMs) return a.atMs - b.atMs;
  if (a.stream !== b.stream) return a.stream < b.stream ? -1 : 1;
  return a.seq - b.seq;
}

export async function* mergeStreams(logs: Stores["logs"], key: GroupKey, streams: Stream[], range: MergeRange): AsyncGenerator<MergedEvent> {
  const order = range.backward ? (a: Source, b: Source) => compareMergePlaces(b.place, a.place) : (a: Source, b: Source) => compareMergePlaces(a.place, b.place);
  const heap: Source[] = [];
  for (const stream of streams) {
    if (stream.firstEventMs === undefined || stream.lastEventMs! < range.fromMs || stream.firstEventMs >= range.untilMs) continue;
    const atMs = range.backward ? stream.lastEventMs! : Math.max(stream.firstEventMs, range.fromMs);
    push(heap, { stream, place: { stream: stream.name, atMs, seq: range.backward ? Number.MAX_SAFE_INTEGER : 0 } }, order);
  }
  for (let source = pop(heap, order); source; source = pop(heap, order)) {
    if (source.record) yield { stream: source.stream.name, record: source.record };
    source.records ??= readStream(logs, logOf(streamId(key, source.stream.name)), source.stream.ordered, { ...range, ...startIn(source.stream, range) });
    const next = await source.records.next();
    if (next.done) continue;
    source.record = next.value;
    source.place = { stream: source.stream.name, atMs: next.value.atMs, seq: next.value.seq };
    push(heap, source, order);
  }
}

/** Where reading goes on in one stream, when the merge goes on after `beyond`. */
function startIn(stream: Stream, { beyond, backward, fromMs, untilMs }: MergeRange): { fromMs: number; untilMs: number; beyond?: Place | undefined } {
  if (!beyond) return { fromMs, untilMs, beyond: undefined };
  if (stream.name === beyond.stream) return { fromMs, untilMs, beyond: { atMs: beyond.atMs, seq: beyond.seq } };
  // Streams with a name after the last one still have their events of that millisecond to give.
  const sameTimeLeft = backward ? stream.name < beyond.stream : stream.name > beyond.stream;
  if (backward) return { fromMs, untilMs: Math.min(untilMs, beyond.atMs + (sameTimeLeft ? 1 : 0)), beyond: undefined };
  return { fromMs: Math.max(fromMs, beyond.atMs + (sameTimeLeft ? 0 : 1)), untilMs, beyond: undefined };
}

function push(heap: Source[], source: Source, order: (a: Source, b: Source) => number): void {
  let at = heap.push(source) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (order(heap[parent]!, heap[at]!) <= 0) return;
    [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
    at = parent;
  }
}

function pop(heap: Source[], order: (a: Source, b: Source) => number): Source | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!last || !heap.length) return first;
  heap[0] = last;
  for (let at = 0; ; ) {
    const left = 2 * at + 1;
    if (left >= heap.length) return first;
    const child = left + 1 < heap.length && order(heap[left + 1]!, heap[left]!) < 0 ? left + 1 : left;
    if (order(heap[at]!, heap[child]!) <= 0) return first;
    [heap[at], heap[child]] = [heap[child]!, heap[at]!];
    at = child;
  }
}
