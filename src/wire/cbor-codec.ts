// CBOR values to and from bytes: the part of RFC 8949 that rpcv2Cbor uses. https://www.rfc-editor.org/rfc/rfc8949.html
// The SDK's own decoder prints to the console what a caller sends and trusts the lengths it is told, so it is not for servers.
import { DEPTH_MAX, isNumericValue, unreadable } from "./scalars.ts";
import { put } from "./shape.ts";

const EPOCH_TAG = 1;
const INDEFINITE = 31;
const BREAK = 0xff;
const utf8 = new TextDecoder("utf-8", { fatal: true });

interface Input { bytes: Uint8Array; view: DataView; at: number }

/** Maps as objects, byte strings as Uint8Array (views of `bytes`), epoch tags as Date, integers past 2^53 as bigint. Throws SerializationException. */
export function decodeCbor(bytes: Uint8Array): unknown {
  const input: Input = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
  const value = read(input, 0);
  if (input.at !== bytes.byteLength) throw broken();
  return value;
}

function need(input: Input, count: number): number {
  if (count > input.bytes.byteLength - input.at) throw broken();
  const from = input.at;
  input.at += count;
  return from;
}

function argument(input: Input, minor: number): number | bigint {
  if (minor < 24) return minor;
  if (minor === 24) return input.view.getUint8(need(input, 1));
  if (minor === 25) return input.view.getUint16(need(input, 2));
  if (minor === 26) return input.view.getUint32(need(input, 4));
  if (minor !== 27) throw broken();
  const long = input.view.getBigUint64(need(input, 8));
  return long <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(long) : long;
}

/** Every item takes at least a byte, so a count past the end is a lie. */
function count(input: Input, minor: number): number {
  const told = argument(input, minor);
  if (told > input.bytes.byteLength - input.at) throw broken();
  return Number(told);
}

function atBreak(input: Input): boolean {
  if (input.at >= input.bytes.byteLength) throw broken();
  if (input.bytes[input.at] !== BREAK) return false;
  input.at++;
  return true;
}

function string(input: Input, major: number, minor: number): Uint8Array {
  if (minor !== INDEFINITE) {
    const length = count(input, minor);
    const from = need(input, length);
    return input.bytes.subarray(from, from + length);
  }
  const parts: Uint8Array[] = [];
  while (!atBreak(input)) {
    const head = input.bytes[need(input, 1)]!;
    if (head >> 5 !== major || (head & 31) === INDEFINITE) throw broken();
    parts.push(string(input, major, head & 31));
  }
  return Buffer.concat(parts);
}

function text(input: Input, minor: number): string {
  try {
    return utf8.decode(string(input, 3, minor));
  } catch {
    throw broken();
  }
}

function map(input: Input, minor: number, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  let left = minor === INDEFINITE ? Infinity : count(input, minor);
  for (; minor === INDEFINITE ? !atBreak(input) : left > 0; left--) {
    const head = input.bytes[need(input, 1)]!;
    if (head >> 5 !== 3) throw broken();
    const key = text(input, head & 31);
    put(out, key, read(input, depth + 1));
  }
  return out;
}

function list(input: Input, minor: number, depth: number): unknown[] {
  const out: unknown[] = [];
  let left = minor === INDEFINITE ? Infinity : count(input, minor);
  for (; minor === INDEFINITE ? !atBreak(input) : left > 0; left--) out.push(read(input, depth + 1));
  return out;
}

function tagged(input: Input, tag: number | bigint, depth: number): unknown {
  const inner = read(input, depth + 1);
  if (tag === EPOCH_TAG) return typeof inner === "number" ? new Date(inner * 1000) : refuse();
  if ((tag === 2 || tag === 3) && inner instanceof Uint8Array && inner.byteLength <= 1024) {
    const big = BigInt(`0x${Buffer.from(inner).toString("hex") || "0"}`);
    return tag === 2 ? big : -1n - big;
  }
  return inner;
}

function simple(input: Input, minor: number): unknown {
  switch (minor) {
    case 20: return false;
    case 21: return true;
    case 22: case 23: return null;
    case 25: return halfFloat(input.view.getUint16(need(input, 2)));
    case 26: return input.view.getFloat32(need(input, 4));
    case 27: return input.view.getFloat64(need(input, 8));
    default: throw broken();
  }
}

function read(input: Input, depth: number): unknown {
  if (depth > DEPTH_MAX) throw broken();
  const head = input.bytes[need(input, 1)]!;
  const minor = head & 31;
  switch (head >> 5) {
    case 0: return argument(input, minor);
    case 1: {
      const told = argument(input, minor);
      return typeof told === "bigint" ? -1n - told : -1 - told;
    }
    case 2: return string(input, 2, minor);
    case 3: return text(input, minor);
    case 4: return list(input, minor, depth);
    case 5: return map(input, minor, depth);
    case 6: return tagged(input, argument(input, minor), depth);
    default: return simple(input, minor);
  }
}

const broken = () => unreadable("");
const refuse = (): never => { throw broken(); };

function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? (fraction ? NaN : Infinity) : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

/** Undefined members are left out; Date becomes an epoch tag. */
export function encodeCbor(value: unknown): Uint8Array {
  const parts: Uint8Array[] = [];
  write(value);
  return Buffer.concat(parts);

  function head(major: number, told: number | bigint): void {
    const bits = major << 5;
    if (told < 24) return void parts.push(Uint8Array.of(bits | Number(told)));
    const out = Buffer.alloc(told < 2 ** 8 ? 2 : told < 2 ** 16 ? 3 : told < 2 ** 32 ? 5 : 9);
    if (out.byteLength === 2) out.writeUInt8(Number(told), 1);
    else if (out.byteLength === 3) out.writeUInt16BE(Number(told), 1);
    else if (out.byteLength === 5) out.writeUInt32BE(Number(told), 1);
    else out.writeBigUInt64BE(BigInt(told), 1);
    out[0] = bits | { 2: 24, 3: 25, 5: 26, 9: 27 }[out.byteLength as 2 | 3 | 5 | 9];
    parts.push(out);
  }
  function number(item: number): void {
    if (Number.isSafeInteger(item)) return item < 0 ? head(1, -1 - item) : head(0, item);
    const out = Buffer.alloc(9);
    out[0] = 0xfb;
    out.writeDoubleBE(item, 1);
    parts.push(out);
  }
  function write(item: unknown): void {
    if (typeof item === "string") {
      const bytes = Buffer.from(item);
      head(3, bytes.byteLength);
      parts.push(bytes);
    } else if (typeof item === "number") number(item);
    else if (typeof item === "boolean") parts.push(Uint8Array.of(item ? 0xf5 : 0xf4));
    else if (typeof item === "bigint") head(item < 0n ? 1 : 0, item < 0n ? -1n - item : item);
    else if (item === null || item === undefined) parts.push(Uint8Array.of(0xf6));
    else if (item instanceof Uint8Array) {
      head(2, item.byteLength);
      parts.push(item);
    } else if (item instanceof Date) {
      head(6, EPOCH_TAG);
      number(item.getTime() / 1000);
    } else if (Array.isArray(item)) {
      head(4, item.length);
      item.forEach(write);
    } else if (isNumericValue(item)) number(Number(item.string));
    else writeMap(item as object);
  }
  function writeMap(item: object): void {
    const entries = Object.entries(item).filter(([, inner]) => inner !== undefined);
    head(5, entries.length);
    for (const [key, inner] of entries) {
      write(key);
      write(inner);
    }
  }
}
