// Everything that runs functions, behind one door. Opened once, by the platform.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
import type { Clock } from "../kernel/clock.ts";
import { HEX, type Ids } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { completeTraceHeader } from "../kernel/trace.ts";
import type { CodePackages } from "../ports/code.ts";
import type { FunctionVersion, FunctionVersions, Functions, Invocation, InvokeResult, StreamedResult } from "../ports/functions.ts";
import type { Identity } from "../ports/identity.ts";
import type { ContainerImages } from "../ports/images.ts";
import type { LogSink } from "../ports/logs.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { RuntimeVersions } from "../ports/runtime-versions.ts";
import type { Snapshots } from "../ports/snapshots.ts";
import type { Provisioning } from "../ports/provisioning.ts";
import { RecursiveInvocation } from "../ports/recursive-invocation.ts";
import type { Stores } from "../storage/stores.ts";
import { type Answer, bufferedAnswer, streamedAnswer } from "./answers.ts";
import { type Page, openDownloads } from "./code/download.ts";
import { openLayers } from "./code/layers.ts";
import { type LocalCode, openPackages } from "./code/packages.ts";
import { openContainers } from "./images/container.ts";
import { openImages } from "./images/images.ts";
import { newAccountShare, newFunctionShare } from "./concurrency.ts";
import { type Environment, type Owner, extensionsListenerOf, pauseForLog, type Started, startEnvironment } from "./environment.ts";
import type { Failure } from "./failures.ts";
import type { Debugging, Inspectors } from "./inspect/inspectors.ts";
import { type Interpreters, openRuntimeVersions } from "./interpreters.ts";
import { openJournal } from "./journal.ts";
import { type LaunchOrder, type LaunchParts, launchRuntime, mayHaveExtensions, noSuchRuntime } from "./launch.ts";
import type { Lane } from "./lane.ts";
import { openFleets } from "./managed-instances/fleets.ts";
import { openProviderMetrics } from "./managed-instances/metrics.ts";
import { type EngineMetrics, openMetrics } from "./metrics.ts";
import type { PoolOptions } from "./places.ts";
import { openPool } from "./pool.ts";
import { lineageOf } from "./recursion.ts";
import { openExtensions } from "./runtime-api/extensions/extensions.ts";
import { identify } from "./runtime-identity.ts";
import { openManagedRuntimeApi } from "./runtime-api/managed.ts";
import { openTelemetry } from "./runtime-api/telemetry/telemetry.ts";
import type { Running, Sandbox } from "./sandbox/sandbox.ts";
import { openSnapshots } from "./snapshots.ts";
import { type Spare, type Spares, greeted, openSpares } from "./spares.ts";

export interface EngineOptions {
  dataDir: string;
  settings: { environmentsMax: number; idleSeconds: number; prewarm: number; network: "shared" | "none"; images: string };
  clock: Clock;
  ids: Ids;
  log: Log;
  stores: Stores;
  versions: FunctionVersions;
  logs: LogSink;
  metrics: Metrics;
  identity: Identity;
  sandbox: Sandbox;
  interpreters: Pick<Interpreters, "find" | "versions">;
  /** The socket of Docker or Podman, where there is one. */
  containerEngine?: string | undefined;
  /** Closed with the engine. */
  inspectors?: Inspectors;
  /** Of an environment. */
  eventsMax?: number;
  endpointUrl(): string;
}

export interface EngineStats {
  environments: number;
  busy: number;
  idle: number;
  starting: number;
  queued: number;
  spares: number;
}

export interface Engine {
  functions: Functions;
  provisioning: Provisioning;
  code: CodePackages;
  /** A package from another one and what has changed; `code.add` takes it at once. */
  patchedCode: LocalCode["patched"];
  images: ContainerImages;
  snapshots: Snapshots;
  runtimeVersions: RuntimeVersions;
  /** Serves the URLs of code.downloadUrl(); `query` without the question mark. */
  codePage(request: { path: string; query: string }): Promise<Page>;
  stats(): EngineStats;
  /** An invocation runs or waits, or an environment starts. */
  busy(): boolean;
  /** Kills every environment; resolves when nothing of them is left. */
  close(): Promise<void>;
}

/** docs/decisions/0029-trace-variable.md */
const EVENTS_MAX = 100_000;
const SPARE_IDLE_MS_MAX = 10 * 60 * 1000;
const SPARE_REFILL_AFTER_MS = 200;
/** Sandboxes without a command, per interpreter and one kind for custom runtimes. They weigh 0.7 MB, so they are no matter of settings and take no environment's room. */
const BLANKS = 2;
const BLANK_REFILL_AFTER_MS = 80;

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { clock, ids, log, settings, sandbox, identity } = options;
  await sandbox.sweep();
  const packages = openPackages(options.dataDir, options.stores.blobs, clock, () => codeInUse());
  const layers = openLayers(options.dataDir, packages.folder);
  const images = openImages({ dataDir: options.dataDir, imagesDir: settings.images, cannotRun: whyNoImages(sandbox, settings.network), engineSocket: settings.network === "none" ? undefined : options.containerEngine });
  const containers = options.containerEngine === undefined ? undefined : openContainers(options.containerEngine, options.dataDir);
  const downloads = openDownloads({ key: ids.bytes(32), clock, endpointUrl: options.endpointUrl, read: packages.read });
  const managedApi = openManagedRuntimeApi();
  const idleMs = Math.min(settings.idleSeconds * 1000, SPARE_IDLE_MS_MAX);
  const blanks = openSpares({
    perKey: sandbox.level <= 2 ? BLANKS : 0, idleMs, refillAfterMs: BLANK_REFILL_AFTER_MS, clock, log, room: () => true,
    prepare: async (running: Running) => ({ running }),
  });
  const spares: Spares<Spare> = openSpares({
    perKey: settings.prewarm, idleMs, refillAfterMs: SPARE_REFILL_AFTER_MS, clock, log, prepare: greeted,
    room: () => pool.stats().environments + spares.count() < settings.environmentsMax,
  });
  const runtimeVersions = openRuntimeVersions(options.interpreters);
  const warnOfArchitecture = architectureWarning(log);
  const warnOfVpc = vpcWarning(log);
  const parts: LaunchParts = {
    ids, identity, sandbox, spares, blanks, network: settings.network, endpointUrl: options.endpointUrl,
    codeDir: packages.folder, optDir: layers.folder, image: images.open, ...(containers ? { container: containers.start } : {}),
    async interpreter({ runtime, pinnedRuntime }) {
      const found = await options.interpreters.find(runtime, pinnedRuntime);
      if ("missing" in found) throw noSuchRuntime(found.missing);
      return found;
    },
    runtimeIdentity: (version) => identify(runtimeVersions, version),
    managedRuntimeApi: () => managedApi.address(),
  };
  const metrics = openMetrics(options.metrics);
  const pool = openPool({
    clock, log, metrics, versions: options.versions, environmentsMax: settings.environmentsMax, idleMs: settings.idleSeconds * 1000, eventsMax: options.eventsMax ?? EVENTS_MAX, spares,
    isInspected: (version) => options.inspectors?.isInspected(version) ?? false,
    open(lane, ...order) {
      warnOfArchitecture(lane.version);
      warnOfVpc(lane.version);
      return openEnvironment({ ...options, metrics }, parts, lane, ...order);
    },
  });
  const fleets = openFleets({
    clock, log, idleMs: settings.idleSeconds * 1000, versions: options.versions, metrics, providerMetrics: openProviderMetrics(options.metrics), takePlace: pool.takePlace, leavePlace: pool.leavePlace, changed: pool.changed,
    isInspected: (version) => options.inspectors?.isInspected(version) ?? false,
    open({ share }, version, owner, given) {
      warnOfArchitecture(version);
      return openEnvironment({ ...options, metrics }, parts, { version, tenantId: undefined, share, provisioned: undefined }, owner, "init", given);
    },
  });
  const codeInUse = () => new Set([...pool.codeInUse(), ...fleets.codeInUse()]);
  const snapshots = openSnapshots((version, owner) => openEnvironment({ ...options, metrics }, parts, { version, tenantId: undefined, share: newFunctionShare(newAccountShare()), provisioned: undefined }, owner, "init", { initializationType: "snap-start", snapshotOnly: true }));

  const submit = (invocation: Invocation, answer: Answer, streaming: boolean) => {
    const lineage = lineageOf(invocation);
    if (lineage === undefined) {
      metrics.dropped(invocation);
      return answer.reject(new RecursiveInvocation());
    }
    const traceId = completeTraceHeader(invocation.traceId, { nowMs: clock.now(), hex: () => ids.token(40, HEX), sampled: invocation.version.tracing === "Active", lineage });
    (invocation.version.managed ? fleets : pool).submit({ invocation, answer, streaming, traceId, queuedMs: clock.monotonicMs() });
  };
  const stats = () => {
    const [own, managed] = [pool.stats(), fleets.stats()];
    return { environments: own.environments, busy: own.busy + managed.busy, idle: own.idle + managed.idle, starting: own.starting + managed.starting, queued: own.queued + managed.queued, spares: spares.count() };
  };
  return {
    functions: {
      invoke: (invocation) => new Promise<InvokeResult>((resolve, reject) => submit(invocation, bufferedAnswer(invocation.version.version, resolve, reject), false)),
      invokeStreaming: (invocation) => new Promise<StreamedResult>((resolve, reject) => submit(invocation, streamedAnswer(invocation.version.version, resolve, reject), true)),
    },
    provisioning: {
      provision: (version, wanted) => (version.managed ? fleets.keep(version, wanted) : pool.provisioning.provision(version, wanted)),
      state: (version) => (version.managed ? fleets : pool.provisioning).state(version),
      changed: pool.provisioning.changed,
    },
    images,
    snapshots,
    runtimeVersions,
    code: {
      check: packages.check, add: packages.add, read: packages.read, downloadUrl: downloads.url,
      async keepOnly(findUsed) {
        const { used, left } = await packages.keepOnly(findUsed);
        const standing = codeInUse();
        await layers.keepOnly((id) => used.has(id) || standing.has(id));
        await images.keepOnly((id) => used.has(id) || standing.has(id));
        return left;
      },
    },
    patchedCode: packages.patched,
    codePage: (request) => downloads.page(request.path, request.query),
    stats,
    busy() {
      const { busy, starting, queued } = stats();
      return busy + starting + queued > 0;
    },
    async close() {
      await Promise.all([pool.close(), fleets.close(), snapshots.close(), spares.close(), blanks.close(), packages.close(), options.inspectors?.close()]);
      managedApi.close();
    },
  };
}

function whyNoImages({ level }: Sandbox, network: "shared" | "none"): string | undefined {
  if (level > 2) return `container images need bubblewrap, and functions here run at isolation level ${level}; evoke doctor says what is missing`;
  return network === "none" ? "container images reach their Runtime API over the network and cannot run with --network none" : undefined;
}

/** Says once that nothing is emulated: a function made for another processor runs on this one. */
function architectureWarning(log: Log): (version: FunctionVersion) => void {
  const here = process.arch === "arm64" ? "arm64" : "x86_64";
  let said = false;
  return ({ name, architecture }) => {
    if (said || architecture === here) return;
    said = true;
    log.warn(`${name} is made for ${architecture} and runs on this machine's ${here}: native code in its package must be built for ${here}`);
  };
}

/** Says once that no network is made for a function: docs/decisions/0027-vpc-config.md. */
function vpcWarning(log: Log): (version: FunctionVersion) => void {
  let said = false;
  return ({ name, inVpc }) => {
    if (said || !inVpc) return;
    said = true;
    log.warn(`${name} has a VpcConfig and runs in this machine's network: subnets and security groups are kept and shown, and let nothing in or out`);
  };
}

/** For the pool's lanes, and once for each version under SnapStart, which has none. */
type OpenEnvironment = (lane: Pick<Lane, "version" | "tenantId" | "share" | "provisioned">, owner: Owner, phase: "init" | "invoke", given: Parameters<PoolOptions["open"]>[3] & { snapshotOnly?: boolean; openApi?: LaunchOrder["openApi"] }) => Environment;

type EnvironmentOptions = Pick<EngineOptions, "clock" | "ids" | "log" | "logs" | "inspectors"> & { metrics: EngineMetrics };

function openEnvironment({ clock, ids, log, logs, metrics, inspectors }: EnvironmentOptions, parts: LaunchParts, ...[lane, owner, phase, { work, tmpDir, initializationType: given, snapshotOnly = false, openApi }]: Parameters<OpenEnvironment>): Environment {
  const { version } = lane;
  const initializationType = version.snapStart ? "snap-start" : given;
  const day = new Date(clock.now()).toISOString().slice(0, 10).replaceAll("-", "/");
  const streamName = `${day}/[${version.version}]${ids.token(32, HEX)}`;
  const env: Environment = {
    version, initializationType, clock, log, owner, phase, work, streamName, state: "starting", along: [], lateAnswer: false, journal: undefined!, running: undefined, link: undefined, runtime: undefined, startRuntime: undefined, extensions: undefined, runtimeReady: false, answered: undefined, bornMs: clock.monotonicMs(), initMs: undefined,
    startedMs: 0, deadlineMs: 0, idleSinceMs: 0, expiresAtMs: Infinity, events: 0, frozen: false, streamPaused: false, logPaused: false, settling: false, launching: undefined,
    answeredWithError: false, cancelTick: undefined, snapshot: version.snapStart ? { only: snapshotOnly } : undefined, debugging: undefined, endLines: [], closed: undefined,
  };
  env.journal = openJournal({
    version, initializationType, tenantId: lane.tenantId, streamName, clock, log, sink: logs,
    hooks: {
      memoryPeakBytes: async () => env.running?.memoryPeakBytes() ?? 0, pause: () => pauseForLog(env, true), resume: () => pauseForLog(env, false), endLines: () => { for (const endLine of env.endLines) endLine(); },
      reported: metrics.reporter(env, lane),
    },
  });
  if (work?.invocation.tail) env.journal.tailFromNow();
  if (mayHaveExtensions(version, parts)) {
    const telemetry = openTelemetry({ clock, jsonLogs: version.logging.format === "JSON", said: env.journal.other });
    env.extensions = openExtensions({ version, clock, ids, telemetry, listener: extensionsListenerOf(env) });
    env.journal.observe(telemetry);
  }
  startEnvironment(env, async (listener) => {
    if (!version.image) env.journal.initStart(await parts.runtimeIdentity(version), phase);
    const launch = () => launchRuntime(parts, { version, initializationType, logStream: streamName, requestId: work?.invocation.requestId ?? "", tmpDir, extensions: env.extensions, debugging: env.debugging, openApi }, listener);
    if (!inspectors?.isInspected(version)) return launch();
    env.debugging = await inspectors.begin(version);
    return endingWith(env.debugging, launch());
  });
  return env;
}

/** A debugger is told when the process it was handed on to is gone. */
async function endingWith(debugging: Debugging | undefined, launched: Promise<Started | Failure>): Promise<Started | Failure> {
  const running = await launched.then((started) => ("running" in started ? started.running : undefined), () => undefined);
  if (running) void running.exited.finally(() => debugging?.end());
  else debugging?.end();
  return launched;
}
