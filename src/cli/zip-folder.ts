// A folder as a deployment package: file modes and links kept, the same folder gives the same bytes.
import { readdir, readlink, lstat } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** Never part of a function. */
const LEFT_OUT = new Set([".git", ".DS_Store", ".evoke", "evoke-data", "__pycache__"]);
/** One date for every entry, so that unchanged files keep their CodeSha256. */
const DATE = new Date(Date.UTC(2020, 0, 1));

export async function zipFolder(folder: string): Promise<Uint8Array> {
  const zip = new ZipFile();
  const add = async (relative: string): Promise<void> => {
    for (const name of (await readdir(join(folder, relative))).sort()) {
      if (LEFT_OUT.has(name)) continue;
      const path = relative ? `${relative}/${name}` : name;
      const about = await lstat(join(folder, path));
      if (about.isDirectory()) await add(path);
      else if (about.isSymbolicLink()) zip.addBuffer(Buffer.from(await readlink(join(folder, path))), path, { mtime: DATE, mode: 0o120777 });
      else if (about.isFile()) zip.addFile(join(folder, path), path, { mtime: DATE, mode: about.mode & 0o111 ? 0o100755 : 0o100644 });
    }
  };
  const bytes = buffer(zip.outputStream);
  await add("");
  zip.end();
  return bytes;
}
