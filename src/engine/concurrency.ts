// How many invocations of a function and of an account are in hand, and whether one more may be: reserved and unreserved concurrency.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html, …/scaling-behavior.html
import { LAMBDA } from "../kernel/limits.ts";
import type { ThrottleReason } from "../ports/functions.ts";

/** One account in one region. In hand is what waits for an environment too: on AWS every request has one. */
export interface AccountShare {
  inHand: number;
  inHandPeak: number;
  /** Of functions without a reservation. */
  unreserved: number;
  unreservedPeak: number;
  /** What functions without a reservation use, or have provisioned if that is more. */
  claimed: number;
  claimedPeak: number;
  /** The sum of all reservations, as last told by the Lambda room. */
  reserved: number;
}

/** What is in hand under one of the names that callers use: the function, a version, an alias. For metrics; limits do not ask. */
export interface NamedShare {
  readonly arn: string;
  inHand: number;
  inHandPeak: number;
  /** Gives an invocation's place back, here and in the function; made once, because each answer carries it. */
  end: () => void;
}

/** A function with all its versions. */
export interface FunctionShare {
  readonly account: AccountShare;
  /** By invoked ARN. */
  readonly named: Map<string, NamedShare>;
  inHand: number;
  inHandPeak: number;
  reserved: number | undefined;
  /** Environments to be kept for its versions. */
  provisioned: number;
  /** New environments it may still have at once; refilled with time. */
  starts: number;
  startsAtMs: number;
}

/** "In every 10 seconds at most 1,000 additional environments for each function, refilled continuously" (scaling-behavior.html). */
const STARTS_MAX = 1000;
const STARTS_PER_MS = 0.1;

export const newAccountShare = (): AccountShare => ({ inHand: 0, inHandPeak: 0, unreserved: 0, unreservedPeak: 0, claimed: 0, claimedPeak: 0, reserved: 0 });

export const newFunctionShare = (account: AccountShare): FunctionShare =>
  ({ account, named: new Map(), inHand: 0, inHandPeak: 0, reserved: undefined, provisioned: 0, starts: STARTS_MAX, startsAtMs: 0 });

/** Counts one more invocation, or says why there may be none. `reserved`: the function's reservation as the Lambda room has just read it. */
export function admit(share: FunctionShare, reserved: number | undefined): ThrottleReason | undefined {
  const { account } = share;
  if (reserved !== share.reserved) setReserved(share, reserved);
  if (reserved !== undefined) {
    if (share.inHand >= reserved) return "ReservedFunctionConcurrentInvocationLimitExceeded";
  } else {
    if (share.inHand >= share.provisioned) {
      if (account.claimed + account.reserved >= LAMBDA.concurrentExecutions) return "ConcurrentInvocationLimitExceeded";
      if (++account.claimed > account.claimedPeak) account.claimedPeak = account.claimed;
    }
    if (++account.unreserved > account.unreservedPeak) account.unreservedPeak = account.unreserved;
  }
  if (++share.inHand > share.inHandPeak) share.inHandPeak = share.inHand;
  if (++account.inHand > account.inHandPeak) account.inHandPeak = account.inHand;
  return undefined;
}

/** More names than this of one function are not told apart; it bounds memory. */
const NAMED_MAX = 1000;

export function namedShare(share: FunctionShare, arn: string): NamedShare {
  const known = share.named.get(arn);
  if (known) return known;
  const named: NamedShare = { arn, inHand: 0, inHandPeak: 0, end() { named.inHand--; release(share); } };
  if (share.named.size < NAMED_MAX) share.named.set(arn, named);
  return named;
}

/** One that was admitted has its answer. */
export function release(share: FunctionShare): void {
  const { account } = share;
  account.inHand--;
  if (share.reserved === undefined) {
    account.unreserved--;
    if (share.inHand > share.provisioned) account.claimed--;
  }
  share.inHand--;
}

export function setProvisioned(share: FunctionShare, provisioned: number): void {
  if (share.reserved === undefined) share.account.claimed += claimOf(share.inHand, provisioned) - claimOf(share.inHand, share.provisioned);
  share.provisioned = provisioned;
}

const claimOf = (inHand: number, provisioned: number): number => Math.max(inHand, provisioned);

/** What runs on counts from now on as it would if it came now. */
function setReserved(share: FunctionShare, reserved: number | undefined): void {
  const sign = (reserved === undefined ? 1 : 0) - (share.reserved === undefined ? 1 : 0);
  share.account.unreserved += sign * share.inHand;
  share.account.claimed += sign * claimOf(share.inHand, share.provisioned);
  share.reserved = reserved;
}

/** False when a function has had more new environments than AWS gives one in that time. */
export function mayStart(share: FunctionShare, nowMs: number): boolean {
  share.starts = Math.min(STARTS_MAX, share.starts + (nowMs - share.startsAtMs) * STARTS_PER_MS);
  share.startsAtMs = nowMs;
  if (share.starts < 1) return false;
  share.starts--;
  return true;
}
