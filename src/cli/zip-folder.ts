// A folder as a deployment package: file modes and links kept, the same folder gives the same bytes.
import { lstatSync, readdirSync, type Stats } from "node:fs";
import { readFile, readlink } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { LAMBDA } from "../kernel/limits.ts";
import { CommandError } from "./terminal.ts";
import { type PackedEntry, packEntry, zipOf, ENTRIES_MAX } from "./zip-entries.ts";

/** Never part of a function. */
export const LEFT_OUT = new Set([".git", ".DS_Store", ".evoke", "evoke-data", "__pycache__"]);
const FILE = 0o100644;
const PROGRAM = 0o100755;
const LINK = 0o120777;
const AT_ONCE = 16;

/** What is known of a folder's files from zipping it before: those that have not changed are not read again. */
export type ZipMemory = Map<string, { stamp: string; entry: PackedEntry }>;

interface Member {
  path: string;
  about: Stats;
}

export async function zipFolder(folder: string, memory: ZipMemory = new Map()): Promise<Uint8Array> {
  const members = membersIn(folder);
  const entries = Array.from<PackedEntry>({ length: members.length });
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < members.length; at = next++) entries[at] = await entryOf(folder, members[at]!, memory);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const here = new Set(members.map(({ path }) => path));
  for (const path of memory.keys()) if (!here.has(path)) memory.delete(path);
  return zipOf(entries);
}

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
    if (++sum.files > ENTRIES_MAX) throw new CommandError(`cannot zip ${folder}: it holds more than ${ENTRIES_MAX} files, which is the most a package has`);
    if ((sum.bytes += about.size) > LAMBDA.unzippedBytesMax) throw new CommandError(`cannot zip ${folder}: it holds more than ${LAMBDA.unzippedBytesMax} bytes, which is the most a package has (with ${path} it is too much)`);
    found.push({ path, about });
  }
  return found;
}

function membersIn(folder: string): Member[] {
  try {
    return membersOf(folder, { files: 0, bytes: 0 });
  } catch (error) {
    throw error instanceof CommandError ? error : new CommandError(`cannot zip ${folder}: ${(error as Error).message}`);
  }
}

async function entryOf(folder: string, { path, about }: Member, memory: ZipMemory): Promise<PackedEntry> {
  const stamp = [about.ino, about.size, about.mtimeMs, about.ctimeMs, about.mode].join(" ");
  const known = memory.get(path);
  if (known?.stamp === stamp) return known.entry;
  const mode = about.isSymbolicLink() ? LINK : about.mode & 0o111 ? PROGRAM : FILE;
  const bytes = about.isSymbolicLink() ? Buffer.from(await linkInside(folder, path)) : await readFile(join(folder, path)).catch((error: Error) => { throw new CommandError(`cannot zip ${folder}: ${error.message}`); });
  const entry = await packEntry(path, bytes, mode);
  memory.set(path, { stamp, entry });
  return entry;
}

/** Lambda takes no package with a link that leads out of it. */
async function linkInside(folder: string, path: string): Promise<string> {
  const target = await readlink(join(folder, path));
  const leadsTo = normalize(join(dirname(path), target));
  if (isAbsolute(target) || leadsTo === ".." || leadsTo.startsWith("../")) throw new CommandError(`${path} is a link that leads out of ${folder} (to ${target}): put the file itself there`);
  return target;
}
