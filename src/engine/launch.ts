// Makes the process an environment needs: which interpreter, which code, which variables, which link.
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ServiceError } from "../kernel/errors.ts";
import type { Ids } from "../kernel/ids.ts";
import { LOWER_ALPHANUMERIC } from "../kernel/ids.ts";
import type { FunctionVersion } from "../ports/functions.ts";
import type { Identity } from "../ports/identity.ts";
import type { Started } from "./environment.ts";
import { type Failure, invalidEntrypoint } from "./failures.ts";
import { frameLink } from "./frame-link.ts";
import type { RuntimeListener } from "./link.ts";
import { openRuntimeApi } from "./runtime-api/server.ts";
import type { Running, Sandbox, SandboxSpec } from "./sandbox/sandbox.ts";
import type { Spares } from "./spares.ts";
import { functionVariables, needsFreshProcess, runtimeVariables } from "./variables.ts";

export interface Interpreter {
  /** The interpreter, its flags and the bootstrap. */
  argv: string[];
  version: string;
  readOnlyPaths: string[];
  runtimeDir: string;
}

export interface LaunchParts {
  ids: Ids;
  identity: Identity;
  sandbox: Sandbox;
  spares: Spares;
  network: "shared" | "none";
  endpointUrl(): string;
  /** The unpacked code of a package. */
  codeDir(codeId: string): Promise<string>;
  interpreter(runtime: string): Promise<Interpreter>;
  /** The Runtime API address managed runtimes are told: it answers `ping`, and refuses the rest. */
  sharedRuntimeApi(): Promise<string>;
}

/** New environments take fresh credentials, and make room before the ones they have run out. */
const CREDENTIALS_MARGIN_MS = 5 * 60 * 1000;
const DEFAULT_TMP_MB = 512;

export const isManaged = (runtime: string): boolean => !runtime.startsWith("provided");

export function noSuchRuntime(sentence: string): ServiceError {
  return new ServiceError("InvalidRuntimeException", sentence, { status: 502, members: { Type: "Server" } });
}

export async function launchRuntime(parts: LaunchParts, version: FunctionVersion, logStream: string, listener: RuntimeListener, requestId: string): Promise<Started | Failure> {
  const [codeDir, credentials] = await Promise.all([parts.codeDir(version.codeId), parts.identity.credentialsForRole(version.role, version.name)]);
  const expiresAtMs = credentials.expiresAtMs - CREDENTIALS_MARGIN_MS;
  const variables = (runtimeApi: string) => functionVariables({ version, credentials, logStream, runtimeApi, endpointUrl: parts.endpointUrl() });
  return isManaged(version.runtime)
    ? { ...(await launchManaged(parts, version, codeDir, variables(await parts.sharedRuntimeApi()), listener)), expiresAtMs }
    : launchCustom(parts, version, codeDir, variables, listener, expiresAtMs, requestId);
}

async function launchManaged(parts: LaunchParts, version: FunctionVersion, codeDir: string, variables: Record<string, string>, listener: RuntimeListener): Promise<Omit<Started, "expiresAtMs">> {
  const interpreter = await parts.interpreter(version.runtime);
  const limits = { memoryMb: version.memoryMb };
  const env = withInterpreter(variables, version.environment, interpreter);
  const base: SandboxSpec = {
    id: "", argv: interpreter.argv, env, runtimeDir: interpreter.runtimeDir, readOnlyPaths: interpreter.readOnlyPaths,
    memoryMb: version.memoryMb, tmpMb: version.ephemeralStorageMb, network: parts.network, channel: true,
  };
  const reusable = version.ephemeralStorageMb === DEFAULT_TMP_MB && !needsFreshProcess(version.environment);
  const spare = reusable
    ? parts.spares.take(version.runtime, () => parts.sandbox.start({ ...base, id: sandboxId(parts.ids), env: withInterpreter(runtimeVariables(version.runtime), {}, interpreter) }))
    : undefined;
  const running: Running = spare ? spare.running : await parts.sandbox.start({ ...base, id: sandboxId(parts.ids), codeDir });
  if (spare) await spare.running.assign(codeDir, limits);
  const link = spare?.link ?? frameLink(running.channel!);
  link.listen(listener);
  link.assign({
    env: { ...env, LAMBDA_TASK_ROOT: running.taskRoot, ...(running.tmpDir === "/tmp" ? {} : { TMPDIR: running.tmpDir }) },
    handler: version.handler, taskRoot: running.taskRoot, logFormat: version.logging.format, logLevel: version.logging.applicationLevel,
  });
  return { running, link };
}

/** A function that starts `node` or `python3` by name gets the one it runs on. */
function withInterpreter(variables: Record<string, string>, user: Record<string, string>, interpreter: Interpreter): Record<string, string> {
  return user.PATH === undefined ? { ...variables, PATH: `${dirname(interpreter.argv[0]!)}:${variables.PATH}` } : variables;
}

async function launchCustom(parts: LaunchParts, version: FunctionVersion, codeDir: string, variables: (runtimeApi: string) => Record<string, string>, listener: RuntimeListener, expiresAtMs: number, requestId: string): Promise<Started | Failure> {
  const bootstrap = join(codeDir, "bootstrap");
  if (!(await stat(bootstrap).catch(() => undefined))?.isFile()) return invalidEntrypoint(requestId);
  if (!(await access(bootstrap, constants.X_OK).then(() => true, () => false))) return invalidEntrypoint(requestId, "fork/exec /var/task/bootstrap: permission denied");
  const link = await openRuntimeApi(listener);
  try {
    const running = await parts.sandbox.start({
      id: sandboxId(parts.ids), argv: ["/var/task/bootstrap"], env: variables(link.address), codeDir, runtimeDir: codeDir, readOnlyPaths: [],
      memoryMb: version.memoryMb, tmpMb: version.ephemeralStorageMb, network: parts.network, channel: false,
    });
    return { running, link, expiresAtMs };
  } catch (error) {
    link.close();
    throw error;
  }
}

const sandboxId = (ids: Ids): string => `evoke-${ids.token(16, LOWER_ALPHANUMERIC)}`;
