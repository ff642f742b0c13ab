// The SNS room with real lanes and stores, under a clock that moves when told to; queues and functions keep what they get, or refuse.
import { setTimeout as sleep } from "node:timers/promises";
import { SNS } from "@aws-sdk/client-sns";
import { openBackground } from "../../src/background.ts";
import { openLanes } from "../../src/delivery/lanes.ts";
import { openTargets } from "../../src/delivery/targets.ts";
import { type VirtualClock, virtualClock } from "../../src/kernel/clock.ts";
import { realIds } from "../../src/kernel/ids.ts";
import { type Log, silentLog } from "../../src/kernel/log.ts";
import { openOutgoingHttp } from "../../src/outgoing-http.ts";
import type { Access, AccessQuestion } from "../../src/ports/access.ts";
import type { AsyncEvent } from "../../src/ports/events.ts";
import type { OutgoingHttp } from "../../src/ports/outgoing-http.ts";
import type { Sender, TargetMessage } from "../../src/ports/targets.ts";
import type { RoomPorts } from "../../src/services/service.ts";
import { sns as service } from "../../src/services/sns/service.ts";
import { openSigningKey } from "../../src/services/sns/signing-key.ts";
import { openStores } from "../../src/storage/open.ts";
import type { Stores } from "../../src/storage/stores.ts";
import { openRoom } from "./room.ts";

export interface Queued {
  arn: string;
  message: TargetMessage;
  from: Sender;
  atMs: number;
}

export interface TestSns {
  sns: SNS;
  ports: RoomPorts;
  clock: VirtualClock;
  stores: Stores;
  /** What has arrived in queues, in order. */
  queued: Queued[];
  /** What functions were to be invoked with, in order. */
  invoked: (AsyncEvent & { atMs: number })[];
  /** An error here is what the queue or function of that ARN answers. */
  refusals: Map<string, Error>;
  /** When something was to be delivered to a queue or function, refused or not. */
  tries: { arn: string; atMs: number }[];
  /** Questions about permissions; one that is in `denied` by its action is denied. */
  asked: AccessQuestion[];
  denied: Map<string, Error>;
  /** Sums by name. */
  metrics: Map<string, number>;
  logged: { group: string; message: string }[];
  warnings: string[];
  topic(name: string, attributes?: Record<string, string>): Promise<string>;
  /** A confirmed subscription: queue and function ARNs need no confirmation. */
  subscribe(topicArn: string, protocol: string, endpoint: string, attributes?: Record<string, string>): Promise<string>;
  /** Lets what is due now happen, until it holds; signatures are made on threads that no clock moves. */
  until(holds: () => boolean | Promise<boolean>, stepMs?: number): Promise<void>;
  close(): Promise<void>;
}

export const queueArn = (name: string): string => `arn:aws:sqs:eu-west-1:000000000000:${name}`;
export const lambdaArn = (name: string): string => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;

/** Made once for all rooms of a test file: it takes a moment that no clock moves. */
let signingKey: object | undefined;

async function makeSigningKey(parts: Pick<RoomPorts, "stores" | "clock" | "ids">): Promise<void> {
  const keys = parts.stores.documents<object>("sns/signing-key");
  if (signingKey) await keys.create("current", signingKey);
  await openSigningKey(parts)();
  signingKey = await keys.get("current");
}

export async function openTestSns(given: { stores?: Stores; clock?: VirtualClock; outgoingHttp?: OutgoingHttp } = {}): Promise<TestSns> {
  const clock = given.clock ?? virtualClock();
  const stores = given.stores ?? (await openStores({ ephemeral: true, clock, log: silentLog }));
  const [queued, invoked, asked, logged, warnings]: [Queued[], TestSns["invoked"], AccessQuestion[], TestSns["logged"], string[]] = [[], [], [], [], []];
  const [refusals, denied, metrics] = [new Map<string, Error>(), new Map<string, Error>(), new Map<string, number>()];
  const access: Access = {
    mode: "enforce",
    decide: async () => ({ allowed: true }),
    async check(question) {
      asked.push(question);
      if (denied.has(question.action)) throw denied.get(question.action);
    },
  };
  const targets = openTargets(access);
  const tries: TestSns["tries"] = [];
  const refuse = (arn: string) => {
    tries.push({ arn, atMs: clock.now() });
    if (refusals.has(arn)) throw refusals.get(arn);
  };
  targets.add({
    service: "sqs", exists: async () => true,
    async deliver(arn, message, from) {
      refuse(arn);
      queued.push({ arn, message, from, atMs: clock.now() });
    },
    async deliverAll(arn, messages, from) {
      refuse(arn);
      queued.push(...messages.map((message) => ({ arn, message, from, atMs: clock.now() })));
    },
  });
  const ids = realIds();
  const background = openBackground({ clock, log: silentLog });
  const lanes = openLanes({ stores, clock, ids, log: silentLog, run: {} });
  const log: Log = { ...silentLog, warn: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields)}`) };
  const room = await openRoom(service, {
    stores, clock, ids, log, lanes, targets, access, background: background.run, outgoingHttp: given.outgoingHttp ?? openOutgoingHttp(),
    events: { invoke: () => Promise.reject(new Error("nobody asks")), enqueue: async (event) => {
      refuse(event.functionArn);
      invoked.push({ ...event, atMs: clock.now() });
    } },
    metrics: { series: ({ name }) => (value) => void metrics.set(name, (metrics.get(name) ?? 0) + value), flush: async () => undefined },
    logs: { put: ({ group }, events) => void logged.push(...events.map(({ message }) => ({ group, message }))), flush: async () => undefined },
    directory: { resolve: async (arn) => ({ arn }) as never },
  });
  await makeSigningKey({ stores, clock, ids });
  background.run("lanes", (signal) => lanes.work(signal));
  const sns = new SNS(room.clientConfig);
  return {
    sns, ports: room.ports, clock, stores, queued, invoked, refusals, tries, asked, denied, metrics, logged, warnings,
    topic: async (name, attributes = {}) => (await sns.createTopic({ Name: name, Attributes: attributes })).TopicArn!,
    subscribe: async (TopicArn, Protocol, Endpoint, Attributes = {}) => (await sns.subscribe({ TopicArn, Protocol, Endpoint, Attributes, ReturnSubscriptionArn: true })).SubscriptionArn!,
    async until(holds, stepMs = 5) { // lanes write what has ended every 5 ms
      for (let turn = 0; !(await holds()); turn++) {
        if (turn > 10_000) throw new Error("it never came to hold");
        await clock.advance(stepMs);
        await sleep(1); // what threads and sockets do takes real time
      }
    },
    async close() {
      sns.destroy();
      await Promise.all([background.close(), clock.advance(2_000)]);
      await room.close();
      if (!given.stores) await stores.close();
    },
  };
}
