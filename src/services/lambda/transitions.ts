// Finishes creating and updating: the change and a queue item are one transaction, so a crash in between is made good at the next start.
import type { Received, Tx } from "../../storage/stores.ts";
import { type WorkerParts, workThrough } from "../queue-worker.ts";
import { FUNCTIONS, type LambdaFunction, settled, type Version } from "./function.ts";
import { isSnapshot } from "./snap-start.ts";
import { beginSnapshot } from "./snapshots.ts";
import { VERSIONS } from "./version.ts";

const QUEUE = "lambda/transitions";
const AT_ONCE = 10;

interface Transition {
  id: string;
  /** The revision that is to become active; a function deleted and made anew has another. */
  revisionId: string;
  /** The document of the version that is published along. */
  versionId?: string;
}

export async function beginTransition(tx: Tx, transition: Transition, nowMs: number): Promise<void> {
  await tx.queues.send(QUEUE, { id: transition.revisionId, body: JSON.stringify(transition), dueMs: nowMs });
}

export const finishTransitions = (parts: WorkerParts, signal: AbortSignal): Promise<void> => workThrough(parts, QUEUE, AT_ONCE, (item) => finish(parts, item), signal);

async function finish({ stores, clock, ids }: WorkerParts, item: Received): Promise<void> {
  const { id, revisionId, versionId } = JSON.parse(item.body) as Transition;
  const [next, nextOfVersion] = [ids.uuid(), ids.uuid()];
  await stores.transaction(async (tx) => {
    await tx.documents<LambdaFunction>(FUNCTIONS).update(id, (fn) => (fn.revisionId === revisionId ? settled(fn, next) : fn));
    if (versionId !== undefined) {
      const version = await tx.documents<Version>(VERSIONS).update(versionId, (each) => (each.state === "Pending" && !isSnapshot(each) ? settled(each, nextOfVersion) : each));
      if (version?.state === "Pending") await beginSnapshot(tx, versionId, version, clock.now());
    }
    await tx.queues.finish(QUEUE, item.id, item.receipt);
  });
}
