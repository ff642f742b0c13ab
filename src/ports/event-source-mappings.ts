// Event source mappings as delivery works on them, pipes among them. The rooms of Lambda and Pipes keep them, delivery polls and reports back.
// https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
import type { StartingPosition } from "./sources.ts";

/** One mapping as it is to be worked on; times and sizes with AWS's defaults filled in. */
export interface EventSourceMapping {
  uuid: string;
  account: string;
  region: string;
  /** What takes the batches: the function as targeted (qualified only if it was created so), or the pipe. */
  consumerArn: string;
  sourceArn: string;
  /** What else a source must know to be read, by AWS's names: Topics, Queues, SourceAccessConfigurations, DocumentDBEventSourceConfig … */
  settings?: Record<string, unknown>;
  /** Changes with every change of the mapping. */
  revision: string;
  batchSize: number;
  windowSeconds: number;
  /** Patterns, of which one must match; empty when everything passes. */
  filters: string[];
  reportBatchItemFailures: boolean;
  /** ScalingConfig.MaximumConcurrency */
  maximumConcurrency?: number;
  /** ProvisionedPollerConfig; each poller runs up to 10 batches at once. */
  provisionedPollers?: { minimum: number; maximum: number };
  /** MetricsConfig has EventCount. */
  countsEvents: boolean;
  /** Streams only. */
  stream?: {
    startingPosition: StartingPosition;
    parallelizationFactor: number;
    /** -1: without end. */
    retriesMax: number;
    /** -1: without end. */
    recordAgeSecondsMax: number;
    bisects: boolean;
    tumblingWindowSeconds: number;
    onFailureArn?: string;
  };
}

/** What polling has come to. */
export type MappingReport =
  /** Pollers run with this revision. */
  | { state: "running" }
  /** Nothing polls any more, and nothing it received is still being worked on. */
  | { state: "stopped" }
  /** It cannot go on: AWS's sentence for StateTransitionReason or LastProcessingResult. */
  | { state: "failing"; reason: string }
  /** LastProcessingResult of streams. */
  | { state: "processed"; result: string };

/** Implemented by the rooms that have them, read by delivery. */
export interface EventSourceMappings {
  /** All that are to be polled now, by this or any other process. */
  wanted(): Promise<EventSourceMapping[]>;
  /** Those being disabled or deleted for which nobody has reported "stopped" yet, with the revision to report it of. */
  ending(): Promise<{ uuid: string; revision: string }[]>;
  /** False once it is being deleted or gone: what delivery keeps for it may go. A disabled one is known. */
  known(uuid: string): Promise<boolean>;
  /** Resolves when any mapping may have changed, in whichever process, or with the signal. Call it before `wanted`, await it after. */
  changed(signal: AbortSignal): Promise<void>;
  /** What is said of an older revision is not heard. */
  report(uuid: string, revision: string, report: MappingReport): Promise<void>;
}
