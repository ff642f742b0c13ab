// Connections to a Runtime API on a loopback port of its own: who is served, one small HTTP parser each, one answer per request.
import { type Server, type Socket, createServer } from "node:net";
import { LAMBDA } from "../../kernel/limits.ts";
import { type RequestHead, requestParser } from "./http-parser.ts";
import { type Exchange, type Route, refuse } from "./session.ts";

export interface Connections {
  /** host:port, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Until this is called nobody is served; then those who belong to the environment. */
  admit(belongs: (socket: Socket) => Promise<boolean>): void;
  pause(): void;
  resume(): void;
  close(): void;
}

/** A runtime needs one or two; internal extensions a few more. */
const CONNECTIONS_MAX = 64;
/** A runtime may open all of them at once; the system cuts it at 4096 or lower. */
const BACKLOG_MAX = 511;
/** What all bodies that are coming in may hold together; one that would be more is refused as too large. */
const HELD_BYTES_MAX = CONNECTIONS_MAX * LAMBDA.responseBytesMax;
const STATUS: Record<number, string> = { 200: "OK", 202: "Accepted", 400: "Bad Request", 403: "Forbidden", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 410: "Gone", 413: "Request Entity Too Large", 431: "Request Header Fields Too Large" };

/** `anyone`: nobody has to be admitted. */
export async function openConnections(routeOf: (exchange: Exchange) => Route, anyone = false, connectionsMax = CONNECTIONS_MAX): Promise<Connections> {
  const sockets = new Set<Socket>();
  const held = { bytes: 0 };
  let admit: Connections["admit"];
  const admitted = new Promise<(socket: Socket) => Promise<boolean>>((resolve) => { admit = resolve; });
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    if (anyone) return serve(socket, routeOf, held);
    void admitted.then((belongs) => belongs(socket)).then((belongs) => {
      if (belongs) serve(socket, routeOf, held);
      else socket.destroy();
    });
  });
  server.maxConnections = connectionsMax;
  const port = await listen(server, Math.min(connectionsMax, BACKLOG_MAX));
  return {
    address: `127.0.0.1:${port}`,
    admit: (belongs) => admit(belongs),
    pause() { for (const socket of sockets) socket.pause(); },
    resume() { for (const socket of sockets) socket.resume(); },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function listen(server: Server, backlog: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1", backlog }, () => {
      server.unref();
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}

function serve(socket: Socket, routeOf: (exchange: Exchange) => Route, held: { bytes: number }): void {
  let exchange: Exchange | undefined;
  let route: Route | undefined;
  let parts: Buffer[] = [];
  let bytes = 0;
  let own = 0;
  const drop = () => {
    parts = [];
    held.bytes -= own;
    own = 0;
  };
  const parser = requestParser({
    head(head) {
      // A second request while the first still waits for its answer: no client of AWS's does it, and answers would cross.
      if (exchange) { socket.destroy(); return; }
      exchange = openExchange(socket, head, () => { exchange = undefined; });
      drop();
      bytes = 0;
      if (head.expectsContinue && (head.lengthBytes ?? 0) <= LAMBDA.responseBytesMax) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      route = routeOf(exchange);
    },
    body(chunk) {
      if (route?.body) return route.body(chunk);
      bytes += chunk.byteLength;
      if (bytes <= LAMBDA.responseBytesMax && held.bytes + chunk.byteLength <= HELD_BYTES_MAX) {
        parts.push(chunk);
        own += chunk.byteLength;
        held.bytes += chunk.byteLength;
      } else {
        bytes = Infinity;
        drop();
      }
    },
    end(trailers) {
      const done = route;
      route = undefined;
      if (!done || !exchange) return;
      if (bytes > LAMBDA.responseBytesMax && !done.body) return done.tooLarge ? done.tooLarge() : refuse(exchange, 413, "RequestEntityTooLarge", `Exceeded maximum allowed payload size (${LAMBDA.responseBytesMax} bytes).`);
      const body = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      drop();
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
    drop();
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
