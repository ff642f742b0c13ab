// Where a pipe sends to, and through which enrichment: which ARNs, and which parameters fit them.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html, pipes-enrichment.html
import type { PipeEnrichmentParameters, PipeTargetParameters } from "@aws-sdk/client-pipes";
import { parseArn } from "../../kernel/arn.ts";
import { badEnrichment, badTarget, groupMissing, notSupported, parameterMissing, parametersOfOtherTarget } from "./errors.ts";

export type TargetKind = "lambda" | "sqs" | "sns" | "logs" | "event-bus" | "api-destination" | "kinesis";

interface KindOfTarget {
  /** How many events it takes at once: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html */
  batch: number;
  parameters?: Exclude<keyof PipeTargetParameters, "InputTemplate">;
}

export const TARGETS: Record<TargetKind, KindOfTarget> = {
  lambda: { batch: 10_000, parameters: "LambdaFunctionParameters" },
  sqs: { batch: 10, parameters: "SqsQueueParameters" },
  sns: { batch: 10 },
  logs: { batch: 10_000, parameters: "CloudWatchLogsParameters" },
  "event-bus": { batch: 10, parameters: "EventBridgeEventBusParameters" },
  "api-destination": { batch: 1, parameters: "HttpParameters" },
  kinesis: { batch: 500, parameters: "KinesisStreamParameters" },
};

/** What AWS has besides, and what it is called here. */
const NOT_SERVED: Record<string, string> = {
  states: "Step Functions", "execute-api": "API Gateway", ecs: "Amazon ECS", batch: "AWS Batch", redshift: "Amazon Redshift", "redshift-serverless": "Amazon Redshift", sagemaker: "SageMaker AI pipelines",
  timestream: "Amazon Timestream", firehose: "Amazon Data Firehose", inspector: "Amazon Inspector",
};

/** Throws for what is no target, and by name for what is none here. */
export function targetKind(arn: string): TargetKind {
  const kind = kindOf(arn);
  const service = parseArn(arn)?.service ?? "";
  if (!kind && Object.hasOwn(NOT_SERVED, service)) throw notSupported(`${NOT_SERVED[service]} as a target of pipes`);
  if (!kind) throw badTarget(arn);
  return kind;
}

export function enrichmentKind(arn: string): "lambda" | "api-destination" {
  const kind = kindOf(arn);
  const service = parseArn(arn)?.service ?? "";
  if (service === "states" || service === "execute-api") throw notSupported(`${NOT_SERVED[service]} as an enrichment of pipes`);
  if (kind !== "lambda" && kind !== "api-destination") throw badEnrichment(arn);
  return kind;
}

function kindOf(arn: string): TargetKind | undefined {
  const { service = "", resource = "" } = parseArn(arn) ?? {};
  if (service === "lambda") return resource.startsWith("function:") ? "lambda" : undefined;
  if (service === "sqs" || service === "sns") return service;
  if (service === "logs") return resource.startsWith("log-group:") ? "logs" : undefined;
  if (service === "kinesis") return resource.startsWith("stream/") ? "kinesis" : undefined;
  if (service === "events") return resource.startsWith("event-bus/") ? "event-bus" : resource.startsWith("api-destination/") ? "api-destination" : undefined;
  return undefined;
}

export function checkTargetParameters(target: string, given: PipeTargetParameters): void {
  const kind = targetKind(target);
  const { InputTemplate: _template, ...others } = given;
  for (const [name, value] of Object.entries(others)) if (value !== undefined && name !== TARGETS[kind].parameters) throw parametersOfOtherTarget(name);
  if (kind === "sqs" && target.endsWith(".fifo") && given.SqsQueueParameters?.MessageGroupId === undefined) throw groupMissing();
  // "EventBridge Pipes does not support Amazon SNS FIFO topics as targets" (user guide, targets).
  if (kind === "sns" && target.endsWith(".fifo")) throw badTarget(target);
  if (kind === "kinesis" && given.KinesisStreamParameters === undefined) throw parameterMissing("TargetParameters.KinesisStreamParameters");
  if (given.EventBridgeEventBusParameters?.EndpointId !== undefined) throw notSupported("EndpointId of EventBridgeEventBusParameters");
}

export function checkEnrichmentParameters(enrichment: string | undefined, { HttpParameters }: PipeEnrichmentParameters): void {
  if (HttpParameters !== undefined && (enrichment === undefined || enrichmentKind(enrichment) !== "api-destination")) throw parametersOfOtherTarget("HttpParameters");
}

/** How many events may be in a batch of the source. */
export function batchMost(enrichment: string | undefined, target: string): { items: number; why: string } {
  if (enrichment !== undefined && enrichmentKind(enrichment) === "api-destination") return { items: 1, why: "the enrichment" };
  return { items: TARGETS[targetKind(target)].batch, why: "the target" };
}
