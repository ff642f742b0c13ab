// What S3 asks functions for: Batch Operations and Object Lambda.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html · https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-event-context.html
import type { Facts, Samples } from "./facts.ts";

export const S3_BATCH = {
  "1.0": ({ uuid, opaque, hex }: Facts) => ({
    invocationSchemaVersion: "1.0", invocationId: opaque(40), job: { id: uuid() },
    tasks: [{ taskId: hex(40), s3Key: "customer+image.jpg", s3VersionId: "1", s3BucketArn: "arn:aws:s3:::amzn-s3-demo-bucket" }],
  }),
  "2.0": ({ uuid, opaque, hex }: Facts) => ({
    invocationSchemaVersion: "2.0", invocationId: opaque(40), job: { id: uuid(), userArguments: { quality: "high" } },
    tasks: [{ taskId: hex(40), s3Key: "customer+image.jpg", s3VersionId: null, s3Bucket: "amzn-s3-demo-bucket" }],
  }),
} satisfies Samples;

const PORTION = (region: string, account: string) => `https://my-access-point-${account}.s3-accesspoint.${region}.amazonaws.com`;

function asked(facts: Facts, what: "getObjectContext" | "headObjectContext" | "listObjectsContext" | "listObjectsV2Context", path: string, list: string) {
  const { region, account, uuid, opaque, principal } = facts;
  const inputS3Url = `${PORTION(region, account)}${path}?${list}X-Amz-Security-Token=${encodeURIComponent(opaque(24))}&X-Amz-SignedHeaders=host`;
  return {
    xAmzRequestId: uuid(),
    [what]: what === "getObjectContext" ? { inputS3Url, outputRoute: "io-use1-001", outputToken: opaque(48) } : { inputS3Url },
    configuration: {
      accessPointArn: `arn:aws:s3-object-lambda:${region}:${account}:accesspoint/my-object-lambda-access-point`,
      supportingAccessPointArn: `arn:aws:s3:${region}:${account}:accesspoint/my-access-point`,
      payload: "{}",
    },
    userRequest: {
      url: `https://my-object-lambda-${account}.s3-object-lambda.${region}.amazonaws.com${path}`,
      headers: { Host: `my-object-lambda-${account}.s3-object-lambda.${region}.amazonaws.com`, "Accept-Encoding": "identity", "X-Amz-Content-SHA256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    },
    userIdentity: { type: "IAMUser", principalId: principal("AIDA"), arn: `arn:aws:iam::${account}:user/Alice`, accountId: account, accessKeyId: principal("AKIA"), userName: "Alice" },
    protocolVersion: "1.01",
  };
}

export const S3_OBJECT_LAMBDA = {
  GetObject: (facts: Facts) => asked(facts, "getObjectContext", "/example.txt", ""),
  HeadObject: (facts: Facts) => asked(facts, "headObjectContext", "/example.txt", ""),
  ListObjects: (facts: Facts) => asked(facts, "listObjectsContext", "/", ""),
  ListObjectsV2: (facts: Facts) => asked(facts, "listObjectsV2Context", "/", "list-type=2&"),
} satisfies Samples;
