// Publishing a version inside a transaction: the version, what `$LATEST` remembers of it, and the code it counts for, together.
import type { Ids } from "../../kernel/ids.ts";
import type { Tx } from "../../storage/stores.ts";
import { publishToNeedsProvider, publishToNeedsPublish } from "./capacity-providers/capacity-provider-errors.ts";
import { publishManaged } from "./capacity-providers/publishing.ts";
import { FUNCTIONS, isSettled, type LambdaFunction, type Version } from "./function.ts";
import { findVersion, idOf } from "./lookup.ts";
import type { Settings } from "./settings.ts";
import { isSnapshot } from "./snap-start.ts";
import { beginSnapshot } from "./snapshots.ts";
import { addUsage } from "./usage.ts";
import { afterPublishing, isPublishedAlready, published, VERSIONS, versionId } from "./version.ts";

export interface Published {
  /** `$LATEST` from now on. */
  fn: LambdaFunction;
  version: Version;
  /** Absent when nothing had changed since the last one, which is answered again, and on a capacity provider, where versions are settled by themselves. */
  newId?: string;
}

export interface Publishing {
  description?: string | undefined;
  nowMs: number;
  /** Of functions on capacity providers alone. */
  to?: "LATEST_PUBLISHED" | undefined;
}

/** Throws where PublishTo would say nothing. */
export function checkPublishTo(input: { Publish?: boolean | undefined; PublishTo?: string | undefined }, { managed }: Pick<Settings, "managed">): void {
  if (input.PublishTo === undefined) return;
  if (!managed) throw publishToNeedsProvider();
  if (input.Publish !== true) throw publishToNeedsPublish();
}

/** `fn` is the function's document as this transaction has written it. */
export async function publish(tx: Tx, ids: Ids, fn: LambdaFunction, given: Publishing): Promise<Published> {
  if (fn.settings.managed) return publishManaged(tx, ids, fn, { ...given, toLatestPublished: given.to === "LATEST_PUBLISHED" });
  const functionId = idOf(fn);
  const last = fn.published && (await findVersion(tx, functionId, String(fn.published.number)));
  if (isPublishedAlready(fn, last)) return { fn, version: last };
  const version = published(fn, { ...given, revisionId: ids.uuid() });
  const newId = versionId(functionId, version.version);
  const after = afterPublishing(fn, version, ids.uuid());
  await tx.documents<Version>(VERSIONS).put(newId, version);
  if (isSnapshot(version) && isSettled(fn)) await beginSnapshot(tx, newId, version, given.nowMs);
  await tx.documents<LambdaFunction>(FUNCTIONS).put(functionId, after);
  await addUsage(tx, fn, { codeBytes: version.code.sizeBytes });
  return { fn: after, version, newId };
}
