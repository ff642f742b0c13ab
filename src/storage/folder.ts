// The data folder: made private to its owner, owned by one process at a time.
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Fault } from "../kernel/errors.ts";

const BUSY = 5;

export interface DataFolder {
  path: string;
  release(): void;
}

/** `holdsData`: the database is in it, too, and not elsewhere. */
export function openDataFolder(given: string, holdsData = true): DataFolder {
  const path = resolve(given);
  try {
    if (existsSync(path) && !statSync(path).isDirectory()) throw new Fault(`Storage: the data folder ${path} is not a folder.`);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    // Private by themselves: where functions have uids of their own, those may pass through the folder. SQLite gives its log the same mode.
    for (const name of [...(holdsData ? ["evoke.db"] : []), "evoke.lock"]) if (!existsSync(join(path, name))) closeSync(openSync(join(path, name), "a", 0o600));
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault(`Storage: the data folder ${path} cannot be made or written (${(error as Error).message}).`, error);
  }
  return { path, release: lockFolder(path) };
}

/**
 * Holds an exclusive SQLite transaction on a file of its own: an operating system lock (fcntl) underneath, so it ends
 * with the process however that dies, and a used-again pid means nothing. The pid file is only for the message.
 * The lock file must never be opened by other means here: closing any descriptor of it would drop the lock.
 */
function lockFolder(path: string): () => void {
  const pidFile = join(path, "evoke.pid");
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(path, "evoke.lock"));
    lock.exec("BEGIN EXCLUSIVE");
    writeFileSync(pidFile, `${process.pid}\n`);
  } catch (error) {
    lock?.close();
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === BUSY) {
      throw new Fault(`Storage: the data folder ${path} is in use by process ${readPid(pidFile)}. Stop that one first, or use another data folder.`);
    }
    throw new Fault(`Storage: the data folder ${path} cannot be locked (${(error as Error).message}).`, error);
  }
  return () => {
    rmSync(pidFile, { force: true });
    lock.close();
  };
}

function readPid(file: string): string {
  try {
    return readFileSync(file, "utf8").trim() || "(unknown)";
  } catch {
    return "(unknown)";
  }
}
