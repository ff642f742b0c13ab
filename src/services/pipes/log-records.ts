// What a pipe writes about its executions: one record for each step of the levels asked for.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-logs.html, eb-pipes-logs-schema.html
import { parseArn } from "../../kernel/arn.ts";
import type { RoomPorts } from "../service.ts";
import type { StageFailure } from "./failure.ts";
import { type Pipe, pipeArn } from "./pipe.ts";

/** Names as they stand in records that users have published (aws-cdk's and terraform-aws-modules/terraform-aws-eventbridge's issues); levels from the guide's table. TimedOut is in the form of the others. */
const LEVELS = {
  ExecutionStarted: "INFO", ExecutionSucceeded: "INFO", ExecutionFailed: "ERROR", ExecutionPartiallyFailed: "ERROR", ExecutionThrottled: "ERROR", ExecutionTimedOut: "ERROR",
  EnrichmentStageEntered: "INFO", EnrichmentStageSucceeded: "INFO", EnrichmentStageFailed: "ERROR",
  EnrichmentTransformationStarted: "TRACE", EnrichmentTransformationSucceeded: "TRACE", EnrichmentTransformationFailed: "ERROR",
  EnrichmentInvocationStarted: "TRACE", EnrichmentInvocationSucceeded: "TRACE", EnrichmentInvocationFailed: "ERROR",
  TargetStageEntered: "INFO", TargetStageSucceeded: "INFO", TargetStageFailed: "ERROR", TargetStagePartiallyFailed: "ERROR", TargetStageSkipped: "TRACE",
  TargetTransformationStarted: "TRACE", TargetTransformationSucceeded: "TRACE", TargetTransformationFailed: "ERROR",
  TargetInvocationStarted: "TRACE", TargetInvocationSucceeded: "TRACE", TargetInvocationFailed: "ERROR", TargetInvocationPartiallyFailed: "ERROR",
} as const;
export type Step = keyof typeof LEVELS;

const RANK = { OFF: 0, ERROR: 1, INFO: 2, TRACE: 3 } as const;

/** Of the last request to an enrichment or a target. */
export interface Sent {
  request?: string;
  response?: string;
}

export interface Said {
  /** The batch, where it may have changed. */
  payload?: () => string;
  sent?: Sent;
  failure?: StageFailure;
  /** The enrichment or target that failed. */
  resource?: string | undefined;
}

export type LogStep = (step: Step, said?: Said) => void;

/** "The log records delivered to all destinations have a limit of 256kb." */
const RECORD_CHARACTERS_MAX = 250_000;

/** Into the log stream of the pipe's name (seen in LocalStack's tests on AWS). */
export function openLogRecords({ logs, clock }: Pick<RoomPorts, "logs" | "clock">, pipe: Pipe, executionId: string): LogStep {
  const { logConfiguration } = pipe;
  const groupArn = parseArn(logConfiguration?.CloudwatchLogsLogDestination?.LogGroupArn ?? "");
  const most = RANK[logConfiguration?.Level ?? "OFF"];
  if (!groupArn || most === 0) return () => undefined;
  const where = { account: groupArn.account, region: groupArn.region, group: groupArn.resource.split(":")[1]!, stream: pipe.name };
  const hasData = logConfiguration!.IncludeExecutionData?.includes("ALL") ?? false;
  return (step, { payload, sent, failure, resource } = {}) => {
    const logLevel = LEVELS[step];
    if (RANK[logLevel] > most) return;
    const timestamp = clock.now();
    const data = hasData ? withinLimit({ ...(payload && { payload: payload() }), ...(sent?.request !== undefined && { awsRequest: sent.request }), ...(sent?.response !== undefined && { awsResponse: sent.response }) }) : {};
    const record = { resourceArn: pipeArn(pipe), timestamp, executionId, messageType: step, logLevel, ...data, ...(failure && { error: errorOf(failure, resource) }) };
    logs.put(where, [{ timestamp, message: JSON.stringify(record) }]);
  };
}

function errorOf({ message, status, exceptionType }: StageFailure, resource: string | undefined): object {
  return { message, httpStatusCode: status, ...(resource !== undefined && { awsService: parseArn(resource)?.service }), ...(exceptionType !== undefined && { exceptionType }), ...(resource !== undefined && { resourceArn: resource }) };
}

/** "EventBridge truncates each field entirely before progressing to truncate the next field": payload, awsRequest, awsResponse. */
function withinLimit(data: Record<string, string>): Record<string, unknown> {
  let over = Object.values(data).reduce((sum, text) => sum + text.length, 0) - RECORD_CHARACTERS_MAX;
  if (over <= 0) return data;
  const truncatedFields: string[] = [];
  for (const name of Object.keys(data)) {
    if (over <= 0) break;
    const kept = data[name]!.slice(0, Math.max(0, data[name]!.length - over));
    over -= data[name]!.length - kept.length;
    data[name] = kept;
    truncatedFields.push(name);
  }
  return { ...data, truncatedFields };
}
