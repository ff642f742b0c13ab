// What STS answers when it refuses. Texts recorded from AWS by LocalStack's validated snapshots (tests/aws/services/sts)
// except where a comment says otherwise.
import { ServiceError } from "../../kernel/errors.ts";

const invalid = (message: string) => new ServiceError("ValidationError", message);
const denied = (message: string) => new ServiceError("AccessDenied", message, { status: 403 });
const badValue = (message: string) => new ServiceError("InvalidParameterValue", message);

export const badArn = (arn: string) => invalid(`${arn} is invalid`);
/** https://repost.aws/knowledge-center/iam-role-chaining-limit */
export const tooLongForRole = () => invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
export const tooLongForChain = () => invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");
export const mayNotAssume = (callerArn: string, roleArn: string) => denied(`User: ${callerArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`);
export const rootMayNotAssume = () => denied("Roles may not be assumed by root accounts.");
export const noTokenForSession = (operation: string) => denied(`Cannot call ${operation} with session credentials`);
/** Our words: AWS reads the account out of the key itself. */
export const noSuchKey = (accessKeyId: string) => invalid(`There is no access key ${accessKeyId}.`);

export const duplicateTags = () => badValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
export const transitiveNotGiven = () => badValue("The specified transitive tag key must be included in the requested tags.");
export const transitiveTaken = () => badValue("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.");
/** Our words for a rule of https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html */
export const sourceIdentityFixed = () => denied("The source identity of a session cannot be changed.");

/** The wording of IAM's own checks. */
export const malformedPolicy = (why: string) => new ServiceError("MalformedPolicyDocumentException", why);
/** Seen with these words in many reports (aws/aws-sdk-go#3182 …). */
export const policyTooLarge = (percent: number) => new ServiceError("PackedPolicyTooLargeException", `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`);
/** Our words for "The policies must exist in the same account as the role". */
export const foreignPolicy = (arn: string) => invalid(`${arn} is not a managed policy of this account`);

/** Our words for a limit of API_AssumeRole. */
export const tooManyPolicyArns = (max: number) => invalid(`A session takes at most ${max} managed policies.`);

/** A parameter that would do nothing is refused by name. */
export const notSupported = (parameter: string) => invalid(`Evoke does not support the parameter ${parameter} yet.`);
