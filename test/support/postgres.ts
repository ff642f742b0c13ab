// A database of a test file's own, on the server that EVOKE_TEST_POSTGRES names: other tests drop everything in the one named there.
import { before } from "node:test";
import { Client } from "pg";

export interface OwnDatabase {
  /** Why there is none; false when there is. */
  skip: string | false;
  url: string;
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** It is there. A file's own hooks may begin before; its tests do not. */
  ready: Promise<unknown>;
  /** When nobody uses it any more. */
  drop(): Promise<unknown>;
}

/** Once in a test file. */
export function ownDatabase(name: string, what: string): OwnDatabase {
  const server = process.env["EVOKE_TEST_POSTGRES"];
  if (server === undefined) return { skip: `EVOKE_TEST_POSTGRES names no database, so ${what} NOT tested`, url: "", sql: () => Promise.reject(new Error("there is no database")), ready: Promise.resolve(), drop: () => Promise.resolve() };
  const url = new URL(server);
  url.pathname = `/${name}`;
  const drop = () => query(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  const ready = drop().then(() => query(server, `CREATE DATABASE ${name}`));
  before(() => ready);
  return { skip: false, url: url.href, ready, sql: (text, values) => query(url.href, text, values), drop };
}

async function query(url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}
