// The folder of one sandbox on the host: DATA/sandboxes/ID with its /tmp and, where it was started before its function was known, the slot its code goes to.
import { execFile } from "node:child_process";
import { chmod, chown, mkdir, readFile, readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../kernel/errors.ts";

export interface Scratch {
  folder: string;
  /** On the host. */
  tmp: string;
  slot: string;
  optSlot: string;
  hosts: string;
}

export async function makeScratch(root: string, id: string, options: { slot: boolean; tmp?: string; owner?: { uid: number; gid: number }; traversable: boolean }): Promise<Scratch> {
  const folder = join(root, id);
  const tmp = options.tmp ?? join(folder, "tmp");
  const slot = join(folder, "task");
  const optSlot = join(folder, "opt");
  await mkdir(folder, { recursive: true, mode: options.traversable ? 0o711 : 0o700 });
  if (options.tmp === undefined) await mkdir(tmp, { recursive: true, mode: 0o700 });
  if (options.owner) await chown(tmp, options.owner.uid, options.owner.gid);
  if (options.slot) {
    await Promise.all([slot, optSlot].map((path) => mkdir(path, { recursive: true })));
    await Promise.all([slot, optSlot].map((path) => chmod(path, 0o755)));
  }
  return { folder, tmp, slot, optSlot, hosts: join(folder, "hosts") };
}

/** Removes the folder, and the /tmp unless it is kept; a /tmp taken over from an earlier sandbox goes with that one's empty folder. */
export async function removeScratch(scratch: Scratch, options: { mounted: boolean; keepTmp: boolean }): Promise<void> {
  if (!options.keepTmp) {
    if (options.mounted) await unmount(scratch.tmp);
    await rm(scratch.tmp, { recursive: true, force: true });
    await rmdir(join(scratch.tmp, "..")).catch(() => {}); // the owner's folder, unless something else is in it
  }
  for (const path of [scratch.slot, scratch.optSlot, scratch.hosts]) await rm(path, { recursive: true, force: true });
  await rmdir(scratch.folder).catch(() => {}); // stays while it holds a kept /tmp
}

/** What a killed platform left: mounts first, then folders. */
export async function sweepScratch(root: string): Promise<void> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  const left = mounts.split("\n").map((line) => unescape(line.split(" ")[4] ?? "")).filter((point) => point.startsWith(`${root}/`));
  for (const point of left) await unmount(point);
  for (const name of await readdir(root).catch(() => [])) await rm(join(root, name), { recursive: true, force: true });
}

/** The command that mounts a memory file system of exactly this size, for the launching shell. */
export const mountTmpfs = (folder: string, tmpMb: number, uid: number, gid: number): string[] =>
  ["mount", "-t", "tmpfs", "-o", `size=${tmpMb}m,mode=1777,uid=${uid},gid=${gid},nosuid,nodev`, "tmpfs", folder];

export async function resizeTmpfs(folder: string, tmpMb: number): Promise<void> {
  await run("mount", ["-o", `remount,size=${tmpMb}m`, folder]);
}

/** Lazily: a process that is only just gone must not make it fail. */
export async function unmount(folder: string): Promise<void> {
  await run("umount", ["-l", folder]).catch(() => {}); // never mounted, or already gone
}

export function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => execFile(command, args, { timeout: 10_000 }, (error, stdout, stderr) => {
    if (error) reject(new Fault(`${command} failed: ${stderr.trim() || error.message}`, error));
    else resolve(stdout);
  }));
}

/** mountinfo writes blanks and backslashes as octal. */
const unescape = (field: string): string => field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
