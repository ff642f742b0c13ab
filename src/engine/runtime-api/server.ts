// The Runtime API of one environment, on a loopback port of its own: which route a request takes, and what its runtime has been told.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import type { Socket } from "node:net";
import type { RuntimeLink, RuntimeListener } from "../link.ts";
import { openConnections } from "./connections.ts";
import { eventNext } from "./extensions/event-next.ts";
import type { Extensions } from "./extensions/extensions.ts";
import { register } from "./extensions/register.ts";
import { reportError } from "./extensions/report-error.ts";
import { initError } from "./init-error.ts";
import { invocationError } from "./invocation-error.ts";
import { handOut, invocationNext } from "./invocation-next.ts";
import { invocationResponse } from "./invocation-response.ts";
import { ping } from "./ping.ts";
import { type ContainerCredentials, CREDENTIALS_PATH, credentialsRoute } from "./credentials.ts";
import { restore, restoreError, restoreNext } from "./restore-next.ts";
import { type Exchange, type Route, type Session, refusal } from "./session.ts";
import { subscribe } from "./telemetry/subscribe.ts";

export interface RuntimeApi extends RuntimeLink {
  /** host:port, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** A runtime has asked for events here. */
  readonly spoken: boolean;
  /** Until this is called nobody is served; then those who belong to the environment. */
  admit(belongs: (socket: Socket) => Promise<boolean>): void;
}

/** Without a listener nobody may ask for a runtime's events. Without `extensions`: nobody may register. */
export async function openRuntimeApi(listener: RuntimeListener | undefined, extensions?: Extensions, credentials?: ContainerCredentials): Promise<RuntimeApi> {
  const session: Session = listener ? { state: "starting", listener, ...(credentials ? { credentials } : {}) } : { state: "failed", listener: DEAF };
  const connections = await openConnections((exchange) => routeOf(session, extensions, exchange), listener === undefined);
  return {
    ...connections,
    get spoken() { return listener !== undefined && session.state !== "starting"; },
    readyAfterAnswer: false,
    send: (event) => handOut(session, event),
    restore: () => restore(session),
  };
}

const DEAF: RuntimeListener = {
  ready() {}, initError() {}, restoreNext: () => false, response: () => false, error: () => false, tooLarge() {}, streamStart: () => false, streamChunk: () => true, streamEnd() {}, log() {}, giveBack() {}, broken() {},
};

export interface Expected { method: string; open: () => Route }

function routeOf(session: Session, extensions: Extensions | undefined, exchange: Exchange): Route {
  const { path } = exchange.head;
  const [, version, rest = path] = /^\/(\d{4}-\d{2}-\d{2})\/([^?]*)/.exec(path) ?? [];
  const dated = `${version}/${rest}`;
  const expected = version === undefined || version === "2018-06-01" ? routeFor(session, exchange, rest.split("/")) : datedRoute(session, extensions, exchange, dated);
  return opened(expected, exchange);
}

export function opened(expected: Expected | undefined, exchange: Exchange): Route {
  if (!expected) return refusal(() => exchange.respond(404, "404 page not found\n", "text/plain"));
  if (expected.method !== exchange.head.method) return refusal(() => exchange.respond(405, "", "text/plain"));
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

export function extensionRoute(extensions: Extensions, exchange: Exchange, path: string): Expected | undefined {
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
