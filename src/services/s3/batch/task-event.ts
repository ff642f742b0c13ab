// What a function is sent for a task, and what it says of it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html
import { createHash } from "node:crypto";
import { bucketArn } from "../names.ts";
import type { Job } from "./job.ts";
import type { Task } from "./manifest.ts";

export const RESULT_CODES = ["Succeeded", "TemporaryFailure", "PermanentFailure"] as const;
export type ResultCode = (typeof RESULT_CODES)[number];

/** What has become of a task, as the report has it. */
export interface TaskResult {
  code: ResultCode;
  message: string;
  /** Of the request: 200 when the function was invoked. */
  status: number;
  /** The report's, where it is no ResultCode: AccessDenied. */
  errorCode?: string;
}

/** What of a result's text is kept for the report. */
const MESSAGE_CHARACTERS_MAX = 4096;

/** The same at every try, so that a function can tell. */
export const taskIdOf = ({ id }: Pick<Job, "id">, { startBytes }: Task): string => createHash("sha256").update(`${id}/${startBytes}`).digest("base64");

/** `s3Key` is URL-encoded, as in the manifest; without a version it is null. */
export function taskEvent(job: Job, task: Task, taskId: string, invocationId: string): object {
  const { InvocationSchemaVersion: version = "1.0", UserArguments: userArguments = {} } = job.operation.LambdaInvoke!;
  const named = { taskId, s3Key: task.key, s3VersionId: task.versionId ?? null };
  return version === "2.0"
    ? { invocationSchemaVersion: version, invocationId, job: { id: job.id, userArguments }, tasks: [{ ...named, s3Bucket: task.bucket }] }
    : { invocationSchemaVersion: version, invocationId, job: { id: job.id }, tasks: [{ ...named, s3BucketArn: bucketArn(task.bucket) }] };
}

/** "Invalid JSON returned in Lambda payload" is the guide's; what else is wrong with an answer is said in our words. */
export function readAnswer(payload: Uint8Array, asked: { version: string; invocationId: string; taskId: string }): TaskResult {
  const answer = parsed(payload);
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) return wrong("Invalid JSON returned in Lambda payload");
  const { invocationSchemaVersion, invocationId, treatMissingKeysAs, results } = answer as Record<string, unknown>;
  if (invocationSchemaVersion !== asked.version) return wrong(`Lambda returned invocationSchemaVersion ${show(invocationSchemaVersion)}, not "${asked.version}"`);
  if (invocationId !== asked.invocationId) return wrong(`Lambda returned invocationId ${show(invocationId)}, not the one it was sent`);
  if (!Array.isArray(results)) return wrong("Lambda returned no results");
  const result = results.find((one) => one?.taskId === asked.taskId);
  if (result === undefined) return { code: isCode(treatMissingKeysAs) ? treatMissingKeysAs : "PermanentFailure", message: "Lambda returned no result for the task", status: 200 };
  const { resultCode, resultString } = result as Record<string, unknown>;
  if (!isCode(resultCode)) return wrong(`Lambda returned resultCode ${show(resultCode)}`);
  return { code: resultCode, message: shorten(typeof resultString === "string" ? resultString : resultString === undefined || resultString === null ? "" : JSON.stringify(resultString)), status: 200 };
}

/** The sentence is the guide's, of a function that timed out; it is tried again. */
export const functionFailed = (payload: Uint8Array): TaskResult => ({ code: "TemporaryFailure", errorCode: "PermanentFailure", message: shorten(`Lambda returned function error: ${Buffer.from(payload).toString()}`), status: 200 });

const wrong = (message: string): TaskResult => ({ code: "PermanentFailure", message, status: 200 });
const isCode = (value: unknown): value is ResultCode => (RESULT_CODES as readonly unknown[]).includes(value);
const show = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 100);
export const shorten = (text: string): string => text.slice(0, MESSAGE_CHARACTERS_MAX).toWellFormed();

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString());
  } catch {
    return undefined;
  }
}
