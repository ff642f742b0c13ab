// Event source mappings at work, under a clock that moves when told to: real stores, functions that answer what they are told, mappings kept by the test.
import { openBackground } from "../../src/background.ts";
import { openConsumers } from "../../src/delivery/consumers.ts";
import { functionConsumer } from "../../src/delivery/function-consumer.ts";
import { openMappings } from "../../src/delivery/mappings.ts";
import { openQueueMemory, type QueueMemory } from "../../src/delivery/queue-memory.ts";
import { openQueuePolling } from "../../src/delivery/queue-poller.ts";
import type { Clock, VirtualClock } from "../../src/kernel/clock.ts";
import { ServiceError } from "../../src/kernel/errors.ts";
import { realIds } from "../../src/kernel/ids.ts";
import type { Log } from "../../src/kernel/log.ts";
import type { Access } from "../../src/ports/access.ts";
import type { EventSourceMapping, EventSourceMappings, MappingReport } from "../../src/ports/event-source-mappings.ts";
import type { ResolvedFunction } from "../../src/ports/function-directory.ts";
import type { FunctionVersion } from "../../src/ports/functions.ts";
import type { Metrics } from "../../src/ports/metrics.ts";
import type { Source } from "../../src/ports/sources.ts";
import type { Stores } from "../../src/storage/stores.ts";
import { testPipeConsumer } from "./pipe-consumer.ts";
import { type ScriptedFunctions, scriptedFunctions } from "./ports.ts";

export interface TestMappings {
  functions: ScriptedFunctions;
  /** By ARN; taking one out is deleting it. */
  directory: Map<string, ResolvedFunction>;
  /** Actions that the role is refused. */
  refused: Set<string>;
  reports: { uuid: string; revision: string; report: MappingReport }[];
  metrics: Map<string, number>;
  logged: string[];
  memory: QueueMemory;
  /** Adds a mapping, or changes one. */
  set(mapping: EventSourceMapping): void;
  /** Disables or deletes it. */
  end(uuid: string, revision: string): void;
  /** Moves the clock a little, so that everything that is due happens. */
  settle(): Promise<void>;
  /** As the platform does; without, the process has died. */
  close(): Promise<void>;
}

export const FUNCTION = "arn:aws:lambda:eu-west-1:000000000000:function:worker";

export const functionVersion = (more: Partial<FunctionVersion> = {}): FunctionVersion => ({
  arn: FUNCTION, account: "000000000000", region: "eu-west-1", name: "worker", version: "$LATEST", revision: "1", runtime: "nodejs24.x", handler: "index.handler",
  role: "arn:aws:iam::000000000000:role/worker", architecture: "x86_64", timeoutSeconds: 3, memoryMb: 128, ephemeralStorageMb: 512, environment: {}, codeId: "0",
  logging: { format: "Text", applicationLevel: "INFO", systemLevel: "INFO", group: "/aws/lambda/worker" }, tracing: "PassThrough", ...more,
});

export const resolved = (more: Partial<ResolvedFunction> = {}): ResolvedFunction => ({
  arn: FUNCTION, invokedArn: FUNCTION, qualifier: "$LATEST", version: functionVersion(), recursiveLoop: "Terminate", async: { retriesMax: 2, ageSecondsMax: 21_600 }, ...more,
});

export const mappingOf = (sourceArn: string, more: Partial<EventSourceMapping> = {}): EventSourceMapping => ({
  uuid: "11111111-1111-4111-8111-111111111111", account: "000000000000", region: "eu-west-1", consumerArn: FUNCTION, sourceArn, revision: "1",
  batchSize: 10, windowSeconds: 0, filters: [], reportBatchItemFailures: false, countsEvents: true, ...more,
});

export interface TestMappingsParts {
  stores: Stores;
  clock: Pick<VirtualClock, "advance"> & Clock;
  source: Source;
  memoryBytes?: number;
  /** What several processes have together. */
  kept?: ReturnType<typeof keptMappings>;
}

export function openTestMappings({ stores, clock, source, memoryBytes = 64 * 1024 ** 2, kept }: TestMappingsParts): TestMappings {
  const functions = scriptedFunctions();
  const directory = new Map([[FUNCTION, resolved()]]);
  const refused = new Set<string>();
  const reports: TestMappings["reports"] = [];
  const metrics = new Map<string, number>();
  const logged: string[] = [];
  const note = (level: string) => (message: string, fields?: Record<string, unknown>) => void logged.push(`${level} ${message} ${JSON.stringify(fields ?? {}, (_key, value: unknown) => (value instanceof Error ? value.message : value))}`);
  const log: Log = { debug() {}, info() {}, warn: note("warn"), error: note("error") };
  const { mappings, set, end } = kept ?? keptMappings(reports);
  const memory = openQueueMemory(memoryBytes);
  const background = openBackground({ clock, log });
  const counting: Metrics = { series: ({ name }) => (value) => void metrics.set(name, (metrics.get(name) ?? 0) + value), flush: async () => undefined };
  const access: Access = {
    mode: "enforce",
    decide: async () => ({ allowed: true }),
    async check({ action }) { if (refused.has(action)) throw new ServiceError("AccessDeniedException", `not authorized to perform: ${action}`); },
  };
  openMappings({
    stores, clock, ids: realIds(), log, mappings, metrics: counting, background: background.run,
    consumers: openConsumers([functionConsumer({ functions, directory: { resolve: async (arn) => directory.get(arn) }, metrics: counting }), testPipeConsumer({ stores, clock, metrics: counting, access, functions, directory })]),
    sources: { find: (arn) => (arn.split(":")[2] === source.service ? source : undefined) },
    access,
    lanes: { register: () => undefined, send: async () => undefined, transaction: async () => { throw new Error("this test has no lanes"); }, bound: () => undefined },
    workers: { queue: openQueuePolling(memory), stream: async () => { throw new Error("this test has no streams"); } },
  });
  return {
    functions, directory, refused, reports, metrics, logged, memory, set, end,
    settle: () => clock.advance(20),
    async close() { await Promise.all([background.close(), clock.advance(2_000)]); },
  };
}

/** Mappings as the Lambda room keeps them, without it. */
export function keptMappings(reports: TestMappings["reports"]) {
  const wanted = new Map<string, EventSourceMapping>();
  const ending = new Map<string, { uuid: string; revision: string }>();
  const waiting = new Set<() => void>();
  const change = () => { for (const wake of waiting) wake(); };
  const mappings: EventSourceMappings = {
    wanted: async () => [...wanted.values()],
    ending: async () => [...ending.values()],
    known: async (uuid) => wanted.has(uuid) || ending.has(uuid),
    changed: (signal) => new Promise((resolve) => {
      const wake = () => { waiting.delete(wake); resolve(); };
      waiting.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    }),
    async report(uuid, revision, report) {
      reports.push({ uuid, revision, report });
      if (report.state === "stopped" && ending.get(uuid)?.revision === revision) ending.delete(uuid);
    },
  };
  return {
    mappings,
    set(mapping: EventSourceMapping) {
      ending.delete(mapping.uuid);
      wanted.set(mapping.uuid, mapping);
      change();
    },
    end(uuid: string, revision: string) {
      wanted.delete(uuid);
      ending.set(uuid, { uuid, revision });
      change();
    },
  };
}
