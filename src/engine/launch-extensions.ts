// Starts external extensions before their runtime, in one sandbox with it: each has its own process and variables.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
import { lstat, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Ids, LOWER_ALPHANUMERIC } from "../kernel/ids.ts";
import type { Started } from "./environment.ts";
import { inside } from "./images/inside.ts";
import { EXTENSIONS_MAX, type Extensions } from "./runtime-api/extensions/extensions.ts";
import type { Part } from "./sandbox/parts.ts";
import type { Exit, Sandbox, SandboxSpec } from "./sandbox/sandbox.ts";

export interface ExtensionFile {
  name: string;
  executable: boolean;
}

/** Every file directly in /opt/extensions is one. */
export async function extensionFiles(optDir: string): Promise<ExtensionFile[]> {
  const folder = join(optDir, "extensions");
  const names = (await readdir(folder).catch(() => [])).sort();
  const found = await Promise.all(names.map(async (name) => ({ name, file: await stat(join(folder, name)).catch(() => undefined) })));
  return found.filter(({ file }) => !file?.isDirectory()).map(({ name, file }) => ({ name, executable: file !== undefined && (file.mode & 0o111) !== 0 }));
}

/** The same in the root file system of an image, whose links lead back into it. As many as are started, and the one that is too many. */
export async function extensionFilesOfImage(rootDir: string): Promise<ExtensionFile[]> {
  const names = (await readdir((await inside(rootDir, "/opt/extensions", true)) ?? "").catch(() => [])).sort();
  const files: ExtensionFile[] = [];
  for (const name of names) {
    const path = await inside(rootDir, `/opt/extensions/${name}`, true);
    const file = path === undefined ? undefined : await lstat(path).catch(() => undefined);
    if (!file?.isDirectory()) files.push({ name, executable: file !== undefined && file.isFile() && (file.mode & 0o111) !== 0 });
    if (files.length > EXTENSIONS_MAX) break;
  }
  return files;
}

/** "Extensions cannot access" these (guide); AWS's emulator leaves out whatever begins with an underscore, too. */
const NOT_FOR_EXTENSIONS = /^(_.*|AWS_EXECUTION_ENV|AWS_LAMBDA_LOG_GROUP_NAME|AWS_LAMBDA_LOG_STREAM_NAME|AWS_LAMBDA_MAX_CONCURRENCY|AWS_XRAY_CONTEXT_MISSING|AWS_XRAY_DAEMON_ADDRESS|LAMBDA_RUNTIME_DIR|LAMBDA_TASK_ROOT)$/;

export const extensionVariables = (variables: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !NOT_FOR_EXTENSIONS.test(name)));

/**
 * An address of the loopback interface that no other sandbox has: environments share the machine's network, and two of one function would
 * listen for telemetry on the same port. Linux has all of 127.0.0.0/8; elsewhere, and without a view of its own, there is only the one.
 */
export function ownAddress(ids: Ids, sandbox: Pick<Sandbox, "level">): string {
  if (process.platform !== "linux" || sandbox.level > 2) return "127.0.0.1";
  const [a, b, c] = ids.bytes(3) as unknown as [number, number, number];
  return `127.${64 + (a % 128)}.${b}.${1 + (c % 254)}`;
}

export interface ExtensionsOrder {
  spec: Omit<SandboxSpec, "id" | "argv" | "env">;
  files: ExtensionFile[];
  extensions: Extensions;
  command: string[];
  env: Record<string, string>;
}

export async function launchWithExtensions({ sandbox, ids }: { sandbox: Sandbox; ids: Ids }, { spec, files, extensions, command, env }: ExtensionsOrder): Promise<Required<Pick<Started, "running" | "runtime" | "startRuntime">>> {
  const running = await sandbox.start({ ...spec, id: `evoke-${ids.token(16, LOWER_ALPHANUMERIC)}`, argv: [], env: {}, parts: true });
  const variables = extensionVariables(env);
  files.forEach(({ name, executable }, at) => {
    if (at >= EXTENSIONS_MAX) extensions.launchFailed(name, "TooManyExtensions");
    else if (!executable) extensions.launchFailed(name, "PermissionDenied");
    else extensions.launched(name, running.parts!.start([`/opt/extensions/${name}`], variables, "extension"));
  });
  let part: Part | undefined;
  let ended: (exit: Exit) => void;
  const exited = new Promise<Exit>((resolve) => { ended = resolve; });
  void running.exited.then((exit) => ended(exit));
  return {
    running,
    runtime: { exited, signal: (name) => part?.signal(name) },
    startRuntime() {
      part = running.parts!.start(command, env, "runtime");
      void part.exited.then((exit) => ended(exit));
    },
  };
}
