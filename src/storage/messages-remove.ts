// Removing many messages at once: those kept for too long, and all of a queue, in steps that hold nobody up for long.
import { checkLimit, wholeMs } from "./keys.ts";
import { lockGroup, settleGroup } from "./messages-groups.ts";
import { LANES, count } from "./messages-rows.ts";
import type { Row, Sql } from "./sql.ts";

const STEP = 1000;
const GROUPS_STEP = 100;

export const expire = (sql: Sql, queue: string, sentBeforeMs: number, nowMs: number, limit: number): Promise<number> => {
  const [before, now] = [wholeMs(sentBeforeMs), wholeMs(nowMs)];
  checkLimit(limit);
  return sql.transaction(async (tx) => {
    const alone = await tx.write`WITH old AS MATERIALIZED (
        SELECT sequence, lane FROM queue_messages WHERE queue = ${queue} AND sent < ${before} AND due <= ${now} ORDER BY sent LIMIT ${limit}),
      free AS MATERIALIZED (
        SELECT sequence FROM queue_messages WHERE sequence IN (SELECT sequence FROM old WHERE lane = 0) AND due <= ${now} /*skip locked*/)
      DELETE FROM queue_messages WHERE sequence IN (SELECT sequence FROM free) RETURNING sequence`;
    await count(tx, queue, -alone.length, 0);
    if (alone.length === limit) return limit;
    const grouped = await tx.read`SELECT sequence, lane, grp FROM queue_messages WHERE queue = ${queue} AND sent < ${before} AND due <= ${now} ORDER BY sent LIMIT ${limit - alone.length}`;
    const groups = Map.groupBy(grouped.filter((row) => row.lane !== LANES.alone), (row): string => row.grp);
    let gone = alone.length;
    // In one order, so that two of these never wait for each other.
    for (const [group, rows] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
      gone += await removeOfGroup(tx, queue, group, async () => {
        const removed: Row[] = [];
        for (const { sequence } of rows) removed.push(...await tx.write`DELETE FROM queue_messages WHERE sequence = ${sequence} AND due <= ${now} RETURNING lane, takes`);
        return removed;
      });
    }
    return gone;
  });
};

export async function deleteAll(sql: Sql, queue: string): Promise<void> {
  // What is sent from now on stays, so this comes to an end.
  const [row] = await sql.read`SELECT max(sequence) AS last FROM queue_messages`;
  const last: number = row!.last ?? 0;
  while (await sql.transaction((tx) => deleteAloneStep(tx, queue, last)) === STEP);
  for (let after: string | undefined = ""; after !== undefined;) after = await sql.transaction((tx) => deleteGroupStep(tx, queue, last, after!));
  for (;;) {
    const rows = await sql.write`DELETE FROM queue_duplicates WHERE queue = ${queue} AND key IN (SELECT key FROM queue_duplicates WHERE queue = ${queue} LIMIT ${STEP}) RETURNING key`;
    if (rows.length < STEP) break;
  }
  // The parts of the sum become one again, or none.
  await sql.transaction(async (tx) => {
    const parts = await tx.write`DELETE FROM queue_counts WHERE queue = ${queue} RETURNING items, held`;
    const sum = (of: "items" | "held"): number => parts.reduce((total, part) => total + part[of], 0);
    await count(tx, queue, sum("items"), sum("held"));
  });
}

async function deleteAloneStep(tx: Sql, queue: string, last: number): Promise<number> {
  const rows = await tx.write`WITH step AS MATERIALIZED (
      SELECT sequence FROM queue_messages WHERE queue = ${queue} AND lane = 0 AND sequence <= ${last} ORDER BY due, sequence LIMIT ${STEP} /*for update*/)
    DELETE FROM queue_messages WHERE sequence IN (SELECT sequence FROM step) RETURNING sequence`;
  await count(tx, queue, -rows.length, 0);
  return rows.length;
}

/** Returns after which group to go on; undefined when all are done. */
async function deleteGroupStep(tx: Sql, queue: string, last: number, after: string): Promise<string | undefined> {
  const groups = await tx.read`SELECT grp FROM queue_groups WHERE queue = ${queue} AND grp > ${after} ORDER BY grp LIMIT ${GROUPS_STEP}`;
  let left = STEP;
  let done = after;
  for (const { grp } of groups) {
    const gone = await removeOfGroup(tx, queue, grp, () => tx.write`DELETE FROM queue_messages WHERE sequence IN (SELECT sequence FROM (
        SELECT sequence FROM queue_messages WHERE queue = ${queue} AND grp = ${grp} AND lane = 1 AND sequence <= ${last}
        UNION ALL SELECT sequence FROM queue_messages WHERE queue = ${queue} AND grp = ${grp} AND lane = 2 AND sequence <= ${last}) AS step LIMIT ${left}) RETURNING lane, takes`);
    left -= gone;
    if (left === 0) return done;
    done = grp;
  }
  return groups.length === 0 ? undefined : done;
}

/** Takes the group's lock, lets `remove` delete messages of it, and returns how many those were. */
async function removeOfGroup(tx: Sql, queue: string, group: string, remove: () => Promise<Row[]>): Promise<number> {
  if (!await lockGroup(tx, queue, group)) return 0;
  const rows = await remove();
  if (rows.length === 0) return 0;
  const lane: number = rows[0]!.lane;
  const held = lane === LANES.fair ? -rows.filter((row) => row.takes > 0).length : 0;
  await settleGroup(tx, queue, lane, group, { gone: rows.length, held });
  await count(tx, queue, -rows.length, held);
  return rows.length;
}
