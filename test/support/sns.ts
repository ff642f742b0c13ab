// The SNS room with real lanes and stores, under a clock that moves when told to; queues and functions keep what they get, or refuse.
import { SNS } from "@aws-sdk/client-sns";
import { type VirtualClock, virtualClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { openOutgoingHttp } from "../../src/outgoing-http.ts";
import type { OutgoingHttp } from "../../src/ports/outgoing-http.ts";
import type { RoomPorts } from "../../src/services/service.ts";
import { sns as service } from "../../src/services/sns/service.ts";
import { openSigningKey } from "../../src/services/sns/signing-key.ts";
import { openStores } from "../../src/storage/open.ts";
import type { Stores } from "../../src/storage/stores.ts";
import { beginningAgain } from "./begins-again.ts";
import { type Delivered, openRecipients, type Seen, untilHolds } from "./recipients.ts";
import { openRoom } from "./room.ts";

export interface TestSns extends Seen {
  sns: SNS;
  ports: RoomPorts;
  clock: VirtualClock;
  stores: Stores;
  /** What has arrived in queues, in order. */
  queued: Delivered[];
  logged: { group: string; message: string }[];
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
  const stores = given.stores ?? beginningAgain(await openStores({ ephemeral: true, clock, log: silentLog }));
  const recipients = openRecipients({ stores, clock }, ["sqs"]);
  const logged: TestSns["logged"] = [];
  const room = await openRoom(service, {
    ...recipients.ports, outgoingHttp: given.outgoingHttp ?? openOutgoingHttp(),
    logs: { put: ({ group }, events) => void logged.push(...events.map(({ message }) => ({ group, message }))), flush: async () => undefined },
    directory: { resolve: async (arn) => ({ arn }) as never },
  });
  await makeSigningKey(recipients.ports);
  recipients.begin();
  const sns = new SNS(room.clientConfig);
  return {
    sns, ports: room.ports, clock, stores, ...recipients.seen, queued: recipients.delivered, logged,
    topic: async (name, attributes = {}) => (await sns.createTopic({ Name: name, Attributes: attributes })).TopicArn!,
    subscribe: async (TopicArn, Protocol, Endpoint, Attributes = {}) => (await sns.subscribe({ TopicArn, Protocol, Endpoint, Attributes, ReturnSubscriptionArn: true })).SubscriptionArn!,
    until: (holds, stepMs) => untilHolds(clock, holds, stepMs),
    async close() {
      sns.destroy();
      await Promise.all([recipients.close(), clock.advance(2_000)]);
      await room.close();
      if (!given.stores) await stores.close();
    },
  };
}
