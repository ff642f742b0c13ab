// What Lambda answers about capacity providers and the functions on them. "Observed" is from LocalStack's answers, which its authors compare with AWS's; the rest as said.
import { ServiceError } from "../../../kernel/errors.ts";
import { LAMBDA } from "../../../kernel/limits.ts";
import { invalidParameter, notSupported, stateForbids } from "../errors.ts";

const conflict = (message: string) => new ServiceError("ResourceConflictException", message);

/** Observed, as of a tagged one (recorded). */
export const providerNotFound = (arn: string) => new ServiceError("ResourceNotFoundException", `Capacity provider not found: ${arn}`);
/** After "Function already exist"; AWS's words are not known. */
export const providerExists = (arn: string) => conflict(`Capacity provider already exists: ${arn}`);
/** Ours, after the function's. */
export const providerState = (state: string) => conflict(`The operation cannot be performed at this time. The capacity provider is currently in the following state: ${state}`);
/** Seen: the guide of the Serverless Framework; Terraform waits for the second sentence to pass. */
export const providerInUse = (functions: number, arn: string) => conflict(`The capacity provider is currently in use by ${functions} functions. To delete this capacity provider, first remove its association with ${arn}.`);
/** The model's description of the exceptions, with the quotas of lambda-managed-instances-quotas.html. */
export const tooManyProviders = () => new ServiceError("CapacityProviderLimitExceededException", `The maximum number of capacity providers for your account has been exceeded: ${LAMBDA.capacityProviders}.`);
export const tooManyVersions = (arn: string) => new ServiceError("FunctionVersionsPerCapacityProviderLimitExceededException", `The maximum number of function versions that can be associated with the capacity provider ${arn} has been exceeded: ${LAMBDA.versionsPerCapacityProvider}.`);

/** Ours; the developer guide says that only one of the two can be given, and what the scaling modes are. */
export const eitherTypes = () => invalidParameter("You can specify only one of AllowedInstanceTypes or ExcludedInstanceTypes.");
export const policiesMissing = () => invalidParameter("ScalingPolicies are required when ScalingMode is Manual.");
export const policiesWithAuto = () => invalidParameter("ScalingPolicies are supported when ScalingMode is Manual only.");
export const notSupportedOf = (member: string) => notSupported(`${member} of a capacity provider`);

/** Observed. */
export const defaultFunction = () => invalidParameter("CapacityProviderConfig isn't supported for Lambda Default functions.");
/** Observed. */
export const runtimeNotManaged = (runtime: string) => invalidParameter(`Runtime Enum ${runtime} does not support specified feature: Lambda Managed Instances`);
/** Observed: AWS says this of the format alone, too. */
export const managedNeedsJson = () => invalidParameter('LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the LogFormat to "JSON" and try again.');
/** After AWS's sentence for the maximum. */
export const tooSmall = (field: string, min: number) => invalidParameter(`'${field}' value failed to satisfy constraint: Member must have value greater than or equal to ${min}`);
/** Ours; the developer guide: "You cannot configure a function with less than 1 vCPU", "up to a maximum of 64 per vCPU". */
export const lessThanOneVcpu = (memoryMb: number, gibPerVcpu: number) => invalidParameter(`A function on a capacity provider needs at least 1 vCPU: ${memoryMb} MB with an ExecutionEnvironmentMemoryGiBPerVCpu of ${gibPerVcpu} are less.`);
export const tooConcurrent = (max: number) => invalidParameter(`PerExecutionEnvironmentMaxConcurrency must be less than or equal to ${max}: 64 for each vCPU.`);
/** Ours. */
export const managedExcludes = (what: string) => invalidParameter(`${what} is not supported for functions with a capacity provider.`);
export const otherArchitecture = (architecture: string, provider: string) => invalidParameter(`The function's architecture ${architecture} is not that of the capacity provider: ${provider}.`);
/** Ours. */
export const publishToNeedsProvider = () => invalidParameter("PublishTo is supported for functions with a capacity provider only.");
export const publishToNeedsPublish = () => invalidParameter("PublishTo needs Publish to be true.");

/** Seen at AWS: go-to-k/cdkd#1616 (August 2026), of a plain function. */
export const noCapacityProvider = () => new ServiceError("AccessDeniedException", "The function provided by the arn does not contain a capacity provider configuration", { status: 403 });
/** Ours; the rules are the developer guide's (lambda-managed-instances-scaling.html, "Paired configuration"). */
export const zeroEnvironments = () => invalidParameter("A MinExecutionEnvironments of 0 is only valid when MaxExecutionEnvironments is 0, too.");
export const minAboveMax = () => invalidParameter("MinExecutionEnvironments must be less than or equal to MaxExecutionEnvironments.");

/** Both observed. */
const latestNotInvocable = () => invalidParameter("Functions configured with capacity provider configuration can't be invoked with $LATEST qualifier. To invoke this function, specify a published version qualifier or $LATEST.PUBLISHED.");
export const noPublishedVersion = () =>
  new ServiceError("NoPublishedVersionException", "The function can't be invoked because no published version exists. For functions with capacity provider configuration, either publish a version to $LATEST.PUBLISHED, or specify a published version qualifier.");

/** Why what a name leads to takes no invocation. */
export function notInvocable({ version, state }: { version: string; state: string }, hasLatestPublished: boolean) {
  if (version !== "$LATEST" || state === "Deleting") return stateForbids(state);
  return hasLatestPublished ? latestNotInvocable() : noPublishedVersion();
}
