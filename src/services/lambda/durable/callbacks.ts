// Callbacks: somebody outside completes what a function waits for, or says that it is still at work.
// https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackSuccess.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { ErrorObject } from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { beginChange, type Change, operationOf, putOperation, saveChange, wake } from "./change.ts";
import { callbackClosed, invalid, invalidCallbackId } from "./errors.ts";
import { bytesOf, namedExecution } from "./execution.ts";
import { failureOf, operationEvent, payloadOf } from "./history.ts";
import type { Operation } from "./operation.ts";
import { readCallbackId } from "./tokens.ts";

type Lambda = Api<typeof Sdk>;

const ERROR_BYTES_MAX = 32_768;

export function callbackOperations(ports: RoomPorts): Pick<Lambda, "SendDurableExecutionCallbackSuccess" | "SendDurableExecutionCallbackFailure" | "SendDurableExecutionCallbackHeartbeat"> {
  return {
    async SendDurableExecutionCallbackSuccess(input, call) {
      const bytes = input.Result as Uint8Array | undefined;
      const result = bytes?.byteLength ? Buffer.from(bytes).toString() : undefined;
      await withCallback(ports, input.CallbackId, call, async (change, callback) => {
        const ended: Operation = { ...callback, status: "SUCCEEDED", endMs: change.nowMs, ...(result === undefined ? {} : { result }) };
        change.events.push(operationEvent(ended, "CallbackSucceeded", change.nowMs, { Result: payloadOf(result) }));
        await wake(change, ended);
      });
      return {};
    },

    async SendDurableExecutionCallbackFailure(input, call) {
      const error: ErrorObject = input.Error ?? {};
      if (bytesOf(JSON.stringify(error)) > ERROR_BYTES_MAX) throw invalid(`Error object size must be less than ${ERROR_BYTES_MAX} bytes.`);
      await withCallback(ports, input.CallbackId, call, async (change, callback) => {
        const ended: Operation = { ...callback, status: "FAILED", endMs: change.nowMs, error };
        change.events.push(operationEvent(ended, "CallbackFailed", change.nowMs, { Error: failureOf(error) }));
        await wake(change, ended);
      });
      return {};
    },

    async SendDurableExecutionCallbackHeartbeat(input, call) {
      await withCallback(ports, input.CallbackId, call, async (change, callback) => {
        if (callback.heartbeatSeconds === undefined) return;
        putOperation(change, { ...callback, heartbeatMs: change.nowMs + callback.heartbeatSeconds * 1000 });
      });
      return {};
    },
  };
}

/** Only a callback that is still waited for; whatever else the id may be of is closed. */
async function withCallback({ stores, clock, ids }: RoomPorts, callbackId: string, call: Call, complete: (change: Change, callback: Operation) => Promise<void>): Promise<void> {
  const id = readCallbackId(callbackId);
  const named = id && namedExecution(id.executionArn);
  if (!named) throw invalidCallbackId();
  if (named.account !== call.account || named.region !== call.region) throw callbackClosed();
  await stores.transaction(async (tx) => {
    const change = await beginChange(tx, named.key, named.executionId, clock.now(), ids);
    const callback = change?.execution.status === "RUNNING" ? await operationOf(change, id.operationId) : undefined;
    if (!change || callback?.callbackId !== callbackId || callback.status !== "STARTED" || isLate(callback, change.nowMs)) throw callbackClosed();
    await complete(change, callback);
    await saveChange(change);
  });
}

const isLate = ({ timeoutMs, heartbeatMs }: Operation, nowMs: number): boolean => Math.min(timeoutMs ?? Infinity, heartbeatMs ?? Infinity) <= nowMs;
