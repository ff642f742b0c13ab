// Deleting a function, or one of its versions, and all that belongs to it, inside a transaction.
import type { Ids } from "../../kernel/ids.ts";
import type { Tx } from "../../storage/stores.ts";
import { type Alias, ALIASES, versionsOf } from "./alias.ts";
import { deleteBelongings, deleteQualified } from "./belongings.ts";
import { versionHasAliases } from "./errors.ts";
import { FUNCTIONS, type LambdaFunction, type Version } from "./function.ts";
import { idOf } from "./lookup.ts";
import { addUsage } from "./usage.ts";
import { VERSIONS, versionId } from "./version.ts";

const PAGE = 1000;

async function everyVersion(tx: Tx, functionId: string, each: (id: string, version: Version) => Promise<void>): Promise<void> {
  const versions = tx.documents<Version>(VERSIONS);
  for (let after: string | undefined; ;) {
    const rows = await versions.list({ prefix: `${functionId}/`, limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const [id, version] of rows) await each(id, version);
    if (rows.length < PAGE) return;
    after = rows.at(-1)![0];
  }
}

export async function deleteAll(tx: Tx, fn: LambdaFunction): Promise<void> {
  let codeBytes = fn.code.sizeBytes;
  await everyVersion(tx, idOf(fn), async (_id, version) => { codeBytes += version.code.sizeBytes; });
  await deleteBelongings(tx, fn);
  await tx.documents(FUNCTIONS).delete(idOf(fn));
  await addUsage(tx, fn, { functions: -1, codeBytes: -codeBytes });
}

export async function deleteVersion(tx: Tx, fn: LambdaFunction, { version, code }: Version): Promise<void> {
  await deleteQualified(tx, fn, version);
  await tx.documents(VERSIONS).delete(versionId(idOf(fn), version));
  await addUsage(tx, fn, { codeBytes: -code.sizeBytes });
}

/** Throws while an alias leads to the version. */
export async function assertUnaliased(tx: Tx, fn: LambdaFunction, number: string): Promise<void> {
  const pointing: string[] = [];
  const aliases = tx.documents<Alias>(ALIASES);
  for (let after: string | undefined; ;) {
    const rows = await aliases.list({ prefix: `${idOf(fn)}/`, limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const [, alias] of rows) if (versionsOf(alias).includes(number)) pointing.push(alias.name);
    if (rows.length < PAGE) break;
    after = rows.at(-1)![0];
  }
  if (pointing.length) throw versionHasAliases(pointing);
}

/** Functions on capacity providers are there until their environments are gone. Nothing of them runs from now on. */
export async function beginDeleting(tx: Tx, ids: Ids, fn: LambdaFunction): Promise<string> {
  const revisionId = ids.uuid();
  await everyVersion(tx, idOf(fn), (id, version) => tx.documents<Version>(VERSIONS).put(id, deletingOf(version, ids.uuid())));
  await tx.documents<LambdaFunction>(FUNCTIONS).put(idOf(fn), deletingOf(fn, revisionId));
  return revisionId;
}

export function deletingOf<V extends Version>(version: V, revisionId: string): V {
  const after: V = { ...version, state: "Deleting", lastUpdate: "InProgress", revisionId };
  delete after.live;
  delete after.failure;
  return after;
}
