// Puts a function's code into the slot a running sandbox already sees as /var/task: hard links, so nothing is copied and no mount is needed.
import { readdirSync } from "node:fs";
import { link, mkdir, readdir, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import { CannotAssign } from "./sandbox.ts";

/** Beyond this a fresh sandbox is about as fast: linking costs some 20 µs a file, and unlinking as much. */
const FILES_MAX = 500;

/** By folder. What is in one never changes. */
const counted = new Map<string, boolean>();
const COUNTED_MAX = 10_000;

/** Whether it is worth to put this code into a slot; looks at a folder once, and at no more of it than tells. */
export function fitsSlot(codeDir: string): boolean {
  let fits = counted.get(codeDir);
  if (fits === undefined) {
    if (counted.size >= COUNTED_MAX) counted.clear();
    counted.set(codeDir, (fits = hasAtMost(FILES_MAX, codeDir)));
  }
  return fits;
}

function hasAtMost(most: number, root: string): boolean {
  const folders = [root];
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (++entries > most) return false;
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
    }
  }
  return true;
}

export async function fillSlot(codeDir: string, slot: string): Promise<void> {
  const entries = await readdir(codeDir, { recursive: true, withFileTypes: true });
  if (entries.length > FILES_MAX) throw new CannotAssign(`${entries.length} files are more than ${FILES_MAX}`);
  // A recursive readdir lists a folder before what is in it.
  for (const entry of entries) if (entry.isDirectory()) await mkdir(placed(entry.parentPath, entry.name));
  await Promise.all(entries.filter((entry) => !entry.isDirectory()).map(async (entry) => {
    const from = join(entry.parentPath, entry.name);
    const to = placed(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) await symlink(await readlink(from), to);
    else await link(from, to).catch((error: NodeJS.ErrnoException) => { throw new CannotAssign(`${entry.name}: ${error.code}`); }); // EXDEV, EMLINK, EPERM (fs.protected_hardlinks)
  }));

  function placed(parent: string, name: string): string {
    return join(slot, parent.slice(codeDir.length), name);
  }
}
