// Puts a function's code into the slot a running sandbox already sees as /var/task: hard links, so nothing is copied and no mount is needed.
import { link, mkdir, readdir, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import { CannotAssign } from "./sandbox.ts";

/** Beyond this a fresh sandbox is about as fast: linking costs some 20 µs a file, and such a function is slow to load anyway. */
const FILES_MAX = 2000;

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
