// Scheduler's own answers, with AWS's sentences. Where nothing else is said they are recorded from AWS (LocalStack's validated tests, moto's tests).
import { ServiceError } from "../../kernel/errors.ts";

const invalid = (message: string) => new ServiceError("ValidationException", message);
const notFound = (message: string) => new ServiceError("ResourceNotFoundException", message);
const conflict = (message: string) => new ServiceError("ConflictException", message);
const quota = (message: string) => new ServiceError("ServiceQuotaExceededException", message);

export const scheduleNotFound = (name: string) => notFound(`Schedule ${name} does not exist.`);
export const scheduleExists = (name: string) => conflict(`Schedule ${name} already exists.`);
export const groupNotFound = (name: string) => notFound(`Schedule group ${name} does not exist.`);
/** In the form of the one above. */
export const groupExists = (name: string) => conflict(`Schedule group ${name} already exists.`);
/** Our words. */
export const groupBeingDeleted = (name: string) => conflict(`Schedule group ${name} is being deleted.`);
/** Our words; that it cannot be deleted is documented: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-group.html */
export const defaultGroupStays = () => invalid("The default schedule group cannot be deleted.");
/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html; our words. */
export const tooManySchedules = (most: number) => quota(`The limit of ${most} schedules has been reached.`);
export const tooManyGroups = (most: number) => quota(`The limit of ${most} schedule groups has been reached.`);
/** Our words; the number is that of the model's list. */
export const tooManyTags = (most: number) => invalid(`A schedule group can have ${most} tags.`);
export const duplicateTags = () => invalid("Tag keys must be unique.");

export const badExpression = (expression: string) => invalid(`Invalid Schedule Expression ${expression}.`);
/** In the form of the one above. */
export const badTimeZone = (name: string) => invalid(`Invalid Schedule Expression Timezone ${name}.`);
/** Reported (getmoto/moto#8172). */
export const startTooEarly = () => invalid("The StartDate you specify cannot be earlier than 5 minutes ago.");
/** In the form of the one above. */
export const endBeforeStart = () => invalid("The EndDate you specify cannot be earlier than the StartDate.");
/** As a set of policies that check templates quotes AWS; the second one elastic_whenever quotes too. */
export const windowWithoutLength = () => invalid("MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.");
export const lengthWithoutWindow = () => invalid("MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF.");
/** Quoted in terraform-provider-aws, which waits for it to pass. */
export const roleNotAssumable = () => invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.");

/** Our words. */
export const badTargetArn = (arn: string) => invalid(`Target ${arn} is not the ARN of a target.`);
/** Reported (of ecs:runTask, eks and Bedrock). */
export const fieldsMissing = (fields: string[]) => invalid(`Invalid RequestJson provided. Reason Request payload is missing the following field(s): ${fields.join(", ")}.`);
/** In the form of the one above. */
export const badRequestJson = (reason: string) => invalid(`Invalid RequestJson provided. Reason ${reason}`);
/** Our words. */
export const inputNotJson = () => invalid("Input must be well-formed JSON for this target.");
/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html; our words. */
export const inputTooLarge = (most: number) => invalid(`Input can have ${most} bytes.`);
/** Our words. */
export const parametersRequired = (parameters: string, target: string) => invalid(`${parameters} is required for the target ${target}.`);
export const parametersOfOthers = (parameters: string, target: string) => invalid(`${parameters} cannot be used with the target ${target}.`);

/** Our words. */
export const badNextToken = () => invalid("Invalid NextToken.");

/** A parameter that would be ignored is refused by name. */
export const notSupported = (what: string) => invalid(`Evoke does not support ${what} yet.`);
