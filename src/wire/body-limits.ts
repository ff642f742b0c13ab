// How much of a request body is read into memory, by service and operation. Streaming members are not limited here.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
import { LAMBDA } from "../kernel/limits.ts";
import { ServiceError } from "../kernel/errors.ts";
import type { WireBody } from "./http.ts";

/** Nothing but code and event payloads comes near it. */
const DEFAULT_BYTES = 16 * 1024 * 1024;

/** 50 MB of zip as base64, and the rest of the request: the number in AWS's own message (observed). */
const CODE_REQUEST_BYTES = 70_167_211;

const INVOKES = new Set(["Invoke", "InvokeWithResponseStream", "InvokeAsync"]);

const BY_SERVICE: Record<string, { default?: number; operations?: Record<string, number> }> = {
  lambda: {
    operations: {
      CreateFunction: CODE_REQUEST_BYTES,
      UpdateFunctionCode: CODE_REQUEST_BYTES,
      PublishLayerVersion: CODE_REQUEST_BYTES,
      Invoke: LAMBDA.syncPayloadBytesMax,
      InvokeWithResponseStream: LAMBDA.syncPayloadBytesMax,
      InvokeAsync: LAMBDA.syncPayloadBytesMax,
    },
  },
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html: 1 MiB of messages, base64 and escapes included.
  sqs: { default: 4 * 1024 * 1024 },
  sns: { default: 4 * 1024 * 1024 },
  sts: { default: 1024 * 1024 },
  iam: { default: 1024 * 1024 },
};

export const bodyLimitBytes = (signingName: string, operation: string): number =>
  BY_SERVICE[signingName]?.operations?.[operation] ?? BY_SERVICE[signingName]?.default ?? DEFAULT_BYTES;

/** Throws AWS's 413, naming operation and limit. */
export function readBody(body: WireBody, signingName: string, operation: string): Uint8Array | Promise<Uint8Array> {
  const limit = bodyLimitBytes(signingName, operation);
  if (body.lengthBytes !== undefined && body.lengthBytes > limit) throw tooLarge(operation, limit, body.lengthBytes);
  return body.whole ?? readAll(body, operation, limit);
}

async function readAll(body: WireBody, operation: string, limit: number): Promise<Uint8Array> {
  try {
    return await body.bytes(limit);
  } catch (error) {
    if (error instanceof ServiceError && error.code.startsWith("RequestEntityTooLarge")) throw tooLarge(operation, limit);
    throw error;
  }
}

function tooLarge(operation: string, limit: number, bytes?: number): ServiceError {
  // Clients of real AWS see this name, not the modelled RequestTooLargeException (README of src/services/lambda).
  if (INVOKES.has(operation) && bytes !== undefined) {
    return new ServiceError("RequestEntityTooLargeException", `${bytes} byte payload is too large for the RequestResponse invocation type (limit ${limit} bytes)`, { status: 413 });
  }
  const name = INVOKES.has(operation) ? "InvokeFunction" : operation; // AWS's name for it here
  return new ServiceError("RequestEntityTooLargeException", `Request must be smaller than ${limit} bytes for the ${name} operation`, { status: 413 });
}
