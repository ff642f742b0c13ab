// An event source mapping: what is stored of it, its states, and how AWS shows it. No storage or clock.
// https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
import type { EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import { formatArn, parseArn } from "../../../kernel/arn.ts";
import type { EventSourceMapping, MappingReport } from "../../../ports/event-source-mappings.ts";
import { documentId } from "../name.ts";
import { sourceRules } from "./source-rules.ts";

/** Documents of this kind have the id ACCOUNT/REGION/UUID. */
export const MAPPINGS = "lambda/event-source-mapping";
export const mappingId = (account: string, region: string, uuid: string): string => documentId(account, region, uuid);
export const mappingArn = ({ account, region, uuid }: Pick<Mapping, "account" | "region" | "uuid">): string => formatArn("lambda", region, account, `event-source-mapping:${uuid}`);

export type MappingState = "Creating" | "Enabling" | "Enabled" | "Updating" | "Disabling" | "Disabled" | "Deleting";

/** AWS's members as they are shown, defaults filled in. */
export type MappingConfig = Pick<EventSourceMappingConfiguration,
  "BatchSize" | "MaximumBatchingWindowInSeconds" | "FilterCriteria" | "MetricsConfig" | "ScalingConfig" | "ProvisionedPollerConfig" | "FunctionResponseTypes" |
  "StartingPosition" | "ParallelizationFactor" | "DestinationConfig" | "MaximumRecordAgeInSeconds" | "BisectBatchOnFunctionError" | "MaximumRetryAttempts" | "TumblingWindowInSeconds">;

export interface Mapping {
  uuid: string;
  account: string;
  region: string;
  /** As targeted: qualified only if it was given so. */
  functionArn: string;
  sourceArn: string;
  config: MappingConfig;
  /** StartingPositionTimestamp */
  startingPositionMs?: number;
  /** Of what is to be polled, or no longer: changes with every change that delivery must follow. */
  revision: string;
  state: MappingState;
  /** StateTransitionReason */
  reason: string;
  /** LastProcessingResult; queues have none. */
  lastResult?: string;
  modifiedMs: number;
  tags: Record<string, string>;
}

const WANTED: MappingState[] = ["Creating", "Enabling", "Enabled", "Updating"];
const ENDING: MappingState[] = ["Disabling", "Deleting"];

export const isWanted = ({ state }: Mapping): boolean => WANTED.includes(state);
export const isEnding = ({ state }: Mapping): boolean => ENDING.includes(state);

/** What AWS says of what its user asked for (observed for queues and for streams). */
export const initiated = (sourceArn: string): string => sourceRules(sourceArn)!.initiated;

/** The mapping after what delivery says of it; undefined when there is nothing to write, "gone" when it is to be deleted. */
export function reported(mapping: Mapping, report: MappingReport, nowMs: number): Mapping | "gone" | undefined {
  const isQueue = sourceRules(mapping.sourceArn)?.kind === "queue";
  switch (report.state) {
    case "running":
      return isWanted(mapping) ? unlessSame(mapping, { state: "Enabled", reason: initiated(mapping.sourceArn) }, nowMs) : undefined;
    case "failing":
      // Where AWS shows it: what a stream's mapping has come to is its result, a queue's has none.
      return isWanted(mapping) ? unlessSame(mapping, { state: "Enabled", ...(isQueue ? { reason: report.reason } : { lastResult: `PROBLEM: ${report.reason}` }) }, nowMs) : undefined;
    case "processed":
      return isQueue ? undefined : unlessSame(mapping, { lastResult: report.result }, nowMs);
    case "stopped":
      if (mapping.state === "Deleting") return "gone";
      return mapping.state === "Disabling" ? unlessSame(mapping, { state: "Disabled" }, nowMs) : undefined;
  }
}

/** LastModified is that of the state, too, and not that of a result. */
function unlessSame(before: Mapping, change: Partial<Pick<Mapping, "state" | "reason" | "lastResult">>, nowMs: number): Mapping | undefined {
  const after = { ...before, ...change };
  if (after.state === before.state && after.reason === before.reason && after.lastResult === before.lastResult) return undefined;
  return after.state === before.state && after.reason === before.reason ? after : { ...after, modifiedMs: nowMs };
}

export function shownMapping(mapping: Mapping): EventSourceMappingConfiguration {
  const { uuid, sourceArn, functionArn, config, startingPositionMs, modifiedMs, state, reason, lastResult } = mapping;
  return {
    UUID: uuid, ...config, ...(startingPositionMs === undefined ? {} : { StartingPositionTimestamp: new Date(startingPositionMs) }),
    EventSourceArn: sourceArn, FunctionArn: functionArn, LastModified: new Date(modifiedMs),
    ...(lastResult === undefined ? {} : { LastProcessingResult: lastResult }),
    State: state, StateTransitionReason: reason, EventSourceMappingArn: mappingArn(mapping),
  };
}

/** As delivery works on it. */
export function workOf({ uuid, account, region, functionArn, sourceArn, revision, config, startingPositionMs }: Mapping): EventSourceMapping {
  const work: EventSourceMapping = {
    uuid, account, region, consumerArn: functionArn, sourceArn, revision,
    batchSize: config.BatchSize!, windowSeconds: config.MaximumBatchingWindowInSeconds!,
    filters: config.FilterCriteria?.Filters?.map(({ Pattern }) => Pattern!) ?? [],
    reportBatchItemFailures: config.FunctionResponseTypes!.includes("ReportBatchItemFailures"),
    countsEvents: config.MetricsConfig?.Metrics?.includes("EventCount") ?? false,
  };
  if (config.ScalingConfig?.MaximumConcurrency !== undefined) work.maximumConcurrency = config.ScalingConfig.MaximumConcurrency;
  const { MinimumPollers, MaximumPollers } = config.ProvisionedPollerConfig ?? {};
  if (MinimumPollers !== undefined && MaximumPollers !== undefined) work.provisionedPollers = { minimum: MinimumPollers, maximum: MaximumPollers };
  if (config.StartingPosition !== undefined) {
    work.stream = {
      startingPosition: config.StartingPosition === "AT_TIMESTAMP" ? { type: "AT_TIMESTAMP", timestampMs: startingPositionMs! } : { type: config.StartingPosition },
      parallelizationFactor: config.ParallelizationFactor!, retriesMax: config.MaximumRetryAttempts!, recordAgeSecondsMax: config.MaximumRecordAgeInSeconds!,
      bisects: config.BisectBatchOnFunctionError!, tumblingWindowSeconds: config.TumblingWindowInSeconds!,
      ...(config.DestinationConfig?.OnFailure?.Destination ? { onFailureArn: config.DestinationConfig.OnFailure.Destination } : {}),
    };
  }
  return work;
}

/** The id of its document, of a mapping's ARN; undefined for anything else. */
export function mappingIdOf(text: string): string | undefined {
  const arn = parseArn(text);
  const [kind, uuid, ...more] = arn?.resource.split(":") ?? [];
  return arn?.service === "lambda" && kind === "event-source-mapping" && uuid && more.length === 0 ? mappingId(arn.account, arn.region, uuid) : undefined;
}
