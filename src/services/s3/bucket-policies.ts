// The policy of a bucket, put, read and deleted, and what keeps buckets from being opened to everybody.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
import type { PublicAccessBlockConfiguration } from "@aws-sdk/client-s3";
import { accountBlockOf } from "./access-points/account-block.ts";
import type { Bucket } from "./bucket.ts";
import { checkPolicy, isPublic } from "./bucket-policy.ts";
import { deleteSetting, NO_CONTENT, putSetting } from "./bucket-settings.ts";
import { bucketArn } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import { noBucketPolicy, noPublicAccessBlock, publicPolicyBlocked } from "./settings-errors.ts";

type Served = "GetBucketPolicy" | "PutBucketPolicy" | "DeleteBucketPolicy" | "GetBucketPolicyStatus" | "GetPublicAccessBlock" | "PutPublicAccessBlock" | "DeletePublicAccessBlock";

/** Of new buckets, since April 2023. */
const ALL: PublicAccessBlockConfiguration = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };

/** Undefined when it was deleted. */
const publicAccessBlockOf = ({ settings: { publicAccessBlock } }: Bucket): PublicAccessBlockConfiguration | undefined => (publicAccessBlock === "deleted" ? undefined : (publicAccessBlock ?? ALL));

export function policyOperations(parts: Parts): Pick<Operations, Served> {
  return {
    async GetBucketPolicy(input, call) {
      const { name, settings: { policy } } = await parts.lookup.find(input, call, "GetBucketPolicy", bucketArn(input.Bucket));
      if (policy === undefined) throw noBucketPolicy(name);
      return { Policy: policy };
    },

    async PutBucketPolicy(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutBucketPolicy", bucketArn(input.Bucket));
      checkPolicy(input.Policy, bucket.name);
      if ((publicAccessBlockOf(bucket)?.BlockPublicPolicy || (await accountBlockOf(parts, bucket.account))?.BlockPublicPolicy) && isPublic(input.Policy)) throw publicPolicyBlocked(call.principal.arn, bucketArn(bucket.name));
      await putSetting(parts, bucket, "policy", input.Policy);
      return NO_CONTENT;
    },

    async DeleteBucketPolicy(input, call) {
      await deleteSetting(parts, await parts.lookup.find(input, call, "DeleteBucketPolicy", bucketArn(input.Bucket)), "policy");
      return {};
    },

    async GetBucketPolicyStatus(input, call) {
      const { name, settings: { policy } } = await parts.lookup.find(input, call, "GetBucketPolicyStatus", bucketArn(input.Bucket));
      if (policy === undefined) throw noBucketPolicy(name);
      return { PolicyStatus: { IsPublic: isPublic(policy) } };
    },

    async GetPublicAccessBlock(input, call) {
      const bucket = await parts.lookup.find(input, call, "GetBucketPublicAccessBlock", bucketArn(input.Bucket));
      const configuration = publicAccessBlockOf(bucket);
      if (!configuration) throw noPublicAccessBlock(bucket.name);
      return { PublicAccessBlockConfiguration: configuration };
    },

    async PutPublicAccessBlock(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutBucketPublicAccessBlock", bucketArn(input.Bucket));
      const { BlockPublicAcls = false, IgnorePublicAcls = false, BlockPublicPolicy = false, RestrictPublicBuckets = false } = input.PublicAccessBlockConfiguration;
      await putSetting(parts, bucket, "publicAccessBlock", { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets });
      return {};
    },

    async DeletePublicAccessBlock(input, call) {
      await putSetting(parts, await parts.lookup.find(input, call, "PutBucketPublicAccessBlock", bucketArn(input.Bucket)), "publicAccessBlock", "deleted");
      return {};
    },
  };
}
