// A worker of a stream at work for one mapping, under a clock that moves when told to: real stores, a function that answers what it is told.
import { ServiceError } from "../../src/kernel/errors.ts";
import { realIds } from "../../src/kernel/ids.ts";
import type { Log } from "../../src/kernel/log.ts";
import { type Background, openBackground } from "../../src/background.ts";
import { openConsumers } from "../../src/delivery/consumers.ts";
import { functionConsumer } from "../../src/delivery/function-consumer.ts";
import { openMappings } from "../../src/delivery/mappings.ts";
import { openStreamPoller } from "../../src/delivery/stream-poller.ts";
import type { StreamMemory } from "../../src/delivery/stream-shard.ts";
import type { EventSourceMapping, EventSourceMappings, MappingReport } from "../../src/ports/event-source-mappings.ts";
import type { Invocation, InvokeResult } from "../../src/ports/functions.ts";
import type { StreamSource } from "../../src/ports/sources.ts";
import { Throttled } from "../../src/ports/throttled.ts";
import type { Stores } from "../../src/storage/stores.ts";
import { openTestDelivery, type TestDelivery } from "./delivery.ts";
import { keptMappings } from "./mappings.ts";

type StreamSettings = NonNullable<EventSourceMapping["stream"]>;

/** A stream that a suite is run on: whichever source it is, and how items are put in. */
export interface StreamUnderTest {
  arn: string;
  source: StreamSource;
  /** In this order. */
  put(items: { key: string; data: string }[]): Promise<void>;
  /** What was put in, out of a record of an event. */
  read(record: object): { id: string; key: string; data: string };
  /** A pattern that passes only items of this data. */
  patternFor(data: string): string;
}

export interface Batch {
  /** What was put in. */
  data: string[];
  ids: string[];
  keys: string[];
  event: { Records: object[]; [member: string]: unknown };
  atMs: number;
  invocation: Invocation;
}

export type Answer = { failed?: boolean; value?: unknown } | "throttle" | "trouble";

export interface StreamRig {
  delivery: TestDelivery;
  functionArn: string;
  readonly mapping: EventSourceMapping;
  /** What the worker's shards hold together. */
  memory: StreamMemory;
  /** Every invocation, oldest first. */
  batches: Batch[];
  readonly reports: MappingReport[];
  /** What the function answers; nothing is `null`. It may take its time. */
  answer: (batch: Batch) => Promise<Answer> | Answer;
  /** Opens the process, if there is none, and enables the mapping. */
  start(): void;
  /** Disables the mapping, and waits until it has stopped. */
  stop(): Promise<void>;
  /** As UpdateEventSourceMapping. */
  change(more: Partial<Omit<EventSourceMapping, "stream">>, stream?: Partial<StreamSettings>): void;
  /** As kill -9: nothing that the process does from now on reaches the stores, and its leases are held until they end. */
  crash(): void;
  /** As the platform closes. */
  closeProcess(): Promise<void>;
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface RigOptions {
  memory?: StreamMemory;
  delivery?: TestDelivery;
  mapping?: Partial<Omit<EventSourceMapping, "stream">>;
  stream?: Partial<StreamSettings>;
}

export const MAPPING = "b8f5c1a2-0000-4000-8000-000000000001";
const STREAM: StreamSettings = { startingPosition: { type: "TRIM_HORIZON" }, parallelizationFactor: 1, retriesMax: -1, recordAgeSecondsMax: -1, bisects: false, tumblingWindowSeconds: 0 };

export async function openStreamRig(open: (delivery: TestDelivery) => Promise<StreamUnderTest>, options: RigOptions = {}): Promise<StreamRig & { stream: StreamUnderTest }> {
  const delivery = options.delivery ?? (await openTestDelivery());
  const stream = await open(delivery);
  const functionArn = delivery.add("consumer");
  let mapping: EventSourceMapping = {
    uuid: MAPPING, account: "000000000000", region: "eu-west-1", consumerArn: functionArn, sourceArn: stream.arn, revision: "1",
    batchSize: 100, windowSeconds: 0, filters: [], reportBatchItemFailures: false, countsEvents: true, ...options.mapping, stream: { ...STREAM, ...options.stream },
  };
  const reported: { report: MappingReport }[] = [];
  const kept = keptMappings(reported as Parameters<typeof keptMappings>[0]);
  let running: Process | undefined;
  const rig: StreamRig & { stream: StreamUnderTest } = {
    delivery, stream, functionArn, memory: options.memory ?? { bytes: 0, most: 256 * 1024 ** 2 }, batches: [], answer: () => ({}),
    get mapping() { return mapping; },
    get reports() { return reported.map(({ report }) => report); },
    start() {
      running ??= openProcess(rig, { ...kept.mappings, known: async () => true }); // disabled, never deleted
      kept.set(mapping);
    },
    async stop() {
      kept.end(mapping.uuid, mapping.revision);
      while (reported.at(-1)?.report.state !== "stopped") await delivery.clock.advance(100);
    },
    change(more, stream = {}) {
      mapping = { ...mapping, ...more, revision: `${mapping.revision}+`, stream: { ...mapping.stream!, ...stream } };
      kept.set(mapping);
    },
    crash() {
      running!.crashed.now = true;
      void running!.background.close();
      running = undefined;
    },
    advance: (ms) => delivery.clock.advance(ms),
    async closeProcess() {
      await Promise.all([running?.background.close(), delivery.clock.advance(2_000)]);
      running = undefined;
    },
    async close() {
      await rig.closeProcess();
      if (!options.delivery) await delivery.close();
    },
  };
  return rig;
}

interface Process {
  crashed: { now: boolean };
  background: Background;
}

/** One of perhaps several on the same stores. */
export function openProcess(rig: StreamRig & { stream: StreamUnderTest }, mappings: EventSourceMappings): Process {
  const { delivery } = rig;
  const crashed = { now: false };
  const log = loggingTo(delivery.logged, crashed);
  const background = openBackground({ clock: delivery.clock, log });
  openMappings({
    stores: mortal(delivery.stores, crashed), clock: delivery.clock, ids: realIds(), log, mappings, background: background.run,
    sources: { find: () => rig.stream.source },
    consumers: openConsumers([functionConsumer({
      directory: { resolve: async (arn) => delivery.directory.get(arn) }, metrics: delivery.metricsPort,
      functions: { invoke: (invocation) => invoke(rig, invocation), invokeStreaming: async () => { throw new Error("nobody streams"); } },
    })]),
    access: delivery.access, metrics: delivery.metricsPort, lanes: { ...delivery.delivery.lanes, transaction: (work) => (crashed.now ? never() : delivery.delivery.lanes.transaction(work)) },
    workers: { stream: openStreamPoller(rig.memory), queue: async () => { throw new Error("this is about streams"); } },
  });
  return { crashed, background };
}

async function invoke(rig: StreamRig & { stream: StreamUnderTest }, invocation: Invocation): Promise<InvokeResult> {
  const event = JSON.parse(Buffer.from(invocation.payload).toString("utf8")) as Batch["event"];
  const read = event.Records.map((record) => rig.stream.read(record));
  const batch: Batch = { event, data: read.map(({ data }) => data), ids: read.map(({ id }) => id), keys: read.map(({ key }) => key), atMs: rig.delivery.clock.now(), invocation };
  rig.batches.push(batch);
  const answer = await rig.answer(batch);
  if (answer === "throttle") throw new Throttled("ReservedFunctionConcurrentInvocationLimitExceeded");
  if (answer === "trouble") throw new ServiceError("ServiceException", "trouble", { status: 500 });
  return { failed: answer.failed ?? false, payload: Buffer.from(JSON.stringify(answer.value ?? null)), executedVersion: "$LATEST" };
}

const never = (): Promise<never> => new Promise(() => undefined);

/** The stores as a process sees them that may die: from then on nothing it asks is answered. */
function mortal(stores: Stores, crashed: { now: boolean }): Stores {
  const dying = <T extends object>(part: T): T => new Proxy(part, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      return typeof value === "function" ? (...args: unknown[]) => (crashed.now ? never() : (value as (...given: unknown[]) => unknown).apply(target, args)) : value;
    },
  });
  return { ...stores, leases: dying(stores.leases), documents: (kind) => dying(stores.documents(kind)), transaction: (work) => (crashed.now ? never() : stores.transaction(work)) };
}

function loggingTo(lines: string[], crashed: { now: boolean }): Log {
  const note = (level: string) => (message: string, fields?: Record<string, unknown>) => { if (!crashed.now) lines.push(`${level} ${message} ${JSON.stringify(fields ?? {}, (_key, value: unknown) => (value instanceof Error ? value.message : value))}`); };
  return { debug() {}, info() {}, warn: note("warn"), error: note("error") };
}
