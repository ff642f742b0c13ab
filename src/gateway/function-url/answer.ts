// What a function returned, as the HTTP answer of its URL.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
import type { WireResponse } from "../../wire/http.ts";

const JSON_TYPE = "application/json";
export const PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response";
const PRELUDE_END = Buffer.alloc(8);
/** A prelude is a status and headers; what is longer is none. */
const PRELUDE_BYTES_MAX = 64 * 1024;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** The connection is ours to manage. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "te", "trailer", "proxy-connection"]);

export const badGateway = (): WireResponse => ({ status: 502, headers: { "content-type": JSON_TYPE }, body: "Internal Server Error" });

/** The answer of a function that did not fail. */
export function answerOf(payload: Uint8Array): WireResponse {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const end = bytes.indexOf(PRELUDE_END);
  if (end >= 0) return withPrelude(bytes.subarray(0, end), bytes.subarray(end + PRELUDE_END.length)); // a streaming handler behind a buffered URL; JSON text holds no NUL
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return { status: 200, headers: { "content-type": "application/octet-stream" }, body: bytes };
  }
  if (isProxyAnswer(value)) return proxyAnswer(value, true) ?? badGateway();
  return { status: 200, headers: { "content-type": JSON_TYPE }, body: typeof value === "string" ? value : bytes.toString() };
}

interface ProxyAnswer {
  statusCode: unknown;
  headers?: unknown;
  cookies?: unknown;
  body?: unknown;
  isBase64Encoded?: unknown;
}

const isProxyAnswer = (value: unknown): value is ProxyAnswer => typeof value === "object" && value !== null && !Array.isArray(value) && "statusCode" in value;

/** Undefined when it is malformed. */
function proxyAnswer({ statusCode, headers: given, cookies, body, isBase64Encoded }: ProxyAnswer, withType: boolean): WireResponse | undefined {
  const status = typeof statusCode === "string" && /^\d{3}$/.test(statusCode) ? Number(statusCode) : statusCode;
  if (typeof status !== "number" || !Number.isInteger(status) || status < 200 || status > 599) return undefined;
  if (given !== undefined && given !== null && (typeof given !== "object" || Array.isArray(given))) return undefined;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given ?? {})) {
    const text = headerText(value);
    if (text === undefined || !HEADER_NAME.test(name) || !HEADER_VALUE.test(text)) return undefined;
    if (!HOP_BY_HOP.has(name.toLowerCase())) headers[name.toLowerCase()] = text;
  }
  if (withType) headers["content-type"] ??= JSON_TYPE;
  const list = cookies === undefined || cookies === null ? [] : cookies;
  if (!Array.isArray(list) || list.some((cookie) => typeof cookie !== "string" || !HEADER_VALUE.test(cookie))) return undefined;
  const text = body === undefined || body === null ? "" : typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers, body: isBase64Encoded === true ? Buffer.from(text, "base64") : text, ...(list.length ? { cookies: list } : {}) };
}

/** Undefined for an object: its own `toString` would run into whatever the function put there. */
function headerText(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.some((one) => typeof one === "object" && one !== null) ? undefined : value.join(",");
  return typeof value === "object" && value !== null ? undefined : String(value);
}

function withPrelude(prelude: Buffer, body: WireResponse["body"]): WireResponse {
  let value: unknown;
  try {
    value = JSON.parse(prelude.toString());
  } catch {
    return badGateway();
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return badGateway();
  const answer = proxyAnswer({ statusCode: 200, ...value, body: "" }, false);
  if (!answer) return badGateway();
  answer.headers["content-type"] ??= "application/octet-stream";
  return { ...answer, body };
}

/** A streamed answer: its head is known once the prelude, where there is one, has come. */
export async function streamedAnswer(contentType: string, chunks: AsyncIterable<Uint8Array>): Promise<WireResponse> {
  if (contentType.split(";")[0] !== PRELUDE_TYPE) return { status: 200, headers: { "content-type": contentType || "application/octet-stream" }, body: chunks };
  const iterator = chunks[Symbol.asyncIterator]();
  let seen = Buffer.alloc(0);
  while (seen.length <= PRELUDE_BYTES_MAX) {
    const end = seen.indexOf(PRELUDE_END);
    if (end >= 0) {
      const body = rest(seen.subarray(end + PRELUDE_END.length), iterator);
      const answer = withPrelude(seen.subarray(0, end), body);
      if (answer.body !== body) await iterator.return?.(); // no head can be made of it, and nobody will read on
      return answer;
    }
    const next = await iterator.next();
    if (next.done) break;
    seen = Buffer.concat([seen, next.value]);
  }
  await iterator.return?.();
  return badGateway();
}

async function* rest(first: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first.byteLength) yield first;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
