// The rows of the message store that every part of it reads and writes.
import { decodeText } from "./keys.ts";
import type { Row, Sql, Statement } from "./sql.ts";
import type { ReceivedMessage } from "./stores.ts";

/** Which index a message is found by (migrations/0002-messages.sql). */
export const LANES = { alone: 0, fair: 1, fifo: 2 };

export const messageChannel = (queue: string): string => `messages:${queue}`;

export const wakes = (sql: Sql, queue: string): Statement => sql.writing({ wake: messageChannel(queue) });

/** In order of sending, which RETURNING does not keep. */
export function receivedRows(rows: Row[]): ReceivedMessage[] {
  if (rows.length > 1) rows.sort((a, b) => a.sequence - b.sequence);
  return rows.map(({ sequence, receipt, receives, first_received, sent, grp, body }) => ({
    sequence, receipt, receives, firstReceivedMs: first_received, sentMs: sent, ...(grp !== null && { group: grp }), body: decodeText(body),
  }));
}

interface Change { items: number; held: number }

/** Transactions of rooms, and what they have changed so far: many messages of one queue are counted once. */
const changesIn = new WeakMap<Sql, Map<string, Change>>();

/** Runs a transaction's work, and writes down at its end what it has counted. */
export async function countingTogether<T>(tx: Sql, work: () => Promise<T>): Promise<T> {
  changesIn.set(tx, new Map());
  const result = await work();
  await countNow(tx);
  return result;
}

/** Adds to how many messages a queue has, and how many of groups are held. */
export async function count(tx: Sql, queue: string, items: number, held: number): Promise<void> {
  const changes = changesIn.get(tx);
  if (!changes) return write(tx, queue, { items, held });
  const before = changes.get(queue);
  changes.set(queue, { items: (before?.items ?? 0) + items, held: (before?.held ?? 0) + held });
}

/** Before the counts are read. */
export async function countNow(sql: Sql): Promise<void> {
  const changes = changesIn.get(sql);
  if (!changes) return;
  for (const [queue, change] of changes) await write(sql, queue, change);
  changes.clear();
}

/** Takes a part that nobody else is writing, so nobody waits here and no order of locks matters. */
async function write(tx: Sql, queue: string, { items, held }: Change): Promise<void> {
  if (items === 0 && held === 0) return;
  const rows = await tx.write`UPDATE queue_counts SET items = items + ${items}, held = held + ${held}
    WHERE part = (SELECT part FROM queue_counts WHERE queue = ${queue} LIMIT 1 /*skip locked*/) RETURNING part`;
  if (rows.length === 0) await tx.write`INSERT INTO queue_counts (queue, items, held) VALUES (${queue}, ${items}, ${held})`;
}
