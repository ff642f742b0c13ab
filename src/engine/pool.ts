// Which environment takes which invocation, when a new one is made, and when one is given up. README.md has the policy's measured reasons.
import { Fault } from "../kernel/errors.ts";
import type { FunctionVersion } from "../ports/functions.ts";
import type { Provisioning } from "../ports/provisioning.ts";
import { Throttled } from "../ports/throttled.ts";
import { admit, mayStart, namedShare, newAccountShare, newFunctionShare, setProvisioned, type FunctionShare } from "./concurrency.ts";
import { type Environment, type Owner, type Work, takeWork } from "./environment.ts";
import { type Lane, PATIENCE_MS, alongWith, average, isEmpty, learn, missing, patienceMs, runners, startsAtOnce, takeIdle } from "./lane.ts";
import { type PoolOptions, type PoolState, forget, giveUp, lendPlace, makeRoom, placeReturned, starvedElsewhere, track } from "./places.ts";
import { becameReady, excessOf, isKept, lost, newProvisioned, noteUse, openChanges, rest, shortOf, stateOf } from "./provisioned.ts";

export interface Pool {
  submit(work: Work): void;
  provisioning: Provisioning;
  /** For environments on capacity providers. False when there is no place. */
  takePlace(): boolean;
  leavePlace(): void;
  /** What is asked of `provisioning` may have changed. */
  changed(): void;
  stats(): { environments: number; busy: number; idle: number; starting: number; queued: number };
  /** The packages living environments stand on. */
  codeInUse(): Set<string>;
  /** Gives up environments of other revisions and deleted functions, and those unused for long; runs by itself too. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

const QUEUED_MAX = 10_000;
const WAIT_MS_MAX = 10_000;
const SWEEP_MS_MAX = 5000;

export function openPool(options: PoolOptions): Pool {
  const pool: PoolState = {
    ...options, lanes: new Map(), current: new Map(), recent: new WeakMap(), functions: new Map(), accounts: new Map(), environments: 0, lent: 0, queued: 0, closed: false, closing: new Set(), changes: openChanges(),
  };
  const sweepMs = Math.min(SWEEP_MS_MAX, Math.max(250, pool.idleMs / 4));
  let cancelSweep = pool.clock.after(sweepMs, function again() {
    void sweep(pool).finally(() => { if (!pool.closed) cancelSweep = pool.clock.after(sweepMs, again); });
  });
  return {
    submit: (work) => submit(pool, work),
    provisioning: {
      provision: (version, wanted) => provision(pool, version, wanted),
      state: (version) => stateOf(pool.current.get(successionKey(version, undefined))?.provisioned),
      changed: (signal) => pool.changes.next(signal),
    },
    takePlace: () => lendPlace(pool),
    leavePlace: () => placeReturned(pool),
    changed: () => pool.changes.tell(),
    sweep: () => sweep(pool),
    codeInUse: () => new Set([...pool.lanes.values()].flatMap(({ version }) => [version.codeId, ...(version.layers ?? [])])),
    stats() {
      const lanes = [...pool.lanes.values()];
      const sum = (of: (lane: Lane) => number) => lanes.reduce((total, lane) => total + of(lane), 0);
      return { environments: pool.environments, busy: sum((lane) => lane.busy.size), idle: sum((lane) => lane.idle.length), starting: sum((lane) => lane.starting.size + (lane.provisioned?.starting.size ?? 0)), queued: pool.queued };
    },
    async close() {
      pool.closed = true;
      cancelSweep();
      for (const lane of pool.lanes.values()) {
        lane.cancelCheck?.();
        for (const work of lane.queue.splice(0)) work.answer.reject(new Fault("Evoke is shutting down"));
        for (const env of [...lane.idle, ...lane.busy, ...lane.starting, ...(lane.provisioned?.starting ?? [])]) giveUp(pool, lane, env);
      }
      while (pool.closing.size) await Promise.allSettled(pool.closing);
    },
  };
}

function submit(pool: PoolState, work: Work): void {
  if (pool.closed) return work.answer.reject(new Fault("Evoke is shutting down"));
  const { invocation, answer } = work;
  const lane = laneOf(pool, invocation.version, invocation.tenantId);
  const refusal = admit(lane.share, invocation.reservedConcurrency);
  if (refusal !== undefined) {
    pool.metrics.throttled(invocation);
    return answer.reject(new Throttled(refusal));
  }
  const named = lane.named.arn === invocation.invokedArn ? lane.named : (lane.named = namedShare(lane.share, invocation.invokedArn));
  if (++named.inHand > named.inHandPeak) named.inHandPeak = named.inHand;
  answer.onEnd = named.end;
  const idle = lane.idle.length && !lane.queue.length && lane.busy.size < runners(lane) ? takeIdle(lane) : undefined;
  if (idle) return give(pool, lane, idle, work);
  if (pool.queued >= QUEUED_MAX) return throttle(pool, work);
  lane.queue.push(work);
  pool.queued++;
  if (startsAtOnce(lane)) spawn(pool, lane);
  watch(pool, lane);
}

/** The machine has no place for it, whatever AWS's limits say. */
function throttle(pool: PoolState, { invocation, answer }: Work): void {
  pool.metrics.throttled(invocation);
  answer.reject(new Throttled("ConcurrentInvocationLimitExceeded"));
}

const successionKey = (version: FunctionVersion, tenantId: string | undefined): string => `${version.arn}:${version.version}${version.tenantIsolation ? ` ${tenantId ?? ""}` : ""}`;

const laneKey = (version: FunctionVersion, tenantId: string | undefined): string => `${version.revision} ${successionKey(version, tenantId)}`;

function laneOf(pool: PoolState, version: FunctionVersion, tenantId: string | undefined): Lane {
  if (version.tenantIsolation) return laneByKey(pool, version, tenantId);
  // Versions come from the document cache, so a warm function's is the same object each time.
  const recent = pool.recent.get(version);
  if (recent && !recent.draining && pool.lanes.get(recent.key) === recent) return recent;
  const lane = laneByKey(pool, version, undefined);
  pool.recent.set(version, lane);
  return lane;
}

function laneByKey(pool: PoolState, version: FunctionVersion, tenantId: string | undefined): Lane {
  const succession = successionKey(version, tenantId);
  const key = laneKey(version, tenantId);
  const known = pool.lanes.get(key);
  if (known) return known;
  const share = shareOf(pool, version);
  const lane: Lane = {
    key, functionKey: `${version.arn}:${version.version}`, successionKey: succession, version, tenantId: version.tenantIsolation ? tenantId : undefined, single: pool.isInspected(version), share, named: namedShare(share, version.arn),
    idle: [], busy: new Set(), starting: new Set(), provisioned: undefined, queue: [], serviceMs: undefined, coldMs: undefined, answers: 0, backlog: 0, steady: 0,
    draining: false, initFailed: false, cancelCheck: undefined,
  };
  const before = pool.current.get(succession);
  pool.current.set(succession, lane);
  pool.lanes.set(key, lane);
  if (before) {
    lane.serviceMs = before.serviceMs;
    lane.coldMs = before.coldMs;
    if (before.provisioned) lane.provisioned = newProvisioned(before.provisioned.wanted);
    drain(pool, before);
    balance(pool, lane);
  }
  return lane;
}

function shareOf(pool: PoolState, { arn, account: id, region }: FunctionVersion): FunctionShare {
  const known = pool.functions.get(arn);
  if (known) return known;
  const place = `${id}/${region}`;
  const account = pool.accounts.get(place) ?? newAccountShare();
  if (!pool.accounts.has(place)) {
    pool.accounts.set(place, account);
    void learnReservations(pool, place);
  }
  const share = newFunctionShare(account);
  pool.functions.set(arn, share);
  return share;
}

async function learnReservations(pool: PoolState, place: string): Promise<void> {
  const [account, region] = place.split("/");
  try {
    const reserved = await pool.versions.reservedConcurrency?.(account!, region!);
    const share = pool.accounts.get(place);
    if (share && reserved !== undefined) share.reserved = reserved;
  } catch (error) {
    pool.log.warn("An account's reserved concurrency could not be looked up", { account, region, error });
  }
}

function give(pool: PoolState, lane: Lane, env: Environment, work: Work): void {
  lane.busy.add(env);
  if (lane.provisioned) noteUse(lane.provisioned, lane.busy.size);
  const along = env.extensions || !env.link!.readyAfterAnswer ? 0 : alongWith(lane, work);
  if (along === 0) return takeWork(env, work);
  pool.queued -= along;
  takeWork(env, work, undefined, lane.queue.splice(0, along));
}

function shift(pool: PoolState, lane: Lane): Work | undefined {
  const work = lane.queue.shift();
  if (work) pool.queued--;
  return work;
}

function ownerOf(pool: PoolState, lane: Lane): Owner {
  return {
    served(env, serviceMs) {
      learn(lane, serviceMs);
      // Our own runtimes are those that answer by frames: docs/decisions/0029-trace-variable.md.
      if (++env.events >= pool.eventsMax && env.link!.readyAfterAnswer) env.expiresAtMs = 0;
    },
    ready(env) { becomeFree(pool, lane, env); },
    returned(_env, works) {
      if (pool.closed) {
        for (const work of works) work.answer.reject(new Fault("Evoke is shutting down"));
        return;
      }
      lane.steady = 0;
      lane.queue.unshift(...works);
      pool.queued += works.length;
      for (let env; lane.queue.length && (env = takeIdle(lane));) give(pool, lane, env, shift(pool, lane)!);
      if (lane.queue.length) watch(pool, lane);
    },
    mayReset: () => !pool.closed && !lane.draining,
    reset(env, tmpDir) {
      if (!lane.starting.delete(env)) return false; // given up meanwhile
      pool.environments--;
      if (!pool.closed && !lane.draining && spawn(pool, lane, { tmpDir, keep: keepsMore(pool, lane) > 0 })) return true;
      if (lane.queue.length) watch(pool, lane);
      return false;
    },
    gone(env, { unstarted, fault, orphan, resetting }) {
      const kept = lane.provisioned !== undefined && (lane.provisioned.starting.has(env) || lane.provisioned.ready.has(env));
      if (kept && !resetting) lost(lane.provisioned!, env, pool.clock.monotonicMs(), { unstarted, fault });
      if (resetting && lane.busy.delete(env)) { // its successor is on the way: nobody needs another one
        lane.provisioned?.ready.delete(env);
        lane.starting.add(env);
      } else forget(pool, lane, env);
      track(pool, env);
      if (orphan) { lane.queue.unshift(orphan); pool.queued++; }
      if (pool.closed) return;
      if (!kept) {
        if (fault !== undefined) shift(pool, lane)?.answer.reject(fault);
        if (unstarted) lane.initFailed = true;
      }
      if (lane.queue.length && ((unstarted && !kept) || lane.busy.size + lane.starting.size + lane.idle.length === 0)) spawn(pool, lane);
      if (!resetting) balance(pool, lane);
      for (const other of pool.lanes.values()) if (other.queue.length) watch(pool, other);
    },
  };
}

function becomeFree(pool: PoolState, lane: Lane, env: Environment): void {
  lane.busy.delete(env);
  lane.initFailed = false;
  const { provisioned } = lane;
  const begins = provisioned !== undefined && provisioned.starting.delete(env);
  if (begins) becameReady(provisioned, env);
  if (begins || lane.starting.delete(env)) lane.coldMs = average(lane.coldMs, env.initMs ?? 0);
  const dismissed = env.initializationType === "provisioned-concurrency" && !isKept(lane, env);
  const unwanted = pool.closed || dismissed || env.expiresAtMs <= pool.clock.machineNow() || (lane.draining && !lane.queue.length) || (!isKept(lane, env) && starvedElsewhere(pool, lane));
  if (unwanted) giveUp(pool, lane, env);
  else {
    const next = lane.busy.size < runners(lane) ? shift(pool, lane) : undefined;
    if (next) give(pool, lane, env, next);
    else rest(lane, env);
  }
  if (!begins) return;
  balance(pool, lane); // the one it succeeds may go
  pool.changes.tell();
}

/** False when there is no room; the queue is looked at again when there is. */
function spawn(pool: PoolState, lane: Lane, { tmpDir, keep = false }: { tmpDir?: string; keep?: boolean } = {}): boolean {
  if (lane.single && lane.busy.size + lane.starting.size + lane.idle.length > 0) return false;
  if (!makeRoom(pool, keep ? undefined : lane) || !mayStart(lane.share, pool.clock.monotonicMs())) return false;
  pool.environments++;
  const work = lane.initFailed && !keep ? shift(pool, lane) : undefined;
  const env = pool.open(lane, ownerOf(pool, lane), work ? "invoke" : "init", { work, tmpDir, initializationType: keep ? "provisioned-concurrency" : "on-demand" });
  if (work) lane.busy.add(env);
  else (keep ? lane.provisioned! : lane).starting.add(env);
  return true;
}

function provision(pool: PoolState, version: FunctionVersion, wanted: number): void {
  // A revision that has been succeeded already is not made current again by what is said of it late.
  if (pool.closed || (wanted === 0 && !pool.lanes.get(laneKey(version, undefined))?.provisioned)) return;
  const lane = laneOf(pool, version, undefined);
  if (lane.provisioned?.wanted === wanted) return; // said again: what has failed waits for its time
  lane.provisioned ??= newProvisioned(0);
  setProvisioned(lane.share, lane.share.provisioned + wanted - lane.provisioned.wanted);
  Object.assign(lane.provisioned, { wanted, retryAtMs: 0, failure: undefined });
  balance(pool, lane);
  if (wanted === 0) lane.provisioned = undefined;
  pool.changes.tell();
}

/** Brings the provisioned environments to the number wanted, as far as there is room; looked at again at each sweep. */
function balance(pool: PoolState, lane: Lane): void {
  const { provisioned } = lane;
  if (!provisioned || pool.closed) return;
  for (const env of excessOf(provisioned)) {
    if (lane.busy.has(env)) provisioned.ready.delete(env); // given up when it has answered
    else giveUp(pool, lane, env);
  }
  const kept = [...pool.lanes.values()].reduce((sum, { provisioned: other }) => sum + (other ? other.ready.size + other.starting.size : 0), 0);
  const room = pool.environmentsMax - 1 - kept; // one place is for all the others
  const more = keepsMore(pool, lane);
  if (more > room) provisioned.failure = `There is room for ${pool.environmentsMax} execution environments on this machine, one of which is for everything that is not provisioned. More with --environments-max.`;
  for (let started = 0; started < Math.min(more, room); started++) if (!spawn(pool, lane, { keep: true })) return;
}

const keepsMore = (pool: PoolState, { provisioned }: Lane): number => (provisioned ? shortOf(provisioned, pool.clock.machineNow(), pool.clock.monotonicMs()) : 0);

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
  const patience = patienceMs(lane, answers);
  for (let env; waited() >= patience && (env = takeIdle(lane));) give(pool, lane, env, shift(pool, lane)!);
  while (lane.starting.size === 0 && !lane.single && waited() > WAIT_MS_MAX) throttle(pool, shift(pool, lane)!);
  if (!lane.queue.length) {
    lane.backlog = 0;
    return;
  }
  const count = missing(lane, now, answers);
  for (let started = 0; started < count; started++) if (!spawn(pool, lane)) break;
  if (lane.queue.length) watch(pool, lane);
}

function drain(pool: PoolState, lane: Lane): void {
  lane.draining = true;
  const { provisioned } = lane;
  if (provisioned) {
    for (const env of provisioned.starting) giveUp(pool, lane, env);
    lane.provisioned = undefined;
  }
  if (pool.current.get(lane.successionKey) === lane) {
    pool.current.delete(lane.successionKey);
    if (provisioned) setProvisioned(lane.share, lane.share.provisioned - provisioned.wanted);
  }
  for (const env of [...lane.idle]) giveUp(pool, lane, env);
}

async function sweep(pool: PoolState): Promise<void> {
  const now = pool.clock.monotonicMs();
  for (const lane of [...pool.lanes.values()]) {
    for (const env of [...lane.idle]) if ((now - env.idleSinceMs >= pool.idleMs && !isKept(lane, env)) || env.expiresAtMs <= pool.clock.machineNow()) giveUp(pool, lane, env);
    if ((lane.idle.length || lane.provisioned) && !lane.draining) await replaceOutdated(pool, lane);
    if (lane.draining) for (const env of [...lane.idle]) giveUp(pool, lane, env);
    balance(pool, lane);
    if (isEmpty(lane)) {
      lane.cancelCheck?.();
      if (pool.lanes.get(lane.key) === lane) pool.lanes.delete(lane.key);
      if (pool.current.get(lane.successionKey) === lane) pool.current.delete(lane.successionKey);
    }
  }
  await sweepShares(pool);
}

async function replaceOutdated(pool: PoolState, lane: Lane): Promise<void> {
  try {
    const version = await pool.versions.find(lane.functionKey);
    if (version?.revision === lane.version.revision || lane.draining) return;
    if (version && lane.provisioned) laneOf(pool, version, lane.tenantId); // which takes its place
    else drain(pool, lane);
  } catch (error) {
    pool.log.warn("A function's revision could not be looked up", { function: lane.functionKey, error });
  }
}

/** Forgets functions and accounts nothing runs of, and asks anew what is reserved. */
async function sweepShares(pool: PoolState): Promise<void> {
  const used = new Set([...pool.lanes.values()].map(({ share }) => share));
  for (const [arn, share] of pool.functions) if (!used.has(share) && !share.inHand && !share.provisioned) pool.functions.delete(arn);
  const accounts = new Set([...pool.functions.values()].map(({ account }) => account));
  for (const [place, account] of pool.accounts) if (!accounts.has(account)) pool.accounts.delete(place);
  for (const place of pool.accounts.keys()) await learnReservations(pool, place);
}
