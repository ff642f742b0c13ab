// Numbered .sql files, forward only, one set for every database, written down in the table "migrations".
import { readdirSync, readFileSync } from "node:fs";
import { assert } from "../kernel/assert.ts";
import { Fault } from "../kernel/errors.ts";
import type { Database } from "./sql.ts";

export interface Migration {
  number: number;
  name: string;
  text: string;
}

export function readMigrations(folder: URL = new URL("./migrations/", import.meta.url)): Migration[] {
  return readdirSync(folder).filter((file) => file.endsWith(".sql")).sort().map((name, index) => {
    const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1]);
    assert(number === index + 1, `migrations are numbered 0001-name.sql and on, without gaps: ${name}`);
    return { number, name, text: readFileSync(new URL(name, folder), "utf8") };
  });
}

/** All that are missing are applied in one step, or none. A database newer than this program is left alone. */
export async function applyMigrations(database: Database, migrations: Migration[]): Promise<void> {
  await database.migrate(async (run) => {
    await run('CREATE TABLE IF NOT EXISTS migrations (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)');
    const [row] = await run("SELECT max(number) AS number FROM migrations");
    const at = Number(row?.number ?? 0);
    if (at > migrations.length) {
      throw new Fault(`Storage: this data was written by a newer Evoke (its migration ${at}; this one knows ${migrations.length}). Start that version, or use another data folder.`);
    }
    for (const { number, name, text } of migrations.slice(at)) {
      await run(text);
      await run(`INSERT INTO migrations (number, name) VALUES (${number}, '${name}')`); // the name is checked on reading
    }
  });
}
