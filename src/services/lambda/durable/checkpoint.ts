// CheckpointDurableExecution and GetDurableExecutionState: what the SDK inside a function calls. A batch is applied whole or not at all.
// https://docs.aws.amazon.com/lambda/latest/api/API_CheckpointDurableExecution.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { OperationUpdate } from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import { decodePageToken, encodePageToken } from "../../../kernel/page.ts";
import type { Tx } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { checkBatch, checkUpdate } from "./batch.ts";
import { applyChained, findTarget, type Target } from "./chained.ts";
import { beginChange, type Change, operationOf, saveChange } from "./change.ts";
import { endExecution } from "./end.ts";
import { invalid, invalidMarker, invalidToken, tokenOfAnother } from "./errors.ts";
import { bytesOf, EXECUTIONS, type Execution, type ExecutionName, namedExecution, REPLAYS } from "./execution.ts";
import { inputOf, PAGE_BYTES_MAX } from "./history.ts";
import { type Operation, shownOperation } from "./operation.ts";
import { executionOperation, FROM_EXECUTION, readState } from "./state.ts";
import { type CheckpointToken, readToken, writeToken } from "./tokens.ts";
import { applyCallback, applyContext, applyStep, applyWait } from "./updates.ts";

type Lambda = Api<typeof Sdk>;

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: durable operations of an execution, and bytes written to its storage. The words are ours. */
const OPERATIONS_MAX = 3000;
const STORED_BYTES_MAX = 104_857_600;
const tooManyOperations = () => invalid(`A durable execution has at most ${OPERATIONS_MAX} operations.`);
const REPLAY_MS = 15 * 60_000;
const PAGE_DEFAULT = 100;
/** A poll comes in the very millisecond in which a wait ends: the timer is given that long to have seen it, or the SDK asks again after a second. */
const POLL_MS = 15;

/** The answer to the last checkpoint that had a ClientToken. */
interface Replay {
  clientToken: string;
  requestToken: string;
  responseToken: string;
  operations: Operation[];
  atMs: number;
}

interface Answer {
  token?: string;
  operations: Operation[];
}

export function checkpointOperations(ports: RoomPorts): Pick<Lambda, "CheckpointDurableExecution" | "GetDurableExecutionState"> {
  const { stores, clock } = ports;

  return {
    async CheckpointDurableExecution(input, call) {
      const updates = input.Updates ?? [];
      // Each operation may begin and end in one batch, and the execution end with it; whatever has more cannot be good, and is not looked at.
      if (updates.length > 2 * OPERATIONS_MAX + 1) throw tooManyOperations();
      const { named, token, execution } = await findByToken(ports, input.DurableExecutionArn, input.CheckpointToken, call);
      if (input.ClientToken === undefined && !isCurrent(execution, token)) throw invalidToken();
      const targets = new Map<string, Target>();
      for (const update of updates) if (update.Type === "CHAINED_INVOKE" && update.Action === "START") targets.set(update.Id!, await findTarget(ports, execution, update, call));
      if (updates.length === 0 && execution.waiting > 0 && execution.unseen.length === 0) await clock.sleep(POLL_MS, call.signal).catch(() => undefined);
      const answer = await stores.transaction((tx) => checkpoint(ports, tx, { named, token, updates, targets, clientToken: input.ClientToken, given: input.CheckpointToken }));
      return { ...(answer.token === undefined ? {} : { CheckpointToken: answer.token }), NewExecutionState: { Operations: answer.operations.map(shownOperation) } };
    },

    async GetDurableExecutionState(input, call) {
      const { execution, token } = await findByToken(ports, input.DurableExecutionArn, input.CheckpointToken, call);
      if (!isCurrent(execution, token)) throw invalidToken();
      const marker = input.Marker ? decodePageToken(input.Marker) : FROM_EXECUTION;
      if (marker === undefined) throw invalidMarker();
      const after = marker === FROM_EXECUTION ? undefined : marker;
      const { operations, next } = await readState(stores, execution, { limit: input.MaxItems || PAGE_DEFAULT, bytesMax: PAGE_BYTES_MAX, ...(after === undefined ? {} : { after }) });
      const first = after === undefined ? [executionOperation(execution, await inputOf(stores, execution.executionId), (ms) => new Date(ms))] : [];
      return { Operations: [...first, ...operations.map(shownOperation)], ...(next === undefined ? {} : { NextMarker: encodePageToken(next) }) };
    },
  };
}

interface Found {
  named: ExecutionName;
  token: CheckpointToken;
  execution: Execution;
}

/** An execution that is not there is a token that is not valid (aws-durable-execution-sdk-js#917: so does AWS, and the SDK counts on the text). */
async function findByToken({ stores }: RoomPorts, arn: string, text: string, call: Call): Promise<Found> {
  const named = namedExecution(arn);
  const token = readToken(text);
  if (!named || !token || named.account !== call.account || named.region !== call.region) throw invalidToken();
  if (token.executionArn !== arn) throw tokenOfAnother();
  const execution = await stores.documents<Execution>(EXECUTIONS).get(named.key);
  if (execution?.arn !== arn) throw invalidToken();
  return { named, token, execution };
}

const isCurrent = ({ status, invocation, sequence }: Execution, token: CheckpointToken): boolean =>
  status === "RUNNING" && invocation?.id === token.invocationId && sequence === token.sequence;

interface Request {
  named: ExecutionName;
  token: CheckpointToken;
  given: string;
  clientToken: string | undefined;
  updates: OperationUpdate[];
  targets: Map<string, Target>;
}

async function checkpoint({ clock, ids }: RoomPorts, tx: Tx, request: Request): Promise<Answer> {
  const { named, token, updates, clientToken, given } = request;
  const change = await beginChange(tx, named.key, named.executionId, clock.now(), ids);
  if (!change) throw invalidToken();
  const { execution } = change;
  if (!isCurrent(execution, token)) return replayed(tx, named.key, change, request);
  const closed = await applyAll(change, request);
  if (execution.operationCount > OPERATIONS_MAX) throw tooManyOperations();
  if (execution.storedBytes > STORED_BYTES_MAX) throw invalid(`A durable execution stores at most ${STORED_BYTES_MAX} bytes.`);
  const operations = [...change.changed.values()];
  for (const id of execution.unseen) if (!change.changed.has(id)) operations.push((await operationOf(change, id))!);
  execution.unseen = [];
  if (closed) {
    await saveChange(change);
    return { operations };
  }
  execution.sequence++;
  await saveChange(change);
  const responseToken = writeToken({ ...token, sequence: execution.sequence });
  if (clientToken !== undefined) await tx.documents<Replay>(REPLAYS).put(named.key, { clientToken, requestToken: given, responseToken, operations, atMs: change.nowMs });
  else if (updates.length > 0) await tx.documents<Replay>(REPLAYS).delete(named.key);
  return { token: responseToken, operations };
}

/** A token that was used may come again with the same ClientToken, as long as nothing followed: then the answer is the same. */
async function replayed(tx: Tx, key: string, { execution, nowMs }: Change, { clientToken, given }: Request): Promise<Answer> {
  const last = clientToken === undefined ? undefined : await tx.documents<Replay>(REPLAYS).get(key);
  const answered = last && readToken(last.responseToken);
  const same = last && answered && last.clientToken === clientToken && last.requestToken === given && nowMs - last.atMs <= REPLAY_MS && isCurrent(execution, answered);
  if (!same) throw invalidToken();
  return { token: last.responseToken, operations: last.operations };
}

/** True when the batch has ended the execution. */
async function applyAll(change: Change, { updates, targets }: Request): Promise<boolean> {
  for (const { Id, ParentId } of updates) {
    await operationOf(change, Id!);
    if (ParentId !== undefined) await operationOf(change, ParentId);
  }
  checkBatch(updates, (id) => change.read.get(id));
  for (const update of updates) {
    const existing = await operationOf(change, update.Id!);
    checkUpdate(update, existing);
    const one = update as OperationUpdate & { Id: string };
    switch (update.Type) {
      case "STEP": await applyStep(change, one, existing); break;
      case "CONTEXT": applyContext(change, one, existing); break;
      case "WAIT": await applyWait(change, one, existing); break;
      case "CALLBACK": await applyCallback(change, one, existing); break;
      case "CHAINED_INVOKE": await applyChained(change, one, existing, targets.get(one.Id)!); break;
      default: return endByCheckpoint(change, update);
    }
  }
  return false;
}

/** Results too large for an invocation's answer come this way; the answer is then ignored. */
async function endByCheckpoint(change: Change, { Action, Payload, Error: error }: OperationUpdate): Promise<boolean> {
  const { resultBytesMax } = change.execution;
  if (bytesOf(Payload) > resultBytesMax) throw invalid(`Execution output payload size must be less than or equal to ${resultBytesMax} bytes.`);
  if (Action === "FAIL") await endExecution(change, "FAILED", { error: error ?? {} });
  else await endExecution(change, "SUCCEEDED", Payload === undefined ? {} : { result: Payload });
  return true;
}
