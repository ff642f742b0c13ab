// PostgreSQL without a server, for the test suite only: one connection, so transactions take turns. https://pglite.dev
import type { PGlite, Transaction } from "@electric-sql/pglite";
import { NOTICES, noticeOf, openTranslator } from "./postgres-text.ts";
import { transactionSql, type Database, type Effects, type Row, type Statement, type Value } from "./sql.ts";
import { openWakes } from "./wakes.ts";

export async function openPglite(): Promise<Database> {
  const { PGlite } = await import("@electric-sql/pglite");
  const db = await PGlite.create("memory://");
  const wakes = openWakes();
  const stopListening = await db.listen(NOTICES, wakes.wake);
  const translate = openTranslator();
  const queryOn = (client: PGlite | Transaction) => async (text: readonly string[], values: Value[], effects?: Effects): Promise<Row[]> => {
    const statement = translate(text, values, effects);
    return (await client.query<Row>(statement.text, statement.values)).rows;
  };
  const query = queryOn(db);
  const statement = (effects?: Effects): Statement => (text, ...values) => query(text, values, effects);
  return {
    read: statement(),
    write: statement(),
    writing: statement,
    transaction: (work) => db.transaction(async (client) => {
      const tx = transactionSql(queryOn(client));
      try {
        return await work(tx.sql);
      } finally {
        tx.end();
      }
    }),
    listen: (channel, signal) => wakes.listen(noticeOf(channel), signal),
    migrate: (work) => db.transaction((client) => work(async (text) => (await client.exec(text)).at(-1)?.rows ?? [])),
    async close() {
      await stopListening();
      wakes.wakeAll();
      await db.close();
    },
  };
}
