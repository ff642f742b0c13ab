// The rules for a batch of updates as a whole, and for what every update must keep. In the order in which AWS checks them.
// From AWS's own emulators: aws-durable-execution-sdk-js (packages/…-testing/src/checkpoint-server/validators), aws-durable-execution-sdk-python-testing (checkpoint/validators).
import type { OperationType, OperationUpdate } from "@aws-sdk/client-lambda";
import { invalid } from "./errors.ts";
import { bytesOf } from "./execution.ts";
import type { Operation } from "./operation.ts";

const ERROR_BYTES_MAX = 32_768;
/** Seen by users (aws-durable-execution-sdk-python#342): "STEP output payload size must be less than or equal to 262144 bytes." */
const PAYLOAD_BYTES_MAX = 262_144;
export const CHAINED_PAYLOAD_BYTES_MAX = 1_048_576;

export const ACTIONS: Record<OperationType, readonly string[]> = {
  STEP: ["START", "SUCCEED", "FAIL", "RETRY"], CONTEXT: ["START", "SUCCEED", "FAIL"], WAIT: ["START", "CANCEL"],
  CALLBACK: ["START"], CHAINED_INVOKE: ["START"], EXECUTION: ["SUCCEED", "FAIL"],
};

/** `existing` answers operations that were there before. */
export function checkBatch(updates: OperationUpdate[], existing: (id: string) => Operation | undefined): void {
  const executions = updates.filter(({ Type }) => Type === "EXECUTION");
  if (executions.length > 1) throw invalid("Cannot checkpoint multiple EXECUTION updates.");
  if (executions.length === 1 && updates.at(-1)!.Type !== "EXECUTION") throw invalid("EXECUTION checkpoint must be the last update.");
  const started = new Map<string, OperationUpdate>();
  const last = new Map<string, OperationUpdate>();
  for (const update of updates) {
    if (update.Type === "EXECUTION") continue; // it is the execution itself, whatever its id
    const before = last.get(update.Id!);
    if (before && !mayFollow(before, update)) throw invalid("Cannot update the same operation twice in a single request.");
    if (update.ParentId !== undefined && (started.get(update.ParentId)?.Type ?? existing(update.ParentId)?.type) !== "CONTEXT") throw invalid("Invalid parent operation id.");
    if (update.Action === "START") started.set(update.Id!, update);
    last.set(update.Id!, update);
  }
}

/** What was started may end in the same batch. */
const mayFollow = (before: OperationUpdate, update: OperationUpdate): boolean =>
  (before.Type === "STEP" || before.Type === "CONTEXT") && before.Action === "START" && update.Action !== "START";

export function checkUpdate(update: OperationUpdate, existing: Operation | undefined): void {
  const { Type, Action, SubType, Name, ParentId, Payload, Error: error } = update;
  if (existing && Type !== "EXECUTION") {
    if (existing.type !== Type) throw invalid("Inconsistent operation type.");
    if (SubType !== undefined && SubType !== existing.subType) throw invalid("Inconsistent operation subtype.");
    if (Name !== undefined && Name !== existing.name) throw invalid("Inconsistent operation name.");
    if (ParentId !== existing.parentId) throw invalid("Inconsistent parent operation id.");
  }
  if (error && bytesOf(JSON.stringify(error)) > ERROR_BYTES_MAX) throw invalid(`Error object size must be less than ${ERROR_BYTES_MAX} bytes.`);
  if (Type !== "EXECUTION") checkPayload(Type!, Payload);
  if (!ACTIONS[Type!].includes(Action!)) throw invalid("Invalid action for the given operation type.");
  if (Action === "FAIL" && Payload !== undefined) throw invalid("Cannot provide a Payload for FAIL action.");
  if (Action === "SUCCEED" && error !== undefined) throw invalid("Cannot provide an Error for SUCCEED action.");
}

function checkPayload(type: OperationType, payload: string | undefined): void {
  const [what, max] = type === "CHAINED_INVOKE" ? ["input", CHAINED_PAYLOAD_BYTES_MAX] : ["output", PAYLOAD_BYTES_MAX];
  if (bytesOf(payload) > max) throw invalid(`${type} ${what} payload size must be less than or equal to ${max} bytes.`);
}
