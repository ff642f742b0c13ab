// One execution environment: a sandboxed runtime process, and the only rules about what may happen to it when.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
import { assert } from "../kernel/assert.ts";
import type { Clock } from "../kernel/clock.ts";
import { LAMBDA } from "../kernel/limits.ts";
import type { Log } from "../kernel/log.ts";
import type { FunctionVersion, Invocation } from "../ports/functions.ts";
import type { Answer } from "./answers.ts";
import { type Failure, brokenProtocol, exited, filteredType, reported, responseTooLarge, timedOut } from "./failures.ts";
import type { Journal } from "./journal.ts";
import type { RuntimeEvent, RuntimeLink, RuntimeListener } from "./link.ts";
import { drained, readLines } from "./output.ts";
import type { Exit, Running } from "./sandbox/sandbox.ts";

export type State = "starting" | "ready" | "busy" | "answered" | "dead";

/** Everything else is refused: a runtime cannot talk an environment into a state it may not have. */
const ALLOWED: Record<State, readonly State[]> = {
  starting: ["ready", "dead"],
  ready: ["busy", "dead"],
  busy: ["ready", "answered", "dead"],
  answered: ["ready", "dead"], // has answered, has not asked for the next event
  dead: [],
};

export interface Work {
  invocation: Invocation;
  answer: Answer;
  traceId: string;
  streaming: boolean;
  queuedMs: number;
  /** It was handed to a process that turned out to be exiting already, and goes to another one. */
  retried?: boolean;
}

export interface Started {
  running: Running;
  link: RuntimeLink;
  expiresAtMs: number;
}

export interface Owner {
  ready(environment: Environment): void;
  /** Called once. `unstarted`: why it never became ready; `orphan`: work it was given and never began. */
  gone(environment: Environment, left: { unstarted?: Failure; fault?: unknown; orphan?: Work; resetting?: boolean }): void;
  /** After a crash: whether its /tmp is to live on in a successor. Then gone() says `resetting`, and reset() follows; false when the successor is not wanted anymore. */
  mayReset(environment: Environment): boolean;
  reset(environment: Environment, tmpDir: string): boolean;
  served(environment: Environment, serviceMs: number): void;
  /** Work that was sent along and never began: it is as if it had never been taken. */
  returned(environment: Environment, works: Work[]): void;
}

export interface Environment {
  readonly version: FunctionVersion;
  readonly clock: Clock;
  readonly log: Log;
  readonly owner: Owner;
  readonly streamName: string;
  journal: Journal;
  state: State;
  phase: "init" | "invoke";
  work: Work | undefined;
  /** Sent along with `work`, to be run after it; begun when the one before is answered. */
  along: Work[];
  /** An answer came when it was too late: what was sent along may have begun. */
  lateAnswer: boolean;
  running: Running | undefined;
  link: RuntimeLink | undefined;
  /** All times on the monotonic clock, but expiresAtMs (credentials) and the runtime's own deadline. */
  bornMs: number;
  initMs: number | undefined;
  startedMs: number;
  deadlineMs: number;
  idleSinceMs: number;
  expiresAtMs: number;
  frozen: boolean;
  /** Why nothing is read from it at the moment: its caller is slow, or the log is. */
  streamPaused: boolean;
  logPaused: boolean;
  /** It has answered, and END and REPORT are not written yet. */
  settling: boolean;
  launching: Promise<void> | undefined;
  answeredWithError: boolean;
  cancelTick: (() => void) | undefined;
  /** Each hands over what one of its pipes has brought without an end of line. */
  endLines: (() => void)[];
  closed: Promise<void> | undefined;
}

const FREEZE_AFTER_MS = 100;
const TICK_MS_MAX = 500;
/** What AWS's Node.js runtime exits with after it has reported an unhandled rejection or exception. */
const EXIT_AFTER_ERROR = [128, 129];

function change(env: Environment, to: State): void {
  assert(ALLOWED[env.state].includes(to), `an environment cannot go from ${env.state} to ${to}`);
  env.state = to;
}

/** Starts the process; `owner.ready` or `owner.gone` follows. With `work`, init and this invocation share the function's timeout. */
export function startEnvironment(env: Environment, launch: (listener: RuntimeListener) => Promise<Started | Failure>): void {
  env.deadlineMs = env.bornMs + (env.work ? env.version.timeoutSeconds * 1000 : LAMBDA.initMsMax);
  arm(env, env.deadlineMs - env.bornMs);
  env.launching = launch(listenerOf(env)).then(
    (started) => {
      if ("payload" in started) return failStart(env, started);
      env.running = started.running;
      env.link = started.link;
      env.expiresAtMs = started.expiresAtMs;
      if (env.state === "dead") return;
      env.endLines = [started.running.stdout, started.running.stderr].map((stream) => readLines(stream, env.journal.output));
      started.running.exited.then((exit) => onExit(env, exit), (error) => fault(env, error));
    },
    (error) => fault(env, error),
  );
}

function listenerOf(env: Environment): RuntimeListener {
  const current = (requestId: string | undefined) => env.state === "busy" && env.work !== undefined && (requestId === undefined || requestId === env.work.invocation.requestId);
  const stray = (what: string) => env.log.debug("A runtime spoke out of turn; ignored", { function: env.version.arn, what, state: env.state });
  return {
    ready() {
      if (env.state === "starting" || (env.state === "answered" && !env.link!.readyAfterAnswer)) onReady(env);
      else stray("ready");
    },
    initError(payload, errorType) {
      if (env.state === "starting") failStart(env, { payload: Buffer.from(payload), errorType: filteredType(errorType, "Runtime"), status: "error" });
    },
    response(requestId, payload) {
      if (!current(requestId)) { env.lateAnswer ||= env.state === "dead"; stray("response"); return false; }
      env.work!.answer.whole(payload);
      finish(env, undefined);
      return true;
    },
    error(requestId, payload, errorType) {
      if (!current(requestId)) { env.lateAnswer ||= env.state === "dead"; stray("error"); return false; }
      finish(env, reported(Buffer.from(payload), errorType));
      return true;
    },
    tooLarge(requestId) { if (current(requestId)) finish(env, responseTooLarge()); },
    streamStart(requestId, contentType) {
      if (!current(requestId)) { stray("stream"); return false; }
      env.work!.answer.onRoom = () => { env.streamPaused = false; applyPause(env); };
      env.work!.answer.begin(contentType);
      return true;
    },
    streamChunk(chunk) {
      if (env.state !== "busy" || env.work!.answer.chunk(chunk)) return true;
      env.streamPaused = true;
      applyPause(env);
      return true;
    },
    streamEnd(error) { if (env.state === "busy") finish(env, error && reported(Buffer.from(error.payload), error.errorType)); },
    log: (_level, text) => env.journal.line(text.endsWith("\n") ? text.slice(0, -1) : text),
    giveBack() { if (env.state === "busy" && env.along.length) env.owner.returned(env, env.along.splice(0)); },
    broken(reason) {
      if (env.state === "starting") failStart(env, brokenProtocol("", reason));
      else if (env.state !== "dead") die(env, env.work && brokenProtocol(env.work.invocation.requestId, reason));
    },
  };
}

function onReady(env: Environment): void {
  if (env.state === "dead") return;
  if (env.settling) { setImmediate(onReady, env); return; }
  const now = env.clock.monotonicMs();
  if (env.state === "starting") {
    env.cancelTick?.();
    env.cancelTick = undefined;
    env.initMs = now - env.bornMs;
    env.journal.initReport({ durationMs: env.initMs, phase: env.phase, status: "success" });
    env.running!.limitCpu(env.version.memoryMb);
  }
  const bound = env.state === "starting" ? env.work : undefined;
  change(env, "ready");
  env.idleSinceMs = now;
  arm(env, FREEZE_AFTER_MS);
  if (bound) {
    env.work = undefined;
    takeWork(env, bound, env.bornMs);
  } else env.owner.ready(env);
}

/** `sinceMs`: when the function's timeout began to run, if that was earlier (a repeated init counts). */
export function takeWork(env: Environment, work: Work, sinceMs?: number, along: Work[] = []): void {
  change(env, "busy");
  if (env.frozen) { env.frozen = false; env.running!.thaw(); }
  const now = env.clock.monotonicMs();
  begin(env, work, sinceMs ?? now);
  env.along = along;
  const deadlineMs = Math.trunc(env.clock.now() + env.deadlineMs - now);
  env.link!.send(eventOf(work, deadlineMs), along.length ? along.map((other) => eventOf(other, deadlineMs)) : undefined);
}

function begin(env: Environment, work: Work, startedMs: number): void {
  env.work = work;
  env.startedMs = startedMs;
  env.deadlineMs = startedMs + env.version.timeoutSeconds * 1000;
  arm(env, FREEZE_AFTER_MS);
  env.journal.started(work.invocation.requestId, work.traceId, work.invocation.tail);
}

const eventOf = ({ invocation, traceId, streaming }: Work, deadlineMs: number): RuntimeEvent =>
  ({ requestId: invocation.requestId, deadlineMs, invokedArn: invocation.invokedArn, traceId, clientContext: invocation.clientContext, streaming, payload: invocation.payload });

function finish(env: Environment, given: Failure | undefined): void {
  const work = env.work!;
  const serviceMs = env.clock.monotonicMs() - env.startedMs;
  const failure = given ?? work.answer.failure();
  env.work = undefined;
  env.answeredWithError = failure !== undefined;
  env.streamPaused = false;
  applyPause(env);
  const { readyAfterAnswer } = env.link!;
  if (readyAfterAnswer && !work.invocation.tail) {
    settle(env, work, failure, serviceMs);
    env.owner.served(env, serviceMs);
    const next = env.along.shift();
    if (next) return begin(env, next, env.clock.monotonicMs());
    change(env, "ready");
    env.idleSinceMs = env.clock.monotonicMs();
    env.owner.ready(env);
    return;
  }
  // What was written to the pipes before the answer is readable in this turn of the event loop, but may not have been read yet.
  change(env, "answered");
  env.settling = true;
  env.owner.served(env, serviceMs);
  setImmediate(() => {
    env.settling = false;
    settle(env, work, failure, serviceMs);
    if (readyAfterAnswer) onReady(env);
  });
}

/** Leaves END and REPORT, and answers the caller. */
function settle(env: Environment, work: Work, failure: Failure | undefined, durationMs: number): void {
  const { invocation, answer } = work;
  if (invocation.tail) for (const endLine of env.endLines) endLine();
  if (failure?.logLine) env.journal.line(failure.logLine);
  env.journal.finished({
    requestId: invocation.requestId, durationMs, initMs: env.phase === "init" ? env.initMs : undefined, status: failure?.status ?? "success",
    errorType: failure?.errorType, producedBytes: answer.bytes(), traceId: work.traceId,
  });
  env.initMs = undefined;
  if (invocation.tail) env.journal.tail().then((tail) => answer.settle(failure, tail), (error) => answer.reject(error));
  else answer.settle(failure, undefined);
}

function failStart(env: Environment, failure: Failure): void {
  if (env.state !== "starting") return;
  const durationMs = env.clock.monotonicMs() - env.bornMs;
  const work = env.work;
  env.work = undefined;
  void destroy(env, () => {
    if (failure.logLine) env.journal.line(failure.logLine);
    env.journal.initReport({ durationMs, phase: env.phase, status: failure.status === "timeout" ? "timeout" : "error", errorType: failure.status === "timeout" ? undefined : failure.errorType });
    if (work) {
      env.initMs = undefined;
      env.journal.started(work.invocation.requestId, work.traceId, work.invocation.tail);
      settle(env, work, { ...failure, logLine: failure.status === "timeout" ? failure.logLine : undefined }, durationMs);
    }
    env.owner.gone(env, work ? {} : { unstarted: failure });
  });
}

/** The environment ends in the middle of things; work in hand gets `failure`. */
function die(env: Environment, failure: Failure | undefined): void {
  const work = env.work;
  const durationMs = env.clock.monotonicMs() - env.startedMs;
  env.work = undefined;
  const resetting = env.running?.keptTmp !== undefined && env.owner.mayReset(env);
  void destroy(env, () => {
    if (work && failure) settle(env, work, work.answer.failure() ?? failure, durationMs);
    env.owner.gone(env, { resetting });
  }, resetting);
}

function fault(env: Environment, error: unknown): void {
  if (env.state === "dead") return;
  const work = env.work;
  env.work = undefined;
  work?.answer.reject(error);
  void destroy(env, () => env.owner.gone(env, work ? {} : { fault: error }));
}

async function onExit(env: Environment, exit: Exit): Promise<void> {
  if (env.state === "dead") return;
  await drained(env.running!, env.clock);
  if ((env.state as State) === "dead") return;
  const failure = exited(env.work?.invocation.requestId ?? "", exit);
  if (env.state === "starting") return failStart(env, failure);
  const { work } = env;
  if (work && !work.retried && env.answeredWithError && EXIT_AFTER_ERROR.includes(exit.code ?? 0)) {
    // It reported an unhandled error and was on its way out when the next event came: that one never began.
    env.work = undefined;
    work.retried = true;
    return void destroy(env, () => env.owner.gone(env, { orphan: work }));
  }
  die(env, failure);
}

function arm(env: Environment, ms: number): void {
  env.cancelTick ??= env.clock.after(ms, () => { env.cancelTick = undefined; tick(env); });
}

/** One coarse timer per environment in use: cheaper than one per invocation. Timeouts of at least a second are met exactly. */
function tick(env: Environment): void {
  const now = env.clock.monotonicMs();
  if (env.state === "dead") return;
  if (env.state === "ready") {
    const idleMs = now - env.idleSinceMs;
    if (idleMs < FREEZE_AFTER_MS) return arm(env, FREEZE_AFTER_MS - idleMs);
    env.frozen = true;
    env.running!.freeze();
    return;
  }
  if (now < env.deadlineMs) return arm(env, env.state === "starting" ? env.deadlineMs - now : Math.min(env.deadlineMs - now, TICK_MS_MAX));
  const failure = timedOut(env.work?.invocation.requestId ?? "", env.version.timeoutSeconds, env.clock.now());
  if (env.state === "starting") failStart(env, env.work ? failure : { ...failure, logLine: undefined });
  else die(env, failure);
}

function applyPause(env: Environment): void {
  if (env.streamPaused || env.logPaused) env.link?.pause();
  else env.link?.resume();
}

/** The log is behind: nothing of this function is read until it has caught up. */
export function pauseForLog(env: Environment, paused: boolean): void {
  env.logPaused = paused;
  applyPause(env);
  for (const stream of [env.running?.stdout, env.running?.stderr]) if (paused) stream?.pause(); else stream?.resume();
}

/** Kills the whole tree, then lets `last` say what is to be said, then takes everything away. */
function destroy(env: Environment, last: () => void, resetting = false): Promise<void> {
  change(env, "dead");
  env.cancelTick?.();
  env.cancelTick = undefined;
  env.closed = (async () => {
    if (env.running) await stop(env, env.running);
    returnAlong(env);
    last();
    await env.launching; // it may still be on its way
    const { running, link } = env;
    link?.close();
    await running?.kill();
    await env.journal.flush();
    if (running) {
      running.stdout.destroy();
      running.stderr.destroy();
      await running.dispose({ keepTmp: resetting });
      if (resetting && !env.owner.reset(env, running.keptTmp!)) await running.dispose();
    }
  })().catch((error) => env.log.error("An environment could not be taken away", { function: env.version.arn, error }));
  return env.closed;
}

/** Nothing of the process runs anymore: what it had not begun goes to others, unless an answer that came too late says it may have begun. */
function returnAlong(env: Environment): void {
  const left = env.along.splice(0);
  if (!left.length) return;
  if (!env.lateAnswer) return env.owner.returned(env, left);
  const killed: Exit = { code: null, signal: "SIGKILL", outOfMemory: false };
  for (const work of left) work.answer.settle(exited(work.invocation.requestId, killed), undefined);
}

async function stop(env: Environment, running: Running): Promise<void> {
  if (env.frozen) { env.frozen = false; running.thaw(); }
  await running.kill();
  await drained(running, env.clock);
}

/** An environment that is not wanted anymore. Work in hand is cut off as if killed. */
export function closeEnvironment(env: Environment): Promise<void> {
  if (env.state === "dead") return env.closed ?? Promise.resolve();
  const work = env.work;
  env.work = undefined;
  return destroy(env, () => {
    if (work) settle(env, work, exited(work.invocation.requestId, { code: null, signal: "SIGKILL", outOfMemory: false }), env.clock.monotonicMs() - env.startedMs);
    env.owner.gone(env, {});
  });
}
