// Reads one small, entirely ordinary Invoke request from bytes. Anything else is left to node:http, which knows all of HTTP.
// https://www.rfc-editor.org/rfc/rfc9112
import { bytesBody, type WireRequest } from "../wire/http.ts";

const HEAD_BYTES_MAX = 8 * 1024;
const BODY_BYTES_MAX = 64 * 1024;

const START = Buffer.from("POST /2015-03-31/functions/");
/** The whole grammar accepted here: no tabs, no folding, no bare CR or LF, no byte above 7E, no absolute form. */
const HEAD = /^POST (\/2015-03-31\/functions\/[\w.~%:$-]{1,512}\/invocations)(?:\?([\w.~%:$=&-]{0,512}))? HTTP\/1\.1(?:\r\n[A-Za-z0-9-]+:[ -~]*)+$/;
/** Headers that change how a message is read, or what happens to the connection after it. */
const UNUSUAL = new Set(["transfer-encoding", "expect", "upgrade", "te", "trailer", "keep-alive", "proxy-connection", "content-encoding", "http2-settings"]);

/** Undefined unless `bytes` begins with a complete request of the strict form; `endsAt` is where the next one begins. */
export function readInvoke(bytes: Buffer): { request: WireRequest; endsAt: number } | undefined {
  if (bytes.length < START.length || START.compare(bytes, 0, START.length) !== 0) return undefined;
  const text = bytes.toString("latin1", 0, HEAD_BYTES_MAX);
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd);
  const match = HEAD.exec(head);
  if (!match) return undefined;
  const headers = readHeaders(head);
  if (!headers) return undefined;
  const { host, connection = "keep-alive", "content-length": length = "" } = headers;
  if (!host || connection.toLowerCase() !== "keep-alive" || !/^(0|[1-9]\d{0,5})$/.test(length)) return undefined;
  const bodyStart = headEnd + 4;
  const endsAt = bodyStart + Number(length);
  if (endsAt - bodyStart > BODY_BYTES_MAX || endsAt > bytes.length) return undefined;
  return { request: { method: "POST", path: match[1]!, query: match[2] ?? "", headers, body: bytesBody(bytes.subarray(bodyStart, endsAt)) }, endsAt };
}

/** Undefined when a header stands there twice, or is an unusual one. */
function readHeaders(head: string): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  let at = head.indexOf("\r\n");
  while (at >= 0) {
    const start = at + 2;
    at = head.indexOf("\r\n", start);
    const colon = head.indexOf(":", start);
    const name = head.slice(start, colon).toLowerCase();
    // Names like "constructor" are found on every object and so are handed over, too.
    if (headers[name] !== undefined || UNUSUAL.has(name)) return undefined;
    headers[name] = head.slice(colon + 1, at < 0 ? undefined : at).trim();
  }
  return headers;
}
