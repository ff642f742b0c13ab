// What destinations and dead-letter queues are sent. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
import { parseArn } from "../kernel/arn.ts";
import type { TargetMessage } from "../ports/targets.ts";

/** How an event ended. */
export interface Ending {
  condition: "Success" | "RetriesExhausted" | "EventAgeExceeded";
  /** Runs of the function. */
  invokeCount: number;
  /** Absent when nothing ever answered. */
  response?: {
    /** 200 also for a function error; 429 and 500 when the last try did not reach the function. */
    statusCode: number;
    executedVersion?: string;
    failed?: boolean;
    /** JSON text, or whatever a custom runtime answered. */
    payload?: string;
  };
}

export interface Ended {
  requestId: string;
  /** Unqualified. */
  functionArn: string;
  qualifier: string;
  /** JSON text. */
  payload: string;
  ending: Ending;
  nowMs: number;
}

/**
 * What a message may weigh, by the service of its ARN; above it the payloads are left out ("Lambda will drop the payload", OnFailure in
 * the service model). SQS 1 MiB and SNS 256 KiB: their API references. Functions: the limit of an asynchronous event. EventBridge's
 * 256 KB is from memory.
 */
const BYTES_MAX: Record<string, number> = { sqs: 1_048_576, sns: 262_144, lambda: 1_048_576, events: 262_144 };
const ERROR_MESSAGE_BYTES_MAX = 1024;

/** `uuid` names the object when the destination is a bucket. */
export function destinationMessage(destinationArn: string, ended: Ended, uuid: string): TargetMessage {
  const service = parseArn(destinationArn)?.service ?? "";
  const { functionArn, qualifier, ending, nowMs } = ended;
  const max = BYTES_MAX[service] ?? Infinity;
  let body = recordText(ended, true);
  if (Buffer.byteLength(body) > max) body = recordText(ended, false);
  const message: TargetMessage = { body };
  if (service === "events") {
    const outcome = ending.condition === "Success" ? "Success" : "Failure";
    message.event = { source: "lambda", detailType: `Lambda Function Invocation Result - ${outcome}`, resources: [destinationArn, `${functionArn}:${qualifier}`] };
  }
  if (service === "s3") message.key = objectKey(functionArn, nowMs, uuid);
  return message;
}

/** The payloads are texts already and go in as they are: they may be megabytes. */
function recordText({ requestId, functionArn, qualifier, payload, ending, nowMs }: Ended, withPayloads: boolean): string {
  const { condition, invokeCount, response } = ending;
  const head = JSON.stringify({
    version: "1.0",
    timestamp: new Date(nowMs).toISOString(),
    requestContext: { requestId, functionArn: `${functionArn}:${qualifier}`, condition, approximateInvokeCount: invokeCount },
  });
  const members = [head.slice(0, -1)];
  if (withPayloads) members.push(`"requestPayload":${payload}`);
  if (response) {
    const { statusCode, executedVersion, failed } = response;
    const context = { statusCode, ...(executedVersion === undefined ? {} : { executedVersion }), ...(failed ? { functionError: "Unhandled" } : {}) };
    members.push(`"responseContext":${JSON.stringify(context)}`);
    if (withPayloads && response.payload !== undefined) members.push(`"responsePayload":${jsonText(response.payload)}`);
  }
  return `${members.join(",")}}`;
}

function jsonText(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text); // a custom runtime may answer anything
  }
}

/** aws/lambda/async/NAME/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-UUID */
function objectKey(functionArn: string, nowMs: number, uuid: string): string {
  const time = new Date(nowMs).toISOString();
  return `aws/lambda/async/${functionArn.split(":").at(-1)}/${time.slice(0, 10).replaceAll("-", "/")}/${time.slice(0, 19).replaceAll(":", ".")}-${uuid}`;
}

/** The event itself, and why it is here: 200 and the function's own message for a function error, else the status of the last try. */
export function deadLetterMessage({ requestId, payload, ending }: Ended): TargetMessage {
  const { response } = ending;
  const statusCode = response?.statusCode ?? 429;
  const attributes: NonNullable<TargetMessage["attributes"]> = {
    RequestID: { type: "String", value: requestId },
    ErrorCode: { type: "Number", value: String(statusCode) },
  };
  const message = response?.payload === undefined ? (statusCode === 429 ? "Rate Exceeded." : "") : errorMessage(response.payload);
  if (message !== "") attributes["ErrorMessage"] = { type: "String", value: firstBytes(message) };
  return { body: payload, attributes };
}

function errorMessage(payload: string): string {
  try {
    const { errorMessage: message } = (JSON.parse(payload) ?? {}) as { errorMessage?: unknown };
    return typeof message === "string" ? message : payload;
  } catch {
    return payload;
  }
}

/** The first KB, whole characters only ("the first 1 KB of the error message"). */
function firstBytes(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.byteLength <= ERROR_MESSAGE_BYTES_MAX) return text;
  return bytes.subarray(0, ERROR_MESSAGE_BYTES_MAX).toString("utf8").replace(/\uFFFD$/, "");
}
