// Versions published with SnapStart are initialised once before they are Active. The version and its queue item are one transaction.
// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
import type { StateReasonCode } from "@aws-sdk/client-lambda";
import type { Received, Stores, Tx } from "../../storage/stores.ts";
import type { RoomPorts } from "../service.ts";
import { runnable, settled, type Version } from "./function.ts";
import { VERSIONS } from "./version.ts";

const QUEUE = "lambda/snapshots";
/** How long a worker that died keeps an item from the next one; one that lives renews it. */
const HELD_MS = 20_000;
const RENEW_MS = 5_000;
const RETRY_MS = 5_000;
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

type Ports = Pick<RoomPorts, "clock" | "ids" | "log" | "snapshots"> & { stores: Stores };

export async function takeSnapshots(ports: Ports, signal: AbortSignal): Promise<void> {
  const { stores, clock, ids } = ports;
  const running = new Set<Promise<void>>();
  while (!signal.aborted) {
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    try {
      const sent = stores.queues.wait(QUEUE, either).catch(() => undefined);
      const waiting: Promise<unknown>[] = [...running];
      if (running.size < AT_ONCE) {
        const receipt = ids.uuid();
        const nowMs = clock.now();
        for (const item of await stores.queues.receive(QUEUE, { nowMs, limit: AT_ONCE - running.size, hiddenUntilMs: nowMs + HELD_MS, receipt })) {
          const work: Promise<void> = finish(ports, item, receipt, signal).finally(() => running.delete(work));
          running.add(work);
          waiting.push(work);
        }
        const nextMs = await stores.queues.nextDueMs(QUEUE);
        waiting.push(sent, ...(nextMs === undefined ? [] : [clock.sleep(Math.max(nextMs - clock.now(), 1), either).catch(() => undefined)]));
      }
      await Promise.race([...waiting, aborted(either)]);
    } finally {
      done.abort();
    }
  }
  await Promise.all(running);
}

const aborted = (signal: AbortSignal): Promise<void> => new Promise((resolve) => { if (signal.aborted) resolve(); else signal.addEventListener("abort", () => resolve(), { once: true }); });

async function finish(ports: Ports, item: Received, receipt: string, signal: AbortSignal): Promise<void> {
  const { stores, clock, ids, log, snapshots } = ports;
  const { id, revisionId } = JSON.parse(item.body) as Item;
  const wanted = (version: Version | undefined): version is Version => version?.state === "Pending" && version.revisionId === revisionId;
  const done = new AbortController();
  try {
    const version = await stores.documents<Version>(VERSIONS).get(id);
    void renew(ports, item, receipt, AbortSignal.any([signal, done.signal]));
    const failure = wanted(version) ? await snapshots.take(runnable(version, revisionId)) : undefined;
    const next = ids.uuid();
    await stores.transaction(async (tx) => {
      if (!(await tx.queues.finish(QUEUE, item.id, receipt))) return;
      await tx.documents<Version>(VERSIONS).update(id, (now) => (!wanted(now) ? now : failure ? failed(now, failure, next) : settled(now, next)));
    });
  } catch (error) {
    if (signal.aborted) return; // the next process takes it up
    log.error("A version could not be initialised for SnapStart; it is tried again", { version: id, error });
    await stores.queues.hide(QUEUE, item.id, receipt, clock.now() + RETRY_MS);
  } finally {
    done.abort();
  }
}

async function renew({ stores, clock }: Ports, item: Received, receipt: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(RENEW_MS, signal).catch(() => undefined);
    if (!signal.aborted) await stores.queues.hide(QUEUE, item.id, receipt, clock.now() + HELD_MS).catch(() => undefined); // at worst it is done twice
  }
}

/** The reason's words are ours. */
function failed(version: Version, { errorType, timedOut }: { errorType: string; timedOut: boolean }, revisionId: string): Version {
  const code: StateReasonCode = timedOut ? "FunctionError.InitTimeout" : "FunctionError.RuntimeInitError";
  return { ...version, revisionId, state: "Failed", failure: { code, reason: `The function could not be initialised for its snapshot (${errorType}). Its log has more.` } };
}
