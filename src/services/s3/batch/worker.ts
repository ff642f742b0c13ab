// Takes each job from one status to the next, as durable work: whichever process dies, another goes on from what is stored.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-job-status.html
import type { Received, Tx } from "../../../storage/stores.ts";
import { workThrough } from "../../queue-worker.ts";
import { discardBody, keepBody } from "../bodies.ts";
import type { Parts } from "../parts.ts";
import { JobFailed, tooManyFailures } from "./errors.ts";
import { hasEnded, type Job, JOB_TOKENS, JOB_WORK, jobDocument, JOBS, KEPT_MS, type Work } from "./job.ts";
import { listTasks } from "./preparing.ts";
import { dropResults, keepResults, writeReport } from "./report.ts";
import { openObjectTasks } from "./object-task.ts";
import { openPlaces } from "./places.ts";
import { type EndedTask, type Running, runTasks } from "./tasks.ts";

/** Slow or throttled ones hold up few others then. */
const JOBS_AT_ONCE = 50;
const HELD_MS = 6_000;
/** Of all jobs of this process together: a tenth of an account's concurrency would be more than a machine has to give. */
const TASKS_AT_ONCE = 20;
/** From here on a job fails when more than half of its tasks have; that the thousandth counts already is recalled of the guide. */
const FAILURES_COUNT_FROM = 1_000;

/** Called once, when the room opens. */
export function followJobs(parts: Parts): void {
  const { stores, clock, ids, log, background } = parts;
  const running: Running = { parts, places: openPlaces(TASKS_AT_ONCE), performOnObject: openObjectTasks(parts) };
  background("s3: batch operations", (signal) => workThrough({ stores, clock, ids, log }, JOB_WORK, JOBS_AT_ONCE, (item) => workUnlessTaken({ parts, running, item, signal }), signal));
}

interface Held {
  parts: Parts;
  running: Running;
  item: Received;
  signal: AbortSignal;
}

/** Who has lost a job to another process leaves it alone. */
const workUnlessTaken = (held: Held): Promise<void> => work(held).catch((error: unknown) => {
  if (!(error instanceof TakenOver)) throw error;
  held.parts.log.warn("s3: another process has taken over a job of Batch Operations, because this one stood still", { job: held.item.id });
});

async function work(held: Held): Promise<void> {
  const { parts: { stores, clock }, item, signal } = held;
  const { jobDocument: document } = JSON.parse(item.body) as Work;
  let job = await stores.documents<Job>(JOBS).get(document);
  if (job?.endedMs !== undefined && clock.now() < job.endedMs + KEPT_MS) return void (await stores.queues.hide(JOB_WORK, item.id, item.receipt, job.endedMs + KEPT_MS));
  if (!job || hasEnded(job)) return forget(held, job);
  while (!signal.aborted && job !== undefined) job = await advance(held, job);
}

async function advance(held: Held, job: Job): Promise<Job | undefined> {
  try {
    return await step(held, job);
  } catch (error) {
    if (!(error instanceof JobFailed)) throw error;
    const failure = { code: error.code, reason: error.message };
    const last = LAST[job.status];
    if (last === undefined) return move(held, job, { status: "Failing", failure });
    // It is the report that fails: there is nothing more to report.
    return end(held, { ...job, failure: job.failure ?? failure }, last === "Complete" ? "Failed" : last);
  }
}

const LAST: Partial<Record<Job["status"], "Complete" | "Failed" | "Cancelled">> = { Completing: "Complete", Failing: "Failed", Cancelling: "Cancelled" };

/** The job as it is then; undefined when there is nothing more to do now. Throws JobFailed. */
async function step(held: Held, job: Job): Promise<Job | undefined> {
  const { parts, signal } = held;
  switch (job.status) {
    case "New": return move(held, job, { status: "Preparing" });
    case "Preparing": return prepare(held, job);
    case "Ready": return move(held, job, { status: "Active", activeSinceMs: parts.clock.now() });
    case "Active": {
      const current = await runTasks(held.running, job, (ended) => commit(held, job, ended), signal);
      if (signal.aborted) return undefined;
      return current.status === "Active" ? move(held, current, { status: "Completing" }) : current;
    }
    case "Completing": case "Failing": case "Cancelling":
      await writeReport(parts, job);
      return end(held, job, LAST[job.status]!);
    default: return undefined;
  }
}

async function prepare(held: Held, job: Job): Promise<Job | undefined> {
  const { parts, item, signal } = held;
  const listed = await listTasks(parts, job, signal);
  return inHand(held, async (tx) => {
    const current = await tx.documents<Job>(JOBS).get(jobDocument(job));
    if (current?.status !== "Preparing") return current;
    await keepBody(tx, listed.body.id);
    const made: Job = { ...current, listed, ...(job.confirmationRequired ? { status: "Suspended", suspendedMs: Math.floor(parts.clock.now()) } : { status: "Ready" }) };
    await tx.documents<Job>(JOBS).put(jobDocument(job), made);
    if (made.status !== "Suspended") return made;
    await tx.queues.finish(JOB_WORK, item.id, item.receipt);
    return undefined;
  });
}

/** To another status, unless it has changed meanwhile. */
const move = (held: Held, job: Job, change: Partial<Job>): Promise<Job | undefined> => inHand(held, async (tx) => {
  const current = await tx.documents<Job>(JOBS).get(jobDocument(job));
  if (current?.status !== job.status) return current;
  const made = { ...current, ...change };
  await tx.documents<Job>(JOBS).put(jobDocument(job), made);
  return made;
});

const commit = (held: Held, { id, account, region }: Job, ended: EndedTask[]): Promise<Job> => inHand(held, async (tx) => {
  const document = jobDocument({ id, account, region });
  const current = (await tx.documents<Job>(JOBS).get(document))!;
  const succeeded = current.done.succeeded + ended.filter(({ result }) => result.code === "Succeeded").length;
  const failed = current.done.failed + ended.filter(({ result }) => result.code !== "Succeeded").length;
  const done = { bytes: ended.at(-1)!.task.endBytes, succeeded, failed };
  const made: Job = { ...current, done };
  if (made.status === "Active" && succeeded + failed >= FAILURES_COUNT_FROM && failed > succeeded) {
    const { code, message: reason } = tooManyFailures(failed, succeeded + failed);
    Object.assign(made, { status: "Failing", failure: { code, reason } } satisfies Partial<Job>);
  }
  await keepResults(tx, current, ended, held.parts.clock.now());
  await tx.documents<Job>(JOBS).put(document, made);
  return made;
});

/** Its last status; it is forgotten 90 days later. */
async function end(held: Held, job: Job, status: "Complete" | "Failed" | "Cancelled"): Promise<undefined> {
  const { parts, item } = held;
  const nowMs = Math.floor(parts.clock.now());
  await inHand(held, async (tx) => {
    const current = (await tx.documents<Job>(JOBS).get(jobDocument(job)))!;
    if (current.listed) await discardBody(tx, current.listed.body, nowMs);
    const made: Job = { ...current, status, endedMs: nowMs, ...(job.failure && { failure: job.failure }), ...(current.activeSinceMs !== undefined && { activeUntilMs: nowMs }) };
    await tx.documents<Job>(JOBS).put(jobDocument(job), made);
    await tx.queues.hide(JOB_WORK, item.id, item.receipt, nowMs + KEPT_MS);
  });
  await dropResults(parts, job); // a process that dies here leaves them to `forget`
}

async function forget({ parts, item }: Held, job: Job | undefined): Promise<void> {
  if (job) await dropResults(parts, job);
  await parts.stores.transaction(async (tx) => {
    if (job) await tx.documents(JOB_TOKENS).delete(job.token);
    if (job) await tx.documents(JOBS).delete(jobDocument(job));
    await tx.queues.finish(JOB_WORK, item.id, item.receipt);
  });
}

class TakenOver extends Error {}

/** A transaction of who still holds the job: one that stood still for long has lost it to another, which goes on from what was stored last. */
const inHand = <T>({ parts: { stores, clock }, item }: Held, work: (tx: Tx) => Promise<T>): Promise<T> => stores.transaction(async (tx) => {
  if (!(await tx.queues.hide(JOB_WORK, item.id, item.receipt, clock.now() + HELD_MS))) throw new TakenOver("another process works on this job of Batch Operations");
  return work(tx);
});
