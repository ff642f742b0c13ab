// One interface for every way of running a process apart from the platform; README.md says what each does not isolate.
import type { Readable } from "node:stream";
import type { Socket } from "node:net";

export interface SandboxSpec {
  /** Unique; names the control group and the scratch folders. */
  id: string;
  /** The command inside the sandbox. */
  argv: string[];
  env: Record<string, string>;
  /** Unpacked code, read-only, seen as /var/task where the level allows it. Absent for a pre-warmed sandbox until assign(). */
  codeDir?: string;
  /** Seen read-only as /var/runtime. */
  runtimeDir: string;
  /** Further read-only host paths the command needs at the same place (an interpreter's prefix). */
  readOnlyPaths: string[];
  memoryMb: number;
  tmpMb: number;
  network: "shared" | "none";
  /** Open a socket pair as descriptor 3 in the process. */
  channel: boolean;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  outOfMemory: boolean;
}

export interface Running {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly channel?: Socket;
  /** The paths the function sees: /var/task and /tmp, or host paths on a level without a mount namespace. */
  readonly taskRoot: string;
  readonly tmpDir: string;
  readonly exited: Promise<Exit>;
  /** Puts a function's code and limits under a sandbox that was started before its function was known. */
  assign(codeDir: string, limits: { memoryMb: number }): Promise<void>;
  /** CPU in proportion to memory from now on; before this call it is not limited, as AWS boosts init. */
  limitCpu(memoryMb: number): void;
  /** Every process of the sandbox stops running, and goes on. Cheap; never throws. */
  freeze(): void;
  thaw(): void;
  /** Asks politely: SIGTERM to the main process. */
  terminate(): void;
  /** Kills the whole tree, whatever it ignores; resolves when nothing of it runs. Idempotent. */
  kill(): Promise<void>;
  /** The most memory used so far, in bytes: from the control group, else by sampling. */
  memoryPeakBytes(): Promise<number>;
  /** Removes scratch folders and control groups; after exit only. */
  dispose(): Promise<void>;
}

export interface Sandbox {
  /** 1 bubblewrap + cgroup, 2 bubblewrap only, 3 plain process with its own uid, 4 plain process. */
  readonly level: 1 | 2 | 3 | 4;
  readonly description: string;
  /** What a better level would need, in one line each; empty on level 1. */
  readonly missing: string[];
  start(spec: SandboxSpec): Promise<Running>;
  /** Removes what earlier processes of this data folder left behind (groups, folders, stray processes). */
  sweep(): Promise<void>;
}
