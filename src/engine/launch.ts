// Makes the process an environment needs: which interpreter, which code, which variables, which link.
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Fault, ServiceError } from "../kernel/errors.ts";
import type { Ids } from "../kernel/ids.ts";
import { LOWER_ALPHANUMERIC } from "../kernel/ids.ts";
import type { FunctionVersion } from "../ports/functions.ts";
import type { Identity } from "../ports/identity.ts";
import type { Started } from "./environment.ts";
import { type Failure, invalidEntrypoint } from "./failures.ts";
import { frameLink } from "./frame-link.ts";
import type { Interpreter } from "./interpreters.ts";
import type { RuntimeListener } from "./link.ts";
import { openRuntimeApi } from "./runtime-api/server.ts";
import { CannotAssign, type Running, type Sandbox, type SandboxSpec } from "./sandbox/sandbox.ts";
import type { Spare, Spares } from "./spares.ts";
import { functionVariables, needsFreshProcess, runtimeVariables } from "./variables.ts";

export interface LaunchParts {
  ids: Ids;
  identity: Identity;
  sandbox: Sandbox;
  spares: Spares;
  network: "shared" | "none";
  endpointUrl(): string;
  /** The unpacked code of a package. */
  codeDir(codeId: string): Promise<string>;
  /** Throws what the caller is to see when there is none. */
  interpreter(runtime: string): Promise<Interpreter>;
  /** The Runtime API address managed runtimes are told: it answers `ping`, and refuses the rest. */
  managedRuntimeApi(): Promise<string>;
}

/** New environments take fresh credentials, and make room before the ones they have run out. */
const CREDENTIALS_MARGIN_MS = 5 * 60 * 1000;
const DEFAULT_TMP_MB = 512;

export const isManaged = (runtime: string): boolean => !runtime.startsWith("provided");

export function noSuchRuntime(sentence: string): ServiceError {
  return new ServiceError("InvalidRuntimeException", sentence, { status: 502, members: { Type: "Server" } });
}

export interface LaunchOrder {
  version: FunctionVersion;
  logStream: string;
  /** Of the invocation that waits for it; empty when none does. */
  requestId: string;
  /** A crashed predecessor's /tmp. */
  tmpDir: string | undefined;
}

export async function launchRuntime(parts: LaunchParts, order: LaunchOrder, listener: RuntimeListener): Promise<Started | Failure> {
  const { version, logStream } = order;
  const [codeDir, credentials] = await Promise.all([parts.codeDir(version.codeId), parts.identity.credentialsForRole(version.role, version.name)]);
  const expiresAtMs = credentials.expiresAtMs - CREDENTIALS_MARGIN_MS;
  const variables = (runtimeApi: string) => functionVariables({ version, credentials, logStream, runtimeApi, endpointUrl: parts.endpointUrl() });
  return isManaged(version.runtime)
    ? { ...(await launchManaged(parts, order, codeDir, variables(await parts.managedRuntimeApi()), listener)), expiresAtMs }
    : launchCustom(parts, order, codeDir, variables, listener, expiresAtMs);
}

async function launchManaged(parts: LaunchParts, { version, tmpDir }: LaunchOrder, codeDir: string, variables: Record<string, string>, listener: RuntimeListener): Promise<Omit<Started, "expiresAtMs">> {
  const interpreter = await parts.interpreter(version.runtime);
  const limits = { memoryMb: version.memoryMb, tmpMb: version.ephemeralStorageMb };
  const env = withInterpreter(variables, version.environment, interpreter);
  const base: SandboxSpec = {
    id: "", argv: [...interpreter.argv, `/var/runtime/${interpreter.bootstrap}`], env, runtimeDir: interpreter.runtimeDir, readOnlyPaths: interpreter.readOnlyPaths,
    memoryMb: version.memoryMb, tmpMb: version.ephemeralStorageMb, network: parts.network, channel: true,
  };
  const reusable = tmpDir === undefined && version.ephemeralStorageMb === DEFAULT_TMP_MB && !needsFreshProcess(version.environment);
  const spare = reusable
    ? parts.spares.take(version.runtime, () => parts.sandbox.start({ ...base, id: sandboxId(parts.ids), env: withInterpreter(runtimeVariables(version.runtime), {}, interpreter) }))
    : undefined;
  const assigned = spare && (await assign(spare, codeDir, limits));
  const running: Running = assigned ? spare.running : await parts.sandbox.start({ ...base, id: sandboxId(parts.ids), codeDir, ...(tmpDir ? { tmpDir } : {}) });
  const link = assigned ? spare.link : frameLink(running.channel!);
  link.listen(listener);
  link.assign({
    env: { ...env, LAMBDA_TASK_ROOT: running.taskRoot, ...(running.tmpDir === "/tmp" ? {} : { TMPDIR: running.tmpDir }) },
    handler: version.handler, taskRoot: running.taskRoot, logFormat: version.logging.format, logLevel: version.logging.applicationLevel,
  });
  return { running, link };
}

/** False when this code cannot be put under a running sandbox; the spare is gone then. */
async function assign(spare: Spare, codeDir: string, limits: { memoryMb: number; tmpMb: number }): Promise<boolean> {
  try {
    await spare.running.assign(codeDir, limits);
    return true;
  } catch (error) {
    spare.link.close();
    await spare.running.kill();
    await spare.running.dispose();
    if (error instanceof CannotAssign) return false;
    throw error;
  }
}

/** A function that starts `node` or `python3` by name gets the one it runs on. */
function withInterpreter(variables: Record<string, string>, user: Record<string, string>, interpreter: Interpreter): Record<string, string> {
  return user.PATH === undefined ? { ...variables, PATH: `${dirname(interpreter.argv[0]!)}:${variables.PATH}` } : variables;
}

async function launchCustom(parts: LaunchParts, { version, requestId, tmpDir }: LaunchOrder, codeDir: string, variables: (runtimeApi: string) => Record<string, string>, listener: RuntimeListener, expiresAtMs: number): Promise<Started | Failure> {
  const bootstrap = join(codeDir, "bootstrap");
  if (!(await stat(bootstrap).catch(() => undefined))?.isFile()) return invalidEntrypoint(requestId);
  if (!(await access(bootstrap, constants.X_OK).then(() => true, () => false))) return invalidEntrypoint(requestId, "fork/exec /var/task/bootstrap: permission denied");
  if (parts.network === "none") throw new Fault(`${version.runtime} functions reach their Runtime API over the network and cannot run with --network none; managed runtimes can`);
  const link = await openRuntimeApi(listener);
  try {
    const running = await parts.sandbox.start({
      id: sandboxId(parts.ids), argv: ["/var/task/bootstrap"], env: variables(link.address), codeDir, runtimeDir: codeDir, readOnlyPaths: [],
      memoryMb: version.memoryMb, tmpMb: version.ephemeralStorageMb, network: parts.network, channel: false, ...(tmpDir ? { tmpDir } : {}),
    });
    return { running, link, expiresAtMs };
  } catch (error) {
    link.close();
    throw error;
  }
}

const sandboxId = (ids: Ids): string => `evoke-${ids.token(16, LOWER_ALPHANUMERIC)}`;
