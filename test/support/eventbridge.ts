// The EventBridge room with real lanes and stores, under a clock that moves when told to; queues, topics and functions keep what they get, or refuse.
import { setTimeout as sleep } from "node:timers/promises";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { openBackground } from "../../src/background.ts";
import { openLanes } from "../../src/delivery/lanes.ts";
import { openTargets } from "../../src/delivery/targets.ts";
import { type VirtualClock, virtualClock } from "../../src/kernel/clock.ts";
import { realIds } from "../../src/kernel/ids.ts";
import { type Log, silentLog } from "../../src/kernel/log.ts";
import { openOutgoingHttp } from "../../src/outgoing-http.ts";
import type { Access, AccessQuestion } from "../../src/ports/access.ts";
import type { AsyncEvent } from "../../src/ports/events.ts";
import type { Sender, TargetMessage } from "../../src/ports/targets.ts";
import { openApiDestinations } from "../../src/services/eventbridge/api-destinations-port.ts";
import { eventbridge as service } from "../../src/services/eventbridge/service.ts";
import { openDefaultBus } from "../../src/services/eventbridge/default-bus.ts";
import type { RoomPorts } from "../../src/services/service.ts";
import { openStores } from "../../src/storage/open.ts";
import type { Stores } from "../../src/storage/stores.ts";
import { type OpenRoom, openRoom } from "./room.ts";

export interface Sent {
  arn: string;
  message: TargetMessage;
  from: Sender;
  atMs: number;
}

export interface TestEvents {
  events: EventBridge;
  ports: RoomPorts;
  clock: VirtualClock;
  stores: Stores;
  /** What has arrived in queues and topics, in order. */
  sent: Sent[];
  /** What functions were to be invoked with, in order. */
  invoked: (AsyncEvent & { atMs: number })[];
  /** An error here is what the queue, topic or function of that ARN answers. */
  refusals: Map<string, Error>;
  /** When something was to be delivered, refused or not. */
  tries: { arn: string; atMs: number }[];
  asked: AccessQuestion[];
  /** By action: those are denied. */
  denied: Map<string, Error>;
  /** Sums by name. */
  metrics: Map<string, number>;
  warnings: string[];
  /** A rule with this pattern, and its targets. */
  rule(name: string, pattern: object, targets: object[], bus?: string): Promise<string>;
  /** One event of the source "my.app" and the type "order"; its id. */
  put(detail: object, more?: object): Promise<string>;
  /** Lets what is due now happen, until it holds. */
  until(holds: () => boolean | Promise<boolean>, stepMs?: number): Promise<void>;
  /** Until nothing is stored that is due. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export const ACCOUNT = "000000000000";
export const queueArn = (name: string): string => `arn:aws:sqs:eu-west-1:${ACCOUNT}:${name}`;
export const topicArn = (name: string): string => `arn:aws:sns:eu-west-1:${ACCOUNT}:${name}`;
export const lambdaArn = (name: string): string => `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:${name}`;
export const busArn = (name: string, account = ACCOUNT): string => `arn:aws:events:eu-west-1:${account}:event-bus/${name}`;

/** `serving`: services that deliver, beside queues, topics and log groups. */
export async function openTestEvents(given: { stores?: Stores; clock?: VirtualClock; serving?: string[] } = {}): Promise<TestEvents> {
  const clock = given.clock ?? virtualClock();
  const stores = given.stores ?? (await openStores({ ephemeral: true, clock, log: silentLog }));
  const [sent, invoked, asked, warnings, tries]: [Sent[], TestEvents["invoked"], AccessQuestion[], string[], TestEvents["tries"]] = [[], [], [], [], []];
  const [refusals, denied, metrics] = [new Map<string, Error>(), new Map<string, Error>(), new Map<string, number>()];
  const access: Access = {
    mode: "enforce",
    decide: async ({ action }) => (denied.has(action) ? { allowed: false, explicit: false, sentence: denied.get(action)!.message, grant: "" } : { allowed: true }),
    async check(question) {
      asked.push(question);
      if (denied.has(question.action)) throw denied.get(question.action);
    },
  };
  const refuse = (arn: string) => {
    tries.push({ arn, atMs: clock.now() });
    if (refusals.has(arn)) throw refusals.get(arn);
  };
  const targets = openTargets(access);
  for (const name of ["sqs", "sns", "logs", ...(given.serving ?? [])]) {
    targets.add({ service: name, exists: async () => true, deliver: async (arn, message, from) => {
      refuse(arn);
      sent.push({ arn, message, from, atMs: clock.now() });
    } });
  }
  const ids = realIds();
  const background = openBackground({ clock, log: silentLog });
  const lanes = openLanes({ stores, clock, ids, log: silentLog, run: {} });
  const log: Log = { ...silentLog, warn: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields)}`) };
  const room: OpenRoom = await openRoom(service, {
    stores, clock, ids, log, lanes, targets, access, defaultBus: openDefaultBus({ stores, clock, ids, lanes }), background: background.run, outgoingHttp: openOutgoingHttp(), apiDestinations: openApiDestinations(() => room.ports),
    events: { invoke: () => Promise.reject(new Error("nobody asks")), enqueue: async (event) => {
      refuse(event.functionArn);
      invoked.push({ ...event, atMs: clock.now() });
    } },
    metrics: { series: ({ name }) => (value) => void metrics.set(name, (metrics.get(name) ?? 0) + value), flush: async () => undefined },
  });
  background.run("lanes", (signal) => lanes.work(signal));
  const events = new EventBridge(room.clientConfig);
  const until: TestEvents["until"] = async (holds, stepMs = 5) => { // lanes write what has ended every 5 ms
    for (let turn = 0; !(await holds()); turn++) {
      if (turn > 5_000) throw new Error("it never came to hold");
      await clock.advance(stepMs);
      await sleep(1);
    }
  };
  return {
    events, ports: room.ports, clock, stores, sent, invoked, refusals, tries, asked, denied, metrics, warnings,
    async rule(Name, pattern, Targets, EventBusName) {
      const bus = EventBusName === undefined ? {} : { EventBusName };
      const { RuleArn } = await events.putRule({ Name, EventPattern: JSON.stringify(pattern), ...bus });
      await events.putTargets({ Rule: Name, Targets: Targets as never, ...bus });
      return RuleArn!;
    },
    async put(detail, more = {}) {
      const { Entries } = await events.putEvents({ Entries: [{ Source: "my.app", DetailType: "order", Detail: JSON.stringify(detail), ...more }] });
      return Entries![0]!.EventId!;
    },
    until,
    settled: () => until(async () => {
      for (const queue of await stores.queues.list({ prefix: "delivery/", limit: 1000 })) if ((await stores.queues.count(queue, clock.now())).due > 0 || lanes.stats().running > 0) return false;
      return lanes.stats().running === 0;
    }),
    async close() {
      events.destroy();
      await Promise.all([background.close(), clock.advance(2_000)]);
      await room.close();
      if (!given.stores) await stores.close();
    },
  };
}
