// Builds functions on AWS's own, unmodified runtime clients from the package registries, once for each change of their source.
// Each is a `provided.al2023` function: its `bootstrap` starts the client, which talks to the Runtime API.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import yazl from "yazl";

const run = promisify(execFile);
const SOURCES = join(import.meta.dirname, "clients");
const CACHE = join(import.meta.dirname, "../../.evoke/ric");
const BUILD_MS_MAX = 10 * 60_000;

export const CLIENTS = ["node", "python", "go", "rust"] as const;
export type ClientName = (typeof CLIENTS)[number];

export interface ClientFunction {
  name: ClientName;
  /** The client's package and version. */
  client: string;
  /** The unpacked function, with its executable `bootstrap`. */
  folder: string;
  /** The handler that echoes `{echo}` and fails with the message in `{fail}`. */
  handler: string;
  /** The handler that streams the text in `{stream}`; absent where the client cannot stream. */
  streamingHandler?: string;
  zip(): Promise<Buffer>;
}

/** A toolchain that is missing, or a build that failed: to be said aloud, never to be passed over. */
export interface Skipped {
  skipped: string;
}

interface Recipe {
  client: string;
  handler: string;
  streamingHandler?: string;
  /** What the machine lacks, or undefined. */
  missing(): Promise<string | undefined>;
  /** Fills `folder`, in which the sources lie already. */
  build(folder: string): Promise<void>;
}

const NODE_CLIENT = "aws-lambda-ric@4.0.2";
const PYTHON_CLIENT = "awslambdaric==4.2.2";
const RUST_CLIENT = "lambda_runtime@1.5.0";
const GO_CLIENT = "github.com/aws/aws-lambda-go@v1.55.1";

/** Inside the sandbox a function sees the machine's /usr, so its interpreter must be there. */
const SYSTEM_NODE = "/usr/bin/node";
const SYSTEM_PYTHON = "/usr/bin/python3";

async function command(folder: string, file: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const options = { cwd: folder, env: { ...process.env, ...env }, timeout: BUILD_MS_MAX, maxBuffer: 64 * 1024 * 1024 };
  return (await run(file, args, options)).stdout;
}

async function works(file: string, args: string[]): Promise<boolean> {
  return run(file, args).then(
    () => true,
    () => false,
  );
}

async function writeBootstrap(folder: string, script: string): Promise<void> {
  await writeFile(join(folder, "bootstrap"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "bootstrap"), 0o755);
}

async function buildNode(folder: string): Promise<void> {
  const work = await mkdtemp(join(CACHE, "npm-"));
  try {
    await writeFile(join(work, "package.json"), "{}");
    await command(work, "npm", ["install", "--no-audit", "--no-fund", NODE_CLIENT]);
    const installed = join(work, "node_modules", "aws-lambda-ric");
    // The package's own entry and its compiled part; the rest of the installation is for building it.
    for (const file of ["index.mjs", "rapid-client.node", "package.json"]) {
      await cp(join(installed, file), join(folder, "client", file));
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  await writeBootstrap(folder, `exec ${SYSTEM_NODE} "$LAMBDA_TASK_ROOT/client/index.mjs"`);
}

async function buildPython(folder: string): Promise<void> {
  await command(folder, SYSTEM_PYTHON, ["-m", "pip", "install", "--quiet", "--target", folder, PYTHON_CLIENT]);
  await writeBootstrap(folder, `cd "$LAMBDA_TASK_ROOT" && exec ${SYSTEM_PYTHON} -m awslambdaric "$_HANDLER"`);
}

async function buildGo(folder: string): Promise<void> {
  await command(folder, "go", ["build", "-tags", "lambda.norpc", "-o", "bootstrap", "."], { CGO_ENABLED: "0" });
}

async function buildRust(folder: string): Promise<void> {
  await command(folder, "cargo", ["build", "--release", "--quiet"]);
  await cp(join(folder, "target", "release", "bootstrap"), join(folder, "bootstrap"));
  await rm(join(folder, "target"), { recursive: true, force: true });
}

const RECIPES: Record<ClientName, Recipe> = {
  node: {
    client: NODE_CLIENT,
    handler: "index.handler",
    streamingHandler: "index.stream",
    async missing() {
      if (!existsSync(SYSTEM_NODE)) return `${SYSTEM_NODE} (the client runs inside the function)`;
      for (const tool of ["npm", "cmake", "make", "g++"]) {
        if (!(await works(tool, ["--version"]))) return `${tool} (the client has a part that is compiled)`;
      }
      return undefined;
    },
    build: buildNode,
  },
  python: {
    client: PYTHON_CLIENT,
    handler: "app.handler",
    async missing() {
      const check = "import sys, pip; sys.exit(sys.version_info < (3, 10))";
      return (await works(SYSTEM_PYTHON, ["-c", check])) ? undefined : `${SYSTEM_PYTHON} 3.10 or newer with pip`;
    },
    build: buildPython,
  },
  go: {
    client: GO_CLIENT,
    handler: "bootstrap",
    streamingHandler: "bootstrap",
    missing: async () => ((await works("go", ["version"])) ? undefined : "go"),
    build: buildGo,
  },
  rust: {
    client: RUST_CLIENT,
    handler: "bootstrap",
    streamingHandler: "bootstrap",
    missing: async () => ((await works("cargo", ["--version"])) ? undefined : "cargo"),
    build: buildRust,
  },
};

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}

async function sourceHash(source: string, recipe: Recipe): Promise<string> {
  const hash = createHash("sha256").update(recipe.client).update(recipe.build.toString());
  for (const file of await filesBelow(source)) hash.update(relative(source, file)).update(await readFile(file));
  return hash.digest("hex").slice(0, 12);
}

async function zipFolder(folder: string): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const file of await filesBelow(folder)) {
    const name = relative(folder, file);
    zip.addFile(file, name, { mode: name === "bootstrap" ? 0o100755 : 0o100644 });
  }
  zip.end();
  const parts: Buffer[] = [];
  for await (const part of zip.outputStream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Builds into a folder of its own and moves it into place whole, so that a broken or second build never shows. */
async function buildInto(target: string, source: string, recipe: Recipe): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, "build-"));
  try {
    await cp(source, work, { recursive: true });
    await recipe.build(work);
    await chmod(work, 0o755);
    await rename(work, target).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The function on one client, built now or taken from the cache; never throws. */
export async function clientFunction(name: ClientName): Promise<ClientFunction | Skipped> {
  const recipe = RECIPES[name];
  const source = join(SOURCES, name);
  const folder = join(CACHE, `${name}-${await sourceHash(source, recipe)}`);
  if (!existsSync(folder)) {
    const missing = await recipe.missing();
    if (missing !== undefined) return { skipped: `${recipe.client} needs ${missing}` };
    try {
      await buildInto(folder, source, recipe);
    } catch (error) {
      const failed = error as { stderr?: string; message: string };
      return { skipped: `${recipe.client} could not be built: ${(failed.stderr || failed.message).trim().slice(-2000)}` };
    }
  }
  const { client, handler, streamingHandler } = recipe;
  return {
    name,
    client,
    folder,
    handler,
    ...(streamingHandler !== undefined && { streamingHandler }),
    zip: () => zipFolder(folder),
  };
}
