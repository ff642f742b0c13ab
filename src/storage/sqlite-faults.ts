// What SQLite's error codes mean to an operator. https://www.sqlite.org/rescode.html
import { Fault } from "../kernel/errors.ts";

const SENTENCES: Record<number, string> = {
  5: "the database is locked by another program",
  7: "there is not enough memory for the database",
  8: "the database is read-only; check the permissions of the data folder",
  10: "the disk failed under the database",
  11: "the database is damaged; put back a copy of the data folder",
  13: "the disk is full; nothing of this change was kept",
  14: "the database file cannot be opened; check the permissions of the data folder",
  26: "the database file is not a database; put back a copy of the data folder",
};
const CONSTRAINT = 19;

/** Errors that are not SQLite's pass through. */
export function sqliteFault(error: unknown, path: string): unknown {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  if (typeof code !== "number") return error;
  const sentence = SENTENCES[code & 0xff] ?? ((code & 0xff) === CONSTRAINT ? "a rule of the database was broken" : "the database refused");
  return new Fault(`Storage: ${sentence} (${path}: ${(error as Error).message}).`, error);
}
