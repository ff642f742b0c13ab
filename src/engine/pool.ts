// Which environment takes which invocation, when a new one is made, and when one is given up. README.md has the policy's measured reasons.
import { availableParallelism } from "node:os";
import type { Clock } from "../kernel/clock.ts";
import { Fault } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { FunctionVersion, FunctionVersions } from "../ports/functions.ts";
import { Throttled } from "../ports/throttled.ts";
import { type Environment, type Owner, type Work, closeEnvironment, takeWork } from "./environment.ts";

export interface PoolOptions {
  clock: Clock;
  log: Log;
  environmentsMax: number;
  idleMs: number;
  versions: FunctionVersions;
  open(version: FunctionVersion, owner: Owner, phase: "init" | "invoke", given: { work?: Work | undefined; tmpDir?: string | undefined }): Environment;
  /** Pre-warmed processes count too, and go first. */
  spares: { count(): number; drop(): void };
}

export interface Pool {
  submit(work: Work): void;
  stats(): { environments: number; busy: number; idle: number; starting: number; queued: number };
  /** The packages living environments stand on. */
  codeInUse(): Set<string>;
  /** Gives up environments of other revisions and deleted functions, and those unused for long; runs by itself too. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/** All environments of one revision, and who waits for one. */
interface Lane {
  key: string;
  functionKey: string;
  version: FunctionVersion;
  /** Last in, first out: the one used last has the warmest caches, and the others get to freeze and expire. */
  idle: Environment[];
  busy: Set<Environment>;
  starting: Set<Environment>;
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
const PATIENCE_MS = 5;
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
const QUEUED_MAX = 10_000;
const WAIT_MS_MAX = 10_000;
const SWEEP_MS_MAX = 5000;
const BACKLOG_MAX = 20;
const CORES = availableParallelism();
const SHORT_RUNNERS = CORES + 1;
/** With nothing known about a function, more starts at once only slow each other down. */
const BLIND_STARTS = Math.max(4, 2 * CORES);

interface PoolState extends PoolOptions {
  lanes: Map<string, Lane>;
  current: Map<string, Lane>;
  recent: WeakMap<FunctionVersion, Lane>;
  environments: number;
  queued: number;
  closed: boolean;
  closing: Set<Promise<void>>;
}

export function openPool(options: PoolOptions): Pool {
  const pool: PoolState = { ...options, lanes: new Map(), current: new Map(), recent: new WeakMap(), environments: 0, queued: 0, closed: false, closing: new Set() };
  const sweepMs = Math.min(SWEEP_MS_MAX, Math.max(250, pool.idleMs / 4));
  let cancelSweep = pool.clock.after(sweepMs, function again() {
    void sweep(pool).finally(() => { if (!pool.closed) cancelSweep = pool.clock.after(sweepMs, again); });
  });
  return {
    submit: (work) => submit(pool, work),
    sweep: () => sweep(pool),
    codeInUse: () => new Set([...pool.lanes.values()].map((lane) => lane.version.codeId)),
    stats() {
      const lanes = [...pool.lanes.values()];
      const sum = (of: (lane: Lane) => number) => lanes.reduce((total, lane) => total + of(lane), 0);
      return { environments: pool.environments, busy: sum((lane) => lane.busy.size), idle: sum((lane) => lane.idle.length), starting: sum((lane) => lane.starting.size), queued: pool.queued };
    },
    async close() {
      pool.closed = true;
      cancelSweep();
      for (const lane of pool.lanes.values()) {
        lane.cancelCheck?.();
        for (const work of lane.queue.splice(0)) work.answer.reject(new Fault("Evoke is shutting down"));
        for (const env of [...lane.idle, ...lane.busy, ...lane.starting]) giveUp(pool, lane, env);
      }
      while (pool.closing.size) await Promise.allSettled(pool.closing);
    },
  };
}

function submit(pool: PoolState, work: Work): void {
  if (pool.closed) return work.answer.reject(new Fault("Evoke is shutting down"));
  const lane = laneOf(pool, work.invocation.version);
  if (lane.idle.length && !lane.queue.length && lane.busy.size < runners(lane)) return give(pool, lane, lane.idle.pop()!, work);
  if (pool.queued >= QUEUED_MAX) return work.answer.reject(new Throttled("ConcurrentInvocationLimitExceeded"));
  lane.queue.push(work);
  pool.queued++;
  const uncovered = lane.queue.length - lane.starting.size;
  const isLong = lane.serviceMs !== undefined && lane.serviceMs > coldMs(lane);
  if (uncovered > 0 && !lane.idle.length && (isLong || (lane.busy.size === 0 && lane.starting.size < BLIND_STARTS))) spawn(pool, lane);
  watch(pool, lane);
}

/** How many environments a crowd is spread over. Those that answer at once, several per wake-up, are best left to as few as keep one core for this process. */
const runners = (lane: Lane): number => (!isShort(lane) ? Infinity : lane.steady >= STEADY_ANSWERS && lane.serviceMs! < TINY_MS ? Math.max(1, CORES - 1) : SHORT_RUNNERS);
const isShort = (lane: Lane): boolean => lane.serviceMs !== undefined && lane.serviceMs < SHORT_MS;
const coldMs = (lane: Lane): number => Math.max(COLD_MS_MIN, lane.coldMs ?? 0);
/** Slow to rise: one hiccup of the machine must not make a fast function look like one that needs more processes. */
const average = (before: number | undefined, now: number): number => (before === undefined ? now : before * 0.9 + Math.min(now, 4 * before + 1) * 0.1);

function laneOf(pool: PoolState, version: FunctionVersion): Lane {
  // Versions come from the document cache, so a warm function's is the same object each time.
  const recent = pool.recent.get(version);
  if (recent && !recent.draining && pool.lanes.get(recent.key) === recent) return recent;
  const lane = laneByKey(pool, version);
  pool.recent.set(version, lane);
  return lane;
}

function laneByKey(pool: PoolState, version: FunctionVersion): Lane {
  const functionKey = `${version.arn}:${version.version}`;
  const key = `${functionKey} ${version.revision}`;
  const known = pool.lanes.get(key);
  if (known) return known;
  const lane: Lane = {
    key, functionKey, version, idle: [], busy: new Set(), starting: new Set(), queue: [], serviceMs: undefined, coldMs: undefined, answers: 0, backlog: 0, steady: 0,
    draining: false, initFailed: false, cancelCheck: undefined,
  };
  const before = pool.current.get(functionKey);
  if (before) {
    lane.serviceMs = before.serviceMs;
    lane.coldMs = before.coldMs;
    drain(pool, before);
  }
  pool.current.set(functionKey, lane);
  pool.lanes.set(key, lane);
  return lane;
}

function give(pool: PoolState, lane: Lane, env: Environment, work: Work): void {
  lane.busy.add(env);
  takeWork(env, work, undefined, alongWith(pool, lane, work));
}

/** For a crowd of invocations of a function that has long been fast: some go along with one another, which saves waking the process for each. */
function alongWith(pool: PoolState, lane: Lane, work: Work): Work[] | undefined {
  if (lane.steady < STEADY_ANSWERS || !lane.queue.length || !goesAlong(work)) return undefined;
  const share = Math.min(ALONG_MAX, Math.floor(lane.queue.length / Math.max(1, lane.busy.size)));
  let count = 0;
  while (count < share && goesAlong(lane.queue[count]!)) count++;
  pool.queued -= count;
  return count ? lane.queue.splice(0, count) : undefined;
}

const goesAlong = ({ streaming, invocation }: Work): boolean => !streaming && !invocation.tail && invocation.payload.byteLength <= ALONG_BYTES_MAX;

function shift(pool: PoolState, lane: Lane): Work | undefined {
  const work = lane.queue.shift();
  if (work) pool.queued--;
  return work;
}

function ownerOf(pool: PoolState, lane: Lane): Owner {
  return {
    served(_env, serviceMs) {
      lane.serviceMs = average(lane.serviceMs, serviceMs);
      lane.answers++;
      lane.steady = serviceMs > STEADY_MS || !isShort(lane) || !lane.version.runtime.startsWith("nodejs") ? 0 : lane.steady + 1;
    },
    ready(env) {
      lane.busy.delete(env);
      lane.initFailed = false;
      if (lane.starting.delete(env)) lane.coldMs = average(lane.coldMs, env.initMs ?? 0);
      const unwanted = pool.closed || env.expiresAtMs <= pool.clock.now() || (lane.draining && !lane.queue.length) || starvedElsewhere(pool, lane);
      if (unwanted) return giveUp(pool, lane, env);
      const next = lane.busy.size < runners(lane) ? shift(pool, lane) : undefined;
      if (next) return give(pool, lane, env, next);
      lane.idle.push(env);
    },
    returned(_env, works) {
      if (pool.closed) {
        for (const work of works) work.answer.reject(new Fault("Evoke is shutting down"));
        return;
      }
      lane.steady = 0;
      lane.queue.unshift(...works);
      pool.queued += works.length;
      while (lane.idle.length && lane.queue.length) give(pool, lane, lane.idle.pop()!, shift(pool, lane)!);
      if (lane.queue.length) watch(pool, lane);
    },
    mayReset: () => !pool.closed && !lane.draining,
    reset(env, tmpDir) {
      if (!lane.starting.delete(env)) return false; // given up meanwhile
      pool.environments--;
      if (!pool.closed && !lane.draining && spawn(pool, lane, tmpDir)) return true;
      if (lane.queue.length) watch(pool, lane);
      return false;
    },
    gone(env, { unstarted, fault, orphan, resetting }) {
      if (resetting && lane.busy.delete(env)) lane.starting.add(env); // its successor is on the way: nobody needs another one
      else forget(pool, lane, env);
      track(pool, env);
      if (orphan) { lane.queue.unshift(orphan); pool.queued++; }
      if (pool.closed) return;
      if (fault !== undefined) shift(pool, lane)?.answer.reject(fault);
      if (unstarted) lane.initFailed = true;
      if (lane.queue.length && (unstarted || lane.busy.size + lane.starting.size + lane.idle.length === 0)) spawn(pool, lane);
      for (const other of pool.lanes.values()) if (other.queue.length) watch(pool, other);
    },
  };
}

/** False when there is no room; the queue is looked at again when there is. */
function spawn(pool: PoolState, lane: Lane, tmpDir?: string): boolean {
  if (pool.environments + pool.spares.count() >= pool.environmentsMax) pool.spares.drop();
  if (pool.environments >= pool.environmentsMax && !evict(pool)) return false;
  pool.environments++;
  const work = lane.initFailed ? shift(pool, lane) : undefined;
  const env = pool.open(lane.version, ownerOf(pool, lane), work ? "invoke" : "init", { work, tmpDir });
  if (work) lane.busy.add(env);
  else lane.starting.add(env);
  return true;
}

/** Gives up the environment that has been idle longest, of any function. */
function evict(pool: PoolState): boolean {
  let oldest: { lane: Lane; env: Environment } | undefined;
  for (const lane of pool.lanes.values()) {
    const env = lane.idle[0];
    if (env && (!oldest || env.idleSinceMs < oldest.env.idleSinceMs)) oldest = { lane, env };
  }
  if (oldest) giveUp(pool, oldest.lane, oldest.env);
  return oldest !== undefined;
}

/** With every place taken, a lane that never runs dry must not starve the others. */
function starvedElsewhere(pool: PoolState, lane: Lane): boolean {
  if (pool.environments < pool.environmentsMax || pool.queued === lane.queue.length) return false;
  const waitingSince = lane.queue[0]?.queuedMs ?? Infinity;
  for (const other of pool.lanes.values()) {
    const head = other.queue[0];
    if (other !== lane && head && head.queuedMs < waitingSince && other.busy.size + other.starting.size === 0) return true;
  }
  return false;
}

function giveUp(pool: PoolState, lane: Lane, env: Environment): void {
  forget(pool, lane, env);
  const closed = closeEnvironment(env).finally(() => pool.closing.delete(closed));
  pool.closing.add(closed);
}

function forget(pool: PoolState, lane: Lane, env: Environment): void {
  const at = lane.idle.indexOf(env);
  if (at >= 0) lane.idle.splice(at, 1);
  const known = [lane.busy.delete(env), lane.starting.delete(env), at >= 0].includes(true);
  if (known || env.state !== "dead") pool.environments--;
}

/** close() waits for what is still being taken away. */
function track(pool: PoolState, env: Environment): void {
  if (!env.closed) return;
  const closed = env.closed.finally(() => pool.closing.delete(closed));
  pool.closing.add(closed);
}

/** Looks at a lane's queue again in a moment, while it has one. */
function watch(pool: PoolState, lane: Lane): void {
  // After the timers come the answers that have arrived meanwhile: a hiccup of this process is not a busy function.
  lane.cancelCheck ??= pool.clock.after(PATIENCE_MS, () => setImmediate(() => {
    lane.cancelCheck = undefined;
    if (!pool.closed) check(pool, lane);
  }));
}

function check(pool: PoolState, lane: Lane): void {
  const now = pool.clock.monotonicMs();
  const answers = lane.answers;
  lane.answers = 0;
  const waited = () => (lane.queue.length ? now - lane.queue[0]!.queuedMs : -1);
  // A function known to be fast that makes headway is left alone for longer.
  const patienceMs = isShort(lane) && answers ? COLD_MS_MIN : PATIENCE_MS;
  while (lane.idle.length && waited() >= patienceMs) give(pool, lane, lane.idle.pop()!, shift(pool, lane)!);
  while (lane.starting.size === 0 && waited() > WAIT_MS_MAX) shift(pool, lane)!.answer.reject(new Throttled("ConcurrentInvocationLimitExceeded"));
  if (!lane.queue.length) {
    lane.backlog = 0;
    return;
  }
  grow(pool, lane, now, answers);
  if (lane.queue.length) watch(pool, lane);
}

function grow(pool: PoolState, lane: Lane, now: number, answers: number): void {
  const short = isShort(lane);
  const expectedMs = answers && lane.serviceMs !== undefined ? (lane.queue.length * lane.serviceMs) / Math.max(1, lane.busy.size) : Infinity;
  if (expectedMs <= coldMs(lane)) {
    // Busy all the time: as many as may run at once are worth having, however short the wait.
    if (++lane.backlog < BACKLOG_MAX) return;
    lane.backlog = 0;
    if (lane.busy.size + lane.idle.length + lane.starting.size < SHORT_RUNNERS) spawn(pool, lane);
    return;
  }
  const patienceMs = short ? COLD_MS_MIN : PATIENCE_MS;
  let old = 0;
  while (old < lane.queue.length && now - lane.queue[old]!.queuedMs >= patienceMs) old++;
  // Starting many at once is what made a fast function look stuck in the first place.
  const careful = lane.serviceMs === undefined ? lane.busy.size === 0 : lane.serviceMs < coldMs(lane);
  const missing = Math.min(old, careful ? BLIND_STARTS : Infinity) - lane.starting.size;
  for (let started = 0; started < missing; started++) if (!spawn(pool, lane)) return;
}

function drain(pool: PoolState, lane: Lane): void {
  lane.draining = true;
  if (pool.current.get(lane.functionKey) === lane) pool.current.delete(lane.functionKey);
  for (const env of [...lane.idle]) giveUp(pool, lane, env);
}

async function sweep(pool: PoolState): Promise<void> {
  const now = pool.clock.monotonicMs();
  for (const lane of [...pool.lanes.values()]) {
    for (const env of [...lane.idle]) if (now - env.idleSinceMs >= pool.idleMs || env.expiresAtMs <= pool.clock.now()) giveUp(pool, lane, env);
    if (lane.idle.length && !lane.draining) {
      try {
        const version = await pool.versions.find(lane.functionKey);
        if (version?.revision !== lane.version.revision) drain(pool, lane);
      } catch (error) {
        pool.log.warn("A function's revision could not be looked up", { function: lane.functionKey, error });
      }
    }
    if (lane.draining) for (const env of [...lane.idle]) giveUp(pool, lane, env);
    if (!lane.idle.length && !lane.busy.size && !lane.starting.size && !lane.queue.length) {
      lane.cancelCheck?.();
      pool.lanes.delete(lane.key);
      if (pool.current.get(lane.functionKey) === lane) pool.current.delete(lane.functionKey);
    }
  }
}
