// All environments of one version on a capacity provider: which of them takes an event, when one more is worth having, and which may go.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-scaling.html
import type { FunctionVersion, ManagedInstances } from "../../ports/functions.ts";
import type { FunctionShare } from "../concurrency.ts";
import type { Work } from "../environment.ts";
import { type Instance, hasSeen, takes } from "./environment.ts";

export interface Fleet {
  /** With the version, without the revision. */
  readonly key: string;
  /** Its scaling may change while its revision does not. */
  version: FunctionVersion;
  readonly share: FunctionShare;
  /** Initialised, whatever they have in hand. */
  ready: Set<Instance>;
  starting: Set<Instance>;
  /** How many are kept initialised. */
  wanted: number;
  /** Who waits for a worker, in order. */
  queue: Work[];
  /** Why the last one could not be initialised. */
  failure: string | undefined;
  /** Monotonic; of those kept, none is started before. */
  retryAtMs: number;
  retryMs: number;
  draining: boolean;
  /** It has been invoked, or found to be what the function runs: until then it is being activated, and nobody else knows of it. */
  isCurrent: boolean;
  /** Monotonic: when an event was last taken, or an environment ready. */
  movedMs: number;
  cancelCheck: (() => void) | undefined;
}

/** A successor is begun so long before an environment's credentials end. */
const RENEW_MS = 10 * 60 * 1000;

/** An environment's share of CPU. */
export const vcpusOf = ({ memoryMb, managed }: FunctionVersion): number => memoryMb / 1024 / managed!.memoryGibPerVcpu;

export const limitsOf = ({ version }: Fleet): ManagedInstances => version.managed!;

/** The one with the fewest events in hand that takes this one. */
export function freest({ ready }: Fleet, { invocation: { requestId } }: Work): Instance | undefined {
  let found: Instance | undefined;
  for (const instance of ready) if (takes(instance, requestId) && (!found || instance.flights.size < found.flights.size)) found = instance;
  return found;
}

/** Whether any of them takes an event now. */
export const isOpen = ({ ready }: Fleet): boolean => [...ready].some((instance) => takes(instance, ""));

/** An attempt that none of them takes as long as it lives: the handler of the one before may still run there, its time up. */
export const isRefused = ({ ready, starting }: Fleet, { invocation: { requestId } }: Work): boolean => starting.size === 0 && [...ready].every((instance) => hasSeen(instance, requestId));

/** How many events it could have in hand besides those it has, if every worker were there. */
export function slack(fleet: Fleet): number {
  const most = limitsOf(fleet).concurrencyPerEnvironmentMax;
  let free = fleet.starting.size * most;
  for (const { flights, draining } of fleet.ready) if (!draining) free += Math.max(0, most - flights.size);
  return free;
}

export const isStale = ({ env }: Instance, nowMs: number): boolean => env.expiresAtMs - nowMs < RENEW_MS;

/** How many of those kept are missing. One whose credentials end soon does not count, unless it is as young as any could be. */
export function shortOf(fleet: Fleet, nowMs: number, monotonicMs: number): number {
  if (monotonicMs < fleet.retryAtMs) return 0;
  let there = fleet.starting.size;
  for (const instance of fleet.ready) if (!instance.draining && (!isStale(instance, nowMs) || monotonicMs - instance.env.bornMs < RENEW_MS)) there++;
  return Math.max(0, fleet.wanted - there);
}

/** Those with nothing in hand that may go: unused for long and more than are kept, or to be replaced. */
export function dispensable(fleet: Fleet, nowMs: number, monotonicMs: number, idleMs: number): Instance[] {
  const idle = [...fleet.ready].filter(({ flights }) => flights.size === 0);
  const unused = idle.filter(({ env }) => monotonicMs - env.idleSinceMs >= idleMs).sort((a, b) => a.env.idleSinceMs - b.env.idleSinceMs);
  const more = Math.max(0, fleet.ready.size - fleet.wanted);
  const replaced = fleet.starting.size + fleet.ready.size > fleet.wanted ? idle.filter((instance) => isStale(instance, nowMs)) : [];
  const ended = idle.filter(({ env, draining }) => draining || env.expiresAtMs <= nowMs);
  return [...new Set([...ended, ...replaced.slice(0, more), ...unused.slice(0, more)])];
}

export const isEmpty = (fleet: Fleet): boolean => fleet.ready.size + fleet.starting.size + fleet.queue.length + fleet.wanted === 0;
