// Whose a folder of control groups is: an empty group in it names the process, so that what a killed platform left behind can be told from what is in use.
import { readFileSync, readlinkSync } from "node:fs";
import { readdir, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const MARK = /^owner-(\d+)-(\d+)-(\d+)$/;
/** Folders of groups are named so, in every hierarchy. */
export const FOLDER_PREFIX = "evoke-";

/** "owner-NAMESPACE-PID-START": numbers are of a PID namespace, and used again, but not with the same start time. Undefined where there is no /proc. */
export function ownersMark(pid: number | "self" = "self"): string | undefined {
  try {
    const [namespace, stat] = [readlinkSync("/proc/self/ns/pid"), readFileSync(`/proc/${pid}/stat`, "utf8")];
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]; // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, field 22
    return `owner-${/\d+/.exec(namespace)![0]}-${parseInt(stat, 10)}-${start}`;
  } catch {
    return undefined;
  }
}

/** Removes the folders beside these whose owners are gone and that hold no process. One without a mark, or with one of another PID namespace, may be in use. */
export async function removeAbandoned(folders: string[]): Promise<void> {
  const own = ownersMark();
  for (const folder of folders) await removeBeside(folder, own);
}

async function removeBeside(folder: string, own: string | undefined): Promise<void> {
  const parent = dirname(folder);
  for (const name of await foldersIn(parent)) {
    if (!name.startsWith(FOLDER_PREFIX) || name === basename(folder)) continue;
    const groups = await foldersIn(join(parent, name));
    const marks = groups.filter((group) => MARK.test(group));
    if (marks.length === 0 || marks.some((mark) => mayLive(mark, own))) continue;
    // The kernel refuses to remove what holds a process or another group; whoever takes the folder up meanwhile has put a mark into it.
    for (const group of groups) await rmdir(join(parent, name, group)).catch(() => {});
    await rmdir(join(parent, name)).catch(() => {});
  }
}

function mayLive(mark: string, own: string | undefined): boolean {
  const [, namespace, pid] = MARK.exec(mark)!;
  return own === undefined || MARK.exec(own)![1] !== namespace || ownersMark(Number(pid)) === mark;
}

const foldersIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { withFileTypes: true }).catch(() => [])).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
