// What Lambda and pipes poll: queues and streams, whichever room they live in. A room says how its items are read and how they look
// in an event; delivery does the rest once for all (batches, windows, filters, partial failures, scaling, positions).
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html

/** What both kinds say of themselves. `arn` is always the EventSourceArn of a mapping. */
interface Polled {
  /** The service in the ARNs this source takes: "sqs". */
  service: string;
  /** What the execution role must be permitted on the ARN: ["sqs:ReceiveMessage", …]. */
  actions: string[];
  /** What a filter pattern is tested against: the record with its data decoded (JSON parsed where it is JSON). */
  filterable(record: object): unknown;
  /** The record as a pipe hands it on, where it is not the one in Lambda's events (Kinesis: without its inner object). */
  piped?(record: object): object;
  /** The event of a batch, complete. */
  toEvent(arn: string, records: object[]): object;
  /** The batch window begins with the first record (Kafka, Amazon MQ), not when the invocation before it has ended. */
  windowFromFirst?: true;
  /** The same source for one mapping, where an ARN does not say all (topic, database, credentials): EventSourceMapping.settings. */
  configured?(settings: Record<string, unknown>): this;
}

export interface QueueItem {
  /** What `batchItemFailures[].itemIdentifier` names. */
  id: string;
  /** What finishes or gives back this very receive. */
  receipt: string;
  /** As it stands in the event. */
  record: object;
  /** The trace header it was sent with (SQS: AWSTraceHeader); the invocation goes on with it. */
  traceHeader?: string;
}

export interface QueueDescription {
  /** Items are of groups, and in order within them. */
  ordered: boolean;
  /** How long a received item is hidden when nothing else is asked. */
  hiddenSeconds: number;
}

/** Amazon SQS, Amazon MQ. */
export interface QueueSource extends Polled {
  kind: "queue";
  /** Undefined when there is no such queue. */
  describe(arn: string): Promise<QueueDescription | undefined>;
  /** At once: what is there now, at most `limit`, hidden for `hiddenSeconds`; of a group nothing while some of it is hidden. Throws ServiceError (the queue is gone). */
  receive(arn: string, options: { limit: number; hiddenSeconds: number }): Promise<QueueItem[]>;
  /** Resolves when there may be something to receive (sent, given back, fallen due), or with the signal. Call it before `receive`, await it after. */
  wait(arn: string, signal: AbortSignal): Promise<void>;
  /** Done for good, stored when it resolves. What somebody else has received meanwhile is left to them. */
  done(arn: string, items: QueueItem[]): Promise<void>;
  /** Hidden until `seconds` from now (0: visible at once). */
  hide(arn: string, items: QueueItem[], seconds: number): Promise<void>;
}

export interface StreamItem {
  /** What `batchItemFailures[].itemIdentifier` names, and what the position of a shard is: the sequence number. */
  id: string;
  /** Records of one key stay in order when a shard is worked on in parallel. */
  key: string;
  arrivedMs: number;
  record: object;
}

export type StartingPosition = { type: "TRIM_HORIZON" | "LATEST" } | { type: "AT_TIMESTAMP"; timestampMs: number };

export interface StreamShard {
  id: string;
  /** Read only when these are read to their end. */
  parents: string[];
}

/** Kinesis, DynamoDB Streams, Kafka, DocumentDB. */
export interface StreamSource extends Polled {
  kind: "stream";
  /** Undefined when there is no such stream. A closed shard is listed as long as anything can be read from it. */
  shards(arn: string): Promise<StreamShard[] | undefined>;
  /** Where reading a shard begins: the position after which `read` goes on. Opaque, at most 4,096 characters. */
  start(arn: string, shardId: string, position: StartingPosition): Promise<string>;
  /**
   * At once: what is there after `position`, in order, and not more than some 10 MB of it; `next` is the position after the last of them, undefined
   * when the shard is closed and read to its end. What the stream keeps no longer is passed over. Throws ServiceError (the stream or the shard is gone).
   */
  read(arn: string, shardId: string, position: string, limit: number): Promise<{ items: StreamItem[]; next: string | undefined }>;
  /** Resolves when something may have been written after `position`, or with the signal. Call it before `read`, await it after. */
  wait(arn: string, shardId: string, position: string, signal: AbortSignal): Promise<void>;
  /** The position just after an item of this id. (Not before it: a change stream can only be resumed after an event.) */
  after(itemId: string): string;
  /** Which item a function names in `batchItemFailures`, where an `itemIdentifier` is not the id itself (Kafka: {"partition", "offset"}). */
  itemId?(itemIdentifier: unknown): string | undefined;
  /** Told when progress is stored, where the stream keeps it as well (Kafka's consumer groups). */
  progressed?(arn: string, shardId: string, position: string): Promise<void>;
  /** KinesisBatchInfo, DDBStreamBatchInfo …: what an on-failure record says of a batch. */
  batchInfo(arn: string, shardId: string, items: StreamItem[]): { name: string; info: object };
}

export type Source = QueueSource | StreamSource;

export interface Sources {
  /** Undefined when nothing here is polled under ARNs of this service. */
  find(arn: string): Promise<Source | undefined> | Source | undefined;
}
