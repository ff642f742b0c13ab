// Versions published with SnapStart are initialised once before they are Active. The version and its queue item are one transaction.
// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
import type { StateReasonCode } from "@aws-sdk/client-lambda";
import type { Received, Tx } from "../../storage/stores.ts";
import { type WorkerParts, workThrough } from "../queue-worker.ts";
import type { RoomPorts } from "../service.ts";
import { runnable, settled, type Version } from "./function.ts";
import { VERSIONS } from "./version.ts";

const QUEUE = "lambda/snapshots";
const AT_ONCE = 4;

interface Item {
  /** Of the version's document. */
  id: string;
  /** A function deleted and made anew has versions of other revisions. */
  revisionId: string;
}

export async function beginSnapshot(tx: Tx, id: string, { revisionId }: Version, nowMs: number): Promise<void> {
  await tx.queues.send(QUEUE, { id: revisionId, body: JSON.stringify({ id, revisionId } satisfies Item), dueMs: nowMs });
}

type Ports = WorkerParts & Pick<RoomPorts, "snapshots">;

export const takeSnapshots = (ports: Ports, signal: AbortSignal): Promise<void> => workThrough(ports, QUEUE, AT_ONCE, (item) => finish(ports, item, signal), signal);

async function finish({ stores, ids, snapshots }: Ports, item: Received, signal: AbortSignal): Promise<void> {
  const { id, revisionId } = JSON.parse(item.body) as Item;
  const wanted = (version: Version | undefined): version is Version => version?.state === "Pending" && version.revisionId === revisionId;
  const version = await stores.documents<Version>(VERSIONS).get(id);
  const failure = wanted(version) ? await snapshots.take(runnable(version, revisionId)) : undefined;
  if (signal.aborted) return; // an environment that ends because Evoke does says nothing about the function
  const next = ids.uuid();
  await stores.transaction(async (tx) => {
    if (!(await tx.queues.finish(QUEUE, item.id, item.receipt))) return;
    await tx.documents<Version>(VERSIONS).update(id, (now) => (!wanted(now) ? now : failure ? failed(now, failure, next) : settled(now, next)));
  });
}

/** The reason's words are ours. */
function failed(version: Version, { errorType, timedOut }: { errorType: string; timedOut: boolean }, revisionId: string): Version {
  const code: StateReasonCode = timedOut ? "FunctionError.InitTimeout" : "FunctionError.RuntimeInitError";
  return { ...version, revisionId, state: "Failed", failure: { code, reason: `The function could not be initialised for its snapshot (${errorType}). Its log has more.` } };
}
