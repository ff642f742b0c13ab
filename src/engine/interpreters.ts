// Which interpreter runs which managed runtime: the exact version where it is, else the nearest newer one with a warning, else a sentence that says how to get it.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
import { join } from "node:path";
import { Fault } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { addNode, cacheOf, nodeCandidates } from "./interpreters/node.ts";
import { pythonCandidates } from "./interpreters/python.ts";
import { probeInterpreter, type Candidate } from "./interpreters/probe.ts";
import { addSdk, findSdk, RUNTIME_PLACE, SDK_NAMES, type Sdk, type SdkName } from "./interpreters/sdks.ts";

export interface Interpreter {
  /** The interpreter and its flags; the bootstrap comes after them. */
  argv: string[];
  /** As the interpreter says it, like 22.23.3. */
  version: string;
  exact: boolean;
  /** What the interpreter needs to be seen at the same place inside a sandbox. */
  readOnlyPaths: string[];
  /** Seen as /var/runtime: the runtime itself, or the SDK it carries. */
  runtimeDir: string;
  /** With an SDK: the runtime itself, seen as /var/runtime/evoke. */
  bootstrapDir?: string;
  /** The bootstrap's path below /var/runtime. */
  bootstrap: string;
}

export type { Sdk, SdkName };

export interface Interpreters {
  find(runtime: string): Promise<Interpreter | { missing: string }>;
  list(): Promise<{ runtime: string; found?: Interpreter; missing?: string }[]>;
  /** Brings an interpreter from a package registry, telling progress; throws a Fault with what to do where there is no such way. */
  add(runtime: string, onProgress: (line: string) => void): Promise<Interpreter>;
  /** The SDKs that AWS's runtimes carry. */
  sdks(): Promise<{ name: SdkName; found?: Sdk }[]>;
  /** A running platform sees it from the next cold start on. */
  addSdk(name: SdkName, onProgress: (line: string) => void, packages?: readonly string[]): Promise<Sdk>;
}

export interface InterpretersOptions {
  dataDir: string;
  /** For PATH, HOME, XDG_CACHE_HOME, PYENV_ROOT, NVM_DIR. */
  environment: Record<string, string | undefined>;
  /** The Node that runs the platform: it counts for its major version. */
  execPath: string;
  log: Log;
}

type Family = "nodejs" | "python";

const VERSIONS: Record<Family, string[]> = { nodejs: ["20", "22", "24", "26"], python: ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"] };
export const MANAGED_RUNTIMES: readonly string[] = [...VERSIONS.nodejs.map((major) => `nodejs${major}.x`), ...VERSIONS.python.map((version) => `python${version}`)];

const BOOTSTRAP: Record<Family, string> = { nodejs: "bootstrap.cjs", python: "bootstrap.py" };
const SDK_OF: Record<Family, SdkName> = { nodejs: "aws-sdk-js", python: "boto3" };
const RUNTIMES = join(import.meta.dirname, "../../runtimes");

interface Found extends Candidate {
  version: string;
  readOnlyPaths: string[];
}

export function openInterpreters({ environment, execPath, log }: InterpretersOptions): Interpreters {
  const known: Partial<Record<Family, Promise<Found[]>>> = {};
  const warned = new Set<string>();
  const cache = cacheOf(environment);
  // Found once and kept: versions do not change under a running platform, except by add().
  const all = (family: Family): Promise<Found[]> => (known[family] ??= discover(family, environment, execPath));

  const search = async (runtime: string): Promise<Interpreter | { missing: string }> => {
    const { family, version } = parseRuntime(runtime);
    const choice = choose(version, await all(family));
    if (!choice) return { missing: howToGet(family, version) };
    const sdk = await findSdk(SDK_OF[family], cache);
    const own = join(RUNTIMES, family);
    const folders = sdk ? { runtimeDir: sdk.folder, bootstrapDir: own, bootstrap: `${RUNTIME_PLACE}/${BOOTSTRAP[family]}` } : { runtimeDir: own, bootstrap: BOOTSTRAP[family] };
    return { argv: [choice.path, ...flagsOf(family, version, choice.version)], version: choice.version, exact: releaseOf(family, choice.version) === version, readOnlyPaths: choice.readOnlyPaths, ...folders };
  };

  return {
    async find(runtime) {
      const found = await search(runtime);
      if ("argv" in found && !found.exact && !warned.has(runtime)) {
        warned.add(runtime);
        log.warn(`${runtime} runs on ${found.version}, the nearest newer version on this machine; ${advice(runtime)}`);
      }
      return found;
    },
    async list() {
      return Promise.all(MANAGED_RUNTIMES.map(async (runtime) => {
        const found = await search(runtime);
        return "argv" in found ? { runtime, found } : { runtime, missing: found.missing };
      }));
    },
    async add(runtime, onProgress) {
      const { family, version } = parseRuntime(runtime);
      if (family === "python") throw new Fault(howToGet(family, version));
      await addNode(version, cache, execPath, environment, onProgress);
      delete known.nodejs;
      warned.delete(runtime);
      const found = await search(runtime);
      if (!("argv" in found) || !found.exact) throw new Fault(`Node ${version} was installed in ${cache}, but it does not run on this machine`);
      return found;
    },
    sdks: () => Promise.all(SDK_NAMES.map(async (name) => {
      const found = await findSdk(name, cache);
      return found ? { name, found } : { name };
    })),
    addSdk: (name, onProgress, packages) => addSdk(name, { cache, environment, execPath, pythons: async () => onePerRelease(await all("python")) }, onProgress, packages),
  };
}

/** The Pythons that would run functions, oldest first. */
const onePerRelease = (found: Found[]): string[] => VERSIONS.python.map((version) => found.find((one) => releaseOf("python", one.version) === version)?.path).filter((path) => path !== undefined);

async function discover(family: Family, environment: InterpretersOptions["environment"], execPath: string): Promise<Found[]> {
  const candidates = family === "nodejs" ? await nodeCandidates(environment, execPath) : await pythonCandidates(environment, VERSIONS.python);
  const probed = await Promise.all(candidates.map((candidate) => probeInterpreter(family, candidate, environment)));
  return probed.filter((found) => found !== undefined);
}

/** The wanted release before newer ones. Of one release the first: PATH before pyenv, as a distribution's Python starts twice as fast as one built by pyenv. */
export function choose<T extends { version: string }>(wanted: string, found: T[]): T | undefined {
  const depth = wanted.split(".").length;
  const release = (version: string) => version.split(".").slice(0, depth).join(".");
  const usable = found.filter(({ version }) => compareVersions(release(version), wanted) >= 0 && (depth === 1 || version.split(".")[0] === wanted.split(".")[0]));
  return usable.sort((a, b) => compareVersions(release(a.version), release(b.version)))[0];
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map((part) => parseInt(part, 10) || 0)) as [number[], number[]];
  for (let i = 0; i < Math.max(left.length, right.length); i++) if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0);
  return 0;
}

export function parseRuntime(runtime: string): { family: Family; version: string } {
  const match = /^(nodejs)(\d+)\.x$|^(python)(3\.\d+)$/.exec(runtime);
  if (!match || !MANAGED_RUNTIMES.includes(runtime)) throw new Fault(`"${runtime}" is not a managed runtime Evoke knows: ${MANAGED_RUNTIMES.join(", ")}`);
  return match[1] ? { family: "nodejs", version: match[2]! } : { family: "python", version: match[4]! };
}

const releaseOf = (family: Family, version: string): string => version.split(".").slice(0, family === "nodejs" ? 1 : 2).join(".");

/**
 * Python: -u would make every print a write of its own; -B because the code is read-only anyway. Node: as AWS's bootstrap starts it, and
 * what AWS turns off for each runtime by https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html (its table names 20 and 22 only).
 */
function flagsOf(family: Family, version: string, found: string): string[] {
  if (family === "python") return ["-B"];
  const flags = ["--expose-gc", "--max-http-header-size=81920"];
  if (["20", "22"].includes(version) && compareVersions(found, "20.17.0") >= 0) flags.push("--no-experimental-require-module"); // an older Node does not know it, and ends
  if (version === "22") flags.push("--no-experimental-detect-module");
  return flags;
}

function advice(runtime: string): string {
  const { family, version } = parseRuntime(runtime);
  return family === "nodejs" ? `for the exact one: evoke runtimes add ${runtime}` : `for the exact one: pyenv install ${version}`;
}

function howToGet(family: Family, version: string): string {
  if (family === "nodejs") return `no Node ${version} or newer was found; get it with: evoke runtimes add nodejs${version}.x`;
  return `no Python ${version} or newer was found, and no package registry carries it; get it with pyenv (pyenv install ${version}), or from the system's packages (apt install python${version}, brew install python@${version})`;
}
