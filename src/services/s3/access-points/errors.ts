// What access points and S3 Control refuse. Codes are those of AWS's lists and clients (Terraform's and CloudFormation's providers);
// sentences of NoSuchAccessPoint… are moto's, of Object Lambda those of AWS's list; the rest is ours.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
import { ServiceError } from "../../../kernel/errors.ts";

const error = (code: string, status: number, message: string, members: Record<string, string> = {}) => new ServiceError(code, message, { status, members });

// S3 Control
export const noSuchAccessPoint = (name: string) => error("NoSuchAccessPoint", 404, "The specified accesspoint does not exist", { AccessPointName: name });
export const noSuchAccessPointPolicy = (name: string) => error("NoSuchAccessPointPolicy", 404, "The specified accesspoint policy does not exist", { AccessPointName: name });
export const accessPointExists = (name: string) => error("AccessPointAlreadyOwnedByYou", 409, "Your previous request to create the named accesspoint succeeded and you already own it.", { AccessPointName: name });
export const tooManyAccessPoints = () => error("TooManyAccessPoints", 400, "You have attempted to create more access points than are allowed for an account. The maximum number of access points for an account is 10,000.");
export const invalidPointName = (name: string) => error("InvalidRequest", 400, `The access point name ${name.slice(0, 255)} is not valid: it has 3 to 50 lower case letters, digits and hyphens, begins and ends with a letter or digit, and no suffix of an alias.`);
export const invalidRequest = (message: string) => error("InvalidRequest", 400, message);
export const notSupported = (what: string) => error("NotImplemented", 501, `Evoke does not support ${what}.`);
export const foreignAccount = () => error("AccessDenied", 403, "Access Denied");
export const noAccountBlock = () => error("NoSuchPublicAccessBlockConfiguration", 404, "The public access block configuration was not found");
export const publicPolicyBlocked = () => error("AccessDenied", 403, "Access Denied");
export const invalidToken = () => error("InvalidNextTokenException", 400, "The continuation token provided is incorrect");
export const noSuchResource = () => error("NoSuchResource", 404, "The specified resource doesn't exist.");
export const bucketHasAccessPoints = (bucket: string) => error("BucketHasAccessPointsAttached", 400, "The bucket you tried to delete has access points attached. Delete your access points before deleting your bucket.", { BucketName: bucket });

// Requests through access points
export const unknownAlias = (alias: string) => error("InvalidAccessPointAliasError", 400, "The specified access point alias name is not valid.", { BucketName: alias });
export const noSuchPointArn = (arn: string) => error("NoSuchAccessPoint", 404, "The specified accesspoint does not exist", { AccessPointName: arn });
export const notThroughAccessPoints = (method: string) => error("MethodNotAllowed", 405, "The specified method is not allowed against this resource.", { Method: method, ResourceType: "ACCESSPOINT" });
/** Of a VPC's access point: no request comes here through a VPC. */
export const notInVpc = () => error("AccessDenied", 403, "Access Denied");

// Object Lambda
export const lambdaInvalidResponse = (why: string) => error("LambdaInvalidResponse", 400, `The Lambda function's response is not valid: ${why}`);
export const lambdaInvocationFailed = (why: string) => error("LambdaInvocationFailed", 400, `Lambda function invocation failed. ${why}`);
export const lambdaNotFound = (why: string) => error("LambdaNotFound", 404, `The AWS Lambda function was not found. ${why}`);
export const lambdaPermissionError = (why: string) => error("LambdaPermissionError", 403, `The caller is not authorized to invoke the Lambda function. ${why}`);
/** Reported by a user: awslabs/aws-sdk-rust's issues. */
export const lambdaResponseNotReceived = () => error("LambdaResponseNotReceived", 500, "The Lambda exited without successfully calling WriteGetObjectResponse.");
export const lambdaRuntimeError = () => error("LambdaRuntimeError", 500, "The Lambda function failed during execution.");
export const lambdaTimeout = () => error("LambdaTimeout", 500, "The Lambda function did not respond in the allowed time.");
export const slowDown = (why: string) => error("SlowDown", 503, `Reduce your request rate for operations involving AWS Lambda. ${why}`);
export const validationError = (message: string) => error("ValidationError", 400, message);
/** 501 is documented (range-get-olap), the sentence is ours. */
export const featureNotAllowed = (feature: string) => error("NotImplemented", 501, `A header or query you provided implies functionality that is not implemented: ${feature} is not among the AllowedFeatures of this Object Lambda access point.`);
/** The function's own words. */
export const chosenByFunction = (code: string, status: number, message: string) => error(code, status, message);
