// Blobs: bytes by key. Small ones are a row; a large one is a file that its row points at, so it appears whole or not at all.
import { assert } from "../kernel/assert.ts";
import type { Clock } from "../kernel/clock.ts";
import { Fault } from "../kernel/errors.ts";
import { HEX, LOWER_ALPHANUMERIC, realIds } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { BlobFiles, ByteRange } from "./blob-files.ts";
import { checkKey, keyRange } from "./keys.ts";
import type { Row, Sql } from "./sql.ts";
import type { Blob, Blobs } from "./stores.ts";

/** Below this a row is faster than opening, writing, syncing and naming a file (measured; README.md). */
const ROW_BYTES_MAX = 64 * 1024;
const PAGE = 500;
const NAME_CHARACTERS = 31;
/** Names are noted so many at once, and used within this time. */
const NAMES_MAX = 32;
const NAMES_MS = 3_600_000;
/** How often a reader starts again because the blob was replaced between finding and opening it. */
const TRIES = 5;

export interface BlobParts {
  sql: Sql;
  files: BlobFiles;
  clock: Clock;
  log: Log;
}

export function blobsStore({ sql, files, clock, log }: BlobParts): Blobs {
  const names = fileNames(sql, clock);
  const find = async (key: string): Promise<Row | undefined> => (await sql.read`SELECT size, file, body FROM blobs WHERE key = ${checkKey(key)}`)[0];
  const discard = async (file: string): Promise<void> => {
    try {
      await files.remove(file);
      await sql.write`DELETE FROM blob_garbage WHERE file = ${file}`;
    } catch (error) {
      log.warn("storage: an unused blob file could not be removed; the next start tries again", { file, error });
    }
  };
  const point = async (key: string, size: number, file: string | null, body: Uint8Array | null): Promise<Blob> => {
    const old = await sql.transaction(async (tx) => {
      // Changes nothing of a row that is there, but locks it and says what it points at.
      const [row] = await tx.write`INSERT INTO blobs (key, size) VALUES (${key}, 0) ON CONFLICT (key) DO UPDATE SET size = blobs.size RETURNING file`;
      await tx.write`UPDATE blobs SET size = ${size}, file = ${file}, body = ${body} WHERE key = ${key}`;
      if (file !== null) await tx.write`DELETE FROM blob_garbage WHERE file = ${file}`;
      if (row!.file !== null) await tx.write`INSERT INTO blob_garbage (file, at) VALUES (${row!.file}, ${Math.floor(clock.now())})`;
      return row!.file as string | null;
    });
    if (old !== null) await discard(old);
    return { key, sizeBytes: size };
  };
  const putLarge = async (key: string, body: AsyncIterable<Uint8Array>): Promise<Blob> => {
    const file = await names();
    try {
      return await point(key, await files.write(file, body), file, null);
    } catch (error) {
      await discard(file);
      throw error;
    }
  };
  /** Undefined when there is no such blob. */
  const open = async (key: string, range: ByteRange | undefined): Promise<{ sizeBytes: number; pieces: AsyncIterable<Uint8Array> } | undefined> => {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const row = await find(key);
      if (!row) return undefined;
      const { start, end } = within(range, row.size);
      if (row.file === null) return { sizeBytes: end - start, pieces: once((row.body as Uint8Array).subarray(start, end)) };
      const pieces = await files.read(row.file, { start, end });
      if (pieces) return { sizeBytes: end - start, pieces };
    }
    throw new Fault(`Storage: the file of a blob is missing (${key}).`);
  };
  const stat = async (key: string): Promise<Blob | undefined> => {
    const [row] = await sql.read`SELECT size FROM blobs WHERE key = ${checkKey(key)}`;
    return row && { key, sizeBytes: row.size };
  };
  return {
    async put(key, body) {
      checkKey(key);
      const { head, rest } = body instanceof Uint8Array ? splitBytes(body) : await splitStream(body);
      return rest ? putLarge(key, rest) : point(key, head.byteLength, null, head);
    },
    async get(key, range) {
      const found = await open(key, range);
      if (!found) return undefined;
      const whole = new Uint8Array(found.sizeBytes);
      let filled = 0;
      for await (const piece of found.pieces) {
        whole.set(piece, filled);
        filled += piece.byteLength;
      }
      return whole;
    },
    async stream(key, range) {
      // Opened when first read from, so that a stream nobody reads holds nothing open.
      return (await stat(key)) && (async function* () {
        const found = await open(key, range);
        if (!found) throw new Fault(`Storage: a blob was deleted before it was read (${key}).`);
        yield* found.pieces;
      })();
    },
    stat,
    async delete(key) {
      const row = await sql.transaction(async (tx) => {
        const [deleted] = await tx.write`DELETE FROM blobs WHERE key = ${checkKey(key)} RETURNING file`;
        if (deleted?.file) await tx.write`INSERT INTO blob_garbage (file, at) VALUES (${deleted.file}, ${Math.floor(clock.now())})`;
        return deleted;
      });
      if (row?.file) await discard(row.file);
      return row !== undefined;
    },
    async *list(prefix) {
      for (let after: string | undefined; ;) {
        const { from, until } = keyRange(checkKey(prefix), after);
        const rows = until === undefined
          ? await sql.read`SELECT key, size FROM blobs WHERE key >= ${from} ORDER BY key LIMIT ${PAGE}`
          : await sql.read`SELECT key, size FROM blobs WHERE key >= ${from} AND key < ${until} ORDER BY key LIMIT ${PAGE}`;
        for (const row of rows) yield { key: row.key, sizeBytes: row.size };
        if (rows.length < PAGE) return;
        after = rows.at(-1)!.key;
      }
    },
  };
}

/**
 * Names for files, known as garbage until a row points at them: a crash in between leaves nothing that is not known. Noted many at once while
 * many are asked for, so that few large blobs wait for a commit more than they need.
 */
function fileNames(sql: Sql, clock: Clock): () => Promise<string> {
  const ids = realIds();
  let noted: string[] = [];
  let notedMs = -Infinity;
  let next = 1;
  let noting: Promise<void> | undefined;
  const note = async () => {
    const [unused, nowMs] = [noted, Math.floor(clock.now())];
    next = unused.length > 0 || nowMs - notedMs > NAMES_MS ? 1 : Math.min(next * 2, NAMES_MAX);
    noted = [];
    // The first two characters are the folder: one of 64.
    const made = Array.from({ length: next }, () => ids.token(1, HEX) + ids.token(1, "0123") + ids.token(NAME_CHARACTERS - 1, LOWER_ALPHANUMERIC));
    await sql.transaction(async (tx) => {
      for (const file of unused) await tx.write`DELETE FROM blob_garbage WHERE file = ${file}`;
      for (const file of made) await tx.write`INSERT INTO blob_garbage (file, at) VALUES (${file}, ${nowMs})`;
    });
    [noted, notedMs] = [made, nowMs];
  };
  return async () => {
    for (;;) {
      const ageMs = clock.now() - notedMs;
      const file = ageMs >= 0 && ageMs < NAMES_MS ? noted.pop() : undefined;
      if (file !== undefined) return file;
      await (noting ??= note().finally(() => { noting = undefined; }));
    }
  };
}

/** Removes files no blob points at, left by writers that ended before `beforeMs`. */
export async function collectGarbage({ sql, files }: BlobParts, beforeMs: number): Promise<number> {
  const rows = await sql.read`SELECT file FROM blob_garbage WHERE at < ${beforeMs}`;
  for (const { file } of rows) {
    await files.remove(file);
    await sql.write`DELETE FROM blob_garbage WHERE file = ${file}`;
  }
  return rows.length;
}

function within(range: ByteRange | undefined, size: number): ByteRange {
  if (!range) return { start: 0, end: size };
  assert(Number.isInteger(range.start) && Number.isInteger(range.end) && range.start >= 0 && range.end >= range.start, "a blob's range must be whole numbers in order");
  return { start: Math.min(range.start, size), end: Math.min(range.end, size) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}

interface Split {
  head: Uint8Array;
  /** Everything, head included; absent when the head is all. */
  rest?: AsyncIterable<Uint8Array>;
}

const splitBytes = (body: Uint8Array): Split => (body.byteLength <= ROW_BYTES_MAX ? { head: body } : { head: body, rest: once(body) });

/** Reads just far enough to know whether the body fits a row. */
async function splitStream(body: AsyncIterable<Uint8Array>): Promise<Split> {
  const iterator = body[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size <= ROW_BYTES_MAX) {
    const next = await iterator.next();
    if (next.done) return { head: Buffer.concat(chunks) };
    chunks.push(next.value);
    size += next.value.byteLength;
  }
  return { head: new Uint8Array(), rest: resume(chunks, iterator) };
}

async function* resume(chunks: Uint8Array[], iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
