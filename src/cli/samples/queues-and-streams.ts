// What Lambda polls itself: SQS, Kinesis, DynamoDB Streams. https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
import { createHash } from "node:crypto";
import { base64, type Facts, type Samples } from "./facts.ts";

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

function message(facts: Facts, queue: string, body: string, more: Record<string, string> = {}) {
  const { now, region, account, uuid, opaque, principal } = facts;
  const sentMs = now.getTime();
  return {
    messageId: uuid(), receiptHandle: opaque(120), body,
    attributes: { ApproximateReceiveCount: "1", SentTimestamp: String(sentMs), SenderId: principal("AIDA"), ApproximateFirstReceiveTimestamp: String(sentMs + 1), ...more },
    messageAttributes: {}, md5OfBody: md5(body), eventSource: "aws:sqs", eventSourceARN: `arn:aws:sqs:${region}:${account}:${queue}`, awsRegion: region,
  };
}

export const SQS = {
  standard: (facts: Facts) => ({ Records: [message(facts, "my-queue", "Hello from SQS!")] }),
  batch: (facts: Facts) => ({ Records: ["first", "second", "third"].map((body) => message(facts, "my-queue", body)) }),
  fifo: (facts: Facts) => ({
    Records: [message(facts, "my-queue.fifo", "Hello from SQS!", { SequenceNumber: facts.digits(20), MessageGroupId: "1", MessageDeduplicationId: facts.uuid() })],
  }),
} satisfies Samples;

const SHARD = "shardId-000000000006";

function kinesisRecord(facts: Facts, text: string) {
  const { now, region, account, digits } = facts;
  const sequenceNumber = `495${digits(53)}`;
  return {
    kinesis: { kinesisSchemaVersion: "1.0", partitionKey: "1", sequenceNumber, data: base64(text), approximateArrivalTimestamp: now.getTime() / 1000 },
    eventSource: "aws:kinesis", eventVersion: "1.0", eventID: `${SHARD}:${sequenceNumber}`, eventName: "aws:kinesis:record",
    invokeIdentityArn: `arn:aws:iam::${account}:role/my-role`, awsRegion: region, eventSourceARN: `arn:aws:kinesis:${region}:${account}:stream/my-stream`,
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html */
const windowOf = ({ now }: Facts, shardId: string, eventSourceARN: string) => ({
  window: { start: new Date(now.getTime() - 120_000).toISOString().replace(/\.\d+Z/, "Z"), end: now.toISOString().replace(/\.\d+Z/, "Z") },
  state: { "1": "282", "2": "715" }, shardId, eventSourceARN, isFinalInvokeForWindow: false, isWindowTerminatedEarly: false,
});

export const KINESIS = {
  record: (facts: Facts) => ({ Records: [kinesisRecord(facts, "Hello, this is a test.")] }),
  batch: (facts: Facts) => ({ Records: ["first", "second", "third"].map((text) => kinesisRecord(facts, text)) }),
  window: (facts: Facts) => {
    const record = kinesisRecord(facts, "Hello, this is a test.");
    return { Records: [record], ...windowOf(facts, SHARD, record.eventSourceARN) };
  },
} satisfies Samples;

type Item = Record<string, { N: string } | { S: string }>;

function change(facts: Facts, eventName: "INSERT" | "MODIFY" | "REMOVE", images: { NewImage?: Item; OldImage?: Item }) {
  const { now, region, account, hex, digits } = facts;
  return {
    eventID: hex(32), eventName, eventVersion: "1.1", eventSource: "aws:dynamodb", awsRegion: region,
    dynamodb: { ApproximateCreationDateTime: Math.trunc(now.getTime() / 1000), Keys: { Id: { N: "101" } }, ...images, SequenceNumber: digits(21), SizeBytes: 26, StreamViewType: "NEW_AND_OLD_IMAGES" as const },
    eventSourceARN: `arn:aws:dynamodb:${region}:${account}:table/my-table/stream/${now.toISOString().slice(0, 10)}T00:00:00.000`,
  };
}

const NEW: Item = { Message: { S: "New item!" }, Id: { N: "101" } };
const CHANGED: Item = { Message: { S: "This item has changed" }, Id: { N: "101" } };

export const DYNAMODB = {
  INSERT: (facts: Facts) => ({ Records: [change(facts, "INSERT", { NewImage: NEW })] }),
  MODIFY: (facts: Facts) => ({ Records: [change(facts, "MODIFY", { NewImage: CHANGED, OldImage: NEW })] }),
  REMOVE: (facts: Facts) => ({ Records: [change(facts, "REMOVE", { OldImage: CHANGED })] }),
  /** Removed by its time to live. */
  ttl: (facts: Facts) => ({ Records: [{ ...change(facts, "REMOVE", { OldImage: CHANGED }), userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" } }] }),
  window: (facts: Facts) => {
    const record = change(facts, "INSERT", { NewImage: NEW });
    return { Records: [record], ...windowOf(facts, `shardId-${facts.digits(20)}-${facts.hex(8)}`, record.eventSourceARN) };
  },
} satisfies Samples;
