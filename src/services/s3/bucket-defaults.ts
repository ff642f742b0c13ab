// What is asked of every bucket and cannot be changed here: the answers AWS gives of a bucket on which it was never configured. Taking away what is not there is no error.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
import type { ServerSideEncryptionRule } from "@aws-sdk/client-s3";
import type { Call } from "../../kernel/call.ts";
import type { Bucket, InBucket } from "./bucket.ts";
import { malformedXml, notSupported } from "./errors.ts";
import { bucketArn } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import { keyNotApplicable, noCors, noLifecycle, noReplication, noWebsite } from "./settings-errors.ts";

type Served =
  | "GetBucketCors" | "GetBucketLifecycleConfiguration" | "GetBucketReplication" | "GetBucketWebsite"
  | "DeleteBucketCors" | "DeleteBucketLifecycle" | "DeleteBucketReplication" | "DeleteBucketWebsite"
  | "GetBucketEncryption" | "PutBucketEncryption" | "DeleteBucketEncryption"
  | "GetBucketAccelerateConfiguration" | "GetBucketLogging" | "GetBucketRequestPayment";

export function defaultOperations(parts: Parts): Pick<Operations, Served> {
  const found = (action: string) => (input: InBucket, call: Call): Promise<Bucket> => parts.lookup.find(input, call, action, bucketArn(input.Bucket));
  const answer = <O>(action: string, output: O) => async (input: InBucket, call: Call): Promise<O> => {
    await found(action)(input, call);
    return output;
  };
  const refuse = (action: string, missing: (bucket: string) => Error) => async (input: InBucket, call: Call): Promise<never> => {
    throw missing((await found(action)(input, call)).name);
  };
  return {
    GetBucketCors: refuse("GetBucketCORS", noCors),
    GetBucketLifecycleConfiguration: refuse("GetLifecycleConfiguration", noLifecycle),
    GetBucketReplication: refuse("GetReplicationConfiguration", noReplication),
    GetBucketWebsite: refuse("GetBucketWebsite", noWebsite),
    DeleteBucketCors: answer("PutBucketCORS", {}),
    DeleteBucketLifecycle: answer("PutLifecycleConfiguration", {}),
    DeleteBucketReplication: answer("PutReplicationConfiguration", {}),
    DeleteBucketWebsite: answer("DeleteBucketWebsite", {}),
    GetBucketAccelerateConfiguration: answer("GetAccelerateConfiguration", {}),
    // Every object is encrypted with S3's own keys, since January 2023.
    GetBucketEncryption: answer("GetEncryptionConfiguration", { ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const }, BucketKeyEnabled: false }] } }),
    async PutBucketEncryption(input, call) {
      await found("PutEncryptionConfiguration")(input, call);
      checkEncryption(input.ServerSideEncryptionConfiguration.Rules ?? []);
      return {};
    },
    DeleteBucketEncryption: answer("PutEncryptionConfiguration", {}),
    GetBucketLogging: answer("GetBucketLogging", {}),
    GetBucketRequestPayment: answer("GetBucketRequestPayment", { Payer: "BucketOwner" as const }),
  };
}

/** Only what is so anyway can be asked for. */
function checkEncryption([rule, ...more]: ServerSideEncryptionRule[]): void {
  const { SSEAlgorithm: algorithm, KMSMasterKeyID: key } = rule?.ApplyServerSideEncryptionByDefault ?? {};
  if (!rule || more.length > 0) throw malformedXml();
  if (key !== undefined && algorithm === "AES256") throw keyNotApplicable();
  if (algorithm !== "AES256") throw notSupported(`default encryption with ${algorithm}`);
  if (rule.BlockedEncryptionTypes !== undefined) throw notSupported("BlockedEncryptionTypes");
}
