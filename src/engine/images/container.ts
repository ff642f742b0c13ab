// A function's container at Docker or Podman, as the engine sees a sandbox. What that isolates is the container engine's: see README.md.
// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container
import { createHash } from "node:crypto";
import { PassThrough, type Readable } from "node:stream";
import { exitOfStatus } from "../sandbox/parts.ts";
import { holdsPeer } from "../sandbox/peer.ts";
import { type Exit, type Running, SANDBOX_GID, SANDBOX_UID } from "../sandbox/sandbox.ts";
import { type EngineApi, engineApi } from "./engine-api.ts";

export interface ContainerOrder {
  /** sha256:… */
  image: string;
  name: string;
  /** Of the platform: its own strays are recognised by it. */
  label: string;
  argv: string[];
  env: Record<string, string>;
  workingDirectory: string;
  memoryMb: number;
  tmpMb: number;
}

/** AWS's: a full CPU at so much memory. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MB_PER_CPU = 1769;
const PROCESSES_MAX = 1024;
const FILES_MAX = 1024;
const MB = 1024 * 1024;
const LABEL = "evoke.platform";

/** Containers that are the engine's own machine's see its loopback; elsewhere (Docker Desktop) the host has a name instead. */
export const HOST_NETWORK = process.platform === "linux";
export const seenFromContainer = (address: string): string => (HOST_NETWORK ? address : address.replace(/127\.0\.0\.1|localhost/, "host.docker.internal"));

async function startContainer(api: EngineApi, order: ContainerOrder): Promise<Running> {
  const { Id: id } = await api.call("POST", `/containers/create?name=${order.name}`, specificationOf(order));
  const at = `/containers/${id}`;
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let output: Readable | undefined;
  try {
    output = await api.attach(id);
    split(output, stdout, stderr);
    await api.call("POST", `${at}/start`);
    const { State } = await api.call("GET", `${at}/json`);
    return runningOf(api, at, { pid: State.Pid, stdout, stderr, output });
  } catch (error) {
    output?.destroy();
    await api.call("DELETE", `${at}?force=1&v=1`).catch(() => undefined);
    throw error;
  }
}

function specificationOf({ image, label, argv, env, workingDirectory, memoryMb, tmpMb }: ContainerOrder): object {
  return {
    Image: image, Entrypoint: argv.slice(0, 1), Cmd: argv.slice(1), Env: Object.entries(env).map(([name, value]) => `${name}=${value}`), WorkingDir: workingDirectory,
    User: `${SANDBOX_UID}:${SANDBOX_GID}`, Labels: { [LABEL]: label }, AttachStdout: true, AttachStderr: true,
    HostConfig: {
      // /tmp is memory here, and not the function's: it comes on top, as in a sandbox.
      Memory: (memoryMb + tmpMb) * MB, MemorySwap: (memoryMb + tmpMb) * MB, NanoCpus: Math.max(50_000_000, Math.round((memoryMb / MB_PER_CPU) * 1e9)), PidsLimit: PROCESSES_MAX,
      ReadonlyRootfs: true, Tmpfs: { "/tmp": `rw,exec,nosuid,nodev,mode=1777,size=${tmpMb}m` }, CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges"],
      Ulimits: [{ Name: "nofile", Soft: FILES_MAX, Hard: FILES_MAX }, { Name: "nproc", Soft: PROCESSES_MAX * 4, Hard: PROCESSES_MAX * 4 }, { Name: "core", Soft: 0, Hard: 0 }],
      ...(HOST_NETWORK ? { NetworkMode: "host" } : { ExtraHosts: ["host.docker.internal:host-gateway"] }),
      LogConfig: { Type: "none" },
    },
  };
}

/** Frames of stdout and stderr: a type, three zeros, a length, the bytes. */
function split(source: Readable, stdout: PassThrough, stderr: PassThrough): void {
  let held: Buffer = Buffer.alloc(0);
  const paused = () => {
    source.pause();
    const go = () => { if (!stdout.writableNeedDrain && !stderr.writableNeedDrain) source.resume(); };
    stdout.once("drain", go);
    stderr.once("drain", go);
  };
  source.on("data", (chunk: Buffer) => {
    held = held.byteLength ? Buffer.concat([held, chunk]) : chunk;
    while (held.byteLength >= 8) {
      const length = held.readUInt32BE(4);
      const part = held.subarray(8, 8 + length);
      const to = held[0] === 2 ? stderr : stdout;
      if (part.byteLength < length) { // handed on as far as it has come; the rest keeps a head of its own
        if (part.byteLength === 0) break;
        const head = Buffer.from(held.subarray(0, 8));
        head.writeUInt32BE(length - part.byteLength, 4);
        if (!to.write(part)) paused();
        held = head;
        break;
      }
      held = held.subarray(8 + length);
      if (!to.write(part)) paused();
    }
  });
  const end = () => { stdout.end(); stderr.end(); };
  source.on("end", end);
  source.on("close", end);
  source.on("error", end);
}

function runningOf(api: EngineApi, at: string, { pid, stdout, stderr, output }: { pid: number; stdout: PassThrough; stderr: PassThrough; output: Readable }): Running {
  let gone = false;
  let frozen = false;
  let peakBytes = 0;
  let changing: Promise<unknown> = Promise.resolve();
  const quietly = (method: "POST" | "DELETE", path: string) => (changing = changing.then(() => api.call(method, at + path)).catch(() => undefined)); // it has ended meanwhile
  const exited: Promise<Exit> = api.call("POST", `${at}/wait?condition=not-running`).then(async (answer) => {
    gone = true;
    const state = (await api.call("GET", `${at}/json`).catch(() => undefined))?.State;
    return { ...exitOfStatus(answer?.StatusCode ?? 0), outOfMemory: state?.OOMKilled === true };
  });
  let killing: Promise<void> | undefined;
  return {
    pid, stdout, stderr, taskRoot: "/var/task", tmpDir: "/tmp", exited,
    assign: () => Promise.reject(new Error("a container has its image")),
    exec() { throw new Error("a container has its command"); },
    limitCpu() {}, // since its start
    freeze() { if (!gone && !frozen) { frozen = true; void quietly("POST", "/pause"); } },
    thaw() { if (!gone && frozen) { frozen = false; void quietly("POST", "/unpause"); } },
    terminate() { if (!gone) void quietly("POST", "/kill?signal=SIGTERM"); },
    kill: () => (killing ??= (async () => {
      if (!gone && frozen) await quietly("POST", "/unpause"); // Docker kills no paused container
      if (!gone) await quietly("POST", "/kill?signal=SIGKILL");
      await exited.catch(() => undefined);
    })()),
    async holdsPeer(connection) {
      if (!HOST_NETWORK) return true;
      const listed = await api.call("GET", `${at}/top?ps_args=-eo%20pid`).catch(() => undefined);
      const pids = [pid, ...((listed?.Processes ?? []) as string[][]).map(([first]) => Number(first))].filter(Number.isSafeInteger);
      return holdsPeer(connection, pids);
    },
    async memoryPeakBytes() {
      if (gone) return peakBytes;
      const { memory_stats: memory } = (await api.call("GET", `${at}/stats?stream=false&one-shot=true`)) ?? {};
      peakBytes = Math.max(peakBytes, (memory?.usage ?? 0) - (memory?.stats?.inactive_file ?? memory?.stats?.total_inactive_file ?? 0));
      return peakBytes;
    },
    async dispose() {
      await this.kill();
      output.destroy();
      await api.call("DELETE", `${at}?force=1&v=1`);
    },
  };
}

export interface Containers {
  start(order: Omit<ContainerOrder, "label">): Promise<Running>;
}

/** Before its first container it removes what an earlier process with this data folder has left. */
export function openContainers(socket: string, dataDir: string): Containers {
  const api = engineApi(socket);
  const label = createHash("sha256").update(dataDir).digest("hex").slice(0, 12);
  let swept: Promise<void> | undefined;
  return {
    async start(order) {
      await (swept ??= sweepContainers(api, label));
      return startContainer(api, { ...order, label });
    },
  };
}

async function sweepContainers(api: EngineApi, label: string): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${LABEL}=${label}`] }));
  for (const { Id } of (await api.call("GET", `/containers/json?all=1&filters=${filters}`)) ?? []) await api.call("DELETE", `/containers/${Id}?force=1&v=1`);
}
