// A started sandbox, whatever the level: watching, freezing, killing and tidying are the same everywhere.
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { Clock } from "../../kernel/clock.ts";
import { Fault } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Group } from "./cgroup.ts";
import { commandUnder, descendants, memoryBytesOf, processTable, signal, treeOf, withVariable } from "./processes.ts";
import { removeScratch, resizeTmpfs, type Scratch } from "./scratch.ts";
import { fillSlot } from "./code-slot.ts";
import { folderBytes } from "./folder-size.ts";
import { CannotAssign, type Exit, type Running, type SandboxSpec } from "./sandbox.ts";
import type { Watch } from "./watch.ts";

const MB = 1024 * 1024;
/** Far longer than the kernel takes; past it a process hangs in the kernel (a dead network disk) and waiting longer helps nobody. */
const KILL_MS_MAX = 10_000;

export interface Started {
  spec: SandboxSpec;
  child: ChildProcess;
  scratch: Scratch;
  /** In its own pid namespace under bubblewrap: nothing escapes the tree there. */
  contained: boolean;
  group?: Group;
  /** How /tmp is held to its size: by a mounted file system that outlives the process, by one inside the sandbox, or by looking. */
  tmp: "mounted" | "inside" | "watched";
  clock: Clock;
  log: Log;
  watch: Watch;
}

export function makeRunning(started: Started): Running {
  const { spec, child, scratch, contained, group, tmp, clock, log, watch } = started;
  const pid = child.pid!;
  const limits = { memoryMb: spec.memoryMb, tmpMb: spec.tmpMb };
  let codeDir = spec.codeDir;
  let frozen = false;
  let overMemory = false;
  let peakBytes = 0;
  let gone = false;
  let killing: Promise<void> | undefined;
  let looks = 0;

  const members = async (): Promise<number[]> => {
    if (group) return group.processes();
    const table = await processTable();
    const tree = treeOf(pid, table);
    return contained ? tree : [...new Set([...tree, ...(await withVariable(new RegExp(`^TMPDIR=${escapeRegExp(scratch.tmp)}$`), table))])];
  };
  const measure = async () => {
    const used = group ? await group.memoryUsedBytes() : await memoryBytesOf(process.platform === "linux" ? [pid, ...descendants(pid)] : await members());
    peakBytes = Math.max(peakBytes, used);
    return used;
  };
  const check = async () => {
    if (gone || frozen) return;
    if (await measure() > limits.memoryMb * MB) {
      overMemory = true;
      void kill();
    } else if (tmp === "watched" && ++looks % 4 === 0 && await folderBytes(scratch.tmp, limits.tmpMb * MB) > limits.tmpMb * MB) {
      log.warn("a function filled its /tmp and was stopped, for on this isolation level nothing else holds it to its size", { sandbox: spec.id, tmpMb: limits.tmpMb });
      void kill();
    }
  };
  watch.add(check);

  const exited = new Promise<Exit>((resolve) => child.once("exit", async (code, name) => {
    gone = true;
    watch.remove(check);
    const byKernel = group ? (await group.oomKills()) > 0 && code !== 0 : false;
    // bubblewrap and shells pass a signal on as 128 plus its number.
    const passedOn = contained && code !== null && code > 128 ? signalNumbered(code - 128) : undefined;
    resolve({ code: passedOn ? null : code, signal: passedOn ?? name, outOfMemory: overMemory || byKernel });
  }));

  const signalTree = (name: NodeJS.Signals) => {
    if (!contained) signal(-pid, name);
    for (const member of descendants(pid)) signal(member, name);
  };
  const setFrozen = (wanted: boolean) => {
    if (gone || frozen === wanted) return;
    frozen = wanted;
    if (!group?.freeze(wanted)) signalTree(wanted ? "SIGSTOP" : "SIGCONT");
    if (wanted) watch.remove(check);
    else watch.add(check);
  };

  const killTree = async () => {
    const deadline = clock.monotonicMs() + KILL_MS_MAX;
    for (let round = 0; ; round++) {
      if (!gone && !contained) signal(-pid, "SIGKILL");
      await group?.kill();
      if (!group && contained && !gone) for (const member of [...descendants(pid), pid]) signal(member, "SIGKILL");
      const left = group || !contained || gone ? await members() : [];
      for (const member of left) if (member !== process.pid) signal(member, "SIGKILL");
      if (!gone && round > 0) signal(pid, "SIGKILL");
      if (gone && left.length === 0) return;
      if (clock.monotonicMs() > deadline) return log.error("processes of a sandbox could not be killed", { sandbox: spec.id, processes: left });
      if (round === 1) group?.freeze(false); // kernels before 5.14 do not kill what is frozen
      await clock.sleep(Math.min(2 + round, 20));
    }
  };
  const kill = () => (killing ??= killTree());

  return {
    pid,
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    ...(spec.channel ? { channel: child.stdio[3] as Socket } : {}),
    get taskRoot() { return contained ? "/var/task" : (codeDir ?? scratch.slot); },
    tmpDir: contained ? "/tmp" : scratch.tmp,
    ...(tmp === "inside" ? {} : { keptTmp: scratch.tmp }),
    exited,
    async assign(newCodeDir, newLimits) {
      if (codeDir !== undefined) throw new Fault("a sandbox that has code was given other code");
      if (newLimits.tmpMb !== limits.tmpMb) {
        if (tmp === "inside") throw new CannotAssign("the size of /tmp is fixed at start on this isolation level");
        if (tmp === "mounted") await resizeTmpfs(scratch.tmp, newLimits.tmpMb);
      }
      if (contained) await fillSlot(newCodeDir, scratch.slot);
      codeDir = newCodeDir;
      Object.assign(limits, newLimits);
      await group?.setMemory(hardMemoryBytes(limits, tmp));
    },
    limitCpu(memoryMb) {
      group?.limitCpu(memoryMb).catch((cause) => { if (!gone) log.warn("a function's CPU could not be limited", { sandbox: spec.id, cause }); });
    },
    freeze: () => setFrozen(true),
    thaw: () => setFrozen(false),
    terminate() {
      setFrozen(false);
      if (gone) return;
      const main = contained ? commandUnder(pid) : pid;
      if (main !== undefined) signal(main, "SIGTERM");
    },
    kill,
    async memoryPeakBytes() {
      if (!gone) await measure();
      return peakBytes;
    },
    async dispose({ keepTmp = false } = {}) {
      await kill();
      await exited;
      await group?.remove();
      await removeScratch(scratch, { mounted: tmp === "mounted", keepTmp: keepTmp && tmp !== "inside" });
    },
  };
}

/**
 * The kernel's limit leaves room for a full /tmp: a tmpfs is charged to the group of whoever writes it, and AWS does not count it.
 * The watch holds what is not /tmp to the function's own size, a quarter of a second later at most.
 */
export const hardMemoryBytes = (limits: { memoryMb: number; tmpMb: number }, tmp: Started["tmp"]): number => (limits.memoryMb + (tmp === "watched" ? 0 : limits.tmpMb)) * MB;

const signalNumbered = (number: number): NodeJS.Signals | undefined => (Object.entries(constants.signals) as [NodeJS.Signals, number][]).find(([, value]) => value === number)?.[0];
const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
