// The tags that policies may ask about: of an object as s3:ExistingObjectTag, of a bucket as aws:ResourceTag where that is switched on.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html, …/buckets-tagging-enable-abac.html
import type { AccessQuestion } from "../../ports/access.ts";
import { putSetting } from "./bucket-settings.ts";
import { malformedXml } from "./errors.ts";
import { bucketArn, parseBucketArn } from "./names.ts";
import { findVersion } from "./object.ts";
import type { Operations, Parts } from "./parts.ts";

/** By the Service Authorization Reference; others have no such key. */
const OF_OBJECTS = /^s3:(Get|Put|Delete)Object(Version)?(Acl|Tagging|Attributes)?$|^s3:RestoreObject$/;
const NEVER = /^s3:(PutObject|DeleteObject|DeleteObjectVersion)$/;

export async function tagsForPolicies(parts: Parts, arn: string, { action, context = {} }: Pick<AccessQuestion, "action" | "context">): Promise<Record<string, string> | undefined> {
  const name = parseBucketArn(arn);
  const bucket = name === undefined ? undefined : await parts.buckets.get(name);
  if (!bucket) return undefined;
  const key = arn.slice(bucketArn(bucket.name).length + 1);
  if (key === "") return bucket.settings.abac === "Enabled" ? bucket.settings.tags : undefined;
  if (!OF_OBJECTS.test(action) || NEVER.test(action)) return undefined;
  const versionId = context["s3:VersionId"];
  const version = await findVersion(parts.stores, bucket.name, key, typeof versionId === "string" ? versionId : undefined);
  return version && !version.deleteMarker ? version.tags : undefined;
}

export function abacOperations(parts: Parts): Pick<Operations, "GetBucketAbac" | "PutBucketAbac"> {
  return {
    async GetBucketAbac(input, call) {
      const { settings } = await parts.lookup.find(input, call, "GetBucketAbac", bucketArn(input.Bucket));
      return { AbacStatus: { Status: settings.abac ?? "Disabled" } };
    },

    async PutBucketAbac(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutBucketAbac", bucketArn(input.Bucket));
      const { Status: status } = input.AbacStatus;
      if (status !== "Enabled" && status !== "Disabled") throw malformedXml();
      await putSetting(parts, bucket, "abac", status);
      return {};
    },
  };
}
