// Raw stdout and stderr of a function, cut into lines: each is one log event.
import type { Clock } from "../kernel/clock.ts";
import type { Readable } from "node:stream";
import { EVENT_BYTES_MAX } from "./journal.ts";

/** Calls `onLine` for every line without its end; a line longer than an event may be comes in pieces. The answer hands over what has no end yet. */
export function readLines(stream: Readable, onLine: (line: string) => void): () => void {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const emit = (last: Buffer) => {
    const line = held.length ? Buffer.concat([...held, last]) : last;
    held = [];
    heldBytes = 0;
    // Windows programs end lines with \r\n.
    const end = line.at(-1) === 13 ? line.byteLength - 1 : line.byteLength;
    if (end > 0) onLine(line.toString("utf8", 0, end)); // CloudWatch refuses empty events
  };
  stream.on("data", (chunk: Buffer) => {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      emit(chunk.subarray(from, at));
      from = at + 1;
    }
    if (from === chunk.byteLength) return;
    const rest = chunk.subarray(from);
    // Copied: a few bytes of rest must not keep 64 KB alive.
    held.push(rest.byteLength < chunk.byteLength / 2 ? Buffer.from(rest) : rest);
    heldBytes += rest.byteLength;
    if (heldBytes > EVENT_BYTES_MAX - 65_536) emit(Buffer.alloc(0));
  });
  const endLine = () => { if (heldBytes) emit(Buffer.alloc(0)); };
  stream.on("end", endLine);
  stream.on("error", () => {});
  return endLine;
}

/** How long the last output of a process that has exited may take to arrive; a grandchild may hold its pipes open. */
const DRAIN_MS = 100;

/** Waits until the output of a process that has exited is read, for a moment. */
export function drained(streams: Readable[], clock: Clock): Promise<void> {
  const open = new Set(streams.filter((stream) => !stream.readableEnded && !stream.destroyed));
  if (!open.size) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const cancel = clock.after(DRAIN_MS, resolve);
    for (const stream of open) {
      const done = () => {
        open.delete(stream);
        if (open.size) return;
        cancel();
        setImmediate(resolve);
      };
      stream.once("close", done).once("end", done);
    }
  });
}
