// Unpacks packages into folders: what other packages brought already is linked, and of the one before, where it is nearly the same, even that is done ahead.
import { chmod, mkdir, mkdtemp, rename, rm, rmdir, stat, symlink, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import { Fault } from "../../kernel/errors.ts";
import { LAMBDA } from "../../kernel/limits.ts";
import { BadCode } from "../../ports/code.ts";
import { HALF, openNextFolder, WORTH_FROM_FILES } from "./next-folder.ts";
import { openSameFiles, type SameFiles, worthLooking } from "./same-files.ts";
import type { ZipEntry, ZipPlan } from "./zip.ts";

const AT_ONCE = 8;
/** A few milliseconds, then others have their turn. */
const SLICE = 100;

/** By path. */
type Identities = Map<string, string>;
const NONE: ReadonlyMap<string, string> = new Map();

export interface Unpacker {
  /** Makes `folder`, below `root`, if it is not there, and answers its name. */
  unpack(folder: string, plan: () => Promise<ZipPlan>): Promise<string>;
  /** The same from the folder of another package that was made ahead; undefined where there is none. */
  change(folder: string, change: Change): Promise<string | undefined>;
  /** `folder`, which is there, is going to be changed. */
  expectChange(folder: string, entries: ZipEntry[]): Promise<void>;
  close(): Promise<void>;
}

/** What a package has other than the one in the folder `from`. */
export interface Change {
  from: string;
  gone: string[];
  fresh: ZipEntry[];
  /** All there are in the package. */
  links: ZipEntry[];
}

export function openUnpacker(root: string, clock: Clock): Unpacker {
  const same = openSameFiles();
  const next = openNextFolder(root, clock);
  const isThere = (folder: string): Promise<boolean> => stat(folder).then((found) => found.isDirectory(), () => false);

  const unpack = async (folder: string, plan: () => Promise<ZipPlan>): Promise<string> => {
    if (await isThere(folder)) return folder;
    const { entries } = await plan();
    const identities = await identitiesOf(entries);
    let temporary: string | undefined;
    try {
      await mkdir(root, { recursive: true });
      const ahead = identities.size > WORTH_FROM_FILES ? await next.take(identities) : undefined;
      // Beside its place first, then renamed: a folder under its final name is always whole.
      temporary = ahead?.folder ?? (await mkdtemp(join(root, HALF)));
      await fill(temporary, entries, identities, ahead?.identities ?? NONE, same);
      await moveTo(folder, temporary);
      for (const [path, identity] of identities) same.remember(identity, join(folder, path));
      if (identities.size > WORTH_FROM_FILES) next.prepare(folder, identities);
      return folder;
    } catch (error) {
      if (temporary) await remove(temporary);
      throw error instanceof BadCode ? error : new Fault("A code package could not be unpacked", error);
    }
  };

  const change = async (folder: string, { from, gone, fresh, links }: Change): Promise<string | undefined> => {
    const ahead = await next.takeLike(from);
    if (!ahead) return undefined;
    const files = fresh.filter(({ kind }) => kind === "file");
    try {
      for (const path of gone) if (ahead.identities.delete(path)) await removeFile(ahead.folder, path);
      await addFolders(ahead.folder, files);
      await write(ahead.folder, files);
      for (const entry of files) ahead.identities.set(entry.path, entry.identity());
      if (await isThere(folder)) { // as it was some saves ago
        next.giveBack({ ...ahead, like: folder });
        return folder;
      }
      await addFolders(ahead.folder, links);
      for (const { path, target } of links) await symlink(target!, join(ahead.folder, path));
      await moveTo(folder, ahead.folder);
    } catch (error) {
      await remove(ahead.folder);
      throw error instanceof BadCode ? error : new Fault("A code package could not be unpacked", error);
    }
    for (const entry of files) same.remember(ahead.identities.get(entry.path)!, join(folder, entry.path));
    next.prepare(folder, ahead.identities);
    return folder;
  };

  return {
    unpack, change, close: next.close,
    async expectChange(folder, entries) {
      if (next.isLike(folder)) return;
      const identities = await identitiesOf(entries);
      if (identities.size > WORTH_FROM_FILES) next.prepare(folder, identities);
    },
  };
}

async function moveTo(folder: string, temporary: string): Promise<void> {
  await rename(temporary, folder).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error; // another process was faster
    await remove(temporary);
  });
}

async function addFolders(folder: string, entries: ZipEntry[]): Promise<void> {
  for (const path of new Set(entries.map((entry) => dirname(entry.path)))) await mkdir(join(folder, path), { recursive: true, mode: 0o755 });
}

/** And the folders that have nothing in them without it. */
async function removeFile(folder: string, path: string): Promise<void> {
  await unlink(join(folder, path));
  for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
    if (!(await rmdir(join(folder, parent)).then(() => true, () => false))) return;
  }
}

/** Of its files; empty for a package so small that looking is not worth it. */
async function identitiesOf(entries: ZipEntry[]): Promise<Identities> {
  const identities: Identities = new Map();
  const files = entries.filter((entry) => entry.kind === "file");
  if (!worthLooking(files)) return identities;
  for (const [index, entry] of files.entries()) {
    identities.set(entry.path, entry.identity());
    if (index % SLICE === SLICE - 1) await turn();
  }
  return identities;
}

/** `there`: the files that the folder has already. */
async function fill(folder: string, entries: ZipEntry[], identities: Identities, there: ReadonlyMap<string, string>, same: SameFiles): Promise<void> {
  await chmod(folder, 0o755); // mkdtemp makes it private; functions run as another user
  await makeFolders(folder, entries, identities, there);
  const missing = entries.filter(({ kind, path }) => kind === "file" && (there.size === 0 || there.get(path) !== identities.get(path)));
  const fresh: ZipEntry[] = [];
  for (const [index, entry] of missing.entries()) {
    const identity = identities.get(entry.path);
    // The bytes of what is linked were checked when they were written, and count in the plan's sum.
    if (identity === undefined || !same.link(identity, join(folder, entry.path))) fresh.push(entry);
    if (index % SLICE === SLICE - 1) await turn();
  }
  await write(folder, fresh);
  // Links last: nothing is ever written through one.
  for (const entry of entries) if (entry.kind === "link") await symlink(entry.target!, join(folder, entry.path));
}

/** Takes away what another package had there, and makes the folders that it had not. */
async function makeFolders(folder: string, entries: ZipEntry[], identities: Identities, there: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, identity] of there) if (identities.get(path) !== identity) await unlink(join(folder, path));
  const wanted = withParents(entries.map((entry) => (entry.kind === "directory" ? entry.path : dirname(entry.path))));
  const before = withParents([...there.keys()].map((path) => dirname(path)));
  // A parent comes after what is in it, the other way around it would not be empty.
  for (const path of [...before].sort().reverse()) if (!wanted.has(path)) await rmdir(join(folder, path));
  for (const path of wanted) if (!before.has(path)) await mkdir(join(folder, path), { recursive: true, mode: 0o755 });
}

function withParents(paths: Iterable<string>): Set<string> {
  const all = new Set<string>();
  for (let path of paths) for (; path !== "." && !all.has(path); path = dirname(path)) all.add(path);
  return all;
}

async function write(folder: string, files: ZipEntry[]): Promise<void> {
  let next = 0;
  let writtenBytes = 0;
  const worker = async () => {
    for (let entry = files[next++]; entry; entry = files[next++]) {
      const path = join(folder, entry.path);
      const bytes = await entry.bytes();
      writtenBytes += bytes.byteLength;
      if (writtenBytes > LAMBDA.unzippedBytesMax) throw new BadCode("unzipped-too-large", `Unzipped size must be smaller than ${LAMBDA.unzippedBytesMax} bytes`);
      await writeFile(path, bytes, { flag: "wx", mode: entry.mode });
      await chmod(path, entry.mode); // whatever this process's umask is
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

const remove = (path: string): Promise<void> => rm(path, { recursive: true, force: true });
