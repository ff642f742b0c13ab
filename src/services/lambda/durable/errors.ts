// What callers of durable executions can get wrong, in AWS's own words.
// The texts are those that clients of AWS have seen: aws/aws-durable-execution-sdk-js (checkpoint-server/validators), its issue #917, SDK issue
// aws/aws-durable-execution-sdk-python#342, and error reports of users; where a word is ours, the README says so.
import { ServiceError } from "../../../kernel/errors.ts";

const refusal = (code: string, message: string) => new ServiceError(code, message);

/** Everything that is wrong with an update, and much else, has this name. */
export const invalid = (message: string) => refusal("InvalidParameterValueException", message);

export const unqualified = () => invalid("You cannot invoke a durable function using an unqualified ARN.");
export const tooLongToWait = () => invalid("You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.");
export const notDurable = (name: string) => invalid(`Function ${name} is not a durable function, so it takes no DurableExecutionName.`);
export const noStreaming = () => invalid("A durable function cannot be invoked with response streaming.");
export const noTimeout = () => invalid("You cannot create a function with a durable configuration without an executionTimeout");
export const neverDurable = () => invalid("You cannot add a durable configuration to a function that was originally created with no durable configuration");

export const alreadyStarted = (arn: string) => refusal("DurableExecutionAlreadyStartedException", `Execution already started: ${arn}`);
export const executionNotFound = () => refusal("ResourceNotFoundException", "Durable Execution does not exist");
export const invalidToken = () => invalid("Invalid checkpoint token");
export const tokenOfAnother = () => invalid("Checkpoint token is not valid for the durable execution ARN");
export const invalidMarker = () => invalid("Invalid Marker");
export const invalidCallbackId = () => invalid("Invalid callback id");
export const callbackClosed = () => refusal("CallbackTimeoutException", "The callback is either timed out or already completed");
export const oneStatus = () => invalid("Cannot filter by more than one status");
/** Nobody reads it: the caller has gone, or this process is about to. The execution goes on. */
export const callerGone = () => new ServiceError("ServiceException", "Evoke stopped waiting for the durable execution, which goes on.", { status: 500 });
