// Queues: work that falls due, is hidden while someone holds it, and comes back if they do not finish.
// A group's items wait with blocked = 1 behind its first; message_groups counts them and is the lock that orders changes.
import { assert } from "../kernel/assert.ts";
import { checkKey, checkLimit, decodeText, encodeText, keyRange, wholeMs } from "./keys.ts";
import type { Row, Sql } from "./sql.ts";
import type { QueueItem, Queues } from "./stores.ts";

export const queueChannel = (queue: string): string => `queue:${queue}`;

const wakes = (sql: Sql, queue: string) => sql.writing({ wake: queueChannel(queue) });

export function queuesStore(sql: Sql): Omit<Queues, "wait"> {
  return {
    send: (queue, item) => (item.group === undefined ? sendAlone(sql, queue, item) : sendInGroup(sql, queue, item, item.group)),
    async receive(queue, { nowMs, limit, hiddenUntilMs, receipt }) {
      const rows = await sql.write`WITH taken AS MATERIALIZED (
          SELECT position FROM messages WHERE queue = ${queue} AND blocked = 0 AND due <= ${wholeMs(nowMs)}
          ORDER BY due, position LIMIT ${checkLimit(limit)} /*skip locked*/)
        UPDATE messages SET due = ${wholeMs(hiddenUntilMs)}, receives = receives + 1, receipt = ${checkKey(receipt)}
        WHERE position IN (SELECT position FROM taken) RETURNING position, id, receipt, receives, grp, body`;
      rows.sort((a, b) => a.position - b.position);
      return rows.map(({ id, receipt, receives, grp, body }: Row) => ({ id, receipt, receives, body: decodeText(body), ...(grp !== null && { group: grp }) }));
    },
    async behind(queue, id, { nowMs, limit, charactersMax }) {
      const rows = await sql.read`SELECT id, receives, body FROM (
          SELECT position, id, receives, body, max(due) OVER (ORDER BY position) AS latest, sum(length(body)) OVER (ORDER BY position) AS characters FROM (
            SELECT position, id, receives, body, due FROM messages WHERE queue = ${queue}
              AND grp = (SELECT grp FROM messages WHERE queue = ${queue} AND id = ${id}) AND position > (SELECT position FROM messages WHERE queue = ${queue} AND id = ${id})
            ORDER BY position LIMIT ${checkLimit(limit)}) AS next) AS summed
        WHERE latest <= ${wholeMs(nowMs)} AND characters <= ${charactersMax} ORDER BY position`;
      return rows.map(({ id, receives, body }: Row) => ({ id, receives, body: decodeText(body) }));
    },
    async finish(queue, id, receipt, behind = []) {
      if (behind.length > 0) return finishInGroup(sql, queue, id, receipt, behind);
      const alone = await sql.write`DELETE FROM messages WHERE queue = ${queue} AND id = ${id} AND receipt = ${receipt} AND grp IS NULL RETURNING id`;
      return alone.length === 1 || finishInGroup(sql, queue, id, receipt, []);
    },
    async cancel(queue, id) {
      const rows = await sql.write`DELETE FROM messages WHERE queue = ${queue} AND id = ${id} AND grp IS NULL RETURNING id`;
      return rows.length === 1;
    },
    async hide(queue, id, receipt, dueMs) {
      const rows = await wakes(sql, queue)`UPDATE messages SET due = ${wholeMs(dueMs)} WHERE queue = ${queue} AND id = ${id} AND receipt = ${receipt} RETURNING id`;
      return rows.length === 1;
    },
    async nextDueMs(queue) {
      const [row] = await sql.read`SELECT min(due) AS due FROM messages WHERE queue = ${queue} AND blocked = 0`;
      return row!.due ?? undefined;
    },
    async count(queue, nowMs) {
      const rows = await sql.read`SELECT CASE WHEN due <= ${wholeMs(nowMs)} THEN 1 ELSE 0 END AS is_due, count(*) AS n FROM messages WHERE queue = ${queue} GROUP BY 1`;
      const of = (isDue: number): number => rows.find((row) => row.is_due === isDue)?.n ?? 0;
      return { due: of(1), later: of(0) };
    },
    deleteAll: (queue) => sql.transaction(async (tx) => {
      // Groups first, as everyone else who takes both, so that two of these never wait for each other.
      await tx.write`DELETE FROM message_groups WHERE queue = ${queue}`;
      await tx.write`DELETE FROM messages WHERE queue = ${queue}`;
    }),
    async list({ prefix, after, limit }) {
      const { from, until } = keyRange(checkKey(prefix), after === undefined ? undefined : checkKey(after));
      assert(until !== undefined, "the names of queues are listed by a prefix");
      // From name to name by the index: a DISTINCT would walk every item.
      const rows = await sql.read`WITH RECURSIVE names AS (
          SELECT min(queue) AS name FROM messages WHERE queue >= ${from} AND queue < ${until}
          UNION ALL
          SELECT (SELECT min(queue) FROM messages WHERE queue > names.name AND queue < ${until}) FROM names WHERE names.name IS NOT NULL)
        SELECT name FROM names WHERE name IS NOT NULL LIMIT ${checkLimit(limit)}`;
      return rows.map((row) => row.name);
    },
  };
}

async function sendAlone(sql: Sql, queue: string, item: QueueItem): Promise<boolean> {
  const rows = await wakes(sql, queue)`INSERT INTO messages (queue, id, due, blocked, receives, body)
    VALUES (${checkKey(queue)}, ${checkKey(item.id)}, ${wholeMs(item.dueMs)}, 0, 0, ${encodeText(item.body)})
    ON CONFLICT (queue, id) DO NOTHING RETURNING id`;
  return rows.length === 1;
}

const sendInGroup = (sql: Sql, queue: string, item: QueueItem, group: string): Promise<boolean> => sql.transaction(async (tx) => {
  // Counting first takes the group's lock, so that positions are given in the order of it.
  const [counted] = await tx.write`INSERT INTO message_groups (queue, grp, items) VALUES (${checkKey(queue)}, ${checkKey(group)}, 1)
    ON CONFLICT (queue, grp) DO UPDATE SET items = message_groups.items + 1 RETURNING items`;
  const rows = await wakes(tx, queue)`INSERT INTO messages (queue, id, due, blocked, receives, grp, body)
    VALUES (${queue}, ${checkKey(item.id)}, ${wholeMs(item.dueMs)}, ${counted!.items > 1 ? 1 : 0}, 0, ${group}, ${encodeText(item.body)})
    ON CONFLICT (queue, id) DO NOTHING RETURNING id`;
  if (rows.length === 0) await leaveGroup(tx, queue, group, 1);
  return rows.length === 1;
});

const finishInGroup = (sql: Sql, queue: string, id: string, receipt: string, behind: string[]): Promise<boolean> => sql.transaction(async (tx) => {
  const [found] = await tx.read`SELECT grp FROM messages WHERE queue = ${queue} AND id = ${id} AND receipt = ${receipt}`;
  if (!found) return false;
  await tx.read`SELECT items FROM message_groups WHERE queue = ${queue} AND grp = ${found.grp} /*for update*/`;
  const rows = await tx.write`DELETE FROM messages WHERE queue = ${queue} AND id = ${id} AND receipt = ${receipt} RETURNING id`;
  if (rows.length === 0) return false;
  let gone = 1;
  for (const other of behind) gone += (await tx.write`DELETE FROM messages WHERE queue = ${queue} AND id = ${other} AND grp = ${found.grp} AND blocked = 1 RETURNING id`).length;
  await leaveGroup(tx, queue, found.grp, gone);
  await wakes(tx, queue)`UPDATE messages SET blocked = 0 WHERE blocked = 1 AND position = (
    SELECT position FROM messages WHERE queue = ${queue} AND grp = ${found.grp} ORDER BY position LIMIT 1) RETURNING id`;
  return true;
});

async function leaveGroup(tx: Sql, queue: string, group: string, items: number): Promise<void> {
  await tx.write`UPDATE message_groups SET items = items - ${items} WHERE queue = ${queue} AND grp = ${group}`;
  await tx.write`DELETE FROM message_groups WHERE queue = ${queue} AND grp = ${group} AND items = 0`;
}
