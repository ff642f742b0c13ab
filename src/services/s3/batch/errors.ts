// What Batch Operations refuses: codes of S3 Control's model, NoSuchJobException and the codes of failed jobs from AWS's page; where no
// source is named, sentences are ours. https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshooting-batch-operations.html
import { ServiceError } from "../../../kernel/errors.ts";

const error = (code: string, status: number, message: string) => new ServiceError(code, message, { status });

export const badRequest = (message: string) => error("BadRequestException", 400, message);
/** The model says NotFoundException; AWS's page on troubleshooting this, with its sentence. */
export const noSuchJob = () => error("NoSuchJobException", 404, "No such job");
export const otherRequest = () => error("IdempotencyException", 400, "The ClientRequestToken was used already, for a job with other parameters.");
export const tooManyJobs = (max: number) => error("TooManyRequestsException", 400, `There are ${max} jobs already in this account and Region.`);
export const wrongStatus = (status: string, requested: string) => error("JobStatusException", 400, `A job whose status is ${status} cannot become ${requested}.`);
export const finished = (status: string) => error("BadRequestException", 400, `The priority of a job whose status is ${status} cannot be changed.`);
export const tooManyTags = (max: number) => error("TooManyTagsException", 400, `A job has at most ${max} tags.`);

/** Why a job fails: what DescribeJob shows, never thrown at a caller. */
export class JobFailed extends Error {
  readonly code: string;
  constructor(code: string, reason: string) {
    super(reason);
    this.name = "JobFailed";
    this.code = code;
  }
}
const invalidManifest = (reason: string) => new JobFailed("InvalidManifestContent", reason);
export const fieldsMissing = (fields: string[]) => invalidManifest(`Required fields are missing in the schema: ${fields.join(", ")}`);
export const badLine = (line: number, why: string) => invalidManifest(`Invalid Manifest Content: line ${line} ${why}`);
export const emptyManifest = () => invalidManifest("Invalid Manifest Content: it lists no objects");
export const manifestUnreadable = (why: string) => new JobFailed("ManifestUnreadable", `The manifest cannot be read: ${why}`);
export const otherEtag = (asked: string, found: string) => new JobFailed("ManifestETagMismatch", `The manifest's ETag is ${found}, not ${asked}`);
export const roleUnusable = (why: string) => new JobFailed("RoleAssumptionFailed", why);
export const reportUnwritable = (why: string) => new JobFailed("JobReportFailed", `The completion report cannot be written: ${why}`);
export const tooManyFailures = (failed: number, done: number) => new JobFailed("FailureThresholdExceeded", `${failed} of ${done} tasks have failed; the failure rate of a job is at most 50 percent after 1,000 tasks`);
