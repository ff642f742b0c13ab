// What Lambda answers about code signing; texts recorded from AWS (LocalStack's validated snapshots) except where said otherwise.
import { ServiceError } from "../../kernel/errors.ts";
import { invalidParameter } from "./errors.ts";

export const signingConfigNotFound = (arn: string) => new ServiceError("ResourceNotFoundException", `The Lambda code signing configuration ${arn} can not be found.`);
/** What a function that is to have it is told. */
export const functionsConfigMissing = (arn: string) => new ServiceError("CodeSigningConfigNotFoundException", `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`);
/** Seen by users of AWS: aws/aws-cdk#29474, aws/aws-sam-cli#2424. CloudFormation does not show the exception's name; the model has this one for it. */
export const codeNotSigned = (name: string) => new ServiceError("CodeVerificationFailedException", `Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for ${name}.`);
/** Seen by users of AWS: cloudquery/cq-provider-aws#230. */
export const signingOfImages = () => invalidParameter("Code signing is not supported for functions created with container images.");
/** Ours; AWS documents that such a config is not deleted. */
export const signingConfigInUse = (arn: string) => new ServiceError("ResourceConflictException", `The code signing configuration ${arn} cannot be deleted because functions use it.`);
