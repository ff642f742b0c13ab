// A started sandbox, whatever the level: watching, freezing, killing and tidying are the same everywhere.
import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { Clock } from "../../kernel/clock.ts";
import { Fault } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Group } from "./cgroup.ts";
import { killTree, signalTree } from "./kill.ts";
import { holdsPeer } from "./peer.ts";
import { commandUnder, descendants, signal } from "./processes.ts";
import { becomeCommand } from "./bubblewrap.ts";
import { hostPath, hostVariables } from "./plain.ts";
import { exitOfStatus, openParts, type Parts } from "./parts.ts";
import { removeScratch, resizeTmpfs, type Scratch } from "./scratch.ts";
import { fillSlot } from "./code-slot.ts";
import { CannotAssign, type Exit, type Running, type SandboxSpec } from "./sandbox.ts";
import { hardMemoryBytes, watchUsage, type Limits } from "./usage.ts";
import type { Watch } from "./watch.ts";

export interface Started {
  spec: SandboxSpec;
  child: ChildProcess;
  stdout: Readable;
  stderr: Readable;
  partsOutput?: Readable;
  /** What starts these in a container image. */
  program?: ((name: "env" | "sh") => string[]) | undefined;
  scratch: Scratch;
  /** Whether what it sees as /opt is still to be filled. */
  optSlot: boolean;
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
  const { spec, child, stdout, stderr, scratch, contained, group, tmp, log, watch } = started;
  const pid = child.pid!;
  const limits: Limits = { memoryMb: spec.memoryMb, tmpMb: spec.tmpMb };
  let codeDir = spec.codeDir;
  let frozen = false;
  let overMemory = false;
  let gone = false;
  let killing: Promise<void> | undefined;
  const usage = watchUsage(started, limits, (why) => {
    overMemory ||= why === "memory";
    void kill();
  });
  const check = usage.check;
  if (spec.argv.length > 0 || spec.parts) watch.add(check); // one that waits for its command uses nothing

  const exited = new Promise<Exit>((resolve) => child.once("exit", async (code, name) => {
    gone = true;
    watch.remove(check);
    void kill(); // what it left running ends with it, now: later its number may be another process's
    const exit = await exitOf(started, code, name, overMemory);
    parts?.end(exit);
    resolve(exit);
  }));
  const parts = started.partsOutput && partsOf(started, () => overMemory);

  const setFrozen = (wanted: boolean) => {
    if (gone || frozen === wanted) return;
    frozen = wanted;
    if (!group?.freeze(wanted)) signalTree(started, wanted ? "SIGSTOP" : "SIGCONT");
    if (wanted) watch.remove(check);
    else watch.add(check);
  };

  const kill = () => (killing ??= killTree(started, () => gone).catch((cause) => log.error("a sandbox could not be killed", { sandbox: spec.id, cause })));

  return {
    pid,
    stdout,
    stderr,
    ...(spec.channel ? { channel: child.stdio[3] as Socket } : {}),
    ...(parts ? { parts } : {}),
    get taskRoot() { return contained ? "/var/task" : (codeDir ?? scratch.slot); },
    tmpDir: contained ? "/tmp" : scratch.tmp,
    ...(tmp === "inside" ? {} : { keptTmp: scratch.tmp }),
    exited,
    async assign(newCodeDir, newLimits, optDir) {
      if (codeDir !== undefined) throw new Fault("a sandbox that has code was given other code");
      await assignTo(started, newCodeDir, optDir, limits, newLimits);
      codeDir = newCodeDir;
      Object.assign(limits, newLimits);
    },
    exec(argv, env) {
      if (gone) return; // `exited` tells
      child.stdin!.end(becomeCommand(argv, env));
      watch.add(check);
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
    holdsPeer: async (connection) => holdsPeer(connection, group ? await group.processes() : [pid, ...descendants(pid)]),
    memoryPeakBytes: () => usage.peakBytes(!gone),
    async dispose({ keepTmp = false } = {}) {
      await kill();
      await exited;
      await group?.remove();
      await removeScratch(scratch, { mounted: tmp === "mounted", keepTmp: keepTmp && tmp !== "inside" });
    },
  };
}

async function exitOf({ contained, group }: Started, code: number | null, signalName: NodeJS.Signals | null, overMemory: boolean): Promise<Exit> {
  const byKernel = group !== undefined && code !== 0 && (await group.oomKills()) > 0;
  // bubblewrap passes a signal on as 128 plus its number.
  const passedOn = contained && code !== null ? exitOfStatus(code).signal : null;
  return { code: passedOn ? null : code, signal: passedOn ?? signalName, outOfMemory: overMemory || byKernel };
}

/** The processes' variables and words as this level shows the paths in them. */
function partsOf(started: Started, overMemory: () => boolean): Parts {
  const { spec, child, scratch, contained, group, partsOutput, program } = started;
  const parts = openParts({
    input: child.stdin!, reports: child.stdio[4] as Readable, output: partsOutput!, program,
    outOfMemory: async () => overMemory() || (group !== undefined && (await group.oomKills()) > 0),
  });
  const seen = (env: Record<string, string>) => (contained ? { PWD: spec.workingDirectory ?? "/var/task", ...env } : { PWD: spec.codeDir!, ...hostVariables(env, spec), TMPDIR: scratch.tmp });
  return { ...parts, start: (argv, env, to) => parts.start(contained ? argv : argv.map((word) => hostPath(word, spec)), seen(env), to) };
}

async function assignTo({ scratch, optSlot, contained, group, tmp }: Started, codeDir: string, optDir: string | undefined, before: Limits, limits: Limits): Promise<void> {
  if (optDir && !optSlot) throw new CannotAssign("it cannot be given an /opt anymore");
  if (limits.tmpMb !== before.tmpMb) {
    if (tmp === "inside") throw new CannotAssign("the size of /tmp is fixed at start on this isolation level");
    if (tmp === "mounted") await resizeTmpfs(scratch.tmp, limits.tmpMb);
  }
  const memoryBytes = hardMemoryBytes(limits, tmp);
  await Promise.all([contained && fillSlot(codeDir, scratch.slot), optDir && fillSlot(optDir, scratch.optSlot), memoryBytes !== hardMemoryBytes(before, tmp) && group?.setMemory(memoryBytes)]);
}
