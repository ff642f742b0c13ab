// Documents of a transaction where others write at the same time (PostgreSQL): what has been read and is written must still be what was read,
// or the transaction begins again. So of two that change one document, neither is lost. https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED
import { documentsStore, encode, parse } from "./documents.ts";
import { checkKey } from "./keys.ts";
import { GaveWay, type Sql } from "./sql.ts";
import type { Documents } from "./stores.ts";

/** What one transaction knows; made anew when it begins again. */
export interface Seen {
  /** By document: the version that was read or written last, undefined where there was none. */
  versions: Map<string, string | undefined>;
  /** Documents this transaction has given way for: of these it has the lock, so that the next try comes through. */
  contended: Set<string>;
  /** Whoever catches it keeps nothing for that. */
  gaveWay?: GaveWay;
}

export async function beginSeeing(sql: Sql, contended: Set<string>): Promise<Seen> {
  for (const key of [...contended].sort()) await sql.read`SELECT pg_advisory_xact_lock(hashtextextended(${key}, 0))`;
  return { versions: new Map(), contended };
}

/** A version is xmin, the transaction that wrote the row. `list` and `count` do not count as reading. */
export function sharedDocuments<T>(sql: Sql, kind: string, seen: Seen): Documents<T> {
  const { versions, contended } = seen;
  const plain = documentsStore<T>(sql, kind);
  const keyOf = (id: string) => `${kind}/${id}`;
  const gaveWay = (id: string) => {
    contended.add(keyOf(id));
    return (seen.gaveWay ??= new GaveWay(`the document ${keyOf(id)} was changed meanwhile`));
  };
  // Who waits for the lock of a row that is then deleted and created again gets none: only what is read afterwards counts.
  const lock = (id: string) => sql.read`SELECT id FROM documents WHERE kind = ${kind} AND id = ${id} FOR UPDATE`;
  const read = async (id: string) => (await sql.read`SELECT body, xmin::text AS version FROM documents WHERE kind = ${kind} AND id = ${checkKey(id)}`)[0];
  return {
    ...plain,
    async get(id) {
      const key = keyOf(id);
      if (contended.has(key)) await lock(id);
      const row = await read(id);
      if (!versions.has(key)) versions.set(key, row?.version);
      return row && parse<T>(row);
    },
    async hold(id) {
      const key = keyOf(id);
      const [row] = await sql.read`SELECT body, xmin::text AS version FROM documents WHERE kind = ${kind} AND id = ${checkKey(id)} FOR KEY SHARE`;
      if (!versions.has(key)) versions.set(key, row?.version);
      return row && parse<T>(row);
    },
    async create(id, value) {
      const key = keyOf(id);
      const [row] = await sql.write`INSERT INTO documents (kind, id, body) VALUES (${kind}, ${checkKey(id)}, ${encode(value)})
        ON CONFLICT (kind, id) DO NOTHING RETURNING xmin::text AS version`;
      if (row) versions.set(key, row.version);
      else if (versions.has(key) && versions.get(key) === undefined) throw gaveWay(id);
      return row !== undefined;
    },
    async put(id, value) {
      const key = keyOf(id), version = versions.get(key);
      if (!versions.has(key)) return plain.put(id, value);
      const [row] = version === undefined
        ? await sql.write`INSERT INTO documents (kind, id, body) VALUES (${kind}, ${checkKey(id)}, ${encode(value)}) ON CONFLICT (kind, id) DO NOTHING RETURNING xmin::text AS version`
        : await sql.write`UPDATE documents SET body = ${encode(value)} WHERE kind = ${kind} AND id = ${checkKey(id)} AND xmin::text = ${version} RETURNING xmin::text AS version`;
      if (!row) throw gaveWay(id);
      versions.set(key, row.version);
    },
    async update(id, change) {
      const key = keyOf(id);
      const [locked] = await lock(id);
      const row = await read(id);
      if (row && !locked) throw gaveWay(id);
      if (versions.has(key) && versions.get(key) !== row?.version) throw gaveWay(id);
      if (!row) return undefined;
      const body = encode(change(JSON.parse(row.body)));
      const [made] = await sql.write`UPDATE documents SET body = ${body} WHERE kind = ${kind} AND id = ${id} RETURNING xmin::text AS version`;
      versions.set(key, made!.version);
      return parse<T>({ body });
    },
    async delete(id) {
      const key = keyOf(id), version = versions.get(key);
      if (version === undefined) return plain.delete(id);
      const rows = await sql.write`DELETE FROM documents WHERE kind = ${kind} AND id = ${checkKey(id)} AND xmin::text = ${version} RETURNING id`;
      if (rows.length === 0) throw gaveWay(id);
      versions.set(key, undefined);
      return true;
    },
  };
}
