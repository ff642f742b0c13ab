// The database of one process: node:sqlite, WAL, synchronous=FULL, group commit. https://www.sqlite.org/wal.html
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { assert } from "../kernel/assert.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import { openCache } from "./cache.ts";
import { openGroup, type Run } from "./group.ts";
import type { Database, Effects, Statement } from "./sql.ts";
import { sqliteFault } from "./sqlite-faults.ts";
import { openWakes } from "./wakes.ts";

/** Statements are few and fixed; more means somebody builds SQL from data. */
const STATEMENTS_MAX = 500;
const IDLE_MS = 500;
/**
 * 16 MiB of log before a commit has to do the checkpoint itself, because idleness never came. Not more: appending to the
 * log makes a dearer fsync than writing over it from the start, which begins after a checkpoint.
 */
const CHECKPOINT_PAGES = 4096;
const MEMORY = ":memory:";

/** `path` may be ":memory:". The caller holds the data folder's lock. */
export function openSqlite(path: string, clock: Clock, log: Log): Database {
  const fault = (error: unknown) => sqliteFault(error, path);
  const db = openFile(path, fault);
  const wakes = openWakes();
  const cache = openCache();
  const statements = new Map<readonly string[], StatementSync>();
  const run: Run = (text, values) => {
    let statement = statements.get(text);
    if (!statement) {
      assert(statements.size < STATEMENTS_MAX, "too many different SQL statements");
      statements.set(text, (statement = db.prepare(text.join("?"))));
    }
    return statement.all(...values);
  };
  const apply = ({ wake, forget }: Effects) => {
    if (forget !== undefined) cache.forget(forget);
    if (wake !== undefined) wakes.wake(wake);
  };
  const group = openGroup(db, run, apply, fault);
  let reads = 0;
  const checkpoints = path === MEMORY ? { written() {}, stop() {} } : openCheckpoints(db, clock, log);
  const read: Statement = async (text, ...values) => {
    // Between groups everything in the database is committed; inside one, others' writes are not yet promised to last.
    for (let busy = group.settled(); busy; busy = group.settled()) await busy;
    assert(db.isOpen, "the stores are closed");
    reads++;
    try {
      return run(text, values);
    } catch (error) {
      throw fault(error);
    }
  };
  const writing = (effects?: Effects): Statement => (text, ...values) => {
    checkpoints.written();
    return group.statement(text, values, effects);
  };
  let closing: Promise<void> | undefined;
  return {
    cache,
    steps: () => group.steps() + reads,
    read,
    write: writing(),
    writing,
    transaction(work) {
      checkpoints.written();
      return group.transaction(work);
    },
    listen: wakes.listen,
    migrate: (work) => migrate(db, work, fault),
    close: () => (closing ??= (async () => {
      await group.close();
      checkpoints.stop();
      wakes.wakeAll();
      db.close(); // the last connection's close moves the log into the database and removes it
    })()),
  };
}

function openFile(path: string, fault: (error: unknown) => unknown): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
      PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY`);
    return db;
  } catch (error) {
    db?.close();
    throw fault(error);
  }
}

/**
 * Moves the log into the database when nothing was written for a moment, so that no caller waits for it.
 * The timer runs only between a write and that moment: an idle platform has none.
 */
function openCheckpoints(db: DatabaseSync, clock: Clock, log: Log): { written(): void; stop(): void } {
  let cancel: (() => void) | undefined;
  let again = false;
  const look = () => {
    cancel = undefined;
    if (again) return arm();
    try {
      db.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch (error) {
      log.warn("storage: a checkpoint failed; the next one will do its work", { error });
    }
  };
  const arm = () => {
    again = false;
    cancel = clock.after(IDLE_MS, look);
  };
  return {
    written() {
      if (cancel) again = true;
      else arm();
    },
    stop: () => cancel?.(),
  };
}

/** Migrations are written in PostgreSQL's words; these are the three that SQLite says differently. */
const translate = (text: string): string => text
  .replaceAll(' COLLATE "C"', "") // SQLite compares bytes unless told otherwise
  .replaceAll("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT")
  .replaceAll("BYTEA", "BLOB");

async function migrate(db: DatabaseSync, work: Parameters<Database["migrate"]>[0], fault: (error: unknown) => unknown): Promise<void> {
  try {
    db.exec("BEGIN IMMEDIATE");
    await work(async (text) => {
      if (/^\s*SELECT/i.test(text)) return db.prepare(text).all();
      db.exec(translate(text));
      return [];
    });
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw fault(error);
  }
}
