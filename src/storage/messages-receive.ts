// Receiving messages. Standard: the head of the index; with groups, those in flight decide who comes first. FIFO: whole groups.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
import { assert } from "../kernel/assert.ts";
import { checkKey, checkLimit, wholeMs } from "./keys.ts";
import { NOISY_HELD_MIN, NOISY_SHARE } from "./messages-groups.ts";
import { count, countNow, receivedRows } from "./messages-rows.ts";
import type { Row, Sql } from "./sql.ts";
import type { MessageQueues, ReceivedMessage } from "./stores.ts";

/** How many messages of no group are looked at to tell whether a group has more than its share. */
const LOOK_MAX = 1000;

interface Taking {
  queue: string;
  now: number;
  limit: number;
  hiddenUntil: number;
  receipt: string;
}

export async function receive(sql: Sql, queue: string, options: Parameters<MessageQueues["receive"]>[1]): Promise<ReceivedMessage[]> {
  const taking = { queue, now: wholeMs(options.nowMs), limit: checkLimit(options.limit), hiddenUntil: wholeMs(options.hiddenUntilMs), receipt: checkKey(options.receipt) };
  if (options.order === "fifo") return sql.transaction((tx) => receiveFifo(tx, taking));
  const alone = await takeAloneUnlessGroups(sql, taking);
  if (alone.length > 0) return receivedRows(alone);
  const [group] = await sql.read`SELECT 1 AS one FROM queue_groups WHERE queue = ${queue} LIMIT 1`;
  return group ? sql.transaction((tx) => receiveFair(tx, taking)) : [];
}

/**
 * In most queues no message has a group: then this is all, and one statement. One message has its own, because lists of
 * numbers cost SQLite five times as much.
 */
const takeAloneUnlessGroups = (sql: Sql, { queue, now, limit, hiddenUntil, receipt }: Taking): Promise<Row[]> => (limit === 1
  ? sql.write`UPDATE queue_messages SET due = ${hiddenUntil}, receives = receives + 1, first_received = COALESCE(first_received, ${now}), receipt = ${receipt}
      WHERE sequence = (SELECT sequence FROM queue_messages WHERE queue = ${queue} AND lane = 0 AND due <= ${now} AND NOT EXISTS (SELECT 1 FROM queue_groups WHERE queue = ${queue})
        ORDER BY due, sequence LIMIT 1 /*skip locked*/) RETURNING sequence, receipt, receives, first_received, sent, grp, body`
  : sql.write`WITH taken AS MATERIALIZED (
        SELECT sequence FROM queue_messages WHERE queue = ${queue} AND lane = 0 AND due <= ${now} AND NOT EXISTS (SELECT 1 FROM queue_groups WHERE queue = ${queue})
        ORDER BY due, sequence LIMIT ${limit} /*skip locked*/)
      UPDATE queue_messages SET due = ${hiddenUntil}, receives = receives + 1, first_received = COALESCE(first_received, ${now}), receipt = ${receipt}
      WHERE sequence IN (SELECT sequence FROM taken) RETURNING sequence, receipt, receives, first_received, sent, grp, body`);

const takeAlone = (tx: Sql, { queue, now, limit, hiddenUntil, receipt }: Taking): Promise<Row[]> =>
  tx.write`WITH taken AS MATERIALIZED (
      SELECT sequence FROM queue_messages WHERE queue = ${queue} AND lane = 0 AND due <= ${now} ORDER BY due, sequence LIMIT ${limit} /*skip locked*/)
    UPDATE queue_messages SET due = ${hiddenUntil}, receives = receives + 1, first_received = COALESCE(first_received, ${now}), receipt = ${receipt}
    WHERE sequence IN (SELECT sequence FROM taken) RETURNING sequence, receipt, receives, first_received, sent, grp, body`;

/** Quiet groups and messages of none first, the earliest due first; then noisy groups, the one with the fewest in flight first. */
async function receiveFair(tx: Sql, taking: Taking): Promise<ReceivedMessage[]> {
  const got: ReceivedMessage[] = [];
  const heldOf = new Map<string, { held: number; noisy: number }>();
  let fresh = 0;
  // What is not hidden would be there again in the next round, so then there is one.
  const hides = taking.hiddenUntil > taking.now;
  const takeRound = async (waiting: { group?: string }[]): Promise<void> => {
    let left = taking.limit - got.length;
    // As many of each as give everybody a place.
    const each = hides ? Math.ceil(left / waiting.length) : left;
    let alone = 0;
    for (const { group } of waiting) {
      if (left <= 0) break;
      if (group === undefined) {
        alone++;
        left--;
        continue;
      }
      const took = await takeOfFairGroup(tx, { ...taking, limit: Math.min(each, left) }, group);
      left -= took.rows.length;
      fresh += took.fresh;
      heldOf.set(group, took);
      got.push(...receivedRows(took.rows));
    }
    if (alone > 0) got.push(...receivedRows(await takeAlone(tx, { ...taking, limit: alone })));
  };
  for (const waitingNow of [quietWaiting, noisyWaiting]) {
    for (let before = -1; before < got.length && got.length < taking.limit;) {
      before = got.length;
      const waiting = await waitingNow(tx, { ...taking, limit: taking.limit - got.length });
      if (waiting.length > 0) await takeRound(waiting);
      if (!hides) break;
    }
  }
  await count(tx, taking.queue, 0, fresh);
  await judge(tx, taking, heldOf);
  return got;
}

async function quietWaiting(tx: Sql, { queue, now, limit }: Taking): Promise<{ group?: string }[]> {
  const alone = await tx.read`SELECT due FROM queue_messages WHERE queue = ${queue} AND lane = 0 AND due <= ${now} ORDER BY due, sequence LIMIT ${limit}`;
  const groups = await tx.read`SELECT grp AS "group", due FROM queue_groups WHERE queue = ${queue} AND noisy = 0 AND due <= ${now} ORDER BY due, position LIMIT ${limit} /*skip locked*/`;
  return [...alone, ...groups].sort((a, b) => a.due - b.due);
}

/** There are few: each had a tenth of what is in flight. */
const noisyWaiting = (tx: Sql, { queue, now, limit }: Taking): Promise<{ group?: string }[]> =>
  tx.read`SELECT grp AS "group" FROM queue_groups WHERE queue = ${queue} AND noisy = 1 AND due <= ${now} ORDER BY held, due, position LIMIT ${limit} /*skip locked*/`;

/** The group is locked. `fresh`: how many were not in flight before. */
async function takeOfFairGroup(tx: Sql, { queue, now, limit, hiddenUntil, receipt }: Taking, group: string): Promise<{ rows: Row[]; fresh: number; held: number; noisy: number }> {
  const takes = hiddenUntil > now ? 1 : 0;
  const rows = limit === 1
    ? await tx.write`UPDATE queue_messages SET due = ${hiddenUntil}, receives = receives + 1, takes = takes + ${takes}, first_received = COALESCE(first_received, ${now}), receipt = ${receipt}
        WHERE sequence = (SELECT sequence FROM queue_messages WHERE queue = ${queue} AND grp = ${group} AND lane = 1 AND due <= ${now} ORDER BY due, sequence LIMIT 1)
        RETURNING sequence, receipt, receives, takes, first_received, sent, grp, body`
    : await tx.write`WITH taken AS MATERIALIZED (
          SELECT sequence FROM queue_messages WHERE queue = ${queue} AND grp = ${group} AND lane = 1 AND due <= ${now} ORDER BY due, sequence LIMIT ${limit})
        UPDATE queue_messages SET due = ${hiddenUntil}, receives = receives + 1, takes = takes + ${takes}, first_received = COALESCE(first_received, ${now}), receipt = ${receipt}
        WHERE sequence IN (SELECT sequence FROM taken) RETURNING sequence, receipt, receives, takes, first_received, sent, grp, body`;
  const fresh = takes * rows.filter((row) => row.takes === 1).length;
  const [settled] = await tx.write`UPDATE queue_groups SET held = held + ${fresh},
      due = COALESCE((SELECT min(due) FROM queue_messages WHERE queue = ${queue} AND grp = ${group} AND lane = 1), 0)
    WHERE queue = ${queue} AND grp = ${group} RETURNING held, noisy`;
  return { rows, fresh, held: settled!.held, noisy: settled!.noisy };
}

/** Says which of these groups are noisy from now on. Those with few in flight are not, and were told so when they came to have few. */
async function judge(tx: Sql, { queue, now }: Taking, groups: Map<string, { held: number; noisy: number }>): Promise<void> {
  let most = 0;
  for (const { held } of groups.values()) most = Math.max(most, held);
  if (most < NOISY_HELD_MIN) return;
  await countNow(tx);
  const [all] = await tx.read`SELECT (SELECT CAST(sum(held) AS BIGINT) FROM queue_counts WHERE queue = ${queue})
    + (SELECT count(*) FROM (SELECT receives FROM queue_messages WHERE queue = ${queue} AND lane = 0 AND due > ${now} LIMIT ${LOOK_MAX}) AS near WHERE receives > 0) AS held`;
  for (const [group, { held, noisy }] of groups) {
    const is = held >= NOISY_HELD_MIN && held > all!.held * NOISY_SHARE ? 1 : 0;
    if (is !== noisy) await tx.write`UPDATE queue_groups SET noisy = ${is} WHERE queue = ${queue} AND grp = ${group}`;
  }
}

/** Groups whose first message is due, in order of when; of each what is due, in order, up to the first that is not. */
async function receiveFifo(tx: Sql, taking: Taking): Promise<ReceivedMessage[]> {
  const { queue, now, limit, hiddenUntil, receipt } = taking;
  const groups = await tx.read`SELECT grp FROM queue_groups WHERE queue = ${queue} AND noisy = 0 AND due <= ${now} ORDER BY due, position LIMIT ${limit} /*skip locked*/`;
  const got: ReceivedMessage[] = [];
  for (const { grp } of groups) {
    if (got.length === limit) break;
    const head = await tx.read`SELECT sequence, due FROM queue_messages WHERE queue = ${queue} AND grp = ${grp} AND lane = 2 ORDER BY sequence LIMIT ${limit - got.length}`;
    const notDue = head.findIndex(({ due }) => due > now);
    const last = head[notDue < 0 ? head.length - 1 : notDue - 1]?.sequence;
    assert(last !== undefined, "a group is due whose first message is not");
    const rows = await tx.write`UPDATE queue_messages SET due = ${hiddenUntil}, receives = receives + 1, first_received = COALESCE(first_received, ${now}), receipt = ${receipt}
      WHERE queue = ${queue} AND grp = ${grp} AND lane = 2 AND sequence <= ${last} RETURNING sequence, receipt, receives, first_received, sent, grp, body`;
    await tx.write`UPDATE queue_groups SET due = ${hiddenUntil} WHERE queue = ${queue} AND grp = ${grp}`;
    got.push(...receivedRows(rows));
  }
  return got;
}
