// Finds the best way to keep functions apart that works on this machine, by running one throw-away sandbox on each level, best first.
import { createHash } from "node:crypto";
import { accessSync, constants, realpathSync } from "node:fs";
import { chmod, mkdir, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import type { Clock } from "../../kernel/clock.ts";
import { Fault } from "../../kernel/errors.ts";
import { HEX, type Ids } from "../../kernel/ids.ts";
import type { Log } from "../../kernel/log.ts";
import { bubblewrapCommand, refreshNetworkFiles, sharesOpt, systemArguments, writeHosts, type View } from "./bubblewrap.ts";
import { openGroups, type Groups } from "./cgroup.ts";
import { FOLDER_PREFIX } from "./group-owners.ts";
import { broughtAlong, gatherTools, imageCommand, type Tools } from "./image-root.ts";
import { launch } from "./launch.ts";
import { openPipes, type Pipes } from "./pipes.ts";
import { pastLaunchers } from "./past-launchers.ts";
import { plainCommand, plainEnvironment } from "./plain.ts";
import { processTable, signal, withVariable } from "./processes.ts";
import { makeRunning, type Started } from "./running.ts";
import { SANDBOX_GID, SANDBOX_UID, type Running, type Sandbox, type SandboxSpec } from "./sandbox.ts";
import { makeScratch, mountTmpfs, removeScratch, run, sweepScratch, unmount } from "./scratch.ts";
import { hardMemoryBytes } from "./usage.ts";
import { openWatch, type Watch } from "./watch.ts";

export interface SandboxOptions {
  isolation: "auto" | "bubblewrap" | "uid" | "none";
  dataDir: string;
  clock: Clock;
  ids: Ids;
  log: Log;
}

/** One way of starting processes; a level is a way and whether there are control groups. */
interface Way {
  view?: View;
  ownUids: boolean;
  setpriv?: string;
}

interface Place {
  root: string;
  /** What starts a container image; gathered at the first. */
  tools(): Promise<Tools>;
  groups?: Groups;
  /** Whether a memory file system can be mounted for /tmp. */
  mounts: boolean;
  pipes: Pipes;
  watch: Watch;
  clock: Clock;
  log: Log;
}

/** Uids of level 3, one per environment: a range where ordinary systems have no accounts and rootless containers still have numbers. */
const FIRST_UID = 40_000;
const UIDS = 20_000;
const SYSTEM_FOLDERS = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

export async function openSandbox({ isolation, dataDir, clock, ids, log }: SandboxOptions): Promise<Sandbox> {
  await mkdir(join(dataDir, "sandboxes"), { recursive: true, mode: 0o711 });
  const root = realpathSync(join(dataDir, "sandboxes"));
  const isRoot = process.getuid?.() === 0;
  const [bwrap, setpriv] = [program("bwrap"), program("setpriv")];
  const pipes = openPipes(join(root, "..", "sandbox-pipes"));
  const mounting = isRoot && canMount(root, ids);
  const gathering = process.platform === "linux" && bwrap !== undefined && (isolation === "auto" || isolation === "bubblewrap") ? systemArguments(join(root, "..", "sandbox-etc")) : undefined;
  gathering?.catch(() => {}); // awaited below
  const groupsOrNot = openGroups(`${FOLDER_PREFIX}${createHash("sha256").update(root).digest("hex").slice(0, 12)}`, clock);
  const groups = "create" in groupsOrNot ? groupsOrNot : undefined;
  const noGroups = "create" in groupsOrNot ? [] : [groupsOrNot.missing];
  let tools: Promise<Tools> | undefined;
  const place: Place = { root, tools: () => (tools ??= gatherTools(join(root, "..", "sandbox-tools"), setpriv ?? "/usr/bin/env")), ...(groups ? { groups } : {}), mounts: await mounting, pipes, watch: openWatch(clock, log), clock, log };
  const missing: string[] = [];
  const attempt = async (way: Way, name: string): Promise<Way | undefined> => {
    const failure = await probe(way, place, ids);
    if (failure === undefined) return way;
    missing.push(`${name}: ${failure}`);
    return undefined;
  };

  let way: Way | undefined;
  if (isolation === "auto" || isolation === "bubblewrap") {
    if (process.platform !== "linux") missing.push("bubblewrap: Linux");
    else if (!bwrap) missing.push("bubblewrap: the program bwrap (install the package bubblewrap)");
    else way = await bubblewrapWay({ bwrap, base: await gathering!, etcDir: join(root, "..", "sandbox-etc") }, setpriv, isRoot, attempt);
    if (!way && isolation === "bubblewrap") throw new Fault(`--isolation bubblewrap is not possible here. Missing: ${missing.join("; ")}`);
  }
  if (!way && isolation !== "none") {
    if (!isRoot) missing.push("a uid of its own: root");
    else if (!setpriv) missing.push("a uid of its own: the program setpriv (package util-linux)");
    else {
      await chmod(dataDir, 0o711); // other uids pass through to their own folders; what is not theirs is private by itself
      way = await attempt({ ownUids: true, setpriv }, "a uid of its own");
    }
    if (!way && isolation === "uid") throw new Fault(`--isolation uid is not possible here. Missing: ${missing.join("; ")}`);
  }
  if (!way) {
    way = setpriv ? await attempt({ ownUids: false, setpriv }, "setpriv") : undefined;
    way ??= { ownUids: false };
    const failure = await probe(way, place, ids);
    if (failure !== undefined) throw new Fault(`no process can be started: ${failure}`);
  }
  const level = way.view ? (groups ? 1 : 2) : way.ownUids ? 3 : 4;
  const chosen = way;
  return {
    level,
    description: describe(level, groups),
    missing: level === 1 ? [...groups!.missing] : [...missing, ...noGroups, ...(groups?.missing ?? [])],
    start: (spec) => startWith(chosen, place, spec),
    sweep: () => sweep(place),
    async close() {
      await groups?.close();
      await place.pipes.close();
      for (const name of ["sandbox-etc", "sandbox-tools"]) await rm(join(root, "..", name), { recursive: true, force: true });
      await rmdir(root).catch(() => {}); // not empty: a /tmp was kept
    },
  };
}

async function bubblewrapWay(system: { bwrap: string; base: string[]; etcDir: string }, setpriv: string | undefined, isRoot: boolean, attempt: (way: Way, name: string) => Promise<Way | undefined>): Promise<Way | undefined> {
  const asRoot = isRoot && setpriv ? await attempt({ view: { by: "root", setpriv, ...system }, ownUids: false }, "bubblewrap as root") : undefined;
  return asRoot ?? attempt({ view: { by: "user", ...system }, ownUids: false }, "bubblewrap in a user namespace");
}

function describe(level: 1 | 2 | 3 | 4, groups: Groups | undefined): string {
  const limits = groups ? `limits by control groups (${groups.says})` : "memory watched, CPU and process count not limited";
  if (level <= 2) return `level ${level}: bubblewrap (own view of files and processes), ${limits}`;
  return level === 3 ? `level 3: plain processes, each with its own uid, ${limits}` : `level 4: plain processes that can read and do what Evoke itself can, ${limits}`;
}

let nextUid = 0;

async function startWith(way: Way, place: Place, spec: SandboxSpec): Promise<Running> {
  const { root, groups, mounts, pipes, watch, clock, log } = place;
  if (spec.network === "none" && !way.view) throw new Fault("--network none needs bubblewrap: this isolation level cannot cut a function off the network");
  const waits = spec.argv.length === 0;
  if (waits && !spec.parts && !way.view) throw new Fault("a sandbox that waits for its command needs bubblewrap");
  if (spec.rootDir !== undefined && !way.view) throw new Fault("a container image needs bubblewrap: this isolation level cannot show its root file system");
  const tools = spec.rootDir === undefined ? undefined : await place.tools();
  const tmp: Started["tmp"] = mounts ? "mounted" : way.view ? "inside" : "watched";
  const uid = way.ownUids ? (spec.tmpDir ? (await stat(spec.tmpDir)).uid : FIRST_UID + (nextUid++ % UIDS)) : undefined;
  const owner = way.view?.by === "root" ? { uid: SANDBOX_UID, gid: SANDBOX_GID } : uid !== undefined ? { uid, gid: uid } : undefined;
  const scratch = await makeScratch(root, spec.id, { slot: spec.codeDir === undefined && !tools, traversable: way.ownUids, ...(spec.tmpDir ? { tmp: spec.tmpDir } : {}), ...(owner ? { owner } : {}) });
  if (way.view) refreshNetworkFiles(way.view.etcDir);
  if (way.view && spec.address) writeHosts(way.view.etcDir, scratch.hosts, spec.address);
  const opt = spec.optDir ?? (way.view && spec.codeDir === undefined && !tools && !sharesOpt(spec.readOnlyPaths) ? scratch.optSlot : undefined);
  const group = await groups?.create(spec.id, hardMemoryBytes(spec, tmp));
  try {
    const image = tools && imageCommand(way.view!, tools, { ...spec, rootDir: spec.rootDir! }, { ...(spec.address ? { hosts: scratch.hosts } : {}), ...(tmp === "inside" ? {} : { tmp: scratch.tmp }) });
    const cwd = way.view ? "/" : (spec.codeDir ?? scratch.slot);
    const given = { PWD: way.view ? "/var/task" : cwd, ...(way.view ? spec.env : plainEnvironment(spec, scratch.tmp)) };
    const past = waits ? { argv: [], env: way.view ? {} : { TMPDIR: scratch.tmp } } : pastLaunchers(spec.argv, given);
    const hidden = { ...spec, argv: past.argv };
    const launched = await launch({
      command: image ? image.command : way.view ? bubblewrapCommand(way.view, hidden, { code: spec.codeDir ?? scratch.slot, ...(opt ? { opt } : {}), ...(spec.address ? { hosts: scratch.hosts } : {}), ...(tmp === "inside" ? {} : { tmp: scratch.tmp }) }) : plainCommand(spec.parts ? { ...spec, argv: ["/bin/sh"] } : hidden, { ...(way.setpriv ? { setpriv: way.setpriv } : {}), ...(uid === undefined ? {} : { uid }) }),
      // A plain process is recognised by its TMPDIR, from the first moment on.
      env: { PATH: SYSTEM_FOLDERS.join(":"), ...(image ? {} : past.env), ...(way.view ? {} : { TMPDIR: scratch.tmp }) },
      cwd,
      channel: spec.channel || image !== undefined, input: waits, parts: spec.parts === true, pipes,
      joinFiles: group?.joinFiles ?? [],
      ...(tmp === "mounted" && !spec.tmpDir ? { mount: mountTmpfs(scratch.tmp, spec.tmpMb, owner?.uid ?? 0, owner?.gid ?? 0) } : {}),
    });
    if (image) (launched.child.stdio[3] as Writable).end(image.args);
    return makeRunning({ spec, ...launched, program: tools && ((name) => broughtAlong(tools, name)), scratch, optSlot: opt === scratch.optSlot, contained: way.view !== undefined, ...(group ? { group } : {}), tmp, clock, log, watch });
  } catch (error) {
    await group?.remove();
    await removeScratch(scratch, { mounted: tmp === "mounted", keepTmp: false });
    throw error;
  }
}

/** Undefined when a sandbox started this way runs a command, and reaches its own folder by name; else why not. */
async function probe(way: Way, place: Place, ids: Ids): Promise<string | undefined> {
  const id = `probe-${ids.token(8, HEX)}`;
  let running: Running | undefined;
  try {
    running = await startWith(way, place, { id, argv: ["/bin/sh", "-c", "cd \"$(pwd -P)\" && echo works"], env: { PATH: "/usr/bin:/bin" }, runtimeDir: place.root, readOnlyPaths: [], memoryMb: 128, tmpMb: 16, network: "shared", channel: false });
    const [out, errors, exit] = await Promise.all([running.stdout.toArray(), running.stderr.toArray(), running.exited]);
    if (exit.code === 0 && Buffer.concat(out).toString() === "works\n") return undefined;
    return Buffer.concat(errors).toString().trim().split("\n").at(-1) || `it exited with ${exit.code ?? exit.signal}`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await running?.dispose();
  }
}

async function canMount(root: string, ids: Ids): Promise<boolean> {
  const folder = join(root, `mount-${ids.token(8, HEX)}`);
  try {
    await mkdir(folder);
    const [command, ...args] = mountTmpfs(folder, 1, 0, 0);
    await run(command!, args);
    return true;
  } catch {
    return false; // a container without CAP_SYS_ADMIN, or not Linux
  } finally {
    await unmount(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

async function sweep({ root, groups }: Place): Promise<void> {
  await groups?.sweep();
  const strays = await withVariable("TMPDIR", (value) => value.startsWith(`${root}/`), await processTable());
  for (const pid of strays) if (pid !== process.pid) signal(pid, "SIGKILL");
  await sweepScratch(root);
}

/** Not by PATH: the operator's PATH may lead to wrappers, and the launching shell runs with the function's environment. */
function program(name: string): string | undefined {
  return SYSTEM_FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
