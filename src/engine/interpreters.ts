// Which interpreter runs which managed runtime: the exact version where it is, else the nearest newer one with a warning, else a sentence that says how to get it.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
import { join } from "node:path";
import { Fault } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { RuntimeVersions } from "../ports/runtime-versions.ts";
import { FAMILIES, FAMILY_NAMES, type FamilyName, releaseOf, serving } from "./interpreters/families.ts";
import { addJavaClient, findJavaClient } from "./interpreters/java-client.ts";
import { type KnownInterpreters, openKnown } from "./interpreters/known.ts";
import { addNode, cacheOf } from "./interpreters/node.ts";
import type { Found } from "./interpreters/probe.ts";
import { addSdk, findSdk, RUNTIME_PLACE, SDK_NAMES, type Sdk, type SdkName } from "./interpreters/sdks.ts";
import { systemVersion } from "./interpreters/system.ts";

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
  /** Held to the exact version `pinned`, or the newest. */
  find(runtime: string, pinned?: string): Promise<Interpreter | { missing: string }>;
  /** Every exact version here that can run it, the one that runs unpinned first. */
  versions(runtime: string): Promise<string[]>;
  /** With all versions that can run it, the one that runs unpinned first. */
  list(): Promise<{ runtime: string; found?: Interpreter; missing?: string; versions: string[] }[]>;
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
  const known: Partial<Record<FamilyName, KnownInterpreters>> = {};
  const warned = new Set<string>();
  const cache = cacheOf(environment);
  const of = (family: FamilyName): KnownInterpreters => (known[family] ??= openKnown(family, environment, execPath));

  const search = async (runtime: string, pinned?: string): Promise<Interpreter | { missing: string }> => {
    const { family, version } = parseRuntime(runtime);
    const { flags, howToGet, bootstrap } = FAMILIES[family];
    const choice = await of(family).pick((found) => serving(version, found).find((one) => pinned === undefined || one.version === pinned));
    if (!choice) return { missing: pinned === undefined ? howToGet(version) : pinnedMissing(runtime, pinned, serving(version, await of(family).all())) };
    const base = { version: choice.version, exact: releaseOf(version, choice.version) === version, readOnlyPaths: choice.readOnlyPaths };
    const argv = [choice.path, ...flags(version, choice.version, pinned !== undefined)];
    if (bootstrap !== undefined) return { ...base, argv, ...await ownRuntime(family, bootstrap, cache) };
    if (family === "dotnet") return { ...base, argv, runtimeDir: join(RUNTIMES, family) };
    const client = await findJavaClient(cache);
    if (!client) return { missing: `Java ${choice.version} is here, but not AWS's runtime interface client for Java; get it from Maven Central (5 MB) with: evoke runtimes add ${runtime}` };
    return { ...base, argv: [...argv, ...await client.words(choice.version)], readOnlyPaths: [...choice.readOnlyPaths, client.folder], runtimeDir: client.folder };
  };

  return {
    async find(runtime, pinned) {
      const found = await search(runtime, pinned);
      if ("argv" in found && !found.exact && pinned === undefined && !warned.has(runtime)) {
        warned.add(runtime);
        log.warn(`${runtime} runs on ${found.version}, the nearest newer version on this machine; for the exact one: ${exactlyFor(runtime)}`);
      }
      return found;
    },
    async versions(runtime) {
      const { family, version } = parseRuntime(runtime);
      return namesOf(serving(version, await of(family).all()));
    },
    async list() {
      return Promise.all(MANAGED_RUNTIMES.map(async (runtime) => {
        const found = await search(runtime);
        const { family, version } = parseRuntime(runtime);
        const versions = namesOf(serving(version, await of(family).all()));
        return "argv" in found ? { runtime, found, versions } : { runtime, missing: found.missing, versions };
      }));
    },
    async add(runtime, onProgress) {
      const { family, version } = parseRuntime(runtime);
      if (family === "nodejs") {
        await addNode(version, cache, execPath, environment, onProgress);
        of("nodejs").forget();
        warned.delete(runtime);
      } else if (family === "java") {
        const wanted = serving(version, await of("java").all())[0];
        if (!wanted) throw new Fault(FAMILIES.java.howToGet(version));
        await addJavaClient(cache, environment, { path: wanted.path, version: wanted.version, flags: FAMILIES.java.flags(version, wanted.version, false) }, onProgress);
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
    addSdk: (name, onProgress, packages) => addSdk(name, { cache, environment, execPath, pythons: async () => onePerRelease(await of("python").all()) }, onProgress, packages),
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

const namesOf = (found: Found[]): string[] => [...new Set(found.map(({ version }) => version))];

function pinnedMissing(runtime: string, pinned: string, others: Found[]): string {
  const here = others.length ? `this machine has ${namesOf(others).join(", ")}` : "this machine has no other";
  return `${runtime} is held to ${FAMILIES[parseRuntime(runtime).family].title} ${pinned} by the function's runtime management configuration, and ${pinned} was not found; ${here}. Install ${pinned} again, or let the function run on another version: aws lambda put-runtime-management-config --update-runtime-on Auto`;
}

/**
 * For who asks about versions alone. OS-only runtimes have one, this machine's system: it cannot be chosen, but a function held to it is not run on another.
 */
export function openRuntimeVersions(interpreters: Pick<Interpreters, "find" | "versions">): RuntimeVersions {
  const isSystem = (runtime: string) => runtime.startsWith("provided");
  return {
    async find(runtime, pinned) {
      if (!isSystem(runtime)) return interpreters.find(runtime, pinned);
      const version = systemVersion();
      return pinned === undefined || pinned === version ? { version } : { missing: `${runtime} is held to ${pinned} by the function's runtime management configuration, and this machine's system is ${version}. To run on it: aws lambda put-runtime-management-config --update-runtime-on Auto` };
    },
    versions: async (runtime) => (isSystem(runtime) ? [systemVersion()] : interpreters.versions(runtime)),
  };
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
