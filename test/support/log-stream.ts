// A stream over the stores' logs, as a room would keep one: a durable log per shard; shards are split and closed, and old records go.
import { assert } from "../../src/kernel/assert.ts";
import type { Clock } from "../../src/kernel/clock.ts";
import { ServiceError } from "../../src/kernel/errors.ts";
import type { StreamShard, StreamSource } from "../../src/ports/sources.ts";
import type { Stores } from "../../src/storage/stores.ts";

export interface LogStream {
  arn: string;
  source: StreamSource;
  /** Adds items, in one append, to the open shard their keys belong to, or to the one that is named. */
  put(items: { key: string; data: unknown }[], shardId?: string): Promise<void>;
  /** Closes a shard; records go to these from now on. */
  split(shardId: string, children: string[]): Promise<void>;
  /** What arrived before this is gone. */
  trim(shardId: string, beforeMs: number): Promise<void>;
  /** A shard that holds nothing any more is not listed any more. */
  unlist(shardId: string): Promise<void>;
  remove(): Promise<void>;
}

interface Shard extends StreamShard { closed: boolean }
interface StreamDocument { shards: Shard[] }
interface Body { key: string; data: unknown }

const idOf = (seq: number): string => String(seq).padStart(12, "0");

export async function openLogStream(stores: Stores, clock: Clock, options: { name?: string; shards?: string[] } = {}): Promise<LogStream> {
  const arn = `arn:aws:logstream:eu-west-1:000000000000:stream/${options.name ?? "s"}`;
  const documents = stores.documents<StreamDocument>("test/stream");
  await documents.create(arn, { shards: (options.shards ?? ["shard-0"]).map((id) => ({ id, parents: [], closed: false })) });
  const logOf = (shardId: string): string => `test/stream/${arn}/${shardId}`;
  const shardsOf = async (): Promise<readonly Shard[]> => (await documents.get(arn))?.shards ?? [];
  const change = (to: (shards: Shard[]) => Shard[]) => documents.update(arn, ({ shards }) => ({ shards: to(shards) }));
  return {
    arn,
    source: sourceOver(stores, documents, logOf),
    async put(items, named) {
      const open = (await shardsOf()).filter(({ closed }) => !closed);
      const byShard = Map.groupBy(items, ({ key }) => named ?? open[[...key].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % open.length]!.id);
      for (const [shardId, own] of byShard) await stores.logs.append(logOf(shardId), own.map((body) => ({ atMs: clock.now(), body: JSON.stringify(body) })));
    },
    async split(shardId, children) {
      await change((shards) => [...shards.map((shard) => (shard.id === shardId ? { ...shard, closed: true } : shard)), ...children.map((id) => ({ id, parents: [shardId], closed: false }))]);
      await stores.logs.append(logOf(shardId), [{ atMs: clock.now(), body: "closed" }]); // wakes who waits
    },
    async trim(shardId, beforeMs) { await stores.logs.trim(logOf(shardId), beforeMs); },
    async unlist(shardId) { await change((shards) => shards.filter(({ id }) => id !== shardId)); },
    async remove() { await documents.delete(arn); },
  };
}

function sourceOver(stores: Stores, documents: ReturnType<typeof stores.documents<StreamDocument>>, logOf: (shardId: string) => string): StreamSource {
  const find = async (arn: string, shardId: string): Promise<Shard> => {
    const shard = (await documents.get(arn))?.shards.find(({ id }) => id === shardId);
    if (!shard) throw new ServiceError("ResourceNotFoundException", `Shard ${shardId} of ${arn} not found`);
    return shard;
  };
  const source: StreamSource = {
    kind: "stream", service: "logstream", actions: ["logstream:DescribeStream", "logstream:GetRecords"],
    filterable: (record) => ({ ...record }),
    toEvent: (arn, records) => ({ Records: records.map((record) => ({ ...record, eventSourceARN: arn })) }),
    shards: async (arn) => (await documents.get(arn))?.shards.map(({ id, parents }) => ({ id, parents: [...parents] })),
    async start(arn, shardId, position) {
      await find(arn, shardId);
      if (position.type === "TRIM_HORIZON") return idOf(0);
      const [first] = position.type === "AT_TIMESTAMP" ? await stores.logs.read(logOf(shardId), { fromMs: position.timestampMs, limit: 1 }) : [];
      return idOf(first ? first.seq - 1 : ((await stores.logs.last(logOf(shardId)))?.seq ?? 0));
    },
    async read(arn, shardId, position, limit) {
      const { closed } = await find(arn, shardId);
      assert(limit > 0, "a read asks for something");
      const records = await stores.logs.read(logOf(shardId), { after: Number(position), limit });
      const items = records.filter(({ body }) => body !== "closed").map(({ seq, atMs, body }) => {
        const { key, data } = JSON.parse(body) as Body;
        return { id: idOf(seq), key, arrivedMs: atMs, record: { eventID: `${shardId}:${idOf(seq)}`, sequenceNumber: idOf(seq), key, data } };
      });
      const isEnd = closed && (records.length < limit || records.at(-1)?.body === "closed");
      return { items, next: isEnd ? undefined : idOf(records.at(-1)?.seq ?? Number(position)) };
    },
    wait: (_arn, shardId, position, signal) => stores.logs.wait(logOf(shardId), Number(position), signal),
    after: (itemId) => itemId,
    batchInfo: (streamArn, shardId, items) => ({
      name: "LogBatchInfo",
      info: {
        shardId, startSequenceNumber: items[0]!.id, endSequenceNumber: items.at(-1)!.id, approximateArrivalOfFirstRecord: new Date(items[0]!.arrivedMs).toISOString(),
        approximateArrivalOfLastRecord: new Date(items.at(-1)!.arrivedMs).toISOString(), batchSize: items.length, streamArn,
      },
    }),
  };
  return source;
}
