// Logs: append-only, numbered without gaps, read from a number or a time, trimmed by age.
// A counter row per log gives the numbers: max(seq) + 1 would make writers of a hot log collide and try again.
// Records of one batch and one millisecond share a row, under the number of the first: storing a warm function's log took
// 9 % of the front's time with a row for each, and 3 % so.
import { assert } from "../kernel/assert.ts";
import { checkKey, checkLimit, decodeTexts, encodeText, encodeTexts, wholeMs } from "./keys.ts";
import type { Row, Sql, Value } from "./sql.ts";
import type { LogReadOptions, LogRecord, Logs } from "./stores.ts";

const BATCH_MAX = 10_000;
/** Rows per statement, few sizes so that the statement cache stays small. */
const CHUNKS = [100, 10, 1];
/** Records in one row at most, and characters: what reading a single record may have to read besides. */
const SHARED_MAX = 32;
const SHARED_CHARACTERS_MAX = 8192;
/** Deleted per step, so that trimming a long log does not hold up everybody. */
const TRIM_ROWS = 1000;

export const logChannel = (log: string): string => `log:${log}`;

export function logsStore(sql: Sql): Omit<Logs, "wait"> {
  const trimStep = async (log: string, beforeMs: number): Promise<Row[]> => {
    return sql.write`DELETE FROM records WHERE log = ${log} AND seq IN (
      SELECT seq FROM records WHERE log = ${log} AND at < ${beforeMs} ORDER BY at LIMIT ${TRIM_ROWS}) RETURNING seq, at, body`;
  };
  const trim = async (log: string, beforeMs: number): Promise<number> => {
    for (let total = 0; ;) {
      const deleted = await trimStep(log, wholeMs(beforeMs));
      total += deleted.flatMap(recordsOf).length;
      if (deleted.length < TRIM_ROWS) return total;
    }
  };
  return {
    append: (log, records) => append(sql, checkKey(log), records),
    read: (log, options) => read(sql, log, options),
    async last(log) {
      const [row] = await sql.read`SELECT seq, at, body FROM records WHERE log = ${log} ORDER BY seq DESC LIMIT 1`;
      return row && recordsOf(row).at(-1);
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

function recordsOf({ seq, at, body }: Row): LogRecord[] {
  const decoded = decodeTexts(body);
  return typeof decoded === "string" ? [{ seq, atMs: at, body: decoded }] : decoded.map((one, i) => ({ seq: seq + i, atMs: at, body: one }));
}

interface NewRow { seq: number; atMs: number; body: string }

function rowsOf(records: { atMs: number; body: string }[], first: number): NewRow[] {
  const rows: NewRow[] = [];
  for (let at = 0; at < records.length;) {
    const atMs = wholeMs(records[at]!.atMs);
    let end = at + 1;
    let characters = records[at]!.body.length;
    while (end < records.length && end - at < SHARED_MAX && Math.floor(records[end]!.atMs) === atMs && (characters += records[end]!.body.length) <= SHARED_CHARACTERS_MAX) end++;
    rows.push({ seq: first + at, atMs, body: end === at + 1 ? encodeText(records[at]!.body) : encodeTexts(records.slice(at, end).map(({ body }) => body)) });
    at = end;
  }
  return rows;
}

async function append(sql: Sql, log: string, records: { atMs: number; body: string }[]): Promise<number> {
  assert(records.length <= BATCH_MAX, `more than ${BATCH_MAX} records in one append`);
  if (records.length === 0) return ((await sql.read`SELECT last FROM logs WHERE name = ${log}`)[0]?.last ?? 0) + 1;
  return sql.transaction(async (tx) => {
    const [counter] = await tx.writing({ wake: logChannel(log) })`INSERT INTO logs (name, last) VALUES (${log}, ${records.length})
      ON CONFLICT (name) DO UPDATE SET last = logs.last + excluded.last RETURNING last`;
    const first = counter!.last - records.length + 1;
    const rows = rowsOf(records, first);
    for (let done = 0; done < rows.length;) {
      const size = CHUNKS.find((chunk) => chunk <= rows.length - done)!;
      const values: Value[] = [];
      for (let i = done; i < done + size; i++) values.push(log, rows[i]!.seq, rows[i]!.atMs, rows[i]!.body);
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
  const low = backward ? 1 : (after ?? 0) + 1;
  const high = backward ? (after ?? Number.MAX_SAFE_INTEGER) - 1 : Number.MAX_SAFE_INTEGER;
  let [lowRow, highRow] = [low, high];
  if (fromMs !== undefined || untilMs !== undefined) {
    // Times need not rise with numbers, so the time index gives the rows to look between, and the rows are still filtered.
    const [bounds] = await sql.read`SELECT min(seq) AS low, max(seq) AS high FROM records WHERE log = ${log} AND at >= ${from} AND at < ${until}`;
    if (bounds!.low === null) return [];
    lowRow = Math.max(low, bounds!.low);
    highRow = Math.min(high, bounds!.high);
  }
  // The row that holds the first number may begin before it, and then hold nothing else that is asked for: one row more.
  if (after !== undefined && !backward) lowRow = (await sql.read`SELECT max(seq) AS seq FROM records WHERE log = ${log} AND seq <= ${lowRow}`)[0]!.seq ?? lowRow;
  const rowsMax = checkLimit(limit) + 1;
  // "+ 0" keeps the planner from walking the time index and sorting.
  const rows = backward
    ? await sql.read`SELECT seq, at, body FROM records WHERE log = ${log} AND seq >= ${lowRow} AND seq <= ${highRow} AND at + 0 >= ${from} AND at + 0 < ${until} ORDER BY seq DESC LIMIT ${rowsMax}`
    : await sql.read`SELECT seq, at, body FROM records WHERE log = ${log} AND seq >= ${lowRow} AND seq <= ${highRow} AND at + 0 >= ${from} AND at + 0 < ${until} ORDER BY seq LIMIT ${rowsMax}`;
  const found = rows.flatMap((row) => (backward ? recordsOf(row).reverse() : recordsOf(row))).filter(({ seq }) => seq >= low && seq <= high);
  return found.length > limit ? found.slice(0, limit) : found;
}
