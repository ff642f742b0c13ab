// What a caller may hand to a function: JSON of limited size, and a client context.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
import { isUtf8 } from "node:buffer";
import { LAMBDA } from "../../kernel/limits.ts";
import { badClientContext, clientContextTooLarge, payloadNotJson, payloadTooLarge } from "./errors.ts";

const EMPTY = new Uint8Array(Buffer.from("{}"));
const SOURCE = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)";
const EXPECTED = "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/** Jackson's own limit (StreamReadConstraints). Without one, a payload of nothing but brackets keeps JSON.parse busy for half a second. */
const DEPTH_MAX = 1000;

/** Valid JSON, the caller's own bytes; none at all means `{}`. */
export function checkPayload(payload: Uint8Array | undefined, type: "RequestResponse" | "Event" = "RequestResponse"): Uint8Array {
  if (!payload || payload.byteLength === 0) return EMPTY;
  const bytesMax = type === "Event" ? LAMBDA.asyncPayloadBytesMax : LAMBDA.syncPayloadBytesMax;
  if (payload.byteLength > bytesMax) throw payloadTooLarge(payload.byteLength, type, bytesMax);
  if (!isUtf8(payload)) throw payloadNotJson(badUtf8(payload));
  if (payload.byteLength > 2 * DEPTH_MAX && tooDeep(payload)) throw payloadNotJson(`Document nesting depth (${DEPTH_MAX + 1}) exceeds the maximum allowed (${DEPTH_MAX}, from \`StreamReadConstraints.getMaxNestingDepth()\`)`);
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
  try {
    JSON.parse(text);
  } catch (error) {
    throw payloadNotJson(badJson(text, String((error as Error).message)));
  }
  return payload;
}

function tooDeep(payload: Uint8Array): boolean {
  const [quote, backslash] = [0x22, 0x5c];
  let depth = 0;
  for (let at = 0; at < payload.length; at++) {
    const byte = payload[at]!;
    if (byte === quote) {
      for (at++; at < payload.length && payload[at] !== quote; at++) if (payload[at] === backslash) at++;
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > DEPTH_MAX) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}

/** In the words of AWS's parser (Jackson), as observed; its advice on what was expected differs by place and is not repeated here. */
function badJson(text: string, message: string): string {
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? NaN);
  const at = Number.isNaN(position) ? firstWrong(text, message) : position;
  if (at === undefined || at >= text.length) return `Unexpected end-of-input at ${SOURCE}; ${place(text, text.length)}]`;
  const code = text.codePointAt(at)!;
  const shown = code < 32 || (code >= 127 && code < 160) ? `(CTRL-CHAR, code ${code})` : `'${String.fromCodePoint(code)}' (code ${code})`;
  return `Unexpected character (${shown}): ${EXPECTED} at ${SOURCE}; ${place(text, at)}]`;
}

/** V8 names the token instead of the position when the text is short. */
function firstWrong(text: string, message: string): number | undefined {
  const token = /^Unexpected token '(.+?)'/s.exec(message)?.[1];
  return token === undefined ? undefined : text.indexOf(token);
}

function place(text: string, at: number): string {
  const before = text.slice(0, at);
  return `line: ${before.split("\n").length}, column: ${at - before.lastIndexOf("\n")}`;
}

function badUtf8(payload: Uint8Array): string {
  let valid = 0;
  // The longest valid prefix, by halving: prefixes that end inside a character are cut back to its start.
  for (let step = payload.byteLength; step >= 1; step = step === 1 ? 0 : Math.ceil(step / 2)) {
    while (valid + step <= payload.byteLength && isUtf8(payload.subarray(0, valid + step))) valid += step;
  }
  const text = Buffer.from(payload.buffer, payload.byteOffset, valid).toString();
  return `Invalid UTF-8 start byte 0x${(payload[valid] ?? 0).toString(16)} at ${SOURCE}; ${place(text, text.length)}]`;
}

/** The header's Base64 as JSON text; undefined when the header is absent. */
export function checkClientContext(encoded: string | undefined): string | undefined {
  if (!encoded) return undefined;
  if (encoded.length > LAMBDA.clientContextBytesMax) throw clientContextTooLarge();
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) throw badClientContext();
  const text = Buffer.from(encoded, "base64").toString();
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw badClientContext();
  } catch {
    throw badClientContext();
  }
  return text;
}
