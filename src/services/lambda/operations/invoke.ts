// Running a function and waiting for its answer, whole or in pieces, or handing an event over to be run later. The hot path: one document is read, and the payload handed on as it came.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import { LAMBDA } from "../../../kernel/limits.ts";
import type { Invocation, InvokeResult, StreamedResult } from "../../../ports/functions.ts";
import { RecursiveInvocation } from "../../../ports/recursive-invocation.ts";
import { Throttled } from "../../../ports/throttled.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { payloadTooLarge, recursiveInvocation, stateForbids, tenantMissing, tenantWithoutIsolation, throttled } from "../errors.ts";
import { noStreaming, notDurable } from "../durable/errors.ts";
import { invokeDurably } from "../durable/invoke.ts";
import { notInvocable } from "../capacity-providers/capacity-provider-errors.ts";
import { findFunction, findVersion } from "../lookup.ts";
import { LATEST_PUBLISHED, qualified } from "../name.ts";
import { snapStartNotReady } from "../image-errors.ts";
import { isSnapshot } from "../snap-start.ts";
import { checkClientContext, checkPayload } from "../payload.ts";

type Lambda = Api<typeof Sdk>;

interface Request {
  FunctionName: string;
  Qualifier?: string | undefined;
  /** The client's type allows more than bytes; off the wire come bytes. */
  Payload?: unknown;
  ClientContext?: string | undefined;
  LogType?: string | undefined;
  TenantId?: string | undefined;
}

/** InvokeAsync, which AWS has deprecated, kept the limit of its time (API_InvokeAsync). */
const INVOKE_ASYNC_BYTES_MAX = 262_144;

export function invokeOperations(ports: RoomPorts): Pick<Lambda, "Invoke" | "InvokeAsync" | "InvokeWithResponseStream"> {
  const { functions, events, ids } = ports;

  const prepare = async (input: Request, payload: Uint8Array, call: Call, action = "InvokeFunction"): Promise<Invocation> => {
    const clientContext = checkClientContext(input.ClientContext);
    const { fn, version, named } = await findFunction(ports, input.FunctionName, input.Qualifier, call, action, ids.fraction);
    const { live } = version;
    if (!live && fn.settings.managed) throw notInvocable(version, (await findVersion(ports.stores, named.id, LATEST_PUBLISHED)) !== undefined);
    if (!live) throw version.state === "Pending" && isSnapshot(version) ? snapStartNotReady() : stateForbids(version.state);
    const isolated = live.tenantIsolation === true;
    if (isolated !== (input.TenantId !== undefined)) throw isolated ? tenantMissing() : tenantWithoutIsolation();
    const invocation: Invocation = { version: live, invokedArn: qualified(fn.arn, named.qualifier), payload, requestId: call.requestId, tail: input.LogType === "Tail" };
    if (clientContext !== undefined) invocation.clientContext = clientContext;
    if (call.traceId !== undefined) invocation.traceId = call.traceId;
    if (input.TenantId !== undefined) invocation.tenantId = input.TenantId;
    if (fn.reservedConcurrency !== undefined) invocation.reservedConcurrency = fn.reservedConcurrency;
    if (fn.recursiveLoop !== undefined) invocation.recursiveLoop = fn.recursiveLoop;
    return invocation;
  };

  /** Accepted is stored. */
  const accept = async ({ invokedArn, payload, requestId, traceId, tenantId }: Invocation): Promise<void> =>
    events.enqueue({ functionArn: invokedArn, payload, requestId, ...(traceId === undefined ? {} : { traceId }), ...(tenantId === undefined ? {} : { tenantId }) });

  return {
    async Invoke(input, call) {
      const isEvent = input.InvocationType === "Event";
      const payload = checkPayload(input.Payload as Uint8Array | undefined, isEvent ? "Event" : "RequestResponse");
      const invocation = await prepare(input, payload, call);
      if (invocation.version.durable) return invokeDurably(ports, invocation, input, call);
      if (input.DurableExecutionName) throw notDurable(invocation.version.name);
      if (input.InvocationType === "DryRun") return { StatusCode: 204 };
      if (isEvent) {
        await accept(invocation);
        return { StatusCode: 202 };
      }
      let result: InvokeResult;
      try { // catch() would be one promise more
        result = await functions.invoke(invocation);
      } catch (error) {
        throw refusal(error);
      }
      const answer: Awaited<ReturnType<Lambda["Invoke"]>> = { StatusCode: 200, Payload: result.payload as Uint8Array<ArrayBuffer> & { transformToString(): string }, ExecutedVersion: result.executedVersion };
      if (result.failed) answer.FunctionError = "Unhandled";
      if (result.logTail) answer.LogResult = base64(result.logTail);
      return answer;
    },

    async InvokeAsync(input, call) {
      const payload = checkPayload(await read(input.InvokeArgs as AsyncIterable<Uint8Array>), "Event");
      await accept(await prepare({ FunctionName: input.FunctionName }, payload, call, "InvokeAsync"));
      return { Status: 202 };
    },

    async InvokeWithResponseStream(input, call) {
      const invocation = await prepare(input, checkPayload(input.Payload as Uint8Array | undefined), call);
      if (invocation.version.durable) throw noStreaming();
      if (input.InvocationType === "DryRun") return { StatusCode: 204 };
      const result = await functions.invokeStreaming(invocation).catch((error: unknown) => { throw refusal(error); });
      return { StatusCode: 200, ExecutedVersion: result.executedVersion, EventStream: eventsOf(result) };
    },
  };
}

/** A body that the model calls a stream; what is over the limit is counted and not kept. */
async function read(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes <= INVOKE_ASYNC_BYTES_MAX) kept.push(chunk);
    else if (bytes > LAMBDA.syncPayloadBytesMax) break;
  }
  if (bytes > INVOKE_ASYNC_BYTES_MAX) throw payloadTooLarge(bytes, "Event", INVOKE_ASYNC_BYTES_MAX);
  return Buffer.concat(kept);
}

async function* eventsOf(result: StreamedResult): AsyncGenerator<InvokeWithResponseStreamResponseEvent> {
  for await (const chunk of result.chunks) yield { PayloadChunk: { Payload: chunk } };
  const { errorCode, errorDetails, logTail } = await result.completed;
  yield {
    InvokeComplete: {
      ...(errorCode === undefined ? {} : { ErrorCode: errorCode }),
      ...(errorDetails === undefined ? {} : { ErrorDetails: errorDetails }),
      ...(logTail ? { LogResult: base64(logTail) } : {}),
    },
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

function refusal(error: unknown): unknown {
  if (error instanceof Throttled) return throttled(error.reason);
  return error instanceof RecursiveInvocation ? recursiveInvocation() : error;
}
