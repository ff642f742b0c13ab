// The Runtime API of one environment, on a loopback port of its own: connections in, routes below, one answer per request.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { type Server, type Socket, createServer } from "node:net";
import { LAMBDA } from "../../kernel/limits.ts";
import type { RuntimeLink, RuntimeListener } from "../link.ts";
import { eventNext } from "./extensions/event-next.ts";
import type { Extensions } from "./extensions/extensions.ts";
import { register } from "./extensions/register.ts";
import { reportError } from "./extensions/report-error.ts";
import { type RequestHead, requestParser } from "./http-parser.ts";
import { initError } from "./init-error.ts";
import { invocationError } from "./invocation-error.ts";
import { handOut, invocationNext } from "./invocation-next.ts";
import { invocationResponse } from "./invocation-response.ts";
import { ping } from "./ping.ts";
import { type ContainerCredentials, CREDENTIALS_PATH, credentialsRoute } from "./credentials.ts";
import { restore, restoreError, restoreNext } from "./restore-next.ts";
import { type Exchange, type Route, type Session, refusal, refuse } from "./session.ts";
import { subscribe } from "./telemetry/subscribe.ts";

export interface RuntimeApi extends RuntimeLink {
  /** host:port, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** A runtime has asked for events here. */
  readonly spoken: boolean;
  /** Until this is called nobody is served; then those who belong to the environment. */
  admit(belongs: (socket: Socket) => Promise<boolean>): void;
}

/** A runtime needs one or two; internal extensions a few more. */
const CONNECTIONS_MAX = 64;
const STATUS: Record<number, string> = { 200: "OK", 202: "Accepted", 400: "Bad Request", 403: "Forbidden", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 413: "Request Entity Too Large", 431: "Request Header Fields Too Large" };

/** Without a listener nobody may ask for a runtime's events. Without `extensions`: nobody may register. */
export async function openRuntimeApi(listener: RuntimeListener | undefined, extensions?: Extensions, credentials?: ContainerCredentials): Promise<RuntimeApi> {
  const session: Session = listener ? { state: "starting", listener, ...(credentials ? { credentials } : {}) } : { state: "failed", listener: DEAF };
  const sockets = new Set<Socket>();
  let admit: RuntimeApi["admit"];
  const admitted = new Promise<(socket: Socket) => Promise<boolean>>((resolve) => { admit = resolve; });
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    if (!listener) return serve(socket, session, extensions); // it answers ping, to anyone
    void admitted.then((belongs) => belongs(socket)).then((belongs) => {
      if (belongs) serve(socket, session, extensions);
      else socket.destroy();
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  const port = await listen(server);
  return {
    address: `127.0.0.1:${port}`,
    get spoken() { return listener !== undefined && session.state !== "starting"; },
    admit: (belongs) => admit(belongs),
    readyAfterAnswer: false,
    send: (event) => handOut(session, event),
    restore: () => restore(session),
    pause() { for (const socket of sockets) socket.pause(); },
    resume() { for (const socket of sockets) socket.resume(); },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

const DEAF: RuntimeListener = {
  ready() {}, initError() {}, restoreNext: () => false, response: () => false, error: () => false, tooLarge() {}, streamStart: () => false, streamChunk: () => true, streamEnd() {}, log() {}, giveBack() {}, broken() {},
};

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1", backlog: 16 }, () => {
      server.unref();
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}

function serve(socket: Socket, session: Session, extensions: Extensions | undefined): void {
  let exchange: Exchange | undefined;
  let route: Route | undefined;
  let parts: Buffer[] = [];
  let bytes = 0;
  const parser = requestParser({
    head(head) {
      // A second request while the first still waits for its answer: no client of AWS's does it, and answers would cross.
      if (exchange) { socket.destroy(); return; }
      exchange = openExchange(socket, head, () => { exchange = undefined; });
      parts = [];
      bytes = 0;
      if (head.expectsContinue && (head.lengthBytes ?? 0) <= LAMBDA.responseBytesMax) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      route = routeOf(session, extensions, exchange);
    },
    body(chunk) {
      if (route?.body) return route.body(chunk);
      bytes += chunk.byteLength;
      if (bytes <= LAMBDA.responseBytesMax) parts.push(chunk);
      else parts = [];
    },
    end(trailers) {
      const done = route;
      route = undefined;
      if (!done || !exchange) return;
      if (bytes > LAMBDA.responseBytesMax && !done.body) return done.tooLarge ? done.tooLarge() : refuse(exchange, 413, "RequestEntityTooLarge", `Exceeded maximum allowed payload size (${LAMBDA.responseBytesMax} bytes).`);
      const body = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      parts = [];
      done.end(body, trailers);
    },
    bad(status, reason) {
      const cut = route;
      route = undefined;
      if (!socket.destroyed) socket.end(`HTTP/1.1 ${status} ${STATUS[status]}\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length}\r\nConnection: close\r\n\r\n${reason}`);
      cut?.cut?.();
    },
  });
  socket.on("data", (chunk: Buffer) => { if (!socket.destroyed) parser.feed(chunk); });
  socket.on("error", () => {});
  socket.on("close", () => {
    const cut = route;
    route = undefined;
    cut?.cut?.();
  });
}

function openExchange(socket: Socket, head: RequestHead, done: () => void): Exchange {
  const finish = (text: string, body?: Uint8Array) => {
    done();
    if (socket.destroyed) return;
    if (body?.byteLength) {
      socket.cork();
      socket.write(text, "latin1");
      socket.write(body);
      socket.uncork();
    } else socket.write(text, "latin1");
    if (!head.keepAlive) socket.end();
  };
  const tail = (length: number) => `Content-Length: ${length}\r\n${head.keepAlive ? "" : "Connection: close\r\n"}\r\n`;
  return {
    head, socket,
    respond(status, body, contentType = "application/json") {
      const bytes = Buffer.from(body);
      finish(`HTTP/1.1 ${status} ${STATUS[status]}\r\nContent-Type: ${contentType}\r\n${tail(bytes.byteLength)}`, bytes);
    },
    respondBytes: (start, body) => finish(start + tail(body.byteLength), body),
  };
}

interface Expected { method: string; open: () => Route }

function routeOf(session: Session, extensions: Extensions | undefined, exchange: Exchange): Route {
  const { method, path } = exchange.head;
  const [, version, rest = path] = /^\/(\d{4}-\d{2}-\d{2})\/([^?]*)/.exec(path) ?? [];
  const dated = `${version}/${rest}`;
  const expected = version === undefined || version === "2018-06-01" ? routeFor(session, exchange, rest.split("/")) : datedRoute(session, extensions, exchange, dated);
  if (!expected) return refusal(() => exchange.respond(404, "404 page not found\n", "text/plain"));
  if (expected.method !== method) return refusal(() => exchange.respond(405, "", "text/plain"));
  return expected.open();
}

function routeFor(session: Session, exchange: Exchange, path: string[]): Expected | undefined {
  const [first, second, third, fourth] = path;
  if (path.length === 1 && first === "ping") return { method: "GET", open: () => ping(exchange) };
  if (first !== "runtime") return undefined;
  if (second === "invocation" && path.length === 3 && third === "next") return { method: "GET", open: () => invocationNext(session, exchange) };
  if (second === "invocation" && path.length === 4 && fourth === "response") return { method: "POST", open: () => invocationResponse(session, exchange, third!) };
  if (second === "invocation" && path.length === 4 && fourth === "error") return { method: "POST", open: () => invocationError(session, exchange, third!) };
  if (second === "init" && path.length === 3 && third === "error") return { method: "POST", open: () => initError(session, exchange) };
  if (second === "restore" && path.length === 3 && third === "next") return { method: "GET", open: () => restoreNext(session, exchange) };
  if (second === "restore" && path.length === 3 && third === "error") return { method: "POST", open: () => restoreError(session, exchange) };
  return undefined;
}

function datedRoute({ credentials }: Session, extensions: Extensions | undefined, exchange: Exchange, path: string): Expected | undefined {
  if (credentials && path === CREDENTIALS_PATH) return { method: "GET", open: () => credentialsRoute(credentials, exchange) };
  return extensions && extensionRoute(extensions, exchange, path);
}

function extensionRoute(extensions: Extensions, exchange: Exchange, path: string): Expected | undefined {
  switch (path) {
    case "2020-01-01/extension/register": return { method: "POST", open: () => register(extensions, exchange) };
    case "2020-01-01/extension/event/next": return { method: "GET", open: () => eventNext(extensions, exchange) };
    case "2020-01-01/extension/init/error": return { method: "POST", open: () => reportError(extensions, exchange, "InitError") };
    case "2020-01-01/extension/exit/error": return { method: "POST", open: () => reportError(extensions, exchange, "ExitError") };
    case "2022-07-01/telemetry": return { method: "PUT", open: () => subscribe(extensions, exchange, "telemetry") };
    case "2020-08-15/logs": return { method: "PUT", open: () => subscribe(extensions, exchange, "logs") };
    default: return undefined;
  }
}
