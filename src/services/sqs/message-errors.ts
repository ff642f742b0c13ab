// What SQS answers about messages, with AWS's sentences; how each is known: errors.ts.
import { ServiceError } from "../../kernel/errors.ts";
import { invalidParameter } from "./errors.ts";

const invalid = (message: string) => new ServiceError("InvalidParameterValue", message);

// Bodies and attributes
const ALLOWED = "the set of allowed characters is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].";
/** Reported (Particular/NServiceBus.AmazonSQS#2630, asim/nitro-plugins#437). */
export const invalidContents = (character: string) => new ServiceError("InvalidMessageContents", `Invalid binary character '${character}' was found in the message body, ${ALLOWED}`);
export const messageTooLong = (mostBytes: number) => invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${mostBytes} bytes.`);
export const entryTooLong = (mostBytes: number) => invalid(`One or more parameters cannot be validated. Reason: Message must be shorter than ${mostBytes} bytes.`);
/** Reported (open-telemetry/opentelemetry-java-instrumentation#13799). */
export const tooManyAttributes = (count: number) => invalid(`Number of message attributes [${count}] exceeds the allowed maximum [10].`);
export const attributeNameTooLong = () => invalid("Message (user) attribute name must be shorter than 256 bytes.");
export const attributeNameCharacters = () => invalid("Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens and underscores. ");
export const attributeNameReserved = () => invalid("You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use. Additionally, they cannot start or end with '.'.");
export const attributeTypeTooLong = () => invalid("Message (user) attribute type must be shorter than 256 bytes.");
/** Recalled. */
export const attributeWithoutType = (name: string) => invalid(`Message (user) attribute '${name}' must contain a non-empty attribute type.`);
export const attributeTypeUnknown = (type: string) => invalid(`Type for parameter MessageAttributes.Attribute_name.DataType must be prefixed with "String", "Binary", or "Number", but was: ${type}`);
export const attributeEmpty = (name: string, type: string) => invalid(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`);
/** The code is recorded, the sentence recalled. */
export const attributeCharacters = (name: string, character: string) => invalid(`Invalid binary character '${character}' was found in the message attribute '${name}' value, ${ALLOWED}`);
/** Recalled. */
export const attributeNotANumber = (name: string) => invalid(`Could not cast message attribute '${name}' value to number.`);
/** Reported by moto. */
export const attributeLists = () => new ServiceError("UnsupportedOperation", "Message attribute list values in SendMessage operation are not supported.");
/** Recalled. */
export const systemAttributeUnknown = (name: string) => invalid(`Message system attribute name '${name}' is invalid.`);
/** Recalled. */
export const systemAttributeType = (name: string) => invalid(`Message system attribute '${name}' must be of type String.`);

// Sending
/** Reported (aws-samples/amazon-sqs-dlq-replay-backoff#8). */
export const invalidDelay = (value: number) => invalidParameter(value, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.");
export const notOfThisQueueType = (value: unknown, parameter: string) => invalidParameter(value, parameter, "The request include parameter that is not valid for this queue type.");
export const invalidId = (value: string, parameter: string) => invalidParameter(value, parameter, `${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`);
export const deduplicationMissing = () => invalid("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
export const groupMissingInBatch = () => invalid("The request must contain the parameter MessageGroupId.");

// Receiving, deleting, hiding
export const invalidCount = (value: number) => invalidParameter(value, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.");
export const invalidWait = (value: number) => invalidParameter(value, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.");
/** Recalled. */
export const invalidReceiveTimeout = (value: number) => invalidParameter(value, "VisibilityTimeout", "Must be >= 0 and <= 43200, if provided.");
/** Recalled. */
export const invalidTimeout = (value: number) => invalidParameter(value, "VisibilityTimeout", "VisibilityTimeout must be an integer between 0 and 43200");
/** Reported (localstack/localstack#3956, aws/aws-sdk-net#794). */
export const beyondTwelveHours = (value: number) => invalidParameter(value, "VisibilityTimeout", "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]");
export const handleInvalid = (handle: string) => new ServiceError("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not a valid receipt handle.`);
export const handleExpired = (handle: string) => invalidParameter(handle, "ReceiptHandle", "The receipt handle has expired.");
export const notAvailable = (handle: string) => invalidParameter(handle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.");
/** Documented (ReceiveMessage, OverLimit); the sentence is recalled. */
export const tooManyInFlight = () => new ServiceError("OverLimit", "The maximum number of in flight messages is reached.");
/** The limit is Evoke's. */
export const tooManyWaiting = () => new ServiceError("RequestThrottled", "Request is throttled.");

// Batches
/** Reported (aws/aws-sdk-php#630, localstack/localstack#1658). */
export const emptyBatch = (entry: string) => new ServiceError("EmptyBatchRequest", `There should be at least one ${entry} in the request.`);
export const tooManyEntries = (count: number) => new ServiceError("TooManyEntriesInBatchRequest", `Maximum number of entries per request are 10. You have sent ${count}.`);
export const invalidEntryId = () => new ServiceError("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.");
/** Reported by moto. */
export const entryIdRepeated = (id: string) => new ServiceError("BatchEntryIdsNotDistinct", `Id ${id} repeated.`);
export const batchTooLong = (mostBytes: number, bytes: number) => new ServiceError("BatchRequestTooLong", `Batch requests cannot be longer than ${mostBytes} bytes. You have sent ${bytes} bytes.`);

// Message move tasks
const notThere = (message: string) => new ServiceError("ResourceNotFoundException", message);
export const noSource = () => notThere("The resource that you specified for the SourceArn parameter doesn't exist.");
export const noDestination = () => notThere("The resource that you specified for the DestinationArn parameter doesn't exist.");
export const noTask = () => notThere("Task does not exist.");
export const taskHandleInvalid = () => invalid("Value for parameter TaskHandle is invalid.");
export const notADeadLetterQueue = () => invalid("Source queue must be configured as a Dead Letter Queue.");
export const taskRunning = () => invalid("There is already a task running. Only one active task is allowed for a source queue arn at a given time.");
export const invalidSourceArn = () => invalid("You must use this format to specify the SourceArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>");
/** Recalled. */
export const invalidDestinationArn = () => invalid("You must use this format to specify the DestinationArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>");
/** Recalled. */
export const taskNotRunning = () => invalid("Only active tasks can be cancelled.");
/** Recalled. */
export const invalidRate = (value: number) => invalidParameter(value, "MaxNumberOfMessagesPerSecond", "Must be between 1 and 500, if provided.");
/** Recalled. */
export const invalidTaskCount = (value: number) => invalidParameter(value, "MaxResults", "Must be between 1 and 10, if provided.");
/** Recalled. */
export const differentQueueTypes = () => invalid("Source and destination queue must be of the same type.");
