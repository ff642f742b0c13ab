// Durable functions as one part of the Lambda room: its operations, and the workers behind them.
// https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
import type { RoomPorts } from "../../service.ts";
import { callbackOperations } from "./callbacks.ts";
import { runCalls } from "./calls.ts";
import { checkpointOperations } from "./checkpoint.ts";
import { executionOperations } from "./executions.ts";
import { runInvocations } from "./invocations.ts";
import { runStatusEvents } from "./status-events.ts";
import { runTimers } from "./timers.ts";

export function openDurable(ports: RoomPorts) {
  ports.background("durable executions", (signal) => runInvocations(ports, signal));
  ports.background("durable timers", (signal) => runTimers(ports, signal));
  ports.background("durable calls", (signal) => runCalls(ports, signal));
  ports.background("durable status events", (signal) => runStatusEvents(ports, signal));
  return { ...checkpointOperations(ports), ...callbackOperations(ports), ...executionOperations(ports) };
}
