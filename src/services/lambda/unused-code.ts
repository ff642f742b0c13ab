// Forgets deployment packages that no function names any more, well after the last invocation of them can have ended.
import type { CodePackages } from "../../ports/code.ts";
import type { Received, Tx } from "../../storage/stores.ts";
import { type WorkerParts, workThrough } from "../queue-worker.ts";
import { FUNCTIONS, type Version } from "./function.ts";
import { LAYER_VERSIONS, type LayerVersion } from "./layer.ts";
import { VERSIONS } from "./version.ts";

const QUEUE = "lambda/unused-code";
/** Longer than the longest invocation (15 minutes) and the life of a download URL (10 minutes). */
const GRACE_MS = 20 * 60_000;
/** When it could not be swept because packages were being added, and for what nobody named for the first time. */
const AGAIN_MS = 60_000;
const PAGE = 200;

/** Every kind of document that names packages. */
const NAMING: { kind: string; codeIds(document: any): string[] }[] = [
  { kind: FUNCTIONS, codeIds: codeOf },
  { kind: VERSIONS, codeIds: codeOf },
  { kind: LAYER_VERSIONS, codeIds: ({ code }: LayerVersion) => [code.id] },
];

/** What a version shows, what runs of it, and its layers, which stay usable when they are deleted themselves. */
function codeOf({ code, live, settings }: Version): string[] {
  const layers = (settings.layers ?? []).map(({ codeId }) => codeId);
  return [code.id, ...layers, ...(live ? [live.codeId, ...(live.layers ?? [])] : [])];
}

export interface UnusedCode {
  /** While a package is added and not yet named by a function, nothing is swept; when the work fails, something may be to sweep later. */
  whileAdding<T>(work: () => Promise<T>): Promise<T>;
  sweepLater(tx: Tx, nowMs: number): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

async function sweepLater(tx: Tx, nowMs: number): Promise<void> {
  // One item for all changes of a minute; the sweep looks at everything anyway.
  const dueMs = (Math.floor((nowMs + GRACE_MS) / 60_000) + 1) * 60_000;
  await sendSweep(tx.queues, dueMs);
}

const sendSweep = (queues: Tx["queues"], dueMs: number): Promise<boolean> => queues.send(QUEUE, { id: String(dueMs), body: "", dueMs });

export function openUnusedCode(parts: WorkerParts & { code: CodePackages }): UnusedCode {
  const { stores, code, clock } = parts;
  let adding = 0;
  let sweeping: Promise<unknown> | undefined;

  const findUsed = async () => {
    const used = new Set<string>();
    for (const { kind, codeIds } of NAMING) {
      const documents = stores.documents<unknown>(kind);
      for (let after: string | undefined; ;) {
        const rows = await documents.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
        for (const [, document] of rows) for (const id of codeIds(document)) used.add(id);
        if (rows.length < PAGE) break;
        after = rows.at(-1)![0];
      }
    }
    return used;
  };

  let sweptMs = -Infinity;
  const sweepFor = async ({ id, receipt }: Received): Promise<void> => {
    const nowMs = clock.now();
    if (adding > 0) return void (await stores.queues.hide(QUEUE, id, receipt, nowMs + AGAIN_MS));
    // One sweep serves every item that was due when it began, unless the date has been set back since.
    if (sweptMs < Number(id) || nowMs < sweptMs) {
      const sweep = code.keepOnly(findUsed);
      sweeping = sweep.finally(() => { sweeping = undefined; });
      const left = await sweep;
      await sweeping;
      sweptMs = nowMs;
      if (left) await sendSweep(stores.queues, nowMs + AGAIN_MS);
    }
    await stores.queues.finish(QUEUE, id, receipt);
  };

  return {
    async whileAdding(work) {
      adding++;
      try {
        await sweeping?.catch(() => undefined); // its failure is the sweeper's to report
        return await work();
      } catch (error) {
        // What was added before it was refused is nobody's.
        await stores.transaction((tx) => sweepLater(tx, clock.now())).catch(() => undefined); // the first failure is the one to tell
        throw error;
      } finally {
        adding--;
      }
    },

    sweepLater,

    run: (signal) => workThrough(parts, QUEUE, 1, sweepFor, signal),
  };
}
