// Tags of buckets and of objects, as their own operations put and read them.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
import type { Call } from "../../kernel/call.ts";
import { ServiceError } from "../../kernel/errors.ts";
import { deleteSetting, NO_CONTENT, putSetting } from "./bucket-settings.ts";
import { changing } from "./change.ts";
import { noSuchKey } from "./errors.ts";
import { bucketArn } from "./names.ts";
import { rewriteVersion, shownVersion, type StoredObject } from "./object.ts";
import { type NamedVersion, objectIn } from "./object-lookup.ts";
import type { Operations, Parts } from "./parts.ts";
import { noTagSet } from "./settings-errors.ts";
import { readBucketTags, readObjectTags, showTags } from "./tags.ts";

type Served = "GetBucketTagging" | "PutBucketTagging" | "DeleteBucketTagging" | "GetObjectTagging" | "PutObjectTagging" | "DeleteObjectTagging";

export function taggingOperations(parts: Parts): Pick<Operations, Served> {
  /** The version as it is after the change, and its event in the same transaction. */
  const retag = async (input: NamedVersion, call: Call, name: "ObjectTagging:Put" | "ObjectTagging:Delete", tags: Record<string, string>) => {
    const action = `${name === "ObjectTagging:Put" ? "Put" : "Delete"}Object${input.VersionId === undefined ? "" : "Version"}Tagging`;
    const bucket = await parts.lookup.find(input, call, action, `${bucketArn(input.Bucket)}/${input.Key}`);
    return changing(parts, bucket, async ({ tx, bucket: current, announce }) => {
      const { tags: _, ...version } = await objectIn(tx, current, input, name === "ObjectTagging:Put" ? "PUT" : "DELETE");
      await rewriteVersion(tx, current.name, Object.keys(tags).length === 0 ? version as StoredObject : { ...version, tags });
      await announce({ name, key: version.key, version, call });
      return shownVersion(current, version);
    });
  };

  return {
    async GetBucketTagging(input, call) {
      const { name, settings: { tags } } = await parts.lookup.find(input, call, "GetBucketTagging", bucketArn(input.Bucket));
      if (!tags) throw noTagSet(name);
      return { TagSet: showTags(tags) };
    },

    async PutBucketTagging(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutBucketTagging", bucketArn(input.Bucket));
      const tags = readBucketTags(input.Tagging);
      // No tags are no tag set: recorded.
      await (Object.keys(tags).length === 0 ? deleteSetting(parts, bucket, "tags") : putSetting(parts, bucket, "tags", tags));
      return NO_CONTENT;
    },

    async DeleteBucketTagging(input, call) {
      await deleteSetting(parts, await parts.lookup.find(input, call, "PutBucketTagging", bucketArn(input.Bucket)), "tags");
      return {};
    },

    async GetObjectTagging(input, call) {
      const bucket = await parts.lookup.find(input, call, input.VersionId === undefined ? "GetObjectTagging" : "GetObjectVersionTagging", `${bucketArn(input.Bucket)}/${input.Key}`);
      const version = await objectIn(parts.stores, bucket, input, "GET").catch((error: unknown) => {
        throw error instanceof ServiceError && error.code === "NoSuchKey" ? noSuchKey(`${bucket.name}/${input.Key}`) : error; // recorded of this operation alone
      });
      return { TagSet: showTags(version.tags), ...shownVersion(bucket, version) };
    },

    PutObjectTagging: async (input, call) => retag(input, call, "ObjectTagging:Put", readObjectTags(input.Tagging)),
    DeleteObjectTagging: async (input, call) => retag(input, call, "ObjectTagging:Delete", {}),
  };
}
