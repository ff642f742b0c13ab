// The Runtime API of an environment that takes several events at once: as many calls for the next one may wait as the runtime likes.
// Routes and answers as in aws-lambda-runtime-interface-emulator, internal/lambda-managed-instances (invoke_router.go, rapi/handler).
import type { RuntimeEvent, RuntimeListener } from "../link.ts";
import { openConnections } from "../runtime-api/connections.ts";
import type { Extensions } from "../runtime-api/extensions/extensions.ts";
import { initError } from "../runtime-api/init-error.ts";
import { invocationError } from "../runtime-api/invocation-error.ts";
import { handOut } from "../runtime-api/invocation-next.ts";
import { invocationResponse } from "../runtime-api/invocation-response.ts";
import { ping } from "../runtime-api/ping.ts";
import { type Expected, type RuntimeApi, extensionRoute, opened } from "../runtime-api/server.ts";
import { type Exchange, type Route, type Session, invalidRequestId, refusal, refuse } from "../runtime-api/session.ts";

export interface ConcurrentApi extends RuntimeApi {
  /** How many calls for the next event wait; some may have hung up. */
  waiting(): number;
  /** Hands the event to the call that has waited longest; its answer goes to `listener`. False when none waits. */
  give(event: RuntimeEvent, listener: RuntimeListener): boolean;
  /** No answer to this event is taken anymore. `late`: its time was up, which is what the runtime hears. */
  forget(requestId: string, late: boolean): void;
  /** Its time was up and its handler runs on: an answer to it would be taken for that of a second attempt. */
  isLate(requestId: string): boolean;
  /** A slow caller of one stream holds up that one's connection alone. */
  pauseStream(requestId: string, paused: boolean): void;
}

/** AWS's emulator remembers as many. */
const LATE_MAX = 1000;
const OTHER_CONNECTIONS = 32;

interface Open {
  /** Of the runtime as a whole, for init errors. */
  init: Session;
  waiting: Exchange[];
  /** One for each event that has no answer yet. */
  running: Map<string, Session>;
  streams: Map<string, Exchange>;
  late: Set<string>;
  connectionsMax: number;
  extensions: Extensions | undefined;
  /** A call for the next event has come. */
  asked(): void;
}

/** `onWaiting`: somebody waits for an event. A worker may have one connection for events, one for answers and one for a stream. */
export async function openConcurrentApi(listener: RuntimeListener, extensions: Extensions | undefined, { concurrencyMax, onWaiting }: { concurrencyMax: number; onWaiting: () => void }): Promise<ConcurrentApi> {
  let spoken = false;
  const open: Open = {
    init: { state: "starting", listener }, waiting: [], running: new Map(), streams: new Map(), late: new Set(), extensions, connectionsMax: 3 * concurrencyMax + OTHER_CONNECTIONS,
    asked() {
      if (spoken) return onWaiting();
      spoken = true;
      open.init.state = "answered";
      listener.ready();
    },
  };
  const connections = await openConnections((exchange) => routeOf(open, exchange), false, open.connectionsMax);
  return {
    ...connections,
    get spoken() { return spoken; },
    readyAfterAnswer: false,
    send() {},
    waiting: () => open.waiting.length,
    give(event, answers) {
      for (let next; (next = open.waiting.shift());) {
        if (next.socket.destroyed) continue;
        const session: Session = { state: "waiting", listener: answers, waiting: next };
        open.running.set(event.requestId, session);
        handOut(session, event);
        return true;
      }
      return false;
    },
    forget(requestId, late) {
      open.running.delete(requestId);
      open.streams.get(requestId)?.socket.resume();
      open.streams.delete(requestId);
      if (!late) return;
      if (open.late.size >= LATE_MAX) open.late.delete(open.late.values().next().value!);
      open.late.add(requestId);
    },
    isLate: (requestId) => open.late.has(requestId),
    pauseStream(requestId, paused) {
      const socket = open.streams.get(requestId)?.socket;
      if (paused) socket?.pause(); else socket?.resume();
    },
  };
}

/** Those who have hung up wait no more. */
function leaveOutGone(open: Open): void {
  open.waiting = open.waiting.filter(({ socket }) => !socket.destroyed);
}

function routeOf(open: Open, exchange: Exchange): Route {
  const [, version, rest = exchange.head.path] = /^\/(\d{4}-\d{2}-\d{2})\/([^?]*)/.exec(exchange.head.path) ?? [];
  const dated = `${version}/${rest}`;
  if (version === undefined || version === "2018-06-01") return opened(runtimeRoute(open, exchange, rest.split("/")), exchange);
  // The emulator has no Logs API here.
  return opened(open.extensions && !dated.endsWith("/logs") ? extensionRoute(open.extensions, exchange, dated) : undefined, exchange);
}

function runtimeRoute(open: Open, exchange: Exchange, path: string[]): Expected | undefined {
  const [first, second, third, fourth] = path;
  if (path.length === 1 && first === "ping") return { method: "GET", open: () => ping(exchange) };
  if (first !== "runtime") return undefined;
  if (second === "invocation" && path.length === 3 && third === "next") return { method: "GET", open: () => next(open, exchange) };
  if (second === "invocation" && path.length === 4 && fourth === "response") return { method: "POST", open: () => answer(open, exchange, third!, invocationResponse) };
  if (second === "invocation" && path.length === 4 && fourth === "error") return { method: "POST", open: () => answer(open, exchange, third!, invocationError) };
  if (second === "init" && path.length === 3 && third === "error") return { method: "POST", open: () => initError(open.init, exchange) };
  return undefined;
}

const next = (open: Open, exchange: Exchange): Route => ({
  end() {
    if (open.waiting.length >= open.connectionsMax) leaveOutGone(open);
    open.waiting.push(exchange);
    open.asked();
  },
});

/** An event takes one answer; what comes after it, or from nowhere, is an invalid request id. */
function answer(open: Open, exchange: Exchange, requestId: string, route: (session: Session, exchange: Exchange, requestId: string) => Route): Route {
  const session = open.running.get(requestId);
  if (session?.state !== "running") return refusal(() => (open.late.delete(requestId) ? refuse(exchange, 410, "InvokeTimeout", "Invoke timeout") : invalidRequestId(exchange)));
  open.streams.set(requestId, exchange);
  const taken = route(session, exchange, requestId);
  // Its time may be up while its body still comes in: then it has no answer anymore.
  const end: Route["end"] = (body, trailers) => {
    if (open.running.get(requestId) === session) return taken.end(body, trailers);
    if (open.late.delete(requestId)) return refuse(exchange, 410, "InvokeTimeout", "Invoke timeout");
    invalidRequestId(exchange);
  };
  return { ...taken, end };
}
