// The operations of an execution, page by page: what a function needs to replay itself.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecutionState.html
import type { Operation as Shown } from "@aws-sdk/client-lambda";
import type { Stores, Tx } from "../../../storage/stores.ts";
import type { Execution } from "./execution.ts";
import { type Operation, operationId, OPERATIONS, sizeOf } from "./operation.ts";

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
  const isOver = endedContexts(documents, executionId);
  for (let at = after; ;) {
    const rows = await documents.list({ prefix: operationId(executionId, ""), limit: READ_AT_ONCE, ...(at === undefined ? {} : { after: operationId(executionId, at) }) });
    for (const [, operation] of rows) {
      const size = sizeOf(operation) + 500;
      if (operations.length === limit || (bytes + size > bytesMax && bytes > 0)) return { operations, next: at ?? "" };
      at = operation.id;
      if (operation.parentId !== undefined && await isOver(operation.parentId)) continue;
      operations.push(operation);
      bytes += size;
    }
    if (rows.length < READ_AT_ONCE) return { operations };
  }
}

/** Whether a context has ended, or one that it is in. Each is looked up once: contexts may be nested as deep as there are operations. */
function endedContexts(documents: { get(id: string): Promise<Operation | undefined> }, executionId: string): (contextId: string) => Promise<boolean> {
  const known = new Map<string, boolean>();
  return async (contextId) => {
    const way: string[] = [];
    let over = false;
    for (let id: string | undefined = contextId; id !== undefined;) {
      const before = known.get(id);
      if (before !== undefined) { over = before; break; }
      way.push(id);
      const context: Operation | undefined = await documents.get(operationId(executionId, id));
      over = context !== undefined && (context.status === "SUCCEEDED" || context.status === "FAILED") && !context.replayChildren;
      id = over ? undefined : context?.parentId;
    }
    for (const id of way) known.set(id, over);
    return over;
  };
}

/** The execution itself is the first of its operations, and has the input. */
export function executionOperation({ executionId, name, startMs }: Execution, input: string, time: (ms: number) => Date): Shown {
  return { Id: executionId, Name: name, Type: "EXECUTION", Status: "STARTED", StartTimestamp: time(startMs), ExecutionDetails: { InputPayload: input } };
}
