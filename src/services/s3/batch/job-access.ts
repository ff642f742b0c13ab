// What the operations on jobs need to be permitted. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
import type { S3Tag } from "@aws-sdk/client-s3-control";
import type { Call } from "../../../kernel/call.ts";
import type { AccessRule } from "../../../ports/access.ts";
import type { Stores } from "../../../storage/stores.ts";
import type { ControlOperations } from "../access-points/control-operations.ts";
import { AWAITING, type Job, jobArn, jobDocument, JOBS, parseJobArn } from "./job.ts";
import { nameOf } from "./operation.ts";

/** Who takes on the role of a job. */
export const BATCH_SERVICE = "batchoperations.s3.amazonaws.com";

const requestTags = (tags: S3Tag[] = []): Record<string, string | string[]> =>
  tags.length === 0 ? {} : { "aws:TagKeys": tags.map(({ Key = "" }) => Key), ...Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [`aws:RequestTag/${Key}`, Value])) };

const onJob: AccessRule = { resources: ({ JobId: id }: { JobId: string }, { account, region }: Call) => [jobArn({ account, region, id })], standing: true };

export const jobAccess: Partial<Record<keyof ControlOperations, AccessRule>> = {
  CreateJob: {
    context: ({ Priority, Operation = {}, Tags }: { Priority: number; Operation?: object; Tags?: S3Tag[] }) => ({ "s3:RequestJobPriority": String(Priority), "s3:RequestJobOperation": Object.keys(Operation)[0] ?? "", ...requestTags(Tags) }),
    also: ({ RoleArn }: { RoleArn: string }) => [{ action: "iam:PassRole", resource: RoleArn, context: { "iam:PassedToService": BATCH_SERVICE } }],
  },
  DescribeJob: onJob,
  UpdateJobPriority: { ...onJob, context: ({ Priority }: { Priority: number }) => ({ "s3:RequestJobPriority": String(Priority) }) },
  UpdateJobStatus: onJob,
  PutJobTagging: { ...onJob, context: ({ Tags }: { Tags?: S3Tag[] }) => requestTags(Tags) },
  GetJobTagging: onJob,
  DeleteJobTagging: onJob,
};

const find = async (stores: Stores, arn: string): Promise<Job | undefined> => {
  const named = parseJobArn(arn);
  return named && stores.documents<Job>(JOBS).get(jobDocument(named));
};

/** Condition keys that a job brings to what is done to it. */
export async function standingOfJob(stores: Stores, arn: string): Promise<Record<string, string> | undefined> {
  const job = await find(stores, arn);
  return job && { "s3:ExistingJobPriority": String(job.priority), "s3:ExistingJobOperation": nameOf(job.operation), ...(job.status === "Suspended" && { "s3:JobSuspendedCause": AWAITING }) };
}

export const tagsOfJob = async (stores: Stores, arn: string): Promise<Record<string, string> | undefined> => (await find(stores, arn))?.tags;
