// Invoking the function of an execution, once or many times, until it says that it has ended.
// https://docs.aws.amazon.com/lambda/latest/dg/durable-basic-concepts.html
import type { ErrorObject } from "@aws-sdk/client-lambda";
import { encodePageToken } from "../../../kernel/page.ts";
import { RecursiveInvocation } from "../../../ports/recursive-invocation.ts";
import { Throttled } from "../../../ports/throttled.ts";
import type { ResolvedFunction } from "../../../ports/function-directory.ts";
import type { InvokeResult } from "../../../ports/functions.ts";
import type { Received, Tx } from "../../../storage/stores.ts";
import { workThrough } from "../../queue-worker.ts";
import type { RoomPorts } from "../../service.ts";
import { beginChange, type Change, saveChange } from "./change.ts";
import { endExecution, errorOfFunction } from "./end.ts";
import { bytesOf, errorOf, type Execution, EXECUTIONS, isOfThisFunction, RECURSIVE } from "./execution.ts";
import { inputOf, invocationCompleted } from "./history.ts";
import { operationInEvent } from "./operation.ts";
import { type InvocationItem, INVOCATIONS } from "./queues.ts";
import { executionOperation, FROM_EXECUTION, readState } from "./state.ts";
import { writeToken } from "./tokens.ts";

const AT_ONCE = 1000;
/** An event and its state together stay below the 6 MB of an invocation; the rest is asked for (GetDurableExecutionState). */
const EVENT_BYTES_MAX = 5_500_000;
/**
 * A crash, a timeout or an exception that the SDK did not answer is tried again: AWS's guide says "with exponential backoff", AWS's own emulator
 * (sdk-python-testing executor.py) gives up after five failures in a row. Here: after 1, 2, 4 … 64 seconds, some two minutes in all.
 */
const FAILURES_MAX = 8;
const BACKOFF_MS_MAX = 300_000;

export const runInvocations = (ports: RoomPorts, signal: AbortSignal): Promise<void> =>
  workThrough(ports, INVOCATIONS, AT_ONCE, (item) => run(ports, item, signal), signal);

async function run(ports: RoomPorts, { id, body, receipt }: Received, signal: AbortSignal): Promise<void> {
  const item = JSON.parse(body) as InvocationItem;
  const queue = { finish: (tx: Tx) => tx.queues.finish(INVOCATIONS, id, receipt), again: (tx: Tx, dueMs: number) => tx.queues.hide(INVOCATIONS, id, receipt, dueMs) };
  const begun = await ports.stores.transaction((tx) => begin(ports, tx, item, queue.finish));
  if (!begun) return;
  const answer = await invoke(ports, begun, signal);
  if (signal.aborted) return; // what it answered is not known for sure; the next process invokes it again
  await ports.stores.transaction(async (tx) => {
    const change = await beginChange(tx, item.key, item.executionId, ports.clock.now(), ports.ids);
    if (change?.execution.invocation?.id !== begun.execution.invocation!.id) return;
    const againMs = await end(change, answer);
    await saveChange(change);
    await (againMs === undefined ? queue.finish(tx) : queue.again(tx, againMs));
  });
}

interface Begun {
  execution: Execution;
  updatedOperationIds: string[];
}

async function begin({ clock, ids }: RoomPorts, tx: Tx, { key, executionId }: InvocationItem, finish: (tx: Tx) => Promise<unknown>): Promise<Begun | undefined> {
  const change = await beginChange(tx, key, executionId, clock.now(), ids);
  if (change?.execution.status !== "RUNNING") {
    await finish(tx);
    return undefined;
  }
  const { execution } = change;
  const updatedOperationIds = execution.unseen;
  Object.assign(execution, { invocation: { id: ids.uuid(), startMs: change.nowMs }, unseen: [], wake: false, sequence: execution.sequence + 1 } satisfies Partial<Execution>);
  await tx.documents<Execution>(EXECUTIONS).put(key, execution);
  return { execution, updatedOperationIds };
}

const functionGone = ({ functionArn }: Execution): ErrorObject => errorOf(`Function not found: ${functionArn}`, "ResourceNotFoundException");

type Answer = { requestId: string; found: ResolvedFunction; result: InvokeResult } | { fails: ErrorObject } | { later: true };

async function invoke(ports: RoomPorts, { execution, updatedOperationIds }: Begun, signal: AbortSignal): Promise<Answer> {
  const found = await ports.directory.resolve(execution.functionArn);
  if (!found) return { fails: functionGone(execution) };
  if (!found.version) return { later: true };
  if (!isOfThisFunction(execution, found.version)) return { fails: functionGone(execution) };
  const requestId = ports.ids.uuid();
  const { durable: _, ...version } = found.version; // here it is only a function
  const { traceId, tenantId, clientContext, tail = false } = execution;
  const payload = Buffer.from(JSON.stringify(await eventOf(ports, execution, updatedOperationIds)));
  try {
    const result = await ports.functions.invoke({
      version, invokedArn: execution.functionArn, payload, requestId, tail, recursiveLoop: found.recursiveLoop,
      ...(found.reservedConcurrency === undefined ? {} : { reservedConcurrency: found.reservedConcurrency }),
      ...(traceId === undefined ? {} : { traceId }), ...(tenantId === undefined ? {} : { tenantId }), ...(clientContext === undefined ? {} : { clientContext }),
    });
    return { requestId, found, result };
  } catch (error) {
    if (error instanceof RecursiveInvocation) return { fails: RECURSIVE };
    if (!(error instanceof Throttled) && !signal.aborted) ports.log.warn("A durable execution could not be invoked; it is tried again", { arn: execution.arn, error });
    return { later: true };
  }
}

/** What the SDK expects (aws-durable-execution-sdk-js, validateDurableExecutionEvent and initializeExecutionContext). */
async function eventOf({ stores }: RoomPorts, execution: Execution, updatedOperationIds: string[]): Promise<object> {
  const input = await inputOf(stores, execution.executionId);
  const room = EVENT_BYTES_MAX - bytesOf(JSON.stringify(input));
  const { operations, next } = room > 0 ? await readState(stores, execution, { limit: 1000, bytesMax: room }) : { operations: [], next: FROM_EXECUTION };
  return {
    DurableExecutionArn: execution.arn,
    CheckpointToken: writeToken({ executionArn: execution.arn, invocationId: execution.invocation!.id, sequence: execution.sequence }),
    InitialExecutionState: {
      Operations: next === FROM_EXECUTION ? [] : [executionOperation(execution, input, (ms) => ms as never), ...operations.map(operationInEvent)],
      NextMarker: next === undefined ? "" : encodePageToken(next),
    },
    UpdatedOperationIds: updatedOperationIds,
  };
}

/** Answers when the next invocation is due; undefined when nothing is to be done until something happens. */
async function end(change: Change, answer: Answer): Promise<number | undefined> {
  const { execution, nowMs, events } = change;
  const { startMs } = execution.invocation!;
  delete execution.invocation;
  if (!("result" in answer)) {
    if (execution.status !== "RUNNING") return undefined;
    if ("fails" in answer) {
      await endExecution(change, "FAILED", { error: answer.fails });
      return undefined;
    }
    return nowMs + backoffMs(execution.throttles++);
  }
  execution.throttles = 0;
  const { result, requestId } = answer;
  if (result.logTail) execution.logTail = Buffer.from(result.logTail).toString("base64");
  const said = result.failed ? undefined : outputOf(result.payload);
  const error = result.failed ? errorOfFunction(result.payload) : (said?.Error ?? undefined);
  const wrong = result.failed || execution.status !== "RUNNING" ? undefined : whatIsWrong(execution, said);
  events.push(invocationCompleted(nowMs, startMs, requestId, wrong === undefined ? error : wrongOutput(wrong)));
  if (execution.status !== "RUNNING") return undefined; // stopped, timed out, or ended by a checkpoint while it ran
  if (result.failed) {
    if (++execution.failures < FAILURES_MAX) return nowMs + backoffMs(execution.failures - 1);
    await endExecution(change, "FAILED", { error: error! });
    return undefined;
  }
  execution.failures = 0;
  if (wrong !== undefined) await endExecution(change, "FAILED", { error: wrongOutput(wrong) });
  else if (said!.Status === "SUCCEEDED") await endExecution(change, "SUCCEEDED", said!.Result === undefined || said!.Result === null ? {} : { result: said!.Result });
  else if (said!.Status === "FAILED") await endExecution(change, "FAILED", { error: error ?? {} });
  else if (execution.wake) return nowMs;
  return undefined;
}

const backoffMs = (times: number): number => Math.min(1000 * 2 ** Math.min(times, 20), BACKOFF_MS_MAX);

interface Output {
  Status: string;
  Result?: string | null;
  Error?: ErrorObject | null;
}

/** Undefined for anything that is not such an object; the error of one is made into what AWS's errors are, whatever was in it. */
function outputOf(payload: Uint8Array): Output | undefined {
  try {
    const value = JSON.parse(Buffer.from(payload).toString()) as Output | null;
    if (typeof value !== "object" || value === null || typeof value.Status !== "string") return undefined;
    return value.Error ? { ...value, Error: errorObject(value.Error) } : value;
  } catch {
    return undefined;
  }
}

function errorObject({ ErrorMessage, ErrorType, ErrorData, StackTrace }: ErrorObject): ErrorObject {
  const texts = Object.entries({ ErrorMessage, ErrorType, ErrorData }).filter(([, text]) => typeof text === "string");
  return { ...Object.fromEntries(texts), ...(Array.isArray(StackTrace) ? { StackTrace: StackTrace.map(String) } : {}) };
}

const wrongOutput = (why: string): ErrorObject => errorOf(why, "InvalidParameterValueException");

/** The first text is what users of AWS see who return something else from a durable function; the others are of AWS's emulator (sdk-python-testing executor.py). */
function whatIsWrong(execution: Execution, output: Output | undefined): string | undefined {
  const { resultBytesMax, waiting, wake } = execution;
  switch (output?.Status) {
    case "SUCCEEDED":
      if (output.Error) return "Cannot provide an Error for SUCCEEDED status.";
      if (output.Result !== undefined && output.Result !== null && typeof output.Result !== "string") return "Invalid Result in invocation output.";
      return bytesOf(output.Result ?? undefined) > resultBytesMax ? `Execution output payload size must be less than or equal to ${resultBytesMax} bytes.` : undefined;
    case "FAILED":
      return output.Result === undefined || output.Result === null ? undefined : "Cannot provide a Result for FAILED status.";
    case "PENDING":
      return waiting > 0 || wake ? undefined : "Cannot return PENDING status with no pending operations.";
    default:
      return "Invalid Status in invocation output.";
  }
}
