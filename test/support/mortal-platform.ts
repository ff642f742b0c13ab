// Evoke as a process of its own on data that outlives it: for tests that kill it at any moment and start the next.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { MAIN } from "./command-line.ts";

interface ClientConfig { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string }; maxAttempts: number; forcePathStyle: boolean }
type Clients = Record<string, { destroy(): void }>;

/** One process, and clients for it. */
export type MortalPlatform<C> = C & {
  url: string;
  /** kill -9, or another signal; resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
};

interface Killing {
  /** Ends soon after the signal; what fails after it is no error. */
  work(stop: AbortSignal): Promise<unknown>;
  /** It is killed `afterMs` after this is true; a start takes its time. */
  hasBegun?(): boolean | Promise<boolean>;
  afterMs: number;
}

/** Once in a test file, which it cleans up after. `connect` makes the clients of each process; `options` go to `evoke start`. */
export function mortalPlatforms<C extends Clients>(name: string, connect: (config: ClientConfig) => C, ...options: string[]) {
  const data = mkdtempSync(join(tmpdir(), `evoke-${name}-`));
  const running = new Set<ChildProcess>();
  after(async () => {
    await Promise.all([...running].map((child) => new Promise((resolve) => { child.on("exit", resolve); child.kill("SIGTERM"); })));
    rmSync(data, { recursive: true, force: true });
  });

  const start = async (): Promise<MortalPlatform<C>> => {
    const child = spawn(process.execPath, [MAIN, "start", "--port", "0", "--data", data, "--log", "error", "--json", "--prewarm", "0", ...options], { stdio: ["ignore", "pipe", "inherit"] });
    running.add(child);
    const ended = new Promise((resolve) => child.on("exit", resolve)).then(() => running.delete(child));
    const line = await new Promise<string>((resolve, reject) => { createInterface(child.stdout!).once("line", resolve); void ended.then(() => reject(new Error("it ended"))); });
    const { url } = JSON.parse(line) as { url: string };
    const clients = connect({ endpoint: url, region: "eu-west-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1, forcePathStyle: true });
    const kill = async (signal: NodeJS.Signals = "SIGKILL") => {
      child.kill(signal);
      await ended;
      for (const client of Object.values(clients)) client.destroy();
    };
    return { ...clients, url, kill };
  };

  /** Kills it in the middle of `work`, and starts the next. */
  const killDuring = async (platform: MortalPlatform<C>, { work, hasBegun = () => true, afterMs }: Killing): Promise<MortalPlatform<C>> => {
    const stop = new AbortController();
    const working = work(stop.signal);
    while (!(await hasBegun())) await Promise.race([sleep(5), working]);
    await Promise.race([sleep(afterMs), working]);
    stop.abort();
    await Promise.all([platform.kill(), working]);
    return start();
  };

  return { start, killDuring };
}
