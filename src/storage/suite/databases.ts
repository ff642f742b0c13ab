// The databases the store suite runs on. For tests only.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { tableFiles } from "../blob-files.ts";
import { openStores, storesOn } from "../open.ts";
import type { Stores } from "../stores.ts";

export const clock = realClock();
export const log = silentLog;

/** Sentences, and what proves them on any stores. */
export type StoreTests = Record<string, (stores: Stores) => Promise<void>>;

export interface TestDatabase {
  name: string;
  /** Absent: the database cannot be used here, and why. */
  skip?: string;
  open(): Promise<Stores>;
  /** After the stores are closed. */
  remove(): Promise<void>;
}

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "evoke-storage-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function testDatabases(postgresUrl: string | undefined): TestDatabase[] {
  const folder = temporaryFolder();
  const none = async () => {};
  return [
    { name: "SQLite in a folder", open: () => openStores({ data: folder.path, clock, log }), remove: async () => folder.remove() },
    { name: "SQLite in memory", open: () => openStores({ ephemeral: true, clock, log }), remove: none },
    {
      name: "PGlite", remove: none,
      async open() {
        const database = await (await import("../pglite.ts")).openPglite();
        return storesOn({ database, files: tableFiles(database), clock, log });
      },
    },
    {
      name: "PostgreSQL", remove: none,
      ...(!postgresUrl && { skip: "EVOKE_TEST_POSTGRES names no database, so PostgreSQL is NOT tested" }),
      async open() {
        const { Client } = await import("pg");
        const client = new Client(postgresUrl);
        await client.connect();
        try {
          const { rows } = await client.query("SELECT current_database() AS name");
          assert.match(rows[0].name, /test/, "EVOKE_TEST_POSTGRES must name a database with \"test\" in its name, because everything in it is dropped");
          await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        } finally {
          await client.end();
        }
        return openStores({ database: postgresUrl, clock, log });
      },
    },
  ];
}
