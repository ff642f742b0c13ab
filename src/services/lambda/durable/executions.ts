// Looking at executions and stopping them: GetDurableExecution, GetDurableExecutionHistory, ListDurableExecutionsByFunction, StopDurableExecution.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecution.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Execution as Listed } from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import { decodePageToken, encodePageToken } from "../../../kernel/page.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { findFunction } from "../lookup.ts";
import { beginChange, saveChange } from "./change.ts";
import { endExecution } from "./end.ts";
import { executionNotFound, invalid, invalidMarker, oneStatus } from "./errors.ts";
import { BY_TIME, bytesOf, executionKey, EXECUTIONS, type Execution, type ExecutionName, namedExecution, timeKey } from "./execution.ts";
import { inputOf, outcomeOf, readHistory } from "./history.ts";

type Lambda = Api<typeof Sdk>;

const PAGE_DEFAULT = 100;
const READ_AT_ONCE = 200;
/** A page may be shorter than asked for, with a marker: no list reads more executions than this. */
const LOOKED_AT_MAX = 5000;
/** API_StopDurableExecution: "The combined size of all error fields is limited to 1 MB." */
const STOP_ERROR_BYTES_MAX = 1_048_576;

export function executionOperations(ports: RoomPorts): Pick<Lambda, "GetDurableExecution" | "GetDurableExecutionHistory" | "ListDurableExecutionsByFunction" | "StopDurableExecution"> {
  const { stores, clock, ids } = ports;

  return {
    async GetDurableExecution(input, call) {
      const { execution } = await find(ports, input.DurableExecutionArn, call);
      const withData = input.IncludeExecutionData ?? true;
      const { result, error } = withData ? await outcomeOf(stores, execution) : {};
      return {
        ...summary(execution),
        Version: execution.version,
        DurableConfig: { ExecutionTimeout: execution.timeoutSeconds, RetentionPeriodInDays: execution.retentionDays },
        ExecutionDataIncluded: withData,
        ...(withData ? { InputPayload: await inputOf(stores, execution.executionId) } : {}),
        ...(result === undefined ? {} : { Result: result }),
        ...(error === undefined ? {} : { Error: error }),
        ...(execution.traceId === undefined ? {} : { TraceHeader: { XAmznTraceId: execution.traceId } }),
      };
    },

    async GetDurableExecutionHistory(input, call) {
      const { execution } = await find(ports, input.DurableExecutionArn, call);
      const after = input.Marker ? Number(decodePageToken(input.Marker)) : undefined;
      if (after !== undefined && !Number.isSafeInteger(after)) throw invalidMarker();
      const { events, next } = await readHistory(stores, execution.executionId, {
        limit: input.MaxItems || PAGE_DEFAULT, backward: input.ReverseOrder ?? false, withData: input.IncludeExecutionData ?? true, ...(after === undefined ? {} : { after }),
      });
      return { Events: events, ...(next === undefined ? {} : { NextMarker: encodePageToken(String(next)) }) };
    },

    async ListDurableExecutionsByFunction(input, call) {
      if ((input.Statuses?.length ?? 0) > 1) throw oneStatus();
      const { named, version } = await findFunction(ports, input.FunctionName, input.Qualifier, call, "ListDurableExecutionsByFunction");
      const fits = (execution: Execution): boolean =>
        execution.version === version.version && (input.Statuses === undefined || input.Statuses.includes(execution.status)) &&
        (input.StartedAfter === undefined || execution.startMs > input.StartedAfter.getTime()) && (input.StartedBefore === undefined || execution.startMs < input.StartedBefore.getTime());
      if (input.DurableExecutionName !== undefined) {
        const one = await stores.documents<Execution>(EXECUTIONS).get(executionKey(named.id, input.DurableExecutionName));
        return { DurableExecutions: one && fits(one) ? [summary(one)] : [] };
      }
      const order = input.ReverseOrder ? "oldestFirst" : "newestFirst"; // the member's own documentation: true is oldest first
      const { found, next } = await listByTime(ports, { functionId: named.id, order, marker: input.Marker, limit: input.MaxItems || PAGE_DEFAULT, from: (order === "oldestFirst" ? input.StartedAfter : input.StartedBefore)?.getTime() }, fits);
      return { DurableExecutions: found.map(summary), ...(next === undefined ? {} : { NextMarker: encodePageToken(next) }) };
    },

    async StopDurableExecution(input, call) {
      const error = input.Error ?? {}; // without one, AWS records an empty one (observed)
      if (bytesOf(JSON.stringify(error)) > STOP_ERROR_BYTES_MAX) throw invalid(`Error object size must be less than ${STOP_ERROR_BYTES_MAX} bytes.`);
      const { named } = await find(ports, input.DurableExecutionArn, call);
      const endMs = await stores.transaction(async (tx) => {
        const change = await beginChange(tx, named.key, named.executionId, clock.now(), ids);
        if (!change) throw executionNotFound();
        if (change.execution.status !== "RUNNING") return change.execution.endMs!;
        await endExecution(change, "STOPPED", { error });
        await saveChange(change);
        return change.nowMs;
      });
      return { StopTimestamp: new Date(endMs) };
    },
  };
}

async function find({ stores }: RoomPorts, arn: string, call: Call): Promise<{ execution: Execution; named: ExecutionName }> {
  const named = namedExecution(arn);
  if (!named || named.account !== call.account || named.region !== call.region) throw executionNotFound();
  const execution = await stores.documents<Execution>(EXECUTIONS).get(named.key);
  if (execution?.arn !== arn) throw executionNotFound();
  return { execution, named };
}

function summary({ arn, name, functionArn, status, startMs, endMs }: Execution): Listed & Required<Pick<Listed, "DurableExecutionArn" | "DurableExecutionName" | "FunctionArn" | "Status" | "StartTimestamp">> {
  return { DurableExecutionArn: arn, DurableExecutionName: name, FunctionArn: functionArn, Status: status, StartTimestamp: new Date(startMs), ...(endMs === undefined ? {} : { EndTimestamp: new Date(endMs) }) };
}

interface ListOptions {
  functionId: string;
  order: keyof typeof BY_TIME;
  marker: string | undefined;
  limit: number;
  /** Where to begin, when the caller is interested in nothing before (or after) it. */
  from: number | undefined;
}

async function listByTime({ stores }: RoomPorts, { functionId, order, marker, limit, from }: ListOptions, fits: (execution: Execution) => boolean): Promise<{ found: Execution[]; next?: string }> {
  let after = marker ? decodePageToken(marker) : undefined;
  if (marker && after === undefined) throw invalidMarker();
  after ??= from === undefined ? undefined : timeKey(functionId, from, order, "").slice(0, -1);
  const found: Execution[] = [];
  for (let lookedAt = 0; ;) {
    const rows = await stores.documents<{ key: string }>(BY_TIME[order]).list({ prefix: `${functionId}/`, limit: READ_AT_ONCE, ...(after === undefined ? {} : { after }) });
    for (const [id, { key }] of rows) {
      if (found.length === limit || lookedAt++ === LOOKED_AT_MAX) return { found, ...(after === undefined ? {} : { next: after }) };
      after = id;
      const execution = await stores.documents<Execution>(EXECUTIONS).get(key);
      if (execution && fits(execution)) found.push(execution);
    }
    if (rows.length < READ_AT_ONCE) return { found };
  }
}
