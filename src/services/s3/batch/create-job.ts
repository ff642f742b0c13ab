// CreateJob: what it takes, and one job for one ClientRequestToken. https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html
import { createHash } from "node:crypto";
import type { JobManifest, JobReport } from "@aws-sdk/client-s3-control";
import { parseArn } from "../../../kernel/arn.ts";
import type { Call } from "../../../kernel/call.ts";
import { checkAccount, type ControlOperations } from "../access-points/control-operations.ts";
import { foreignAccount, notSupported } from "../access-points/errors.ts";
import { parseBucketArn } from "../names.ts";
import type { Parts } from "../parts.ts";
import { badRequest, otherRequest, tooManyJobs } from "./errors.ts";
import { type Job, JOB_TOKENS, JOB_WORK, jobDocument, JOBS, type JobToken, tokenDocument, type Work } from "./job.ts";
import { readJobTags } from "./job-tags.ts";
import { keyIn } from "./manifest.ts";
import { readOperation } from "./operation.ts";

/** Those that have ended and are kept included. */
const JOBS_MAX = 10_000;

type Input = Parameters<ControlOperations["CreateJob"]>[0];

export const createOperation = (parts: Parts): Pick<ControlOperations, "CreateJob"> => ({
  async CreateJob(input, call) {
    checkAccount(input, call);
    const { ClientRequestToken: token = parts.ids.uuid() } = input;
    const job = readJob(parts, input, call, tokenDocument(call.account, call.region, token));
    const requestHash = createHash("sha256").update(JSON.stringify({ ...input, ClientRequestToken: token })).digest("hex");
    return parts.stores.transaction(async (tx) => {
      const [tokens, jobs] = [tx.documents<JobToken>(JOB_TOKENS), tx.documents<Job>(JOBS)];
      if (!(await tokens.create(job.token, { jobId: job.id, requestHash }))) { // first, so that of two processes one waits for the other
        const made = (await tokens.get(job.token))!;
        if (made.requestHash !== requestHash) throw otherRequest();
        return { JobId: made.jobId };
      }
      if ((await jobs.count(`${call.account}/${call.region}/`)) >= JOBS_MAX) throw tooManyJobs(JOBS_MAX);
      await jobs.create(jobDocument(job), job);
      await tx.queues.send(JOB_WORK, { id: job.id, body: JSON.stringify({ jobDocument: jobDocument(job) } satisfies Work), dueMs: parts.clock.now() });
      return { JobId: job.id };
    });
  },
});

/** Throws BadRequestException, NotImplemented. */
function readJob({ ids, clock }: Parts, input: Input, { account, region }: Call, token: string): Job {
  if (parseArn(input.RoleArn)?.account !== account) throw foreignAccount();
  return {
    id: ids.uuid(), account, region, status: "New", createdMs: Math.floor(clock.now()), token,
    operation: readOperation(input.Operation), manifest: readManifest(input), report: readReport(input.Report),
    roleArn: input.RoleArn, priority: input.Priority, confirmationRequired: input.ConfirmationRequired ?? false,
    ...(input.Description !== undefined && { description: input.Description }), tags: readJobTags(input.Tags ?? []),
    done: { bytes: 0, succeeded: 0, failed: 0 },
  };
}

function readManifest({ Manifest: manifest, ManifestGenerator: generator }: Input): JobManifest {
  if (generator !== undefined) throw notSupported("ManifestGenerator");
  if (manifest === undefined) throw badRequest("A job needs a Manifest.");
  const { Spec, Location } = manifest;
  if (Spec?.Format !== "S3BatchOperations_CSV_20180820") throw notSupported(`the manifest format ${Spec?.Format}`);
  if (!Spec.Fields?.length) throw badRequest("Manifest.Spec.Fields is required for S3BatchOperations_CSV_20180820.");
  if (new Set(Spec.Fields.filter((field) => field !== "Ignore")).size !== Spec.Fields.filter((field) => field !== "Ignore").length) throw badRequest("Manifest.Spec.Fields names a field twice.");
  if (keyIn(Location?.ObjectArn ?? "") === undefined) throw badRequest("Manifest.Location.ObjectArn must be the ARN of an object in a bucket.");
  return manifest;
}

function readReport(report: JobReport): JobReport {
  if (!report.Enabled) return report;
  for (const name of ["Bucket", "Format", "ReportScope"] as const) if (report[name] === undefined) throw badRequest(`Report.${name} is required for a report.`);
  if (parseBucketArn(report.Bucket!) === undefined || report.Bucket!.includes("/")) throw badRequest("Report.Bucket must be the ARN of a bucket.");
  return report;
}
