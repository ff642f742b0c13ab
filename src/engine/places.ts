// The places the machine has for environments: who holds one, who must give one up for another, and how one is taken away.
import type { Clock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import type { FunctionVersion, FunctionVersions } from "../ports/functions.ts";
import type { AccountShare, FunctionShare } from "./concurrency.ts";
import { type Environment, type InitializationType, type Owner, type Work, closeEnvironment } from "./environment.ts";
import type { Lane } from "./lane.ts";
import type { EngineMetrics } from "./metrics.ts";
import { isKept } from "./provisioned.ts";

export interface PoolOptions {
  clock: Clock;
  log: Log;
  environmentsMax: number;
  idleMs: number;
  /** An environment of a managed runtime that has had so many is succeeded by a new one. */
  eventsMax: number;
  versions: FunctionVersions;
  /** It is under a debugger. */
  isInspected(version: FunctionVersion): boolean;
  metrics: EngineMetrics;
  open(lane: Lane, owner: Owner, phase: "init" | "invoke", given: { work?: Work | undefined; tmpDir?: string | undefined; initializationType: InitializationType }): Environment;
  /** Pre-warmed processes count too, and go first. */
  spares: { count(): number; drop(): void };
}

export interface PoolState extends PoolOptions {
  lanes: Map<string, Lane>;
  /** By succession: the lane of the newest revision. */
  current: Map<string, Lane>;
  recent: WeakMap<FunctionVersion, Lane>;
  /** By unqualified ARN, and by ACCOUNT/REGION. */
  functions: Map<string, FunctionShare>;
  accounts: Map<string, AccountShare>;
  environments: number;
  /** Of them, those on capacity providers (managed-instances/). */
  lent: number;
  queued: number;
  closed: boolean;
  closing: Set<Promise<void>>;
  changes: { tell(): void; next(signal: AbortSignal): Promise<void> };
}

/** A function's only environment is left alone for so long after its last use by those that have some themselves: it would be asked for again at once. */
const RECENT_MS = 2000;

/** False when every place is taken by environments that may not be given up. `asking` has a queue; nothing for environments that are provisioned. */
export function makeRoom(pool: PoolState, asking: Lane | undefined): boolean {
  if (pool.environments + pool.spares.count() >= pool.environmentsMax) pool.spares.drop();
  return pool.environments < pool.environmentsMax || evict(pool, asking);
}

/** One of the machine's places for an environment that is not the pool's; one is always left to those that are. */
export function lendPlace(pool: PoolState): boolean {
  if ((pool.lent > 0 && pool.lent + 1 >= pool.environmentsMax) || !makeRoom(pool, undefined)) return false;
  pool.environments++;
  pool.lent++;
  return true;
}

export function placeReturned(pool: PoolState): void {
  pool.environments--;
  pool.lent--;
}

/** Gives up the environment that has been idle longest, of any function. */
function evict(pool: PoolState, asking: Lane | undefined): boolean {
  const crowded = asking !== undefined && asking.busy.size + asking.idle.length + asking.starting.size > 0;
  const recentMs = pool.clock.monotonicMs() - RECENT_MS;
  let oldest: { lane: Lane; env: Environment } | undefined;
  for (const lane of pool.lanes.values()) {
    const env = lane.idle[0];
    if (crowded && lane !== asking && env && env.idleSinceMs > recentMs && lane.idle.length + lane.busy.size === 1) continue;
    if (env && !isKept(lane, env) && (!oldest || env.idleSinceMs < oldest.env.idleSinceMs)) oldest = { lane, env };
  }
  if (oldest) giveUp(pool, oldest.lane, oldest.env);
  return oldest !== undefined;
}

/** With every place taken, a lane that never runs dry must not starve the others. */
export function starvedElsewhere(pool: PoolState, lane: Lane): boolean {
  if (pool.environments < pool.environmentsMax || pool.queued === lane.queue.length) return false;
  const waitingSince = lane.busy.size > 0 ? Infinity : lane.queue[0]?.queuedMs ?? Infinity; // who has others left yields its turn, too
  for (const other of pool.lanes.values()) {
    const head = other.queue[0];
    if (other !== lane && head && head.queuedMs < waitingSince && other.busy.size + other.starting.size === 0) return true;
  }
  return false;
}

export function giveUp(pool: PoolState, lane: Lane, env: Environment): void {
  forget(pool, lane, env);
  const closed = closeEnvironment(env).finally(() => pool.closing.delete(closed));
  pool.closing.add(closed);
}

export function forget(pool: PoolState, lane: Lane, env: Environment): void {
  const at = lane.idle.indexOf(env);
  if (at >= 0) lane.idle.splice(at, 1);
  const provisioned = lane.provisioned !== undefined && [lane.provisioned.starting.delete(env), lane.provisioned.ready.delete(env)].includes(true);
  if (provisioned) pool.changes.tell();
  const known = [lane.busy.delete(env), lane.starting.delete(env), at >= 0, provisioned].includes(true);
  if (known || env.state !== "dead") pool.environments--;
}

/** close() waits for what is still being taken away. */
export function track(pool: PoolState, env: Environment): void {
  if (!env.closed) return;
  const closed = env.closed.finally(() => pool.closing.delete(closed));
  pool.closing.add(closed);
}
