// The layers of a function as the one folder it sees as /opt: laid over one another once per list of layers, under DATA/opt.
// https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html ("in the order that you added them": later ones win)
import { createHash } from "node:crypto";
import { copyFile, link, lstat, mkdir, mkdtemp, readdir, readlink, rename, rm, chmod, stat, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { Fault } from "../../kernel/errors.ts";

export interface Layers {
  /** The folder for these layers (code ids, in order); made when it is missing. */
  folder(ids: readonly string[]): Promise<string>;
  /** Forgets what stands on a layer that is not wanted anymore. */
  keepOnly(wanted: (id: string) => boolean): Promise<void>;
}

/** `codeDir`: the unpacked code of one layer. */
export function openLayers(dataDir: string, codeDir: (id: string) => Promise<string>): Layers {
  const root = join(dataDir, "opt");
  const made = new Map<string, { ids: readonly string[]; folder: Promise<string> }>();
  const swept = rm(root, { recursive: true, force: true }); // an earlier process's: quickly made again

  return {
    folder(ids) {
      if (ids.length === 1) return codeDir(ids[0]!);
      const key = createHash("sha256").update(ids.join(" ")).digest("hex");
      const known = made.get(key);
      if (known) return known.folder;
      const folder = swept.then(() => layOver(root, join(root, key), ids, codeDir));
      made.set(key, { ids, folder });
      folder.catch(() => made.delete(key));
      return folder;
    },
    async keepOnly(wanted) {
      for (const [key, { ids, folder }] of made) {
        if (ids.every(wanted)) continue;
        made.delete(key);
        await folder.then((path) => rm(path, { recursive: true, force: true }), () => {});
      }
    },
  };
}

/** Beside its place first, then renamed: a folder under its final name is always whole. */
async function layOver(root: string, target: string, ids: readonly string[], codeDir: (id: string) => Promise<string>): Promise<string> {
  let temporary: string | undefined;
  try {
    await mkdir(root, { recursive: true });
    temporary = await mkdtemp(join(root, "making-"));
    await chmod(temporary, 0o755); // mkdtemp makes it private; functions run as another user
    for (const id of ids) await add(await codeDir(id), temporary);
    await rename(temporary, target);
    return target;
  } catch (error) {
    if (temporary) await rm(temporary, { recursive: true, force: true });
    throw error instanceof Fault ? error : new Fault("A function's layers could not be laid over one another", error);
  }
}

async function add(from: string, to: string): Promise<void> {
  // A recursive readdir lists a folder before what is in it, and does not follow links; so a folder here is a folder there before anything is put into it.
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name);
    const path = join(to, relative(from, source));
    const there = await lstat(path).catch(() => undefined);
    if (entry.isDirectory()) {
      if (there?.isDirectory()) continue;
      if (there) await rm(path);
      await mkdir(path);
      await chmod(path, (await stat(source)).mode & 0o777);
      continue;
    }
    if (there) await rm(path, { recursive: true });
    if (entry.isSymbolicLink()) await symlink(await readlink(source), path);
    else await link(source, path).catch(() => copyFile(source, path).then(async () => chmod(path, (await stat(source)).mode & 0o777))); // another file system, or too many links
  }
}
