// What one runtime has been told and has said over its Runtime API: the state every route looks at before it acts.
import type { Socket } from "node:net";
import type { RuntimeEvent, RuntimeListener } from "../link.ts";
import type { ContainerCredentials } from "./credentials.ts";
import type { RequestHead } from "./http-parser.ts";

export interface Session {
  /** starting → waiting (in `next`) → running (has an event) → answering (a stream is coming in) → answered → waiting … */
  state: "starting" | "waiting" | "running" | "answering" | "answered" | "failed";
  listener: RuntimeListener;
  /** The id of the event handed out last. */
  requestId?: string;
  /** The connection that is waiting in `next`. */
  waiting?: Exchange;
  credentials?: ContainerCredentials;
  /** SnapStart: the request that waits for the restore, or has been answered. */
  restoring?: Exchange;
  /** An event that could not be handed out because that connection was gone. */
  pending?: RuntimeEvent;
}

/** One request and the one answer it gets. */
export interface Exchange {
  head: RequestHead;
  socket: Socket;
  respond(status: number, body: string, contentType?: string): void;
  /** An answer that has bytes of its own; `head` is status line and headers without Content-Length and Connection. */
  respondBytes(head: string, body: Uint8Array): void;
}

/** What a route does with a request's body while it comes in. Absent methods: the body is collected, up to the limit. */
export interface Route {
  body?(chunk: Buffer): void;
  end(body: Buffer, trailers: Record<string, string>): void;
  /** The connection broke before the end. */
  cut?(): void;
  /** The collected body exceeded the limit; it is not kept. */
  tooLarge?(): void;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html: errors are {errorMessage, errorType}. */
export const refuse = (exchange: Exchange, status: number, errorType: string, errorMessage: string): void =>
  exchange.respond(status, JSON.stringify({ errorMessage, errorType }));

export const accept = (exchange: Exchange): void => exchange.respond(202, '{"status":"OK"}\n');

export const invalidTransition = (exchange: Exchange, session: Session, wanted: string): void =>
  refuse(exchange, 403, "InvalidStateTransition", `State transition from ${session.state} to ${wanted} failed for runtime. Error: State transition is not allowed`);

export const invalidRequestId = (exchange: Exchange): void => refuse(exchange, 400, "InvalidRequestID", "Invalid request ID");

/** A route that only says no, once the body has been read off. */
export const refusal = (say: () => void): Route => ({ body() {}, end: say });

/** The error's type as the runtime names it in the header, else as its body does. */
export const errorTypeHeader = (head: RequestHead): string => head.headers["lambda-runtime-function-error-type"] ?? "";

