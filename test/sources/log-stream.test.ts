// The shared suite, on a stream that is a durable log per shard.
import { openLogStream } from "../support/log-stream.ts";
import { streamSourceSuite } from "../support/source-suite-streams.ts";

interface Seen { sequenceNumber: string; key: string; data: string }

streamSourceSuite("a log per shard", async ({ stores, clock }) => {
  const { arn, source, put } = await openLogStream(stores, clock, { shards: ["shard-0", "shard-1"] });
  return { arn, source, put, read: (record) => ({ id: (record as Seen).sequenceNumber, key: (record as Seen).key, data: (record as Seen).data }), patternFor: (data) => JSON.stringify({ data: [data] }) };
});
