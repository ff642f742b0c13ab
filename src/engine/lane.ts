// A lane: all environments of one revision of a function (and one tenant), who waits for them, and what is known about its speed.
import { availableParallelism } from "node:os";
import type { FunctionVersion } from "../ports/functions.ts";
import type { FunctionShare, NamedShare } from "./concurrency.ts";
import type { Environment, Work } from "./environment.ts";
import type { Provisioned } from "./provisioned.ts";

export interface Lane {
  key: string;
  /** With the version, without the revision: what the Lambda room is asked for. */
  functionKey: string;
  /** Lanes of the same function and tenant follow one another. */
  successionKey: string;
  version: FunctionVersion;
  tenantId: string | undefined;
  /** Never more than one environment: it is under a debugger. */
  single: boolean;
  share: FunctionShare;
  /** Of the share, under the name that was used last. */
  named: NamedShare;
  /** Last in, first out: the one used last has the warmest caches, and the others get to freeze and expire. Provisioned ones stand last. */
  idle: Environment[];
  busy: Set<Environment>;
  starting: Set<Environment>;
  /** Undefined where nothing is provisioned. */
  provisioned: Provisioned | undefined;
  queue: Work[];
  /** Moving averages; undefined until measured. */
  serviceMs: number | undefined;
  coldMs: number | undefined;
  /** Answers since the last look at the queue. */
  answers: number;
  /** Looks at the queue in a row that found one. */
  backlog: number;
  /** Answers in a row that took no time to speak of. */
  steady: number;
  draining: boolean;
  /** The last init failed: the next one belongs to an invocation and is bounded by its timeout. */
  initFailed: boolean;
  cancelCheck: (() => void) | undefined;
}

/** How long the head of a queue waits before its lane grows. A busy environment is often free in 0.1 ms; a new one costs 50 ms of CPU. */
export const PATIENCE_MS = 5;
/** Functions faster than this gain nothing from more processes than cores. */
const SHORT_MS = 2;
/** What a new environment is taken to cost until it has been measured, and at least; and the patience with fast functions. */
const COLD_MS_MIN = 25;
/**
 * Sending along. Waking a sleeping process costs more than a small function's work (measured: 13 of 45 µs), so a crowd of invocations of
 * one that has answered STEADY_ANSWERS times within STEADY_MS is handed over several at a time. They still run one after another, and what
 * is not begun comes back when the handler waits for something or its process ends. On two cores: 19,000 a second before, 33,000 with it.
 */
const STEADY_ANSWERS = 200;
const STEADY_MS = 20;
const TINY_MS = 0.5;
const ALONG_MAX = 10;
const ALONG_BYTES_MAX = 4096;
const BACKLOG_MAX = 20;
const CORES = availableParallelism();
const SHORT_RUNNERS = CORES + 1;
/** With nothing known about a function, more starts at once only slow each other down. */
const BLIND_STARTS = Math.max(4, 2 * CORES);

/** How many environments a crowd is spread over. Those that answer at once, several per wake-up, are best left to as few as keep one core for this process. */
export const runners = (lane: Lane): number => (!isShort(lane) ? Infinity : lane.steady >= STEADY_ANSWERS && lane.serviceMs! < TINY_MS ? Math.max(1, CORES - 1) : SHORT_RUNNERS);
const isShort = (lane: Lane): boolean => lane.serviceMs !== undefined && lane.serviceMs < SHORT_MS;
const coldMs = (lane: Lane): number => Math.max(COLD_MS_MIN, lane.coldMs ?? 0);
/** Slow to rise: one hiccup of the machine must not make a fast function look like one that needs more processes. */
export const average = (before: number | undefined, now: number): number => (before === undefined ? now : before * 0.9 + Math.min(now, 4 * before + 1) * 0.1);

export const isEmpty = (lane: Lane): boolean => !lane.idle.length && !lane.busy.size && !lane.starting.size && !lane.queue.length && lane.provisioned === undefined;

export function learn(lane: Lane, serviceMs: number): void {
  lane.serviceMs = average(lane.serviceMs, serviceMs);
  lane.answers++;
  lane.steady = serviceMs > STEADY_MS || !isShort(lane) || !lane.version.runtime.startsWith("nodejs") ? 0 : lane.steady + 1;
}

/** The one used last. One that has ended stays in the list until its process is gone, and takes no more. */
export function takeIdle(lane: Lane): Environment | undefined {
  for (let left = lane.idle.length; left > 0; left--) {
    const env = lane.idle.pop()!;
    if (env.state !== "dead") return env;
    lane.idle.unshift(env);
  }
  return undefined;
}

/** How many of the queue's first go along with `work`, in the same write. */
export function alongWith(lane: Lane, work: Work): number {
  if (lane.steady < STEADY_ANSWERS || !lane.queue.length || !goesAlong(work)) return 0;
  const share = Math.min(ALONG_MAX, Math.floor(lane.queue.length / Math.max(1, lane.busy.size)));
  let count = 0;
  while (count < share && goesAlong(lane.queue[count]!)) count++;
  return count;
}

const goesAlong = ({ streaming, invocation }: Work): boolean => !streaming && !invocation.tail && invocation.payload.byteLength <= ALONG_BYTES_MAX;

/** Whether an invocation that has just joined the queue is worth a new environment at once. */
export function startsAtOnce(lane: Lane): boolean {
  const uncovered = lane.queue.length - lane.starting.size;
  const isLong = lane.serviceMs !== undefined && lane.serviceMs > coldMs(lane);
  return uncovered > 0 && !lane.idle.length && (isLong || (lane.busy.size === 0 && lane.starting.size < BLIND_STARTS));
}

/** A function known to be fast that makes headway is left alone for longer. */
export const patienceMs = (lane: Lane, answers: number): number => (isShort(lane) && answers ? COLD_MS_MIN : PATIENCE_MS);

/** How many new environments a queue is worth that has waited for a moment; `answers`: given since the last look. */
export function missing(lane: Lane, nowMs: number, answers: number): number {
  const expectedMs = answers && lane.serviceMs !== undefined ? (lane.queue.length * lane.serviceMs) / Math.max(1, lane.busy.size) : Infinity;
  if (expectedMs <= coldMs(lane)) {
    // Busy all the time: as many as may run at once are worth having, however short the wait.
    if (++lane.backlog < BACKLOG_MAX) return 0;
    lane.backlog = 0;
    return lane.busy.size + lane.idle.length + lane.starting.size < SHORT_RUNNERS ? 1 : 0;
  }
  const patience = isShort(lane) ? COLD_MS_MIN : PATIENCE_MS;
  let old = 0;
  while (old < lane.queue.length && nowMs - lane.queue[old]!.queuedMs >= patience) old++;
  // Starting many at once is what made a fast function look stuck in the first place.
  const careful = lane.serviceMs === undefined ? lane.busy.size === 0 : lane.serviceMs < coldMs(lane);
  return Math.min(old, careful ? BLIND_STARTS : Infinity) - lane.starting.size;
}
