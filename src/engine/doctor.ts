// Looks at this machine the way the engine will and says, line by line, what is good, what is not, and how to get it.
import { mkdir, open, readFile, rm, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { freemem, totalmem } from "node:os";
import type { Clock } from "../kernel/clock.ts";
import { HEX, type Ids } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { exactlyFor, type Interpreters } from "./interpreters.ts";
import { FAMILIES } from "./interpreters/families.ts";
import { openSandbox } from "./sandbox/open.ts";

export interface Finding {
  name: string;
  ok: boolean;
  says: string;
  /** What to do about it. */
  fix?: string;
}

export interface DoctorOptions {
  dataDir: string;
  host: string;
  port: number;
  isolation: "auto" | "bubblewrap" | "uid" | "none";
  interpreters: Interpreters;
  clock: Clock;
  ids: Ids;
  log: Log;
}

/** Beyond this a durable answer is felt by people; measured 0.1 ms on a server's disk. */
const FSYNC_MS_GOOD = 10;
const FILES_GOOD = 4096;
const DISK_BYTES_GOOD = 1024 ** 3;
const MEMORY_BYTES_GOOD = 1024 ** 3;

/** Never throws: what cannot be found out is a finding. The data folder is made when it is not there, as starting would. */
export async function diagnose(options: DoctorOptions): Promise<Finding[]> {
  const checks: [string, () => Promise<Finding[]>][] = [
    ["data folder", () => dataFolder(options)],
    ["isolation", () => isolationOf(options)],
    ["memory", async () => [memory()]],
    ["open files", async () => [await openFiles()]],
    ["port", async () => [await portFree(options.host, options.port)]],
    ["runtimes", () => runtimes(options.interpreters)],
  ];
  const findings: Finding[] = [];
  // One after the other: the disk is measured, and should be measured alone.
  for (const [name, check] of checks) findings.push(...await check().catch((error: Error) => [{ name, ok: false, says: error.message }]));
  return findings;
}

async function dataFolder({ dataDir, clock, ids }: DoctorOptions): Promise<Finding[]> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, `doctor-${ids.token(8, HEX)}`);
  const file = await open(path, "w");
  const times: number[] = [];
  try {
    for (let round = 0; round < 9; round++) {
      const from = clock.monotonicMs();
      await file.write(Buffer.alloc(4096, round));
      await file.datasync();
      times.push(clock.monotonicMs() - from);
    }
  } finally {
    await file.close();
    await rm(path);
  }
  const ms = times.sort((a, b) => a - b)[4]!;
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  return [
    { name: "disk speed", ok: ms <= FSYNC_MS_GOOD, says: `a durable write to ${dataDir} takes ${ms.toFixed(2)} ms`, ...(ms <= FSYNC_MS_GOOD ? {} : { fix: "put the data folder (--data) on a local solid-state disk" }) },
    { name: "disk space", ok: free >= DISK_BYTES_GOOD, says: `${inGb(free)} free`, ...(free >= DISK_BYTES_GOOD ? {} : { fix: "free some space, or choose another folder with --data" }) },
  ];
}

async function isolationOf({ dataDir, isolation, clock, ids, log }: DoctorOptions): Promise<Finding[]> {
  // A folder of its own: a platform may be running on the data folder, and its sandboxes are not ours to touch.
  const folder = join(dataDir, `doctor-${ids.token(8, HEX)}`);
  try {
    const sandbox = await openSandbox({ isolation, dataDir: folder, clock, ids, log });
    await sandbox.close();
    return [
      { name: "isolation", ok: sandbox.level === 1, says: sandbox.description, ...(sandbox.level === 1 ? {} : { fix: "see what is missing below; src/engine/sandbox/README.md says what each level does not keep apart" }) },
      ...sandbox.missing.map((line) => ({ name: "isolation", ok: false, says: `missing: ${line}`, ...adviceFor(line) })),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The usual reasons, by the words programs and kernels use for them. */
function adviceFor(line: string): { fix?: string } {
  if (/program bwrap/.test(line)) return { fix: "apt install bubblewrap, dnf install bubblewrap or apk add bubblewrap" };
  if (/program setpriv/.test(line)) return { fix: "apt install util-linux, or apk add setpriv" };
  if (/user namespace|uid map|new namespace|Operation not permitted/i.test(line)) return { fix: "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces=10000, on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0), or start as root; in Docker: --privileged" };
  if (/control group/.test(line)) return { fix: "start as root, or in a delegated scope: systemd-run --user --scope -p Delegate=yes npm start" };
  if (/Linux/.test(line)) return { fix: "on macOS and Windows, run Evoke in a Linux virtual machine or container when functions are not your own" };
  if (/own: root|: root$/.test(line)) return { fix: "start as root, or install bubblewrap" };
  return {};
}

function memory(): Finding {
  const ok = freemem() >= MEMORY_BYTES_GOOD;
  return { name: "memory", ok, says: `${inGb(freemem())} free of ${inGb(totalmem())}`, ...(ok ? {} : { fix: "functions share what is free: lower --environments-max and --prewarm" }) };
}

async function openFiles(): Promise<Finding> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const limit = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  if (limit === undefined) return { name: "open files", ok: true, says: "the limit cannot be read on this system" };
  const ok = limit === "unlimited" || Number(limit) >= FILES_GOOD;
  return { name: "open files", ok, says: `at most ${limit}`, ...(ok ? {} : { fix: `raise it before starting: ulimit -n ${FILES_GOOD}` }) };
}

function portFree(host: string, port: number): Promise<Finding> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      resolve({ name: "port", ok: false, says: taken ? `${port} on ${host} is in use` : `${port} on ${host}: ${error.message}`, fix: taken ? "if that is not Evoke itself, choose another with --port" : "choose another with --host and --port" });
    });
    server.listen(port, host, () => server.close(() => resolve({ name: "port", ok: true, says: `${port} on ${host} is free` })));
  });
}

async function runtimes(interpreters: Interpreters): Promise<Finding[]> {
  const list = await interpreters.list();
  const languages: Finding[] = [];
  for (const [name, { runtimes }] of Object.entries(FAMILIES)) {
    const own = list.filter(({ runtime }) => Object.hasOwn(runtimes, runtime));
    // A language nobody here has is one line, not one for each of its versions.
    for (const { runtime, found, missing } of own.some(({ found }) => found) ? own : [{ ...own.at(-1)!, runtime: name }]) {
      const [says, fix] = found ? [`${found.exact ? "" : "the nearest newer: "}${found.version}, ${found.argv[0]}`, found.exact ? undefined : exactlyFor(runtime)] : missing!.split("; ", 2) as [string, string];
      languages.push({ name: runtime, ok: found !== undefined, says, ...(fix === undefined ? {} : { fix: fix.replace(/^get it (with: |from |with )?/, "") }) });
    }
  }
  const sdks = (await interpreters.sdks()).map(({ name, found }) => ({
    name,
    ok: found !== undefined,
    says: found ? `${found.version}, ${found.folder}` : "AWS's runtimes carry it; functions that count on that fail with Runtime.ImportModuleError",
    ...(found ? {} : { fix: "evoke runtimes add aws-sdk" }),
  }));
  return [...languages, ...sdks];
}

const inGb = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GB`;
