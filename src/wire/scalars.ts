// Simple values as text: in headers, labels, query strings, forms and XML. https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait
import { ServiceError } from "../kernel/errors.ts";
import type { Shape, TimestampFormat } from "./shape.ts";

/** The caller's mistake; each protocol answers it under its own code. */
export const unreadable = (message: string): ServiceError => new ServiceError("SerializationException", message);

/** Deeper documents than this are nobody's API call. */
export const DEPTH_MAX = 100;

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const SPECIAL_NUMBERS = new Set(["NaN", "Infinity", "-Infinity"]);

export function readText(shape: Shape, text: string): unknown {
  switch (shape.kind) {
    case "string": return text;
    case "number": return readNumber(text);
    case "boolean": return readBoolean(text);
    case "timestamp": return readTimestampText(text);
    case "blob": return readBase64(text);
    case "bigInteger":
      if (!/^-?\d{1,1000}$/.test(text)) throw unreadable("STRING_VALUE can not be converted to an Integer");
      return BigInt(text);
    case "bigDecimal": return readNumber(text);
    default: throw unreadable(`Unexpected value for ${shape.name || shape.kind}`);
  }
}

function readNumber(text: string): number {
  if (!NUMBER.test(text) && !SPECIAL_NUMBERS.has(text)) throw unreadable("STRING_VALUE can not be converted to an Integer");
  return Number(text);
}

function readBoolean(text: string): boolean {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  throw unreadable("STRING_VALUE can not be converted to a Boolean");
}

/** Accepts all three formats: AWS's own clients have sent each of them. */
export function readTimestampText(text: string): Date {
  const date = NUMBER.test(text) ? new Date(Number(text) * 1000) : new Date(text.length <= 64 ? Date.parse(text) : NaN);
  if (Number.isNaN(date.getTime())) throw unreadable("STRING_VALUE can not be converted to a Date");
  return date;
}

export function readBase64(text: string): Uint8Array {
  if (text.length % 4) throw unreadable(`Base64 encoded length is expected a multiple of 4 bytes but found: ${text.length}`);
  const bytes = Buffer.from(text, "base64");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  if (bytes.byteLength !== (text.length / 4) * 3 - padding) throw unreadable("Invalid Base64 character");
  return bytes;
}

export function writeText(shape: Shape, value: unknown, format: TimestampFormat): string {
  if (typeof value === "string") return value;
  if (shape.kind === "timestamp") return writeTimestamp(value as Date, shape.format ?? format);
  if (shape.kind === "blob") return base64Of(value as Uint8Array);
  if (isNumericValue(value)) return value.string;
  return String(value);
}

export function writeTimestamp(date: Date, format: TimestampFormat): string {
  if (format === "http-date") return date.toUTCString();
  if (format === "epoch-seconds") return String(date.getTime() / 1000);
  return date.toISOString().replace(".000Z", "Z");
}

export const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

/** How the SDK's types hold a decimal that a double cannot. */
export const isNumericValue = (value: unknown): value is { string: string } =>
  typeof value === "object" && value !== null && typeof (value as { string?: unknown }).string === "string";
