// Where pipes are kept: each under its account and name, and found by its id alone for delivery, which works on them as on event source mappings.
import type { EventSourceMapping, EventSourceMappings } from "../../ports/event-source-mappings.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import { isEnding, isWanted, type Pipe, pipeArn, pipeId, PIPES, reported } from "./pipe.ts";
import { sourceWork } from "./source.ts";

/** Documents of this kind have a pipe's id, and hold that of its document. */
const IDS = "pipes/pipe-id";
/** A record for every change that delivery must follow; only the newest is kept. */
const CHANGES = "pipes/pipe-changes";
const PAGE = 1000;

/** False when there is one of this name. */
export async function addPipe(tx: Tx, pipe: Pipe): Promise<boolean> {
  if (!(await tx.documents<Pipe>(PIPES).create(pipeId(pipe), pipe))) return false;
  await tx.documents<{ id: string }>(IDS).put(pipe.id, { id: pipeId(pipe) });
  await announce(tx, pipe);
  return true;
}

/** `change` throws what stands against it; undefined when there is no such pipe. */
export async function changePipe(tx: Tx, id: string, change: (pipe: Pipe) => Pipe): Promise<Pipe | undefined> {
  const pipe = await tx.documents<Pipe>(PIPES).update(id, change);
  if (pipe) await announce(tx, pipe);
  return pipe;
}

async function announce(tx: Tx, { modifiedMs }: Pipe): Promise<void> {
  await tx.logs.append(CHANGES, [{ atMs: modifiedMs, body: "" }]);
  await tx.logs.trim(CHANGES, modifiedMs);
}

/** The pipes as delivery sees them. */
export function openPipes({ stores }: { stores: Stores }): EventSourceMappings {
  const pipes = stores.documents<Pipe>(PIPES);
  const byId = async (id: string): Promise<Pipe | undefined> => {
    const found = await stores.documents<{ id: string }>(IDS).get(id);
    return found && pipes.get(found.id);
  };
  const those = async <T>(which: (pipe: Pipe) => boolean, as: (pipe: Pipe) => T): Promise<T[]> => {
    const found: T[] = [];
    for (let after: string | undefined; ;) {
      const rows = await pipes.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const [, pipe] of rows) if (which(pipe)) found.push(as(pipe));
      if (rows.length < PAGE) return found;
      after = rows.at(-1)![0];
    }
  };
  let seen = 0;
  return {
    wanted: () => those(isWanted, workOf),
    ending: () => those(isEnding, ({ id, revision }) => ({ uuid: id, revision })),
    async known(id) {
      const pipe = await byId(id);
      return pipe !== undefined && pipe.state !== "DELETING";
    },
    // What was written before this resolves is read by whoever reads next; what comes later resolves the next call.
    async changed(signal) {
      await stores.logs.wait(CHANGES, seen, signal);
      seen = (await stores.logs.last(CHANGES))?.seq ?? seen;
    },
    async report(id, revision, report) {
      const now = await byId(id);
      if (now?.revision !== revision || reported(now, report) === undefined) return;
      await stores.transaction(async (tx) => {
        const documents = tx.documents<Pipe>(PIPES);
        const pipe = await documents.update(pipeId(now), (same) => same); // locks it
        if (pipe?.revision !== revision) return;
        const after = reported(pipe, report);
        if (after === "gone") {
          await documents.delete(pipeId(pipe));
          await tx.documents(IDS).delete(pipe.id);
        } else if (after) {
          await documents.put(pipeId(pipe), after);
          if (isWanted(pipe) !== isWanted(after)) await announce(tx, after);
        }
      });
    },
  };
}

/** As delivery works on it. */
const workOf = (pipe: Pipe): EventSourceMapping => ({
  uuid: pipe.id, account: pipe.account, region: pipe.region, revision: pipe.revision, consumerArn: pipeArn(pipe), sourceArn: pipe.source,
  filters: pipe.sourceParameters.FilterCriteria?.Filters?.map(({ Pattern }) => Pattern!) ?? [],
  reportBatchItemFailures: false, countsEvents: false, ...sourceWork(pipe),
});
