// Extensions from the package registries, built once for each version: AWS's Lambda Web Adapter as published, and one on AWS's library.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const CACHE = join(import.meta.dirname, "../../.evoke/extensions");
const BUILD_MS_MAX = 15 * 60_000;
const WEB_ADAPTER = { crate: "lambda_web_adapter", version: "0.9.1" };

/** Missing tools and failed builds are to be said aloud. */
export type Built<T> = T | { skipped: string };

/** https://github.com/awslabs/aws-lambda-web-adapter: the extension itself, and the wrapper script of its layer. */
export const webAdapter = (): Promise<Built<{ adapter: Buffer; wrapper: Buffer }>> => building(async () => {
  const { crate, version } = WEB_ADAPTER;
  const folder = await cached(`${crate}-${version}`, async (work) => {
    await cargo(work, ["install", "--quiet", "--locked", "--version", version, "--root", work, "--target-dir", join(work, "target"), crate]);
    const sources = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "registry/src");
    for (const registry of await readdir(sources)) {
      const wrapper = join(sources, registry, `${crate}-${version}`, "layer/bootstrap");
      if (existsSync(wrapper)) await cp(wrapper, join(work, "wrapper"));
    }
    await rm(join(work, "target"), { recursive: true, force: true });
  });
  return { adapter: await readFile(join(folder, "bin/lambda-adapter")), wrapper: await readFile(join(folder, "wrapper")) };
});

/** telemetry/: on the crate lambda-extension of aws-lambda-rust-runtime. */
export const telemetryExtension = (): Promise<Built<Buffer>> => building(async () => {
  const source = join(import.meta.dirname, "telemetry");
  const hash = createHash("sha256");
  for (const file of ["Cargo.toml", "src/main.rs"]) hash.update(await readFile(join(source, file)));
  const folder = await cached(`telemetry-${hash.digest("hex").slice(0, 12)}`, async (work) => {
    await cp(source, work, { recursive: true });
    await cargo(work, ["build", "--release", "--quiet"]);
    await cp(join(work, "target/release/telemetry"), join(work, "telemetry"));
    await rm(join(work, "target"), { recursive: true, force: true });
  });
  return readFile(join(folder, "telemetry"));
});

async function building<T>(build: () => Promise<T>): Promise<Built<T>> {
  if (!(await run("cargo", ["--version"]).then(() => true, () => false))) return { skipped: "needs cargo" };
  try {
    return await build();
  } catch (error) {
    const failed = error as { stderr?: string; message: string };
    return { skipped: `could not be built: ${(failed.stderr || failed.message).trim().slice(-2000)}` };
  }
}

const cargo = (cwd: string, args: string[]) => run("cargo", args, { cwd, timeout: BUILD_MS_MAX, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, CARGO_PROFILE_RELEASE_OPT_LEVEL: "1" } });

/** Built in a folder of its own and moved into place whole, so that a broken or second build never shows. */
async function cached(name: string, build: (work: string) => Promise<void>): Promise<string> {
  const target = join(CACHE, name);
  if (existsSync(target)) return target;
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, "build-"));
  try {
    await build(work);
    await rename(work, target).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(target)) throw error;
    });
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
