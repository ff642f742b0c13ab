// What goes wrong with resource-based policies. Texts recorded from AWS (LocalStack's validated snapshots) except where a comment says otherwise.
import { ServiceError } from "../../kernel/errors.ts";
import { invalidParameter } from "./errors.ts";

const notFound = (message: string) => new ServiceError("ResourceNotFoundException", message);

export const policyOnLatest = () => invalidParameter("We currently do not support adding policies for $LATEST.");
export const badPrincipal = () => invalidParameter("The provided principal was invalid. Please check the principal and try again.");
/** Quoted by many who tried to condition the second of a URL's two permissions with it. */
export const urlAuthTypeOfOtherAction = () => invalidParameter("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
export const statementExists = (sid: string) => new ServiceError("ResourceConflictException", `The statement id (${sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`);
export const noPolicyToRemoveFrom = () => notFound("No policy is associated with the given resource.");
export const noPolicyFor = (arn: string) => notFound(`No policy found for: ${arn}`);
export const noSuchStatement = (sid: string) => notFound(`Statement ${sid} is not found in resource policy.`);
export const noPolicy = () => notFound("The resource you requested does not exist.");
export const policyRevisionMismatch = () => new ServiceError("PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id");
/** Seen in many deployment logs, always with this limit. */
export const policyTooLong = (size: number, max: number) => new ServiceError("PolicyLengthExceededException", `The final policy size (${size}) is bigger than the limit (${max}).`);
/** Our words: AWS's for a malformed document are not recorded anywhere. */
export const badPolicyDocument = (why: string) => invalidParameter(`The resource policy is not valid: ${why}.`);
/** https://repost.aws/knowledge-center/lambda-function-role-error and every deployment tool that waits for it to go away. */
export const roleNotAssumable = () => invalidParameter("The role defined for the function cannot be assumed by Lambda.");
/** Seen by everybody who tries, with just these words (hashicorp/terraform-provider-aws and serverless/serverless have many). */
export const crossAccountRole = () => new ServiceError("AccessDeniedException", "Cross-account pass role is not allowed.", { status: 403 });
