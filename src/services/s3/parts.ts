// What the operations of this room share: made once for a platform.
import type * as Sdk from "@aws-sdk/client-s3";
import type { Documents } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { accountBlockOf } from "./access-points/account-block.ts";
import { type ObjectLambda, openObjectLambda } from "./access-points/object-lambda.ts";
import { type Bodies, openBodies } from "./bodies.ts";
import { type Bucket, type BucketLookup, openBucketLookup } from "./bucket.ts";
import { BUCKETS } from "./names.ts";

export type Operations = Partial<Api<typeof Sdk>>;

export interface Parts extends Pick<RoomPorts, "stores" | "clock" | "ids" | "log" | "lanes" | "events" | "targets" | "access" | "background" | "endpointUrl"> {
  buckets: Documents<Bucket>;
  lookup: BucketLookup;
  bodies: Bodies;
  objectLambda: ObjectLambda;
  /** Rises with every call, and about as fast as the clock in microseconds. */
  nextSequence(): number;
}

const opened = new WeakMap<RoomPorts, Parts>();

export function partsOf(ports: RoomPorts): Parts {
  let parts = opened.get(ports);
  if (!parts) opened.set(ports, (parts = openParts(ports)));
  return parts;
}

function openParts(ports: RoomPorts): Parts {
  const { stores, clock, ids, log, lanes, events, targets, access, background, endpointUrl } = ports;
  const buckets = stores.documents<Bucket>(BUCKETS);
  let last = 0;
  return {
    stores, clock, ids, log, lanes, events, targets, access, background, endpointUrl,
    buckets,
    lookup: openBucketLookup(buckets, access, (account) => accountBlockOf({ stores }, account)),
    objectLambda: openObjectLambda(ports),
    bodies: openBodies({ stores, clock, ids, log, background }),
    nextSequence: () => (last = Math.max(last + 1, Math.floor(clock.now() * 1000))),
  };
}
