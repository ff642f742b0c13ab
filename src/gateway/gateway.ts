// The gateway: sockets on one side, service rooms on the other. The steps between are in pipeline.ts.
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Config } from "../config.ts";
import type { Clock } from "../kernel/clock.ts";
import { Fault } from "../kernel/errors.ts";
import type { Ids } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { Gatekeeper } from "../ports/access.ts";
import type { BucketWeb } from "../ports/bucket-web.ts";
import type { CredentialUse } from "../ports/credential-use.ts";
import type { Identity } from "../ports/identity.ts";
import type { WireRequest, WireResponse } from "../wire/http.ts";
import { openAuthenticator } from "./authenticate.ts";
import { openBrowserGuard } from "./browser.ts";
import { type FunctionUrlParts, openFunctionUrlGate } from "./function-url/function-url.ts";
import { openHttpFront } from "./http-front.ts";
import { openInvokeFront } from "./invoke-front.ts";
import { configuredKeys, whyNotToListen } from "./listen-address.ts";
import { openPipeline, type ServedService } from "./pipeline.ts";
import { openRunning } from "./running.ts";

export { whyNotToListen } from "./listen-address.ts";
export type { ServedService } from "./pipeline.ts";

export interface GatewayOptions {
  config: Pick<Config, "host" | "port" | "region" | "credentials" | "iam" | "allowedOrigins" | "allowedHosts">;
  clock: Clock;
  ids: Ids;
  log: Log;
  identity: Identity;
  access: Gatekeeper;
  credentialUse: CredentialUse;
  /** By SigV4 signing name; loads the room on first use. Undefined: no such service here. */
  service(name: string): Promise<ServedService | undefined>;
  serviceNames: string[];
  /** Own pages, all but SNS's certificate under /_evoke/: by exact path, or by prefix where the path ends with a slash or hyphen. */
  pages: Record<string, (request: WireRequest) => Promise<WireResponse>>;
  /** Own pages that show what is an account's own: by exact path, once it is known whose they are. */
  accountPages: Record<string, (request: WireRequest, account: string) => Promise<WireResponse>>;
  bucketWeb: BucketWeb;
  functionUrls: Pick<FunctionUrlParts, "urls" | "directory" | "functions" | "metrics">;
}

export interface Gateway {
  /** Throws Fault with a sentence for the operator. */
  listen(): Promise<{ url: string }>;
  /** Answers without a socket. */
  handle(request: WireRequest, sourceIp: string): Promise<WireResponse>;
  /** Stops accepting, lets running requests finish for `graceMs`, then cuts them off. */
  close(graceMs: number): Promise<void>;
}

/** Sockets beyond this wait in the system's queue. */
const CONNECTIONS_MAX = 4096;

export function openGateway(options: GatewayOptions): Gateway {
  const { config, clock, log } = options;
  const authenticator = openAuthenticator(configuredKeys(config.credentials), options.identity, clock);
  const functionUrl = openFunctionUrlGate({ ...options, ...options.functionUrls, authenticator });
  const answer = openPipeline({ ...options, region: config.region, browsers: openBrowserGuard(config), authenticator, functionUrl });
  const running = openRunning();
  const server = openHttpFront({ answer, running, clock, log });
  // The http server listens, but new sockets go to the fast front first, and from there to the http server's own listener.
  const [serveHttp] = server.listeners("connection") as ((socket: Socket) => void)[];
  server.removeAllListeners("connection");
  const serveInvokes = openInvokeFront({ answer, running, clock, log, handOver: (socket) => serveHttp!.call(server, socket) });
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serveInvokes(socket);
  });
  server.maxConnections = CONNECTIONS_MAX;

  return {
    listen: async () => {
      const why = whyNotToListen(config);
      if (why !== undefined) throw new Fault(why);
      await listening(server, config);
      // An accept that fails (no file descriptors left) must not end the process.
      server.on("error", (error) => log.error("the gateway's socket failed", { error }));
      const { port } = server.address() as { port: number };
      return { url: `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}` };
    },
    handle: async (request, sourceIp) => {
      const peer = running.begin(sourceIp);
      try {
        return await answer(request, peer);
      } finally {
        running.end(peer);
      }
    },
    close: async (graceMs) => {
      const closed = server.listening ? new Promise((resolve) => server.close(resolve)) : undefined;
      running.close();
      for (const socket of sockets) if (!running.busy(socket)) socket.destroySoon();
      await running.finished(graceMs, clock);
      for (const socket of sockets) socket.destroySoon();
      await new Promise(setImmediate); // what was just written leaves first
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listening(server: Server, { host, port }: Pick<Config, "host" | "port">): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") reject(new Fault(`Port ${port} on ${host} is in use already. Stop the program that holds it, or choose another with --port.`, error));
      else if (error.code === "EACCES") reject(new Fault(`This user may not listen on port ${port}. Choose a port above 1023 with --port.`, error));
      else if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") reject(new Fault(`This machine has no address ${host} to listen on.`, error));
      else reject(new Fault(`Evoke could not listen on ${host}:${port}: ${error.message}`, error));
    };
    server.once("error", onError);
    server.listen({ host, port, backlog: 511 }, () => {
      server.off("error", onError);
      resolve();
    });
  });
}
