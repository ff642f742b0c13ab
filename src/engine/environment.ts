// One execution environment: a sandboxed runtime process, and the only rules about what may happen to it when.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
import type { Clock } from "../kernel/clock.ts";
import { LAMBDA } from "../kernel/limits.ts";
import type { Log } from "../kernel/log.ts";
import type { FunctionVersion, Invocation } from "../ports/functions.ts";
import type { Answer } from "./answers.ts";
import { destroy, die, failStart, fault, onExit, requestIdOf, sayExtensions, settle, settleAnswered } from "./environment-end.ts";
import { type Snapshot, endRestore, isRestoring, reachSnapshot } from "./environment-restore.ts";
import { type State, change } from "./environment-states.ts";
import { type Failure, brokenProtocol, exited, extensionFailed, filteredType, reported, responseTooLarge, timedOut } from "./failures.ts";
import type { Debugging } from "./inspect/inspectors.ts";
import type { Journal } from "./journal.ts";
import type { RuntimeEvent, RuntimeLink, RuntimeListener } from "./link.ts";
import { readLines } from "./output.ts";
import type { Extensions, ExtensionsListener } from "./runtime-api/extensions/extensions.ts";
import type { Part } from "./sandbox/parts.ts";
import type { Running } from "./sandbox/sandbox.ts";

/** AWS_LAMBDA_INITIALIZATION_TYPE */
export type InitializationType = "on-demand" | "provisioned-concurrency" | "snap-start" | "lambda-managed-instances";

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
  /** The runtime's own process, in a sandbox with several. */
  runtime?: Part;
  /** To be called when all external extensions have registered. */
  startRuntime?: () => void;
}

export interface Owner {
  ready(environment: Environment): void;
  /** Called once. `unstarted`: why it never became ready; `failure`: why it ended later; `orphan`: work it was given and never began. */
  gone(environment: Environment, left: { unstarted?: Failure; failure?: Failure | undefined; fault?: unknown; orphan?: Work; resetting?: boolean }): void;
  /** After a crash: whether its /tmp is to live on in a successor. Then gone() says `resetting`, and reset() follows; false when the successor is not wanted anymore. */
  mayReset(environment: Environment): boolean;
  reset(environment: Environment, tmpDir: string): boolean;
  served(environment: Environment, serviceMs: number): void;
  /** Work that was sent along and never began: it is as if it had never been taken. */
  returned(environment: Environment, works: Work[]): void;
}

export interface Environment {
  readonly version: FunctionVersion;
  readonly initializationType: InitializationType;
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
  runtime: Part | undefined;
  startRuntime: (() => void) | undefined;
  /** Those it has or, while it starts, may get; undefined: nobody has registered, and nobody can anymore. */
  extensions: Extensions | undefined;
  /** The runtime waits for its next event, and extensions do not yet. */
  runtimeReady: boolean;
  /** An invocation whose caller has its answer, while extensions are still at work. */
  answered: { work: Work; failure: Failure | undefined; durationMs: number } | undefined;
  /** All times on the monotonic clock, but expiresAtMs (credentials) and the runtime's own deadline. */
  bornMs: number;
  initMs: number | undefined;
  startedMs: number;
  deadlineMs: number;
  idleSinceMs: number;
  expiresAtMs: number;
  /** How many it has had. */
  events: number;
  frozen: boolean;
  /** Why nothing is read from it at the moment: its caller is slow, or the log is. */
  streamPaused: boolean;
  logPaused: boolean;
  /** It has answered, and END and REPORT are not written yet. */
  settling: boolean;
  /** While it answered with an error and may still log it: ends that wait. */
  lastWords?: (() => void) | undefined;
  launching: Promise<void> | undefined;
  answeredWithError: boolean;
  cancelTick: (() => void) | undefined;
  /** Of SnapStart. */
  readonly snapshot: Snapshot | undefined;
  /** A debugger may attach to it. */
  debugging: Debugging | undefined;
  /** Each hands over what one of its pipes has brought without an end of line. */
  endLines: (() => void)[];
  closed: Promise<void> | undefined;
}

const FREEZE_AFTER_MS = 100;
const TICK_MS_MAX = 500;
/** AWS's runtime for Java reports an error first and logs it then; as on AWS that belongs to the invocation, which ends with the call for the next one. */
const LAST_WORDS_MS = 100;
/** Starts the process; `owner.ready` or `owner.gone` follows. With `work`, init and this invocation share the function's timeout. */
export function startEnvironment(env: Environment, launch: (listener: RuntimeListener) => Promise<Started | Failure>): void {
  const timeoutMs = env.version.timeoutSeconds * 1000;
  env.deadlineMs = env.bornMs + (env.work && !env.snapshot ? timeoutMs : env.initializationType === "on-demand" ? LAMBDA.initMsMax : Math.min(Math.max(LAMBDA.longInitMsMax, timeoutMs), LAMBDA.timeoutInitMsMax));
  arm(env, env.deadlineMs - env.bornMs);
  env.launching = launch(listenerOf(env)).then(
    (started) => {
      if ("payload" in started) return failStart(env, started);
      env.running = started.running;
      env.link = started.link;
      env.expiresAtMs = started.expiresAtMs;
      env.runtime = started.runtime ?? processOf(started.running);
      env.startRuntime = started.startRuntime;
      if (env.state === "dead") return;
      env.endLines = [started.running.stdout, started.running.stderr].map((stream) => readLines(stream, env.journal.output));
      if (started.running.parts) env.endLines.push(readLines(started.running.parts.output, env.journal.extensionOutput));
      env.runtime.exited.then((exit) => onExit(env, exit), (error) => fault(env, error));
      if (env.extensions) proceed(env);
    },
    (error) => fault(env, error),
  );
}

/** Where the runtime is all there is in its sandbox. */
const processOf = (running: Running): Part => ({ exited: running.exited, signal: (name) => { if (name === "TERM") running.terminate(); else void running.kill(); } });

function listenerOf(env: Environment): RuntimeListener {
  const current = (requestId: string | undefined) => env.state === "busy" && env.work !== undefined && (requestId === undefined || requestId === env.work.invocation.requestId);
  const stray = (what: string) => env.log.debug("A runtime spoke out of turn; ignored", { function: env.version.arn, what, state: env.state });
  return {
    ready() {
      if (env.state === "starting" || (env.state === "answered" && !env.link!.readyAfterAnswer)) runtimeReady(env);
      else stray("ready");
    },
    initError(payload, errorType) {
      if (env.state === "starting") failStart(env, { payload: Buffer.from(payload), errorType: filteredType(errorType, "Runtime"), status: "error" });
    },
    restoreNext() {
      const reached = reachSnapshot(env);
      if (reached && env.state === "starting") rearm(env);
      return reached;
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

/** What the environment hears of its extensions. */
export const extensionsListenerOf = (env: Environment): ExtensionsListener => ({
  changed: () => proceed(env),
  failed({ errorType, reason, outOfMemory }) {
    const failure = outOfMemory ? exited(requestIdOf(env), { code: null, signal: "SIGKILL", outOfMemory }) : extensionFailed(requestIdOf(env), errorType, reason);
    if (env.state === "starting") return failStart(env, failure);
    if (env.state === "dead") return;
    if (!env.work && !env.answered) env.journal.line(failure.logLine!);
    die(env, failure);
  },
});

function runtimeReady(env: Environment): void {
  if (env.state === "starting" && !env.runtimeReady && !isRestoring(env)) env.journal.initRuntimeDone({ phase: env.phase, status: "success" });
  if (!env.extensions) return onReady(env);
  env.runtimeReady = true;
  env.extensions.close();
  if (env.state === "starting") env.link?.registered?.(env.extensions.count() > 0);
  proceed(env);
}

/** Goes on when all that is waited for has happened: extensions registered, then the runtime ready, then they, too; after each invocation again. */
function proceed(env: Environment): void {
  const { extensions, startRuntime } = env;
  if (!extensions) return;
  if (env.state === "starting" && startRuntime && extensions.registered()) {
    env.startRuntime = undefined;
    startRuntime();
  }
  if (!env.runtimeReady || env.settling || !extensions.ready()) return;
  if (env.state !== "starting" && env.state !== "answered") return;
  env.runtimeReady = false;
  if (env.state === "answered") {
    env.owner.served(env, env.clock.monotonicMs() - env.startedMs);
    settleAnswered(env);
    return onReady(env);
  }
  sayExtensions(env);
  extensions.telemetry.close();
  if (!extensions.telemetry.count()) env.journal.observe(undefined);
  if (!extensions.count()) env.extensions = undefined; // from here on it is as fast as if there could be none
  onReady(env);
}

function onReady(env: Environment): void {
  if (env.state === "dead") return;
  if (env.settling) { setImmediate(onReady, env); if (env.lastWords) setImmediate(env.lastWords); return; }
  const now = env.clock.monotonicMs();
  if (env.state === "starting") {
    env.cancelTick?.();
    env.cancelTick = undefined;
    if (isRestoring(env)) endRestore(env, "success");
    else {
      env.initMs = now - env.bornMs;
      env.journal.initReport({ durationMs: env.initMs, phase: env.phase, status: "success" });
    }
    env.running!.limitCpu(env.version.memoryMb);
  }
  const bound = env.state === "starting" ? env.work : undefined;
  change(env, "ready");
  env.idleSinceMs = now;
  arm(env, FREEZE_AFTER_MS);
  if (bound) {
    env.work = undefined;
    takeWork(env, bound, env.snapshot ? undefined : env.bornMs);
  } else env.owner.ready(env);
}

/** `sinceMs`: when the function's timeout began to run, if that was earlier (a repeated init counts). */
export function takeWork(env: Environment, work: Work, sinceMs?: number, along: Work[] = []): void {
  change(env, "busy");
  if (env.frozen) { env.frozen = false; env.running!.thaw(); env.extensions?.telemetry.resume(); }
  const now = env.clock.monotonicMs();
  begin(env, work, sinceMs ?? now);
  env.along = along;
  const deadlineMs = Math.trunc(env.clock.machineNow() + env.deadlineMs - now);
  if (env.extensions) {
    env.runtimeReady = false;
    env.extensions.invoke({ deadlineMs, requestId: work.invocation.requestId, invokedArn: work.invocation.invokedArn, traceId: work.traceId });
  }
  env.link!.send(eventOf(work, deadlineMs), along.length ? along.map((other) => eventOf(other, deadlineMs)) : undefined);
}

function begin(env: Environment, work: Work, startedMs: number): void {
  env.work = work;
  env.startedMs = startedMs;
  env.deadlineMs = startedMs + env.version.timeoutSeconds * 1000;
  arm(env, FREEZE_AFTER_MS);
  env.journal.started(work.invocation.requestId, work.traceId, work.invocation.tail);
}

export const eventOf = ({ invocation, traceId, streaming }: Work, deadlineMs: number): RuntimeEvent => ({
  requestId: invocation.requestId, deadlineMs, invokedArn: invocation.invokedArn, traceId, clientContext: invocation.clientContext, cognitoIdentity: invocation.cognitoIdentity, tenantId: invocation.tenantId,
  streaming, payload: invocation.payload,
});

function finish(env: Environment, given: Failure | undefined): void {
  const work = env.work!;
  const serviceMs = env.clock.monotonicMs() - env.startedMs;
  const failure = given ?? work.answer.failure();
  env.work = undefined;
  env.answeredWithError = failure !== undefined;
  env.streamPaused = false;
  applyPause(env);
  const { readyAfterAnswer } = env.link!;
  if (env.extensions) return answerBeforeExtensions(env, work, failure, serviceMs);
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
  const end = () => {
    env.settling = false;
    settle(env, work, failure, serviceMs);
    if (readyAfterAnswer) onReady(env);
  };
  if (readyAfterAnswer || failure === undefined) return void setImmediate(end);
  // Ended once, by the call for the next event or by the clock: a later invocation may fail before this one's time is over.
  const endLastWords = () => {
    if (env.lastWords !== endLastWords) return;
    env.lastWords = undefined;
    cancel();
    end();
  };
  env.lastWords = endLastWords;
  const cancel = env.clock.after(LAST_WORDS_MS, endLastWords);
}

/** The caller gets its answer at once; the environment is free when its extensions are through, too. With a tail, which has the REPORT, the answer waits for them. */
function answerBeforeExtensions(env: Environment, work: Work, failure: Failure | undefined, durationMs: number): void {
  change(env, "answered");
  env.answered = { work, failure, durationMs };
  env.settling = true;
  if (!work.invocation.tail) work.answer.settle(failure, undefined);
  setImmediate(() => {
    env.settling = false;
    if (env.state === "dead") return;
    for (const endLine of env.endLines) endLine();
    env.journal.answered({
      requestId: work.invocation.requestId, invokedArn: work.invocation.invokedArn, durationMs, status: failure?.status ?? "success", errorType: failure?.errorType, producedBytes: work.answer.bytes(), traceId: work.traceId,
    }, work.streaming);
    if (env.link!.readyAfterAnswer) env.runtimeReady = true;
    proceed(env);
  });
}

function arm(env: Environment, ms: number): void {
  env.cancelTick ??= env.clock.after(ms, () => { env.cancelTick = undefined; tick(env); });
}

function rearm(env: Environment): void {
  env.cancelTick?.();
  env.cancelTick = undefined;
  arm(env, env.deadlineMs - env.clock.monotonicMs());
}

/** One coarse timer per environment in use: cheaper than one per invocation. Timeouts of at least a second are met exactly. */
function tick(env: Environment): void {
  const now = env.clock.monotonicMs();
  if (env.state === "dead") return;
  if (env.state === "ready") {
    if (env.debugging || env.version.managed) return; // a debugger wants answers between invocations too; managed instances go on (managed-instances/)
    const idleMs = now - env.idleSinceMs;
    if (idleMs < FREEZE_AFTER_MS) return arm(env, FREEZE_AFTER_MS - idleMs);
    env.frozen = true;
    env.extensions?.telemetry.pause();
    env.running!.freeze();
    return;
  }
  if (env.debugging) env.deadlineMs += env.debugging.stoppedMs();
  if (now < env.deadlineMs) return arm(env, env.state === "starting" ? env.deadlineMs - now : Math.min(env.deadlineMs - now, TICK_MS_MAX));
  const failure = timedOut(requestIdOf(env), env.version.timeoutSeconds, env.clock.now());
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
  for (const stream of [env.running?.stdout, env.running?.stderr, env.running?.parts?.output]) if (paused) stream?.pause(); else stream?.resume();
}

/** An environment that is not wanted anymore. Work in hand is cut off as if killed. */
export function closeEnvironment(env: Environment): Promise<void> {
  if (env.state === "dead") return env.closed ?? Promise.resolve();
  const work = env.work;
  env.work = undefined;
  return destroy(env, "spindown", () => {
    settleAnswered(env);
    if (work) settle(env, work, exited(work.invocation.requestId, { code: null, signal: "SIGKILL", outOfMemory: false }), env.clock.monotonicMs() - env.startedMs);
    env.owner.gone(env, {});
  });
}
