// A discarded batch on its way to the mapping's on-failure destination.
import { HEX } from "../kernel/ids.ts";
import type { LaneSend } from "../ports/lanes.ts";
import type { StreamItem } from "../ports/sources.ts";
import { functionOf } from "./function-arn.ts";
import { outgoing } from "./outgoing.ts";
import type { Discard } from "./stream-batch.ts";
import { discardedMessage } from "./stream-record.ts";
import type { ShardWork } from "./stream-shard.ts";

/** Sent by the consumer's role, as it is when the batch is discarded. */
export async function discardedSend({ deps: { clock, ids, consumer }, mapping, source, shardId }: ShardWork, items: StreamItem[], discard: Discard, destinationArn: string): Promise<LaneSend> {
  const { uuid, consumerArn, sourceArn, countsEvents } = mapping;
  const found = await consumer.look(consumerArn);
  const nowMs = clock.now();
  const message = discardedMessage(destinationArn, { ...discard, uuid, consumerArn, shardId, batchInfo: source.batchInfo(sourceArn, shardId, items), nowMs }, ids.uuid());
  return outgoing({
    id: ids.uuid(), kind: "batch", arn: destinationArn, message, eventArn: consumerArn, functionArn: functionOf(consumerArn),
    role: found.state === "ready" ? found.roleArn : undefined, traceId: `Root=1-${Math.trunc(nowMs / 1000).toString(16).padStart(8, "0")}-${ids.token(24, HEX)}`, nowMs,
    ...(countsEvents ? { counts: { uuid, events: items.length } } : {}),
  });
}
