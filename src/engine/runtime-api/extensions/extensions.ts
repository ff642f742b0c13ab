// The extensions of one environment: who has registered, who is ready, who is told what, and what their end means.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
// States, order and error types as in aws-lambda-runtime-interface-emulator, internal/lambda/core and internal/lambda/rapid.
import type { Clock } from "../../../kernel/clock.ts";
import type { Ids } from "../../../kernel/ids.ts";
import type { FunctionVersion } from "../../../ports/functions.ts";
import { exitSentence } from "../../failures.ts";
import type { ExtensionState, ExtensionStatus } from "../../platform-records.ts";
import type { Part } from "../../sandbox/parts.ts";
import type { Exit } from "../../sandbox/sandbox.ts";
import type { Exchange } from "../session.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

export const EVENTS = ["INVOKE", "SHUTDOWN"] as const;
export type ExtensionEvent = (typeof EVENTS)[number];
export const EXTENSIONS_MAX = 10;

export interface Extension {
  name: string;
  id: string;
  /** An executable of a layer, with a process of its own; else part of the runtime's process. */
  external: boolean;
  state: ExtensionState;
  events: ExtensionEvent[];
  errorType?: string;
  /** The connection that waits in `next`. */
  waiting?: Exchange;
  /** An event for when it asks (again). */
  pending?: string;
  part?: Part;
  exited: boolean;
}

export interface ExtensionFailure {
  errorType: "Extension.Crash" | "Extension.InitError" | "Extension.ExitError" | "Extension.LaunchError";
  reason: string;
  outOfMemory?: boolean;
}

export interface ExtensionsListener {
  /** Something has changed that the environment may be waiting for. */
  changed(): void;
  /** Once; the environment is of no use anymore. */
  failed(failure: ExtensionFailure): void;
}

export type ShutdownReason = "spindown" | "timeout" | "failure";

export interface Extensions {
  readonly version: FunctionVersion;
  readonly telemetry: Telemetry;
  /** An external one's process has been started. */
  launched(name: string, part: Part): void;
  launchFailed(name: string, errorType: "PermissionDenied" | "TooManyExtensions"): void;
  /** True when all external ones have registered: only then the runtime starts. */
  registered(): boolean;
  add(name: string): Extension;
  named(name: string): Extension | undefined;
  withId(id: string): Extension | undefined;
  /** Registration ends with the runtime's first `next`. */
  close(): void;
  isClosed(): boolean;
  count(): number;
  hasExternal(): boolean;
  /** Nobody works: all have asked for the next event, except that after an invocation only those are waited for that were told of it. */
  ready(): boolean;
  asks(extension: Extension, exchange: Exchange): void;
  reports(extension: Extension, state: "InitError" | "ExitError", errorType: string): void;
  changed(): void;
  invoke(event: { deadlineMs: number; requestId: string; invokedArn: string; traceId: string }): void;
  /** Tells those that want to know, kills the others, and waits for all to end or for the deadline (monotonic). */
  shutdown(reason: ShutdownReason, deadlineMs: number): Promise<void>;
  /** From now on nothing that happens to them is a failure. */
  ignore(): void;
  statuses(): ExtensionStatus[];
}

/** How long an extension that has reported an error may take to exit, as long as at the end: then its exit status is what the log says. */
const EXIT_AFTER_ERROR_MS = 2000;
/** What a shell answers when a program cannot be executed, or is not there (its interpreter, say). */
const CANNOT_EXECUTE = [126, 127];

interface State {
  members: Extension[];
  clock: Clock;
  ids: Ids;
  listener: ExtensionsListener;
  closed: boolean;
  invoked: boolean;
  over: boolean;
  wake: (() => void) | undefined;
}

export function openExtensions(options: { version: FunctionVersion; clock: Clock; ids: Ids; telemetry: Telemetry; listener: ExtensionsListener }): Extensions {
  const { version, clock, ids, telemetry, listener } = options;
  const state: State = { members: [], clock, ids, listener, closed: false, invoked: false, over: false, wake: undefined };
  const create = (name: string, external: boolean): Extension => {
    const made: Extension = { name, id: ids.uuid(), external, state: "Started", events: [], exited: false };
    state.members.push(made);
    return made;
  };
  const waits = ({ state: now }: Extension) => now === "Ready";
  return {
    version, telemetry,
    launched(name, part) {
      const extension = create(name, true);
      extension.part = part;
      void part.exited.then((exit) => ended(state, extension, exit));
    },
    launchFailed(name, errorType) {
      const extension = create(name, true);
      Object.assign(extension, { state: "LaunchError", errorType, exited: true });
      fail(state, { errorType: "Extension.LaunchError", reason: errorType });
    },
    registered: () => state.members.every((member) => !member.external || member.state !== "Started"),
    add: (name) => create(name, false),
    named: (name) => state.members.find((member) => member.name === name),
    withId: (id) => state.members.find((member) => member.id === id),
    close() { state.closed = true; },
    isClosed: () => state.closed,
    count: () => state.members.length,
    hasExternal: () => state.members.some((member) => member.external),
    ready: () => state.members.every((member) => waits(member) || (state.invoked && !member.events.includes("INVOKE"))),
    asks(extension, exchange) {
      extension.state = "Ready";
      extension.waiting = exchange;
      if (extension.pending !== undefined) handOut(state, extension, extension.pending);
      else listener.changed();
    },
    reports(extension, to, errorType) {
      Object.assign(extension, { state: to, errorType });
      clock.after(EXIT_AFTER_ERROR_MS, () => fail(state, { errorType: `Extension.${to}`, reason: errorType }));
    },
    changed: () => listener.changed(),
    invoke({ deadlineMs, requestId, invokedArn, traceId }) {
      state.invoked = true;
      const event = JSON.stringify({ eventType: "INVOKE", deadlineMs, requestId, invokedFunctionArn: invokedArn, tracing: { type: "X-Amzn-Trace-Id", value: traceId } });
      for (const member of state.members) if (member.events.includes("INVOKE")) handOut(state, member, event);
    },
    shutdown: (reason, deadlineMs) => shutdown(state, reason, deadlineMs),
    ignore() { state.over = true; },
    statuses: () => state.members.map(({ name, state: now, events, errorType }) => ({ name, state: now, events, ...(errorType === undefined ? {} : { errorType }) })),
  };
}

/** Once: what follows a first failure is its consequence. */
function fail(state: State, failure: ExtensionFailure): void {
  if (state.over) return;
  state.over = true;
  state.listener.failed(failure);
}

function ended(state: State, extension: Extension, exit: Exit): void {
  extension.exited = true;
  state.wake?.();
  const reason = exitReason(exit);
  if (extension.state === "InitError" || extension.state === "ExitError") return fail(state, { errorType: `Extension.${extension.state}`, reason });
  if (state.over) {
    if (exit.code === 0) extension.state = "Exited";
    return;
  }
  if (extension.state === "Started" && CANNOT_EXECUTE.includes(exit.code ?? 0)) {
    Object.assign(extension, { state: "LaunchError", errorType: exit.code === 126 ? "PermissionDenied" : "UnknownError" });
    return fail(state, { errorType: "Extension.LaunchError", reason });
  }
  fail(state, { errorType: "Extension.Crash", reason, outOfMemory: exit.outOfMemory });
}

/** In the words of AWS's supervisor, which is written in Go. */
const exitReason = (exit: Exit): string => (exit.code === 0 ? "exit code 0" : exitSentence(exit).replace("Runtime exited with error: ", ""));

function handOut(state: State, extension: Extension, event: string): void {
  const exchange = extension.waiting;
  // It has hung up, or has not asked yet: the event stays for when it does.
  extension.pending = extension.state !== "Ready" || !exchange || exchange.socket.destroyed ? event : undefined;
  if (extension.pending !== undefined || !exchange) return;
  delete extension.waiting;
  extension.state = "Running";
  exchange.respondBytes(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Extension-Event-Identifier: ${state.ids.uuid()}\r\n`, Buffer.from(event));
}

async function shutdown(state: State, reason: ShutdownReason, deadlineMs: number): Promise<void> {
  state.over = true;
  const { clock } = state;
  const event = JSON.stringify({ eventType: "SHUTDOWN", shutdownReason: reason, deadlineMs: Math.trunc(clock.machineNow() + deadlineMs - clock.monotonicMs()) });
  for (const member of state.members) {
    if (!member.external || member.exited) continue;
    if (member.events.includes("SHUTDOWN")) handOut(state, member, event);
    else member.part?.signal("KILL");
  }
  const left = () => state.members.some((member) => member.external && !member.exited);
  while (left() && clock.monotonicMs() < deadlineMs) {
    await new Promise<void>((resolve) => {
      const cancel = clock.after(deadlineMs - clock.monotonicMs(), resolve);
      state.wake = () => { cancel(); resolve(); };
    });
  }
  state.wake = undefined;
}
