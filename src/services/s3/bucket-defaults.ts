// What is asked of every bucket and cannot be changed here: the answers AWS gives of a bucket on which it was never configured. Taking away what is not there is no error.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
import type { Call } from "../../kernel/call.ts";
import type { Bucket, InBucket } from "./bucket.ts";
import { bucketArn } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import { noReplication } from "./settings-errors.ts";

type Served =
  | "GetBucketReplication"
  | "DeleteBucketReplication";

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
    GetBucketReplication: refuse("GetReplicationConfiguration", noReplication),
    DeleteBucketReplication: answer("PutReplicationConfiguration", {}),
  };
}
