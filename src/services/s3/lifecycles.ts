// The lifecycle configuration of a bucket: put, read and deleted; and the worker that follows it, once a day at midnight UTC.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
import type { Received, Tx } from "../../storage/stores.ts";
import { workThrough } from "../queue-worker.ts";
import type { Bucket } from "./bucket.ts";
import { changeBucket, deleteSetting } from "./bucket-settings.ts";
import { nextRunMs } from "./lifecycle.ts";
import { readLifecycle, showRules } from "./lifecycle-rules.ts";
import { applyLifecycle } from "./lifecycle-walk.ts";
import { BUCKETS, bucketArn, LIFECYCLES } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import { noLifecycle } from "./settings-errors.ts";

type Served = "GetBucketLifecycleConfiguration" | "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle";

const BUCKETS_AT_ONCE = 2;

export function lifecycleOperations(parts: Parts): Pick<Operations, Served> {
  return {
    async PutBucketLifecycleConfiguration(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutLifecycleConfiguration", bucketArn(input.Bucket));
      const lifecycle = readLifecycle(input.LifecycleConfiguration?.Rules, input.TransitionDefaultMinimumObjectSize, parts.ids.uuid);
      await changeBucket(parts, bucket, (current) => ({ ...current, settings: { ...current.settings, lifecycle } }), [], (tx) => schedule(tx, bucket, parts.clock.now()));
      return { TransitionDefaultMinimumObjectSize: lifecycle.minimumSize };
    },

    async GetBucketLifecycleConfiguration(input, call) {
      const { name, settings: { lifecycle } } = await parts.lookup.find(input, call, "GetLifecycleConfiguration", bucketArn(input.Bucket));
      if (!lifecycle) throw noLifecycle(name);
      return { Rules: showRules(lifecycle), TransitionDefaultMinimumObjectSize: lifecycle.minimumSize };
    },

    async DeleteBucketLifecycle(input, call) {
      await deleteSetting(parts, await parts.lookup.find(input, call, "PutLifecycleConfiguration", bucketArn(input.Bucket)), "lifecycle");
      return {};
    },
  };
}

interface Item { bucket: string }

/** A bucket with rules has one item, due at the next midnight; whoever holds it works on the bucket. */
async function schedule(tx: Tx, { id, name }: Bucket, nowMs: number): Promise<void> {
  await tx.queues.send(LIFECYCLES, { id, body: JSON.stringify({ bucket: name } satisfies Item), dueMs: nextRunMs(nowMs) });
}

/** Called once, when the room opens. */
export function followLifecycles({ parts }: { parts: Parts }): void {
  const { stores, clock, ids, log, background } = parts;
  const run = async ({ id, receipt, body }: Received, signal: AbortSignal): Promise<void> => {
    const { bucket: name } = JSON.parse(body) as Item;
    const bucket = await parts.buckets.get(name);
    if (bucket?.id === id) await applyLifecycle(parts, bucket, signal);
    if (signal.aborted) return; // what is left is done by the next process
    await stores.transaction(async (tx) => {
      const current = await tx.documents<Bucket>(BUCKETS).get(name);
      if (current?.id === id && current.settings.lifecycle) await tx.queues.hide(LIFECYCLES, id, receipt, nextRunMs(clock.now()));
      else await tx.queues.finish(LIFECYCLES, id, receipt);
    });
  };
  background("s3: lifecycle rules", (signal) => workThrough({ stores, clock, ids, log }, LIFECYCLES, BUCKETS_AT_ONCE, (item) => run(item, signal), signal));
}
