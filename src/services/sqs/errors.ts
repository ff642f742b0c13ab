// SQS's own answers, with AWS's sentences. Where nothing else is said they are recorded from AWS (LocalStack's validated snapshots and tests);
// "reported" is quoted from AWS by users, "recalled" is neither. Codes that no model has are written as AWS writes them: see wire/described-error.ts.
import { ServiceError } from "../../kernel/errors.ts";

const invalid = (message: string) => new ServiceError("InvalidParameterValue", message);
export const invalidParameter = (value: unknown, parameter: string, reason: string) => invalid(`Value ${String(value)} for parameter ${parameter} is invalid. Reason: ${reason}`);
export const missingParameter = (name: string) => new ServiceError("MissingParameter", `The request must contain the parameter ${name}.`);

// Queues
export const queueDoesNotExist = () => new ServiceError("QueueDoesNotExist", "The specified queue does not exist.");
export const accessDenied = (who: string, action: string, arn: string) => new ServiceError("AccessDenied", `User: ${who} is not authorized to perform: ${action.toLowerCase()} on resource: ${arn} because no resource-based policy allows the ${action.toLowerCase()} action`, { status: 403 });
export const invalidQueueName = () => invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
export const invalidFifoName = () => invalid("The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length");
export const queueNameExists = (attribute: string) => new ServiceError("QueueNameExists", `A queue already exists with the same name and a different value for attribute ${attribute}`);
export const queueDeletedRecently = () => new ServiceError("QueueDeletedRecently", "You must wait 60 seconds after deleting a queue before you can create another with the same name.");
export const purgeInProgress = (name: string) => new ServiceError("PurgeQueueInProgress", `Only one PurgeQueue operation on ${name} is allowed every 60 seconds.`);
/** Recalled. */
export const invalidToken = () => invalid("Invalid or expired next token.");
/** Recalled. */
export const invalidMaxResults = (value: number) => invalidParameter(value, "MaxResults", "MaxResults must be an integer between 1 and 1000.");

// Attributes of queues
export const unknownAttribute = (name: string) => new ServiceError("InvalidAttributeName", `Unknown Attribute ${name}.`);
export const onlyOfFifo = (name: string) => new ServiceError("InvalidAttributeName", `You can specify the ${name} only when FifoQueue is set to true.`);
/** Reported (apache/airflow#65592). */
export const invalidAttribute = (name: string, reason?: string) => new ServiceError("InvalidAttributeValue", `Invalid value for the parameter ${name}.${reason === undefined ? "" : ` Reason: ${reason}`}`);
export const queueTypeFixed = () => invalidAttribute("FifoQueue", "Modifying queue type is not supported.");
/** Recalled. */
export const limitNeedsScope = () => invalidAttribute("FifoThroughputLimit", "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.");
export const oneEncryption = () => new ServiceError("InvalidAttributeName", "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.");
export const notSupported = (what: string) => new ServiceError("InvalidAttributeValue", `Evoke does not support ${what}.`);
/** Reported (crossplane-contrib/provider-aws#443, serverless/serverless#5215). */
export const invalidRedrive = (text: string, reason: string) => invalidParameter(text, "RedrivePolicy", reason);
export const invalidRedriveAllow = (text: string, reason: string) => invalidParameter(text, "RedriveAllowPolicy", `Amazon SQS can't create the redrive allow policy. ${reason}`);
export const tooManyStatements = (count: number, most: number) => new ServiceError("OverLimit", `${count} statements were found in the submitted policy, max allowed is ${most}`);

// Permissions and tags
export const labelExists = (label: string) => invalidParameter(label, "Label", "Already exists.");
export const labelNotThere = (label: string) => invalidParameter(label, "Label", "can't find label.");
/** Recalled. */
export const invalidLabel = (label: string) => invalidParameter(label, "Label", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
export const invalidAction = (action: string) => invalidParameter(`SQS:${action}`, "ActionName", "Please refer to the appropriate WSDL for a list of valid actions. ");
/** Reported by moto, and by users. */
export const unverifiedAccounts = (accounts: string[]) => invalidParameter(`[${accounts.join(", ")}]`, "PrincipalId", "Unable to verify.");
/** Reported by moto. */
export const tooManyActions = (count: number) => new ServiceError("OverLimit", `${count} Actions were found, maximum allowed is 7.`);
/** Reported by moto. */
export const tooManyTags = (name: string) => invalid(`Too many tags added for queue ${name}.`);
/** Recalled. */
export const invalidTagKey = () => invalid("Tag keys must be between 1 and 128 characters in length.");
/** Recalled. */
export const invalidTagValue = () => invalid("Tag values must be between 0 and 256 characters in length.");
/** Recalled. */
export const reservedTagKey = () => invalid("System tags cannot be added/updated by requester");
