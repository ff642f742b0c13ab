// What STS answers when it refuses. Texts recorded from AWS by LocalStack's validated snapshots (tests/aws/services/sts)
// except where a comment says otherwise.
import { ServiceError } from "../../kernel/errors.ts";

const invalid = (message: string) => new ServiceError("ValidationError", message);

export const badArn = (arn: string) => invalid(`${arn} is invalid`);
/** https://repost.aws/knowledge-center/iam-role-chaining-limit */
export const tooLongForRole = () => invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
export const tooLongForChain = () => invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");
export const mayNotAssume = (callerArn: string, roleArn: string) =>
  new ServiceError("AccessDenied", `User: ${callerArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`, { status: 403 });
export const rootMayNotAssume = () => new ServiceError("AccessDenied", "Roles may not be assumed by root accounts.", { status: 403 });
export const noTokenForSession = () => new ServiceError("AccessDenied", "Cannot call GetSessionToken with session credentials", { status: 403 });
/** Our words: AWS reads the account out of the key itself. */
export const noSuchKey = (accessKeyId: string) => invalid(`There is no access key ${accessKeyId}.`);

/** A parameter that would do nothing is refused by name. */
export const notSupported = (parameter: string) => invalid(`Evoke does not support the parameter ${parameter} yet.`);
