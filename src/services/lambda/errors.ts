// One function per situation that a Lambda caller can get wrong, with AWS's own sentence where it is known.
// https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
import { ServiceError } from "../../kernel/errors.ts";
import { LAMBDA } from "../../kernel/limits.ts";
import type { ThrottleReason } from "../../ports/functions.ts";

const refusal = (code: string, message: string, members: Record<string, unknown> = {}) => new ServiceError(code, message, { members });

export const invalidParameter = (message: string) => refusal("InvalidParameterValueException", message);
const conflict = (message: string) => refusal("ResourceConflictException", message);
const notFound = (message: string) => refusal("ResourceNotFoundException", message);
const invalidContent = (message: string) => refusal("InvalidRequestContentException", message);

const quoted = (text: string) => `'${text}'`;

/** What Evoke knows but does not do; refused rather than ignored. */
export const notSupported = (what: string) => invalidParameter(`Evoke does not support ${what} yet.`);

export const functionNotFound = (arn: string) => notFound(`Function not found: ${arn}`);
export const functionExists = (name: string) => conflict(`Function already exist: ${name}`);
export const stateForbids = (state: string) => conflict(`The operation cannot be performed at this time. The function is currently in the following state: ${state}`);
export const updateInProgress = (arn: string) => conflict(`The operation cannot be performed at this time. An update is in progress for resource: ${arn}`);
export const revisionMismatch = () => refusal("PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id");

export const codeShaMismatch = (given: string, actual: string) => invalidParameter(`CodeSHA256 (${given}) is different from current CodeSHA256 in $LATEST (${actual}). Please try again with the CodeSHA256 in $LATEST.`);

export const aliasExists = (arn: string) => conflict(`Alias already exists: ${arn}`);
export const aliasNotFound = (arn: string) => notFound(`Cannot find alias arn: ${arn}`);
/** UpdateAlias has its own words (observed). */
export const aliasToUpdateNotFound = (arn: string) => notFound(`Alias not found: ${arn}`);
export const tooManyWeights = () => invalidParameter("Number of items in AdditionalVersionWeights cannot be greater than 1");
export const versionTwice = (version: string) => invalidParameter(`Invalid function version ${version}. Function version ${version} is already included in routing configuration.`);
export const aliasOfLatest = () => invalidParameter("$LATEST is not supported for an alias pointing to more than 1 version");
export const rolesDiffer = (what: string) => invalidParameter(`The versions of an alias with routing configuration must have the same ${what}.`);
export const aliasesNotDeletable = () => invalidParameter("Deletion of aliases is not currently supported.");
/** Seen by users of AWS: karl-cardenas-coding/go-lambda-cleanup#45. */
export const versionHasAliases = (aliases: string[]) => conflict(`Unable to delete version because the following aliases reference it: [${aliases.join(", ")}]`);

export const reservedTooMuch = () => invalidParameter(`Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${LAMBDA.unreservedConcurrencyMin}].`);
/** The spaces are AWS's (observed). */
export const reservedBelowProvisioned = (reserved: number, provisioned: number) => invalidParameter(` ReservedConcurrentExecutions  ${reserved} should not be lower than function's total provisioned concurrency [${provisioned}].`);
export const provisionedUnpublished = () => invalidParameter("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
export const latestNotProvisioned = () => invalidParameter("The function resource provided must be an alias or a published version.");
export const notProvisioned = () => refusal("ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function");
export const provisionedAboveReserved = () => invalidParameter("Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function");
export const provisionedAboveUnreserved = (free: number) => invalidParameter(`Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${free}].`);
export const provisionedTooMuch = () => invalidParameter(`Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${LAMBDA.unreservedConcurrencyMin}].`);
export const aliasOverProvisionedVersion = () => conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
export const versionUnderProvisionedAlias = () => conflict("Version is pointed by a Provisioned Concurrency alias");
/** Ours; the developer guide says that the two exclude each other. */
export const provisionedForTenants = () => invalidParameter("Provisioned concurrency is not supported for functions with tenant isolation.");

export const noEventInvokeConfig = (arn: string) => notFound(`The function ${arn} doesn't have an EventInvokeConfig`);
/** What the operations on EventInvokeConfigs say of a function (observed). */
export const functionMissing = () => notFound("The function doesn't exist.");
export const nothingToConfigure = () => invalidParameter("You must specify at least one of error handling or destination setting.");
export const destinationIsItself = () => invalidParameter("You can't specify the function as a destination for itself.");
/** Our words: AWS's guide says that they are not supported. */
export const destinationsOfDurable = () => invalidParameter("Destinations are not supported for durable functions. Use a dead-letter queue instead.");
export const destinationInvalid = (arn: string) => invalidParameter(`The destination ARN ${arn} is invalid.`);
/** As the AWS provider of Terraform quotes it, which waits for it to pass. */
export const destinationNotPermitted = (action: string, arn: string) => invalidParameter(`The function's execution role does not have permissions to call ${action.split(":")[1]} on ${arn}`);
export function destinationsInvalid(onSuccess: string | undefined, onFailure: string | undefined) {
  const shown = (name: string, destination: string | undefined) => (destination ? `${name}(destination=${destination})` : "null");
  return invalidParameter(`The provided destination config DestinationConfig(onSuccess=${shown("OnSuccess", onSuccess)}, onFailure=${shown("OnFailure", onFailure)}) is invalid.`);
}
/** Ours. */
export const deadLetterInvalid = (arn: string) => invalidParameter(`The dead-letter target ARN ${arn} is invalid: it must be that of an SQS standard queue or an SNS standard topic that exists.`);

export const nameTooLong = (name: string) => invalidParameter(`1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`);
export const qualifierMismatch = () => invalidParameter("The derived qualifier from the function name does not match the specified qualifier.");
export const otherRegion = (region: string, here: string) => notFound(`Functions from ${quoted(region)} are not reachable in this region (${quoted(here)})`);
/** The policy engine's sentence. */
export const notAuthorized = (sentence: string) => new ServiceError("AccessDeniedException", sentence, { status: 403 });
export const otherAccount = (caller: string, action: string, arn: string) =>
  notAuthorized(`User: ${caller} is not authorized to perform: lambda:${action} on resource: ${arn} because no resource-based policy allows the lambda:${action} action`);
export const latestNotDeletable = () => invalidParameter("$LATEST version cannot be deleted without deleting the function.");
export const functionsOnly = () => invalidParameter("This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.");

export const runtimeUnknown = (runtime: string, known: readonly string[]) => invalidParameter(`Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${known.join(", ")}] or be a valid ARN`);
export const runtimeDeprecated = (runtime: string) => invalidParameter(`The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`);
export const runtimeAndHandlerMissing = () => invalidParameter("Runtime and Handler are mandatory parameters for functions created with deployment packages.");
export const tooLarge = (field: string, max: number) => invalidParameter(`'${field}' value failed to satisfy constraint: Member must have value less than or equal to ${max}`);
export const reservedKeys = (keys: string[]) => invalidParameter(`Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${keys.join(", ")}`);
export const environmentTooLarge = (measured: string) => invalidParameter(`Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${measured}`);
export const logLevelNeedsJson = () => invalidParameter('LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the LogFormat to "Json" and try again.');
/** Seen by many, among them XT-i/aws-lambda-jenkins-plugin#56. */
export const halfOfVpc = () => invalidParameter("SubnetIds and SecurityIds must coexist or be both empty list.");
/** That AWS keeps the prefix to itself is in configuration-tags.html; the words are ours. */
export const reservedTag = (key: string) => invalidParameter(`Tag keys that begin with aws: are reserved for AWS use: ${key}.`);
export const tooManyTags = () => invalidParameter("Number of tags exceeds resource tag limit.");
/** All that AWS says of no tags at all (observed). */
export const tagsMissing = () => invalidParameter("An error occurred and the request cannot be processed.");
export const tagsOnVersion = () => invalidParameter("Tags on function aliases and versions are not supported. Please specify a function ARN.");
export const resourceNotFound = (kind: string, arn: string) => notFound(`${kind} not found: ${arn}`);
export const badMarker = () => invalidParameter("The Marker is not one that this operation returned.");

export const codeMissing = () => invalidParameter("Please provide a source for function code.");
/** Seen by users of AWS, in the tests of Java projects. */
export const otherCodeGiven = () => invalidParameter("Please do not provide other FunctionCode parameters when providing a ZipFile.");
/** Seen by users of AWS: aws-samples/aws-codepipeline-bitbucket-integration#7, buildkite/elastic-ci-stack-for-aws#564. */
export const codeNotRead = (code: string, message: string) => invalidParameter(`Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`);
/** Our sentence. */
export const codeChanged = () => codeNotRead("OperationAborted", "The object was changed or removed while it was read. Please try again.");
export const codeAccessDenied = (bucket: string, key: string, message: string) =>
  new ServiceError("AccessDeniedException", `Your access has been denied by S3, please make sure your request credentials have permission to GetObject for ${bucket}/${key}. S3 Error Code: AccessDenied. S3 Error Message: ${message}`, { status: 403 });
export const codeEmpty = () => invalidParameter("Uploaded file must be a non-empty zip");
export const imageForZip = () => invalidParameter("Please don't provide ImageUri when updating a function with packageType Zip.");
export const notUnzippable = () => invalidParameter("Could not unzip uploaded file. Please check your file, then try to upload again.");
export const unzippedTooLarge = () => invalidParameter(`Unzipped size must be smaller than ${LAMBDA.unzippedBytesMax} bytes`);
export const zippedTooLarge = () => new ServiceError("RequestEntityTooLargeException", `Zipped size must be smaller than ${LAMBDA.zipBytesMax} bytes`, { status: 413 });
export const codeStorageExceeded = () => refusal("CodeStorageExceededException", "Code storage limit exceeded.");

export const payloadNotJson = (why: string) => invalidContent(`Could not parse request body into json: Could not parse payload into json: ${why}`);
/** Clients of real AWS see this name, not the modelled RequestTooLargeException. */
export const payloadTooLarge = (bytes: number, type: string, bytesMax: number) =>
  new ServiceError("RequestEntityTooLargeException", `${bytes} byte payload is too large for the ${type} invocation type (limit ${bytesMax} bytes)`, { status: 413 });
/** Seen by users of AWS, in the announcement of tenant isolation too. */
export const tenantMissing = () => invalidParameter("The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.");
/** Ours, after the one above. */
export const tenantWithoutIsolation = () => invalidParameter("The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again.");
/** The model's description of the exception; its text on the wire is not known. */
export const recursiveInvocation = () => refusal("RecursiveInvocationException", "Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped your function's invocation.");
export const badClientContext = () => invalidContent("Client context must be a valid Base64-encoded JSON object.");
export const clientContextTooLarge = () => invalidContent(`Client context must be at most ${LAMBDA.clientContextBytesMax} bytes of Base64-encoded data.`);
export const throttled = (reason: ThrottleReason) => refusal("TooManyRequestsException", "Rate Exceeded.", { Reason: reason, retryAfterSeconds: "1" });
