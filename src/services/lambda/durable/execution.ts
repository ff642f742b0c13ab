// A durable execution: what is stored of it, and how it is named. Payloads are not here, so that a checkpoint rewrites little.
// https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
import type { ErrorObject, ExecutionStatus } from "@aws-sdk/client-lambda";
import type { Tx } from "../../../storage/stores.ts";

/** Documents of this kind have the id ACCOUNT/REGION/FUNCTION/NAME: a name is unique among a function's executions. */
export const EXECUTIONS = "lambda/durable-execution";

/** The answer to an execution's last checkpoint, for a caller that asks again with the same ClientToken; with the same ids. */
export const REPLAYS = "lambda/durable-replay";

export interface Execution {
  arn: string;
  /** The last part of the ARN: another one when the same name is used again. */
  executionId: string;
  name: string;
  account: string;
  region: string;
  functionName: string;
  /** Qualified with the version that it is pinned to. */
  functionArn: string;
  version: string;
  /** The code that it began with. */
  codeId: string;
  status: ExecutionStatus;
  startMs: number;
  endMs?: number;
  /** As the function's configuration said at the start. */
  timeoutSeconds: number;
  retentionDays: number;
  /** Of the payload: the same name with the same payload is the same start. */
  inputHash: string;
  /** 6 MB when a caller waits for it, else 1 MB. */
  resultBytesMax: number;
  requestId: string;
  traceId?: string;
  tenantId?: string;
  clientContext?: string;
  /** Asked for by LogType=Tail: the end of the log of the last invocation, Base64. */
  tail?: boolean;
  logTail?: string;
  /** The invocation that runs now; checkpoints with the token of another are refused. */
  invocation?: { id: string; startMs: number };
  /** Of the checkpoint token that is next. */
  sequence: number;
  /** Operations that changed by themselves and that the function has not been told of. */
  unseen: string[];
  /** Something happened since the current invocation began, so another one follows if it suspends. */
  wake: boolean;
  /** Operations that will change by themselves. */
  waiting: number;
  operationCount: number;
  /** Of payloads, written so far. */
  storedBytes: number;
  /** Invocations in a row that failed; tries in a row that were not let through. */
  failures: number;
  throttles: number;
  /** The number of the newest event, and of the one that holds the result or the error. */
  lastEvent: number;
  endEvent?: number;
  /** Where the payload goes when an asynchronous execution does not succeed, and who may send it there. */
  deadLetter?: { arn: string; roleArn: string };
  /** The operation of another execution that waits for this one. */
  parent?: { key: string; executionId: string; operationId: string };
}

/** A version with a number never changes: with other code it is of another function, which was made when the first was deleted. */
export const isOfThisFunction = ({ version, codeId }: Pick<Execution, "version" | "codeId">, found: { codeId: string }): boolean => version.startsWith("$") || codeId === found.codeId;

export interface ExecutionName {
  key: string;
  arn: string;
  executionId: string;
  account: string;
  region: string;
}

const ARN = /^(arn:[a-zA-Z0-9-]+:lambda:([a-zA-Z0-9-]+):(\d{12}):function:([a-zA-Z0-9_-]+)):(\$LATEST(?:\.PUBLISHED)?|[0-9]+)\/durable-execution\/([a-zA-Z0-9_-]+)\/([a-zA-Z0-9_-]+)$/;

export const executionKey = (functionId: string, name: string): string => `${functionId}/${name}`;
export const executionArn = (functionArn: string, name: string, executionId: string): string => `${functionArn}/durable-execution/${name}/${executionId}`;

/** Undefined for anything that is not the ARN of a durable execution. */
export function namedExecution(arn: string): ExecutionName | undefined {
  const match = ARN.exec(arn);
  if (!match) return undefined;
  const [, , region, account, functionName, , name, executionId] = match as unknown as string[];
  return { key: executionKey(`${account}/${region}/${functionName}`, name!), arn, executionId: executionId!, account: account!, region: region! };
}

/** Executions of a function by time, one index for each direction: documents.list goes forward only. */
export const BY_TIME = { newestFirst: "lambda/durable-newest", oldestFirst: "lambda/durable-oldest" } as const;
const TIME_DIGITS = 15;
const LATER_THAN_ALL = 10 ** TIME_DIGITS - 1;

export const functionIdOf = (key: string): string => key.slice(0, key.lastIndexOf("/"));
export const timeKey = (functionId: string, startMs: number, order: keyof typeof BY_TIME, name: string): string =>
  `${functionId}/${String(order === "oldestFirst" ? startMs : LATER_THAN_ALL - startMs).padStart(TIME_DIGITS, "0")}/${name}`;

export async function indexExecution(tx: Tx, key: string, { startMs, name }: Execution): Promise<void> {
  for (const order of ["newestFirst", "oldestFirst"] as const) await tx.documents<{ key: string }>(BY_TIME[order]).put(timeKey(functionIdOf(key), startMs, order, name), { key });
}

export async function unindexExecution(tx: Tx, key: string, { startMs, name }: Execution): Promise<void> {
  for (const order of ["newestFirst", "oldestFirst"] as const) await tx.documents(BY_TIME[order]).delete(timeKey(functionIdOf(key), startMs, order, name));
}

/** AWS's errors with AWS's names; members that are not there are left out. */
export const errorOf = (message: string | undefined, type?: string): ErrorObject => ({ ...(message === undefined ? {} : { ErrorMessage: message }), ...(type === undefined ? {} : { ErrorType: type }) });

/** AWS's sentence for callers (RecursiveInvocationException) is about an invocation; here it is what an execution fails with. */
export const RECURSIVE = errorOf("The function was invoked in a loop of functions that call each other.", "RecursiveInvocationException");

export const bytesOf = (text: string | undefined): number => (text === undefined ? 0 : Buffer.byteLength(text));
