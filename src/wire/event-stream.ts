// Answers that are a stream of events, framed as vnd.amazon.eventstream. https://smithy.io/2.0/aws/amazon-eventstream.html
import { crc32 } from "node:zlib";
import { ServiceError } from "../kernel/errors.ts";
import type { Member, Shape } from "./shape.ts";

export const EVENT_STREAM = "application/vnd.amazon.eventstream";

/** Writes one event's body in the protocol at hand. */
export type EventCodec = (shape: Shape, value: object) => Uint8Array | string;
type Header = [string, string | number | boolean | Date | Uint8Array];

/** A frame is at most 16 MB, a payload a little less. */
const PAYLOAD_BYTES_MAX = 16 * 1024 * 1024 - 1024;

export const eventStreamMember = (output: Shape): Member | undefined => output.members.find((member) => member.traits.streaming && member.shape.kind === "union");

/**
 * Each event is a union value: { PayloadChunk: { Payload } }. With `initial`, the other output members go first
 * as "initial-response" (the RPC protocols). A ServiceError thrown by the source ends the stream as AWS ends it:
 * with an exception frame.
 */
export async function* writeEvents(union: Shape, events: AsyncIterable<object>, contentType: string, encode: EventCodec, initial?: { shape: Shape; value: object }): AsyncGenerator<Uint8Array> {
  if (initial) yield frame([[":event-type", "initial-response"], [":message-type", "event"], [":content-type", contentType]], bytesOf(encode(initial.shape, initial.value)));
  try {
    for await (const event of events) {
      const name = Object.keys(event).find((key) => union.memberOf.has(key));
      if (name) yield writeEvent(union.memberOf.get(name)!, (event as Record<string, object>)[name]!, contentType, encode);
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    yield errorFrame(union, error, contentType, encode);
  }
}

function writeEvent(member: Member, event: object, contentType: string, encode: EventCodec): Uint8Array {
  const values = event as Record<string, unknown>;
  const kind: Header[] = member.shape.traits.error ? [[":exception-type", member.name], [":message-type", "exception"]] : [[":event-type", member.name], [":message-type", "event"]];
  const headers: Header[] = [];
  let type = contentType;
  let payload: Uint8Array | undefined;
  const rest: Member[] = [];
  for (const field of member.shape.members) {
    const value = values[field.name];
    if (field.traits.eventHeader) {
      if (value !== undefined && value !== null) headers.push([field.name, value as Header[1]]);
    } else if (field.traits.eventPayload) {
      if (field.shape.kind === "blob") type = "application/octet-stream";
      else if (field.shape.kind === "string") type = "text/plain";
      payload = value === undefined || value === null ? new Uint8Array() : field.shape.kind === "blob" || field.shape.kind === "string" ? bytesOf(value as Uint8Array | string) : bytesOf(encode(field.shape, value as object));
    } else rest.push(field);
  }
  if (!payload) payload = rest.length > 0 ? bytesOf(encode({ ...member.shape, members: rest }, event)) : new Uint8Array();
  return frame([...kind, [":content-type", type], ...headers], payload);
}

function errorFrame(union: Shape, error: ServiceError, contentType: string, encode: EventCodec): Uint8Array {
  const member = union.members.find((candidate) => candidate.shape.traits.error && candidate.shape.name === error.code);
  if (member) return writeEvent(member, { message: error.message, Message: error.message, ...error.members }, contentType, encode);
  return frame([[":message-type", "error"], [":error-code", error.code], [":error-message", error.message]], new Uint8Array());
}

const bytesOf = (value: Uint8Array | string): Uint8Array => (typeof value === "string" ? Buffer.from(value) : value);

/** Prelude (lengths and their CRC), headers, payload, CRC of it all. */
function frame(headers: Header[], payload: Uint8Array): Uint8Array {
  if (payload.byteLength > PAYLOAD_BYTES_MAX) throw new RangeError("an event does not fit into one frame");
  const encoded = Buffer.concat(headers.map(writeHeader));
  const total = 16 + encoded.byteLength + payload.byteLength;
  const out = Buffer.allocUnsafe(total);
  out.writeUInt32BE(total, 0);
  out.writeUInt32BE(encoded.byteLength, 4);
  out.writeUInt32BE(crc32(out.subarray(0, 8)), 8);
  encoded.copy(out, 12);
  out.set(payload, 12 + encoded.byteLength);
  out.writeUInt32BE(crc32(out.subarray(0, total - 4)), total - 4);
  return out;
}

function writeHeader([name, value]: Header): Buffer {
  const [type, body] = headerValue(value);
  const head = Buffer.alloc(2 + Buffer.byteLength(name));
  head.writeUInt8(head.byteLength - 2, 0);
  head.write(name, 1);
  head.writeUInt8(type, head.byteLength - 1);
  return Buffer.concat([head, body]);
}

function headerValue(value: Header[1]): [number, Buffer] {
  if (typeof value === "boolean") return [value ? 0 : 1, Buffer.alloc(0)];
  if (typeof value === "string" || value instanceof Uint8Array) {
    const bytes = bytesOf(value);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.byteLength);
    return [typeof value === "string" ? 7 : 6, Buffer.concat([length, bytes])];
  }
  if (value instanceof Date || !Number.isInteger(value) || Math.abs(value) > 0x7fffffff) {
    const long = Buffer.alloc(8);
    long.writeBigInt64BE(BigInt(Math.round(Number(value))));
    return [value instanceof Date ? 8 : 5, long];
  }
  const integer = Buffer.alloc(4);
  integer.writeInt32BE(value);
  return [4, integer];
}
