// The parameters of CreateEventSourceMapping and UpdateEventSourceMapping: which of them fit the source, their defaults and limits.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
import type { CreateEventSourceMappingRequest, FilterCriteria, UpdateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import { BadPattern } from "../../../patterns/bad-pattern.ts";
import { compile } from "../../../patterns/pattern.ts";
import { notSupported } from "../errors.ts";
import type { MappingConfig } from "./mapping.ts";
import {
  batchTooLarge, filterInvalid, metricsInvalid, parameterUnsupported, pollersInvalid, recordAgeInvalid, scalingTwice, startingPositionMissing, startingPositionUnsupported,
  startingTimestampInFuture, startingTimestampMissing, tooManyFilters, windowForFifo, windowNeeded,
} from "./mapping-errors.ts";
import type { Parameter, SourceRules } from "./source-rules.ts";

type Given = Partial<CreateEventSourceMappingRequest> & Partial<UpdateEventSourceMappingRequest>;

/** AWS's quota is 5, and 10 on request. */
const FILTERS_MAX = 10;
const FIFO_BATCH_MAX = 10;
const BATCH_WITHOUT_WINDOW_MAX = 10;
const RECORD_AGE_SECONDS_MIN = 60;
const POLLERS = { minimumMost: 200, maximumDefault: 200, least: 2, most: 10_000 };

/** Given and not empty: tools send empty forms for "none". */
const isGiven = (value: unknown): boolean => value !== undefined && value !== null && !(typeof value === "object" && !(value instanceof Date) && Object.values(value).every((inner) => inner === undefined || inner === null));

const NOT_EVERYWHERE: Record<Parameter, true> = {
  MaximumBatchingWindowInSeconds: true, FunctionResponseTypes: true, ScalingConfig: true, ProvisionedPollerConfig: true, StartingPosition: true, StartingPositionTimestamp: true,
  ParallelizationFactor: true, MaximumRetryAttempts: true, MaximumRecordAgeInSeconds: true, BisectBatchOnFunctionError: true, TumblingWindowInSeconds: true, DestinationConfig: true,
  Topics: true, Queues: true, SourceAccessConfigurations: true, SelfManagedEventSource: true, AmazonManagedKafkaEventSourceConfig: true, SelfManagedKafkaEventSourceConfig: true,
  DocumentDBEventSourceConfig: true, LoggingConfig: true,
};

export function checkParameters(given: Given, { parameters }: SourceRules): void {
  for (const name of Object.keys(NOT_EVERYWHERE) as Parameter[]) if (!parameters.has(name) && isGiven(given[name])) throw parameterUnsupported(name);
}

/** Of a new mapping, complete. */
export function newConfig(given: CreateEventSourceMappingRequest, sourceArn: string, rules: SourceRules, nowMs: number): { config: MappingConfig; startingPositionMs?: number } {
  checkParameters(given, rules);
  const fresh: MappingConfig = { BatchSize: rules.batchSize.default, MaximumBatchingWindowInSeconds: 0, FunctionResponseTypes: [] };
  if (rules.kind === "queue") return { config: changedConfig(fresh, given, sourceArn, rules) };
  const startingPositionMs = checkStart(given, sourceArn, rules, nowMs);
  const ofStream: MappingConfig = {
    ...fresh, StartingPosition: given.StartingPosition, ParallelizationFactor: 1, DestinationConfig: { OnFailure: {} }, MaximumRecordAgeInSeconds: -1, BisectBatchOnFunctionError: false,
    MaximumRetryAttempts: -1, TumblingWindowInSeconds: 0,
  };
  return { config: changedConfig(ofStream, given, sourceArn, rules), ...(startingPositionMs === undefined ? {} : { startingPositionMs }) };
}

function checkStart({ StartingPosition, StartingPositionTimestamp }: CreateEventSourceMappingRequest, sourceArn: string, rules: SourceRules, nowMs: number): number | undefined {
  if (StartingPosition === undefined) throw startingPositionMissing();
  if (!rules.startingPositions.includes(StartingPosition)) throw startingPositionUnsupported(sourceArn);
  if ((StartingPosition === "AT_TIMESTAMP") !== (StartingPositionTimestamp !== undefined)) throw startingTimestampMissing();
  const startingPositionMs = StartingPositionTimestamp?.getTime();
  if (startingPositionMs !== undefined && startingPositionMs > nowMs) throw startingTimestampInFuture();
  return startingPositionMs;
}

/** What is not given stays; what is given empty goes. */
export function changedConfig(before: MappingConfig, given: Given, sourceArn: string, rules: SourceRules): MappingConfig {
  if (given.KMSKeyArn) throw notSupported("KMSKeyArn"); // nothing would be encrypted: docs/decisions/0018-encryption-at-rest.md
  const after: MappingConfig = { ...before };
  for (const name of ["BatchSize", "MaximumBatchingWindowInSeconds", "ParallelizationFactor", "MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError", "TumblingWindowInSeconds"] as const) {
    if (given[name] !== undefined) Object.assign(after, { [name]: given[name] });
  }
  if (given.FunctionResponseTypes !== undefined) after.FunctionResponseTypes = given.FunctionResponseTypes;
  if (given.DestinationConfig?.OnFailure !== undefined) after.DestinationConfig = { OnFailure: given.DestinationConfig.OnFailure.Destination ? { Destination: given.DestinationConfig.OnFailure.Destination } : {} };
  replace(after, "FilterCriteria", given.FilterCriteria && keptFilters(given.FilterCriteria, rules));
  replace(after, "ScalingConfig", given.ScalingConfig && (given.ScalingConfig.MaximumConcurrency === undefined ? "none" : { MaximumConcurrency: given.ScalingConfig.MaximumConcurrency }));
  replace(after, "ProvisionedPollerConfig", given.ProvisionedPollerConfig && (isGiven(given.ProvisionedPollerConfig) ? keptPollers(given.ProvisionedPollerConfig) : "none"));
  replace(after, "MetricsConfig", given.MetricsConfig && (given.MetricsConfig.Metrics?.length ? { Metrics: given.MetricsConfig.Metrics } : "none"));
  check(after, sourceArn, rules);
  return after;
}

function replace<K extends keyof MappingConfig>(config: MappingConfig, name: K, value: MappingConfig[K] | "none" | undefined): void {
  if (value === "none") delete config[name];
  else if (value !== undefined) config[name] = value;
}

function check(config: MappingConfig, sourceArn: string, rules: SourceRules): void {
  const isFifo = rules.kind === "queue" && sourceArn.endsWith(".fifo");
  const window = config.MaximumBatchingWindowInSeconds!;
  if (isFifo && window > 0) throw windowForFifo();
  const most = isFifo ? FIFO_BATCH_MAX : rules.batchSize.most;
  if (config.BatchSize! > most) throw batchTooLarge(most);
  // The guide says it of Kinesis and DynamoDB, too, whose default of 100 AWS accepts without a window (observed).
  if (rules.kind === "queue" && config.BatchSize! > BATCH_WITHOUT_WINDOW_MAX && window === 0) throw windowNeeded();
  if (config.ScalingConfig && config.ProvisionedPollerConfig) throw scalingTwice();
  if (config.MetricsConfig?.Metrics?.some((metric) => metric !== "EventCount")) throw metricsInvalid();
  const age = config.MaximumRecordAgeInSeconds;
  if (age !== undefined && age !== -1 && age < RECORD_AGE_SECONDS_MIN) throw recordAgeInvalid();
}

/** An empty list is none. */
function keptFilters({ Filters = [] }: FilterCriteria, rules: SourceRules): FilterCriteria | "none" {
  if (Filters.length > FILTERS_MAX) throw tooManyFilters(FILTERS_MAX);
  if (Filters.length === 0) return "none";
  for (const { Pattern } of Filters) checkPattern(Pattern ?? "", rules);
  return { Filters: Filters.map(({ Pattern }) => ({ Pattern })) };
}

/** What a stream's records carry must be asked for as JSON (with-kinesis-filtering.html: "Lambda throws an exception at the time of event source mapping creation or update"). */
function checkPattern(pattern: string, { carriedIn }: SourceRules): void {
  try {
    compile(pattern, "lambda");
    if (carriedIn !== undefined && Array.isArray((JSON.parse(pattern) as Record<string, unknown>)[carriedIn])) throw filterInvalid();
  } catch (error) {
    throw error instanceof BadPattern || error instanceof SyntaxError ? filterInvalid() : error;
  }
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_ProvisionedPollerConfig.html: the defaults are 2 and 200 for SQS. */
function keptPollers(given: NonNullable<Given["ProvisionedPollerConfig"]>): NonNullable<MappingConfig["ProvisionedPollerConfig"]> {
  const MinimumPollers = given.MinimumPollers ?? POLLERS.least;
  const MaximumPollers = given.MaximumPollers ?? Math.max(POLLERS.maximumDefault, MinimumPollers);
  const fits = MinimumPollers >= POLLERS.least && MinimumPollers <= POLLERS.minimumMost && MaximumPollers >= MinimumPollers && MaximumPollers <= POLLERS.most && !given.PollerGroupName;
  if (!fits) throw pollersInvalid();
  return { MinimumPollers, MaximumPollers };
}
