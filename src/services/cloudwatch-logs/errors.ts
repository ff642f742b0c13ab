// What CloudWatch Logs answers when it refuses. Texts recorded from AWS by LocalStack's validated snapshots (tests/aws/services/logs, 2026-02)
// except where a comment says otherwise.
import { ServiceError } from "../../kernel/errors.ts";

const invalid = (message: string) => new ServiceError("InvalidParameterException", message);

export const noSuchGroup = () => new ServiceError("ResourceNotFoundException", "The specified log group does not exist.");
export const noSuchStream = () => new ServiceError("ResourceNotFoundException", "The specified log stream does not exist.");
export const noSuchResource = () => new ServiceError("ResourceNotFoundException", "The specified resource does not exist.");
export const groupExists = () => new ServiceError("ResourceAlreadyExistsException", "The specified log group already exists");
export const streamExists = () => new ServiceError("ResourceAlreadyExistsException", "The specified log stream already exists");

export const nameTooLong = () => invalid("Invalid LogGroup or LogStream, both must have length less than or equal to 512.");
export const prefixAndPattern = () => invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
export const nameAndIdentifier = () => new ServiceError("ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
/** Our words. */
export const neitherNameNorIdentifier = () => new ServiceError("ValidationException", "Either logGroupName or logGroupIdentifier must be given.");
export const badNextToken = () => invalid("The specified nextToken is invalid.");
export const outOfOrder = () => invalid("Log events in a single PutLogEvents request must be in chronological order.");
/** Text from fluent-bit and fluentd reports of AWS's answer. */
export const longSpan = () => invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
export const batchTooLarge = (bytes: number, limit: number) => invalid(`Upload too large: ${bytes} bytes exceeds limit of ${limit}`);
export const eventTooLarge = (bytes: number, limit: number) => invalid(`Log event too large: ${bytes} bytes exceeds limit of ${limit}`);
/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html: a prefix cannot be ordered by time. */
export const prefixByTime = () => invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
export const badPattern = (message: string) => invalid(message);
export const badRetention = (given: number, valid: readonly number[]) =>
  invalid(`1 validation error detected: Value '${given}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${valid.join(", ")}]`);
export const namesAndPrefix = () => invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
export const tailNamesAndPrefixes = () => invalid("logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.");
export const tailStreamsOfOneGroup = () => invalid("Log streams can be chosen only when exactly one log group is given.");
export const tailNeedsArns = (identifier: string) => invalid(`Invalid log group ARN: ${identifier}`);
export const tooManyTails = (limit: number) => new ServiceError("LimitExceededException", `There may be at most ${limit} Live Tail sessions at once.`);
export const tailTimedOut = () => new ServiceError("SessionTimeoutException", "The session has been open for three hours.");
export const tooManyTags = (resourceName: string) => new ServiceError("TooManyTagsException", "A resource can have no more than 50 tags.", { members: { resourceName } });

/** A parameter that would do nothing is refused by name. */
export const notSupported = (parameter: string) => invalid(`Evoke does not support the parameter ${parameter} yet.`);
