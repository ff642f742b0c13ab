// Provisioned concurrency: environments of a version that are kept initialised, and renewed before their credentials run out.
// https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
import type { ProvisionedState } from "../ports/provisioning.ts";
import type { Environment } from "./environment.ts";
import type { Lane } from "./lane.ts";

export interface Provisioned {
  wanted: number;
  ready: Set<Environment>;
  /** Apart from the lane's own: nobody waits for these, their init may last minutes. */
  starting: Set<Environment>;
  failure: string | undefined;
  /** Monotonic; after a failure nothing is started before. */
  retryAtMs: number;
  retryMs: number;
  /** The most in use at once since metrics last asked. */
  usePeak: number;
}

/** AWS's StatusReason when the function's own init code is at fault (observed: stackoverflow.com/questions/59932690). */
const INIT_FAILURE = "FUNCTION_ERROR_INIT_FAILURE";
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 5 * 60 * 1000;
/** A successor is begun so long before an environment's credentials end. */
const RENEW_MS = 10 * 60 * 1000;
/** One that ends sooner after its start was no use. */
const SHORT_LIFE_MS = 10_000;

export const newProvisioned = (wanted: number): Provisioned => ({ wanted, ready: new Set(), starting: new Set(), failure: undefined, retryAtMs: 0, retryMs: 0, usePeak: 0 });

export const isKept = (lane: Lane, env: Environment): boolean => lane.provisioned !== undefined && lane.provisioned.ready.has(env);

/** The environments in use are the provisioned ones first, so the smaller number is how many of those are. */
export function noteUse(provisioned: Provisioned, busy: number): void {
  const inUse = Math.min(busy, provisioned.ready.size);
  if (inUse > provisioned.usePeak) provisioned.usePeak = inUse;
}

/** Puts a free environment where it is taken in its turn: provisioned ones before all others, and of each kind the one used last. */
export function rest(lane: Lane, env: Environment): void {
  const at = lane.provisioned === undefined || isKept(lane, env) ? -1 : lane.idle.findIndex((other) => isKept(lane, other));
  if (at < 0) lane.idle.push(env);
  else lane.idle.splice(at, 0, env);
}

/** How many to start now. */
export function shortOf({ wanted, ready, starting, retryAtMs }: Provisioned, nowMs: number, monotonicMs: number): number {
  if (monotonicMs < retryAtMs) return 0;
  const ending = [...ready].some((env) => env.expiresAtMs - nowMs < RENEW_MS && monotonicMs - env.bornMs > RENEW_MS);
  return Math.max(0, wanted + (ending ? 1 : 0) - ready.size - starting.size);
}

/** Those too many: first of those not ready yet (one may be another's successor), then of those whose credentials end first. */
export function excessOf({ wanted, ready, starting }: Provisioned): Environment[] {
  const unstarted = [...starting].slice(0, Math.max(0, starting.size + ready.size - wanted - (wanted === 0 ? 0 : 1)));
  const oldest = [...ready].sort((a, b) => a.expiresAtMs - b.expiresAtMs).slice(0, Math.max(0, ready.size - wanted));
  return [...unstarted, ...oldest];
}

export function becameReady(provisioned: Provisioned, env: Environment): void {
  provisioned.ready.add(env);
  provisioned.failure = undefined;
  provisioned.retryMs = 0;
}

/** One is gone: what is known about the reason decides how soon the next is tried. */
export function lost(provisioned: Provisioned, env: Environment, monotonicMs: number, left: { unstarted?: unknown; fault?: unknown }): void {
  if (left.fault !== undefined) provisioned.failure = left.fault instanceof Error ? left.fault.message : String(left.fault);
  else if (left.unstarted !== undefined) provisioned.failure = INIT_FAILURE;
  else if (monotonicMs - env.bornMs > SHORT_LIFE_MS) return;
  provisioned.retryMs = Math.min(RETRY_MS_MAX, Math.max(RETRY_MS_MIN, provisioned.retryMs * 2));
  provisioned.retryAtMs = monotonicMs + provisioned.retryMs;
}

export function stateOf(provisioned: Provisioned | undefined): ProvisionedState {
  if (!provisioned) return { wanted: 0, ready: 0 };
  const { wanted, ready, failure } = provisioned;
  return { wanted, ready: Math.min(wanted, ready.size), ...(failure === undefined ? {} : { failure }) };
}

/** Wakes who waits for a change; one that nobody waited for is told to whoever asks next. */
export function openChanges(): { tell(): void; next(signal: AbortSignal): Promise<void> } {
  const waiting = new Set<() => void>();
  let untold = false;
  return {
    tell() {
      untold = waiting.size === 0;
      for (const wake of [...waiting]) wake();
    },
    next: (signal) => new Promise((resolve) => {
      if (untold || signal.aborted) {
        untold = false;
        return resolve();
      }
      const wake = () => {
        waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener("abort", wake);
    }),
  };
}
