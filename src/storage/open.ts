// Opens the six stores over the database the settings name: a data folder, memory, or PostgreSQL.
import { join } from "node:path";
import { Fault } from "../kernel/errors.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import { folderFiles, tableFiles, type BlobFiles } from "./blob-files.ts";
import { blobsStore, collectGarbage } from "./blobs.ts";
import { documentsStore } from "./documents.ts";
import { beginSeeing, type Seen, sharedDocuments } from "./documents-shared.ts";
import { openDataFolder } from "./folder.ts";
import { forgetLeases, leasesStore } from "./leases.ts";
import { logChannel, logsStore } from "./logs.ts";
import { applyMigrations, readMigrations } from "./migrate.ts";
import { messagesStore } from "./messages.ts";
import { deleteAll } from "./messages-remove.ts";
import { countingTogether, messageChannel } from "./messages-rows.ts";
import { queueChannel, queuesStore } from "./queues.ts";
import type { Database, Sql } from "./sql.ts";
import type { Documents, Logs, Stores, Tx } from "./stores.ts";

export interface OpenOptions {
  /** The folder that holds everything, or beside a `database` what is this machine's; made when it is missing, and one process's at a time. */
  data?: string;
  /** In memory (large blobs in a temporary folder); `data` is left alone. */
  ephemeral?: boolean;
  /** postgres://… for a database that many machines share. */
  database?: string;
  clock: Clock;
  log: Log;
}

/** Other machines may be writing for this long before their files count as left behind. */
const FOREIGN_GARBAGE_MS = 24 * 60 * 60 * 1000;

/** Throws a Fault with a sentence for the operator when it cannot. */
export async function openStores({ data, ephemeral, database: url, clock, log }: OpenOptions): Promise<Stores> {
  // Imported when chosen: a start on a folder never loads pg.
  if (url) {
    // Unpacked code and control groups are the folder's, and who starts on it takes those for what a killed process left.
    const release = data ? openDataFolder(data, false).release : () => {};
    try {
      const database = await (await import("./postgres.ts")).openPostgres(url, clock, log);
      return await storesOn({ database, files: tableFiles(database), garbageBeforeMs: clock.now() - FOREIGN_GARBAGE_MS, release, clock, log });
    } catch (error) {
      release();
      throw error;
    }
  }
  const { openSqlite } = await import("./sqlite.ts");
  if (ephemeral) return storesOn({ database: openSqlite(":memory:", clock, log), files: folderFiles(undefined), clock, log });
  if (!data) throw new Fault("Storage: no data folder was named.");
  const folder = openDataFolder(data);
  let database: Database;
  try {
    database = openSqlite(join(folder.path, "evoke.db"), clock, log);
  } catch (error) {
    folder.release();
    throw error;
  }
  return storesOn({ database, files: folderFiles(join(folder.path, "blobs")), garbageBeforeMs: Infinity, alone: true, release: folder.release, clock, log });
}

export interface StoresParts {
  database: Database;
  files: BlobFiles;
  /** Files left behind before this time are removed now. */
  garbageBeforeMs?: number;
  /** Nobody else has it open, so every lease is of a process that has ended. */
  alone?: boolean;
  /** Called when everything is closed. */
  release?: () => void;
  clock: Clock;
  log: Log;
}

/** The stores over an open database, which they close. */
export async function storesOn({ database, files, garbageBeforeMs, alone, release = () => {}, clock, log }: StoresParts): Promise<Stores> {
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    try {
      await database.close();
      await files.close();
    } finally {
      release();
    }
  };
  const close = () => (closing ??= closeAll());
  const blobParts = { sql: database, files, clock, log };
  try {
    await applyMigrations(database, readMigrations());
    if (alone) await forgetLeases(database);
    if (garbageBeforeMs !== undefined) await collectGarbage(blobParts, Math.min(garbageBeforeMs, Number.MAX_SAFE_INTEGER));
  } catch (error) {
    await close();
    throw error;
  }
  const { queues, messages, logs } = txOn(database);
  const documents = new Map<string, Documents<any>>(); // kinds are few, and each Invoke asks for some
  return {
    documents(kind) {
      const known = documents.get(kind);
      if (known) return known;
      const made = documentsStore<any>(database, kind, database.cache);
      documents.set(kind, made);
      return made;
    },
    queues: { ...queues, wait: (queue, signal) => database.listen(queueChannel(queue), signal) },
    messages: {
      ...messages,
      deleteAll: (queue) => deleteAll(database, queue),
      wait: (queue, signal) => database.listen(messageChannel(queue), signal),
    },
    logs: { ...logs, wait: (log, seq, signal) => waitForRecord(database, logs, log, seq, signal) },
    blobs: blobsStore(blobParts),
    leases: leasesStore(database),
    transaction(work) {
      const contended = new Set<string>();
      return database.transaction((sql) => countingTogether(sql, async () => {
        const seen = database.cache ? undefined : await beginSeeing(sql, contended);
        const result = await work(txOn(sql, seen));
        if (seen?.gaveWay) throw seen.gaveWay;
        return result;
      }));
    },
    ...(database.steps && { steps: database.steps }),
    close,
  };
}

const txOn = (sql: Sql, seen?: Seen): Tx => ({
  documents: (kind) => (seen ? sharedDocuments(sql, kind, seen) : documentsStore(sql, kind)),
  queues: queuesStore(sql),
  messages: messagesStore(sql),
  logs: logsStore(sql),
  leases: leasesStore(sql),
});

async function waitForRecord(database: Database, logs: Omit<Logs, "wait">, log: string, seq: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Listening begins before looking, so that nothing falls between.
    const heard = new AbortController();
    const woken = database.listen(logChannel(log), AbortSignal.any([signal, heard.signal]));
    try {
      if (((await logs.last(log))?.seq ?? 0) > seq) return;
      await woken;
    } finally {
      heard.abort();
    }
  }
}
