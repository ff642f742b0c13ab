// Documents: JSON values by kind and id, listed in byte order of id.
import { assert } from "../kernel/assert.ts";
import { checkKey, checkLimit, keyRange } from "./keys.ts";
import type { Cache, Row, Sql } from "./sql.ts";
import type { Documents } from "./stores.ts";

const DOCUMENT_CHARACTERS_MAX = 16 * 1024 * 1024;

/** Cached too: what a function has no document of (aliases, settings of its own) is asked for at every invoke. */
const ABSENT = Symbol("no such document");

export function documentsStore<T>(sql: Sql, kind: string, cache?: Cache): Documents<T> {
  checkKey(kind);
  const writing = (id: string) => sql.writing({ forget: cacheKey(kind, id) });
  const get = async (id: string): Promise<T | undefined> => {
    const hit = cache?.get(cacheKey(kind, id));
    if (hit !== undefined) return hit === ABSENT ? undefined : (hit as T);
    const [row] = await sql.read`SELECT body FROM documents WHERE kind = ${kind} AND id = ${checkKey(id)}`;
    if (!row) {
      cache?.set(cacheKey(kind, id), ABSENT, id.length);
      return undefined;
    }
    const value = parse<T>(row);
    cache?.set(cacheKey(kind, id), value, row.body.length);
    return value;
  };
  return {
    get,
    hold: get, // nobody else writes meanwhile; where somebody does, see documents-shared.ts
    async create(id, value) {
      const rows = await writing(id)`INSERT INTO documents (kind, id, body) VALUES (${kind}, ${checkKey(id)}, ${encode(value)})
        ON CONFLICT (kind, id) DO NOTHING RETURNING id`;
      return rows.length === 1;
    },
    async put(id, value) {
      await writing(id)`INSERT INTO documents (kind, id, body) VALUES (${kind}, ${checkKey(id)}, ${encode(value)})
        ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body`;
    },
    update: (id, change) => sql.transaction(async (tx) => {
      const [row] = await tx.read`SELECT body FROM documents WHERE kind = ${kind} AND id = ${checkKey(id)} /*for update*/`;
      if (!row) return undefined;
      const body = encode(change(JSON.parse(row.body)));
      await tx.writing({ forget: cacheKey(kind, id) })`UPDATE documents SET body = ${body} WHERE kind = ${kind} AND id = ${id}`;
      return parse<T>({ body });
    }),
    async delete(id) {
      return (await writing(id)`DELETE FROM documents WHERE kind = ${kind} AND id = ${checkKey(id)} RETURNING id`).length === 1;
    },
    async list({ prefix = "", after, limit }) {
      const { from, until } = keyRange(checkKey(prefix), after === undefined ? undefined : checkKey(after));
      const rows = until === undefined
        ? await sql.read`SELECT id, body FROM documents WHERE kind = ${kind} AND id >= ${from} ORDER BY id LIMIT ${checkLimit(limit)}`
        : await sql.read`SELECT id, body FROM documents WHERE kind = ${kind} AND id >= ${from} AND id < ${until} ORDER BY id LIMIT ${checkLimit(limit)}`;
      return rows.map((row) => [row.id, parse<T>(row)]);
    },
    async count(prefix = "") {
      const { from, until } = keyRange(checkKey(prefix));
      const [row] = until === undefined
        ? await sql.read`SELECT count(*) AS n FROM documents WHERE kind = ${kind} AND id >= ${from}`
        : await sql.read`SELECT count(*) AS n FROM documents WHERE kind = ${kind} AND id >= ${from} AND id < ${until}`;
      return row!.n;
    },
  };
}

const cacheKey = (kind: string, id: string): string => `${kind}\0${id}`;

/** As it is stored. */
export function encode(value: unknown): string {
  const body = JSON.stringify(value);
  assert(body !== undefined, "a document must be something JSON can say");
  assert(body.length <= DOCUMENT_CHARACTERS_MAX, `a document is longer than ${DOCUMENT_CHARACTERS_MAX} characters`);
  return body;
}

/** Frozen, everywhere, because a cached value is shared by all its readers. */
export const parse = <T>(row: Row): T => freeze(JSON.parse(row.body));

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
