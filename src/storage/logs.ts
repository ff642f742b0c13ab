// Logs: append-only, numbered without gaps, read from a number or a time, trimmed by age.
// A counter row per log gives the numbers: max(seq) + 1 would make writers of a hot log collide and try again.
import { assert } from "../kernel/assert.ts";
import { checkKey, checkLimit, decodeText, encodeText, wholeMs } from "./keys.ts";
import type { Row, Sql, Value } from "./sql.ts";
import type { LogReadOptions, LogRecord, Logs } from "./stores.ts";

const BATCH_MAX = 10_000;
/** Rows per statement, few sizes so that the statement cache stays small. */
const CHUNKS = [100, 10, 1];
/** Deleted per step, so that trimming a long log does not hold up everybody. */
const TRIM_ROWS = 1000;

export const logChannel = (log: string): string => `log:${log}`;

export function logsStore(sql: Sql): Omit<Logs, "wait"> {
  const trimStep = async (log: string, beforeMs: number): Promise<number> => {
    const rows = await sql.write`DELETE FROM records WHERE log = ${log} AND seq IN (
      SELECT seq FROM records WHERE log = ${log} AND at < ${beforeMs} ORDER BY at LIMIT ${TRIM_ROWS}) RETURNING seq`;
    return rows.length;
  };
  const trim = async (log: string, beforeMs: number): Promise<number> => {
    for (let total = 0; ;) {
      const deleted = await trimStep(log, wholeMs(beforeMs));
      total += deleted;
      if (deleted < TRIM_ROWS) return total;
    }
  };
  return {
    append: (log, records) => append(sql, checkKey(log), records),
    read: (log, options) => read(sql, log, options),
    async last(log) {
      const [row] = await sql.read`SELECT seq, at, body FROM records WHERE log = ${log} ORDER BY seq DESC LIMIT 1`;
      return row && toRecord(row);
    },
    trim,
    async delete(log) {
      await trim(log, Number.MAX_SAFE_INTEGER);
      await sql.transaction(async (tx) => {
        await tx.write`DELETE FROM logs WHERE name = ${log}`;
        await tx.write`DELETE FROM records WHERE log = ${log}`;
      });
    },
  };
}

const toRecord = (row: Row): LogRecord => ({ seq: row.seq, atMs: row.at, body: decodeText(row.body) });

async function append(sql: Sql, log: string, records: { atMs: number; body: string }[]): Promise<number> {
  assert(records.length <= BATCH_MAX, `more than ${BATCH_MAX} records in one append`);
  if (records.length === 0) return ((await sql.read`SELECT last FROM logs WHERE name = ${log}`)[0]?.last ?? 0) + 1;
  return sql.transaction(async (tx) => {
    const [counter] = await tx.writing({ wake: logChannel(log) })`INSERT INTO logs (name, last) VALUES (${log}, ${records.length})
      ON CONFLICT (name) DO UPDATE SET last = logs.last + excluded.last RETURNING last`;
    const first = counter!.last - records.length + 1;
    for (let done = 0; done < records.length;) {
      const size = CHUNKS.find((chunk) => chunk <= records.length - done)!;
      const values: Value[] = [];
      for (let i = done; i < done + size; i++) values.push(log, first + i, wholeMs(records[i]!.atMs), encodeText(records[i]!.body));
      await tx.write(INSERTS.get(size)!, ...values);
      done += size;
    }
    return first;
  });
}

const INSERTS = new Map(CHUNKS.map((size) => {
  const marks = Array<string>(size).fill("(?, ?, ?, ?)").join(", ");
  return [size, `INSERT INTO records (log, seq, at, body) VALUES ${marks}`.split("?")];
}));

async function read(sql: Sql, log: string, { after, fromMs, untilMs, limit, backward = false }: LogReadOptions): Promise<LogRecord[]> {
  const from = wholeMs(fromMs ?? Number.MIN_SAFE_INTEGER);
  const until = wholeMs(untilMs ?? Number.MAX_SAFE_INTEGER);
  let low = backward ? 0 : (after ?? 0) + 1;
  let high = backward ? (after ?? Number.MAX_SAFE_INTEGER) - 1 : Number.MAX_SAFE_INTEGER;
  if (fromMs !== undefined || untilMs !== undefined) {
    // Times need not rise with numbers, so the time index gives the numbers to look between, and the rows are still filtered.
    const [bounds] = await sql.read`SELECT min(seq) AS low, max(seq) AS high FROM records WHERE log = ${log} AND at >= ${from} AND at < ${until}`;
    if (bounds!.low === null) return [];
    low = Math.max(low, bounds!.low);
    high = Math.min(high, bounds!.high);
  }
  // "+ 0" keeps the planner from walking the time index and sorting.
  const rows = backward
    ? await sql.read`SELECT seq, at, body FROM records WHERE log = ${log} AND seq >= ${low} AND seq <= ${high} AND at + 0 >= ${from} AND at + 0 < ${until} ORDER BY seq DESC LIMIT ${checkLimit(limit)}`
    : await sql.read`SELECT seq, at, body FROM records WHERE log = ${log} AND seq >= ${low} AND seq <= ${high} AND at + 0 >= ${from} AND at + 0 < ${until} ORDER BY seq LIMIT ${checkLimit(limit)}`;
  return rows.map(toRecord);
}
