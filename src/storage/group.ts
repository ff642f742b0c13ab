// Group commit: all writes of one turn of the event loop run one after another inside one SQLite transaction, each
// transaction in a SAVEPOINT of its own, and callers are answered only after the COMMIT (README.md).
import type { DatabaseSync } from "node:sqlite";
import { AssertionError, assert } from "../kernel/assert.ts";
import { transactionSql, type Effects, type Row, type Sql, type Value } from "./sql.ts";

/** Bounds how long one group keeps the event loop; the rest goes with the next turn. */
const GROUP_MAX = 500;

export type Run = (text: readonly string[], values: Value[]) => Row[];

interface Job {
  /** A single statement, atomic by itself; or a transaction. */
  statement?: { text: readonly string[]; values: Value[]; effects: Effects | undefined };
  work?: (sql: Sql) => Promise<unknown>;
  settle: (outcome: Outcome) => void;
  outcome?: Outcome;
  effects: Effects[];
}

type Outcome = { value: unknown } | { error: unknown };

export interface Group {
  statement(text: readonly string[], values: Value[], effects?: Effects): Promise<Row[]>;
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Undefined when nothing uncommitted is in the database now; else resolves when that is over. */
  settled(): Promise<void> | undefined;
  /** Rises with everything that is accepted, and again when it is answered. */
  steps(): number;
  /** Resolves when everything accepted so far is settled; accepts nothing more. */
  close(): Promise<void>;
}

export function openGroup(db: DatabaseSync, run: Run, apply: (effects: Effects) => void, fault: (error: unknown) => unknown): Group {
  const [begin, commit, rollback, savepoint, release, back] = ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", "SAVEPOINT one", "RELEASE one", "ROLLBACK TO one"].map((text) => db.prepare(text));
  const queue: Job[] = [];
  let current: Promise<void> | undefined;
  let scheduled = false;
  let closed = false;
  let steps = 0;
  let abandon: ((error: Error) => void) | undefined;

  const accept = (job: Omit<Job, "settle" | "effects">): Promise<unknown> => new Promise((resolve, reject) => {
    assert(!closed, "the stores are closed");
    steps++;
    queue.push({ ...job, effects: [], settle: (outcome) => { steps++; if ("error" in outcome) reject(outcome.error); else resolve(outcome.value); } });
    schedule();
  });

  const schedule = () => {
    if (scheduled || current || queue.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      current = commitGroup(queue.splice(0, GROUP_MAX)).then(() => {
        current = undefined;
        schedule();
      });
    });
  };

  const busy = () => scheduled || current !== undefined;

  const runStatement = (job: Job): void => {
    const { text, values, effects } = job.statement!;
    try {
      const rows = run(text, values);
      job.outcome = { value: rows };
      if (effects) job.effects.push(rows.length > 0 ? effects : { ...effects, wake: undefined });
    } catch (error) {
      job.outcome = { error: fault(error) };
    }
  };

  const runTransaction = async (job: Job): Promise<void> => {
    savepoint!.run();
    const tx = transactionSql((text, values, effects) => {
      try {
        const rows = run(text, values);
        if (effects) job.effects.push(rows.length > 0 ? effects : { ...effects, wake: undefined });
        return rows;
      } catch (error) {
        throw fault(error);
      }
    });
    try {
      const value = await new Promise((resolve, reject) => {
        abandon = reject;
        job.work!(tx.sql).then(resolve, reject);
      });
      tx.end();
      release!.run();
      job.outcome = { value };
    } catch (error) {
      try {
        tx.end();
      } catch { /* the first failure is the one to tell */ }
      job.outcome = { error };
      job.effects = [];
      if (db.isTransaction) {
        back!.run();
        release!.run();
      }
    } finally {
      abandon = undefined;
    }
  };

  const commitGroup = async (group: Job[]): Promise<void> => {
    // A transaction that awaits only its stores ends before the event loop turns, so one still here has awaited something else.
    let watch = setImmediate(function stalled() {
      abandon?.(new AssertionError("a transaction awaited something other than its stores; get that before it begins"));
      watch = setImmediate(stalled);
    });
    try {
      // One statement is atomic and durable by itself, so it needs no BEGIN and COMMIT around it.
      if (group.length === 1 && group[0]!.statement) runStatement(group[0]!);
      else await runTogether(group);
    } catch (error) {
      // Nothing of the group was kept, so nobody in it may be told otherwise.
      if (db.isTransaction) rollback!.run();
      for (const job of group) if (!job.outcome || "value" in job.outcome) job.outcome = { error: fault(error) };
      for (const job of group) job.effects = [];
    } finally {
      clearImmediate(watch);
    }
    for (const job of group) for (const effects of job.effects) apply(effects);
    for (const job of group) job.settle(job.outcome!);
  };

  const runTogether = async (group: Job[]): Promise<void> => {
    begin!.run();
    for (const job of group) {
      if (job.statement) runStatement(job);
      else await runTransaction(job);
      // A full disk or a failing one makes SQLite roll back everything, not just this step.
      if (!db.isTransaction) throw "error" in job.outcome! ? job.outcome.error : new AssertionError("the group's transaction is gone");
    }
    commit!.run();
  };

  return {
    statement: (text, values, effects) => accept({ statement: { text, values, effects } }) as Promise<Row[]>,
    transaction: <T>(work: (sql: Sql) => Promise<T>) => accept({ work }) as Promise<T>,
    settled: () => current,
    steps: () => steps,
    async close() {
      closed = true;
      while (busy()) await (current ?? new Promise((resolve) => setImmediate(resolve)));
    },
  };
}
