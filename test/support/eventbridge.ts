// The EventBridge room with real lanes and stores, under a clock that moves when told to; queues, topics and functions keep what they get, or refuse.
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { type VirtualClock, virtualClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { openOutgoingHttp } from "../../src/outgoing-http.ts";
import { openApiDestinations } from "../../src/services/eventbridge/api-destinations-port.ts";
import { eventbridge as service } from "../../src/services/eventbridge/service.ts";
import { openDefaultBus } from "../../src/services/eventbridge/default-bus.ts";
import type { RoomPorts } from "../../src/services/service.ts";
import { openStores } from "../../src/storage/open.ts";
import type { Stores } from "../../src/storage/stores.ts";
import { beginningAgain } from "./begins-again.ts";
import { type Delivered, openRecipients, type Seen, untilHolds } from "./recipients.ts";
import { type OpenRoom, openRoom } from "./room.ts";

export interface TestEvents extends Seen {
  events: EventBridge;
  ports: RoomPorts;
  clock: VirtualClock;
  stores: Stores;
  /** What has arrived in queues and topics, in order. */
  sent: Delivered[];
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
  const stores = given.stores ?? beginningAgain(await openStores({ ephemeral: true, clock, log: silentLog }));
  const recipients = openRecipients({ stores, clock }, ["sqs", "sns", "logs", ...(given.serving ?? [])]);
  const { ids, lanes } = recipients.ports;
  const room: OpenRoom = await openRoom(service, { ...recipients.ports, defaultBus: openDefaultBus({ stores, clock, ids, lanes }), outgoingHttp: openOutgoingHttp(), apiDestinations: openApiDestinations(() => room.ports) });
  recipients.begin();
  const events = new EventBridge(room.clientConfig);
  const until: TestEvents["until"] = (holds, stepMs) => untilHolds(clock, holds, stepMs);
  return {
    events, ports: room.ports, clock, stores, ...recipients.seen, sent: recipients.delivered,
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
      await Promise.all([recipients.close(), clock.advance(2_000)]);
      await room.close();
      if (!given.stores) await stores.close();
    },
  };
}
