// Runs the tasks of a job, several at once, one invocation or operation each; what has ended is stored in the order of the manifest, so that the
// next process goes on behind it. A task may be done twice, never not at all.
import { parseArn } from "../../../kernel/arn.ts";
import { Fault, ServiceError } from "../../../kernel/errors.ts";
import { Throttled } from "../../../ports/throttled.ts";
import type { Parts } from "../parts.ts";
import { type Job, jobDocument, JOBS } from "./job.ts";
import { readTasks, type Task } from "./manifest.ts";
import type { PerformOnObject } from "./object-task.ts";
import type { Places } from "./places.ts";
import { whyRoleMayNot } from "./role.ts";
import { functionFailed, readAnswer, shorten, taskEvent, taskIdOf, type TaskResult } from "./task-event.ts";

const TASKS_AT_ONCE = 10;
/** What has ended behind one that has not is held in memory. */
const WINDOW_MAX = 100;
/** "Redriven before the job completes": how often is not documented. */
const TRIES_MAX = 4;
const FIRST_PAUSE_MS = 250;
const THROTTLED_PAUSE_MS = 1_000;
const THROTTLED_MS_MAX = 10 * 60_000;
const LOOK_MS = 1_000;
const INVOCATION_ID_CHARACTERS = 52;
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export interface EndedTask { task: Task; result: TaskResult }
/** Stores what has ended; answers the job as it is then. */
export type Commit = (ended: EndedTask[]) => Promise<Job>;

interface Slot { task: Task; result?: TaskResult }

/** What tasks are run with. */
export interface Running { parts: Parts; places: Places; performOnObject: PerformOnObject }

/** Until all tasks have ended, the job is no longer Active, or the signal. Answers the job as it was last stored. */
export async function runTasks(running: Running, job: Job, commit: Commit, signal: AbortSignal): Promise<Job> {
  const { parts } = running;
  const stopping = new AbortController();
  const stop = AbortSignal.any([signal, stopping.signal]);
  let wake = () => {};
  const close = () => wake();
  signal.addEventListener("abort", close);
  const seen = { priority: job.priority };
  const watching = watch(parts, job, seen, stopping, stop);
  const window: Slot[] = [];
  const begun = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  let current = job;
  const start = (task: Task) => {
    const slot: Slot = { task };
    window.push(slot);
    const done = perform(running, job, task, () => seen.priority, stop)
      .then((result) => { if (result) slot.result = result; }, (error: unknown) => { failure ??= { error }; })
      .finally(() => { begun.delete(done); wake(); });
    begun.add(done);
  };
  const settle = async () => {
    // No race with a promise that lasts as long as the job: it would remember every race.
    if (begun.size > 0 && !signal.aborted) await new Promise<void>((resolve) => { wake = resolve; });
    if (signal.aborted) return;
    if (failure) throw failure.error;
    // What was stopped is not gone on with, so that nothing need wait for what is before it.
    const ended = takeEnded(window, stop.aborted);
    if (ended.length > 0) current = await commit(ended);
    if (current.status !== "Active") stopping.abort();
  };
  try {
    const { body, sizeBytes } = job.listed!;
    for await (const task of readTasks(await parts.bodies.read(body, { start: job.done.bytes, end: sizeBytes }), job.manifest.Spec!.Fields!, job.done.bytes)) {
      while (!stop.aborted && (begun.size >= TASKS_AT_ONCE || window.length >= WINDOW_MAX)) await settle();
      if (stop.aborted) break;
      start(task);
    }
    while (!signal.aborted && begun.size > 0) await settle();
    await settle(); // what has ended while the last ones were stored
    return current;
  } finally {
    signal.removeEventListener("abort", close);
    stopping.abort();
    await watching;
  }
}

/** From the first on, those that have ended; with `all`, those behind one that has not, too. */
function takeEnded(window: Slot[], all: boolean): EndedTask[] {
  const first = window.findIndex(({ result }) => result === undefined);
  const taken = window.splice(0, all || first === -1 ? window.length : first);
  const left = taken.filter(({ result }) => result === undefined);
  window.push(...left);
  return taken.filter((slot): slot is EndedTask => slot.result !== undefined);
}

/** Whoever cancels the job may do it in another process, and while no task ends. */
async function watch({ stores, clock, log }: Parts, job: Job, seen: { priority: number }, stopping: AbortController, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      await clock.sleep(LOOK_MS, stop);
      const current = await stores.documents<Job>(JOBS).get(jobDocument(job));
      if (current?.status !== "Active") stopping.abort();
      else seen.priority = current.priority;
    } catch (error) {
      if (!stop.aborted) log.warn("s3: a job of Batch Operations could not be looked at", { error });
    }
  }
}

/** Undefined when it was stopped before it had ended. */
async function perform({ parts, places, performOnObject }: Running, job: Job, task: Task, priority: () => number, stop: AbortSignal): Promise<TaskResult | undefined> {
  const { clock } = parts;
  const throttledUntilMs = clock.monotonicMs() + THROTTLED_MS_MAX;
  for (let tries = 1; !stop.aborted;) {
    const leave = await places.take(priority, stop); // given back while it pauses
    if (!leave) return undefined;
    const { throttled, ...result }: TaskResult & { throttled?: true } = await (job.operation.LambdaInvoke ? invoke(parts, job, task) : performOnObject(job, task, stop)).catch((error: unknown) => unexpected(parts, job, task, error, stop)).finally(leave);
    const again = throttled ? clock.monotonicMs() < throttledUntilMs : result.code === "TemporaryFailure" && tries < TRIES_MAX;
    if (!again) return result;
    await clock.sleep(throttled ? THROTTLED_PAUSE_MS : FIRST_PAUSE_MS * 2 ** (tries - 1), stop).catch(() => undefined);
    if (!throttled) tries++;
  }
  return undefined;
}

/** One task that cannot be done must not keep its job from its end. */
function unexpected({ log }: Parts, { id }: Job, { bucket, key }: Task, error: unknown, stop: AbortSignal): TaskResult {
  if (!stop.aborted) log.error("s3: a task of Batch Operations failed unexpectedly", { job: id, task: `${bucket}/${key}`, error });
  return { code: "TemporaryFailure", errorCode: "InternalError", status: 500, message: "We encountered an internal error. Please try again." };
}

async function invoke(parts: Parts, job: Job, task: Task): Promise<TaskResult & { throttled?: true }> {
  const { ids, events } = parts;
  const { FunctionArn: functionArn = "", InvocationSchemaVersion: version = "1.0" } = job.operation.LambdaInvoke!;
  const refused = await whyRoleMayNot(parts, job, { action: "lambda:InvokeFunction", resource: functionArn, owner: parseArn(functionArn)!.account });
  if (refused !== undefined) return { code: "PermanentFailure", errorCode: "AccessDenied", status: 403, message: shorten(refused) };
  const asked = { version, invocationId: ids.token(INVOCATION_ID_CHARACTERS, BASE64), taskId: taskIdOf(job, task) };
  const event = taskEvent(job, task, asked.taskId, asked.invocationId);
  try {
    const { failed, payload } = await events.invoke({ functionArn, payload: Buffer.from(JSON.stringify(event)), requestId: ids.uuid() });
    return failed ? functionFailed(payload) : readAnswer(payload, asked);
  } catch (error) {
    if (error instanceof Throttled) return { throttled: true, code: "TemporaryFailure", errorCode: "TooManyRequestsException", status: 429, message: `Lambda throttled the request: ${error.reason}` };
    if (error instanceof ServiceError) return { code: isPassing(error) ? "TemporaryFailure" : "PermanentFailure", errorCode: error.code, status: error.status, message: shorten(error.message) };
    if (error instanceof Fault) return { code: "TemporaryFailure", errorCode: "ServiceException", status: 500, message: shorten(error.message) };
    throw error;
  }
}

/** A function that is not Active yet is a conflict. */
const isPassing = ({ status }: ServiceError): boolean => status >= 500 || status === 429 || status === 409;
