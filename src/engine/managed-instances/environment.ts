// One environment that takes several events at once. Its process starts and ends as any other's (../environment.ts); what it has in hand is here.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
import { LAMBDA } from "../../kernel/limits.ts";
import type { FunctionVersion } from "../../ports/functions.ts";
import { type Environment, type InitializationType, type Owner, type Work, eventOf } from "../environment.ts";
import { type Failure, reported, responseTooLarge } from "../failures.ts";
import type { LaunchOrder } from "../launch.ts";
import type { RuntimeListener } from "../link.ts";
import { type ConcurrentApi, openConcurrentApi } from "./runtime-api.ts";
import { type Tail, openTail } from "./tail.ts";

export interface Instance {
  readonly env: Environment;
  readonly owner: InstanceOwner;
  readonly vcpus: number;
  /** Events it has in hand, by request id. */
  readonly flights: Map<string, Flight>;
  /** Of those who want the log of theirs, until they have it. */
  readonly tails: Set<Tail>;
  /** There when its process is being started. */
  api: ConcurrentApi | undefined;
  /** It takes no more and ends with its last answer. */
  draining: boolean;
  cancelTick: (() => void) | undefined;
}

interface Flight {
  work: Work;
  startedMs: number;
  deadlineMs: number;
  tail: Tail | undefined;
}

export interface InstanceOwner {
  ready(instance: Instance): void;
  /** A worker waits, or an answer has been given. */
  freer(instance: Instance): void;
  /** Once; `unstarted`: why it was never ready. Every invocation it had has its answer. */
  gone(instance: Instance, left: { unstarted?: Failure; fault?: unknown }): void;
}

const INITIALIZATION_TYPE: InitializationType = "lambda-managed-instances";
/** Under a debugger time stands still while the program does: looked at so often. */
const TICK_MS = 500;

/** `open` starts an environment as the engine starts any. */
export type OpenInstance = (version: FunctionVersion, owner: Owner, given: { initializationType: InitializationType; openApi: LaunchOrder["openApi"] }) => Environment;

export function openInstance(version: FunctionVersion, vcpus: number, open: OpenInstance, owner: InstanceOwner): Instance {
  const { concurrencyPerEnvironmentMax: concurrencyMax } = version.managed!;
  const env = open(version, {
    ready() {
      env.running?.limitCpu(vcpus * LAMBDA.memoryMbPerCpu);
      owner.ready(instance);
    },
    gone: (_env, left) => gone(instance, left),
    mayReset: () => false, reset: () => false, served() {}, returned() {},
  }, {
    initializationType: INITIALIZATION_TYPE,
    openApi: async (listener, extensions) => (instance.api = await openConcurrentApi(listener, extensions, { concurrencyMax, onWaiting: () => { if (env.state === "ready") owner.freer(instance); } })),
  });
  const instance: Instance = { env, owner, vcpus, flights: new Map(), tails: new Set(), api: undefined, draining: false, cancelTick: undefined };
  listenForTails(instance);
  return instance;
}

/** Whether it takes this event now: never more than it may, and only when somebody waits for one. */
export function takes(instance: Instance, requestId: string): boolean {
  const { env, draining, api, flights } = instance;
  if (env.state !== "ready" || draining || !api || api.waiting() === 0) return false;
  return flights.size < env.version.managed!.concurrencyPerEnvironmentMax && !hasSeen(instance, requestId);
}

/** It may still be at work on an earlier attempt. */
export const hasSeen = ({ api, flights }: Instance, requestId: string): boolean => flights.has(requestId) || api?.isLate(requestId) === true;

/** False when whoever waited has hung up. */
export function take(instance: Instance, work: Work): boolean {
  const { env, flights, tails } = instance;
  const { invocation, traceId } = work;
  const startedMs = env.clock.monotonicMs();
  const timeoutMs = env.version.timeoutSeconds * 1000;
  const flight: Flight = { work, startedMs, deadlineMs: startedMs + timeoutMs, tail: undefined };
  if (!instance.api?.give(eventOf(work, Math.trunc(env.clock.machineNow() + timeoutMs)), listenerOf(instance, flight))) return false;
  flights.set(invocation.requestId, flight);
  if (invocation.tail) tails.add(flight.tail = openTail(env, invocation.requestId, traceId));
  env.journal.started(invocation.requestId, traceId, false);
  arm(instance);
  return true;
}

function listenerOf(instance: Instance, flight: Flight): RuntimeListener {
  const { answer, invocation: { requestId } } = flight.work;
  const inHand = () => instance.flights.get(requestId) === flight;
  const finish = (failure: Failure | undefined): boolean => {
    end(instance, flight, failure);
    instance.owner.freer(instance);
    return true;
  };
  return {
    ...DEAF,
    response(_id, payload) {
      if (!inHand()) return false;
      answer.whole(payload);
      return finish(undefined);
    },
    error: (_id, payload, errorType) => inHand() && finish(reported(Buffer.from(payload), errorType)),
    tooLarge() { if (inHand()) finish(responseTooLarge()); },
    streamStart(_id, contentType) {
      if (!inHand()) return false;
      answer.onRoom = () => instance.api?.pauseStream(requestId, false);
      answer.begin(contentType);
      return true;
    },
    streamChunk: (chunk) => !inHand() || answer.chunk(chunk),
    streamEnd(error) { if (inHand()) finish(error && reported(Buffer.from(error.payload), error.errorType)); },
  };
}

function arm(instance: Instance): void {
  const { env, flights } = instance;
  const first = flights.values().next().value; // all have the same timeout: the oldest is over first
  if (instance.cancelTick || !first) return;
  const nextMs = Math.max(0, first.deadlineMs - env.clock.monotonicMs());
  instance.cancelTick = env.clock.after(env.debugging ? Math.min(nextMs, TICK_MS) : nextMs, () => {
    instance.cancelTick = undefined;
    endLate(instance);
    arm(instance);
  });
}

/** Their handlers run on ("Lambda managed instances do not force a timeout", says the guide); what those answer later nobody hears. */
function endLate(instance: Instance): void {
  const { env, flights } = instance;
  const stoppedMs = env.debugging?.stoppedMs() ?? 0;
  const now = env.clock.monotonicMs();
  for (const flight of [...flights.values()]) {
    flight.deadlineMs += stoppedMs;
    if (now < flight.deadlineMs) continue;
    instance.api?.forget(flight.work.invocation.requestId, true);
    end(instance, flight, timedOut(env.version.timeoutSeconds));
  }
  instance.owner.freer(instance);
}

function end(instance: Instance, flight: Flight, failure: Failure | undefined): void {
  const { env, flights, tails } = instance;
  const { work: { invocation, answer, traceId }, tail } = flight;
  flights.delete(invocation.requestId);
  instance.api?.forget(invocation.requestId, false);
  const outcome = failure ?? answer.failure();
  const report = {
    requestId: invocation.requestId, invokedArn: invocation.invokedArn, durationMs: env.clock.monotonicMs() - flight.startedMs, status: outcome?.status ?? ("success" as const),
    errorType: outcome?.errorType, producedBytes: answer.bytes(), traceId,
  };
  env.journal.finished(report);
  if (tail) tail.end(report).finally(() => tails.delete(tail)).then((bytes) => answer.settle(outcome, bytes), (error) => answer.reject(error));
  else answer.settle(outcome, undefined);
  if (flights.size) return;
  instance.cancelTick?.();
  instance.cancelTick = undefined;
}

function gone(instance: Instance, { unstarted, fault, failure }: Parameters<Owner["gone"]>[1]): void {
  if (failure && !unstarted) instance.env.journal.other({ type: "platform.fault", record: sentenceOf(failure) });
  for (const flight of [...instance.flights.values()]) end(instance, flight, failure ? { ...failure, payload: errorOf(failure.errorType) } : KILLED);
  instance.owner.gone(instance, { ...(unstarted ? { unstarted } : {}), ...(fault === undefined ? {} : { fault }) });
}

/** Lines of the function belong to the invocation whose id they carry. */
function listenForTails({ env, tails }: Instance): void {
  const { journal } = env;
  const listen = (say: (line: string) => void) => (line: string) => {
    for (const tail of tails) tail.line(line);
    say(line);
  };
  env.journal = { ...journal, line: listen(journal.line), output: listen(journal.output) };
}

const errorOf = (errorType: string): Uint8Array => Buffer.from(JSON.stringify({ errorType }));
const sentenceOf = ({ logLine, errorType }: Failure): string => logLine?.split("\n")[0]!.replace(/^RequestId:\s+Error: /, "") ?? errorType;
const KILLED: Failure = { payload: errorOf("Runtime.ExitError"), errorType: "Runtime.ExitError", status: "error" };

/** Without the request id, as AWS's emulator words it on managed instances (invoke/utils.go). */
export const timedOut = (timeoutSeconds: number): Failure => ({
  payload: Buffer.from(JSON.stringify({ errorType: "Sandbox.Timedout", errorMessage: `Task timed out after ${timeoutSeconds.toFixed(2)} seconds` })), errorType: "Sandbox.Timedout", status: "timeout",
});

const DEAF: RuntimeListener = {
  ready() {}, initError() {}, restoreNext: () => false, response: () => false, error: () => false, tooLarge() {}, streamStart: () => false, streamChunk: () => true, streamEnd() {}, log() {}, giveBack() {}, broken() {},
};
