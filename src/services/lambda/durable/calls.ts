// Calls to others on behalf of an execution: functions that are not durable, and dead-letter queues.
import { Fault, ServiceError } from "../../../kernel/errors.ts";
import { RecursiveInvocation } from "../../../ports/recursive-invocation.ts";
import { Throttled } from "../../../ports/throttled.ts";
import type { Received } from "../../../storage/stores.ts";
import { workThrough } from "../../queue-worker.ts";
import type { RoomPorts } from "../../service.ts";
import { beginChange } from "./change.ts";
import { callTarget, endCall } from "./chained.ts";
import type { ChainedOutcome } from "./end.ts";
import { EXECUTIONS, type Execution, RECURSIVE } from "./execution.ts";
import { inputOf } from "./history.ts";
import { type CallItem, CALLS } from "./queues.ts";

const AT_ONCE = 200;
const BACKOFF_MS_MAX = 60_000;
const DELIVERIES_MAX = 10;
const ERROR_MESSAGE_MAX = 1024;

export const runCalls = (ports: RoomPorts, signal: AbortSignal): Promise<void> =>
  workThrough(ports, CALLS, AT_ONCE, (item) => call(ports, item, signal), signal);

async function call(ports: RoomPorts, item: Received, signal: AbortSignal): Promise<void> {
  const body = JSON.parse(item.body) as CallItem;
  if (body.kind === "dead-letter") return bury(ports, item, body);
  const outcome = await callTarget(ports, body).catch((error: unknown): ChainedOutcome | undefined => {
    if (error instanceof RecursiveInvocation) return { status: "FAILED", error: RECURSIVE };
    if (error instanceof Throttled || error instanceof Fault) return undefined;
    throw error;
  });
  if (signal.aborted) return;
  if (!outcome) return later(ports, item);
  await ports.stores.transaction(async (tx) => {
    const change = await beginChange(tx, body.key, body.executionId, ports.clock.now(), ports.ids);
    if (change) await endCall(change, body.operationId, outcome);
    await tx.queues.finish(CALLS, item.id, item.receipt);
  });
}

async function later({ stores, clock }: RoomPorts, { id, receipt, receives }: Received): Promise<void> {
  await stores.queues.hide(CALLS, id, receipt, clock.now() + Math.min(1000 * 2 ** (receives - 1), BACKOFF_MS_MAX));
}

/** The original event, with the attributes that Lambda's dead-letter queues have: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq */
async function bury(ports: RoomPorts, item: Received, { key, executionId, deadLetterArn, roleArn, errorMessage }: CallItem & { kind: "dead-letter" }): Promise<void> {
  const { stores, targets, log } = ports;
  const execution = await stores.documents<Execution>(EXECUTIONS).get(key);
  if (execution?.executionId === executionId) {
    const attributes = {
      RequestID: { type: "String" as const, value: execution.requestId },
      ErrorCode: { type: "Number" as const, value: "200" },
      ErrorMessage: { type: "String" as const, value: errorMessage.slice(0, ERROR_MESSAGE_MAX) },
    };
    try {
      await targets.deliver(deadLetterArn, { body: await inputOf(stores, executionId), attributes }, { account: execution.account, region: execution.region, roleArn, sourceArn: execution.functionArn });
    } catch (error) {
      if (!(error instanceof ServiceError) && !(error instanceof Fault)) throw error;
      log.warn("The dead-letter queue of a durable function did not take its event", { arn: deadLetterArn, error });
      if (item.receives < DELIVERIES_MAX) return later(ports, item);
    }
  }
  await stores.queues.finish(CALLS, item.id, item.receipt);
}
