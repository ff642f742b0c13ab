// The composition root: the only file that knows every part. Read it top to bottom to see how Evoke is put together.
import { rmSync } from "node:fs";
import type { Config } from "./config.ts";
import { type Engine, openEngine } from "./engine/engine.ts";
import { findEngine } from "./engine/images/engine-api.ts";
import { openInterpreters } from "./engine/interpreters.ts";
import { openFunctionUrlAddresses } from "./gateway/function-url/address.ts";
import { type Gateway, openGateway } from "./gateway/gateway.ts";
import { configuredKeys, iamModeOf } from "./gateway/listen-address.ts";
import { type Ground, openGround } from "./ground.ts";
import type { Clock } from "./kernel/clock.ts";
import type { Ids } from "./kernel/ids.ts";
import type { Log } from "./kernel/log.ts";
import { openAccess } from "./access/access.ts";
import { openResourcePolicies } from "./access/resource-policies.ts";
import { policySimulator } from "./access/simulator.ts";
import { keptTogether, openConsumers } from "./delivery/consumers.ts";
import { openDelivery } from "./delivery/delivery.ts";
import { functionConsumer } from "./delivery/function-consumer.ts";
import { laterWorkers } from "./delivery/later-workers.ts";
import { openMappings } from "./delivery/mappings.ts";
import { openSources } from "./delivery/sources.ts";
import { openTargets } from "./delivery/targets.ts";
import { openOutgoingHttp } from "./outgoing-http.ts";
import { openBackground } from "./background.ts";
import { openPlatformClock } from "./clock-page.ts";
import { healthPage } from "./health.ts";
import { codeChangesPages } from "./code-changes-page.ts";
import { emitPages } from "./emit-page.ts";
import { outboxPages } from "./outbox-pages.ts";
import { prometheusPage } from "./prometheus.ts";
import { openRooms } from "./rooms.ts";
import { certificatePage } from "./sns-certificate.ts";
import { readingEmf } from "./services/cloudwatch/emf.ts";
import { openMetrics } from "./services/cloudwatch/sink.ts";
import { openLogSink } from "./services/cloudwatch-logs/sink.ts";
import { openCredentialUse } from "./services/iam/credential-use.ts";
import { openIdentityPolicies } from "./services/iam/identity-policies.ts";
import { openApiDestinations } from "./services/eventbridge/api-destinations-port.ts";
import { openDefaultBus } from "./services/eventbridge/default-bus.ts";
import type { Events } from "./ports/events.ts";
import { SERVICES } from "./services/index.ts";
import { openDirectory } from "./services/lambda/directory.ts";
import { withDurable } from "./services/lambda/durable/invoke.ts";
import { openEventSourceMappings } from "./services/lambda/mappings/store.ts";
import { openFunctionUrls } from "./services/lambda/url.ts";
import { openFunctionVersions } from "./services/lambda/function-versions.ts";
import { openBucketWebLater } from "./services/s3/bucket-web-port.ts";
import { pipeConsumer } from "./services/pipes/consumer.ts";
import { openPipes } from "./services/pipes/store.ts";
import type { RoomPorts } from "./services/service.ts";
import { CERTIFICATE_PATH, openSigningKey } from "./services/sns/signing-key.ts";
import { openIdentity } from "./services/sts/identity.ts";

export interface PlatformOptions {
  config: Config;
  clock: Clock;
  ids: Ids;
  log: Log;
  environment: Record<string, string | undefined>;
}

export interface Platform {
  gateway: Gateway;
  engine: Engine;
  /** The door by which event sources reach functions. */
  events: Events;
  listen(): Promise<{ url: string }>;
  /** Finishes running requests for up to `graceMs`, then leaves nothing behind. */
  close(graceMs: number): Promise<void>;
}

/** `ground`: opened already, by who reads this program while it opens. */
export async function openPlatform(options: PlatformOptions, ground?: Ground): Promise<Platform> {
  const standing = ground ?? (await openGround(options));
  try {
    return await openPlatformOn(standing, options);
  } catch (error) {
    if (options.config.ephemeral) rmSync(standing.dataDir, { recursive: true, force: true });
    throw error;
  }
}

async function openPlatformOn({ dataDir, inspectors, stores, sandbox }: Ground, { config, clock: machine, ids, log, environment }: PlatformOptions): Promise<Platform> {
  const { clock, ...driving } = await openPlatformClock({ machine, stores, log, strict: config.credentials.trim() !== "", isBusy: () => rooms.isOpening() || engine.busy() || !delivery.atRest() });
  const background = openBackground({ clock, log, held: true });
  const configured = [...configuredKeys(config.credentials)].map(([accessKeyId, { secretAccessKey }]) => ({ accessKeyId, secretAccessKey }));
  const identity = openIdentity({ stores, clock, ids, configured });
  const logs = openLogSink({ stores, clock, ids, log });
  const metrics = openMetrics({ stores, clock, log });
  const identityPolicies = openIdentityPolicies({ stores });
  const credentialUse = openCredentialUse({ stores, clock, log });
  const resources = openResourcePolicies(identityPolicies);
  const access = openAccess({ mode: iamModeOf(config), identityPolicies, resourcePolicy: resources.policy, resourceTags: resources.tags, clock, log });
  const targets = openTargets(access);
  const interpreters = openInterpreters({ dataDir, environment, execPath: process.execPath, log });

  let url = "";
  const engine = await openEngine({
    dataDir, settings: config, clock, ids, log, stores, metrics, identity,
    logs: readingEmf(logs, { stores, log, now: clock.now }), sandbox, interpreters, inspectors,
    containerEngine: findEngine(environment),
    versions: openFunctionVersions({ stores }),
    endpointUrl: () => url,
  });

  const directory = openDirectory({ stores, ids });
  const functions = withDurable(engine.functions, { stores, clock, ids, directory });
  const sources = openSources();
  const delivery = openDelivery({ stores, clock, ids, log, directory, functions, targets, metrics, access, background: background.run });
  const ports: RoomPorts = {
    stores, clock, ids, log, identity, objects: { find: async (object, call) => (await import("./services/s3/objects-port.ts")).findObject(ports, object, call) }, functions, directory, events: delivery.events, targets, defaultBus: openDefaultBus({ stores, clock, ids, lanes: delivery.lanes }), sources, lanes: delivery.lanes, outgoingHttp: openOutgoingHttp(), apiDestinations: openApiDestinations(() => ports), metrics, logs, access, simulator: policySimulator,
    endpointUrl: () => url, urlAddresses: openFunctionUrlAddresses(() => url), provisioning: engine.provisioning, code: engine.code, images: engine.images, snapshots: engine.snapshots, runtimeVersions: engine.runtimeVersions, background: background.run,
  };
  const rooms = openRooms(SERVICES, { ports, resources, targets, sources });
  background.run("rooms that have come to keep something", (signal) => rooms.openForever(signal));
  let beginning: Promise<void> | undefined;
  openMappings({
    stores, clock, ids, log, access, metrics, lanes: delivery.lanes, sources, background: background.run,
    mappings: keptTogether([openEventSourceMappings({ stores, clock }), openPipes({ stores })]), consumers: openConsumers([functionConsumer({ directory, functions, metrics }), pipeConsumer(() => ports)]), workers: laterWorkers(),
  });

  const gateway = openGateway({
    config, clock, ids, log, identity, access, credentialUse,
    serviceNames: SERVICES.map((service) => service.name),
    service: rooms.served,
    bucketWeb: openBucketWebLater(() => ports),
    functionUrls: { urls: openFunctionUrls({ stores }), directory, functions: engine.functions, metrics },
    pages: {
      "/_evoke/health": healthPage({ services: SERVICES.map((service) => service.name), sandbox, engine, delivery, startedMs: clock.monotonicMs(), clock }),
      "/_evoke/metrics": prometheusPage({ totals: metrics.totals, engine, startedMs: clock.monotonicMs(), clock }),
      "/_evoke/clock": driving.page,
      "/_evoke/code/": engine.codePage,
      [CERTIFICATE_PATH]: certificatePage(openSigningKey({ stores, clock, ids })),
    },
    accountPages: {
      ...outboxPages({ stores, region: config.region }), ...emitPages({ defaultBus: ports.defaultBus, clock, region: config.region, strict: config.credentials.trim() !== "" }),
      ...codeChangesPages({ clock, ids, region: config.region, strict: config.credentials.trim() !== "" || access.mode === "enforce", patched: engine.patchedCode, operations: async () => (await rooms.served("lambda"))!.operations }),
    },
  });

  const close = async (graceMs: number): Promise<void> => {
    driving.close();
    await gateway.close(graceMs);
    await beginning;
    await background.close();
    await credentialUse.close();
    await engine.close();
    await sandbox.close();
    await logs.close();
    await metrics.close();
    await stores.close();
    if (config.ephemeral) rmSync(dataDir, { recursive: true, force: true });
  };
  return {
    gateway,
    engine,
    events: delivery.events,
    async listen() {
      try {
        const listening = await gateway.listen();
        url = listening.url;
        // Only now, because the functions it runs call back. Where others write the same database, any of them may leave work to any other.
        beginning = rooms.openKeeping(config.database !== "").catch((error: unknown) => log.error("a room could not be opened; it is tried again", { error })).then(background.begin);
        return listening;
      } catch (error) {
        await close(0);
        throw error;
      }
    },
    close,
  };
}
