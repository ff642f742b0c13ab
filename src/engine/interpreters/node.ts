// Where Node is found, and how it is brought from the npm registry: the package node-PLATFORM-ARCH is the plain binary, with no install script.
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { install } from "./install.ts";
import type { Candidate } from "./probe.ts";

type Environment = Record<string, string | undefined>;

/** Of the user, not of a data folder: an interpreter is big and the same for all of them. */
export const cacheOf = (environment: Environment): string => join(environment.XDG_CACHE_HOME || join(environment.HOME || "/", ".cache"), "evoke/runtimes");

export async function nodeCandidates(environment: Environment, execPath: string): Promise<Candidate[]> {
  const nvm = environment.NVM_DIR || join(environment.HOME || "/", ".nvm");
  const [added, managed] = await Promise.all([folders(cacheOf(environment)), folders(join(nvm, "versions/node"))]);
  const paths = [
    execPath,
    ...onPath(environment.PATH, ["node"]),
    ...added.map((folder) => join(folder, "node_modules", packageName(), "bin/node")),
    ...managed.map((folder) => join(folder, "bin/node")),
  ];
  return there(paths);
}

/** Installed beside, then moved into place, so that a broken download is never taken for an interpreter. */
export async function addNode(major: string, cache: string, execPath: string, environment: Environment, onProgress: (line: string) => void): Promise<void> {
  await mkdir(cache, { recursive: true });
  const target = join(cache, `nodejs${major}.x`);
  const work = await mkdtemp(join(cache, "adding-"));
  try {
    onProgress(`fetching ${packageName()}@${major} from the npm registry (about 50 MB)`);
    await npm(["--prefix", work, `${packageName()}@${major}`], environment, execPath, onProgress);
    await chmod(work, 0o755); // a temporary folder is its owner's alone; functions run as somebody else
    await rm(target, { recursive: true, force: true });
    await rename(work, target);
    onProgress(`installed in ${target}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** npm with the Node that runs the platform on its PATH, for where npm was found without one. */
export const npm = (args: string[], environment: Environment, execPath: string, onProgress: (line: string) => void): Promise<void> =>
  install({ command: "npm", args: ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", ...args], env: { ...environment, PATH: `${environment.PATH ?? "/usr/bin:/bin"}${delimiter}${dirname(execPath)}` }, absent: "npm could not be started; it comes with Node, see that it is on the PATH" }, onProgress);

const packageName = (): string => `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;

export const onPath = (path: string | undefined, names: string[]): string[] => (path ?? "").split(delimiter).filter((folder) => folder.startsWith("/")).flatMap((folder) => names.map((name) => join(folder, name)));

/** The folders in a folder, none when it is not there. */
export async function folders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) => join(folder, entry.name));
}

/** Those that are there and may be run. */
export async function there(paths: string[]): Promise<Candidate[]> {
  const found = await Promise.all([...new Set(paths)].map((path) => access(path, 1).then(() => path, () => undefined)));
  return found.filter((path) => path !== undefined).map((path) => ({ path }));
}
