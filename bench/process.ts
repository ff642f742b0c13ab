// Starting, measuring and stopping whole processes, as a user would see them.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

export interface Server {
  url: string;
  child: ChildProcess;
  /** From spawn to the line that says it listens. */
  startMs: number;
  stop(): Promise<void>;
}

/** `args` must make a process that prints {"url": …} as its first line. */
export async function serve(args: string[]): Promise<Server> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, EVOKE_LOG: "error" } });
  const exited = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout!).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`${args.join(" ")} ended with ${code}`)));
  });
  return { url: JSON.parse(line).url, child, startMs: performance.now() - started, stop: async () => { child.kill("SIGTERM"); await exited; } };
}

export const serveEvoke = (...flags: string[]): Promise<Server> => serve([join(ROOT, "bin/evoke.mjs"), "start", "--port", "0", "--ephemeral", "--json", ...flags]);

export interface Load { requests: number; /** With those while it warmed up. */ all: number; perSecond: number; p50Us: number; p99Us: number; failures: number }

export async function load(url: string, path: string, connections: number, seconds: number, ...more: string[]): Promise<Load> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, "bench/load.ts"), url, path, String(connections), String(seconds), ...more]);
  return JSON.parse(stdout);
}

/** Milliseconds from spawn to exit. */
export async function timeOf(command: string, args: string[]): Promise<number> {
  const started = performance.now();
  await new Promise((resolve, reject) => spawn(command, args, { stdio: "ignore" }).on("exit", resolve).on("error", reject));
  return performance.now() - started;
}

export const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

export const rssMb = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;

/** CPU time of all its threads so far, to the nanosecond. Linux only: https://docs.kernel.org/scheduler/sched-stats.html */
export const cpuMs = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]), 0) / 1e6;

/** Memory that is a process tree's own (shared pages divided among their users), without `pid` itself. Linux only. */
export function childrenPssMb(pid: number): number {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))![1]);
      parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
    } catch { /* it ended meanwhile */ }
  }
  const pss = (one: number): number => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, "utf8"))![1]) / 1024;
    } catch {
      return 0;
    }
  };
  const sum = (one: number): number => (parents.get(one) ?? []).reduce((total, child) => total + pss(child) + sum(child), 0);
  return sum(pid);
}
