// Deployment zips: everything a hostile or broken one may try is found before a byte is written.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; layout: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
import { hash } from "node:crypto";
import { posix } from "node:path";
import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import type yauzl from "yauzl";
import { LAMBDA } from "../../kernel/limits.ts";
import { BadCode } from "../../ports/code.ts";

const inflate = promisify(inflateRaw) as (data: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

/** Not AWS's number: it is what 250 MB of tiny files come to in practice, with room. */
const ENTRIES_MAX = 100_000;
const PATH_BYTES_MAX = 4096;
const NAME_BYTES_MAX = 255;

export interface ZipEntry {
  /** Relative, with slashes, checked. */
  path: string;
  kind: "file" | "directory" | "link";
  mode: number;
  /** A link's target, checked to stay inside. */
  target?: string;
  /** The unpacked bytes, checked against declared length and checksum. */
  bytes(): Promise<Uint8Array>;
  /** The same for two entries only if their bytes and mode are the same. */
  identity(): string;
}

export interface ZipPlan {
  entries: ZipEntry[];
  unzippedBytes: number;
}

const broken = (why: string): BadCode => new BadCode("not-a-zip", `Could not unzip uploaded file: ${why}`);
const unsafe = (path: string, why: string): BadCode => new BadCode("unsafe-path", `${JSON.stringify(path.slice(0, 200))} ${why}`);

/** Throws BadCode. The zip must not change while its entries are in use. */
export async function readZip(zip: Uint8Array): Promise<ZipPlan> {
  const buffer = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
  const { fromBufferPromise } = await import("yauzl"); // not before there is a package
  let file: yauzl.ZipFile;
  try {
    // Names are decoded here, so that they are refused with our reason.
    file = await fromBufferPromise(buffer, { lazyEntries: true, autoClose: false, strictFileNames: false, validateEntrySizes: true });
  } catch (error) {
    throw broken((error as Error).message);
  }
  try {
    if (file.entryCount > ENTRIES_MAX) throw new BadCode("too-many-files", `The package has more than ${ENTRIES_MAX} entries`);
    return await planOf(file, buffer);
  } catch (error) {
    if (error instanceof BadCode) throw error;
    const message = (error as Error).message;
    throw /invalid relative path|absolute path|invalid characters in fileName/.test(message) ? new BadCode("unsafe-path", message) : broken(message);
  } finally {
    file.close();
  }
}

async function planOf(file: yauzl.ZipFile, buffer: Buffer): Promise<ZipPlan> {
  const byPath = new Map<string, ZipEntry>();
  let unzippedBytes = 0;
  for await (const entry of file.eachEntry()) {
    if (byPath.size >= ENTRIES_MAX) throw new BadCode("too-many-files", `The package has more than ${ENTRIES_MAX} entries`);
    unzippedBytes += entry.uncompressedSize;
    if (unzippedBytes > LAMBDA.unzippedBytesMax) throw new BadCode("unzipped-too-large", `Unzipped size must be smaller than ${LAMBDA.unzippedBytesMax} bytes`);
    const planned = await planEntry(buffer, entry);
    const before = byPath.get(planned.path);
    if (before && !(before.kind === "directory" && planned.kind === "directory")) throw broken(`duplicate entry ${JSON.stringify(planned.path)}`);
    byPath.set(planned.path, planned);
  }
  for (const path of byPath.keys()) {
    for (let parent = posix.dirname(path); parent !== "."; parent = posix.dirname(parent)) {
      const kind = byPath.get(parent)?.kind;
      if (kind === "link") throw unsafe(path, "lies behind a symbolic link");
      if (kind === "file") throw broken(`${JSON.stringify(parent)} is a file and a folder`);
    }
  }
  return { entries: [...byPath.values()], unzippedBytes };
}

async function planEntry(buffer: Buffer, entry: yauzl.Entry): Promise<ZipEntry> {
  const path = safePath(entry.fileName);
  if (entry.isEncrypted()) throw broken(`${JSON.stringify(path)} is encrypted`);
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) throw broken(`${JSON.stringify(path)} is compressed by method ${entry.compressionMethod}`);
  // Unix attributes are in the upper half, whatever system "made" the zip: Python and Go write them as MS-DOS too.
  const unix = entry.externalFileAttributes >>> 16;
  const type = unix & 0o170000;
  const bytes = () => unpack(buffer, entry);
  const mode = unix === 0 || unix & 0o111 ? 0o755 : 0o644;
  const identity = () => `${entry.compressionMethod} ${entry.uncompressedSize} ${entry.crc32} ${mode} ${hash("sha256", packedBytes(buffer, entry), "base64")}`;
  if (entry.fileName.endsWith("/") || type === 0o040000) return { path, kind: "directory", mode: 0o755, bytes, identity };
  if (type === 0o120000) {
    if (entry.uncompressedSize > PATH_BYTES_MAX) throw unsafe(path, "is a symbolic link with an endless target");
    const target = Buffer.from(await bytes()).toString();
    checkLink(path, target);
    return { path, kind: "link", mode: 0o777, target, bytes, identity };
  }
  if (type !== 0 && type !== 0o100000) throw unsafe(path, "is a device, pipe or socket");
  // Zips made on Windows carry no modes; their `bootstrap` must run all the same.
  return { path, kind: "file", mode, bytes, identity };
}

function safePath(name: string): string {
  const path = name.replace(/\/+$/, "");
  const parts = path.split("/");
  if (path === "" || name.startsWith("/") || name.includes("\\") || /^[a-zA-Z]:/.test(name)) throw unsafe(name, "is not a relative path");
  if (name.includes("\0")) throw unsafe(name, "has a NUL character");
  if (parts.includes("..")) throw unsafe(name, "leaves the package");
  if (Buffer.byteLength(path) > PATH_BYTES_MAX || parts.some((part) => Buffer.byteLength(part) > NAME_BYTES_MAX)) throw unsafe(name, "is too long");
  const normal = posix.normalize(path);
  if (normal === ".") throw unsafe(name, "is not a relative path");
  return normal;
}

/**
 * A target may begin with `..`, as far as the package's root, but not have one later: after a component that is itself a link,
 * `..` leads somewhere else than the text says.
 */
function checkLink(path: string, target: string): void {
  if (target === "" || target.startsWith("/") || target.includes("\0")) throw unsafe(path, "is a symbolic link to an absolute path");
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const ups = parts.findIndex((part) => part !== "..");
  const leading = ups < 0 ? parts.length : ups;
  const depth = path.split("/").length - 1;
  if (leading > depth || parts.slice(leading).includes("..")) throw unsafe(path, "is a symbolic link out of the package");
}

/** APPNOTE 4.3.7. yauzl reads it as well, in three turns of the event loop for every entry. */
function packedBytes(buffer: Buffer, entry: yauzl.Entry): Buffer {
  const at = entry.relativeOffsetOfLocalHeader;
  if (at + 30 > buffer.byteLength || buffer.readUInt32LE(at) !== 0x04034b50) throw broken(`${JSON.stringify(entry.fileName.slice(0, 200))} is not where the directory says`);
  const start = at + 30 + buffer.readUInt16LE(at + 26) + buffer.readUInt16LE(at + 28);
  const packed = buffer.subarray(start, start + entry.compressedSize);
  if (packed.byteLength !== entry.compressedSize) throw broken(`${JSON.stringify(entry.fileName.slice(0, 200))} is cut off`);
  return packed;
}

async function unpack(buffer: Buffer, entry: yauzl.Entry): Promise<Uint8Array> {
  const name = JSON.stringify(entry.fileName.slice(0, 200));
  try {
    const packed = packedBytes(buffer, entry);
    // The declared size is the most it may become: a bomb bursts here, not in memory.
    const bytes = entry.compressionMethod === 0 ? packed : await inflate(packed, { maxOutputLength: Math.max(1, entry.uncompressedSize) });
    if (bytes.byteLength !== entry.uncompressedSize) throw broken(`${name} is not as long as declared`);
    if (crc32(bytes) !== entry.crc32) throw broken(`${name} has a wrong checksum`);
    return bytes;
  } catch (error) {
    throw error instanceof BadCode ? error : broken(`${name}: ${(error as Error).message}`);
  }
}
