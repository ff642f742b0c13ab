// How much a folder holds, asked without letting a hostile tree keep the platform busy.
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

const ENTRIES_MAX = 20_000;

/** Bytes on disk, counted until they pass `enough`; more than ENTRIES_MAX entries count as Infinity, for that is a full file system too. */
export async function folderBytes(folder: string, enough: number): Promise<number> {
  let bytes = 0;
  let seen = 0;
  const waiting = [folder];
  while (waiting.length > 0 && bytes <= enough) {
    const current = waiting.pop()!;
    for (const entry of await readdir(current, { withFileTypes: true }).catch(() => [])) {
      if (++seen > ENTRIES_MAX) return Infinity;
      const path = join(current, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      else bytes += ((await lstat(path).catch(() => undefined))?.blocks ?? 0) * 512;
    }
  }
  return bytes;
}
