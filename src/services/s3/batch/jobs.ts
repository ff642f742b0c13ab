// Jobs shown, listed, confirmed, cancelled, tagged. https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-managing-jobs.html
import type { Call } from "../../../kernel/call.ts";
import { checkAccount, type ControlOperations } from "../access-points/control-operations.ts";
import { pageOf } from "../access-points/standard-points.ts";
import type { Parts } from "../parts.ts";
import { createOperation } from "./create-job.ts";
import { finished, noSuchJob, wrongStatus } from "./errors.ts";
import { hasEnded, isCancellable, type Job, JOB_WORK, jobDocument, JOBS, listedJob, shownJob, type Work } from "./job.ts";
import { readJobTags, shownJobTags } from "./job-tags.ts";

type Served = "CreateJob" | "DescribeJob" | "ListJobs" | "UpdateJobPriority" | "UpdateJobStatus" | "PutJobTagging" | "GetJobTagging" | "DeleteJobTagging";
interface OfJob { AccountId?: string | undefined; JobId: string }

export const jobOperations = (parts: Parts): Pick<ControlOperations, Served> => ({
  ...createOperation(parts),

  async DescribeJob(input, call) {
    return { Job: shownJob(await findJob(parts, input, call), parts.clock.now()) };
  },

  async ListJobs(input, call) {
    checkAccount(input, call);
    const statuses = new Set(input.JobStatuses ?? []);
    const { page, next } = await pageOf(parts.stores.documents<Job>(JOBS), input, call, ({ status }) => statuses.size === 0 || statuses.has(status));
    return { Jobs: page.map((job) => listedJob(job, parts.clock.now())), ...(next !== undefined && { NextToken: next }) };
  },

  async UpdateJobPriority(input, call) {
    const { id, priority } = await change(parts, input, call, (job) => {
      if (hasEnded(job)) throw finished(job.status);
      return { ...job, priority: input.Priority };
    });
    return { JobId: id, Priority: priority };
  },

  async UpdateJobStatus(input, call) {
    checkAccount(input, call);
    const requested = input.RequestedJobStatus;
    return parts.stores.transaction(async (tx) => {
      const document = documentOf(input, call);
      const job = await tx.documents<Job>(JOBS).get(document);
      if (!job) throw noSuchJob();
      if (requested === "Ready" ? job.status !== "Suspended" : !isCancellable(job)) throw wrongStatus(job.status, requested);
      const { StatusUpdateReason: reason } = input;
      const status = requested === "Ready" ? "Ready" : "Cancelling";
      await tx.documents<Job>(JOBS).put(document, { ...job, status, ...(reason !== undefined && { statusReason: reason }) });
      // Nobody works on a suspended job; who works on any other sees its new status.
      if (job.status === "Suspended") await tx.queues.send(JOB_WORK, { id: job.id, body: JSON.stringify({ jobDocument: document } satisfies Work), dueMs: parts.clock.now() });
      return { JobId: job.id, Status: status, ...(reason !== undefined && { StatusUpdateReason: reason }) };
    });
  },

  async PutJobTagging(input, call) {
    const tags = readJobTags(input.Tags);
    await change(parts, input, call, (job) => ({ ...job, tags }));
    return {};
  },

  async GetJobTagging(input, call) {
    return { Tags: shownJobTags((await findJob(parts, input, call)).tags) };
  },

  async DeleteJobTagging(input, call) {
    await change(parts, input, call, (job) => ({ ...job, tags: {} }));
    return {};
  },
});

const documentOf = ({ JobId: id }: OfJob, { account, region }: Call): string => jobDocument({ account, region, id });

async function findJob({ stores }: Parts, input: OfJob, call: Call): Promise<Job> {
  checkAccount(input, call);
  const job = await stores.documents<Job>(JOBS).get(documentOf(input, call));
  if (!job) throw noSuchJob();
  return job;
}

async function change({ stores }: Parts, input: OfJob, call: Call, made: (job: Job) => Job): Promise<Job> {
  checkAccount(input, call);
  const job = await stores.documents<Job>(JOBS).update(documentOf(input, call), made);
  if (!job) throw noSuchJob();
  return job;
}
