// Where event source mappings are kept: each under its account, found by its UUID alone for delivery, and once only for a function and a source.
import { createHash } from "node:crypto";
import type { EventSourceMappings } from "../../../ports/event-source-mappings.ts";
import type { Clock } from "../../../kernel/clock.ts";
import type { Stores, Tx } from "../../../storage/stores.ts";
import { isEnding, isWanted, type Mapping, mappingId, MAPPINGS, reported, workOf } from "./mapping.ts";

/** Documents of this kind have a mapping's UUID, and hold the id of its document. */
const IDS = "lambda/event-source-mapping-id";
/** Documents of this kind are one per function as targeted and source: ACCOUNT/REGION/hash. */
const PAIRS = "lambda/event-source-mapping-pair";
/** A record for every change that delivery must follow; only the newest is kept. */
const CHANGES = "lambda/event-source-mapping-changes";
const PAGE = 1000;

export const idOfMapping = ({ account, region, uuid }: Mapping): string => mappingId(account, region, uuid);

const pairId = ({ account, region, functionArn, sourceArn }: Mapping): string =>
  mappingId(account, region, createHash("sha256").update(`${functionArn}\n${sourceArn}`).digest("hex"));

/** The answer is the UUID of the mapping that there is already for this function and source. */
export async function addMapping(tx: Tx, mapping: Mapping): Promise<string | undefined> {
  const taken = await takePair(tx, mapping);
  if (taken !== undefined) return taken;
  await tx.documents<Mapping>(MAPPINGS).put(idOfMapping(mapping), mapping);
  await tx.documents<{ id: string }>(IDS).put(mapping.uuid, { id: idOfMapping(mapping) });
  await announce(tx, mapping);
  return undefined;
}

async function takePair(tx: Tx, mapping: Mapping): Promise<string | undefined> {
  const pairs = tx.documents<{ uuid: string }>(PAIRS);
  const id = pairId(mapping);
  return (await pairs.create(id, { uuid: mapping.uuid })) ? undefined : (await pairs.get(id))!.uuid;
}

/** Likewise; `before` is what the transaction has read. */
export async function changeMapping(tx: Tx, before: Mapping, after: Mapping): Promise<string | undefined> {
  if (pairId(before) !== pairId(after)) {
    const taken = await takePair(tx, after);
    if (taken !== undefined) return taken;
    await tx.documents(PAIRS).delete(pairId(before));
  }
  await tx.documents<Mapping>(MAPPINGS).put(idOfMapping(after), after);
  await announce(tx, after);
  return undefined;
}

async function removeMapping(tx: Tx, mapping: Mapping): Promise<void> {
  await tx.documents(MAPPINGS).delete(idOfMapping(mapping));
  await tx.documents(IDS).delete(mapping.uuid);
  await tx.documents(PAIRS).delete(pairId(mapping));
}

async function announce(tx: Tx, { modifiedMs }: Mapping): Promise<void> {
  await tx.logs.append(CHANGES, [{ atMs: modifiedMs, body: "" }]);
  await tx.logs.trim(CHANGES, modifiedMs);
}

/** Everything stored under a prefix, page by page. */
export async function* everyMapping(stores: Stores, prefix: string, after?: string): AsyncGenerator<Mapping> {
  const mappings = stores.documents<Mapping>(MAPPINGS);
  for (let from = after; ;) {
    const rows = await mappings.list({ prefix, limit: PAGE, ...(from === undefined ? {} : { after: from }) });
    for (const [, mapping] of rows) yield mapping;
    if (rows.length < PAGE) return;
    from = rows.at(-1)![0];
  }
}

/** The mappings as delivery sees them. */
export function openEventSourceMappings({ stores, clock }: { stores: Stores; clock: Clock }): EventSourceMappings {
  const mappings = stores.documents<Mapping>(MAPPINGS);
  const byUuid = async (uuid: string): Promise<Mapping | undefined> => {
    const found = await stores.documents<{ id: string }>(IDS).get(uuid);
    return found && mappings.get(found.id);
  };
  const those = async <T>(which: (mapping: Mapping) => boolean, as: (mapping: Mapping) => T): Promise<T[]> => {
    const found: T[] = [];
    for await (const mapping of everyMapping(stores, "")) if (which(mapping)) found.push(as(mapping));
    return found;
  };
  let seen = 0;
  return {
    wanted: () => those(isWanted, workOf),
    ending: () => those(isEnding, ({ uuid, revision }) => ({ uuid, revision })),
    async known(uuid) {
      const mapping = await byUuid(uuid);
      return mapping !== undefined && mapping.state !== "Deleting";
    },
    // What was written before this resolves is read by whoever reads next; what comes later resolves the next call.
    async changed(signal) {
      await stores.logs.wait(CHANGES, seen, signal);
      seen = (await stores.logs.last(CHANGES))?.seq ?? seen;
    },
    async report(uuid, revision, report) {
      const now = await byUuid(uuid);
      if (now?.revision !== revision || reported(now, report, clock.now()) === undefined) return;
      await stores.transaction(async (tx) => {
        const documents = tx.documents<Mapping>(MAPPINGS);
        const mapping = await documents.update(idOfMapping(now), (same) => same); // locks it
        if (mapping?.revision !== revision) return;
        const after = reported(mapping, report, clock.now());
        if (after === "gone") await removeMapping(tx, mapping);
        else if (after) await documents.put(idOfMapping(mapping), after);
      });
    },
  };
}
