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

export const nameTooLong = (name: string) => invalidParameter(`1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`);
export const qualifierMismatch = () => invalidParameter("The derived qualifier from the function name does not match the specified qualifier.");
export const otherRegion = (region: string, here: string) => notFound(`Functions from ${quoted(region)} are not reachable in this region (${quoted(here)})`);
export const otherAccount = (caller: string, action: string, arn: string) =>
  new ServiceError("AccessDeniedException", `User: ${caller} is not authorized to perform: lambda:${action} on resource: ${arn} because no resource-based policy allows the lambda:${action} action`, { status: 403 });
export const latestNotDeletable = () => invalidParameter("$LATEST version cannot be deleted without deleting the function.");
export const functionsOnly = () => invalidParameter("This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.");

export const runtimeUnknown = (runtime: string, known: readonly string[]) => invalidParameter(`Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${known.join(", ")}] or be a valid ARN`);
export const runtimeDeprecated = (runtime: string) => invalidParameter(`The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`);
export const runtimeAndHandlerMissing = () => invalidParameter("Runtime and Handler are mandatory parameters for functions created with deployment packages.");
export const tooLarge = (field: string, max: number) => invalidParameter(`'${field}' value failed to satisfy constraint: Member must have value less than or equal to ${max}`);
export const reservedKeys = (keys: string[]) => invalidParameter(`Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${keys.join(", ")}`);
export const environmentTooLarge = (measured: string) => invalidParameter(`Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${measured}`);
export const logLevelNeedsJson = () => invalidParameter('LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the LogFormat to "Json" and try again.');
export const tooManyTags = () => invalidParameter("Number of tags exceeds resource tag limit.");
export const tagsOnVersion = () => invalidParameter("Tags on function aliases and versions are not supported. Please specify a function ARN.");
export const resourceNotFound = (kind: string, arn: string) => notFound(`${kind} not found: ${arn}`);
export const badMarker = () => invalidParameter("The Marker is not one that this operation returned.");

export const codeMissing = () => invalidParameter("Please provide a source for function code.");
export const codeEmpty = () => invalidParameter("Uploaded file must be a non-empty zip");
export const imageForZip = () => invalidParameter("Please don't provide ImageUri when updating a function with packageType Zip.");
export const notUnzippable = () => invalidParameter("Could not unzip uploaded file. Please check your file, then try to upload again.");
export const unzippedTooLarge = () => invalidParameter(`Unzipped size must be smaller than ${LAMBDA.unzippedBytesMax} bytes`);
export const zippedTooLarge = () => new ServiceError("RequestEntityTooLargeException", `Zipped size must be smaller than ${LAMBDA.zipBytesMax} bytes`, { status: 413 });
export const codeStorageExceeded = () => refusal("CodeStorageExceededException", "Code storage limit exceeded.");

export const payloadNotJson = (why: string) => invalidContent(`Could not parse request body into json: Could not parse payload into json: ${why}`);
/** Clients of real AWS see this name, not the modelled RequestTooLargeException. */
export const payloadTooLarge = (bytes: number) =>
  new ServiceError("RequestEntityTooLargeException", `${bytes} byte payload is too large for the RequestResponse invocation type (limit ${LAMBDA.syncPayloadBytesMax} bytes)`, { status: 413 });
export const badClientContext = () => invalidContent("Client context must be a valid Base64-encoded JSON object.");
export const clientContextTooLarge = () => invalidContent(`Client context must be at most ${LAMBDA.clientContextBytesMax} bytes of Base64-encoded data.`);
export const throttled = (reason: ThrottleReason) => refusal("TooManyRequestsException", "Rate Exceeded.", { Reason: reason, retryAfterSeconds: "1" });
