// Java functions for tests: AWS's runtime client, brought once into .evoke/sdks by the code of `evoke runtimes add`, and classes compiled here.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openInterpreters } from "../../src/engine/interpreters.ts";
import { bringJar, fileName } from "../../src/engine/interpreters/maven.ts";
import { silentLog } from "../../src/kernel/log.ts";

const FUNCTIONS = join(import.meta.dirname, "../functions/java");

/** For openTestEngine and openTestPlatform: where the runtime client is found. */
export const WITH_JAVA: Record<string, string | undefined> = { ...process.env, XDG_CACHE_HOME: join(import.meta.dirname, "../../.evoke/sdks") };

/** A sentence when Java functions cannot be tested here. */
export async function whyNoJava(): Promise<string | undefined> {
  if (spawnSync("javac", ["-version"]).status !== 0) return "NOT HERE: a JDK";
  const interpreters = openInterpreters({ dataDir: tmpdir(), environment: WITH_JAVA, execPath: process.execPath, log: silentLog });
  if ("argv" in (await interpreters.find("java17"))) return undefined;
  return interpreters.add("java17", () => {}).then(() => undefined, (error) => `NOT HERE: ${(error as Error).message}`);
}

/** A package's files: the classes of a folder of test/functions/java, and libraries by their names. */
export async function compiled(folder: "demo" | "events", libraries: Record<string, Uint8Array> = {}): Promise<Record<string, Uint8Array>> {
  const interpreters = openInterpreters({ dataDir: tmpdir(), environment: WITH_JAVA, execPath: process.execPath, log: silentLog });
  const found = await interpreters.find("java17");
  if (!("argv" in found)) throw new Error(found.missing);
  const runtime = found.argv[found.argv.indexOf("-classpath") + 1]!;
  return inFolder(async (work) => {
    for (const [name, bytes] of Object.entries(libraries)) await writeFile(join(work, name), bytes);
    const sources = (await readdir(join(FUNCTIONS, folder))).map((name) => join(FUNCTIONS, folder, name));
    execFileSync("javac", ["--release", "11", "-nowarn", "-Xlint:-options", "-cp", [runtime, ...Object.keys(libraries).map((name) => join(work, name))].join(":"), "-d", join(work, "classes"), ...sources]);
    const files: Record<string, Uint8Array> = Object.fromEntries(Object.entries(libraries).map(([name, bytes]) => [`lib/${name}`, bytes]));
    for (const entry of await readdir(join(work, "classes"), { recursive: true })) if (entry.endsWith(".class")) files[entry] = await readFile(join(work, "classes", entry));
    return files;
  });
}

/** A jar of one class. */
export function jarOf(name: string, source: string): Promise<Uint8Array> {
  return inFolder(async (work) => {
    await writeFile(join(work, name), source);
    execFileSync("javac", ["--release", "11", "-Xlint:-options", "-d", join(work, "classes"), join(work, name)]);
    execFileSync("jar", ["--create", "--file", join(work, "one.jar"), "-C", join(work, "classes"), "."]);
    return readFile(join(work, "one.jar"));
  });
}

/** AWS's event classes and what they need. Throws where no repository has them. */
export async function eventLibraries(): Promise<Record<string, Uint8Array>> {
  const jars = [
    { group: "com.amazonaws", artifact: "aws-lambda-java-events", version: "3.16.1", sha256: "e090b3832e8b4decbde272b8b0e6dd248115fe20d05f17e00f32a00805892f05" },
    { group: "joda-time", artifact: "joda-time", version: "2.14.0", sha256: "1e2da6f9eb65f20a25d9a3186831ed2b3fb14f7a48e1ef8206135ee58cb143d3" },
  ];
  return Object.fromEntries(await Promise.all(jars.map(async (jar) => [fileName(jar), await bringJar(jar, process.env)] as const)));
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "evoke-java-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
