// Standard output and error as named pipes. Node would make socket pairs, and those cannot be opened by name: a shell's `echo > /dev/stderr` fails on them.
import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { run } from "./scratch.ts";

export interface Pipe {
  /** For the child; to be closed here once it has been spawned. */
  writeFd: number;
  reader: Readable;
}

export interface Pipes {
  /** Undefined where there is no mkfifo. */
  take(): Promise<Pipe | undefined>;
  close(): Promise<void>;
}

/** Made many at a time, for each time is a process of its own: a start finds some ready. */
const BATCH = 32;
const LOW = 8;

export function openPipes(folder: string): Pipes {
  const ready: string[] = [];
  let making: Promise<void> | undefined;
  let made = 0;
  let possible = true;
  const make = async (): Promise<void> => {
    if (made === 0) await rm(folder, { recursive: true, force: true }); // a killed platform's
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const paths = Array.from({ length: BATCH }, () => join(folder, String(made++)));
    await run("mkfifo", ["-m", "0666", ...paths]); // whoever the function runs as opens it again by name; the name itself is gone by then
    ready.push(...paths);
  };
  const refill = (): Promise<void> => (making ??= make().catch(() => { possible = false; }).finally(() => { making = undefined; }));
  void refill(); // while what comes before the first start goes on
  return {
    async take() {
      if (ready.length <= LOW && possible) void refill();
      if (ready.length === 0) await making;
      const path = ready.pop();
      if (path === undefined) return undefined;
      const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // does not wait for a writer, and then the writer finds a reader
      try {
        return { writeFd: openSync(path, constants.O_WRONLY), reader: new Socket({ fd: readFd, readable: true, writable: false }) };
      } catch (error) {
        closeSync(readFd);
        throw error;
      } finally {
        unlinkSync(path);
      }
    },
    async close() {
      await making;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
