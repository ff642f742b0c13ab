// The log of a runtime that AWS publishes: frames on a descriptor of its own, so that one event may have several lines.
// As AWS's clients write them (aws-lambda-java-libs, FramedTelemetryLogSink): u32 type 0xa55a…, u32 length, u64 microseconds, the text; all big-endian.
import type { Socket } from "node:net";
import { EVENT_BYTES_MAX } from "./journal.ts";
import type { RuntimeListener } from "./link.ts";

/** The variable that tells a runtime which descriptor it is: the sandbox's channel. */
export const TELEMETRY_VARIABLE = { _LAMBDA_TELEMETRY_LOG_FD: "3" };

const HEAD_BYTES = 16;
const MAGIC = 0xa55a;
const RAW = 6;

/** A text longer than an event may be comes in pieces. What is not frames ends the reading: the function can write there too. */
export function readTelemetryLog(channel: Socket, listener: Pick<RuntimeListener, "log">): void {
  let held: Buffer = Buffer.alloc(0); // grows by doubling: a text may come byte by byte
  let bytes = 0;
  let left = 0; // of the current text, still to come
  channel.on("error", () => {});
  channel.on("data", (chunk: Buffer) => {
    if (bytes + chunk.byteLength > held.byteLength) held = Buffer.concat([held.subarray(0, bytes)], Math.max(2 * held.byteLength, bytes + chunk.byteLength));
    bytes += chunk.copy(held, bytes);
    let at = 0;
    for (;;) {
      if (left === 0) {
        if (bytes - at < HEAD_BYTES) break;
        if (held.readUInt16BE(at) !== MAGIC) return void channel.destroy();
        left = held.readUInt32BE(at + 4);
        at += HEAD_BYTES;
        if (left === 0) continue;
      }
      const piece = Math.min(left, EVENT_BYTES_MAX);
      if (bytes - at < piece) break;
      listener.log(RAW, held.toString("utf8", at, at + piece));
      at += piece;
      left -= piece;
    }
    bytes -= at;
    if (bytes === 0) held = Buffer.alloc(0);
    else if (at > 0) held = Buffer.from(held.subarray(at, at + bytes));
  });
}
