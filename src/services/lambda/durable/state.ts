// The operations of an execution, page by page: what a function needs to replay itself.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecutionState.html
import type { Operation as Shown } from "@aws-sdk/client-lambda";
import type { Stores, Tx } from "../../../storage/stores.ts";
import type { Execution } from "./execution.ts";
import { type Operation, operationId, OPERATIONS } from "./operation.ts";

const READ_AT_ONCE = 20;

/** A marker before all others, the execution itself included, for an input that leaves no room in an event; no operation's id. */
export const FROM_EXECUTION = "*";

export interface StatePage {
  operations: Operation[];
  /** The operation to go on after. */
  next?: string;
}

/** In order of their ids; without those inside contexts that have ended, unless the context asked for them (ContextOptions.ReplayChildren). */
export async function readState(stores: Pick<Stores | Tx, "documents">, { executionId }: Execution, { after, limit, bytesMax }: { after?: string; limit: number; bytesMax: number }): Promise<StatePage> {
  const documents = stores.documents<Operation>(OPERATIONS);
  const operations: Operation[] = [];
  let bytes = 0;
  for (let at = after; ;) {
    const rows = await documents.list({ prefix: operationId(executionId, ""), limit: READ_AT_ONCE, ...(at === undefined ? {} : { after: operationId(executionId, at) }) });
    for (const [, operation] of rows) {
      const size = (operation.result?.length ?? 0) + 500;
      if (operations.length === limit || (bytes + size > bytesMax && bytes > 0)) return { operations, next: at ?? "" };
      at = operation.id;
      if (await isOver(documents, executionId, operation)) continue;
      operations.push(operation);
      bytes += size;
    }
    if (rows.length < READ_AT_ONCE) return { operations };
  }
}

async function isOver(documents: { get(id: string): Promise<Operation | undefined> }, executionId: string, { parentId }: Operation): Promise<boolean> {
  for (let id = parentId; id !== undefined;) {
    const parent = await documents.get(operationId(executionId, id));
    if (!parent) return false;
    if ((parent.status === "SUCCEEDED" || parent.status === "FAILED") && !parent.replayChildren) return true;
    id = parent.parentId;
  }
  return false;
}

/** The execution itself is the first of its operations, and has the input. */
export function executionOperation({ executionId, name, startMs }: Execution, input: string, time: (ms: number) => Date): Shown {
  return { Id: executionId, Name: name, Type: "EXECUTION", Status: "STARTED", StartTimestamp: time(startMs), ExecutionDetails: { InputPayload: input } };
}
