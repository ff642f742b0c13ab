// The fast front: answers strict small Invoke requests straight from the socket and hands every other socket to node:http for good.
// Measured in README.md; handing over by unshift and emit is what https://nodejs.org/api/http.html#event-connection describes.
import type { Socket } from "node:net";
import type { Clock } from "../kernel/clock.ts";
import { STATUS_CODES } from "../kernel/node-http.ts";
import type { WireResponse } from "../wire/http.ts";
import { type FrontParts, KEEP_ALIVE_MS } from "./http-front.ts";
import { readInvoke } from "./invoke-request.ts";
import type { RunningPeer } from "./running.ts";

export interface InvokeFrontParts extends FrontParts {
  /** Gets a paused socket without listeners of ours, its unread bytes in it again. */
  handOver(socket: Socket): void;
}

/** Until the first bytes come. */
const FIRST_BYTES_MS_MAX = 15_000;
/** Bytes of further requests taken while one is running. */
const WAITING_BYTES_MAX = 128 * 1024;
/** Up to here one copied write is cheaper than two. */
const ONE_WRITE_BYTES_MAX = 16 * 1024;

export function openInvokeFront(parts: InvokeFrontParts): (socket: Socket) => void {
  const { answer, running, log } = parts;
  const date = dateHeader(parts.clock);
  return (socket) => {
    const sourceIp = socket.remoteAddress ?? "";
    let current: RunningPeer | undefined;
    let waiting: Buffer | undefined;
    let served = false;

    const onData = (chunk: Buffer) => {
      if (!current) return take(chunk);
      waiting = waiting ? Buffer.concat([waiting, chunk]) : chunk;
      if (waiting.length > WAITING_BYTES_MAX) socket.pause();
    };
    const take = (bytes: Buffer) => {
      const read = readInvoke(bytes);
      if (!read) return leave(bytes);
      if (read.endsAt < bytes.length) waiting = bytes.subarray(read.endsAt);
      const peer = (current = running.begin(sourceIp, socket));
      answer(read.request, peer).then(respond).catch((error) => {
        log.error("an answer could not be sent", { error });
        running.end(peer);
        socket.destroy();
      });
    };
    // No promise where the body is whole already, as nearly all are.
    const respond = (response: WireResponse): void | Promise<void> => {
      const { body } = response;
      if (body instanceof Uint8Array) return send(response, body);
      if (typeof body === "string") return send(response, Buffer.from(body));
      return collected(body).then((whole) => send(response, whole));
    };
    const send = (response: WireResponse, body: Uint8Array) => {
      running.end(current!);
      if (socket.destroyed) return;
      const flushed = write(socket, response, body, date(), running.closing);
      if (running.closing) return socket.destroySoon();
      if (!served) socket.setTimeout(KEEP_ALIVE_MS);
      served = true;
      // A client that does not read its answers gets no further ones.
      if (flushed) next();
      else socket.once("drain", next);
    };
    const next = () => {
      current = undefined;
      if (!waiting) return;
      const bytes = waiting;
      waiting = undefined;
      if (socket.isPaused()) socket.resume();
      take(bytes);
    };
    const leave = (bytes: Buffer) => {
      socket.off("data", onData).off("end", onEnd).off("timeout", onTimeout).off("error", onError).off("close", onClose);
      socket.setTimeout(0);
      socket.pause();
      socket.unshift(bytes);
      parts.handOver(socket);
      // Paused until its new listeners were there: what was put back must not be emitted to nobody.
      socket.resume();
    };
    // Like node:http: a client that has stopped sending has gone.
    const onEnd = () => { current?.abort("The client closed the connection"); socket.destroySoon(); };
    const onClose = () => current?.abort("The client closed the connection");
    const onTimeout = () => { if (!current) socket.destroy(); };
    const onError = () => socket.destroy();
    socket.on("data", onData).on("end", onEnd).on("timeout", onTimeout).on("error", onError).on("close", onClose);
    socket.setTimeout(FIRST_BYTES_MS_MAX);
  };
}

/** True when the socket wants more. */
function write(socket: Socket, { status, headers, cookies }: WireResponse, body: Uint8Array, date: string, last: boolean): boolean {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
  for (const name in headers) {
    const value = headers[name]!;
    if (/[^\t -~\x80-\xff]/.test(value)) throw new Error(`header ${name} holds a character that HTTP does not allow`);
    if (name !== "content-length") head += `${name}: ${value}\r\n`;
  }
  if (cookies) for (const cookie of cookies) head += `set-cookie: ${cookie}\r\n`;
  head += `date: ${date}\r\nconnection: ${last ? "close" : `keep-alive\r\nkeep-alive: timeout=${KEEP_ALIVE_MS / 1000}`}\r\ncontent-length: ${body.byteLength}\r\n\r\n`;
  if (body.byteLength <= ONE_WRITE_BYTES_MAX) {
    const message = Buffer.allocUnsafe(head.length + body.byteLength);
    message.write(head, 0, "latin1");
    message.set(body, head.length);
    return socket.write(message);
  }
  socket.cork();
  socket.write(head, "latin1");
  const flushed = socket.write(body);
  socket.uncork();
  return flushed;
}

/** Invoke's answers are whole; a stream here is at most a function's 6 MB. */
async function collected(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Made once a second. */
function dateHeader(clock: Clock): () => string {
  let second = NaN;
  let text = "";
  return () => {
    const now = Math.floor(clock.machineNow() / 1000); // SDKs set their clocks by it, and sign with them
    if (now !== second) text = new Date((second = now) * 1000).toUTCString();
    return text;
  };
}
