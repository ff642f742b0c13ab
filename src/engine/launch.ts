// Makes the process an environment needs: which interpreter, which code, which variables, which link.
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Fault, ServiceError } from "../kernel/errors.ts";
import type { Ids } from "../kernel/ids.ts";
import { LOWER_ALPHANUMERIC } from "../kernel/ids.ts";
import type { FunctionVersion } from "../ports/functions.ts";
import type { Identity } from "../ports/identity.ts";
import { runtimeCommand, wrapperOf } from "./command.ts";
import type { Started } from "./environment.ts";
import { type Failure, invalidEntrypoint } from "./failures.ts";
import { type FrameLink, frameLink } from "./frame-link.ts";
import type { Interpreter } from "./interpreters.ts";
import type { RuntimeListener } from "./link.ts";
import { openRuntimeApi } from "./runtime-api/server.ts";
import { hostVariables } from "./sandbox/plain.ts";
import { CannotAssign, type Running, type Sandbox, type SandboxSpec } from "./sandbox/sandbox.ts";
import { type Spare, type Spares, discard } from "./spares.ts";
import { functionVariables, needsFreshProcess, runtimeVariables } from "./variables.ts";

export interface LaunchParts {
  ids: Ids;
  identity: Identity;
  sandbox: Sandbox;
  spares: Spares<Spare>;
  /** Sandboxes without a command. */
  blanks: Spares<{ running: Running }>;
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

/** What takes a moment to find out, while a process may already be starting. */
interface Given {
  codeDir: string;
  expiresAtMs: number;
  variables(runtimeApi: string): Record<string, string>;
}

/** A sandbox that was there before its function; without `link` it has no command yet. */
interface Made {
  running: Running;
  link?: FrameLink;
}

export function launchRuntime(parts: LaunchParts, order: LaunchOrder, listener: RuntimeListener): Promise<Started | Failure> {
  return isManaged(order.version.runtime) ? launchManaged(parts, order, listener) : launchCustom(parts, order, listener);
}

async function gather(parts: LaunchParts, { version, logStream }: LaunchOrder): Promise<Given> {
  const [codeDir, credentials] = await Promise.all([parts.codeDir(version.codeId), parts.identity.credentialsForRole(version.role, version.name)]);
  return {
    codeDir, expiresAtMs: credentials.expiresAtMs - CREDENTIALS_MARGIN_MS,
    variables: (runtimeApi) => functionVariables({ version, credentials, logStream, runtimeApi, endpointUrl: parts.endpointUrl() }),
  };
}

async function launchManaged(parts: LaunchParts, order: LaunchOrder, listener: RuntimeListener): Promise<Started> {
  const { version, tmpDir } = order;
  const interpreter = await parts.interpreter(version.runtime);
  const command = runtimeCommand(interpreter, version);
  const { runtimeDir, bootstrapDir, readOnlyPaths } = interpreter;
  const base = { ...baseOf(parts, version), runtimeDir, ...(bootstrapDir ? { bootstrapDir } : {}), readOnlyPaths, channel: true };
  let made = takesMade(order) ? takeManaged(parts, version, interpreter, command, base) : undefined;
  let given: Given;
  let runtimeApi: string;
  try {
    [given, runtimeApi] = await Promise.all([gather(parts, order), parts.managedRuntimeApi()]);
  } catch (error) {
    if (made) await discard(made);
    throw error;
  }
  const env = withInterpreter(given.variables(runtimeApi), version.environment, interpreter);
  if (made && !(await assign(made, given.codeDir, version))) made = undefined;
  if (made && !made.link) made.running.exec(command, env);
  const running = made?.running ?? await parts.sandbox.start({ ...base, id: sandboxId(parts.ids), argv: command, env, codeDir: given.codeDir, ...(tmpDir ? { tmpDir } : {}) });
  const link = made?.link ?? frameLink(running.channel!);
  link.listen(listener);
  link.assign({
    ...(wrapperOf(version.environment) ? {} : { env: asSeen(env, base, running) }), // a wrapper's process keeps what the wrapper has set
    handler: version.handler, taskRoot: running.taskRoot, logFormat: version.logging.format, logLevel: version.logging.applicationLevel,
  });
  return { running, link, expiresAtMs: given.expiresAtMs };
}

/** A pre-warmed process; else a blank sandbox, whose interpreter starts now, before its code and credentials are there, unless a variable must be set at its start. */
function takeManaged(parts: LaunchParts, version: FunctionVersion, interpreter: Interpreter, command: string[], base: Omit<SandboxSpec, "id" | "argv" | "env">): Made | undefined {
  const blank = () => parts.blanks.take([interpreter.runtimeDir, ...interpreter.readOnlyPaths].join(":"), () => parts.sandbox.start({ ...base, id: sandboxId(parts.ids), argv: [], env: {} }));
  if (needsFreshProcess(version.environment)) return blank();
  const env = withInterpreter(runtimeVariables(version.runtime), {}, interpreter);
  const spare = parts.spares.take([version.runtime, interpreter.runtimeDir, ...command].join(" "), () => parts.sandbox.start({ ...base, id: sandboxId(parts.ids), argv: command, env: { ...env, EVOKE_WARM_UP: "1" } }));
  const made = spare ?? blank();
  if (!made || spare) return spare;
  made.running.exec(command, env);
  return { running: made.running, link: frameLink(made.running.channel!) };
}

/** The same /tmp goes on after a crash, and one of another size is made for it. */
const takesMade = ({ version, tmpDir }: LaunchOrder): boolean => tmpDir === undefined && version.ephemeralStorageMb === DEFAULT_TMP_MB;

const baseOf = (parts: LaunchParts, version: FunctionVersion) => ({ memoryMb: version.memoryMb, tmpMb: version.ephemeralStorageMb, network: parts.network });

/** False when this code cannot be put under a running sandbox; that one is gone then. */
async function assign(made: Made, codeDir: string, version: FunctionVersion): Promise<boolean> {
  try {
    await made.running.assign(codeDir, { memoryMb: version.memoryMb, tmpMb: version.ephemeralStorageMb });
    return true;
  } catch (error) {
    await discard(made);
    if (error instanceof CannotAssign) return false;
    throw error;
  }
}

/** PWD as on AWS, where a shell starts the runtime. On a level that cannot show AWS's paths, variables name the real ones. */
function asSeen(env: Record<string, string>, spec: Pick<SandboxSpec, "runtimeDir" | "bootstrapDir">, { taskRoot, tmpDir }: Running): Record<string, string> {
  return { ...(taskRoot === "/var/task" ? env : { ...hostVariables(env, { ...spec, codeDir: taskRoot }), TMPDIR: tmpDir }), PWD: taskRoot };
}

/** A function that starts `node` or `python3` by name gets the one it runs on. */
function withInterpreter(variables: Record<string, string>, user: Record<string, string>, interpreter: Interpreter): Record<string, string> {
  return user.PATH === undefined ? { ...variables, PATH: `${dirname(interpreter.argv[0]!)}:${variables.PATH}` } : variables;
}

async function launchCustom(parts: LaunchParts, order: LaunchOrder, listener: RuntimeListener): Promise<Started | Failure> {
  const { version, requestId, tmpDir } = order;
  const { codeDir, variables, expiresAtMs } = await gather(parts, order);
  const bootstrap = join(codeDir, "bootstrap");
  if (!(await stat(bootstrap).catch(() => undefined))?.isFile()) return invalidEntrypoint(requestId);
  if (!(await access(bootstrap, constants.X_OK).then(() => true, () => false))) return invalidEntrypoint(requestId, "fork/exec /var/task/bootstrap: permission denied");
  if (parts.network === "none") throw new Fault(`${version.runtime} functions reach their Runtime API over the network and cannot run with --network none; managed runtimes can`);
  const base = { ...baseOf(parts, version), readOnlyPaths: [], channel: false };
  const command = ["/var/task/bootstrap"];
  const link = await openRuntimeApi(listener);
  try {
    const env = variables(link.address);
    const blank = takesMade(order) ? parts.blanks.take("custom", () => parts.sandbox.start({ ...base, id: sandboxId(parts.ids), argv: [], env: {} })) : undefined;
    const assigned = blank && (await assign(blank, codeDir, version));
    if (assigned) blank.running.exec(command, env);
    const running = assigned ? blank.running : await parts.sandbox.start({ ...base, id: sandboxId(parts.ids), argv: command, env, codeDir, ...(tmpDir ? { tmpDir } : {}) });
    return { running, link, expiresAtMs };
  } catch (error) {
    link.close();
    throw error;
  }
}

const sandboxId = (ids: Ids): string => `evoke-${ids.token(16, LOWER_ALPHANUMERIC)}`;
