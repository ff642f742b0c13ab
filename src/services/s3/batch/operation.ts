// What a job does to each object, as CreateJob asks for it: a function, or an operation of S3 on objects.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_JobOperation.html
import type { JobOperation, LambdaInvokeOperation, S3CopyObjectOperation, S3InitiateRestoreObjectOperation, S3SetObjectRetentionOperation, S3SetObjectTaggingOperation } from "@aws-sdk/client-s3-control";
import { parseArn } from "../../../kernel/arn.ts";
import { notSupported } from "../access-points/errors.ts";
import { parseBucketArn } from "../names.ts";
import { badRequest } from "./errors.ts";

/** As jobs keep it: checked, and all else as it came. Dates are texts once they are stored. */
export type Operation = JobOperation;

const CHECKS: { [Name in keyof JobOperation]?: (asked: NonNullable<JobOperation[Name]>) => void } = {
  LambdaInvoke: checkFunction,
  S3PutObjectCopy: checkCopy,
  S3PutObjectTagging: checkTags,
  S3DeleteObjectTagging: () => {},
  S3InitiateRestoreObject: checkRestore,
  S3PutObjectLegalHold: () => {},
  S3PutObjectRetention: checkRetention,
};

export const nameOf = (operation: Operation): keyof JobOperation => Object.keys(operation)[0] as keyof JobOperation;

/** Throws BadRequestException, NotImplemented. */
export function readOperation(asked: JobOperation): Operation {
  const named = Object.entries(asked).filter(([, value]) => value !== undefined) as [keyof JobOperation, never][];
  const [[name, value] = [], ...more] = named;
  if (name === undefined || more.length > 0) throw badRequest("Operation must name one operation.");
  const check = CHECKS[name];
  if (!check) throw notSupported(`the operation ${name} of Batch Operations`);
  check(value!);
  return { [name]: value };
}

function checkFunction({ FunctionArn, InvocationSchemaVersion: version = "1.0", UserArguments }: LambdaInvokeOperation): void {
  const arn = parseArn(FunctionArn ?? "");
  if (FunctionArn === undefined || arn?.service !== "lambda" || !/^function:[\w-]+(:(\$LATEST|[\w-]+))?$/.test(arn.resource)) throw badRequest("LambdaInvoke.FunctionArn must be the ARN of a function.");
  if (version !== "1.0" && version !== "2.0") throw badRequest("LambdaInvoke.InvocationSchemaVersion must be 1.0 or 2.0.");
  if (UserArguments !== undefined && version === "1.0") throw badRequest("LambdaInvoke.UserArguments needs InvocationSchemaVersion 2.0.");
}

function checkCopy({ TargetResource = "", AccessControlGrants, NewObjectMetadata: metadata = {} }: S3CopyObjectOperation): void {
  if (parseBucketArn(TargetResource) === undefined || TargetResource.includes("/")) throw badRequest("S3PutObjectCopy.TargetResource must be the ARN of a bucket.");
  if (AccessControlGrants?.length) throw notSupported("AccessControlGrants of S3PutObjectCopy");
  for (const name of ["ContentLength", "ContentMD5", "RequesterCharged"] as const) if (metadata[name] !== undefined) throw notSupported(`NewObjectMetadata.${name} of S3PutObjectCopy`);
}

function checkTags({ TagSet }: S3SetObjectTaggingOperation): void {
  if (TagSet === undefined) throw badRequest("S3PutObjectTagging.TagSet is required.");
}

function checkRestore({ ExpirationInDays: days, GlacierJobTier: tier }: S3InitiateRestoreObjectOperation): void {
  if (days === undefined || days < 1) throw badRequest("S3InitiateRestoreObject.ExpirationInDays must be a positive integer.");
  if (tier === undefined) throw badRequest("S3InitiateRestoreObject.GlacierJobTier is required."); // "S3 Batch Operations supports STANDARD and BULK"
}

function checkRetention({ Retention }: S3SetObjectRetentionOperation): void {
  if ((Retention?.Mode === undefined) !== (Retention?.RetainUntilDate === undefined)) throw badRequest("S3PutObjectRetention.Retention needs Mode and RetainUntilDate, or neither.");
}
