// The engine's end of the frames channel (frames.ts): parses what a managed runtime says, writes events without copying payloads.
import type { Socket } from "node:net";
import { LAMBDA } from "../kernel/limits.ts";
import { FRAME, FRAME_BYTES_MAX } from "./frames.ts";
import type { RuntimeEvent, RuntimeLink, RuntimeListener } from "./link.ts";
import { typeOfError } from "./failures.ts";

export interface FrameLink extends RuntimeLink {
  assign(assignment: { env?: Record<string, string>; handler: string; taskRoot: string; logFormat: string; logLevel: string; extensions?: boolean; inspected?: boolean; vcpus?: number }): void;
  /** From now on the runtime speaks to this listener; a pre-warmed process has had another one. */
  listen(listener: RuntimeListener & { hello?(): void }): void;
}

const NO_BYTES = Buffer.alloc(0);
/** Up to here one copied write is cheaper than two buffers handed to writev. */
const ONE_WRITE_BYTES_MAX = 16 * 1024;
/** Made up by the reader in place of an answer it skips. No runtime can send it: a type is one byte. */
export const FRAME_TOO_LARGE = 256;

export function frameLink(socket: Socket): FrameLink {
  let listener: (RuntimeListener & { hello?(): void }) | undefined;
  let waitsForExtensions = false;
  const reader = frameReader((type, body) => { if (listener) dispatch(listener, socket, type, body); });
  socket.on("data", (chunk: Buffer) => {
    const broken = reader(chunk);
    if (broken) {
      socket.destroy();
      listener?.broken(broken);
    }
  });
  // A runtime that dies mid-write resets the channel; its exit is reported by the sandbox.
  socket.on("error", () => {});
  return {
    readyAfterAnswer: true,
    listen(next) { listener = next; },
    assign(assignment) {
      waitsForExtensions = assignment.extensions === true;
      writeJson(socket, FRAME.assign, assignment);
    },
    registered(any) { if (waitsForExtensions && !socket.destroyed) socket.write(Buffer.from([0, 0, 0, 2, FRAME.extensions, any ? 1 : 0])); },
    send(event, along = []) {
      if (along.length) socket.write(Buffer.concat([wholeEvent(event, along.length), ...along.map((other, at) => wholeEvent(other, along.length - 1 - at))]));
      else if (event.payload.byteLength <= ONE_WRITE_BYTES_MAX) socket.write(wholeEvent(event, 0));
      else {
        socket.cork();
        socket.write(eventHead(event, 0, 0));
        socket.write(event.payload);
        socket.uncork();
      }
    },
    restore() { if (!socket.destroyed) socket.write(Buffer.from([0, 0, 0, 1, FRAME.restore])); },
    pause: () => { socket.pause(); },
    resume: () => { socket.resume(); },
    close() { listener = undefined; socket.destroy(); },
  };
}

function dispatch(to: RuntimeListener & { hello?(): void }, socket: Socket, type: number, body: Buffer): void {
  switch (type) {
    case FRAME.log: return to.log(body[0] ?? 6, body.toString("utf8", 1));
    case FRAME.response:
      if (body.byteLength > LAMBDA.responseBytesMax) to.tooLarge(undefined);
      else to.response(undefined, body);
      return;
    case FRAME_TOO_LARGE: return to.tooLarge(undefined);
    case FRAME.error: { to.error(undefined, body, typeOfError(body)); return; }
    case FRAME.streamStart: { to.streamStart(undefined, contentTypeOf(body)); return; }
    case FRAME.streamChunk: if (!to.streamChunk(body)) socket.pause(); return;
    case FRAME.streamEnd: return to.streamEnd(body.byteLength ? { errorType: typeOfError(body), payload: body } : undefined);
    case FRAME.ready: return to.ready();
    case FRAME.initError: return to.initError(body, typeOfError(body));
    case FRAME.restoreNext: { to.restoreNext(); return; }
    case FRAME.giveBack: return to.giveBack();
    case FRAME.hello: return to.hello?.();
    default: return to.broken(`The runtime sent an unknown frame ${type}`);
  }
}

function contentTypeOf(body: Buffer): string {
  try {
    const type: unknown = JSON.parse(body.toString()).contentType;
    // It becomes a header of the answer.
    return typeof type === "string" && /^[\x20-\x7e]{1,256}$/.test(type) ? type : "application/octet-stream";
  } catch {
    return "application/octet-stream";
  }
}

function wholeEvent(event: RuntimeEvent, more: number): Buffer {
  const frame = eventHead(event, more, event.payload.byteLength);
  frame.set(event.payload, frame.byteLength - event.payload.byteLength);
  return frame;
}

/** With room for the payload at its end. `more`: how many events follow in the same write. */
function eventHead({ requestId: id, deadlineMs, invokedArn: arn, traceId, streaming, clientContext, cognitoIdentity, tenantId, payload }: RuntimeEvent, more: number, roomBytes: number): Buffer {
  const json = JSON.stringify({ id, deadlineMs, arn, traceId, streaming, clientContext, cognitoIdentity, tenantId, more: more || undefined });
  // Only these two can hold more than ASCII: ids are ours, ARNs, trace and tenant ids have been checked.
  const ascii = clientContext === undefined && cognitoIdentity === undefined;
  const jsonBytes = ascii ? json.length : Buffer.byteLength(json);
  const head = Buffer.allocUnsafe(9 + jsonBytes + roomBytes);
  head.writeUInt32BE(5 + jsonBytes + payload.byteLength, 0);
  head[4] = FRAME.invoke;
  head.writeUInt32BE(jsonBytes, 5);
  head.write(json, 9, ascii ? "latin1" : "utf8");
  return head;
}

function writeJson(socket: Socket, type: number, value: unknown): void {
  if (socket.destroyed) return;
  const body = Buffer.from(JSON.stringify(value));
  const head = Buffer.allocUnsafe(5);
  head.writeUInt32BE(1 + body.byteLength, 0);
  head[4] = type;
  socket.write(Buffer.concat([head, body]));
}

/**
 * Cuts a byte stream into frames. Whole frames inside one chunk are handed on without a copy; one that spans chunks is
 * collected once, into a buffer of its own size. The answer is a sentence when the stream is not frames.
 */
export function frameReader(onFrame: (type: number, body: Buffer) => void): (chunk: Buffer) => string | undefined {
  let rest: Buffer = NO_BYTES;
  let large: Buffer | undefined; // a frame (without its length) that spans chunks
  let filled = 0;
  let skip = 0; // bytes left of an answer too large to be kept
  const take = (frame: Buffer) => onFrame(frame[0]!, frame.subarray(1));
  return (input) => {
    let chunk = input;
    if (skip) {
      const part = Math.min(skip, chunk.byteLength);
      skip -= part;
      chunk = chunk.subarray(part);
    } else if (large) {
      const part = Math.min(large.byteLength - filled, chunk.byteLength);
      chunk.copy(large, filled, 0, part);
      filled += part;
      if (filled < large.byteLength) return undefined;
      const frame = large;
      large = undefined;
      take(frame);
      chunk = chunk.subarray(part);
    } else if (rest.byteLength) {
      chunk = Buffer.concat([rest, chunk]);
      rest = NO_BYTES;
    }
    let at = 0;
    while (chunk.byteLength - at >= 5) {
      const length = chunk.readUInt32BE(at);
      const type = chunk[at + 4]!;
      if (length > FRAME_BYTES_MAX && type === FRAME.response) {
        onFrame(FRAME_TOO_LARGE, NO_BYTES);
        skip = Math.max(0, length - (chunk.byteLength - at - 4));
        at += 4 + length;
        continue;
      }
      if (length < 1 || length > FRAME_BYTES_MAX) return `The runtime sent a frame of ${length} bytes`;
      if (chunk.byteLength - at - 4 < length) {
        large = Buffer.allocUnsafe(length);
        filled = chunk.copy(large, 0, at + 4);
        return undefined;
      }
      take(chunk.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    if (at < chunk.byteLength) rest = Buffer.from(chunk.subarray(at));
    return undefined;
  };
}
