// A strict HTTP/1.1 request parser for the Runtime API: small, bounded, and six times cheaper than node:http (docs/decisions/0005-frames.md).
// https://www.rfc-editor.org/rfc/rfc9112

export interface RequestHead {
  method: string;
  path: string;
  /** Lower-case names; repeated headers joined with ", ". */
  headers: Record<string, string>;
  keepAlive: boolean;
  /** Undefined for a chunked body. */
  lengthBytes: number | undefined;
  expectsContinue: boolean;
}

export interface RequestListener {
  head(head: RequestHead): void;
  body(chunk: Buffer): void;
  /** Trailers of a chunked body; empty otherwise. */
  end(trailers: Record<string, string>): void;
  /** The bytes are not HTTP. Nothing more is parsed. */
  bad(status: number, reason: string): void;
}

/** X-Ray causes travel in a header of up to 64 KB, which the Node client base64-encodes. */
const HEAD_BYTES_MAX = 128 * 1024;
const HEADERS_MAX = 100;
/** Room for Lambda-Runtime-Function-Error-Body, base64 of an error object. */
const TRAILER_BYTES_MAX = 1024 * 1024;
const CHUNK_LINE_BYTES_MAX = 1024;
const NO_BYTES = Buffer.alloc(0);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

type Phase = "head" | "fixed" | "chunk-size" | "chunk-data" | "chunk-end" | "trailers" | "stopped";

export interface RequestParser {
  feed(input: Buffer): void;
  /** True while a request has begun and not ended. */
  readonly midway: boolean;
}

export function requestParser(listener: RequestListener): RequestParser {
  let phase: Phase = "head";
  let held: Buffer = NO_BYTES;
  let left = 0;
  const fail = (status: number, reason: string) => { phase = "stopped"; listener.bad(status, reason); };

  /** The position after the text up to `mark`, or -1: not there yet (kept), or too long (failed). */
  const find = (mark: string, from: number, bytesMax: number, what: string): number => {
    const at = held.indexOf(mark, from, "latin1");
    if ((at < 0 ? held.byteLength : at) - from > bytesMax) { fail(431, `${what} too long`); return -1; }
    return at;
  };

  function readHead(): boolean {
    // RFC 9112 2.2: a server should ignore an empty line before the request line.
    while (held[0] === 13 && held[1] === 10) held = held.subarray(2);
    const end = find("\r\n\r\n", 0, HEAD_BYTES_MAX, "Head");
    if (end < 0) return false;
    const head = parseHead(held.toString("latin1", 0, end));
    held = held.subarray(end + 4);
    if ("status" in head) { fail(head.status, head.reason); return false; }
    phase = head.lengthBytes === undefined ? "chunk-size" : head.lengthBytes === 0 ? "head" : "fixed";
    left = head.lengthBytes ?? 0;
    listener.head(head);
    if (head.lengthBytes === 0) listener.end({});
    return true;
  }

  /** Hands on up to `left` bytes of body. */
  function readBody(): void {
    const part = held.byteLength <= left ? held : held.subarray(0, left);
    left -= part.byteLength;
    held = held.subarray(part.byteLength);
    if (part.byteLength) listener.body(part);
  }

  function readChunkSize(): boolean {
    const end = find("\r\n", 0, CHUNK_LINE_BYTES_MAX, "Chunk size");
    if (end < 0) return false;
    const size = /^([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?$/.exec(held.toString("latin1", 0, end));
    if (!size) { fail(400, "Bad chunk size"); return false; }
    held = held.subarray(end + 2);
    left = Number.parseInt(size[1]!, 16);
    phase = left === 0 ? "trailers" : "chunk-data";
    return true;
  }

  function readTrailers(): boolean {
    if (held.byteLength >= 2 && held[0] === 13 && held[1] === 10) {
      held = held.subarray(2);
      phase = "head";
      listener.end({});
      return true;
    }
    const end = find("\r\n\r\n", 0, TRAILER_BYTES_MAX, "Trailers");
    if (end < 0) return false;
    const trailers = parseFields(held.toString("latin1", 0, end).split("\r\n"));
    if (!trailers) { fail(400, "Bad trailer"); return false; }
    held = held.subarray(end + 4);
    phase = "head";
    listener.end(trailers);
    return true;
  }

  function step(): boolean {
    switch (phase) {
      case "head": return readHead();
      case "fixed":
        readBody();
        if (left === 0) { phase = "head"; listener.end({}); }
        return true;
      case "chunk-size": return readChunkSize();
      case "chunk-data":
        readBody();
        if (left === 0) phase = "chunk-end";
        return true;
      case "chunk-end":
        if (held.byteLength < 2) return false;
        if (held[0] !== 13 || held[1] !== 10) { fail(400, "Bad chunk"); return false; }
        held = held.subarray(2);
        phase = "chunk-size";
        return true;
      case "trailers": return readTrailers();
      case "stopped": return false;
    }
  }

  return {
    feed(input) {
      held = held.byteLength ? Buffer.concat([held, input]) : input;
      while (held.byteLength && step());
      if (phase === "stopped") held = NO_BYTES;
    },
    get midway() { return phase !== "head" || held.byteLength > 0; },
  };
}

interface BadHead { status: number; reason: string }

function parseHead(text: string): RequestHead | BadHead {
  const lines = text.split("\r\n");
  const line = /^([A-Z]{1,16}) (\/[\x21-\x7e]{0,4096}) HTTP\/1\.([01])$/.exec(lines[0]!);
  if (!line) return { status: 400, reason: "Bad request line" };
  const headers = parseFields(lines.slice(1));
  if (!headers) return { status: 400, reason: "Bad header" };
  const [, method, path, minor] = line as unknown as string[];
  const coding = headers["transfer-encoding"];
  const length = headers["content-length"];
  // Both at once is how requests are smuggled (RFC 9112 6.1); repeated lengths arrive here joined and fail the pattern.
  if (coding !== undefined && (length !== undefined || coding.toLowerCase() !== "chunked" || minor === "0")) return { status: 400, reason: "Bad transfer coding" };
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return { status: 400, reason: "Bad content length" };
  const connection = (headers.connection ?? "").toLowerCase();
  return {
    method: method!, path: path!, headers,
    keepAlive: minor === "1" ? !connection.includes("close") : connection.includes("keep-alive"),
    lengthBytes: coding !== undefined ? undefined : Number(length ?? 0),
    expectsContinue: minor === "1" && headers.expect?.toLowerCase() === "100-continue",
  };
}

function parseFields(lines: string[]): Record<string, string> | undefined {
  if (lines.length > HEADERS_MAX) return undefined;
  const fields: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || !TOKEN.test(name)) return undefined;
    const value = line.slice(colon + 1).trim();
    if (/[\r\n\0]/.test(value)) return undefined;
    fields[name] = name in fields ? `${fields[name]}, ${value}` : value;
  }
  return fields;
}
