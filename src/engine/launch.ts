// Makes the process an environment needs: which interpreter, which code, which variables, which link.
import { constants } from "node:fs";
import type { Socket } from "node:net";
import { access, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Fault, ServiceError } from "../kernel/errors.ts";
import type { Ids } from "../kernel/ids.ts";
import { HEX, LOWER_ALPHANUMERIC } from "../kernel/ids.ts";
import type { FunctionVersion } from "../ports/functions.ts";
import type { Identity } from "../ports/identity.ts";
import { runtimeCommand, wrapperOf } from "./command.ts";
import type { InitializationType, Started } from "./environment.ts";
import { type Failure, invalidEntrypoint } from "./failures.ts";
import { type FrameLink, frameLink } from "./frame-link.ts";
import { vcpusOf } from "./managed-instances/fleet.ts";
import type { Containers } from "./images/container.ts";
import type { KeptImage } from "./images/images.ts";
import { inspected } from "./inspect/command.ts";
import type { Debugging } from "./inspect/inspectors.ts";
import type { Interpreter } from "./interpreters.ts";
import { type ExtensionFile, extensionFiles, launchWithExtensions, ownAddress } from "./launch-extensions.ts";
import type { RuntimeLink, RuntimeListener } from "./link.ts";
import type { ContainerCredentials } from "./runtime-api/credentials.ts";
import type { Extensions } from "./runtime-api/extensions/extensions.ts";
import type { openRuntimeApi, RuntimeApi } from "./runtime-api/server.ts";
import type { RuntimeIdentity } from "./runtime-identity.ts";
import { hostVariables } from "./sandbox/plain.ts";
import { fitsSlot } from "./sandbox/code-slot.ts";
import { CannotAssign, type Running, type Sandbox, type SandboxSpec } from "./sandbox/sandbox.ts";
import { readTelemetryLog, TELEMETRY_VARIABLE } from "./telemetry-log.ts";
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
  /** What these layers are as /opt. */
  optDir(layers: readonly string[]): Promise<string>;
  /** A container image, unpacked. */
  image(id: string): Promise<KeptImage>;
  /** At the container engine, where there is one. */
  container?: Containers["start"];
  /** The newest, or the one the version is held to. Throws what the caller is to see when there is none. */
  interpreter(version: Pick<FunctionVersion, "runtime" | "pinnedRuntime">): Promise<Interpreter>;
  /** What INIT_START says of it, with the same errors. */
  runtimeIdentity(version: FunctionVersion): Promise<RuntimeIdentity>;
  /** The Runtime API address managed runtimes are told: it answers `ping`, and refuses the rest. */
  managedRuntimeApi(): Promise<string>;
}

/** Read when the first function needs it: our own bootstraps speak frames. */
const openApi: typeof openRuntimeApi = async (...given) => (await import("./runtime-api/server.ts")).openRuntimeApi(...given);

/** New environments take fresh credentials, and make room before the ones they have run out. */
export const CREDENTIALS_MARGIN_MS = 5 * 60 * 1000;
const DEFAULT_TMP_MB = 512;

/** Whether anything in a function could speak the Extensions API. Others are spared the trouble: they register nothing unless a layer or a wrapper brings the code. */
export const mayHaveExtensions = ({ runtime, layers, environment }: FunctionVersion, { network }: Pick<LaunchParts, "network">): boolean =>
  network === "shared" && (!isManaged(runtime) || (layers?.length ?? 0) > 0 || wrapperOf(environment) !== undefined);

/** Neither a custom runtime nor a container image, whose runtime is "". */
export const isManaged = (runtime: string): boolean => runtime !== "" && !runtime.startsWith("provided");

export function noSuchRuntime(sentence: string): ServiceError {
  return new ServiceError("InvalidRuntimeException", sentence, { status: 502, members: { Type: "Server" } });
}

export interface LaunchOrder {
  version: FunctionVersion;
  initializationType: InitializationType;
  logStream: string;
  /** Of the invocation that waits for it; empty when none does. */
  requestId: string;
  /** A crashed predecessor's /tmp. */
  tmpDir: string | undefined;
  /** Where mayHaveExtensions says so. */
  extensions: Extensions | undefined;
  debugging: Debugging | undefined;
  /** Where several events run at once: the Runtime API for all of them, in place of frames and of the usual one. */
  openApi?: ((listener: RuntimeListener, extensions: Extensions | undefined) => Promise<RuntimeApi>) | undefined;
}

/** What takes a moment to find out, while a process may already be starting. */
interface Given {
  codeDir: string;
  optDir: string | undefined;
  files: ExtensionFile[];
  expiresAtMs: number;
  variables(runtimeApi: string): Record<string, string>;
  /** Under SnapStart. */
  container: ContainerCredentials | undefined;
}

/** A sandbox that was there before its function; without `link` it has no command yet. */
interface Made {
  running: Running;
  link?: FrameLink;
}

export function launchRuntime(parts: LaunchParts, order: LaunchOrder, listener: RuntimeListener): Promise<Started | Failure> {
  if (order.version.image) return import("./launch-image.ts").then(({ launchImage }) => launchImage(parts, order, listener));
  return isManaged(order.version.runtime) ? launchManaged(parts, order, listener) : launchCustom(parts, order, listener);
}

async function gather(parts: LaunchParts, { version, initializationType, logStream }: LaunchOrder): Promise<Given> {
  const [codeDir, credentials, optDir] = await Promise.all([
    parts.codeDir(version.codeId), parts.identity.credentialsForRole(version.role, version.name, version.arn), version.layers?.length ? parts.optDir(version.layers) : undefined,
  ]);
  const files = optDir === undefined ? [] : await extensionFiles(optDir);
  if (files.length && parts.network === "none") throw new Fault(`The extensions of ${version.name} reach the Extensions API over the network and cannot run with --network none`);
  // Without a network nothing but the process's own variables can bring them.
  const container = initializationType === "snap-start" && parts.network === "shared" ? { token: parts.ids.token(64, HEX), read: () => credentials } : undefined;
  return {
    container,
    codeDir, optDir, files, expiresAtMs: credentials.expiresAtMs - CREDENTIALS_MARGIN_MS,
    variables: (runtimeApi) => functionVariables({ version, credentials, initializationType, logStream, credentialsToken: container?.token, runtimeApi, endpointUrl: parts.endpointUrl() }),
  };
}

async function launchManaged(parts: LaunchParts, order: LaunchOrder, listener: RuntimeListener): Promise<Started> {
  const { version, tmpDir, debugging } = order;
  const found = await parts.interpreter(version);
  const interpreter = debugging ? await inspected(found, debugging, await parts.codeDir(version.codeId)) : found;
  if ("missing" in interpreter) throw noSuchRuntime(interpreter.missing);
  if (interpreter.bootstrap === undefined) return launchPublished(parts, order, listener, interpreter);
  if (order.openApi) assertConcurrent(parts, version);
  const command = runtimeCommand(interpreter, version);
  const { runtimeDir, bootstrapDir, readOnlyPaths } = interpreter;
  const base = { ...baseOf(parts, version), ...(runtimeDir ? { runtimeDir } : {}), ...(bootstrapDir ? { bootstrapDir } : {}), readOnlyPaths, channel: true };
  const { extensions } = order;
  const layered = (version.layers?.length ?? 0) > 0;
  const takes = takesMade(order) && fitsSlot(await parts.codeDir(version.codeId));
  let made = takes && !layered ? takeManaged(parts, order, interpreter, command, base) : undefined;
  const gathered = gather(parts, order);
  gathered.catch(() => {}); // awaited below
  const container = order.initializationType === "snap-start" ? (await gathered).container : undefined;
  const api = order.openApi ? await order.openApi(listener, extensions) : extensions || container ? await openApi(listener, extensions, container) : undefined;
  try {
    const [given, runtimeApi] = await Promise.all([gathered, api?.address ?? parts.managedRuntimeApi()]);
    const env = withInterpreter(given.variables(runtimeApi), version.environment, interpreter);
    if (layered && takes && !given.files.length) made = takeBlank(parts, interpreter, base);
    if (made && !(await assign(made, given, version))) made = undefined;
    if (made && !made.link) made.running.exec(command, env);
    const spec = { ...base, codeDir: given.codeDir, ...(given.optDir ? { optDir: given.optDir } : {}), ...(tmpDir ? { tmpDir } : {}) };
    const started = await start(parts, { spec, given, extensions, command, env }, made?.running);
    api?.admit(started.running.holdsPeer);
    const link = made?.link ?? frameLink(started.running.channel!);
    speak(link, listener, order, asSeen(env, spec, started.running), started.running.taskRoot);
    return { ...started, link: api ? eitherLink(link, api) : link, expiresAtMs: given.expiresAtMs };
  } catch (error) {
    api?.close();
    if (made) await discard(made);
    throw error;
  }
}

function assertConcurrent({ network }: LaunchParts, { name, runtime }: FunctionVersion): void {
  if (!/^(nodejs|python)/.test(runtime)) throw new Fault(`${runtime} runs one event at a time and cannot run on managed instances`);
  if (network === "none") throw new Fault(`On managed instances ${name} reaches its Runtime API over the network and cannot run with --network none`);
}

function speak(link: FrameLink, listener: RuntimeListener, { version, extensions, debugging }: LaunchOrder, env: Record<string, string>, taskRoot: string): void {
  link.listen(listener);
  link.assign({
    ...(wrapperOf(version.environment) ? {} : { env }), // a wrapper's process keeps what the wrapper has set
    handler: version.handler, taskRoot, logFormat: version.logging.format, logLevel: version.logging.applicationLevel,
    ...(debugging ? { inspected: true } : {}),
    ...(version.managed ? { vcpus: vcpusOf(version) } : {}),
    ...(extensions && version.runtime.startsWith("nodejs") ? { extensions: true } : {}), // other runtimes wait without stopping their threads
  });
}

/** A wrapper or an extension may take the managed runtime's place and ask for events over HTTP, as AWS's Web Adapter does. */
function eitherLink(frames: FrameLink, api: RuntimeApi): RuntimeLink {
  const both = [frames, api];
  return {
    get readyAfterAnswer() { return !api.spoken; },
    send(event, along) { if (api.spoken) api.send(event); else frames.send(event, along); },
    registered: (any) => frames.registered?.(any),
    restore() { for (const link of both) link.restore?.(); },
    pause() { for (const link of both) link.pause(); },
    resume() { for (const link of both) link.resume(); },
    close() { for (const link of both) link.close(); },
  };
}

interface StartOrder {
  spec: Omit<SandboxSpec, "id" | "argv" | "env">;
  given: Given;
  extensions: Extensions | undefined;
  command: string[];
  env: Record<string, string>;
}

/** The process the runtime runs in: one that was made beforehand and has been given its command; a new one; or one of several, after its extensions. */
async function start(parts: LaunchParts, { spec, given, extensions, command, env }: StartOrder, made: Running | undefined): Promise<Pick<Started, "running" | "runtime" | "startRuntime">> {
  if (made) return { running: made };
  if (!extensions || !given.files.length) return { running: await parts.sandbox.start({ ...spec, id: sandboxId(parts.ids), argv: command, env }) };
  const address = ownAddress(parts.ids, parts.sandbox);
  extensions.telemetry.at(address);
  return launchWithExtensions(parts, { spec: { ...spec, address }, files: given.files, extensions, command, env });
}

/** A sandbox whose interpreter is still to be started: what it loads may lie in /opt, which the dynamic linker looks at only once. */
function takeBlank(parts: LaunchParts, interpreter: Interpreter, base: Omit<SandboxSpec, "id" | "argv" | "env">): { running: Running } | undefined {
  return parts.blanks.take([interpreter.runtimeDir, ...interpreter.readOnlyPaths].join(":"), () => parts.sandbox.start({ ...base, id: sandboxId(parts.ids), argv: [], env: {} }));
}

/** A pre-warmed process; else a blank sandbox, whose interpreter starts now, before its code and credentials are there, unless a variable must be set at its start. */
function takeManaged(parts: LaunchParts, { version, debugging }: LaunchOrder, interpreter: Interpreter, command: string[], base: Omit<SandboxSpec, "id" | "argv" | "env">): Made | undefined {
  if (debugging || needsFreshProcess(version.environment)) return takeBlank(parts, interpreter, base);
  const env = withInterpreter(runtimeVariables(version.runtime), {}, interpreter);
  const spare = parts.spares.take([version.runtime, interpreter.version, interpreter.runtimeDir, ...command].join(" "), () => parts.sandbox.start({ ...base, id: sandboxId(parts.ids), argv: command, env: { ...env, EVOKE_WARM_UP: "1" } }));
  const made = spare ?? takeBlank(parts, interpreter, base);
  if (!made || spare) return spare;
  made.running.exec(command, env);
  return { running: made.running, link: frameLink(made.running.channel!) };
}

/** The same /tmp goes on after a crash, and one of another size is made for it. */
const takesMade = ({ version, tmpDir }: LaunchOrder): boolean => tmpDir === undefined && version.ephemeralStorageMb === DEFAULT_TMP_MB;

const baseOf = (parts: LaunchParts, version: FunctionVersion) => ({ memoryMb: version.memoryMb, tmpMb: version.ephemeralStorageMb, network: parts.network });

/** False when this code cannot be put under a running sandbox; that one is gone then. */
async function assign(made: Made, { codeDir, optDir }: Given, version: FunctionVersion): Promise<boolean> {
  try {
    await made.running.assign(codeDir, { memoryMb: version.memoryMb, tmpMb: version.ephemeralStorageMb }, optDir);
    return true;
  } catch (error) {
    await discard(made);
    if (error instanceof CannotAssign) return false;
    throw error;
  }
}

/** PWD as on AWS, where a shell starts the runtime. On a level that cannot show AWS's paths, variables name the real ones. */
function asSeen(env: Record<string, string>, spec: Pick<SandboxSpec, "runtimeDir" | "bootstrapDir" | "optDir">, { taskRoot, tmpDir }: Running): Record<string, string> {
  if (taskRoot === "/var/task") return { ...env, PWD: taskRoot };
  // Python's bootstrap knows layers by AWS's path alone.
  const python = spec.optDir && /^AWS_Lambda_(python3\.\d+)$/.exec(env.AWS_EXECUTION_ENV ?? "")?.[1];
  const named = python ? { ...env, PYTHONPATH: `/opt/python/lib/${python}/site-packages:/opt/python:${env.PYTHONPATH ?? ""}` } : env;
  return { ...hostVariables(named, { ...spec, codeDir: taskRoot }), TMPDIR: tmpDir, PWD: taskRoot };
}

/** A function that starts `node` or `python3` by name gets the one it runs on. */
function withInterpreter(variables: Record<string, string>, user: Record<string, string>, interpreter: Interpreter): Record<string, string> {
  return user.PATH === undefined ? { ...variables, PATH: `${dirname(interpreter.argv[0]!)}:${variables.PATH}` } : variables;
}

async function launchCustom(parts: LaunchParts, order: LaunchOrder, listener: RuntimeListener): Promise<Started | Failure> {
  const { version, requestId } = order;
  const given = await gather(parts, order);
  const bootstrap = await bootstrapOf(given);
  if (bootstrap === undefined) return invalidEntrypoint(requestId);
  if (!(await access(bootstrap.file, constants.X_OK).then(() => true, () => false))) return invalidEntrypoint(requestId, `fork/exec ${bootstrap.seenAs}: permission denied`);
  const base = { ...baseOf(parts, version), readOnlyPaths: [], channel: false };
  return launchOverHttp(parts, order, listener, given, { kind: "custom", base, command: [bootstrap.seenAs], variables: given.variables });
}

/** A language whose runtime is AWS's own published one (Java), in the function's package, or a host that speaks HTTP (.NET). */
async function launchPublished(parts: LaunchParts, order: LaunchOrder, listener: RuntimeListener, interpreter: Interpreter): Promise<Started> {
  const { version } = order;
  const given = await gather(parts, order);
  const { runtimeDir, readOnlyPaths } = interpreter;
  return launchOverHttp(parts, order, listener, given, {
    kind: [runtimeDir, ...readOnlyPaths, version.runtime].join(":"),
    base: { ...baseOf(parts, version), ...(runtimeDir ? { runtimeDir } : {}), readOnlyPaths, channel: true },
    command: runtimeCommand(interpreter, version),
    variables: (runtimeApi) => ({ ...withInterpreter(given.variables(runtimeApi), version.environment, interpreter), ...TELEMETRY_VARIABLE }),
  });
}

/** A program that speaks the Runtime API. With a channel, its log comes over that. */
interface Program {
  /** Which blank sandboxes it can take. */
  kind: string;
  base: Omit<SandboxSpec, "id" | "argv" | "env">;
  command: string[];
  variables(runtimeApi: string): Record<string, string>;
}

async function launchOverHttp(parts: LaunchParts, order: LaunchOrder, listener: RuntimeListener, given: Given, { kind, base, command, variables }: Program): Promise<Started> {
  const { version, tmpDir, extensions } = order;
  if (parts.network === "none") throw new Fault(`${version.runtime} functions reach their Runtime API over the network and cannot run with --network none; Node.js, Python and Ruby functions can`);
  const link = await (order.openApi?.(listener, extensions) ?? openApi(listener, extensions, given.container));
  try {
    const env = variables(link.address);
    const blank = takesMade(order) && fitsSlot(given.codeDir) && !given.files.length ? parts.blanks.take(kind, () => parts.sandbox.start({ ...base, id: sandboxId(parts.ids), argv: [], env: {} })) : undefined;
    const assigned = blank && (await assign(blank, given, version));
    if (assigned) blank.running.exec(command, env);
    const spec = { ...base, codeDir: given.codeDir, ...(given.optDir ? { optDir: given.optDir } : {}), ...(tmpDir ? { tmpDir } : {}) };
    const started = await start(parts, { spec, given, extensions, command, env }, assigned ? blank.running : undefined);
    link.admit(started.running.holdsPeer);
    return { ...started, link: withTelemetryLog(link, started.running.channel, listener), expiresAtMs: given.expiresAtMs };
  } catch (error) {
    link.close();
    throw error;
  }
}

/** The log's channel is read, held up and closed with the link. */
function withTelemetryLog(link: RuntimeLink, channel: Socket | undefined, listener: RuntimeListener): RuntimeLink {
  if (!channel) return link;
  readTelemetryLog(channel, listener);
  return {
    ...link,
    pause() { link.pause(); channel.pause(); },
    resume() { link.resume(); channel.resume(); },
    close() { link.close(); channel.destroy(); },
  };
}

/** The function's own, or a layer's: the guide's "custom runtime as a layer". */
async function bootstrapOf({ codeDir, optDir }: Given): Promise<{ file: string; seenAs: string } | undefined> {
  for (const [folder, seenAs] of [[codeDir, "/var/task/bootstrap"], [optDir, "/opt/bootstrap"]] as const) {
    const file = folder && join(folder, "bootstrap");
    if (file && (await stat(file).catch(() => undefined))?.isFile()) return { file, seenAs };
  }
  return undefined;
}

export const sandboxId = (ids: Ids): string => `evoke-${ids.token(16, LOWER_ALPHANUMERIC)}`;
