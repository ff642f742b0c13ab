// What the operations, the target and the source of this room share: made once for a platform.
import type * as Sdk from "@aws-sdk/client-sqs";
import type { Documents } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { type Lookup, openLookup } from "./lookup.ts";
import { type Meters, openMeters } from "./meters.ts";
import { messagesOf } from "./names.ts";
import { type Queue, QUEUES } from "./queue.ts";
import { openTaking, type Take } from "./take.ts";
import { openWaiting, type Waiting } from "./waiting.ts";

export type Operations = Partial<Api<typeof Sdk>>;

export interface Parts extends Pick<RoomPorts, "stores" | "clock" | "ids" | "log" | "background" | "access"> {
  queues: Documents<Queue>;
  lookup: Lookup;
  meters: Meters;
  waiting: Waiting;
  take: Take;
}

const opened = new WeakMap<RoomPorts, Parts>();

export function partsOf(ports: RoomPorts): Parts {
  let parts = opened.get(ports);
  if (!parts) opened.set(ports, (parts = openParts(ports)));
  return parts;
}

function openParts(ports: RoomPorts): Parts {
  const { stores, clock, ids, log, background, access } = ports;
  const queues = stores.documents<Queue>(QUEUES);
  const meters = openMeters(ports.metrics, clock.now);
  const waiting = openWaiting({ stores, clock, queueName: messagesOf });
  return { stores, clock, ids, log, background, access, queues, meters, waiting, lookup: openLookup(queues, access), take: openTaking({ stores, clock, ids, meters, waiting }) };
}
