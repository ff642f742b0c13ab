// The general front: node:http sockets to plain requests and back, with limits on what a client may hold open.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../kernel/clock.ts";
import { BrokenOff } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { createServer } from "../kernel/node-http.ts";
import type { WireRequest, WireResponse } from "../wire/http.ts";
import type { Answer } from "./pipeline.ts";
import { incomingBody } from "./request-body.ts";
import type { Running } from "./running.ts";

/** Presigned URLs with a session token are long; AWS takes 16 KB of headers. */
export const HEADER_BYTES_MAX = 32 * 1024;
const HEADERS_MS_MAX = 15_000;
/** A whole request, body and all; a body that stalls is cut off much sooner (request-body.ts). */
const REQUEST_MS_MAX = 3_600_000;
/** Longer than the clients' own, so that they close first and never write into a closing socket. */
export const KEEP_ALIVE_MS = 120_000;
/** What is read and thrown away so that a client can finish sending and then read why it was refused. */
const DRAIN_BYTES_MAX = 256 * 1024 ** 2;
const DRAIN_MS_MAX = 30_000;

export interface FrontParts {
  answer: Answer;
  running: Running;
  clock: Clock;
  log: Log;
}

export function openHttpFront(parts: FrontParts): Server {
  const server = createServer({
    maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: HEADERS_MS_MAX, requestTimeout: REQUEST_MS_MAX, keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: 5000, requireHostHeader: true, insecureHTTPParser: false, noDelay: true,
  });
  const serve = (expectsContinue: boolean) => (incoming: IncomingMessage, outgoing: ServerResponse) => {
    exchange(parts, incoming, outgoing, expectsContinue).catch((error) => {
      parts.log.error("an answer could not be sent", { error });
      incoming.socket.destroy();
    });
  };
  server.on("request", serve(false));
  server.on("checkContinue", serve(true));
  server.on("clientError", refuseMalformed);
  return server;
}

async function exchange({ answer, running, clock, log }: FrontParts, incoming: IncomingMessage, outgoing: ServerResponse, expectsContinue: boolean): Promise<void> {
  const { socket } = incoming;
  const peer = running.begin(socket.remoteAddress ?? "", socket);
  outgoing.once("close", () => { if (!outgoing.writableFinished) peer.abort("The client closed the connection"); });
  try {
    let continued = !expectsContinue;
    const begin = () => { if (!continued) outgoing.writeContinue(); continued = true; };
    const request = toRequest(incoming, begin, clock);
    const response = request ? await answer(request, peer) : { status: 400, headers: {}, body: "" };
    if (outgoing.destroyed) return await leaveUnread(response.body);
    // A body the client still holds back must not be taken for its next request.
    if (running.closing || !incoming.complete) outgoing.shouldKeepAlive = false;
    const finished = !incoming.complete && continued ? () => drained(incoming, clock) : undefined;
    await send(outgoing, response, incoming.method === "HEAD", log, finished);
  } finally {
    running.end(peer);
  }
}

/** `http://HOST/PATH`, as clients write it that were given this endpoint as their proxy, because their resolver does not know the names they make: the host is the one meant (RFC 9112, 3.2.2). */
const ABSOLUTE_FORM = /^http:\/\/([^/?#@]+)(?=[/?]|$)/;

/** Undefined for request targets that name no path: `*` is for none of AWS's operations. */
function toRequest(incoming: IncomingMessage, begin: () => void, clock: Clock): WireRequest | undefined {
  let url = incoming.url ?? "";
  const absolute = url.startsWith("/") ? null : ABSOLUTE_FORM.exec(url);
  if (absolute) {
    url = url.slice(absolute[0].length).replace(/^(?!\/)/, "/");
    incoming.headers.host = absolute[1]!;
  }
  if (!url.startsWith("/")) return undefined;
  const mark = url.indexOf("?");
  return {
    method: incoming.method ?? "",
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? "" : url.slice(mark + 1),
    // Only set-cookie is ever a list, and no AWS request has one.
    headers: incoming.headers as Record<string, string>,
    body: incomingBody(incoming, begin, clock),
  };
}

/** Resolves once the client has sent the rest of its body, or too much of it, or left. Closing earlier would lose the answer to clients that first send all, because closing a socket with unread bytes resets it. */
function drained(incoming: IncomingMessage, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let left = DRAIN_BYTES_MAX;
    const done = () => {
      cancel();
      incoming.off("data", onData);
      resolve();
    };
    const cancel = clock.after(DRAIN_MS_MAX, done);
    const onData = (chunk: Buffer) => { if ((left -= chunk.length) < 0) done(); };
    incoming.on("data", onData).once("end", done).once("close", done).on("error", () => {});
    incoming.resume();
  });
}

async function send(outgoing: ServerResponse, { status, headers, cookies, body }: WireResponse, headOnly: boolean, log: Log, finished?: () => Promise<void>): Promise<void> {
  const whole = typeof body === "string" || body instanceof Uint8Array;
  const empty = status === 204 || status === 304;
  if (whole && !empty && headers["content-length"] === undefined) headers["content-length"] = String(Buffer.byteLength(body));
  if (cookies) outgoing.setHeader("set-cookie", cookies);
  outgoing.writeHead(status, inOrder(headers));
  if (whole) {
    const said = headOnly || empty ? "" : body;
    if (!finished) return void outgoing.end(said);
    // The answer goes out before the rest of the body is read away: who listens while sending need not send it.
    outgoing.write(said);
    outgoing.flushHeaders();
    await finished();
    outgoing.end();
    return;
  }
  if (headOnly) {
    outgoing.end();
    return leaveUnread(body);
  }
  // The head goes out before the first chunk is there: a streamed invoke may take its time. But flushed alone Node writes it as UTF-8, and twice over what is UTF-8 already.
  if (isAscii(headers)) outgoing.flushHeaders();
  try {
    for await (const chunk of body) {
      if (outgoing.destroyed) return;
      if (!outgoing.write(chunk)) await writable(outgoing);
    }
    outgoing.end();
  } catch (error) {
    // The status is out already; a connection cut short is all that tells the client.
    if (!outgoing.destroyed) log[error instanceof BrokenOff ? "debug" : "error"]("a streamed answer broke off", { error });
    outgoing.destroy();
  }
}

const isAscii = (headers: Record<string, string>): boolean => {
  for (const name in headers) if (/[^\t\x20-\x7e]/.test(headers[name]!)) return false;
  return true;
};

/** Node takes no Content-Disposition beyond ASCII that comes after the Content-Length (checked as UTF-8, though written as Latin-1). */
function inOrder(headers: Record<string, string>): Record<string, string> {
  const disposition = headers["content-disposition"];
  return disposition === undefined || /^[\x20-\x7e\t]*$/.test(disposition) ? headers : { "content-disposition": disposition, ...headers };
}

/** A stream that nobody wants must be given back, or its function waits until its timeout for somebody to read. Only one that has begun can be. */
async function leaveUnread(body: WireResponse["body"]): Promise<void> {
  if (typeof body === "string" || body instanceof Uint8Array) return;
  const iterator = body[Symbol.asyncIterator]();
  await iterator.next().then(() => iterator.return?.(), () => undefined); // how it ends is nobody's business any more
}

const writable = (outgoing: ServerResponse): Promise<void> => new Promise((resolve) => {
  const done = () => { outgoing.off("drain", done).off("close", done); resolve(); };
  outgoing.on("drain", done).on("close", done);
});

const CLIENT_ERRORS: Record<string, string> = { HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large", ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout" };

function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket | import("node:stream").Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  socket.end(`HTTP/1.1 ${CLIENT_ERRORS[error.code ?? ""] ?? "400 Bad Request"}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  socket.once("finish", () => socket.destroy());
}
