// A folder as a deployment package: file modes and links kept, the same folder gives the same bytes.
import { lstatSync, readdirSync, type Stats } from "node:fs";
import { readFile, readlink } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { LAMBDA } from "../kernel/limits.ts";
import { CommandError } from "./terminal.ts";
import { ENTRIES_MAX, orderKey, type PackedEntry, packEntry, zipOf } from "../engine/code/zip-entries.ts";

/** Never part of a function. */
export const LEFT_OUT = new Set([".git", ".DS_Store", ".evoke", "evoke-data", "__pycache__"]);
const FILE = 0o100644;
const PROGRAM = 0o100755;
const LINK = 0o120777;
const AT_ONCE = 16;

/** By path, what is known of a folder's files: those that have not changed are not read again. */
export type ZipMemory = Map<string, { stamp: string; bytes: number; entry: PackedEntry }>;

interface Member {
  path: string;
  about: Stats;
}

export async function zipFolder(folder: string, memory: ZipMemory = new Map()): Promise<Uint8Array> {
  await lookAtAll(folder, memory);
  return zipOfAll(memory);
}

export const zipOfAll = (memory: ZipMemory): Uint8Array => zipOf(inOrder([...memory].map(([path, { entry }]) => ({ path, entry }))).map(({ entry }) => entry));

const inOrder = <T extends { path: string }>(entries: T[]): T[] =>
  entries.map((entry) => ({ key: orderKey(entry.path), entry })).sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ entry }) => entry);

/** What has another date, size, mode or inode than before is read. */
export async function lookAtAll(folder: string, memory: ZipMemory): Promise<void> {
  const members = refusing(folder, () => membersOf(folder, { files: 0, bytes: 0 }));
  const here = new Set(members.map(({ path }) => path));
  for (const path of memory.keys()) if (!here.has(path)) memory.delete(path);
  await pack(folder, members, memory);
}

/** These paths and what is below them, the files themselves whatever their dates are: two saves may be of the same one. */
export async function lookAt(folder: string, memory: ZipMemory, paths: Iterable<string>): Promise<void> {
  for (const path of [...paths].sort()) { // what has become a link or a file comes before what was below it
    const parts = path.split("/");
    if (path === "" || parts.some((part) => LEFT_OUT.has(part)) || parts.some((_, depth) => depth > 0 && memory.has(parts.slice(0, depth).join("/")))) continue;
    const about = refusing(folder, () => lstatSync(join(folder, path), { throwIfNoEntry: false }));
    const before = memory.get(path);
    memory.delete(path);
    const members = about?.isDirectory() ? refusing(folder, () => membersOf(folder, { files: 0, bytes: 0 }, path)) : about?.isFile() || about?.isSymbolicLink() ? [{ path, about }] : [];
    const here = new Set(members.map((member) => member.path));
    if (!before) for (const known of memory.keys()) if (known.startsWith(`${path}/`) && !here.has(known)) memory.delete(known);
    await pack(folder, members, memory);
  }
  refusing(folder, () => checkSizes(folder, memory));
}

async function pack(folder: string, members: Member[], memory: ZipMemory): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < members.length; at = next++) await packMember(folder, members[at]!, memory);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, members.length) }, worker));
}

function checkSizes(folder: string, memory: ZipMemory): void {
  let sum = 0;
  for (const { bytes } of memory.values()) sum += bytes;
  if (memory.size > ENTRIES_MAX) throw tooManyFiles(folder);
  if (sum > LAMBDA.unzippedBytesMax) throw new CommandError(`cannot zip ${folder}: it holds more than ${LAMBDA.unzippedBytesMax} bytes, which is the most a package has`);
}

const tooManyFiles = (folder: string): CommandError => new CommandError(`cannot zip ${folder}: it holds more than ${ENTRIES_MAX} files, which is the most a package has`);

/**
 * Files and links, folder by folder, by name. Gives up as soon as they are too many: the folder may be somebody's home.
 * Nothing else goes on in this process meanwhile, but waiting for each file would take five times as long.
 */
function membersOf(folder: string, sum: { files: number; bytes: number }, relative = ""): Member[] {
  const found: Member[] = [];
  for (const name of readdirSync(join(folder, relative)).sort()) {
    if (LEFT_OUT.has(name)) continue;
    const path = relative ? `${relative}/${name}` : name;
    const about = lstatSync(join(folder, path), { throwIfNoEntry: false }); // an editor's own is soon gone again
    if (about?.isDirectory()) found.push(...membersOf(folder, sum, path));
    if (!about?.isFile() && !about?.isSymbolicLink()) continue;
    if (++sum.files > ENTRIES_MAX) throw tooManyFiles(folder);
    if ((sum.bytes += about.size) > LAMBDA.unzippedBytesMax) throw new CommandError(`cannot zip ${folder}: it holds more than ${LAMBDA.unzippedBytesMax} bytes, which is the most a package has (with ${path} it is too much)`);
    found.push({ path, about });
  }
  return found;
}

function refusing<T>(folder: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw error instanceof CommandError ? error : new CommandError(`cannot zip ${folder}: ${(error as Error).message}`);
  }
}

async function packMember(folder: string, { path, about }: Member, memory: ZipMemory): Promise<void> {
  const stamp = [about.ino, about.size, about.mtimeMs, about.ctimeMs, about.mode].join(" ");
  if (memory.get(path)?.stamp === stamp) return;
  const mode = about.isSymbolicLink() ? LINK : about.mode & 0o111 ? PROGRAM : FILE;
  const bytes = about.isSymbolicLink() ? Buffer.from(await linkInside(folder, path)) : await readFile(join(folder, path)).catch((error: Error) => { throw new CommandError(`cannot zip ${folder}: ${error.message}`); });
  const entry = await packEntry(path, bytes, mode);
  memory.set(path, { stamp, bytes: bytes.byteLength, entry });
}

/** Lambda takes no package with a link that leads out of it. */
async function linkInside(folder: string, path: string): Promise<string> {
  const target = await readlink(join(folder, path));
  const leadsTo = normalize(join(dirname(path), target));
  if (isAbsolute(target) || leadsTo === ".." || leadsTo.startsWith("../")) throw new CommandError(`${path} is a link that leads out of ${folder} (to ${target}): put the file itself there`);
  return target;
}
