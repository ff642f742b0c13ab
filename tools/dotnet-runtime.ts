// Compiles runtimes/dotnet/*.cs into the assembly beside them, with Mono's compiler (packages mono-mcs and libmono-system-net-http4.0-cil): node tools/dotnet-runtime.ts
// The assembly is kept in the repository because machines that run .NET functions mostly have no compiler; it carries its sources' digest, which a test compares.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../runtimes/dotnet");
export const ASSEMBLY = join(FOLDER, "Evoke.Runtime.dll");

const sources = (): string[] => readdirSync(FOLDER).filter((name) => name.endsWith(".cs")).sort().map((name) => join(FOLDER, name));

export function sourcesDigest(): string {
  const digest = createHash("sha256");
  for (const file of sources()) digest.update(readFileSync(file));
  return digest.digest("hex");
}

/** Throws when mcs does. */
export function compile(): void {
  const folder = mkdtempSync(join(tmpdir(), "evoke-dotnet-"));
  try {
    const said = join(folder, "Digest.cs");
    writeFileSync(said, `[assembly: System.Reflection.AssemblyInformationalVersion("${sourcesDigest()}")]\n[assembly: System.Reflection.AssemblyVersion("1.0.0.0")]\n`);
    execFileSync("mcs", ["-optimize+", "-target:exe", "-r:System.Net.Http.dll", `-out:${ASSEMBLY}`, said, ...sources()], { stdio: ["ignore", "ignore", "inherit"] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) compile();
