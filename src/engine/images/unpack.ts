// An image's layers laid over one another in a folder, as its root file system: whiteouts taken away, nothing ever written outside.
// https://github.com/opencontainers/image-spec/blob/main/layer.md
import { createWriteStream } from "node:fs";
import { chmod, link, lstat, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { PassThrough, type Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { Headers } from "tar-stream";
import { BadImage } from "../../ports/images.ts";
import { type Descriptor, blobStream } from "./layout.ts";
import { inside } from "./inside.ts";

/** AWS's limit. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const BYTES_MAX = 10 * 1024 * 1024 * 1024;
/** Ours: what becomes of a machine's inodes. */
const ENTRIES_MAX = 1_000_000;
const PATH_BYTES_MAX = 4096;
const NAME_BYTES_MAX = 255;
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
/** What a sandbox mounts something over. */
const FOLDERS = ["proc", "dev", "tmp", "etc", ".evoke"];
const FILES = ["etc/resolv.conf", "etc/hosts"];

interface Unpacking {
  root: string;
  bytes: number;
  entries: number;
  /** Of the layer at hand: what it has itself, which its whiteouts leave alone. */
  own: Set<string>;
  /** Modes of folders, set last: one that nobody may write to could not be filled. */
  modes: Map<string, number>;
  /** Folders as they were named, and where they are; until a link or a removal may have changed that. */
  places: Map<string, string>;
}

/** `root` is empty, and nobody else's. Throws BadImage. */
export async function unpackLayers(folder: string, layers: Descriptor[], root: string): Promise<void> {
  const unpacking: Unpacking = { root, bytes: 0, entries: 0, own: new Set(), modes: new Map(), places: new Map() };
  for (const layer of layers) {
    unpacking.own = new Set();
    await unpackLayer(unpacking, folder, layer);
  }
  for (const name of FOLDERS) await mountFolder(join(root, name), name);
  for (const name of FILES) await mountFile(join(root, name));
  for (const [path, mode] of [...unpacking.modes].reverse()) await chmod(path, mode).catch(() => {}); // a later layer took it away
  await chmod(root, 0o755);
}

async function unpackLayer(unpacking: Unpacking, folder: string, layer: Descriptor): Promise<void> {
  const tar = (await import("tar-stream")).extract();
  const feeding = pipeline([blobStream(folder, layer), decoder(layer), counting(unpacking), tar] as never);
  feeding.catch(() => {}); // awaited below
  try {
    for await (const entry of tar) {
      if (++unpacking.entries > ENTRIES_MAX) throw new BadImage("too-large", `it has more than ${ENTRIES_MAX} files`);
      await add(unpacking, entry.header, entry);
      entry.resume();
    }
    await feeding;
  } catch (error) {
    // What broke the stream is said by it; the archive only knows that it has ended early.
    const cause = await feeding.then(() => undefined, (reason: unknown) => reason);
    throw asBad(cause instanceof BadImage && !(error instanceof BadImage) ? cause : error);
  }
}

function asBad(error: unknown): unknown {
  if (error instanceof BadImage) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined || /^(Z_|ERR_|ZSTD_)/.test(code) ? new BadImage("broken", `a layer cannot be unpacked: ${message}`) : error;
}

function decoder({ mediaType }: Descriptor): NodeJS.ReadWriteStream {
  if (/[.+]gzip$/.test(mediaType)) return createGunzip();
  if (/[.+]zstd$/.test(mediaType)) return createZstdDecompress();
  if (/[.+]tar$|rootfs\.diff\.tar$/.test(mediaType)) return new PassThrough();
  throw new BadImage("unsupported", `it has a layer of the media type ${mediaType}`);
}

/** Counted as it comes out of the decoder, so that a bomb is seen early. */
function counting(unpacking: Unpacking): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* (source) {
    for await (const chunk of source) {
      unpacking.bytes += chunk.byteLength;
      if (unpacking.bytes > BYTES_MAX) throw new BadImage("too-large", "it is larger than 10 GB uncompressed");
      yield chunk;
    }
  };
}

async function add(unpacking: Unpacking, { name, type, mode = 0o644, linkname }: Headers, content: Readable): Promise<void> {
  const shown = checked(name);
  if (shown === "/") return;
  const path = await placeOf(unpacking, shown);
  const last = posix.basename(shown);
  if (last.startsWith(WHITEOUT)) return whiteOut(unpacking, path, last);
  own(unpacking, path);
  const there = await lstat(path).catch(() => undefined);
  if (type === "directory") {
    if (!there?.isDirectory()) {
      if (there) await take(unpacking, path);
      await mkdir(path);
    }
    await chmod(path, 0o755);
    unpacking.modes.delete(path);
    unpacking.modes.set(path, mode & 0o777);
    return;
  }
  if (there) await take(unpacking, path);
  if (type === "symlink") {
    unpacking.places.clear();
    return symlink(linkname ?? "", path);
  }
  if (type === "link") {
    const target = await inside(unpacking.root, checked(linkname ?? ""), false);
    if (target === undefined) throw new BadImage("broken", `${JSON.stringify(name)} is a link without end`);
    return link(target, path).catch(() => { throw new BadImage("broken", `${JSON.stringify(name)} is a link to nothing`); });
  }
  if (type !== "file" && type !== "contiguous-file") return; // devices and pipes: a sandbox makes its own
  await pipeline(content, createWriteStream(path, { flags: "wx", mode: 0o600 }) as Writable);
  await chmod(path, mode & 0o777);
}

/** A path of the archive as one from the root; what is no path of a file system is refused. */
function checked(name: string): string {
  const shown = posix.join("/", name);
  const path = shown.length > 1 && shown.endsWith("/") ? shown.slice(0, -1) : shown;
  if (name.includes("\0") || Buffer.byteLength(path) > PATH_BYTES_MAX || path.split("/").some((part) => Buffer.byteLength(part) > NAME_BYTES_MAX)) throw new BadImage("broken", `${JSON.stringify(name.slice(0, 200))} is no path`);
  return path;
}

/** Where an entry goes: below its folder as the layers so far have it, links in them followed within the root. The folder is made when no layer has. */
async function placeOf({ root, places }: Unpacking, shown: string): Promise<string> {
  const above = posix.dirname(shown);
  const known = places.get(above);
  if (known !== undefined) return join(known, posix.basename(shown));
  const folder = await inside(root, above, true);
  if (folder === undefined) throw new BadImage("broken", `${JSON.stringify(shown)} is behind links without end`);
  await mkdir(folder, { recursive: true, mode: 0o755 }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EEXIST" || error.code === "ENOTDIR" ? new BadImage("broken", `${JSON.stringify(shown)} is below something that is no folder`) : error;
  });
  places.set(above, folder);
  return join(folder, posix.basename(shown));
}

async function take({ places }: Unpacking, path: string): Promise<void> {
  places.clear();
  await rm(path, { recursive: true, force: true });
}

function own({ root, own: paths }: Unpacking, path: string): void {
  for (let each = path; each !== root && !paths.has(each); each = dirname(each)) paths.add(each);
}

async function whiteOut(unpacking: Unpacking, path: string, last: string): Promise<void> {
  const { own: paths } = unpacking;
  const folder = dirname(path);
  if (last === OPAQUE) {
    for (const name of await readdir(folder)) if (!paths.has(join(folder, name))) await take(unpacking, join(folder, name));
    return;
  }
  const name = last.slice(WHITEOUT.length);
  if (name === "" || name === "." || name === "..") throw new BadImage("broken", `${JSON.stringify(last)} takes nothing away`);
  if (!paths.has(join(folder, name))) await take(unpacking, join(folder, name));
}

async function mountFolder(path: string, name: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (!there) await mkdir(path);
  else if (!there.isDirectory()) throw new BadImage("unsupported", `its /${name} is not a folder`);
}

async function mountFile(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.isFile()) return;
  if (there) await rm(path, { recursive: true });
  await writeFile(path, "", { mode: 0o644 });
}
