// What the operations on a bucket's and an object's settings refuse. Recorded by LocalStack on AWS, unless said otherwise.
import { ServiceError } from "../../kernel/errors.ts";

/** As Java shows a date where S3 is at home: "Tue Dec 31 16:00:00 PST 2019" (recorded). */
const IN_SEATTLE = new Intl.DateTimeFormat("en-US", { timeZone: "America/Los_Angeles", weekday: "short", month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short", year: "numeric" });
function javaDate(date: Date): string {
  const part = Object.fromEntries(IN_SEATTLE.formatToParts(date).map(({ type, value }) => [type, value]));
  return `${part["weekday"]} ${part["month"]} ${part["day"]} ${part["hour"]}:${part["minute"]}:${part["second"]} ${part["timeZoneName"]} ${part["year"]}`;
}

const error = (code: string, status: number, message: string, members: Record<string, string> = {}) => new ServiceError(code, message, { status, members });
const ofBucket = (code: string, message: string) => (bucket: string) => error(code, 404, message, { BucketName: bucket });

// Not configured
export const noBucketPolicy = ofBucket("NoSuchBucketPolicy", "The bucket policy does not exist");
export const noTagSet = ofBucket("NoSuchTagSet", "The TagSet does not exist");
export const noCors = ofBucket("NoSuchCORSConfiguration", "The CORS configuration does not exist");
export const noLifecycle = ofBucket("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist");
export const noWebsite = ofBucket("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration");
export const noPublicAccessBlock = ofBucket("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found");
export const noReplication = ofBucket("ReplicationConfigurationNotFoundError", "The replication configuration was not found");
export const noLockConfiguration = ofBucket("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket");
export const noObjectLock = () => error("NoSuchObjectLockConfiguration", 404, "The specified object does not have a ObjectLock configuration");

// Versioning
export const noVersioningStatus = () => error("IllegalVersioningConfigurationException", 400, "The Versioning element must be specified");
export const versioningIsLocked = () => error("InvalidBucketState", 409, "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.");
export const mfaDelete = () => error("NotImplemented", 501, "Evoke does not support MfaDelete.", { Header: "MfaDelete" });

// Policies
export const policyNotJson = () => error("MalformedPolicy", 400, "Policies must be valid JSON and the first byte must be '{'");
export const policyLacks = (field: string) => error("MalformedPolicy", 400, `Missing required field ${field}`);
/** Seen in many public reports, as are the next three. */
export const policyBadResource = () => error("MalformedPolicy", 400, "Policy has invalid resource");
export const policyBadAction = () => error("MalformedPolicy", 400, "Policy has invalid action");
export const policyBadPrincipal = (detail: string) => error("MalformedPolicy", 400, "Invalid principal in policy", { Detail: detail });
export const policyActionNotApplicable = () => error("MalformedPolicy", 400, "Action does not apply to any resource(s) in statement");
/** The next two: our words. */
export const policyBadForm = (why: string) => error("MalformedPolicy", 400, `Policy is not well formed: ${why}`);
export const policyTooLarge = () => error("PolicyTooLarge", 400, "Policy exceeds the maximum allowed document size: 20480 bytes");
/** Recalled. */
export const publicPolicyBlocked = (user: string, arn: string) => error("AccessDenied", 403, `User: ${user} is not authorized to perform: s3:PutBucketPolicy on resource: "${arn}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`);

// Tags
export const sameTagKey = (key: string) => error("InvalidTag", 400, "Cannot provide multiple Tags with the same key", { TagKey: key });
export const badTagKey = (key: string) => error("InvalidTag", 400, "The TagKey you have provided is invalid", { TagKey: key });
export const badTagValue = (key: string, value: string) => error("InvalidTag", 400, "The TagValue you have provided is invalid", { TagKey: key, TagValue: value });
export const systemTag = (key: string) => error("InvalidTag", 400, "System tags cannot be added/updated by requester", { TagKey: key });
export const reservedAtCreation = () => error("InvalidTag", 400, 'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.');
export const reservedTag = (key: string) => error("InvalidTag", 400, "Your TagKey cannot be prefixed with aws:", { TagKey: key });
/** ceph/s3-tests has the codes. */
export const tooManyObjectTags = () => error("BadRequest", 400, "Object tags cannot be greater than 10");
export const tooManyBucketTags = () => error("BadRequest", 400, "Bucket tag count cannot be greater than 50");
export const badTaggingHeader = (text: string) => error("InvalidArgument", 400, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.", { ArgumentName: "x-amz-tagging", ArgumentValue: text });

// Access control
export const aclsDisabled = () => error("AccessControlListNotSupported", 400, "The bucket does not allow ACLs");

/** Seen in many public reports. */
export const aclWithOwnership = () => error("InvalidBucketAclWithObjectOwnership", 400, "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");

export const noOwnershipControls = ofBucket("OwnershipControlsNotFoundError", "The bucket ownership controls were not found");
export const badOwnership = (value: string) => error("InvalidArgument", 400, `Invalid x-amz-object-ownership header: ${value}`, { ArgumentName: "x-amz-object-ownership" });
/** Recalled. */
export const publicAclAtCreation = () => error("InvalidBucketAclWithBlockPublicAccessError", 400, "Bucket cannot have public ACLs set with BlockPublicAccess enabled");
export const unknownAcl = (value: string) => error("InvalidArgument", 400, "", { ArgumentName: "x-amz-acl", ArgumentValue: value });

// Object lock
export const bucketHasNoLock = () => error("InvalidRequest", 400, "Bucket is missing Object Lock Configuration");
export const lockNeedsVersioning = () => error("InvalidBucketState", 409, "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration");
export const retentionInPast = (date: Date) => error("InvalidArgument", 400, "The retain until date must be in the future!", { ArgumentName: "RetainUntilDate", ArgumentValue: javaDate(date) });
/** In public reports; storj and versitygw record it of AWS. */
export const lockPeriodNotPositive = (name: string, value: number) => error("InvalidArgument", 400, "Default retention period must be a positive integer value.", { ArgumentName: name, ArgumentValue: String(value) });
export const lockPeriodTooLong = (name: string, value: number) => error("InvalidArgument", 400, "Default retention period too large.", { ArgumentName: name, ArgumentValue: String(value) });
export const lockHalfGiven = (missing: string) => error("InvalidArgument", 400, "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied", { ArgumentName: missing });
export const badLockMode = (mode: string) => error("InvalidArgument", 400, "Unknown wormMode directive.", { ArgumentName: "x-amz-object-lock-mode", ArgumentValue: mode });
/** In the form of the mode's. */
export const badLegalHold = (status: string) => error("InvalidArgument", 400, "Legal Hold must be either of 'ON' or 'OFF'", { ArgumentName: "x-amz-object-lock-legal-hold", ArgumentValue: status });
export const noLockToBypass = () => error("InvalidArgument", 400, "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.", { ArgumentName: "x-amz-bypass-governance-retention" });

// Acceleration
export const dotsNotAccelerated = () => error("InvalidRequest", 400, "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names");

// Encryption
export const badEncryption = (message: string, value?: string) => error("InvalidArgument", 400, message, { ArgumentName: "x-amz-server-side-encryption", ...(value !== undefined && { ArgumentValue: value }) });
export const badEncryptionAlgorithm = (value: string) => error("InvalidEncryptionAlgorithmError", 400, "The Encryption request you specified is not valid. Supported value: AES256.", { ArgumentName: "x-amz-server-side-encryption", ArgumentValue: value });
export const keyNotApplicable = () => error("InvalidArgument", 400, "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse", { ArgumentName: "ApplyServerSideEncryptionByDefault" });
