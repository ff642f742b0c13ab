// Delivery alone, under a clock that moves when told to: real stores, functions that answer what they are told, and targets that keep what they get in a real store.
import { openBackground } from "../../src/background.ts";
import { type Delivery, openDelivery } from "../../src/delivery/delivery.ts";
import { openTargets } from "../../src/delivery/targets.ts";
import { type VirtualClock, virtualClock } from "../../src/kernel/clock.ts";
import { ServiceError } from "../../src/kernel/errors.ts";
import { realIds } from "../../src/kernel/ids.ts";
import { type Log, silentLog } from "../../src/kernel/log.ts";
import type { Access, AccessQuestion } from "../../src/ports/access.ts";
import type { AsyncEvent } from "../../src/ports/events.ts";
import type { ResolvedFunction } from "../../src/ports/function-directory.ts";
import type { FunctionVersion } from "../../src/ports/functions.ts";
import type { Metrics, MetricSeries } from "../../src/ports/metrics.ts";
import type { Sender, Target, TargetMessage } from "../../src/ports/targets.ts";
import { openStores } from "../../src/storage/open.ts";
import type { Stores } from "../../src/storage/stores.ts";
import { type ScriptedFunctions, scriptedFunctions } from "./ports.ts";

export const functionArn = (name: string): string => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;

export interface Delivered {
  arn: string;
  message: TargetMessage;
  from: Sender;
  atMs: number;
}

export interface TestDelivery {
  delivery: Delivery;
  clock: VirtualClock;
  stores: Stores;
  functions: ScriptedFunctions;
  /** By qualified ARN; taking one out is deleting it. */
  directory: Map<string, ResolvedFunction>;
  /** Adds a function, or one more qualifier of it. */
  add(name: string, more?: Partial<ResolvedFunction>): string;
  send(arn: string, payload: unknown, more?: Partial<AsyncEvent>): Promise<string>;
  delivered(): Promise<Delivered[]>;
  /** The ports that delivery itself was given. */
  access: Access;
  metricsPort: Metrics;
  asked: AccessQuestion[];
  /** Set to refuse. */
  refusals: { permission?: Error; target?: Error };
  metrics: Map<string, number[]>;
  logged: string[];
  /** Lets everything that is due now happen, and what follows from it: 50 ms. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const version = (name: string): FunctionVersion => ({
  arn: functionArn(name), account: "000000000000", region: "eu-west-1", name, version: "$LATEST", revision: "1", runtime: "nodejs24.x", handler: "index.handler",
  role: `arn:aws:iam::000000000000:role/${name}`, architecture: "x86_64", timeoutSeconds: 900, memoryMb: 128, ephemeralStorageMb: 512, environment: {}, codeId: "0",
  logging: { format: "Text", applicationLevel: "INFO", systemLevel: "INFO", group: `/aws/lambda/${name}` }, tracing: "PassThrough",
});

export async function openTestDelivery(given: { stores?: Stores; clock?: VirtualClock } = {}): Promise<TestDelivery> {
  const clock = given.clock ?? virtualClock();
  const stores = given.stores ?? (await openStores({ ephemeral: true, clock, log: silentLog }));
  const functions = scriptedFunctions();
  const directory = new Map<string, ResolvedFunction>();
  const metrics: TestDelivery["metrics"] = new Map();
  const refusals: TestDelivery["refusals"] = {};
  const asked: AccessQuestion[] = [];
  const logged: string[] = [];
  const note = (level: string) => (message: string, fields?: Record<string, unknown>) => void logged.push(`${level} ${message} ${JSON.stringify(fields ?? {}, (_key, value: unknown) => (value instanceof Error ? value.message : value))}`);
  const log: Log = { debug() {}, info() {}, warn: note("warn"), error: note("error") };
  const access: Access = {
    mode: "enforce",
    decide: async () => ({ allowed: true }),
    async check(question) {
      asked.push(question);
      if (refusals.permission) throw refusals.permission;
    },
  };
  const targets = openTargets(access);
  const kept = stores.documents<Delivered>("test/delivered");
  let n = 0;
  for (const service of ["sqs", "sns", "events", "s3", "lambda"]) targets.add(recording(service, async (delivered) => {
    if (refusals.target) throw refusals.target;
    await kept.put(String(n++).padStart(6, "0"), { ...delivered, atMs: clock.now() });
  }));
  const series = ({ name, dimensions }: MetricSeries) => {
    const keys = dimensions.map((each) => [name, ...Object.values(each)].join(" "));
    return (value: number) => { for (const key of keys) metrics.set(key, [...(metrics.get(key) ?? []), value]); };
  };
  const metricsPort: Metrics = { series, flush: async () => undefined };
  const background = openBackground({ clock, log });
  const delivery = openDelivery({
    stores, clock, ids: realIds(), log, functions, targets, access, background: background.run,
    directory: { resolve: async (arn) => directory.get(arn) }, metrics: metricsPort,
  });
  const settle = () => clock.advance(50);
  return {
    delivery, clock, stores, functions, directory, access, metricsPort, asked, refusals, metrics, logged, settle,
    add(name, more = {}) {
      const qualifier = more.qualifier ?? "$LATEST";
      const arn = more.qualifier ? `${functionArn(name)}:${more.qualifier}` : functionArn(name);
      directory.set(arn, { arn: functionArn(name), invokedArn: arn, qualifier, version: version(name), recursiveLoop: "Terminate", async: { retriesMax: 2, ageSecondsMax: 21_600 }, ...more });
      return arn;
    },
    async send(arn, payload, more = {}) {
      const requestId = more.requestId ?? realIds().uuid();
      await delivery.events.enqueue({ functionArn: arn, payload: Buffer.from(JSON.stringify(payload)), requestId, ...more });
      return requestId;
    },
    delivered: async () => (await kept.list({ limit: 1000 })).map(([, value]) => value),
    async close() {
      await Promise.all([background.close(), clock.advance(2_000)]); // what runs has a moment to end
      if (!given.stores) await stores.close();
    },
  };
}

const recording = (service: string, keep: (delivered: Omit<Delivered, "atMs">) => Promise<void>): Target => ({
  service,
  exists: async () => true,
  deliver: (arn, message, from) => keep({ arn, message, from }),
});

export const refused = (): Error => new ServiceError("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.");
