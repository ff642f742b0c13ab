// Groups of messages. A group's row is the lock that orders changes to it: whoever changes a message of a group holds it.
// What the row says (when something of it can be received next, how many are held) is true after every change.
import { LANES, count, wakes } from "./messages-rows.ts";
import type { Sql } from "./sql.ts";

/** One message more. Of a new group it is the head; in an old one it may be due before the others, unless order forbids. */
export async function joinGroup(tx: Sql, queue: string, lane: number, group: string, due: number): Promise<void> {
  const rows = await tx.write`INSERT INTO queue_groups (queue, grp, items, due, held, noisy) VALUES (${queue}, ${group}, 1, ${due}, 0, 0)
    ON CONFLICT (queue, grp) DO UPDATE SET items = queue_groups.items + 1 RETURNING due`;
  // Apart, because touching an indexed column costs as much as all the rest.
  if (lane === LANES.fair && due < rows[0]!.due) await tx.write`UPDATE queue_groups SET due = ${due} WHERE queue = ${queue} AND grp = ${group}`;
}

/** False when there is no such group. */
export async function lockGroup(tx: Sql, queue: string, group: string): Promise<boolean> {
  const rows = await tx.read`SELECT items FROM queue_groups WHERE queue = ${queue} AND grp = ${group} /*for update*/`;
  return rows.length === 1;
}

/** Brings the group's row up to date after its messages changed: so many gone, so many held more or less. */
export async function settleGroup(tx: Sql, queue: string, lane: number, group: string, change: { gone: number; held: number }): Promise<void> {
  const rows = lane === LANES.fifo
    // It goes on when its first one is due, whatever is held behind that (LocalStack's tests recorded on AWS: test_fifo_message_group_visibility_after_terminate_visibility_timeout).
    ? await wakes(tx, queue)`UPDATE queue_groups SET items = items - ${change.gone}, due = COALESCE(
        (SELECT due FROM queue_messages WHERE queue = ${queue} AND grp = ${group} AND lane = 2 ORDER BY sequence LIMIT 1), 0)
      WHERE queue = ${queue} AND grp = ${group} RETURNING items`
    : await wakes(tx, queue)`UPDATE queue_groups SET items = items - ${change.gone}, held = held + ${change.held},
        noisy = CASE WHEN held + ${change.held} < ${NOISY_HELD_MIN} THEN 0 ELSE noisy END,
        due = COALESCE((SELECT min(due) FROM queue_messages WHERE queue = ${queue} AND grp = ${group} AND lane = 1), 0)
      WHERE queue = ${queue} AND grp = ${group} RETURNING items`;
  if (rows[0]?.items === 0) await tx.write`DELETE FROM queue_groups WHERE queue = ${queue} AND grp = ${group}`;
}

/** A group is noisy with at least so many messages in flight, */
export const NOISY_HELD_MIN = 30;
/** that are more than a tenth of all. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html */
export const NOISY_SHARE = 0.1;

/** The group of a message with this receipt, locked. */
async function lockGroupOf(tx: Sql, queue: string, sequence: number, receipt: string): Promise<{ lane: number; group: string } | undefined> {
  const [found] = await tx.read`SELECT lane, grp FROM queue_messages WHERE sequence = ${sequence} AND queue = ${queue} AND receipt = ${receipt}`;
  if (!found || found.lane === LANES.alone || !await lockGroup(tx, queue, found.grp)) return undefined;
  return { lane: found.lane, group: found.grp };
}

export async function deleteOfGroup(tx: Sql, queue: string, sequence: number, receipt: string): Promise<boolean> {
  const of = await lockGroupOf(tx, queue, sequence, receipt);
  if (!of) return false;
  const [gone] = await tx.write`DELETE FROM queue_messages WHERE sequence = ${sequence} AND receipt = ${receipt} RETURNING takes`;
  if (!gone) return false;
  const held = of.lane === LANES.fair && gone.takes > 0 ? -1 : 0;
  await settleGroup(tx, queue, of.lane, of.group, { gone: 1, held });
  await count(tx, queue, -1, held);
  return true;
}

export async function hideOfGroup(tx: Sql, queue: string, sequence: number, receipt: string, nowMs: number, dueMs: number): Promise<boolean> {
  const of = await lockGroupOf(tx, queue, sequence, receipt);
  if (!of) return false;
  const rows = await tx.write`UPDATE queue_messages SET due = ${dueMs}, takes = CASE WHEN ${dueMs} <= ${nowMs} THEN 0 ELSE takes END
    WHERE sequence = ${sequence} AND receipt = ${receipt} AND due > ${nowMs} RETURNING sequence`;
  if (rows.length === 0) return false;
  const held = of.lane === LANES.fair && dueMs <= nowMs ? -1 : 0;
  await settleGroup(tx, queue, of.lane, of.group, { gone: 0, held });
  await count(tx, queue, 0, held);
  return true;
}
