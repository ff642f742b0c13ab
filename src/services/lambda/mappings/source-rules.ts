// What the kinds of event sources have in common and where they differ: which parameters fit, and their defaults.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html, services-kinesis-parameters.html, services-ddb-params.html
import { parseArn } from "../../../kernel/arn.ts";

export interface SourceRules {
  /** As it stands in AWS's sentences: "permissions to call ReceiveMessage on SQS". */
  name: string;
  kind: "queue" | "stream";
  /** StateTransitionReason while all is well (observed; they differ). */
  initiated: string;
  batchSize: { default: number; most: number };
  /** What of the parameters that not all sources have fits this one. */
  parameters: ReadonlySet<Parameter>;
  startingPositions: readonly string[];
  /** The member of a stream's record, as filters see it, that carries the data. */
  carriedIn?: string;
}

/** Every source has BatchSize, FilterCriteria, KMSKeyArn, MetricsConfig and Enabled. */
export type Parameter =
  | "MaximumBatchingWindowInSeconds" | "FunctionResponseTypes" | "ScalingConfig" | "ProvisionedPollerConfig" | "StartingPosition" | "StartingPositionTimestamp"
  | "ParallelizationFactor" | "MaximumRetryAttempts" | "MaximumRecordAgeInSeconds" | "BisectBatchOnFunctionError" | "TumblingWindowInSeconds" | "DestinationConfig"
  | "Topics" | "Queues" | "SourceAccessConfigurations" | "SelfManagedEventSource" | "AmazonManagedKafkaEventSourceConfig" | "SelfManagedKafkaEventSourceConfig"
  | "DocumentDBEventSourceConfig" | "LoggingConfig";

const STREAM: Parameter[] = [
  "MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "StartingPosition", "StartingPositionTimestamp", "ParallelizationFactor", "MaximumRetryAttempts", "MaximumRecordAgeInSeconds",
  "BisectBatchOnFunctionError", "TumblingWindowInSeconds", "DestinationConfig",
];

const BY_SERVICE: Record<string, SourceRules> = {
  sqs: {
    name: "SQS", kind: "queue", initiated: "USER_INITIATED", batchSize: { default: 10, most: 10_000 }, startingPositions: [],
    parameters: new Set(["MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "ScalingConfig", "ProvisionedPollerConfig"]),
  },
  kinesis: {
    name: "Kinesis", kind: "stream", initiated: "User action", batchSize: { default: 100, most: 10_000 }, startingPositions: ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"], carriedIn: "data",
    parameters: new Set(STREAM),
  },
  dynamodb: {
    name: "DynamoDB", kind: "stream", initiated: "User action", batchSize: { default: 100, most: 10_000 }, startingPositions: ["TRIM_HORIZON", "LATEST"], carriedIn: "dynamodb",
    parameters: new Set(STREAM),
  },
};

/** Services that AWS polls besides, and what they are called here. */
export const NOT_SERVED: Record<string, string> = { kafka: "Amazon MSK", mq: "Amazon MQ", rds: "Amazon DocumentDB" };

/** Undefined for what is no event source, or not one of these. */
export const sourceRules = (sourceArn: string): SourceRules | undefined => {
  const service = parseArn(sourceArn)?.service ?? "";
  return Object.hasOwn(BY_SERVICE, service) ? BY_SERVICE[service] : undefined;
};
