// Changing what is configured on a bucket, with what follows from it, in one transaction.
import { ANSWER } from "../../kernel/answer.ts";
import type { LaneSend } from "../../ports/lanes.ts";
import type { Tx } from "../../storage/stores.ts";
import type { Bucket, BucketSettings } from "./bucket.ts";
import { noSuchBucket } from "./errors.ts";
import { BUCKETS } from "./names.ts";
import type { Parts } from "./parts.ts";

/** Throws NoSuchBucket when the bucket has gone meanwhile; what `change` throws leaves it as it was. `also`: more of the same transaction. */
export function changeBucket({ lanes }: Pick<Parts, "lanes">, { name, id }: Bucket, change: (bucket: Bucket) => Bucket, sends: LaneSend[] = [], also?: (tx: Tx) => Promise<void>): Promise<void> {
  return lanes.transaction(async (tx, send) => {
    const bucket = await tx.documents<Bucket>(BUCKETS).get(name);
    if (bucket?.id !== id) throw noSuchBucket(name);
    await tx.documents<Bucket>(BUCKETS).put(name, change(bucket));
    for (const item of sends) await send(item);
    await also?.(tx);
  });
}

export const putSetting = <N extends keyof BucketSettings>(parts: Pick<Parts, "lanes">, bucket: Bucket, name: N, value: NonNullable<BucketSettings[N]>, sends: LaneSend[] = []): Promise<void> =>
  changeBucket(parts, bucket, ({ settings, ...rest }) => ({ ...rest, settings: { ...settings, [name]: value } }), sends);

/** Nothing to delete is no error. */
export const deleteSetting = (parts: Pick<Parts, "lanes">, bucket: Bucket, name: keyof BucketSettings): Promise<void> =>
  changeBucket(parts, bucket, ({ settings: { [name]: _, ...settings }, ...rest }) => ({ ...rest, settings }));

/** Recorded of PutBucketPolicy and PutBucketTagging, whose model says 200. */
export const NO_CONTENT = { [ANSWER]: { status: 204 } } as object;
