// Pipes' own answers, with AWS's sentences. How sure each is stands at each.
import { ServiceError } from "../../kernel/errors.ts";

/** The form is reported (hashicorp/terraform-provider-aws#32018, #37150). */
const invalid = (Name: string, Message: string) => new ServiceError("ValidationException", JSON.stringify({ ValidationErrorFields: [{ Name, Message }] }), { members: { fieldList: [{ name: Name, message: Message }] } });
const conflict = (name: string, message: string) => new ServiceError("ConflictException", message, { members: { resourceId: name, resourceType: "pipe" } });

/** LocalStack's authors have these four in the same words; ours are not recorded by ourselves. */
export const pipeNotFound = (name: string) => new ServiceError("NotFoundException", `Pipe ${name} does not exist.`);
export const pipeExists = (name: string) => conflict(name, `Pipe ${name} already exists.`);
export const alreadyDesired = (name: string, state: string) => conflict(name, `Pipe ${name} is already in the desired state ${state}.`);
/** Our words; that pipes in transition refuse changes is documented of the states, the sentence nowhere. */
export const inTransition = (name: string, state: string) => conflict(name, `Pipe ${name} is in state ${state} and cannot be changed.`);
/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html; our words. */
export const tooManyPipes = (most: number) => new ServiceError("ServiceQuotaExceededException", `The limit of ${most} pipes has been reached.`, { members: { resourceId: "", resourceType: "pipe", serviceCode: "pipes", quotaCode: "" } });

/** Reported (terraform-provider-aws#32018). */
export const parameterMissing = (name: string) => invalid(name, "Missing required parameter.");
/** Reported (terraform-provider-aws#37150). */
export const parametersOfOtherTarget = (name: string) => invalid(name, "Invalid target parameter provided for target.");
/** In the form of the one above. */
export const parametersOfOtherSource = (name: string) => invalid(`SourceParameters.${name}`, "Invalid source parameter provided for source.");
/** Our words. */
export const badSource = (arn: string) => invalid("Source", `${arn} is not the ARN of a source of pipes.`);
export const badTarget = (arn: string) => invalid("Target", `${arn} is not the ARN of a target of pipes.`);
export const badEnrichment = (arn: string) => invalid("Enrichment", `${arn} is not the ARN of an enrichment of pipes.`);
export const otherRegions = (member: string) => invalid(member, "It must be in the account and region of the pipe.");
export const badFilter = (index: number) => invalid(`SourceParameters.FilterCriteria.Filters[${index}].Pattern`, "Invalid filter pattern definition.");
export const batchTooLarge = (name: string, most: number, why: string) => invalid(name, `BatchSize can be at most ${most} for ${why}.`);
export const windowRequired = (name: string) => invalid(name, "MaximumBatchingWindowInSeconds must be at least 1 when BatchSize is larger than 10.");
export const noWindow = (name: string) => invalid(name, "Batching windows are not supported for FIFO queues.");
export const groupMissing = () => invalid("TargetParameters.SqsQueueParameters.MessageGroupId", "Missing required parameter.");
export const logGroupNotFound = (arn: string) => invalid("LogConfiguration.CloudwatchLogsLogDestination.LogGroupArn", `The log group ${arn} does not exist.`);
export const deadLetterNotFound = (arn: string) => invalid("SourceParameters.DeadLetterConfig.Arn", `The dead-letter target ${arn} does not exist.`);
export const otherAccountsRole = (arn: string) => invalid("RoleArn", `The role ${arn} is of another account.`);
export const badNextToken = () => invalid("NextToken", "Invalid token.");
export const tooManyTags = (most: number) => invalid("tags", `A pipe can have ${most} tags.`);

/** A parameter that would be ignored is refused by name. */
export const notSupported = (what: string) => new ServiceError("ValidationException", `Evoke does not support ${what} yet.`);
