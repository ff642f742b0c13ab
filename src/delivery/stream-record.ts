// What an on-failure destination is sent about a batch that was discarded. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
import { parseArn } from "../kernel/arn.ts";
import type { TargetMessage } from "../ports/targets.ts";
import { functionOf } from "./function-arn.ts";

export interface Discarded {
  uuid: string;
  /** A function, or a pipe. */
  consumerArn: string;
  shardId: string;
  requestId: string;
  condition: "RetryAttemptsExhausted" | "RecordAgeExceeded" | "MaximumPayloadSizeExceeded";
  /** Runs of the function with these records. */
  invokeCount: number;
  /** The last run; `failed` when it ended in an error, and did not answer which records failed. */
  last?: { executedVersion: string; failed: boolean } | undefined;
  batchInfo: { name: string; info: object };
  /** The event, for a bucket. */
  event: object;
  nowMs: number;
}

/** `uuid` names the object when the destination is a bucket. */
export function discardedMessage(destinationArn: string, discarded: Discarded, uuid: string): TargetMessage {
  const { batchInfo, event, nowMs } = discarded;
  const toBucket = parseArn(destinationArn)?.service === "s3";
  const record = {
    ...contextOf(discarded),
    version: "1.0",
    timestamp: new Date(nowMs).toISOString(),
    [batchInfo.name]: batchInfo.info,
    ...(toBucket ? { payload: event } : {}),
  };
  const message: TargetMessage = { body: JSON.stringify(record) };
  if (toBucket) message.key = objectKey(discarded, uuid);
  return message;
}

function contextOf({ consumerArn, requestId, condition, invokeCount, last }: Discarded): object {
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html (DLQ behaviour); the member's name as LocalStack's authors have it.
  if (parseArn(consumerArn)?.service === "pipes") return { context: { partnerResourceArn: consumerArn, condition } };
  // Unqualified, unlike in the records of asynchronous events; never fewer than one try, even if there was none (both observed on AWS).
  return { requestContext: { requestId, functionArn: functionOf(consumerArn), condition, approximateInvokeCount: Math.max(1, invokeCount) }, ...responseContext(condition, last) };
}

/** Absent when records were too old, null when the function was never asked, and `functionError` null after partial failures: observed on AWS. */
function responseContext(condition: Discarded["condition"], last: Discarded["last"]): object {
  if (condition === "MaximumPayloadSizeExceeded") return { responseContext: null };
  if (condition === "RecordAgeExceeded" || !last) return {};
  return { responseContext: { statusCode: 200, executedVersion: last.executedVersion, functionError: last.failed ? "Unhandled" : null } };
}

/** aws/lambda/MAPPING/SHARD/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-UUID */
function objectKey({ uuid: mapping, shardId, nowMs }: Discarded, uuid: string): string {
  const time = new Date(nowMs).toISOString();
  return `aws/lambda/${mapping}/${shardId}/${time.slice(0, 10).replaceAll("-", "/")}/${time.slice(0, 19).replaceAll(":", ".")}-${uuid}`;
}
