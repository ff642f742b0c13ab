// The completion report of a job: a CSV of each outcome, and a manifest.json that names them, written with the permission of the job's role.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html
import { createHash } from "node:crypto";
import { ServiceError } from "../../../kernel/errors.ts";
import type { Tx } from "../../../storage/stores.ts";
import { objectArn, parseBucketArn } from "../names.ts";
import type { Parts } from "../parts.ts";
import { storeObject } from "../target.ts";
import { reportUnwritable } from "./errors.ts";
import { type Job, jobArn, resultsLog } from "./job.ts";
import { BATCH_SERVICE } from "./job-access.ts";
import { whyRoleMayNot } from "./role.ts";
import type { EndedTask } from "./tasks.ts";

const LINES_AT_ONCE = 500;
const OUTCOMES = ["succeeded", "failed"] as const;

/** Keeps the lines of tasks that have ended, with the transaction that counts them. */
export async function keepResults(tx: Tx, job: Job, ended: EndedTask[], nowMs: number): Promise<void> {
  if (!job.report.Enabled) return;
  for (const outcome of OUTCOMES) {
    if (outcome === "succeeded" && job.report.ReportScope === "FailedTasksOnly") continue;
    const lines = ended.filter(({ result }) => (result.code === "Succeeded") === (outcome === "succeeded"));
    if (lines.length > 0) await tx.logs.append(resultsLog(job, outcome), lines.map((one) => ({ atMs: nowMs, body: lineOf(one) })));
  }
}

/** Of a job that has ended; in no transaction, because there may be millions. */
export async function dropResults({ stores }: Parts, job: Job): Promise<void> {
  for (const outcome of OUTCOMES) await stores.logs.delete(resultsLog(job, outcome));
}

/** In AWS's examples the status of the request comes before the code, although ReportSchema says the reverse; ResultMessage alone is always quoted. */
function lineOf({ task, result }: EndedTask): string {
  const succeeded = result.code === "Succeeded";
  const named = [task.bucket, task.key, task.versionId ?? "", succeeded ? "succeeded" : "failed", String(result.status), succeeded ? "" : (result.errorCode ?? result.code)];
  return `${named.map((value) => (/[",\n\r]/.test(value) ? quoted(value) : value)).join(",")},${quoted(result.message)}\n`;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** Nothing when no report is asked for, or no task has ended. Written again, it has the same names. Throws JobFailed. */
export async function writeReport(parts: Parts, job: Job): Promise<void> {
  if (!job.report.Enabled || job.done.succeeded + job.done.failed === 0) return;
  const bucket = parseBucketArn(job.report.Bucket!)!;
  const prefix = job.report.Prefix?.replace(/\/$/, "");
  const folder = `${prefix === undefined || prefix === "" ? "" : `${prefix}/`}job-${job.id}`;
  const results = [];
  for (const outcome of OUTCOMES) {
    if ((await parts.stores.logs.last(resultsLog(job, outcome))) === undefined) continue;
    const key = `${folder}/results/${createHash("sha1").update(`${job.id} ${outcome}`).digest("hex")}.csv`;
    const { etag } = await write(parts, job, bucket, key, linesOf(parts, resultsLog(job, outcome)));
    results.push({ TaskExecutionStatus: outcome, Bucket: bucket, MD5Checksum: etag.replaceAll('"', ""), Key: key });
  }
  const manifest = { Format: job.report.Format, ReportCreationDate: new Date(parts.clock.now()).toISOString(), Results: results, ReportSchema: "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage" };
  await write(parts, job, bucket, `${folder}/manifest.json`, once(Buffer.from(JSON.stringify(manifest))));
}

async function write(parts: Parts, job: Job, name: string, key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ etag: string }> {
  const bucket = await parts.buckets.get(name);
  if (!bucket) throw reportUnwritable(`the bucket ${name} does not exist`);
  const { ExpectedBucketOwner: expected } = job.report;
  if (expected !== undefined && expected !== bucket.account) throw reportUnwritable(`the bucket ${name} is not of the account ${expected}`);
  const refused = await whyRoleMayNot(parts, job, { action: "s3:PutObject", resource: objectArn(name, key), owner: bucket.account });
  if (refused !== undefined) throw reportUnwritable(refused);
  try {
    return await storeObject(parts, bucket, { key, bytes }, { account: job.account, region: job.region, roleArn: job.roleArn, service: BATCH_SERVICE, sourceArn: jobArn(job) });
  } catch (error) {
    throw error instanceof ServiceError ? reportUnwritable(error.message) : error;
  }
}

async function* linesOf({ stores }: Parts, log: string): AsyncGenerator<Uint8Array> {
  for (let after = 0; ;) {
    const records = await stores.logs.read(log, { after, limit: LINES_AT_ONCE });
    if (records.length === 0) return;
    yield Buffer.from(records.map(({ body }) => body).join(""));
    after = records.at(-1)!.seq;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
