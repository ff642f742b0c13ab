// The fleets of all versions on capacity providers: who gets which environment, and that no provider has more vCPUs in use than it may.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html; README.md has what differs from AWS.
import type { Clock } from "../../kernel/clock.ts";
import { Fault } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { FunctionVersion, FunctionVersions } from "../../ports/functions.ts";
import type { ProvisionedState } from "../../ports/provisioning.ts";
import { Throttled } from "../../ports/throttled.ts";
import { newAccountShare, newFunctionShare } from "../concurrency.ts";
import { type Environment, type Work, closeEnvironment } from "../environment.ts";
import type { Failure } from "../failures.ts";
import type { EngineMetrics } from "../metrics.ts";
import { type Instance, type OpenInstance, openInstance, take } from "./environment.ts";
import { type Fleet, dispensable, freest, isEmpty, isOpen, isRefused, limitsOf, shortOf, slack, vcpusOf } from "./fleet.ts";
import type { ProviderMetrics } from "./metrics.ts";

export interface Fleets {
  submit(work: Work): void;
  /** How many are kept initialised; no more than the version may have. */
  keep(version: FunctionVersion, wanted: number): void;
  state(version: FunctionVersion): ProvisionedState;
  stats(): { environments: number; busy: number; idle: number; starting: number; queued: number };
  codeInUse(): string[];
  close(): Promise<void>;
}

export interface FleetsOptions {
  clock: Clock;
  log: Log;
  idleMs: number;
  versions: FunctionVersions;
  metrics: Pick<EngineMetrics, "throttled">;
  providerMetrics: ProviderMetrics;
  /** Of the machine's places for environments. */
  takePlace(): boolean;
  leavePlace(): void;
  /** It is under a debugger. */
  isInspected(version: FunctionVersion): boolean;
  open(fleet: Fleet, ...given: Parameters<OpenInstance>): Environment;
  /** The state of a version has changed. */
  changed(): void;
}

interface State extends FleetsOptions {
  fleets: Map<string, Fleet>;
  /** Fleets of revisions that have been succeeded, until their last environment has ended. */
  drained: Set<Fleet>;
  /** By revision: those that are initialised while another revision runs, which goes on if they cannot be (ports/provisioning.ts). */
  trials: Map<string, Fleet>;
  /** Revisions that have been succeeded: what still comes for them goes to their successor. */
  succeeded: Set<string>;
  closing: Set<Promise<void>>;
  closed: boolean;
}

const CHECK_MS = 50;
/** How long no event may be taken before another environment is worth having, although this one could take more. */
const PATIENCE_MS = 1000;
const WAIT_MS_MAX = 10_000;
const QUEUED_MAX = 10_000;
const SWEEP_MS_MAX = 5000;
const SUCCEEDED_MAX = 1000;
const INIT_FAILURE = "FUNCTION_ERROR_INIT_FAILURE";
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 5 * 60 * 1000;
/** One that ends sooner after its start was no use. */
const SHORT_LIFE_MS = 10_000;

export function openFleets(options: FleetsOptions): Fleets {
  const state: State = { ...options, fleets: new Map(), drained: new Set(), trials: new Map(), succeeded: new Set(), closing: new Set(), closed: false };
  const sweepMs = Math.min(SWEEP_MS_MAX, Math.max(250, state.idleMs / 4));
  let cancelSweep: (() => void) | undefined;
  const armSweep = () => {
    cancelSweep ??= state.clock.after(sweepMs, () => void sweep(state).finally(() => {
      cancelSweep = undefined;
      if (!state.closed && state.fleets.size + state.drained.size) armSweep();
    }));
  };
  const all = () => everyFleet(state);
  return {
    submit(work) {
      armSweep();
      submit(state, work);
    },
    keep(version, wanted) {
      const known = state.trials.get(version.revision) ?? state.fleets.get(keyOf(version));
      if (state.closed || (wanted === 0 && known?.version.revision !== version.revision)) return; // given up already, for its successor
      armSweep();
      const fleet = trialOf(state, version) ?? fleetOf(state, version);
      const most = Math.min(wanted, limitsOf(fleet).environmentsMax);
      if (most === fleet.wanted) return balance(state, fleet); // said again: what has failed waits for its time
      Object.assign(fleet, { wanted: most, retryAtMs: 0, failure: undefined });
      letGo(state, fleet, most === 0 ? 0 : state.idleMs);
      balance(state, fleet);
      if (wanted === 0) giveWay(state, fleet);
      state.changed();
    },
    state(version) {
      const fleet = state.trials.get(version.revision) ?? state.fleets.get(keyOf(version));
      if (!fleet) return { wanted: 0, ready: 0 };
      const ready = [...fleet.ready].filter(({ draining }) => !draining).length;
      return { wanted: fleet.wanted, ready: Math.min(fleet.wanted, ready), ...(fleet.failure === undefined ? {} : { failure: fleet.failure }) };
    },
    stats() {
      const sum = (of: (fleet: Fleet) => number) => all().reduce((total, fleet) => total + of(fleet), 0);
      const busy = sum(({ ready }) => [...ready].filter(({ flights }) => flights.size).length);
      const ready = sum((fleet) => fleet.ready.size);
      const starting = sum((fleet) => fleet.starting.size);
      return { environments: ready + starting, busy, idle: ready - busy, starting, queued: sum(({ queue }) => queue.length) };
    },
    codeInUse: () => all().flatMap(({ version }) => [version.codeId, ...(version.layers ?? [])]),
    async close() {
      state.closed = true;
      cancelSweep?.();
      for (const fleet of all()) {
        fleet.cancelCheck?.();
        for (const work of fleet.queue.splice(0)) work.answer.reject(new Fault("Evoke is shutting down"));
        for (const instance of [...fleet.ready, ...fleet.starting]) end(state, instance);
      }
      while (state.closing.size) await Promise.allSettled(state.closing);
    },
  };
}

const keyOf = ({ arn, version }: FunctionVersion): string => `${arn}:${version}`;

const everyFleet = ({ fleets, trials, drained }: State): Fleet[] => [...fleets.values(), ...trials.values(), ...drained];

/** Of a revision that is kept initialised while another one runs. */
function trialOf(state: State, version: FunctionVersion): Fleet | undefined {
  const known = state.trials.get(version.revision);
  const running = state.fleets.get(keyOf(version));
  if (known || !running || running.wanted === 0 || running.version.revision === version.revision || state.succeeded.has(version.revision)) return known;
  const fleet = newFleet(version, 0);
  state.trials.set(version.revision, fleet);
  return fleet;
}

/** What is not kept any more: a trial is over, and what runs makes way for the one that is on trial. */
function giveWay(state: State, fleet: Fleet): void {
  if (state.trials.delete(fleet.version.revision)) return drain(state, fleet, undefined);
  const trial = [...state.trials.values()].find(({ key }) => key === fleet.key);
  if (trial) fleetOf(state, trial.version);
}

const newFleet = (version: FunctionVersion, wanted: number): Fleet => ({
  key: keyOf(version), version, share: newFunctionShare(newAccountShare()), ready: new Set(), starting: new Set(), wanted, queue: [], failure: undefined, retryAtMs: 0, retryMs: 0, draining: false, isCurrent: false, movedMs: 0, cancelCheck: undefined,
});

function fleetOf(state: State, version: FunctionVersion): Fleet {
  const key = keyOf(version);
  const known = state.fleets.get(key);
  if (known && known.version.revision !== version.revision && state.succeeded.has(version.revision)) return known;
  if (known?.version.revision === version.revision) {
    known.version = version;
    return known;
  }
  const fleet = state.trials.get(version.revision) ?? newFleet(version, known?.wanted ?? 0);
  state.trials.delete(version.revision);
  state.fleets.set(key, fleet);
  if (known) {
    drain(state, known, fleet);
    balance(state, fleet);
  }
  return fleet;
}

function submit(state: State, work: Work): void {
  if (state.closed) return work.answer.reject(new Fault("Evoke is shutting down"));
  const fleet = fleetOf(state, work.invocation.version);
  fleet.isCurrent = true;
  if (!fleet.queue.length && give(state, fleet, work)) return;
  if (fleet.queue.length >= QUEUED_MAX || ((slack(fleet) <= fleet.queue.length || isRefused(fleet, work)) && !grow(state, fleet))) return throttle(state, work);
  fleet.queue.push(work);
  dispatch(state, fleet);
  if (fleet.queue.length) watch(state, fleet);
}

function give(state: State, fleet: Fleet, work: Work): boolean {
  for (let instance; (instance = freest(fleet, work));) {
    if (!take(instance, work)) continue; // whoever waited has hung up
    const { share } = fleet;
    fleet.movedMs = state.clock.monotonicMs();
    work.answer.onEnd = () => { share.inHand--; };
    share.inHandPeak = Math.max(share.inHandPeak, ++share.inHand);
    state.providerMetrics.taken(fleet.version, instance.flights.size);
    return true;
  }
  return false;
}

/** Nothing can take it: more than that, AWS's router does not say either. */
function throttle(state: State, { invocation, answer }: Work): void {
  state.metrics.throttled(invocation);
  answer.reject(new Throttled("ConcurrentInvocationLimitExceeded"));
}

/** In order, but for those that only another environment takes (fleet.ts): nobody waits behind them. */
function dispatch(state: State, fleet: Fleet): void {
  for (let at = 0; at < fleet.queue.length && isOpen(fleet);) if (give(state, fleet, fleet.queue[at]!)) fleet.queue.splice(at, 1); else at++;
}

/** False when the version, its provider or the machine may have no more. */
function grow(state: State, fleet: Fleet): boolean {
  const { environmentsMax, capacityProviderArn, providerVcpusMax } = limitsOf(fleet);
  const vcpus = vcpusOf(fleet.version);
  const most = state.isInspected(fleet.version) ? 1 : environmentsMax;
  if (fleet.draining || state.closed || fleet.ready.size + fleet.starting.size >= most || vcpusInUse(state, capacityProviderArn, succeededBy(state, fleet)) + vcpus > providerVcpusMax || !state.takePlace()) return false;
  const instance = openInstance(fleet.version, vcpus, (...given) => state.open(fleet, ...given), {
    ready(self) {
      if (!fleet.starting.delete(self)) return;
      fleet.ready.add(self);
      Object.assign(fleet, { failure: undefined, retryMs: 0, retryAtMs: 0 });
      self.env.idleSinceMs = fleet.movedMs = state.clock.monotonicMs();
      dispatch(state, fleet);
      state.changed();
    },
    freer(self) {
      dispatch(state, fleet);
      if (self.flights.size) return;
      self.env.idleSinceMs = state.clock.monotonicMs();
      if (self.draining) end(state, self);
    },
    gone(self, left) { gone(state, fleet, self, left); },
  });
  fleet.starting.add(instance);
  return true;
}

/** What a fleet on trial would take the place of: on a provider that is full nothing could be published again otherwise. */
const succeededBy = ({ trials, fleets }: State, fleet: Fleet): Fleet | undefined => (trials.get(fleet.version.revision) === fleet ? fleets.get(fleet.key) : undefined);

function vcpusInUse(state: State, providerArn: string, but: Fleet | undefined): number {
  let sum = 0;
  for (const fleet of everyFleet(state)) if (fleet !== but && limitsOf(fleet).capacityProviderArn === providerArn) sum += (fleet.ready.size + fleet.starting.size) * vcpusOf(fleet.version);
  return sum;
}

function gone(state: State, fleet: Fleet, instance: Instance, { unstarted, fault }: { unstarted?: Failure; fault?: unknown }): void {
  if (!fleet.ready.delete(instance) && !fleet.starting.delete(instance)) return;
  state.leavePlace();
  if (instance.env.closed) track(state, instance.env.closed);
  const now = state.clock.monotonicMs();
  if (fault !== undefined) fleet.failure = fault instanceof Error ? fault.message : String(fault);
  else if (unstarted) fleet.failure = INIT_FAILURE;
  if (unstarted || fault !== undefined || (now - instance.env.bornMs < SHORT_LIFE_MS && !instance.draining)) {
    fleet.retryMs = Math.min(RETRY_MS_MAX, Math.max(RETRY_MS_MIN, fleet.retryMs * 2));
    fleet.retryAtMs = now + fleet.retryMs;
  }
  if (state.closed) return;
  // Who waited for this init gets its failure; with others there is nothing to hear of it.
  if ((unstarted || fault !== undefined) && slack(fleet) === 0) for (const { answer } of fleet.queue.splice(0)) if (unstarted) answer.settle(unstarted, undefined); else answer.reject(fault);
  if (fleet.queue.length > slack(fleet)) grow(state, fleet);
  balance(state, fleet);
  state.changed();
}

/** Brings those kept to the number wanted, as far as there is room; looked at again at each sweep. */
function balance(state: State, fleet: Fleet): void {
  for (let short = shortOf(fleet, state.clock.machineNow(), state.clock.monotonicMs()); short > 0; short--) {
    if (grow(state, fleet)) continue;
    fleet.failure = `There is no room for ${fleet.wanted} execution environments of ${vcpusOf(fleet.version)} vCPUs: the capacity provider has ${limitsOf(fleet).providerVcpusMax} vCPUs, and this machine a number of places (--environments-max)`;
    return;
  }
}

function watch(state: State, fleet: Fleet): void {
  fleet.cancelCheck ??= state.clock.after(CHECK_MS, () => {
    fleet.cancelCheck = undefined;
    if (state.closed) return;
    dispatch(state, fleet);
    const now = state.clock.monotonicMs();
    const waited = () => (fleet.queue.length ? now - fleet.queue[0]!.queuedMs : -1);
    if (Math.min(waited(), now - fleet.movedMs) >= PATIENCE_MS && fleet.starting.size === 0) grow(state, fleet);
    while (fleet.starting.size === 0 && waited() > WAIT_MS_MAX) throttle(state, fleet.queue.shift()!);
    if (fleet.queue.length) watch(state, fleet);
  });
}

/** Its successor takes what waits; what it has in hand it finishes. */
function drain(state: State, fleet: Fleet, successor: Fleet | undefined): void {
  Object.assign(fleet, { draining: true, wanted: 0 });
  fleet.cancelCheck?.();
  if (state.succeeded.size >= SUCCEEDED_MAX) state.succeeded.delete(state.succeeded.values().next().value!);
  state.succeeded.add(fleet.version.revision);
  if (state.fleets.get(fleet.key) === fleet) state.fleets.delete(fleet.key);
  state.drained.add(fleet);
  for (const instance of fleet.ready) instance.draining = true;
  for (const instance of [...fleet.starting, ...[...fleet.ready].filter(({ flights }) => flights.size === 0)]) end(state, instance);
  for (const work of fleet.queue.splice(0)) if (successor) submit(state, work); else work.answer.reject(new Fault(`${fleet.key} is gone`));
}

function end(state: State, instance: Instance): void {
  instance.draining = true;
  track(state, closeEnvironment(instance.env));
}

function track({ closing }: State, closed: Promise<void>): void {
  const tracked = closed.finally(() => closing.delete(tracked));
  closing.add(tracked);
}

function letGo(state: State, fleet: Fleet, idleMs: number): void {
  for (const instance of dispensable(fleet, state.clock.machineNow(), state.clock.monotonicMs(), idleMs)) end(state, instance);
}

async function sweep(state: State): Promise<void> {
  for (const fleet of state.drained) if (fleet.ready.size + fleet.starting.size === 0) state.drained.delete(fleet);
  for (const fleet of [...state.fleets.values()]) {
    letGo(state, fleet, state.idleMs);
    for (const instance of fleet.ready) if (instance.env.expiresAtMs <= state.clock.machineNow()) instance.draining = true;
    await replaceOutdated(state, fleet);
    balance(state, fleet);
    if (isEmpty(fleet)) state.fleets.delete(fleet.key);
  }
  state.providerMetrics.allocated([...state.fleets.values()]);
}

async function replaceOutdated(state: State, fleet: Fleet): Promise<void> {
  try {
    const version = await state.versions.find(fleet.key);
    if (version?.revision === fleet.version.revision) fleet.isCurrent = true;
    if (fleet.draining || state.closed || version?.revision === fleet.version.revision) return;
    if (version?.managed) fleetOf(state, version);
    else if (fleet.isCurrent || fleet.wanted === 0) drain(state, fleet, undefined);
  } catch (error) {
    state.log.warn("A function's revision could not be looked up", { function: fleet.key, error });
  }
}
