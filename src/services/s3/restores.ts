// RestoreObject, and the worker that completes a restoration and ends it, at their dates. https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
import type { RestoreRequest } from "@aws-sdk/client-s3";
import { ANSWER, type WithAnswer } from "../../kernel/answer.ts";
import type { Received } from "../../storage/stores.ts";
import { workThrough } from "../queue-worker.ts";
import { type Change, changing } from "./change.ts";
import { malformedXml, notSupported } from "./errors.ts";
import { notArchived, restoreDaysOutside, restoreInProgress } from "./lifecycle-errors.ts";
import { objectArn, RESTORES } from "./names.ts";
import { findVersion, rewriteVersion, type StoredObject } from "./object.ts";
import { objectIn } from "./object-lookup.ts";
import type { Operations, Parts } from "./parts.ts";
import { isFaster, type Restore, restoredUntil, restoreTimeMs, type Tier } from "./restore.ts";
import { isArchive } from "./storage-classes.ts";

const AT_ONCE = 8;
const DAYS_MAX = 2 ** 31 - 1;

interface Item { bucket: string; bucketId: string; key: string; versionId: string }

/** Days and tier; for an object that is on its way already the days may be left out. */
function readRequest({ Days: days, GlacierJobParameters, Tier, Type, SelectParameters, OutputLocation }: RestoreRequest = {}): { days: number | undefined; tier: string } {
  if (Type !== undefined || SelectParameters || OutputLocation) throw notSupported("RestoreRequest.Type SELECT");
  if (days !== undefined && (!Number.isInteger(days) || days < 1 || days > DAYS_MAX)) throw restoreDaysOutside(days);
  return { days, tier: GlacierJobParameters?.Tier ?? Tier ?? "Standard" };
}

export const restoreOperations = (parts: Parts) => ({
  async RestoreObject(input, call) {
    const bucket = await parts.lookup.find(input, call, "RestoreObject", objectArn(input.Bucket, input.Key));
    const { days, tier } = readRequest(input.RestoreRequest);
    const isThere = await changing(parts, bucket, async (change) => {
      const object = await objectIn(change.tx, change.bucket, input, "POST");
      const { storageClass = "STANDARD", restore } = object;
      if (!isArchive(storageClass)) throw notArchived(storageClass);
      const timeMs = restoreTimeMs(storageClass, tier);
      const wanted = days ?? restore?.days;
      if (wanted === undefined) throw malformedXml();
      const next = { days: wanted, tier: tier as Tier };
      if (restore?.untilMs !== undefined) {
        const untilMs = restoredUntil(parts.clock.now(), wanted);
        await keep(parts, change, object, { ...next, untilMs }, untilMs);
        return true;
      }
      if (restore && !isFaster(next.tier, restore.tier)) throw restoreInProgress();
      await keep(parts, change, object, next, parts.clock.now() + timeMs);
      if (!restore) await change.announce({ name: "ObjectRestore:Post", key: object.key, version: object, call, detail: { "source-storage-class": storageClass } });
      return false;
    });
    return { [ANSWER]: { status: isThere ? 200 : 202 } } satisfies WithAnswer as object;
  },
}) satisfies Operations;

/** Its one item in the queue takes the place of the one before. */
async function keep({ ids }: Parts, { tx, bucket }: Change, object: StoredObject, restore: Omit<Restore, "item">, dueMs: number): Promise<void> {
  const item = ids.uuid();
  if (object.restore) await tx.queues.cancel(RESTORES, object.restore.item);
  const { key, versionId } = object;
  await tx.queues.send(RESTORES, { id: item, body: JSON.stringify({ bucket: bucket.name, bucketId: bucket.id, key, versionId } satisfies Item), dueMs });
  await rewriteVersion(tx, bucket.name, { ...object, restore: { ...restore, item } });
}

/** Called once, when the room opens. */
export function followRestores({ parts }: { parts: Parts }): void {
  const { stores, clock, ids, log, background } = parts;
  const run = async ({ id, receipt, body }: Received): Promise<void> => {
    const { bucket: name, bucketId, key, versionId } = JSON.parse(body) as Item;
    const bucket = await parts.buckets.get(name);
    // With its bucket, its version or its restoration gone, there is nothing to do.
    if (bucket?.id !== bucketId) return void (await stores.queues.finish(RESTORES, id, receipt));
    await changing(parts, bucket, async (change) => {
      const version = await findVersion(change.tx, name, key, versionId);
      if (!(await change.tx.queues.finish(RESTORES, id, receipt)) || !version || version.deleteMarker || version.restore?.item !== id) return;
      await (version.restore.untilMs === undefined ? complete(parts, change, version, version.restore) : end(change, version));
    });
  };
  background("s3: restoring archived objects", (signal) => workThrough({ stores, clock, ids, log }, RESTORES, AT_ONCE, run, signal));
}

async function complete(parts: Parts, change: Change, object: StoredObject, { days, tier }: Restore): Promise<void> {
  const { key, storageClass = "STANDARD" } = object;
  const untilMs = restoredUntil(parts.clock.now(), days);
  await keep(parts, change, object, { days, tier, untilMs }, untilMs);
  await change.announce({
    name: "ObjectRestore:Completed", key, version: object,
    more: { glacierEventData: { restoreEventData: { lifecycleRestorationExpiryTime: new Date(untilMs).toISOString(), lifecycleRestoreStorageClass: storageClass } } },
    detail: { "restore-expiry-time": new Date(untilMs).toISOString().replace(".000Z", "Z"), "source-storage-class": storageClass },
  });
}

async function end(change: Change, { restore: _, ...object }: StoredObject): Promise<void> {
  await rewriteVersion(change.tx, change.bucket.name, object);
  await change.announce({ name: "ObjectRestore:Delete", key: object.key, version: object, detail: { "source-storage-class": object.storageClass } });
}
