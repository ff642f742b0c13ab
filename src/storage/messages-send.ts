// Sending a message once: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
import { assert } from "../kernel/assert.ts";
import { checkKey, decodeText, encodeText, wholeMs } from "./keys.ts";
import { joinGroup } from "./messages-groups.ts";
import { LANES, count, wakes } from "./messages-rows.ts";
import type { Sql } from "./sql.ts";
import type { Deduplication, Message, MessageQueues } from "./stores.ts";

/** More than one, so that a queue that is sent to forgets faster than it learns. */
const FORGOTTEN_PER_SEND = 2;

export const send = (sql: Sql, queue: string, message: Message, deduplication?: Deduplication): ReturnType<MessageQueues["send"]> => {
  const { order, group } = message;
  assert(order === "standard" || group !== undefined, "a message in order is of a group");
  checkKey(queue);
  return sql.transaction(async (tx) => {
    if (deduplication) {
      const first = await sentBefore(tx, queue, deduplication);
      if (first) return first;
    }
    const lane = order === "fifo" ? LANES.fifo : group === undefined ? LANES.alone : LANES.fair;
    const due = wholeMs(message.dueMs);
    // Joining takes the group's lock, so that sequences are given in the order of it.
    if (group !== undefined) await joinGroup(tx, queue, lane, checkKey(group), due);
    const [row] = await wakes(tx, queue)`INSERT INTO queue_messages (queue, lane, grp, sent, due, receives, takes, body)
      VALUES (${queue}, ${lane}, ${group ?? null}, ${wholeMs(message.sentMs)}, ${due}, 0, 0, ${encodeText(message.body)}) RETURNING sequence`;
    const sequence: number = row!.sequence;
    if (deduplication) await tx.write`UPDATE queue_duplicates SET sequence = ${sequence} WHERE queue = ${queue} AND key = ${deduplication.key}`;
    await count(tx, queue, 1, 0);
    return { sequence };
  });
};

/** What was sent with this key and still counts; otherwise the key is taken. */
async function sentBefore(tx: Sql, queue: string, { key, nowMs, untilMs, answer }: Deduplication): Promise<{ sequence: number; duplicateOf: string } | undefined> {
  const now = wholeMs(nowMs);
  await tx.write`WITH over AS MATERIALIZED (
      SELECT key FROM queue_duplicates WHERE queue = ${queue} AND until <= ${now} ORDER BY until LIMIT ${FORGOTTEN_PER_SEND} /*skip locked*/)
    DELETE FROM queue_duplicates WHERE queue = ${queue} AND key IN (SELECT key FROM over)`;
  for (;;) {
    const taken = await tx.write`INSERT INTO queue_duplicates (queue, key, until, sequence, answer) VALUES (${queue}, ${checkKey(key)}, ${wholeMs(untilMs)}, 0, ${encodeText(answer)})
      ON CONFLICT (queue, key) DO UPDATE SET until = excluded.until, sequence = 0, answer = excluded.answer WHERE queue_duplicates.until <= ${now} RETURNING key`;
    if (taken.length === 1) return undefined;
    const [first] = await tx.read`SELECT sequence, answer FROM queue_duplicates WHERE queue = ${queue} AND key = ${key}`;
    // It can be gone only where another machine's clock is ahead and has cleared it away meanwhile.
    if (first) return { sequence: first.sequence, duplicateOf: decodeText(first.answer) };
  }
}
