// Messages: queues as SQS has them. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queues.html
// Messages of no group need one row and an index; what order and fairness among groups take is in messages-groups.ts.
import { wholeMs } from "./keys.ts";
import { deleteOfGroup, hideOfGroup } from "./messages-groups.ts";
import { receive } from "./messages-receive.ts";
import { expire } from "./messages-remove.ts";
import { count, countNow, wakes } from "./messages-rows.ts";
import { send } from "./messages-send.ts";
import type { Sql } from "./sql.ts";
import type { Tx } from "./stores.ts";

export const messagesStore = (sql: Sql): Tx["messages"] => ({
  send: (queue, message, deduplication) => send(sql, queue, message, deduplication),
  receive: (queue, options) => receive(sql, queue, options),
  delete: (queue, sequence, receipt) => sql.transaction(async (tx) => {
    const gone = await tx.write`DELETE FROM queue_messages WHERE sequence = ${sequence} AND queue = ${queue} AND receipt = ${receipt} AND lane = 0 RETURNING sequence`;
    if (gone.length === 0) return deleteOfGroup(tx, queue, sequence, receipt);
    await count(tx, queue, -1, 0);
    return true;
  }),
  async hide(queue, sequence, receipt, { nowMs, dueMs }) {
    const [now, due] = [wholeMs(nowMs), wholeMs(dueMs)];
    const hidden = await wakes(sql, queue)`UPDATE queue_messages SET due = ${due} WHERE sequence = ${sequence} AND queue = ${queue} AND receipt = ${receipt} AND lane = 0 AND due > ${now} RETURNING sequence`;
    return hidden.length === 1 || sql.transaction((tx) => hideOfGroup(tx, queue, sequence, receipt, now, due));
  },
  async state(queue, sequence, receipt, nowMs) {
    const [row] = await sql.read`SELECT due FROM queue_messages WHERE sequence = ${sequence} AND queue = ${queue} AND receipt = ${receipt}`;
    if (!row) return undefined;
    return row.due > nowMs ? "held" : "over";
  },
  async counts(queue, nowMs) {
    const now = wholeMs(nowMs);
    await countNow(sql);
    const [row] = await sql.read`SELECT (SELECT CAST(sum(items) AS BIGINT) FROM queue_counts WHERE queue = ${queue}) AS items,
      (SELECT count(*) FROM queue_messages WHERE queue = ${queue} AND lane IN (0, 1, 2) AND due > ${now} AND receives > 0) AS held,
      (SELECT count(*) FROM queue_messages WHERE queue = ${queue} AND lane IN (0, 1, 2) AND due > ${now} AND receives = 0) AS "delayed"`;
    const { items, held, delayed } = row!;
    return { visible: (items ?? 0) - held - delayed, held, delayed };
  },
  expire: (queue, sentBeforeMs, nowMs, limit) => expire(sql, queue, sentBeforeMs, nowMs, limit),
  async nextDueMs(queue, nowMs) {
    const now = wholeMs(nowMs);
    const [row] = await sql.read`SELECT min(due) AS due FROM (
      SELECT min(due) AS due FROM queue_messages WHERE queue = ${queue} AND lane = 0 AND due > ${now}
      UNION ALL SELECT min(due) FROM queue_messages WHERE queue = ${queue} AND lane = 1 AND due > ${now}
      UNION ALL SELECT min(due) FROM queue_messages WHERE queue = ${queue} AND lane = 2 AND due > ${now}) AS lanes`;
    return row!.due ?? undefined;
  },
  async oldestSentMs(queue, nowMs) {
    const [row] = await sql.read`SELECT sent FROM queue_messages WHERE queue = ${queue} AND due <= ${wholeMs(nowMs)} ORDER BY sent LIMIT 1`;
    return row?.sent;
  },
});
