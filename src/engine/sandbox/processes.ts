// The processes of this machine as a tree: who descends from whom, what they use; /proc on Linux, ps elsewhere.
// https://man7.org/linux/man-pages/man5/proc.5.html
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";

export interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
}

/**
 * The descendants of `pid`, itself left out, nearest first. Synchronous and cheap for the usual one or two processes; Linux only.
 * `visit` sees each before its children are read: one that is stopped there has no more.
 */
export function descendants(pid: number, visit?: (pid: number) => void): number[] {
  const found: number[] = [];
  const waiting = [pid];
  while (waiting.length > 0 && found.length < 4096) {
    const parent = waiting.shift()!;
    let children: number[] = [];
    try {
      children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    } catch { /* gone, or no such file here */ }
    if (visit) children.forEach(visit);
    found.push(...children);
    waiting.push(...children);
  }
  return found;
}

/** Every living process (zombies are not). */
export async function processTable(): Promise<ProcessRow[]> {
  if (process.platform !== "linux") return tableFromPs();
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const rows = await Promise.all(names.map(async (name) => {
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name in brackets may hold anything
    return stat && state !== "Z" && state !== "X" ? { pid: Number(name), parent: Number(parent), group: Number(group) } : undefined;
  }));
  return rows.filter((row) => row !== undefined);
}

function tableFromPs(): Promise<ProcessRow[]> {
  return new Promise((resolve) => execFile("ps", ["-A", "-o", "pid=,ppid=,pgid=,state="], (_error, stdout) => {
    const rows = String(stdout).split("\n").map((line) => line.trim().split(/\s+/)).filter((columns) => columns.length >= 4 && !columns[3]!.startsWith("Z"));
    resolve(rows.map(([pid, parent, group]) => ({ pid: Number(pid), parent: Number(parent), group: Number(group) })));
  }));
}

/** The process, its descendants and its process group. */
export function treeOf(pid: number, table: ProcessRow[]): number[] {
  const members = new Set(table.filter((row) => row.pid === pid || row.group === pid).map((row) => row.pid));
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const row of table) if (members.has(row.parent)) members.add(row.pid);
  }
  return [...members];
}

/** Those whose environment at start held this variable with a fitting value: finds daemons that cut every other tie. Linux only. */
export async function withVariable(name: string, fits: (value: string) => boolean, table: ProcessRow[]): Promise<number[]> {
  if (process.platform !== "linux") return [];
  const hits = await Promise.all(table.map(async ({ pid }) => {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    return environment.split("\0").some((entry) => entry.startsWith(`${name}=`) && fits(entry.slice(name.length + 1))) ? pid : undefined;
  }));
  return hits.filter((pid) => pid !== undefined);
}

/** Private memory of all, and the largest share of mapped files: forks share those, so adding them up would count them twice. */
export async function memoryBytesOf(pids: number[]): Promise<number> {
  if (process.platform !== "linux") return memoryFromPs(pids);
  let privateKb = 0;
  let mappedKb = 0;
  await Promise.all(pids.map(async (pid) => {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const kb = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
    privateKb += kb("RssAnon");
    mappedKb = Math.max(mappedKb, kb("RssFile"));
  }));
  return (privateKb + mappedKb) * 1024;
}

function memoryFromPs(pids: number[]): Promise<number> {
  if (pids.length === 0) return Promise.resolve(0);
  return new Promise((resolve) => execFile("ps", ["-o", "rss=", "-p", pids.join(",")], (_error, stdout) => {
    resolve(String(stdout).split("\n").reduce((sum, line) => sum + Number(line.trim() || 0), 0) * 1024);
  }));
}

/** Never throws: a process that is gone, or not ours to signal, is not there. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch { /* gone */ }
}

/** The process that is number 2 in its own namespace: under bubblewrap, whose init is number 1, that is the command. */
export function commandUnder(pid: number): number | undefined {
  return descendants(pid).find((candidate) => {
    try {
      return /^NSpid:.*\t2$/m.test(readFileSync(`/proc/${candidate}/status`, "utf8"));
    } catch { return false; }
  });
}
