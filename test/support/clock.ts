// The platform's clock, driven over HTTP as any test suite drives it.
import assert from "node:assert/strict";

export interface ShownClock {
  now: string;
  machine: string;
  speed: number;
  frozen: boolean;
  offsetSeconds: number;
  /** After it was driven: nothing that became due is still running. */
  atRest?: boolean;
  error?: string;
}

export type ClockOrder = { advance: string } | { set: string } | { speed: number } | { frozen: boolean } | { reset: true };

export const showClock = async (url: string): Promise<ShownClock> => (await (await fetch(`${url}/_evoke/clock`)).json()) as ShownClock;

/** Resolves when everything that became due has begun, and what ends within seconds has ended. */
export async function driveClock(url: string, order: ClockOrder): Promise<ShownClock> {
  const response = await fetch(`${url}/_evoke/clock`, { method: "POST", body: JSON.stringify(order) });
  const answer = (await response.json()) as ShownClock;
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}
