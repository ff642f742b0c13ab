// Publishing a version of a function on a capacity provider, inside a transaction: it is on the provider with it, and Pending until an environment is initialised.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html
import { isDeepStrictEqual } from "node:util";
import type { Ids } from "../../../kernel/ids.ts";
import type { Tx } from "../../../storage/stores.ts";
import { stateForbids, updateInProgress } from "../errors.ts";
import { FUNCTIONS, isSettled, type LambdaFunction, type Version } from "../function.ts";
import { findVersion, idOf } from "../lookup.ts";
import { LATEST_PUBLISHED, qualified } from "../name.ts";
import type { Published } from "../publish.ts";
import { addUsage } from "../usage.ts";
import { afterPublishing, isPublishedAlready, published, VERSIONS, versionId } from "../version.ts";
import { putOnProvider } from "./on-provider.ts";
import { settleLater } from "./settling.ts";

export interface ManagedPublication {
  description?: string | undefined;
  nowMs: number;
  /** The version without a number. */
  toLatestPublished: boolean;
}

export async function publishManaged(tx: Tx, ids: Ids, fn: LambdaFunction, given: ManagedPublication): Promise<Published> {
  const functionId = idOf(fn);
  const number = (fn.published?.number ?? 0) + 1;
  const last = await findVersion(tx, functionId, given.toLatestPublished ? LATEST_PUBLISHED : String(number - 1));
  const settings = { ...fn.settings, description: given.description ?? fn.settings.description };
  const before = given.toLatestPublished ? last : undefined;
  if (before?.state === "Deleting" || before?.state === "Deactivating") throw stateForbids(before.state);
  if (before && !isSettled(before)) throw updateInProgress(qualified(fn.arn, LATEST_PUBLISHED));
  const isSame = before ? before.code.id === fn.code.id && isDeepStrictEqual([before.settings, before.runtimeManagement], [settings, fn.runtimeManagement]) && !before.failure : isPublishedAlready(fn, last);
  if (last && isSame) return { fn, version: last };

  const qualifier = given.toLatestPublished ? LATEST_PUBLISHED : String(number);
  const capacity = await putOnProvider(tx, fn, qualifier);
  const { lastUpdate: _settled, ...picture } = published(fn, { description: given.description, nowMs: given.nowMs, revisionId: ids.uuid() });
  const version: Version = { ...picture, version: qualifier, capacity, ...firstState(before, capacity.environmentsMax) };
  const newId = versionId(functionId, qualifier);
  const revisionId = ids.uuid();
  const after = given.toLatestPublished ? { ...fn, revisionId } : afterPublishing(fn, version, revisionId);
  await tx.documents<Version>(VERSIONS).put(newId, version);
  await tx.documents<LambdaFunction>(FUNCTIONS).put(functionId, after);
  await addUsage(tx, fn, { codeBytes: version.code.sizeBytes - (before?.code.sizeBytes ?? 0) });
  if (version.state !== "Deactivated") await settleLater(tx, { kind: "activate", id: newId, revisionId: version.revisionId }, given.nowMs);
  return { fn: after, version };
}

/** What ran before runs until the new one is initialised; one that is deactivated stays so (lambda-managed-instances-scaling.html: its scaling config propagates). */
function firstState(before: Version | undefined, environmentsMax: number): Pick<Version, "state" | "lastUpdate" | "live"> {
  if (environmentsMax === 0) return { state: "Deactivated", lastUpdate: "Successful" };
  return before?.live ? { state: "Active", lastUpdate: "InProgress", live: before.live } : { state: "Pending" };
}
