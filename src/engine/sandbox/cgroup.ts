// Control groups: limits on memory, CPU and processes, freezing and killing, for one folder of groups per data folder.
// https://docs.kernel.org/admin-guide/cgroup-v2.html
import { accessSync, closeSync, mkdirSync, openSync, readFileSync, rmdirSync, writeFileSync, writeSync } from "node:fs";
import { mkdir, readFile, readdir, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import { LAMBDA } from "../../kernel/limits.ts";
import { ownersMark, removeAbandoned } from "./group-owners.ts";
import { CONTROLLERS, hierarchiesOf, type Controller, type Hierarchy } from "./cgroup-layout.ts";

const CPU_PERIOD_US = 100_000;
/** The kernel refuses a quota under a millisecond. */
const CPU_QUOTA_US_MIN = 1000;

export interface Groups {
  /** In words: which controllers, which version. */
  says: string;
  /** Memory is what makes a level; CPU, processes and freezing may be missing and are named here. */
  missing: string[];
  create(id: string, memoryBytes: number): Promise<Group>;
  sweep(): Promise<void>;
  /** Removes the folders the groups were in. */
  close(): Promise<void>;
}

export interface Group {
  /** A process that writes 0 to each of these joins. Never write them from the event loop: it blocks for milliseconds. */
  joinFiles: string[];
  setMemory(bytes: number): Promise<void>;
  limitCpu(memoryMb: number): Promise<void>;
  /** False when there is no freezer here. */
  freeze(frozen: boolean): boolean;
  kill(): Promise<void>;
  processes(): Promise<number[]>;
  oomKills(): Promise<number>;
  /** Without reclaimable file cache and without /tmp (a tmpfs is charged here, but is not the function's memory). */
  memoryUsedBytes(): Promise<number>;
  remove(): Promise<void>;
}

type Places = Partial<Record<Controller, { version: 1 | 2; base: string }>> & { core?: string };

/** Says why when memory cannot be limited here. `name` becomes a folder in every hierarchy. All at once: it is done before anything is served, and waiting for each step would take ten times as long. */
export function openGroups(name: string, clock: Clock): Groups | { missing: string } {
  const [mountinfo, own, mark] = [textNow("/proc/self/mountinfo"), textNow("/proc/self/cgroup"), ownersMark()];
  if (!mountinfo || !own || !mark) return { missing: "control groups need Linux" };
  const hierarchies = hierarchiesOf(mountinfo, own);
  if (hierarchies.length === 0) return { missing: "no control group file system is mounted (/sys/fs/cgroup)" };
  const places: Places = {};
  const refusals: string[] = [];
  for (const hierarchy of hierarchies.sort((a, b) => b.version - a.version)) {
    const offered = hierarchy.version === 2 ? words(textNow(join(hierarchy.mountPoint, "cgroup.controllers"))) : hierarchy.controllers;
    const wanted = CONTROLLERS.filter((controller) => offered.includes(controller) && !places[controller]);
    // An empty v2 tree beside v1 could still freeze, but each hierarchy to join costs a cold start 2 to 5 ms; signals freeze as fast.
    if (wanted.length === 0) continue;
    const base = makeBase(hierarchy, wanted, name, mark);
    if (!base) {
      if (wanted.length > 0) refusals.push(`no group with ${wanted.join(", ")} can be made under ${hierarchy.mountPoint}`);
      continue;
    }
    for (const controller of wanted) places[controller] = { version: hierarchy.version, base };
    if (hierarchy.version === 2) places.core = base;
  }
  if (!places.memory) return { missing: `control groups: ${refusals.join("; ") || "no memory controller"} (run as root, or with a delegated group: systemd-run --user --scope -p Delegate=yes)` };
  const missing = (["cpu", "pids"] as const).filter((controller) => !places[controller]).map((controller) => `control group controller "${controller}"`);
  const says = CONTROLLERS.filter((controller) => places[controller]).map((controller) => `${controller} (v${places[controller]!.version})`).join(", ");
  const bases = [...new Set([...CONTROLLERS.flatMap((controller) => places[controller]?.base ?? []), ...(places.core ? [places.core] : [])])];
  return { says, missing, create: (id, memoryBytes) => createGroup(places, bases, id, memoryBytes, clock), sweep: () => sweepBases(bases, mark, clock), close: async () => { for (const base of bases) removeBase(base, mark); } };
}

/** At the top of the hierarchy as root; else beside this process's own group, where a user session may make groups. */
function makeBase(hierarchy: Hierarchy, wanted: Controller[], name: string, mark: string): string | undefined {
  const parents = [...new Set([hierarchy.mountPoint, join(hierarchy.mountPoint, dirname(hierarchy.own)), join(hierarchy.mountPoint, hierarchy.own)])];
  for (const parent of parents) {
    const base = join(parent, name);
    try {
      mkdirSync(join(base, mark), { recursive: true });
      if (hierarchy.version === 2) {
        const enable = wanted.map((controller) => `+${controller}`).join(" ");
        try {
          writeFileSync(join(parent, "cgroup.subtree_control"), enable);
        } catch { /* already on, or refused: the next line tells */ }
        writeFileSync(join(base, "cgroup.subtree_control"), enable);
      }
      accessSync(join(base, "cgroup.procs"), 2);
      accessSync(join(parent, "cgroup.procs"), 2); // moving a process needs the common ancestor
      return base;
    } catch {
      removeBase(base, mark);
    }
  }
  return undefined;
}

function removeBase(base: string, mark: string): void {
  for (const folder of [join(base, mark), base]) {
    try {
      rmdirSync(folder);
    } catch { /* never made, or still in use */ }
  }
}

async function createGroup(places: Places, bases: string[], id: string, memoryBytes: number, clock: Clock): Promise<Group> {
  const folders = bases.map((base) => join(base, id));
  await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })));
  const memory = { version: places.memory!.version, folder: join(places.memory!.base, id) };
  const core = places.core && join(places.core, id);
  const setMemory = async (bytes: number) => {
    if (memory.version === 2) return put(join(memory.folder, "memory.max"), String(bytes));
    // memory+swap may never be under memory, so which goes first depends on the direction; the second attempt settles it.
    await put(join(memory.folder, "memory.limit_in_bytes"), String(bytes)).catch(() => {});
    await put(join(memory.folder, "memory.memsw.limit_in_bytes"), String(bytes)).catch(() => {});
    await put(join(memory.folder, "memory.limit_in_bytes"), String(bytes));
  };
  const settings = [setMemory(memoryBytes)];
  if (memory.version === 2) settings.push(put(join(memory.folder, "memory.swap.max"), "0").catch(() => {}), put(join(memory.folder, "memory.oom.group"), "1").catch(() => {}));
  if (places.pids) settings.push(put(join(places.pids.base, id, "pids.max"), String(LAMBDA.processesMax)));
  await Promise.all(settings);
  let freezer: number | undefined;
  try {
    if (core) freezer = openSync(join(core, "cgroup.freeze"), "w");
  } catch { /* older than Linux 5.2: signals do it */ }
  const processes = async () => words(await text(join(core ?? memory.folder, "cgroup.procs"))).map(Number);
  return {
    joinFiles: folders.map((folder) => join(folder, "cgroup.procs")),
    setMemory,
    async limitCpu(memoryMb) {
      if (!places.cpu) return;
      const quota = Math.max(CPU_QUOTA_US_MIN, Math.round((memoryMb / LAMBDA.memoryMbPerCpu) * CPU_PERIOD_US));
      const folder = join(places.cpu.base, id);
      if (places.cpu.version === 2) return put(join(folder, "cpu.max"), `${quota} ${CPU_PERIOD_US}`);
      await put(join(folder, "cpu.cfs_period_us"), String(CPU_PERIOD_US));
      await put(join(folder, "cpu.cfs_quota_us"), String(quota));
    },
    freeze(frozen) {
      if (freezer === undefined) return false;
      try {
        writeSync(freezer, frozen ? "1" : "0");
        return true;
      } catch { return false; } // the group is gone: nothing to freeze
    },
    async kill() {
      if (core) await put(join(core, "cgroup.kill"), "1").catch(() => {}); // Linux 5.14; the caller also kills one by one
    },
    processes,
    async oomKills() {
      const counters = await text(join(memory.folder, memory.version === 2 ? "memory.events" : "memory.oom_control"));
      return numberAfter(counters, "oom_kill");
    },
    async memoryUsedBytes() {
      const [current, stat] = await Promise.all([text(join(memory.folder, memory.version === 2 ? "memory.current" : "memory.usage_in_bytes")), text(join(memory.folder, "memory.stat"))]);
      return Math.max(0, Number(current || 0) - numberAfter(stat, "shmem") - numberAfter(stat, "inactive_file"));
    },
    async remove() {
      if (freezer !== undefined) closeSync(freezer);
      freezer = undefined;
      for (const folder of folders) await removeGroup(folder, clock);
    },
  };
}

/** Groups of a platform that was killed: their processes first, then they. Those of other data folders, which may never be opened again, only when they are empty. */
async function sweepBases(bases: string[], mark: string, clock: Clock): Promise<void> {
  for (const base of bases) {
    for (const entry of await readdir(base, { withFileTypes: true }).catch(() => [])) {
      if (!entry.isDirectory() || entry.name === mark) continue;
      const folder = join(base, entry.name);
      await put(join(folder, "cgroup.freeze"), "0").catch(() => {});
      for (const pid of words(await text(join(folder, "cgroup.procs"))).map(Number)) if (pid > 0) try { process.kill(pid, "SIGKILL"); } catch { /* gone */ }
      await removeGroup(folder, clock);
    }
  }
  void removeAbandoned(bases); // nobody waits for it
}

/** The kernel frees a group a moment after its last process; five seconds is far beyond that moment. */
async function removeGroup(folder: string, clock: Clock): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return await rmdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      await clock.sleep(attempt < 10 ? 5 : 50);
    }
  }
}

function textNow(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

const text = (path: string): Promise<string | undefined> => readFile(path, "utf8").catch(() => undefined);
const put = (path: string, value: string): Promise<void> => writeFile(path, value);
const words = (content: string | undefined): string[] => (content ?? "").split(/\s+/).filter(Boolean);
const numberAfter = (content: string | undefined, key: string): number => Number(new RegExp(`^${key} (\\d+)$`, "m").exec(content ?? "")?.[1] ?? 0);
