// Invoking a durable function: an execution is started, and whoever wants the answer waits until it has ended.
// https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html
import type { ErrorObject, InvokeCommandOutput } from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import type { Functions, Invocation, InvokeResult } from "../../../ports/functions.ts";
import type { RoomPorts } from "../../service.ts";
import { callerGone, executionNotFound, noStreaming, tooLongToWait, unqualified } from "./errors.ts";
import { EXECUTIONS, type Execution } from "./execution.ts";
import { logOf, outcomeOf } from "./history.ts";
import { type Start, startExecution } from "./start.ts";

const WAIT_SECONDS_MAX = 900;

type Answer = Omit<InvokeCommandOutput, "$metadata">;
type Parts = Pick<RoomPorts, "stores" | "clock" | "ids" | "directory">;

export interface DurableInvocation {
  invocation: Invocation;
  name?: string | undefined;
  /** False for InvocationType Event: started is accepted. */
  waits: boolean;
  deadLetterArn?: string | undefined;
  /** Aborted when nobody waits any more; the execution goes on. */
  signal?: AbortSignal;
}

/** The Invoke operation, for a durable function. */
export async function invokeDurably(ports: RoomPorts, invocation: Invocation, { InvocationType, DurableExecutionName }: { InvocationType?: string | undefined; DurableExecutionName?: string | undefined }, call: Call): Promise<Answer> {
  const waits = InvocationType !== "Event";
  checkDurable(invocation, waits);
  if (InvocationType === "DryRun") return { StatusCode: 204 };
  const deadLetterArn = waits ? undefined : (await ports.directory.resolve(invocation.invokedArn))?.deadLetterArn;
  return invokeDurable(ports, { invocation, name: DurableExecutionName, waits, deadLetterArn, ...(waits ? { signal: call.signal } : {}) });
}

/** Throws when the invocation is one that AWS refuses, started or not. */
function checkDurable({ version, invokedArn }: Invocation, waits: boolean): void {
  if (invokedArn === version.arn) throw unqualified();
  if (waits && version.durable!.executionTimeoutSeconds > WAIT_SECONDS_MAX) throw tooLongToWait();
}

export async function invokeDurable(parts: Parts, { invocation, name, waits, deadLetterArn, signal }: DurableInvocation): Promise<Answer> {
  checkDurable(invocation, waits);
  const { version, payload, requestId, traceId, tenantId, clientContext, tail } = invocation;
  const start: Start = {
    version, payload: Buffer.from(payload).toString(), waits, requestId, ...(name === undefined ? {} : { name }),
    ...(traceId === undefined ? {} : { traceId }), ...(tenantId === undefined ? {} : { tenantId }),
    ...(waits && clientContext !== undefined ? { clientContext } : {}), ...(waits && tail ? { tail } : {}),
    ...(!waits && deadLetterArn !== undefined ? { deadLetter: { arn: deadLetterArn, roleArn: version.role } } : {}),
  };
  const { key, execution } = await parts.stores.transaction((tx) => startExecution(tx, start, parts.clock.now(), parts.ids));
  if (!waits) return { StatusCode: 202, DurableExecutionArn: execution.arn };
  const ended = await untilEnd(parts, key, execution, signal);
  const { result, error } = await outcomeOf(parts.stores, ended);
  return {
    StatusCode: 200, ExecutedVersion: ended.version, DurableExecutionArn: ended.arn,
    Payload: Buffer.from(ended.status === "SUCCEEDED" ? (result || "null") : failureOf(error ?? {})) as never,
    ...(ended.status === "SUCCEEDED" ? {} : { FunctionError: "Unhandled" }),
    ...(tail && ended.logTail !== undefined ? { LogResult: ended.logTail } : {}),
  };
}

/** In the words of a function's own failure, as seen by users: {"errorMessage":"Invalid Status in invocation output.","errorType":"InvalidParameterValueException"}. */
function failureOf({ ErrorMessage, ErrorType, ErrorData, StackTrace }: ErrorObject): string {
  return JSON.stringify({ errorMessage: ErrorMessage, errorType: ErrorType, errorData: ErrorData, stackTrace: StackTrace });
}

async function untilEnd({ stores }: Parts, key: string, { executionId }: Execution, signal = new AbortController().signal): Promise<Execution> {
  for (;;) {
    const execution = await stores.documents<Execution>(EXECUTIONS).get(key);
    if (execution?.executionId !== executionId) throw executionNotFound();
    if (execution.status !== "RUNNING") return execution;
    if (signal.aborted) throw callerGone();
    await stores.logs.wait(logOf(executionId), execution.lastEvent, signal).catch(() => undefined);
  }
}

/** The same door for everybody who drives functions: behind it a durable function is an execution, any other runs as it is. */
export function withDurable(functions: Functions, parts: Parts): Functions {
  const run = async (invocation: Invocation): Promise<InvokeResult> => {
    if (invocation.asynchronous) {
      const deadLetterArn = (await parts.directory.resolve(invocation.invokedArn))?.deadLetterArn;
      // An event may come more than once, always with the same id: it starts once.
      await invokeDurable(parts, { invocation, waits: false, name: invocation.requestId, deadLetterArn });
      return { failed: false, payload: new Uint8Array(), executedVersion: invocation.version.version };
    }
    const { Payload, FunctionError, ExecutedVersion } = await invokeDurable(parts, { invocation, waits: true });
    return { failed: FunctionError !== undefined, payload: Payload!, executedVersion: ExecutedVersion! };
  };
  return {
    invoke: (invocation) => (invocation.version.durable === undefined ? functions.invoke(invocation) : run(invocation)),
    async invokeStreaming(invocation) {
      if (invocation.version.durable !== undefined) throw noStreaming();
      return functions.invokeStreaming(invocation);
    },
  };
}
