// The port between the stores and a database: the only place that knows more than one is underneath.
// Statements are written once, for PostgreSQL and SQLite both; README.md lists what that takes.
import { assert } from "../kernel/assert.ts";

export type Value = string | number | null | Uint8Array;
// Columns are as the statement beside the reader says; a wrong type here shows in the first test of that store.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Row = Record<string, any>;

/** A template tag; equal text must come as the same array each time, because statements are cached by it. */
export type Statement = (text: readonly string[], ...values: Value[]) => Promise<Row[]>;

/** A transaction gave way to another that changed what it had read; nothing of it was kept, and it begins again. */
export class GaveWay extends Error {}

/** What happens when (and only when) the write is committed. */
export interface Effects {
  /** Wakes those who listen to this channel, in every process. The statement must end in RETURNING and return a row. */
  wake?: string;
  /** The cached value of this key is no longer true. */
  forget?: string;
}

export interface Sql {
  /** Sees what is committed; inside a transaction also what it wrote itself. */
  read: Statement;
  /** Durable when it resolves; inside a transaction, when that resolves. */
  write: Statement;
  writing(effects: Effects): Statement;
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}

export interface Cache {
  get(key: string): unknown;
  set(key: string, value: unknown, sizeBytes: number): void;
}

export interface Database extends Sql {
  /** Present where only this process writes, so that what it remembers is true. */
  cache?: Cache;
  /** Present with the cache: rises with everything it is asked for and answers, so that while it stands nobody is at work in it. */
  steps?(): number;
  /** Resolves at the next wake of the channel, or with the signal; never rejects. Listens from the call on. */
  listen(channel: string, signal: AbortSignal): Promise<void>;
  /** Runs the statements of one migration and its bookkeeping as one step, under a lock against other processes. */
  migrate(work: (run: (text: string) => Promise<Row[]>) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/**
 * The `Sql` a transaction sees. After a failed statement every further one fails with the same error, and so does the
 * transaction: PostgreSQL does that anyway, so SQLite must. After its end it refuses use.
 */
export function transactionSql(run: (text: readonly string[], values: Value[], effects: Effects | undefined) => Row[] | Promise<Row[]>): { sql: Sql; end(): unknown } {
  let over = false;
  let failed: { error: unknown } | undefined;
  const statement = async (text: readonly string[], values: Value[], effects?: Effects): Promise<Row[]> => {
    assert(!over, "a transaction was used after its end");
    if (failed) throw failed.error;
    try {
      return await run(text, values, effects);
    } catch (error) {
      failed ??= { error };
      throw error;
    }
  };
  const plain: Statement = (text, ...values) => statement(text, values);
  const sql: Sql = {
    read: plain,
    write: plain,
    writing: (effects) => (text, ...values) => statement(text, values, effects),
    // Stores open a transaction for their own steps; inside another they join it.
    transaction: (work) => work(sql),
  };
  return {
    sql,
    end() {
      over = true;
      if (failed) throw failed.error;
      return undefined;
    },
  };
}
