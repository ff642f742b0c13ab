// Where a pipe reads from: which sources there are, and what delivery must know to read one. A new source is a new row here.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-source.html
import type { PipeSourceParameters } from "@aws-sdk/client-pipes";
import { parseArn } from "../../kernel/arn.ts";
import type { EventSourceMapping } from "../../ports/event-source-mappings.ts";
import { badSource, notSupported } from "./errors.ts";
import type { Pipe } from "./pipe.ts";

export type Member = Exclude<keyof PipeSourceParameters, "FilterCriteria">;

interface SourceKind {
  name: string;
  member: Member;
  batchSize: number;
  isStream: boolean;
}

const KINDS: Record<string, SourceKind> = {
  sqs: { name: "SQS", member: "SqsQueueParameters", batchSize: 10, isStream: false },
  kinesis: { name: "Kinesis", member: "KinesisStreamParameters", batchSize: 100, isStream: true },
  dynamodb: { name: "DynamoDB", member: "DynamoDBStreamParameters", batchSize: 100, isStream: true },
};
/** What AWS reads besides, and what it is called here. */
const NOT_SERVED: Record<string, string> = { kafka: "Amazon MSK", mq: "Amazon MQ" };

/** What the kinds of parameters have in common. */
export interface Common { BatchSize?: number; MaximumBatchingWindowInSeconds?: number }
export interface Streams extends Common {
  StartingPosition?: string;
  StartingPositionTimestamp?: Date | number | string;
  ParallelizationFactor?: number;
  MaximumRetryAttempts?: number;
  MaximumRecordAgeInSeconds?: number;
  OnPartialBatchItemFailure?: string;
  DeadLetterConfig?: { Arn?: string };
}

/** Throws for what is no source, and by name for what is none here. */
export function sourceKind(source: string): SourceKind {
  if (source.startsWith("smk://")) throw notSupported("self-managed Kafka as a source of pipes");
  const service = parseArn(source)?.service ?? "";
  if (Object.hasOwn(NOT_SERVED, service)) throw notSupported(`${NOT_SERVED[service]} as a source of pipes`);
  if (!Object.hasOwn(KINDS, service)) throw badSource(source);
  return KINDS[service]!;
}

const ownOf = ({ source, sourceParameters }: Pick<Pipe, "source" | "sourceParameters">): Streams => (sourceParameters[sourceKind(source).member] ?? {}) as Streams;

export const deadLetterOf = (pipe: Pick<Pipe, "source" | "sourceParameters">): string | undefined => ownOf(pipe).DeadLetterConfig?.Arn;

/** What delivery must know of it. */
export function sourceWork(pipe: Pipe): Pick<EventSourceMapping, "batchSize" | "windowSeconds" | "stream"> {
  const own = ownOf(pipe);
  const work = { batchSize: own.BatchSize!, windowSeconds: own.MaximumBatchingWindowInSeconds ?? 0 };
  if (!sourceKind(pipe.source).isStream) return work;
  const deadLetter = deadLetterOf(pipe);
  return {
    ...work,
    stream: {
      startingPosition: own.StartingPosition === "AT_TIMESTAMP" ? { type: "AT_TIMESTAMP", timestampMs: new Date(own.StartingPositionTimestamp!).getTime() } : { type: own.StartingPosition as "LATEST" | "TRIM_HORIZON" },
      parallelizationFactor: own.ParallelizationFactor!, retriesMax: own.MaximumRetryAttempts!, recordAgeSecondsMax: own.MaximumRecordAgeInSeconds!,
      bisects: own.OnPartialBatchItemFailure === "AUTOMATIC_BISECT", tumblingWindowSeconds: 0, ...(deadLetter !== undefined && { onFailureArn: deadLetter }),
    },
  };
}
