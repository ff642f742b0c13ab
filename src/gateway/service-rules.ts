// Which service a request is for when no credential scope says so: by target prefix, host name, path or query version.
// Targets, versions and paths are those of AWS's published models (botocore and @aws-sdk/client-*).

/** X-Amz-Target prefixes, and the service segment of rpcv2Cbor paths, to signing names. */
export const TARGETS: Record<string, string> = {
  Logs_20140328: "logs",
  AWSSecurityTokenServiceV20110615: "sts",
  AWSIdentityManagementV20100508: "iam",
  AmazonSQS: "sqs",
  AmazonSimpleNotificationService: "sns",
  DynamoDB_20120810: "dynamodb",
  DynamoDBStreams_20120810: "dynamodb",
  Kinesis_20131202: "kinesis",
  AWSEvents: "events",
  secretsmanager: "secretsmanager",
  AmazonSSM: "ssm",
  TrentService: "kms",
  AWSStepFunctions: "states",
  GraniteServiceVersion20100801: "monitoring",
  AWSCognitoIdentityProviderService: "cognito-idp",
};

/** The Version parameter of awsQuery and ec2Query requests. */
export const QUERY_VERSIONS: Record<string, string> = {
  "2011-06-15": "sts",
  "2010-05-08": "iam",
  "2010-03-31": "sns",
  "2012-11-05": "sqs",
  "2016-11-15": "ec2",
  "2010-08-01": "monitoring",
};

/** REST services name their API version in the path. */
const PATHS: [RegExp, string][] = [
  [/^\/20\d\d-\d\d-\d\d\/(functions|event-source-mappings|layers|layers-by-arn|tags|account-settings|code-signing-configs|capacity-providers|durable-execution)/, "lambda"],
];

/** Host labels that differ from the signing name. */
const HOST_LABELS: Record<string, string> = { queue: "sqs", email: "ses", "streams.dynamodb": "dynamodb" };

const AWS_NAMES = new Set([...Object.values(TARGETS), ...Object.values(QUERY_VERSIONS), ...Object.values(HOST_LABELS), ...Object.keys(HOST_LABELS).map((labels) => labels.split(".")[0]!), "lambda", "s3", "scheduler", "pipes"]);
const HOST_SUFFIXES = [".localhost", ".amazonaws.com", ".amazonaws.com.cn"];

/** Operations whose proof is in their parameters, by service: AWS takes them without a signature. Nobody in particular asks, so no policy is asked either. */
export const UNSIGNED_OPERATIONS: Record<string, readonly string[] | undefined> = { sts: ["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"], sns: ["ConfirmSubscription", "Unsubscribe"] };

/** Operations on the objects of one bucket: what who has not signed may ask of S3, as far as the bucket's policy opens it to everybody, and what a page may that a bucket's cross-origin rules admit. */
export const OBJECT_OPERATIONS: ReadonlySet<string> = new Set([
  "GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTagging", "PutObject", "PutObjectTagging", "PostObject", "CopyObject", "DeleteObject", "DeleteObjects", "DeleteObjectTagging",
  "CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload", "AbortMultipartUpload", "ListParts", "ListMultipartUploads",
  "ListObjects", "ListObjectsV2", "ListObjectVersions", "HeadBucket", "GetBucketLocation",
]);

/** The links in messages of SNS, which a person follows: `/?Action=ConfirmSubscription&TopicArn=…&Token=…`, as AWS writes them. */
export const isMessageLink = ({ method, path, query }: { method: string; path: string; query: string }): boolean =>
  method === "GET" && path === "/" && /^Action=(ConfirmSubscription&TopicArn|Unsubscribe&SubscriptionArn)=arn:/.test(query);

/** `sts`, `lambda.us-east-1`, `BUCKET.s3.eu-west-1`: what stands before the suffix. Undefined for any other host. */
function hostLabels(host: string): string[] | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, "");
  const suffix = HOST_SUFFIXES.find((candidate) => name.endsWith(candidate));
  return suffix === undefined ? undefined : name.slice(0, -suffix.length).split(".");
}

export function serviceByHost(host: string): string | undefined {
  const labels = hostLabels(host);
  if (!labels) return undefined;
  if (labels.some((label) => label === "s3" || label.startsWith("s3-"))) return "s3";
  const [first = "", second] = labels;
  return HOST_LABELS[`${first}.${second}`] ?? HOST_LABELS[first] ?? (/^[a-z][a-z0-9-]+$/.test(first) ? first : undefined);
}

/** `BUCKET.localhost`, where it is no service's name: how clients address buckets that were given http://localhost. */
export function isBucketHost(host: string): boolean {
  const name = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.localhost(?::\d+)?$/i.exec(host)?.[1]?.toLowerCase();
  return name !== undefined && name !== "evoke" && !AWS_NAMES.has(name.split(".")[0]!);
}

export const regionByHost = (host: string): string | undefined => hostLabels(host)?.find((label) => /^[a-z]{2}(-[a-z]+)+-\d$/.test(label));

export function serviceByTarget(target: string): string | undefined {
  return TARGETS[target.slice(0, Math.max(target.lastIndexOf("."), 0))];
}

export function serviceByPath(path: string): string | undefined {
  const cbor = /^\/service\/([^/]+)\/operation\//.exec(path);
  if (cbor) return TARGETS[cbor[1]!];
  return PATHS.find(([pattern]) => pattern.test(path))?.[1];
}

/** S3 Control signs as s3, and requests through Object Lambda as s3-object-lambda: these are the rooms' names. */
export function roomOfS3(service: string | undefined, { path, headers }: { path: string; headers: Record<string, string> }): string | undefined {
  if (service === "s3-object-lambda") return "s3";
  // An account's id comes with every operation of S3 Control, and with none of S3's; a bucket may be called v20180820.
  return service === "s3" && path.startsWith("/v20180820/") && headers["x-amz-account-id"] !== undefined ? "s3-control" : service;
}

/** `/BUCKET` or `/BUCKET/KEY`: what nothing else claims, as an address that is shared, a form of a page or curl has it. */
export const isBucketPath = (path: string): boolean => /^\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/|$)/.test(path);
