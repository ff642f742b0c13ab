// Functions as they are given the batches of event source mappings: always synchronous, through the directory each time, so that an alias draws its version anew.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
import type { BatchAnswer, BatchConsumer, SourceBatch } from "../ports/batch-consumers.ts";
import type { FunctionDirectory } from "../ports/function-directory.ts";
import type { Functions, Invocation } from "../ports/functions.ts";
import type { Metrics } from "../ports/metrics.ts";
import { RecursiveInvocation } from "../ports/recursive-invocation.ts";
import { Throttled } from "../ports/throttled.ts";
import { openAsyncMetrics } from "./async-metrics.ts";

interface Parts {
  directory: FunctionDirectory;
  functions: Functions;
  metrics: Metrics;
}

const EMPTY = new Uint8Array(0);

export function functionConsumer({ directory, functions, metrics }: Parts): BatchConsumer {
  const count = openAsyncMetrics(metrics);
  return {
    service: "lambda",
    async look(functionArn) {
      const found = await directory.resolve(functionArn);
      // As CreateEventSourceMapping says it (observed on AWS).
      if (!found) return { state: "unable", reason: "Function does not exist" };
      if (!found.version) return { state: "waiting" };
      const { role, timeoutSeconds } = found.version;
      return { state: "ready", roleArn: role, roleName: "execution role", timeoutSeconds };
    },
    eventOf: (source, sourceArn, records) => source.toEvent(sourceArn, records),
    take: (batch) => invoke({ directory, functions }, batch),
    iteratorAge: (functionArn, ms) => count("IteratorAge", functionArn, ms),
  };
}

async function invoke({ directory, functions }: Pick<Parts, "directory" | "functions">, { consumerArn, payload, requestId, traceId }: SourceBatch): Promise<BatchAnswer> {
  try {
    const found = await directory.resolve(consumerArn);
    if (!found) return { kind: "gone" };
    const { version, invokedArn, reservedConcurrency, recursiveLoop } = found;
    if (!version) return { kind: "unavailable" };
    const invocation: Invocation = { version, invokedArn, payload, requestId, tail: false, recursiveLoop };
    if (traceId !== undefined) invocation.traceId = traceId;
    if (reservedConcurrency !== undefined) invocation.reservedConcurrency = reservedConcurrency;
    const { failed, payload: answer, executedVersion } = await functions.invoke(invocation);
    return { kind: "answered", failed, payload: answer, executedVersion };
  } catch (error) {
    if (error instanceof Throttled) return { kind: "throttled" };
    if (error instanceof RecursiveInvocation) return { kind: "answered", failed: true, payload: EMPTY, executedVersion: "$LATEST" };
    return { kind: "unavailable", error };
  }
}
