// What Lambda answers about event source mappings; texts observed on AWS (LocalStack's recordings, issues of public tools) except where said otherwise.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
import { ServiceError } from "../../../kernel/errors.ts";
import { invalidParameter } from "../errors.ts";

export const mappingNotFound = () => new ServiceError("ResourceNotFoundException", "The resource you requested does not exist.");
/** Recalled, not observed. */
export const mappingInUse = (verb: "update" | "delete") => new ServiceError("ResourceInUseException", `Cannot ${verb} the event source mapping because it is in use.`);

export const sourceUnrecognized = () => invalidParameter("Unrecognized event source.");
export const selfManagedWithoutAccess = () => invalidParameter("Required 'sourceAccessConfigurations' parameter is missing.");
export const functionDoesNotExist = () => invalidParameter("Function does not exist");
export const queueDoesNotExist = () => invalidParameter("Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.");
export const streamNotFound = (arn: string) => invalidParameter(`Stream not found: ${arn}`);
/** Observed with 'maximumBatchingWindowInSeconds'; of DestinationConfig AWS says it without quotation marks and as it is written. */
export const parameterUnsupported = (name: string) => invalidParameter(`Unsupported ${name === "DestinationConfig" ? name : `'${name[0]!.toLowerCase()}${name.slice(1)}'`} parameter for given event source mapping type.`);
export const startingPositionMissing = () => invalidParameter("1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.");
export const startingPositionUnsupported = (arn: string) => invalidParameter(`Unsupported starting position for arn type: ${arn}`);
export const windowNeeded = () => invalidParameter("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
export const windowForFifo = () => invalidParameter("Batching window is not supported for FIFO queues");
export const filterInvalid = () => invalidParameter("Invalid filter pattern definition.");
export const visibilityTooShort = (visibilitySeconds: number, timeoutSeconds: number) => invalidParameter(`Queue visibility timeout: ${visibilitySeconds} seconds is less than Function timeout: ${timeoutSeconds} seconds`);
export const roleNotPermitted = (action: string, source: string) => invalidParameter(`The provided execution role does not have permissions to call ${action.split(":")[1]} on ${source}`);

const exists = (what: string, uuid: string) => new ServiceError("ResourceConflictException", `${what} already exists. Please update or delete the existing mapping with UUID ${uuid}`);
/** The blanks inside of the quotation marks are AWS's. */
export const mappingExists = (kind: "queue" | "stream", sourceArn: string, functionName: string, uuid: string) =>
  exists(kind === "queue" ? `An event source mapping with SQS arn (" ${sourceArn} ") and function (" ${functionName} ")` : `The event source arn (" ${sourceArn} ") and function (" ${functionName} ") provided mapping`, uuid);

// Ours: that AWS refuses it is documented, its words are not known.
export const startingTimestampMissing = () => invalidParameter("StartingPositionTimestamp is required with StartingPosition AT_TIMESTAMP, and only with it.");
export const startingTimestampInFuture = () => invalidParameter("StartingPositionTimestamp must not be in the future.");
export const batchTooLarge = (most: number) => invalidParameter(`BatchSize must be less than or equal to ${most} for this event source.`);
export const tooManyFilters = (most: number) => invalidParameter(`FilterCriteria must have at most ${most} filters.`);
export const recordAgeInvalid = () => invalidParameter("MaximumRecordAgeInSeconds must be -1, or 60 to 604800.");
export const metricsInvalid = () => invalidParameter("MetricsConfig: only EventCount is available for this event source.");
export const scalingTwice = () => invalidParameter("ScalingConfig and ProvisionedPollerConfig are mutually exclusive.");
export const pollersInvalid = () => invalidParameter("ProvisionedPollerConfig for this event source: MinimumPollers is 2 to 200, MaximumPollers is 2 to 10000 and not less than MinimumPollers, and there is no PollerGroupName.");
export const otherRegionsSource = () => invalidParameter("The event source and the function must be in the same Region.");
export const tenantsTarget = () => invalidParameter("Event source mappings are not supported for functions with tenant isolation.");
export const tooManyMappings = (most: number) => invalidParameter(`There can be at most ${most} event source mappings in an account and Region.`);
