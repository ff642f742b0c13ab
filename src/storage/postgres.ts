// The database of many processes: PostgreSQL over pg. https://www.postgresql.org/docs/current/sql-notify.html
import { Buffer } from "node:buffer";
import { Client, type ClientConfig, type CustomTypesConfig, DatabaseError, Pool, type PoolClient, types } from "pg";
import type { Clock } from "../kernel/clock.ts";
import { AssertionError } from "../kernel/assert.ts";
import { Fault } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { NOTICES, noticeOf, openTranslator } from "./postgres-text.ts";
import { GaveWay, transactionSql, type Database, type Effects, type Row, type Statement, type Value } from "./sql.ts";
import { openWakes, type Wakes } from "./wakes.ts";

const CONNECTIONS_MAX = 10;
const BIGINT = 20;
/** Any number, the same for every Evoke. */
const MIGRATION_LOCK = 3_845_221;
const RECONNECT_MS = 1000;
/** deadlock_detected and serialization_failure: chosen to give way, and nothing of it was kept. https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html */
const GAVE_WAY = new Set(["40P01", "40001"]);
/** Who gave way waited for a second before (deadlock_timeout), or waits for a lock next (documents-shared.ts), so this is no busy loop. */
const TRIES_MAX = 10;

export async function openPostgres(url: string, clock: Clock, log: Log): Promise<Database> {
  const settings: ClientConfig = {
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    // A transaction that waits for something else would hold its locks for as long.
    options: "-c idle_in_transaction_session_timeout=10000 -c statement_timeout=60000 -c lock_timeout=30000",
    types: { getTypeParser: (oid: number, format?: never) => (oid === BIGINT ? Number : types.getTypeParser(oid, format)) } as CustomTypesConfig,
  };
  const pool = new Pool({ ...settings, max: CONNECTIONS_MAX });
  pool.on("error", (error) => log.warn("storage: a PostgreSQL connection was lost", { error }));
  const wakes = openWakes();
  const translate = openTranslator();
  const queryOn = (client: Pool | PoolClient) => async (text: readonly string[], values: Value[], effects?: Effects): Promise<Row[]> => {
    const statement = translate(text, values, effects);
    return (await client.query(statement.text, statement.values.map(toParameter))).rows;
  };
  const query = queryOn(pool);
  const statement = (effects?: Effects): Statement => (text, ...values) => unlessGaveWay(() => query(text, values, effects)).catch((error: unknown) => { throw fault(error); });
  const inTransaction = async <T>(work: (client: PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect().catch((error: unknown) => { throw fault(error); });
    let broken: Error | undefined;
    const onError = (error: Error) => { broken = error; };
    client.on("error", onError);
    try {
      await client.query("BEGIN");
      const result = await work(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: Error) => { broken ??= failure; });
      throw error;
    } finally {
      client.off("error", onError);
      client.release(broken);
    }
  };
  const stopListening = await listenForNotices(settings, wakes, clock, log).catch(async (error: unknown) => {
    await pool.end();
    throw fault(error);
  });
  let closing: Promise<void> | undefined;
  return {
    read: statement(),
    write: statement(),
    writing: statement,
    transaction: (work) => unlessGaveWay(() => inTransaction(async (client) => {
      const tx = transactionSql(queryOn(client));
      try {
        return await work(tx.sql);
      } finally {
        tx.end();
      }
    })).catch((error: unknown) => { throw fault(error); }),
    listen: (channel, signal) => wakes.listen(noticeOf(channel), signal),
    migrate: (work) => inTransaction(async (client) => {
      await client.query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
      await work(async (text) => (await client.query(text)).rows ?? []);
    }).catch((error: unknown) => { throw fault(error); }),
    close: () => (closing ??= (async () => {
      await stopListening();
      wakes.wakeAll();
      await pool.end();
    })()),
  };
}

/** Where transactions took the same rows in opposite order, or wrote what another had read, one of them begins again. */
async function unlessGaveWay<T>(step: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await step();
    } catch (error) {
      const gaveWay = error instanceof GaveWay || (error instanceof DatabaseError && GAVE_WAY.has(error.code ?? ""));
      if (tries === TRIES_MAX || !gaveWay) throw error;
    }
  }
}

/** pg takes other byte arrays for JSON. */
const toParameter = (value: Value): unknown => (value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value);

/** Errors of the database and of the way to it; those thrown by the work inside pass through. */
function fault(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  if (error instanceof Fault || error instanceof AssertionError) return error;
  if (error instanceof GaveWay) return new Fault(`Storage: a transaction gave way ${TRIES_MAX} times (${message}).`, error);
  if (error instanceof DatabaseError) return new Fault(`Storage: PostgreSQL refused (${code}: ${message}).`, error);
  // pg throws plain Errors for lost connections, Node its own with a code.
  const lost = typeof code === "string" && /^(E[A-Z]+|ERR_SOCKET.*)$/.test(code) || /^(Connection terminated|timeout exceeded|Client has encountered|Cannot use a pool)/.test(message ?? "");
  return lost ? new Fault(`Storage: PostgreSQL cannot be reached (${message || code}).`, error) : error;
}

/** Resolves when notices are being heard. After a lost connection everyone is woken, because notices may have been missed. */
async function listenForNotices(settings: ClientConfig, wakes: Wakes, clock: Clock, log: Log): Promise<() => Promise<void>> {
  const stop = new AbortController();
  let client: Client;
  const connect = async () => {
    client = new Client({ ...settings, keepAlive: true });
    client.on("notification", (notice) => wakes.wake(notice.payload ?? ""));
    client.on("error", () => {}); // "end" follows
    await client.connect();
    await client.query(`LISTEN ${NOTICES}`);
    client.once("end", () => void reconnect());
  };
  const reconnect = async () => {
    while (!stop.signal.aborted) {
      try {
        await connect();
        wakes.wakeAll();
        return;
      } catch (error) {
        await client.end().catch(() => {});
        if (stop.signal.aborted) return;
        log.warn("storage: PostgreSQL cannot be reached, trying again", { error });
        await clock.sleep(RECONNECT_MS, stop.signal).catch(() => {});
      }
    }
  };
  try {
    await connect();
  } catch (error) {
    await client!.end().catch(() => {});
    throw error;
  }
  return async () => {
    stop.abort();
    await client.end().catch(() => {});
  };
}
