// A mapping of a queue at work: the engine, the poller, and messages as the store keeps them.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { virtualClock, type VirtualClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import type { InvokeResult } from "../../src/ports/functions.ts";
import { openStores } from "../../src/storage/open.ts";
import { openTestMappings, type TestMappings } from "./mappings.ts";
import { type MessageSource, messageSource } from "./message-source.ts";

export interface QueueRig extends TestMappings {
  clock: VirtualClock;
  source: MessageSource;
  /** The bodies of each invocation. */
  ran: string[][];
}

export async function openQueueRig(t: TestContext, more: { memoryBytes?: number } = {}): Promise<QueueRig> {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const source = messageSource({ stores, clock });
  const mappings = openTestMappings({ stores, clock, source, ...more });
  t.after(async () => {
    await mappings.close();
    await clock.advance(300_000); // what was left running ends
    assert.equal(mappings.memory.heldBytes(), 0, "what was held is given back");
    await stores.close();
  });
  const ran: string[][] = [];
  mappings.functions.answer = async ({ payload }) => {
    ran.push(bodies(payload));
    return OK;
  };
  return { ...mappings, clock, source, ran };
}

export const OK: InvokeResult = { failed: false, payload: Buffer.from("null"), executedVersion: "$LATEST" };
export const FAILED: InvokeResult = { failed: true, payload: Buffer.from('{"errorMessage":"no"}'), executedVersion: "$LATEST" };
export const recordsOf = (payload: Uint8Array): { messageId: string; body: string }[] => (JSON.parse(Buffer.from(payload).toString()) as { Records: { messageId: string; body: string }[] }).Records;
export const bodies = (payload: Uint8Array): string[] => recordsOf(payload).map(({ body }) => body);
export const numbered = (count: number, more: object = {}) => Array.from({ length: count }, (_, n) => ({ body: String(n), ...more }));
