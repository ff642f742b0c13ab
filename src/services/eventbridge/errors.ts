// What EventBridge answers when it refuses. Texts recorded from AWS by LocalStack's validated snapshots (tests/aws/services/events, 2026-03)
// except where a comment says otherwise.
import { ServiceError } from "../../kernel/errors.ts";

const invalid = (message: string) => new ServiceError("ValidationException", message);
const notFound = (message: string) => new ServiceError("ResourceNotFoundException", message);
const exists = (message: string) => new ServiceError("ResourceAlreadyExistsException", message);

export const busNotFound = (name: string) => notFound(`Event bus ${name} does not exist.`);
export const busExists = (name: string) => exists(`Event bus ${name} already exists.`);
export const cannotDeleteDefault = () => invalid("Cannot delete event bus default.");
/** As moto's tests have it. */
export const badBusName = (name: string) => invalid(`Event bus name ${name.includes("/") ? "must not contain '/'." : "is not valid."}`);
/** As users have met it (terraform-provider-aws#35065). */
export const reservedBusName = () => invalid("EventBus name starting with 'aws.' is not valid.");
/** Our words; AWS deletes the rules of a bus with it only when they have no targets. */
export const busHasTargets = () => invalid("Event bus can't be deleted since it has rules with targets.");
export const notABus = (parameter: string, arn: string) => invalid(`Parameter ${parameter} is not valid. Reason: ${arn} is not the ARN of an event bus.`);
/** In the form of AWS's refusals. */
export const notTheOwner = (caller: string, action: string, resource: string) => notAuthorized(`User: ${caller} is not authorized to perform: events:${action} on resource: ${resource} because no resource-based policy allows the events:${action} action`);
export const notAuthorized = (sentence: string) => new ServiceError("AccessDeniedException", sentence);
export const tooMany = () => new ServiceError("LimitExceededException", "The requested resource exceeds the maximum number allowed.");
/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html; our words. */
export const policyTooLong = () => new ServiceError("PolicyLengthExceededException", "The event bus policy is longer than 10240 characters.");
export const badPolicy = (why: string) => invalid(`Parameter Policy is not valid. Reason: ${why}`);
export const noSuchStatement = () => notFound("Statement with the provided id does not exist.");
/** In the form AWS uses for other parameters. */
export const permissionWithout = (parameter: string) => invalid(`Parameter ${parameter} is required.`);

/** In the form of the next, which users have met (aws-sdk-js-v3#4788). */
export const eventSourceNotFound = (name: string) => notFound(`Event source ${name} does not exist.`);
export const eventSourceOrBusNotFound = (name: string) => notFound(`Event source ${name} or event bus ${name} does not exist.`);
export const eventSourceExists = (name: string) => exists(`Event source ${name} already exists.`);
/** Our words. */
export const eventSourceIsDeleted = (name: string) => new ServiceError("InvalidStateException", `Event source ${name} is in state DELETED.`);
/** Our words. */
export const notTheNameOfItsSource = () => invalid("Parameter Name is not valid. Reason: The name of a partner event bus must be the name of its event source.");

export const ruleNotFound = (name: string, bus: string) => notFound(`Rule ${name} does not exist on EventBus ${bus}.`);
export const ruleHasTargets = () => invalid("Rule can't be deleted since it has targets.");
/** As users have met it (terraform-provider-aws, issues). */
export const neitherPatternNorSchedule = () => invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
export const scheduleOnDefaultOnly = () => invalid("ScheduleExpression is supported only on the default event bus.");
export const badSchedule = () => invalid("Parameter ScheduleExpression is not valid.");
export const badEventPattern = (reason: string) => new ServiceError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);
export const badEvent = () => invalid("Parameter Event is not valid.");

export const severalInputs = (id: string) => invalid(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
export const unknownPlaceholder = (id: string, name: string) => invalid(`InputTemplate for target ${id} contains invalid placeholder ${name}.`);
/** As users have met it (terraform-provider-aws, issues). */
export const badInput = (id: string) => invalid(`JSON syntax error in input for target ${id}.`);
/** As users have met it, of buses of their own and of other accounts (serverless/serverless#12614). */
export const inputOfBus = (id: string) => invalid(`Modifying the input for target ${id} is not supported.`);
/** Our words. */
export const badPath = (id: string, path: string) => invalid(`${path} is not a JSON path that EventBridge reads, for target ${id}.`);
/** As moto has it. */
export const badTargetArn = (arn: string) => invalid(`Parameter ${arn} is not valid. Reason: Provided Arn is not in correct format.`);
/** As moto has it, observed for queues. */
export const parameterMissing = (parameter: string, id: string) => invalid(`Parameter(s) ${parameter} must be specified for target: ${id}.`);
/** As users have met it, of pipelines and of event buses in other accounts. */
export const roleRequired = (arn: string) => invalid(`RoleArn is required for target ${arn}.`);
/** Our words. */
export const badParameterOfTarget = (parameter: string, id: string, why: string) => invalid(`Parameter ${parameter} is not valid for target ${id}. Reason: ${why}.`);
export const noSuchTargetId = (rule: string, id: string) => ({ TargetId: id, ErrorCode: "ResourceNotFoundException", ErrorMessage: `Rule '${rule}' does not have a target with the Id '${id}'.` });

export const entriesTooLarge = () => invalid("Total size of the entries in the request is over the limit.");
/** In the words PutEvents has for an entry. */
export const malformedDetail = () => invalid("Detail is malformed.");
export const duplicateTags = () => invalid("Invalid parameter: Duplicated keys are not allowed.");
/** In the form of AWS's refusals of long lists. */
export const tooManyTags = () => invalid("1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50");
/** Our words. */
export const notTaggable = (arn: string) => invalid(`Parameter ResourceARN is not valid. Reason: ${arn} is neither a rule nor an event bus.`);
/** Our words. */
export const badNextToken = () => invalid("Parameter NextToken is not valid.");

export const archiveNotFound = (name: string) => notFound(`Archive ${name} does not exist.`);
export const archiveExists = (name: string) => exists(`Archive ${name} already exists.`);
export const nothingToUpdate = () => invalid("At least one of EventPattern, RetentionDays or Description must be provided.");
/** As moto has it. */
export const oneFilterOnly = (operation: string) => invalid(`At most one filter is allowed for ${operation}. Use either : State, EventSourceArn, or NamePrefix.`);
export const replayNotFound = (name: string) => notFound(`Replay ${name} does not exist.`);
export const replayExists = (name: string) => exists(`Replay ${name} already exists.`);
export const replayFromNowhere = (name: string) => invalid(`Parameter EventSourceArn is not valid. Reason: Archive ${name} does not exist.`);
export const replayElsewhere = () => invalid("Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.");
/** As moto has it. */
export const replayToNoBus = () => invalid("Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.");
/** Our words. */
export const replayToNoRule = (arn: string) => invalid(`Parameter Destination.FilterArns is not valid. Reason: ${arn} is not a rule of the event bus.`);
export const replayBackwards = () => invalid("Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.");
/** As moto has it. */
export const replayIsOver = (name: string) => new ServiceError("IllegalStatusException", `Replay ${name} is not in a valid state for this operation.`);

export const connectionNotFound = (name: string) => notFound(`Failed to describe the connection(s). Connection '${name}' does not exist.`);
export const connectionExists = (name: string) => exists(`Connection ${name} already exists.`);
export const destinationNotFound = (name: string) => notFound(`Failed to describe the api-destination(s). An api-destination '${name}' does not exist.`);
export const destinationExists = (name: string) => exists(`An api-destination '${name}' already exists.`);
/** Our words. */
export const authorizationMissing = (parameter: string, type: string) => invalid(`Parameter AuthParameters.${parameter} is required for the authorization type ${type}.`);
/** Our words. */
export const badEndpoint = (parameter: string) => invalid(`Parameter ${parameter} is not valid. Reason: it is not an HTTPS address.`);

/** Our words: AWS names the pattern. */
export const badHeaders = (parameter: string) => invalid(`Parameter ${parameter} is not valid. Reason: a header has a character that headers cannot have.`);

/** A parameter that would be ignored is refused by name. */
export const notSupported = (what: string) => invalid(`Evoke does not support ${what} yet.`);
