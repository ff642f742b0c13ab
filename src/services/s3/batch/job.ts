// A job of Batch Operations as it is stored, and how it is shown. https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_JobDescriptor.html
import { createHash } from "node:crypto";
import type { JobDescriptor, JobListDescriptor, JobManifest, JobReport, JobStatus } from "@aws-sdk/client-s3-control";
import { formatArn } from "../../../kernel/arn.ts";
import type { Body } from "../object.ts";
import { nameOf, type Operation } from "./operation.ts";

/** id: jobDocument */
export const JOBS = "s3/batch-job";
/** Which job a ClientRequestToken has made. id: tokenDocument */
export const JOB_TOKENS = "s3/batch-job-token";
/** One item for each job that is worked on, or has ended and is kept for 90 days. id: the job's. */
export const JOB_WORK = "s3/batch-jobs";

export interface Job {
  id: string;
  account: string;
  region: string;
  status: JobStatus;
  createdMs: number;
  operation: Operation;
  manifest: JobManifest;
  report: JobReport;
  roleArn: string;
  priority: number;
  confirmationRequired: boolean;
  description?: string;
  /** Its document in JOB_TOKENS. */
  token: string;
  tags: Record<string, string>;
  /** The manifest as it was when the job was prepared: what happens to the object afterwards is of no interest. */
  listed?: { body: Body; sizeBytes: number; tasks: number };
  /** Tasks that have ended: all before this byte of the manifest. */
  done: { bytes: number; succeeded: number; failed: number };
  activeSinceMs?: number;
  activeUntilMs?: number;
  suspendedMs?: number;
  endedMs?: number;
  statusReason?: string;
  failure?: { code: string; reason: string };
}

export interface JobToken { jobId: string; requestHash: string }

/** What a worker has in hand. */
export interface Work { jobDocument: string }

export const KEPT_MS = 90 * 86_400_000;
const ENDED: ReadonlySet<string> = new Set<JobStatus>(["Complete", "Cancelled", "Failed"]);
/** From these a job can be cancelled. */
const CANCELLABLE: ReadonlySet<string> = new Set<JobStatus>(["New", "Preparing", "Suspended", "Ready", "Active"]);

export const hasEnded = ({ status }: Job): boolean => ENDED.has(status);
export const isCancellable = ({ status }: Job): boolean => CANCELLABLE.has(status);

interface JobName { account: string; region: string; id: string }

export const jobDocument = ({ account, region, id }: JobName): string => `${account}/${region}/${id}`;
/** A token is any text. */
export const tokenDocument = (account: string, region: string, token: string): string => `${account}/${region}/${createHash("sha256").update(token).digest("hex")}`;
export const jobArn = ({ account, region, id }: JobName): string => formatArn("s3", region, account, `job/${id}`);
export function parseJobArn(arn: string): JobName | undefined {
  const [, region, account, id] = /^arn:[\w-]+:s3:([\w-]+):(\d{12}):job\/([\w-]+)$/.exec(arn) ?? [];
  return id === undefined ? undefined : { region: region!, account: account!, id };
}
/** Logs of what is reported. */
export const resultsLog = ({ id }: Pick<Job, "id">, outcome: "succeeded" | "failed"): string => `s3/batch-results/${id}/${outcome}`;

const shownProgress = (job: Job, nowMs: number) => ({
  TotalNumberOfTasks: job.listed?.tasks ?? 0, NumberOfTasksSucceeded: job.done.succeeded, NumberOfTasksFailed: job.done.failed,
  Timers: { ElapsedTimeInActiveSeconds: job.activeSinceMs === undefined ? 0 : Math.max(0, Math.floor(((job.activeUntilMs ?? nowMs) - job.activeSinceMs) / 1000)) },
});

const shownDates = ({ createdMs, endedMs }: Job) => ({ CreationTime: new Date(createdMs), ...(endedMs !== undefined && { TerminationDate: new Date(endedMs) }) });

export const listedJob = (job: Job, nowMs: number): JobListDescriptor => ({
  JobId: job.id, ...(job.description !== undefined && { Description: job.description }), Operation: nameOf(job.operation), Priority: job.priority, Status: job.status,
  ...shownDates(job), ProgressSummary: shownProgress(job, nowMs),
});

export const shownJob = (job: Job, nowMs: number): JobDescriptor => ({
  JobId: job.id, JobArn: jobArn(job), ConfirmationRequired: job.confirmationRequired, ...(job.description !== undefined && { Description: job.description }),
  Status: job.status, Manifest: job.manifest, Operation: job.operation, Priority: job.priority, ProgressSummary: shownProgress(job, nowMs),
  ...(job.statusReason !== undefined && { StatusUpdateReason: job.statusReason }),
  FailureReasons: job.failure ? [{ FailureCode: job.failure.code, FailureReason: job.failure.reason }] : [],
  Report: job.report, ...shownDates(job), RoleArn: job.roleArn,
  ...(job.suspendedMs !== undefined && { SuspendedDate: new Date(job.suspendedMs), SuspendedCause: AWAITING }),
});

/** The one cause there is, in SuspendedCause and s3:JobSuspendedCause. The word is not in any page we have read. */
export const AWAITING = "AWAITING_CONFIRMATION";
