// Tells the account's default event bus whenever an execution begins or ends: stored with the change itself, so that none is lost.
// https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html#durable-monitoring-eventbridge
import type { ServiceEvent } from "../../../ports/default-bus.ts";
import type { Received, Tx } from "../../../storage/stores.ts";
import { workThrough } from "../../queue-worker.ts";
import type { RoomPorts } from "../../service.ts";
import type { Execution } from "./execution.ts";

const WORK = "lambda/durable-status-events";
const AT_ONCE = 20;

/** To be said in the transaction of the change. */
export async function tellStatus(tx: Pick<Tx, "queues">, execution: Execution, nowMs: number): Promise<void> {
  await tx.queues.send(WORK, { id: `${execution.executionId}/${execution.status}`, body: JSON.stringify(statusEvent(execution, nowMs)), dueMs: nowMs });
}

/** Members and their order as in the guide's example, which names no resources. */
function statusEvent({ account, region, arn, name, functionArn, status, startMs, endMs, traceId }: Execution, timeMs: number): ServiceEvent {
  return {
    account, region, source: "aws.lambda", detailType: "Durable Execution Status Change", resources: [], timeMs, ...(traceId !== undefined && { traceId }),
    detail: { durableExecutionArn: arn, durableExecutionName: name, functionArn, status, startTimestamp: new Date(startMs).toISOString(), ...(endMs !== undefined && { endTimestamp: new Date(endMs).toISOString() }) },
  };
}

export const runStatusEvents = (ports: RoomPorts, signal: AbortSignal): Promise<void> => workThrough(ports, WORK, AT_ONCE, (item) => tell(ports, item), signal);

async function tell({ defaultBus, lanes }: RoomPorts, { id, body, receipt }: Received): Promise<void> {
  const sends = await defaultBus.sends(JSON.parse(body) as ServiceEvent);
  await lanes.transaction(async (tx, send) => {
    if (await tx.queues.finish(WORK, id, receipt)) for (const one of sends) await send(one);
  });
}
