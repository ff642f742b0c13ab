// What new objects are encrypted with when their requests say nothing. What it means here: docs/decisions/0018-encryption-at-rest.md
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
import type { ServerSideEncryptionRule } from "@aws-sdk/client-s3";
import type { Bucket } from "./bucket.ts";
import { deleteSetting, putSetting } from "./bucket-settings.ts";
import { malformedXml, notSupported } from "./errors.ts";
import { bucketArn } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import { keyNotApplicable } from "./settings-errors.ts";

type Served = "GetBucketEncryption" | "PutBucketEncryption" | "DeleteBucketEncryption";

export interface DefaultEncryption {
  algorithm: "AES256" | "aws:kms" | "aws:kms:dsse";
  /** As it was given: another name of AWS's own key. */
  kmsKeyId?: string;
  bucketKey: boolean;
  /** No object may be written with a key that its request brings. */
  blocksCustomerKeys?: true;
}

/** Since January 2023. */
const OF_NEW_BUCKETS: DefaultEncryption = { algorithm: "AES256", bucketKey: false };

export const defaultEncryptionOf = ({ settings }: Pick<Bucket, "settings">): DefaultEncryption => settings.encryption ?? OF_NEW_BUCKETS;

export function encryptionOperations(parts: Parts): Pick<Operations, Served> {
  return {
    async GetBucketEncryption(input, call) {
      const { algorithm, kmsKeyId, bucketKey, blocksCustomerKeys } = defaultEncryptionOf(await parts.lookup.find(input, call, "GetEncryptionConfiguration", bucketArn(input.Bucket)));
      const rule: ServerSideEncryptionRule = {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm: algorithm, ...(kmsKeyId !== undefined && { KMSMasterKeyID: kmsKeyId }) }, BucketKeyEnabled: bucketKey,
        ...(blocksCustomerKeys && { BlockedEncryptionTypes: { EncryptionType: ["SSE-C" as const] } }),
      };
      return { ServerSideEncryptionConfiguration: { Rules: [rule] } };
    },

    async PutBucketEncryption(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutEncryptionConfiguration", bucketArn(input.Bucket));
      await putSetting(parts, bucket, "encryption", readRules(input.ServerSideEncryptionConfiguration.Rules ?? []));
      return {};
    },

    async DeleteBucketEncryption(input, call) {
      await deleteSetting(parts, await parts.lookup.find(input, call, "PutEncryptionConfiguration", bucketArn(input.Bucket)), "encryption");
      return {};
    },
  };
}

/** Throws MalformedXML, InvalidArgument; NotImplemented for a key of one's own. */
function readRules([rule, ...more]: ServerSideEncryptionRule[]): DefaultEncryption {
  if (!rule || more.length > 0) throw malformedXml();
  const { SSEAlgorithm: algorithm = "AES256", KMSMasterKeyID: key } = rule.ApplyServerSideEncryptionByDefault ?? {};
  if (algorithm !== "AES256" && algorithm !== "aws:kms" && algorithm !== "aws:kms:dsse") throw malformedXml();
  if (key !== undefined && algorithm === "AES256") throw keyNotApplicable();
  if (key !== undefined && !/^(arn:[\w-]+:kms:[\w-]+:\d{12}:)?alias\/aws\/s3$/.test(key)) throw notSupported("KMSMasterKeyID, a KMS key of one's own");
  const blocked = rule.BlockedEncryptionTypes?.EncryptionType ?? [];
  if (blocked.some((type) => type !== "SSE-C" && type !== "NONE") || blocked.length > 1) throw malformedXml();
  return { algorithm, ...(key !== undefined && { kmsKeyId: key }), bucketKey: rule.BucketKeyEnabled ?? false, ...(blocked[0] === "SSE-C" && { blocksCustomerKeys: true }) };
}
