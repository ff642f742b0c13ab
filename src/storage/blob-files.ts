// Where the bytes of large blobs are: a folder of this machine, or a table every machine can read.
// A file has a new name each time it is written and is never changed, so that nobody sees half of one.
import { mkdir, mkdtemp, open, rename, rm, unlink, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Fault } from "../kernel/errors.ts";
import type { Sql } from "./sql.ts";

export interface ByteRange {
  start: number;
  /** Exclusive. */
  end: number;
}

export interface BlobFiles {
  /** Durable when it resolves with the size. Cleans up after itself when the body fails. */
  write(file: string, body: AsyncIterable<Uint8Array>): Promise<number>;
  /** Undefined when the file is gone. What comes back must be read from at once: it may hold the file open. */
  read(file: string, range: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>;
  remove(file: string): Promise<void>;
  close(): Promise<void>;
}

const READ_BYTES = 256 * 1024;
const PART_BYTES = 1024 * 1024;

/** `folder` undefined: a temporary one, made when first needed and removed at the end. */
export function folderFiles(folder: string | undefined): BlobFiles {
  let root: Promise<string> | undefined;
  const rootPath = () => (root ??= folder === undefined ? mkdtemp(join(tmpdir(), "evoke-blobs-")) : Promise.resolve(folder));
  // 256 folders, because some file systems slow down with many names in one.
  const pathOf = async (file: string) => join(await rootPath(), file.slice(0, 2), file);
  const made = new Set<string>();
  const makeShard = async (shard: string) => {
    if (made.has(shard)) return;
    await mkdir(shard, { recursive: true, mode: 0o700 });
    await syncFolder(dirname(shard));
    if (made.size === 0) await syncFolder(dirname(dirname(shard)));
    made.add(shard);
  };
  return {
    async write(file, body) {
      const path = await pathOf(file);
      try {
        await makeShard(dirname(path));
        // Written beside its place and renamed: a name without ".part" always has all its bytes.
        const size = await writeWhole(`${path}.part`, path, body, folder !== undefined);
        if (folder !== undefined) await syncFolder(dirname(path));
        return size;
      } catch (error) {
        await rm(`${path}.part`, { force: true }).catch(() => {});
        throw diskFault(error);
      }
    },
    async read(file, range) {
      const handle = await open(await pathOf(file)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw diskFault(error);
      });
      return handle && readPieces(handle, range);
    },
    async remove(file) {
      const path = await pathOf(file);
      for (const name of [path, `${path}.part`]) {
        await unlink(name).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== "ENOENT") throw diskFault(error);
        });
      }
    },
    async close() {
      if (folder === undefined && root) await rm(await root, { recursive: true, force: true });
    },
  };
}

async function writeWhole(part: string, path: string, body: AsyncIterable<Uint8Array>, durable: boolean): Promise<number> {
  const handle = await open(part, "wx", 0o600);
  let size = 0;
  try {
    for await (const chunk of body) {
      for (let done = 0; done < chunk.byteLength;) done += (await handle.write(chunk, done)).bytesWritten;
      size += chunk.byteLength;
    }
    if (durable) await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, path);
  return size;
}

/** A name is only as durable as its folder. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function* readPieces(handle: FileHandle, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
  try {
    for (let at = start; at < end;) {
      const buffer = new Uint8Array(Math.min(READ_BYTES, end - at));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new Fault("Storage: a blob's file is shorter than it was.");
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

const DISK_SENTENCES: Record<string, string> = { ENOSPC: "the disk is full", EDQUOT: "the disk quota is used up", EROFS: "the disk is read-only", EACCES: "the data folder may not be written", EIO: "the disk failed", EMFILE: "too many files are open" };

/** Errors of the body being written pass through. */
function diskFault(error: unknown): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  return syscall === undefined || code === undefined || syscall === "read" && code !== "EIO" ? error : new Fault(`Storage: ${DISK_SENTENCES[code] ?? "a blob's file could not be used"} (${message}).`, error);
}

export function tableFiles(sql: Sql): BlobFiles {
  const remove = async (file: string): Promise<void> => {
    await sql.write`DELETE FROM blob_parts WHERE file = ${file}`;
  };
  return {
    async write(file, body) {
      let part = 0;
      let size = 0;
      for await (const piece of pieces(body)) {
        await sql.write`INSERT INTO blob_parts (file, part, body) VALUES (${file}, ${part++}, ${piece})`;
        size += piece.byteLength;
      }
      return size;
    },
    async read(file, range) {
      return readParts(sql, file, range);
    },
    remove,
    async close() {},
  };
}

/** The same bytes in pieces of PART_BYTES, the last one shorter. */
async function* pieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let buffer = new Uint8Array(PART_BYTES);
  let filled = 0;
  for await (const chunk of body) {
    for (let done = 0; done < chunk.byteLength;) {
      const part = chunk.subarray(done, done + PART_BYTES - filled);
      buffer.set(part, filled);
      filled += part.byteLength;
      done += part.byteLength;
      if (filled < PART_BYTES) continue;
      yield buffer;
      buffer = new Uint8Array(PART_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}

async function* readParts(sql: Sql, file: string, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const part = Math.floor(at / PART_BYTES);
    const [row] = await sql.read`SELECT body FROM blob_parts WHERE file = ${file} AND part = ${part}`;
    if (!row) throw new Fault("Storage: a blob was replaced while it was read.");
    const piece = (row.body as Uint8Array).subarray(at - part * PART_BYTES, end - part * PART_BYTES);
    at += piece.byteLength;
    yield piece;
  }
}
