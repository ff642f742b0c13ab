// Paths as they are inside a root file system that is a folder here: links in it lead back into it, never out.
import { lstat, readlink } from "node:fs/promises";
import { join, posix } from "node:path";

/** As many as the kernel follows. */
const LINKS_MAX = 40;

/**
 * Where `path` is on this machine, with every link in it followed as if `root` were "/"; the last part, too, with `last`.
 * What does not exist is where it would be. Undefined: links without end.
 */
export async function inside(root: string, path: string, last: boolean): Promise<string | undefined> {
  let left = path.split("/").filter((part) => part !== "" && part !== ".");
  let at = "/";
  for (let links = 0; left.length;) {
    const part = left.shift()!;
    if (part === "..") { at = posix.dirname(at); continue; }
    const next = posix.join(at, part);
    const found = left.length || last ? await lstat(join(root, next)).catch(() => undefined) : undefined;
    if (!found?.isSymbolicLink()) { at = next; continue; }
    if (++links > LINKS_MAX) return undefined;
    const target = await readlink(join(root, next));
    if (target.startsWith("/")) at = "/";
    left = [...target.split("/").filter((each) => each !== "" && each !== "."), ...left];
  }
  return join(root, at);
}

/** As execvp finds a program. A sentence in Go's words, as AWS's supervisor has them, when it does not. */
export async function whyNotExecutable(root: string, word: string, { path, cwd }: { path: string; cwd: string }): Promise<string | undefined> {
  const candidates = word.includes("/") ? [posix.resolve(cwd, word)] : path.split(":").filter((folder) => folder !== "").map((folder) => posix.join(folder, word));
  let denied = false;
  for (const candidate of candidates) {
    const host = await inside(root, candidate, true);
    const found = host === undefined ? undefined : await lstat(host).catch(() => undefined);
    if (!found) continue;
    if (found.isFile() && (found.mode & 0o111) !== 0) return undefined;
    denied = true;
  }
  if (!word.includes("/")) return `exec: "${word}": executable file not found in $PATH`;
  return `fork/exec ${word}: ${denied ? "permission denied" : "no such file or directory"}`;
}
