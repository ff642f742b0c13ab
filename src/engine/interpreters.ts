// Which interpreter runs which managed runtime: the exact version where it is, else the nearest newer one with a warning, else a sentence that says how to get it.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
import { join } from "node:path";
import { Fault } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { choose, FAMILIES, FAMILY_NAMES, type FamilyName, releaseOf } from "./interpreters/families.ts";
import { addJavaClient, findJavaClient } from "./interpreters/java-client.ts";
import { addNode, cacheOf } from "./interpreters/node.ts";
import { probeInterpreter, type Found } from "./interpreters/probe.ts";
import { addSdk, findSdk, RUNTIME_PLACE, SDK_NAMES, type Sdk, type SdkName } from "./interpreters/sdks.ts";

export interface Interpreter {
  /** The interpreter and its flags; the bootstrap, or else the handler, comes after them. */
  argv: string[];
  /** As the interpreter says it, like 22.23.3. */
  version: string;
  exact: boolean;
  /** What the interpreter needs to be seen at the same place inside a sandbox. */
  readOnlyPaths: string[];
  /** Seen as /var/runtime: the runtime itself, or the SDK it carries. Absent: the function's code. */
  runtimeDir?: string;
  /** With an SDK: the runtime itself, seen as /var/runtime/evoke. */
  bootstrapDir?: string;
  /** The bootstrap's path below /var/runtime, where it is ours and speaks frames. Without one the process speaks the Runtime API over HTTP. */
  bootstrap?: string;
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

export const MANAGED_RUNTIMES: readonly string[] = FAMILY_NAMES.flatMap((name) => Object.keys(FAMILIES[name].runtimes));

const RUNTIMES = join(import.meta.dirname, "../../runtimes");

export function openInterpreters({ environment, execPath, log }: InterpretersOptions): Interpreters {
  const known: Partial<Record<FamilyName, Promise<Found[]>>> = {};
  const warned = new Set<string>();
  const cache = cacheOf(environment);
  // Found once and kept: versions do not change under a running platform, except by add().
  const all = (family: FamilyName): Promise<Found[]> => (known[family] ??= discover(family, environment, execPath));

  const search = async (runtime: string): Promise<Interpreter | { missing: string }> => {
    const { family, version } = parseRuntime(runtime);
    const { flags, howToGet, bootstrap } = FAMILIES[family];
    const choice = choose(version, await all(family));
    if (!choice) return { missing: howToGet(version) };
    const base = { version: choice.version, exact: releaseOf(version, choice.version) === version, readOnlyPaths: choice.readOnlyPaths };
    const argv = [choice.path, ...flags(version, choice.version)];
    if (bootstrap !== undefined) return { ...base, argv, ...await ownRuntime(family, bootstrap, cache) };
    if (family === "dotnet") return { ...base, argv, runtimeDir: join(RUNTIMES, family) };
    const client = await findJavaClient(cache);
    if (!client) return { missing: `Java ${choice.version} is here, but not AWS's runtime interface client for Java; get it from Maven Central (5 MB) with: evoke runtimes add ${runtime}` };
    return { ...base, argv: [...argv, ...await client.words(choice.version)], readOnlyPaths: [...choice.readOnlyPaths, client.folder], runtimeDir: client.folder };
  };

  return {
    async find(runtime) {
      const found = await search(runtime);
      if ("argv" in found && !found.exact && !warned.has(runtime)) {
        warned.add(runtime);
        log.warn(`${runtime} runs on ${found.version}, the nearest newer version on this machine; for the exact one: ${exactlyFor(runtime)}`);
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
      if (family === "nodejs") {
        await addNode(version, cache, execPath, environment, onProgress);
        delete known.nodejs;
        warned.delete(runtime);
      } else if (family === "java") {
        const wanted = choose(version, await all("java"));
        if (!wanted) throw new Fault(FAMILIES.java.howToGet(version));
        await addJavaClient(cache, environment, { path: wanted.path, version: wanted.version, flags: FAMILIES.java.flags(version, wanted.version) }, onProgress);
      } else {
        const there = await search(runtime);
        if (!("argv" in there)) throw new Fault(there.missing);
        if (!there.exact) throw new Fault(`${runtime} runs on ${there.version} here, and no package registry carries the exact version; get it with: ${exactlyFor(runtime)}`);
      }
      const found = await search(runtime);
      if (!("argv" in found)) throw new Fault(found.missing);
      if (family === "nodejs" && !found.exact) throw new Fault(`Node ${version} was installed in ${cache}, but it does not run on this machine`);
      return found;
    },
    sdks: () => Promise.all(SDK_NAMES.map(async (name) => {
      const found = await findSdk(name, cache);
      return found ? { name, found } : { name };
    })),
    addSdk: (name, onProgress, packages) => addSdk(name, { cache, environment, execPath, pythons: async () => onePerRelease(await all("python")) }, onProgress, packages),
  };
}

/** Our own program for a language, beneath the SDK where there is one. */
async function ownRuntime(family: FamilyName, bootstrap: string, cache: string): Promise<Pick<Interpreter, "runtimeDir" | "bootstrapDir" | "bootstrap">> {
  const own = join(RUNTIMES, family);
  const { sdk: name } = FAMILIES[family];
  const sdk = name && (await findSdk(name, cache));
  return sdk ? { runtimeDir: sdk.folder, bootstrapDir: own, bootstrap: `${RUNTIME_PLACE}/${bootstrap}` } : { runtimeDir: own, bootstrap };
}

/** The Pythons that would run functions, oldest first. */
const onePerRelease = (found: Found[]): string[] => Object.values(FAMILIES.python.runtimes).map((version) => found.find((one) => releaseOf(version, one.version) === version)?.path).filter((path) => path !== undefined);

async function discover(family: FamilyName, environment: InterpretersOptions["environment"], execPath: string): Promise<Found[]> {
  const candidates = await FAMILIES[family].candidates(environment, execPath);
  return (await Promise.all(candidates.map((candidate) => probeInterpreter(family, candidate, environment)))).flat();
}

/** How to get the very version, as a command. */
export function exactlyFor(runtime: string): string {
  const { family, version } = parseRuntime(runtime);
  return FAMILIES[family].exactly(runtime, version);
}

export function parseRuntime(runtime: string): { family: FamilyName; version: string } {
  const family = FAMILY_NAMES.find((name) => Object.hasOwn(FAMILIES[name].runtimes, runtime));
  if (!family) throw new Fault(`"${runtime}" is not a managed runtime Evoke knows: ${MANAGED_RUNTIMES.join(", ")}`);
  return { family, version: FAMILIES[family].runtimes[runtime]! };
}
