// How an environment ends: what its last invocation and its log get, and that nothing of it stays behind.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
import type { Environment, Work } from "./environment.ts";
import { endRestore, isRestoring, restoreFailed } from "./environment-restore.ts";
import { type State, change } from "./environment-states.ts";
import { type Failure, exited } from "./failures.ts";
import { drained } from "./output.ts";
import type { Extensions, ShutdownReason } from "./runtime-api/extensions/extensions.ts";
import type { Exit, Running } from "./sandbox/sandbox.ts";

/** What AWS's Node.js runtime exits with after it has reported an unhandled rejection or exception. */
const EXIT_AFTER_ERROR = [128, 129];
/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-lifecycle-extensions-shutdown */
const EXTERNAL_SHUTDOWN_MS = 2000;
const RUNTIME_SHUTDOWN_MS = 300;
const INTERNAL_SHUTDOWN_MS = 500;
/** Of the two seconds, what the last telemetry may take to arrive before SHUTDOWN is sent; the rest still comes meanwhile. */
const TELEMETRY_SHUTDOWN_MS = 300;

/** Leaves END and REPORT, and answers the caller. */
export function settle(env: Environment, work: Work, failure: Failure | undefined, durationMs: number): void {
  const { invocation, answer } = work;
  report(env, work, failure, durationMs, failure?.logLine);
  if (invocation.tail) env.journal.tail().then((tail) => answer.settle(failure, tail), (error) => answer.reject(error));
  else answer.settle(failure, undefined);
}

function report(env: Environment, work: Work, failure: Failure | undefined, durationMs: number, logLine: string | undefined, extensionsMs?: number): void {
  const { invocation, answer } = work;
  if (invocation.tail) for (const endLine of env.endLines) endLine();
  if (logLine) env.journal.line(logLine);
  env.journal.finished({
    requestId: invocation.requestId, invokedArn: invocation.invokedArn, durationMs, extensionsMs, initMs: env.phase === "init" ? env.initMs : undefined, status: failure?.status ?? "success",
    errorType: failure?.errorType, producedBytes: answer.bytes(), traceId: work.traceId, restoreMs: env.snapshot?.restoreMs,
  });
  env.initMs = undefined;
  if (env.snapshot) delete env.snapshot.restoreMs;
}

export function failStart(env: Environment, failure: Failure): void {
  if (env.state !== "starting") return;
  const durationMs = env.clock.monotonicMs() - env.bornMs;
  const work = env.work;
  env.work = undefined;
  const restoring = isRestoring(env);
  void destroy(env, reasonOf(failure), () => {
    if (restoring) return failRestore(env, work, failure);
    if (failure.logLine && !(work && failure.status === "timeout")) env.journal.line(failure.logLine); // a timeout is said with the invocation
    sayExtensions(env);
    if (!env.runtimeReady) env.journal.initRuntimeDone({ phase: env.phase, status: failure.status === "timeout" ? "timeout" : "error", errorType: failure.errorType });
    env.journal.initReport({ durationMs, phase: env.phase, status: failure.status === "timeout" ? "timeout" : "error", errorType: failure.status === "timeout" ? undefined : failure.errorType });
    if (work) {
      env.initMs = undefined;
      env.journal.started(work.invocation.requestId, work.traceId, work.invocation.tail);
      settle(env, work, { ...failure, logLine: failure.status === "timeout" ? failure.logLine : undefined }, durationMs);
    }
    env.owner.gone(env, work ? {} : { unstarted: failure });
  });
}

/** Of what was initialised and could not be restored, an invocation never begins. */
function failRestore(env: Environment, work: Work | undefined, failure: Failure): void {
  if (failure.logLine && failure.status !== "timeout") env.journal.line(failure.logLine);
  endRestore(env, failure.status === "timeout" ? "timeout" : "error", failure.errorType);
  work?.answer.reject(restoreFailed(failure));
  env.owner.gone(env, work ? {} : { unstarted: failure });
}

/** The environment ends in the middle of things; work in hand gets `failure`. */
export function die(env: Environment, failure: Failure | undefined): void {
  const work = env.work;
  const durationMs = env.clock.monotonicMs() - env.startedMs;
  env.work = undefined;
  const resetting = env.running?.keptTmp !== undefined && env.owner.mayReset(env);
  void destroy(env, reasonOf(failure), () => {
    if (work && failure) settle(env, work, work.answer.failure() ?? failure, durationMs);
    settleAnswered(env, failure);
    env.owner.gone(env, { resetting, failure });
  }, resetting);
}

export function fault(env: Environment, error: unknown): void {
  if (env.state === "dead") return;
  const work = env.work;
  env.work = undefined;
  work?.answer.reject(error);
  void destroy(env, "failure", () => {
    settleAnswered(env);
    env.owner.gone(env, work ? {} : { fault: error });
  });
}

/** Through bubblewrap 129 looks like the signal with number 1. */
const wasLeaving = ({ code, signal }: Exit): boolean => EXIT_AFTER_ERROR.includes(code ?? 0) || signal === "SIGHUP";

export async function onExit(env: Environment, exit: Exit): Promise<void> {
  if (env.state === "dead") return;
  await drained(outputsOf(env.running!), env.clock);
  if ((env.state as State) === "dead") return;
  const failure = exited(requestIdOf(env), exit);
  if (env.state === "starting") return failStart(env, failure);
  const { work } = env;
  if (work && !work.retried && env.answeredWithError && wasLeaving(exit)) {
    // It reported an unhandled error and was on its way out when the next event came: that one never began.
    env.work = undefined;
    work.retried = true;
    return void destroy(env, "failure", () => env.owner.gone(env, { orphan: work }));
  }
  die(env, failure);
}

/** Kills the whole tree, then lets `last` say what is to be said, then takes everything away. */
export function destroy(env: Environment, reason: ShutdownReason, last: () => void, resetting = false): Promise<void> {
  change(env, "dead");
  env.cancelTick?.();
  env.cancelTick = undefined;
  env.closed = (async () => {
    const deadlineMs = env.clock.monotonicMs() + shutdownMs(env);
    if (env.running) await stop(env, env.running);
    env.lastWords?.();
    returnAlong(env);
    last();
    await env.launching; // it may still be on its way
    const { running, link } = env;
    if (running && env.extensions) await shutDownExtensions(env, env.extensions, reason, deadlineMs);
    link?.close();
    await running?.kill();
    if (running?.parts) await drained([running.parts.output], env.clock);
    await env.journal.flush();
    if (running) {
      running.parts?.output.destroy();
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

/** The runtime ends: asked first, where there are extensions; else at once, with everything else of its sandbox. */
async function stop(env: Environment, running: Running): Promise<void> {
  if (env.frozen) { env.frozen = false; running.thaw(); }
  env.extensions?.ignore();
  if (env.extensions?.count()) await endRuntime(env, running);
  else await running.kill();
  await drained(outputsOf(running), env.clock);
}

const outputsOf = ({ stdout, stderr, channel }: Running) => [stdout, stderr, ...(channel ? [channel] : [])];

async function endRuntime(env: Environment, running: Running): Promise<void> {
  const { runtime, clock } = env;
  if (!runtime || env.startRuntime) return; // it was not started yet
  runtime.signal("TERM");
  const graceMs = env.extensions!.hasExternal() ? RUNTIME_SHUTDOWN_MS : INTERNAL_SHUTDOWN_MS;
  const done = await Promise.race([runtime.exited.then(() => true), clock.sleep(graceMs).then(() => false)]);
  if (done) return;
  if (!running.parts) return running.kill();
  runtime.signal("KILL");
  await Promise.race([runtime.exited, clock.sleep(graceMs)]); // what it takes beyond that ends with the sandbox
}

const shutdownMs = ({ extensions }: Environment): number => (extensions?.hasExternal() ? EXTERNAL_SHUTDOWN_MS : INTERNAL_SHUTDOWN_MS);

async function shutDownExtensions(env: Environment, extensions: Extensions, reason: ShutdownReason, deadlineMs: number): Promise<void> {
  const { telemetry } = extensions;
  if (extensions.hasExternal()) {
    await env.journal.flush(); // the last REPORT is for them too
    await telemetry.flush(Math.min(deadlineMs, env.clock.monotonicMs() + TELEMETRY_SHUTDOWN_MS));
    await extensions.shutdown(reason, deadlineMs);
  }
  telemetry.end();
}

/** END and REPORT of an invocation whose caller has its answer already, for extensions went on working; with `failure` when they were cut off. */
export function settleAnswered(env: Environment, failure?: Failure): void {
  if (!env.answered) return;
  const { work, failure: own, durationMs } = env.answered;
  env.answered = undefined;
  const tookMs = env.clock.monotonicMs() - env.startedMs;
  report(env, work, failure ?? own, tookMs, failure?.logLine, tookMs - durationMs);
  if (work.invocation.tail) env.journal.tail().then((tail) => work.answer.settle(own, tail), (error) => work.answer.reject(error));
}

/** How each extension stands at the end of init. */
export function sayExtensions(env: Environment): void {
  for (const status of env.extensions?.statuses() ?? []) env.journal.extension(status);
}

/** Of the invocation the environment is busy with, its extensions included. */
export const requestIdOf = (env: Environment): string => (env.work ?? env.answered?.work)?.invocation.requestId ?? "";

const reasonOf = (failure: Failure | undefined): ShutdownReason => (failure?.status === "timeout" ? "timeout" : "failure");
