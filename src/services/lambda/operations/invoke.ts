// Running a function and waiting for its answer, whole or in pieces. The hot path: one document is read, and the payload handed on as it came.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import type { Invocation, StreamedResult } from "../../../ports/functions.ts";
import { Throttled } from "../../../ports/throttled.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { notSupported, stateForbids, throttled } from "../errors.ts";
import { findFunction } from "../lookup.ts";
import { qualified } from "../name.ts";
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

export function invokeOperations({ stores, functions }: RoomPorts): Pick<Lambda, "Invoke" | "InvokeWithResponseStream"> {
  const prepare = async (input: Request, call: Call): Promise<Invocation> => {
    if (input.TenantId) throw notSupported("TenantId (functions with tenant isolation)");
    const payload = checkPayload(input.Payload as Uint8Array | undefined);
    const clientContext = checkClientContext(input.ClientContext);
    const { fn, named } = await findFunction(stores, input.FunctionName, input.Qualifier, call, "InvokeFunction");
    if (!fn.live) throw stateForbids(fn.state);
    const invocation: Invocation = { version: fn.live, invokedArn: qualified(fn.arn, named.qualifier), payload, requestId: call.requestId, tail: input.LogType === "Tail" };
    if (clientContext !== undefined) invocation.clientContext = clientContext;
    if (call.traceId !== undefined) invocation.traceId = call.traceId;
    return invocation;
  };

  return {
    async Invoke(input, call) {
      if (input.InvocationType === "Event") throw notSupported("InvocationType Event (asynchronous invocation)");
      if (input.DurableExecutionName) throw notSupported("DurableExecutionName (durable functions)");
      const invocation = await prepare(input, call);
      if (input.InvocationType === "DryRun") return { StatusCode: 204 };
      const result = await functions.invoke(invocation).catch(refuse);
      const answer: Awaited<ReturnType<Lambda["Invoke"]>> = { StatusCode: 200, Payload: result.payload as Uint8Array<ArrayBuffer> & { transformToString(): string }, ExecutedVersion: result.executedVersion };
      if (result.failed) answer.FunctionError = "Unhandled";
      if (result.logTail) answer.LogResult = base64(result.logTail);
      return answer;
    },

    async InvokeWithResponseStream(input, call) {
      const invocation = await prepare(input, call);
      if (input.InvocationType === "DryRun") return { StatusCode: 204 };
      const result = await functions.invokeStreaming(invocation).catch(refuse);
      return { StatusCode: 200, ExecutedVersion: result.executedVersion, EventStream: eventsOf(result) };
    },
  };
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

function refuse(error: unknown): never {
  throw error instanceof Throttled ? throttled(error.reason) : error;
}
