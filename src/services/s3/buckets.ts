// Buckets made, found, listed and deleted. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
import type { Tag } from "@aws-sdk/client-s3";
import { ANSWER } from "../../kernel/answer.ts";
import { LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Tx } from "../../storage/stores.ts";
import type { Call } from "../../kernel/call.ts";
import { bucketHasAccessPoints } from "./access-points/errors.ts";
import { hasAccessPoints } from "./access-points/point.ts";
import { THROUGH } from "./access-points/through.ts";
import { checkNewAcl, ownershipOf } from "./acls.ts";
import { type Bucket, type InBucket, isBucketName } from "./bucket.ts";
import { wholeSeconds } from "./conditions.ts";
import { discardBody } from "./bodies.ts";
import { bucketAlreadyExists, bucketAlreadyOwnedByYou, bucketNotEmpty, illegalLocation, invalidArgument, invalidBucketName, invalidContinuationToken, invalidLocation, noSuchBucket, notSupported, unknownRegion } from "./errors.ts";
import { BUCKETS, bucketArn, OBJECTS, UPLOADS } from "./names.ts";
import type { Version } from "./object.ts";
import { ownerOf } from "./owner.ts";
import { isRegion } from "./regions.ts";
import type { Operations, Parts } from "./parts.ts";
import { readNewBucketTags } from "./tags.ts";
import type { Upload } from "./upload.ts";

/** In its answers this region is the empty text. */
const FIRST_REGION = "us-east-1";
const LISTED_MAX = 10_000;
const UPLOADS_DELETED_MAX = 1000;

interface Creation {
  Bucket: string;
  CreateBucketConfiguration?: { LocationConstraint?: string | undefined; Location?: unknown; Bucket?: unknown; Tags?: { Key?: string | undefined; Value?: string | undefined }[] | undefined } | undefined;
  ObjectLockEnabledForBucket?: boolean | undefined;
  ObjectOwnership?: string | undefined;
  BucketNamespace?: string | undefined;
}

export const bucketOperations = (parts: Parts) => ({
  async CreateBucket(input, call) {
    const name = input.Bucket;
    if (!isBucketName(name)) throw invalidBucketName(name);
    checkNewAcl(input);
    const made = newBucket(parts, input, call);
    await parts.stores.transaction(async (tx) => {
      const existing = await tx.documents<Bucket>(BUCKETS).get(name);
      if (!existing) return tx.documents<Bucket>(BUCKETS).put(name, made);
      if (existing.account !== call.account) throw bucketAlreadyExists(name);
      // Only there, and for old times' sake, once more is no error: documented; with tags it is one: recorded.
      if (existing.region !== FIRST_REGION || call.region !== FIRST_REGION || input.CreateBucketConfiguration?.Tags?.length) throw bucketAlreadyOwnedByYou(name);
    });
    return { Location: made.region === FIRST_REGION ? `/${name}` : `http://${name}.s3.amazonaws.com/`, BucketArn: bucketArn(name) };
  },

  async HeadBucket(input, call) {
    const bucket = await parts.lookup.find(input, call, "ListBucket", bucketArn(input.Bucket));
    return { [ANSWER]: { headers: { "content-type": "application/xml" } }, BucketRegion: bucket.region, BucketArn: bucketArn(bucket.name), AccessPointAlias: (input as InBucket)[THROUGH]?.byAlias === true };
  },

  async GetBucketLocation(input, call) {
    const { region, oldLocation } = await parts.lookup.find(input, call, "GetBucketLocation", bucketArn(input.Bucket));
    return region === FIRST_REGION ? {} : { LocationConstraint: (oldLocation ?? region) as never };
  },

  async ListBuckets(input, call) {
    const { MaxBuckets, Prefix = "", BucketRegion, ContinuationToken } = input;
    if (MaxBuckets !== undefined && (MaxBuckets < 1 || MaxBuckets > LISTED_MAX)) throw invalidArgument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets", MaxBuckets);
    if (BucketRegion !== undefined && !isRegion(BucketRegion)) throw unknownRegion(BucketRegion);
    let after = ContinuationToken ? decodePageToken(ContinuationToken) : undefined;
    if (ContinuationToken && after === undefined) throw invalidContinuationToken(ContinuationToken);
    const most = MaxBuckets ?? LISTED_MAX;
    const shown: Bucket[] = [];
    for (let more = true; more && shown.length <= most;) {
      const rows: [string, Bucket][] = await parts.buckets.list({ prefix: Prefix.replaceAll("\0", "\u0001"), limit: 1000, ...(after !== undefined && { after }) });
      for (const [, bucket] of rows) if (bucket.account === call.account && (BucketRegion === undefined || bucket.region === BucketRegion)) shown.push(bucket);
      after = rows.at(-1)?.[0];
      more = rows.length === 1000;
    }
    const page = shown.slice(0, most);
    // Region and ARN only for who asks for pages: documented.
    const paged = MaxBuckets !== undefined || ContinuationToken !== undefined || input.Prefix !== undefined || BucketRegion !== undefined;
    return {
      Owner: ownerOf(call.account),
      Buckets: page.map(({ name, region, createdMs }) => ({ Name: name, CreationDate: new Date(createdMs), ...(paged && { BucketRegion: region }), BucketArn: bucketArn(name) })),
      ...(shown.length > most && { ContinuationToken: encodePageToken(page.at(-1)!.name) }),
      ...(input.Prefix !== undefined && { Prefix }),
    };
  },

  async DeleteBucket(input, call) {
    const { name, id } = await parts.lookup.find(input, call, "DeleteBucket", bucketArn(input.Bucket));
    for (let more = true; more;) {
      more = await parts.stores.transaction(async (tx) => {
        const bucket = await tx.documents<Bucket>(BUCKETS).update(name, (same) => same); // waits for those who hold it, and lets nobody else
        if (bucket?.id !== id) throw noSuchBucket(name);
        // A key that has any version has a current one.
        const [row] = await tx.documents<Version>(OBJECTS).list({ prefix: `${name}/`, limit: 1 });
        if (row) throw bucketNotEmpty(name, bucket.versioning !== undefined);
        if (await hasAccessPoints(tx, bucket)) throw bucketHasAccessPoints(name);
        if (await dropUploads(tx, name, parts.clock.now())) return true;
        await tx.documents<Bucket>(BUCKETS).delete(name);
        return false;
      });
    }
    return {};
  },
}) satisfies Operations;

function newBucket({ ids, clock }: Parts, { Bucket: name, CreateBucketConfiguration: configuration, ObjectLockEnabledForBucket: lock, ObjectOwnership, BucketNamespace }: Creation, call: Call): Bucket {
  if (BucketNamespace !== undefined && BucketNamespace !== "global") throw notSupported(`the bucket namespace ${BucketNamespace}`);
  if (configuration?.Location !== undefined || configuration?.Bucket !== undefined) throw notSupported("directory buckets");
  const location = configuration?.LocationConstraint === "EU" ? "eu-west-1" : configuration?.LocationConstraint;
  if (location !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d$/.test(location)) throw invalidLocation(location);
  // One endpoint serves all regions here, so a bucket may be made in any region from any other, as through the endpoint of us-east-1 on AWS.
  if (location === FIRST_REGION) throw location === call.region ? invalidLocation(location) : illegalLocation(location);
  const tags = configuration?.Tags?.length ? { tags: readNewBucketTags({ TagSet: configuration.Tags as Tag[] }) } : {};
  const ownership = ownershipOf({ ObjectOwnership });
  const bucket: Bucket = { name, account: call.account, region: location ?? call.region, ...(configuration?.LocationConstraint === "EU" && { oldLocation: "EU" as const }), createdMs: wholeSeconds(clock.now()), id: ids.token(16, LOWER_ALPHANUMERIC), settings: { ...tags, ...ownership } };
  return lock ? { ...bucket, versioning: "Enabled", settings: { ...tags, ...ownership, objectLock: {} } } : bucket;
}

/** Uploads do not keep a bucket; true while there are more. */
async function dropUploads(tx: Tx, bucket: string, nowMs: number): Promise<boolean> {
  const uploads = await tx.documents<Upload>(UPLOADS).list({ prefix: `${bucket}/`, limit: UPLOADS_DELETED_MAX });
  for (const [document, { uploadId }] of uploads) {
    await tx.documents<Upload>(UPLOADS).delete(document);
    await discardBody(tx, { id: uploadId, parts: 0 }, nowMs);
  }
  return uploads.length === UPLOADS_DELETED_MAX;
}
