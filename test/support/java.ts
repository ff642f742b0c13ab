// Java functions for tests: AWS's runtime client, brought once into .evoke/sdks by the code of `evoke runtimes add`, and classes compiled here.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openInterpreters } from "../../src/engine/interpreters.ts";
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

/** The package's files: classes of test/functions/java, and of further sources a jar in lib/. */
export async function compiled(library?: { name: string; source: string }): Promise<Record<string, Uint8Array>> {
  const interpreters = openInterpreters({ dataDir: tmpdir(), environment: WITH_JAVA, execPath: process.execPath, log: silentLog });
  const found = await interpreters.find("java17");
  if (!("argv" in found)) throw new Error(found.missing);
  const work = await mkdtemp(join(tmpdir(), "evoke-java-"));
  try {
    const classPath = found.argv[found.argv.indexOf("-classpath") + 1]!;
    const sources = (await readdir(join(FUNCTIONS, "demo"))).map((name) => join(FUNCTIONS, "demo", name));
    execFileSync("javac", ["--release", "11", "-nowarn", "-Xlint:-options", "-cp", classPath, "-d", join(work, "classes"), ...sources]);
    const files: Record<string, Uint8Array> = {};
    for (const entry of await readdir(join(work, "classes"), { recursive: true })) if (entry.endsWith(".class")) files[entry] = await readFile(join(work, "classes", entry));
    if (library) {
      await writeFile(join(work, library.name), library.source);
      execFileSync("javac", ["--release", "11", "-Xlint:-options", "-d", join(work, "library"), join(work, library.name)]);
      execFileSync("jar", ["--create", "--file", join(work, "library.jar"), "-C", join(work, "library"), "."]);
      files["lib/library.jar"] = await readFile(join(work, "library.jar"));
    }
    return files;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
