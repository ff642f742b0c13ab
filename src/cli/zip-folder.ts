// A folder as a deployment package: file modes and links kept, the same folder gives the same bytes.
import { readdir, readlink, lstat } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";
import { CommandError } from "./terminal.ts";

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
      else if (about.isSymbolicLink()) zip.addBuffer(Buffer.from(await linkInside(folder, path)), path, { mtime: DATE, mode: 0o120777 });
      else if (about.isFile()) zip.addFile(join(folder, path), path, { mtime: DATE, mode: about.mode & 0o111 ? 0o100755 : 0o100644 });
    }
  };
  // A file that cannot be read fails the zip, not its stream.
  const { promise: failed, reject } = Promise.withResolvers<never>();
  zip.on("error", (error) => reject(new CommandError(`cannot zip ${folder}: ${error.message}`)));
  const bytes = buffer(zip.outputStream);
  return Promise.race([failed, add("").then(() => { zip.end(); return bytes; })]);
}

/** Lambda takes no package with a link that leads out of it. */
async function linkInside(folder: string, path: string): Promise<string> {
  const target = await readlink(join(folder, path));
  const leadsTo = normalize(join(dirname(path), target));
  if (isAbsolute(target) || leadsTo === ".." || leadsTo.startsWith("../")) throw new CommandError(`${path} is a link that leads out of ${folder} (to ${target}): put the file itself there`);
  return target;
}
