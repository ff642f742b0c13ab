// One interface for every way of running a process apart from the platform; README.md says what each does not isolate.
import type { Readable } from "node:stream";
import type { Socket } from "node:net";
import type { Parts } from "./parts.ts";
import type { Connection } from "./peer.ts";

export interface SandboxSpec {
  /** Unique; names the control group and the scratch folders. */
  id: string;
  /** The command inside the sandbox. Empty, where there is bubblewrap: everything is set up and waits for exec(). */
  argv: string[];
  env: Record<string, string>;
  /** Unpacked code, read-only, seen as /var/task where the level allows it. Absent for a pre-warmed sandbox until assign(). */
  codeDir?: string;
  /** Seen read-only as /var/runtime. Absent: the code is (custom runtimes). */
  runtimeDir?: string;
  /** Seen read-only as /var/runtime/evoke, for which runtimeDir has an empty folder. */
  bootstrapDir?: string;
  /** Further read-only host paths the command needs at the same place (an interpreter's prefix). */
  readOnlyPaths: string[];
  memoryMb: number;
  tmpMb: number;
  network: "shared" | "none";
  /** Open a socket pair as descriptor 3 in the process. */
  channel: boolean;
  /** Further layers of code, laid over one another: seen read-only as /opt where the level allows it. */
  optDir?: string;
  /** The command is a shell that starts several processes when told: Running.parts. `argv` is then empty. */
  parts?: boolean;
  /** What `sandbox` and `sandbox.localdomain` mean inside. */
  address?: string;
  /** A container image's root file system: all that is seen, read-only. Bubblewrap only; no codeDir, runtimeDir or readOnlyPaths then. */
  rootDir?: string;
  /** Inside it. */
  workingDirectory?: string;
  /** An earlier process's `keptTmp`: its /tmp goes on in this one, which owns it from now on. */
  tmpDir?: string;
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
  /** Where the specification has asked for them. */
  readonly parts?: Parts;
  /** The paths the function sees: /var/task and /tmp, or host paths on a level without a mount namespace (taskRoot is then known after assign). */
  readonly taskRoot: string;
  readonly tmpDir: string;
  /** Hand it to the next start as `tmpDir` (and dispose with keepTmp) to keep /tmp over a restart; absent where the level cannot. */
  readonly keptTmp?: string;
  readonly exited: Promise<Exit>;
  /** Puts a function's code, layers and limits under a sandbox that was started before its function was known. Throws CannotAssign: start a fresh one. */
  assign(codeDir: string, limits: { memoryMb: number; tmpMb: number }, optDir?: string): Promise<void>;
  /** Gives a sandbox that was started without a command its one command; at once, without waiting. */
  exec(argv: string[], env: Record<string, string>): void;
  /** CPU in proportion to memory from now on; before this call it is not limited, as AWS boosts init. */
  limitCpu(memoryMb: number): void;
  /** Every process of the sandbox stops running, and goes on. Cheap; never throws. */
  freeze(): void;
  thaw(): void;
  /** Asks politely: SIGTERM to the main process. */
  terminate(): void;
  /** Kills the whole tree, whatever it ignores; resolves when nothing of it runs. Idempotent. */
  kill(): Promise<void>;
  /** Whether a process of this sandbox is at the other end of a loopback connection. */
  holdsPeer(connection: Connection): Promise<boolean>;
  /** The most memory used so far, in bytes: from the control group, else by sampling. */
  memoryPeakBytes(): Promise<number>;
  /** Removes scratch folders and control groups; after exit only. */
  dispose(options?: { keepTmp?: boolean }): Promise<void>;
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
  /** After the last dispose: removes the folders that held groups and scratch. */
  close(): Promise<void>;
}

/** This code or these limits cannot be put under a running sandbox; nothing is broken, a fresh one can take them. */
export class CannotAssign extends Error {
  override readonly name = "CannotAssign";
}

/** What a process of a sandbox is called inside it, as on AWS. Its real uid outside too, when the platform is root. */
export const SANDBOX_UID = 993;
export const SANDBOX_GID = 990;
