// Forgets temporary credentials some time after they expired; until then their users are told that they expired.
import type { Clock } from "../../kernel/clock.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Stores } from "../../storage/stores.ts";
import { type Session, SESSIONS } from "./session.ts";

const PAUSE_MS = 10 * 60_000;
export const KEPT_AFTER_EXPIRY_MS = 3_600_000;
const SCAN = 500;

/** Runs until the signal. One process of many does the work at a time. */
export async function sweepForever({ stores, clock, ids }: { stores: Stores; clock: Clock; ids: Ids }, signal: AbortSignal): Promise<void> {
  const holder = ids.uuid();
  for (;;) {
    await clock.sleep(PAUSE_MS, signal);
    const nowMs = clock.machineNow();
    if (await stores.leases.take("sts/sweep", holder, nowMs, nowMs + 2 * PAUSE_MS)) await sweep(stores, nowMs);
  }
}

export async function sweep(stores: Stores, nowMs: number): Promise<void> {
  const sessions = stores.documents<Session>(SESSIONS);
  let after: string | undefined;
  for (;;) {
    const page = await sessions.list({ limit: SCAN, ...(after !== undefined && { after }) });
    for (const [id, session] of page) if (session.expiresAtMs + KEPT_AFTER_EXPIRY_MS < nowMs) await sessions.delete(id);
    if (page.length < SCAN) return;
    after = page.at(-1)![0];
  }
}
