// Where the bytes of large blobs are: a folder of this machine, or a table every machine can read.
// A file has a new name each time it is written and is never changed, so that nobody sees half of one.
import { mkdir, mkdtemp, open, rm, unlink, type FileHandle } from "node:fs/promises";
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
  /** Durable when it resolves with the size; not before is anything to point at it. Cleans up after itself when the body fails. */
  write(file: string, body: AsyncIterable<Uint8Array>): Promise<number>;
  /** Undefined when the file is gone. What comes back must be read from at once: it may hold the file open. */
  read(file: string, range: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>;
  remove(file: string): Promise<void>;
  close(): Promise<void>;
}

/** Read or written at once: of each file that is open two such pieces are in memory, one under way and one being filled or sent. */
const PIECE_BYTES_MAX = 512 * 1024;
const PIECE_BYTES_MIN = 64 * 1024;
/** All pieces together, as far as the smallest ones go: who opens thousands of connections gets small ones. */
const MEMORY_BYTES = 64 * 1024 ** 2;
const WRITE_PIECES_MAX = 256;
/** Smaller pieces are copied: they may be slivers of large buffers. */
const OWN_BYTES_MIN = 4096;
const PART_BYTES = 1024 * 1024;

/** How many files are being written or read. */
interface Share {
  files: number;
}

const pieceBytes = ({ files }: Share): number => Math.max(PIECE_BYTES_MIN, Math.min(PIECE_BYTES_MAX, Math.floor(MEMORY_BYTES / (2 * files))));

/** `folder` undefined: a temporary one, made when first needed and removed at the end. */
export function folderFiles(folder: string | undefined): BlobFiles {
  let root: Promise<string> | undefined;
  const rootPath = () => (root ??= folder === undefined ? mkdtemp(join(tmpdir(), "evoke-blobs-")) : Promise.resolve(folder));
  // Many folders, because some file systems slow down with many names in one.
  const pathOf = async (file: string) => join(await rootPath(), file.slice(0, 2), file);
  const share: Share = { files: 0 };
  const made = new Set<string>();
  /** A name is only as durable as its folder, and that as its own. */
  const syncFolders = async (shard: string) => {
    if (folder !== undefined) await Promise.all([shard, ...(made.has(shard) ? [] : [dirname(shard)]), ...(made.size === 0 ? [dirname(dirname(shard))] : [])].map(syncFolder));
    made.add(shard);
  };
  return {
    async write(file, body) {
      const path = await pathOf(file);
      const shard = dirname(path);
      share.files++;
      try {
        if (!made.has(shard)) await mkdir(shard, { recursive: true, mode: 0o700 });
        return await writeWhole(path, body, share, () => syncFolders(shard), folder !== undefined);
      } catch (error) {
        await rm(path, { force: true }).catch(() => {});
        throw diskFault(error);
      } finally {
        share.files--;
      }
    },
    async read(file, range) {
      const handle = await open(await pathOf(file)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw diskFault(error);
      });
      return handle && readPieces(handle, range, share);
    },
    async remove(file) {
      const path = await pathOf(file);
      for (const name of [path, `${path}.part`]) { // as files were named while they were written, once
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

async function writeWhole(path: string, body: AsyncIterable<Uint8Array>, share: Share, syncFolders: () => Promise<void>, durable: boolean): Promise<number> {
  const handle = await open(path, "wx", 0o600);
  // The name is there from the start, so its folder is on disk by the time the bytes are.
  const named = syncFolders();
  named.catch(() => {}); // awaited below
  try {
    const size = await writePieces(handle, body, share);
    if (durable) await handle.datasync();
    await named;
    return size;
  } finally {
    await named.catch(() => {});
    handle.close().catch(() => {}); // what matters is on disk
  }
}

/** What it gathered is written while the body goes on; at most one write is under way. */
async function writePieces(handle: FileHandle, body: AsyncIterable<Uint8Array>, share: Share): Promise<number> {
  let at = 0;
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  const write = async () => {
    await writing;
    if (gatheredBytes === 0) return;
    writing = writeAll(handle, gathered, at);
    writing.catch(() => {}); // awaited with the next, or at the end
    at += gatheredBytes;
    gathered = [];
    gatheredBytes = 0;
  };
  try {
    for await (const piece of body) {
      gathered.push(piece.byteLength < OWN_BYTES_MIN ? piece.slice() : piece);
      gatheredBytes += piece.byteLength;
      if (gatheredBytes >= pieceBytes(share) || gathered.length === WRITE_PIECES_MAX) await write();
    }
    await write();
  } finally {
    await writing;
  }
  return at;
}

async function writeAll(handle: FileHandle, pieces: Uint8Array[], at: number): Promise<void> {
  for (let left = pieces; left.length > 0;) {
    let { bytesWritten } = await handle.writev(left, at);
    at += bytesWritten;
    const first = left.findIndex((piece) => (bytesWritten -= piece.byteLength) < 0);
    left = first < 0 ? [] : [left[first]!.subarray(left[first]!.byteLength + bytesWritten), ...left.slice(first + 1)];
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function* readPieces(handle: FileHandle, { start, end }: ByteRange, share: Share): AsyncGenerator<Uint8Array> {
  const read = async (at: number): Promise<Uint8Array> => {
    const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes(share), end - at)); // filled, or not shown
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw new Fault("Storage: a blob's file is shorter than it was.");
    return buffer.subarray(0, bytesRead);
  };
  let ahead: Promise<Uint8Array> | undefined;
  share.files++;
  try {
    for (let at = start; at < end;) {
      const piece = await (ahead ?? read(at));
      at += piece.byteLength;
      ahead = at < end ? read(at) : undefined;
      ahead?.catch(() => {}); // awaited next
      yield piece;
    }
  } finally {
    share.files--;
    await ahead?.catch(() => {});
    handle.close().catch(() => {}); // nobody waits for it, and nothing was written
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
