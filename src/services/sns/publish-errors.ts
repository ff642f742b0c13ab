// What SNS answers when it refuses to publish. Texts recorded from AWS by LocalStack's validated snapshots (tests/aws/services/sns, 2026-03)
// except where a comment says otherwise.
import { ServiceError } from "../../kernel/errors.ts";
import { invalid } from "./errors.ts";

const badAttribute = (sentence: string) => new ServiceError("InvalidParameterValueException", sentence);

export const emptyMessage = () => invalid("Empty message");
export const messageTooLong = () => invalid("Message too long");
export const badSubject = () => invalid("Subject");
export const jsonUnreadable = () => invalid("Message Structure - JSON message body failed to parse");
export const jsonWithoutDefault = () => invalid("Message Structure - No default entry in JSON message body");
/** Our words: the API reference says only that "json" is the one value. */
export const badMessageStructure = () => invalid("MessageStructure");
export const groupRequired = () => invalid("The MessageGroupId parameter is required for FIFO topics");
/** In the form of the one for MessageDeduplicationId. */
export const badGroup = () => invalid("MessageGroupId Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length");
/** In the form of the one for MessageGroupId. */
export const badDeduplicationId = () => invalid("MessageDeduplicationId Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length");
export const deduplicationRequired = () => invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
export const deduplicationOnStandard = () => invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type");
export const noPhoneNumber = (number: string) => invalid(`PhoneNumber Reason: ${number} is not valid to publish to`);
/** API_Publish, OptedOut; our words. */
export const optedOut = (number: string) => new ServiceError("OptedOutException", `The phone number ${number} is opted out of receiving messages.`);
export const noSuchTarget = () => invalid("TargetArn Reason: No endpoint found for the target arn specified");
/** API_Publish: "Exception error indicating endpoint disabled"; the sentence is LocalStack's, from AWS. */
export const endpointDisabled = () => new ServiceError("EndpointDisabledException", "Endpoint is disabled");
/** As users have seen it. */
export const noTarget = () => invalid("TopicArn or TargetArn Reason: no value for required parameter");
/** Our words. */
export const oneTargetOnly = () => invalid("Only one of TopicArn, TargetArn and PhoneNumber may be given");

export const tooManyEntries = () => new ServiceError("TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible.");
/** API_PublishBatch, EmptyBatchRequest. */
export const noEntries = () => new ServiceError("EmptyBatchRequestException", "The batch request doesn't contain any entries.");
export const idsNotDistinct = () => new ServiceError("BatchEntryIdsNotDistinctException", "Two or more batch entries in the request have the same Id.");
export const idTooLong = (id: string) => new ServiceError("InvalidBatchEntryIdException", `The Id of a batch entry in the batch request is too long: ${id}`);
export const idCharacter = (id: string) => new ServiceError("InvalidBatchEntryIdException", `The Id of a batch entry in the batch request contains an impermissible character: ${id}`);
export const batchTooLong = () => new ServiceError("BatchRequestTooLongException", "The length of all the messages put together is more than the limit.");

export const attributeNameTooLong = () => badAttribute("Length of message attribute name must be less than 256 bytes.");
/** As SQS says it. */
export const attributeNameEmpty = () => badAttribute("The request must contain non-empty message attribute name.");
export const attributeNameStart = () => badAttribute("Invalid message attribute name starting with character '.' was found.");
export const attributeNameEnd = () => badAttribute("Invalid message attribute name ending with character '.' was found.");
export const attributeNameSuccessiveDots = () => badAttribute("Message attribute name can not have successive '.' character.");
export const attributeNameCharacter = (character: string) => badAttribute(`Invalid non-alphanumeric character '#x${character.codePointAt(0)!.toString(16).toUpperCase()}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.`);
export const attributeTypeUnknown = (name: string) => badAttribute(`The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`);
export const attributeValueMissing = (name: string, type: string) => badAttribute(`The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`);
export const attributeWrongField = (name: string, type: string, field: "String" | "Binary") => badAttribute(`The message attribute '${name}' with type '${type}' must use field '${field}'.`);
/** As moto's tests against AWS have it. */
export const attributeNotNumber = (name: string) => badAttribute(`Could not cast message attribute '${name}' value to number.`);
