// A task that is an operation of S3: done as the job's role would do it, asked for what the gateway asks callers for.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-operations.html
import type { S3CopyObjectOperation } from "@aws-sdk/client-s3-control";
import { parseArn } from "../../../kernel/arn.ts";
import { assert } from "../../../kernel/assert.ts";
import type { Call } from "../../../kernel/call.ts";
import { Fault, ServiceError } from "../../../kernel/errors.ts";
import { access } from "../access.ts";
import { copyingOperations } from "../copying.ts";
import { noSuchBucket } from "../errors.ts";
import { objectLockOperations } from "../object-locks.ts";
import { bucketArn, parseBucketArn } from "../names.ts";
import type { Operations, Parts } from "../parts.ts";
import { restoreOperations } from "../restores.ts";
import { taggingOperations } from "../tagging.ts";
import type { Job } from "./job.ts";
import { BATCH_SERVICE } from "./job-access.ts";
import type { Task } from "./manifest.ts";
import { nameOf, type Operation } from "./operation.ts";
import { whyRoleMayNot } from "./role.ts";
import { shorten, type TaskResult } from "./task-event.ts";

type Name = "CopyObject" | "PutObjectTagging" | "DeleteObjectTagging" | "RestoreObject" | "PutObjectLegalHold" | "PutObjectRetention";
interface Request { name: Name; input: Record<string, unknown> & { Bucket: string; Key: string } }

export type PerformOnObject = (job: Job, task: Task, signal: AbortSignal) => Promise<TaskResult>;

export function openObjectTasks(parts: Parts): PerformOnObject {
  const operations = { ...copyingOperations(parts), ...taggingOperations(parts), ...restoreOperations(parts), ...objectLockOperations(parts) } as Required<Pick<Operations, Name>>;
  return async (job, task, signal) => {
    try {
      if (parseBucketArn(bucketArn(task.bucket)) !== task.bucket) throw noSuchBucket(task.bucket); // with a slash it would name another's key
      const { name, input } = requestOf(job.operation, task);
      const call = callOf(parts, job, signal);
      const refused = await whyRefused(parts, job, { name, input }, call);
      if (refused !== undefined) return { code: "PermanentFailure", errorCode: "AccessDenied", status: 403, message: shorten(refused) };
      await operations[name](input as never, call);
      return { code: "Succeeded", status: 200, message: "Successful" };
    } catch (error) {
      if (error instanceof ServiceError) return { code: error.status >= 500 && error.status !== 501 ? "TemporaryFailure" : "PermanentFailure", errorCode: error.code, status: error.status, message: shorten(error.message) };
      if (error instanceof Fault) return { code: "TemporaryFailure", errorCode: "InternalError", status: 500, message: shorten(error.message) };
      throw error;
    }
  };
}

async function whyRefused(parts: Parts, job: Job, { name, input }: Request, call: Call): Promise<string | undefined> {
  const rule = access[name]!;
  const named = typeof rule.action === "function" ? rule.action(input) : rule.action ?? name;
  const context = rule.context?.(input, call);
  const questions = [...rule.resources!(input, call).map((resource) => ({ action: `s3:${named}`, resource, ...(context && { context }) })), ...(rule.also?.(input, call) ?? [])];
  for (const question of questions) {
    const owner = (await parts.buckets.get(parseBucketArn(question.resource) ?? ""))?.account ?? job.account;
    const refused = await whyRoleMayNot(parts, job, { ...question, owner });
    if (refused !== undefined) return refused;
  }
  return undefined;
}

/** A session of the job's role, whichever role has that name now: its id is not known here. */
function callOf({ ids, clock }: Parts, { id, account, region, roleArn }: Job, signal: AbortSignal): Call {
  const { partition, resource } = parseArn(roleArn)!;
  const session = `s3-batch-operations_${id}`;
  const nowMs = clock.now();
  return {
    account, region, requestId: ids.uuid(), now: new Date(nowMs), signal, sourceIp: BATCH_SERVICE, userAgent: BATCH_SERVICE, host: "",
    principal: { arn: `arn:${partition}:sts::${account}:assumed-role/${resource.split("/").at(-1)}/${session}`, accountId: account, userId: roleArn, accessKeyId: "", verified: true, session: { issuedAtMs: nowMs, issuerArn: roleArn, roleUnknown: true } },
  };
}

function requestOf(operation: Operation, task: Task): Request {
  const of = { Bucket: task.bucket, Key: decodedKey(task), ...(task.versionId !== undefined && { VersionId: task.versionId }) };
  const { S3PutObjectCopy: copy, S3PutObjectTagging: tagging, S3InitiateRestoreObject: restore, S3PutObjectLegalHold: hold, S3PutObjectRetention: lock, S3DeleteObjectTagging: untagging } = operation;
  if (copy) return { name: "CopyObject", input: copyInput(copy, of) };
  if (tagging) return { name: "PutObjectTagging", input: { ...of, Tagging: { TagSet: tagging.TagSet } } };
  if (restore) return { name: "RestoreObject", input: { ...of, RestoreRequest: { Days: restore.ExpirationInDays, GlacierJobParameters: { Tier: restore.GlacierJobTier === "BULK" ? "Bulk" : "Standard" } } } };
  if (hold) return { name: "PutObjectLegalHold", input: { ...of, LegalHold: hold.LegalHold } };
  if (lock) return { name: "PutObjectRetention", input: { ...of, BypassGovernanceRetention: lock.BypassGovernanceRetention, Retention: { Mode: lock.Retention?.Mode, RetainUntilDate: date(lock.Retention?.RetainUntilDate) } } };
  assert(untagging, `no operation is called ${nameOf(operation)}`);
  return { name: "DeleteObjectTagging", input: of };
}

/** That a plus sign is a space is recalled of the guide's functions. */
const decodedKey = ({ key }: Task): string => decodeURIComponent(key.replaceAll("+", " "));

/** A stored date is a text. */
const date = (given: Date | string | undefined): Date | undefined => (given === undefined ? undefined : new Date(given));

function copyInput(copy: S3CopyObjectOperation, { Bucket, Key, VersionId }: { Bucket: string; Key: string; VersionId?: string }): Request["input"] {
  const { NewObjectMetadata: metadata, NewObjectTagging: tags, TargetKeyPrefix: prefix } = copy;
  const source = `${Bucket}/${encodeURIComponent(Key)}${VersionId === undefined ? "" : `?versionId=${VersionId}`}`;
  const given = {
    CopySource: source, ACL: copy.CannedAccessControlList, CopySourceIfModifiedSince: date(copy.ModifiedSinceConstraint), CopySourceIfUnmodifiedSince: date(copy.UnModifiedSinceConstraint),
    WebsiteRedirectLocation: copy.RedirectLocation, StorageClass: copy.StorageClass, SSEKMSKeyId: copy.SSEAwsKmsKeyId, BucketKeyEnabled: copy.BucketKeyEnabled, ChecksumAlgorithm: copy.ChecksumAlgorithm,
    ObjectLockMode: copy.ObjectLockMode, ObjectLockLegalHoldStatus: copy.ObjectLockLegalHoldStatus, ObjectLockRetainUntilDate: date(copy.ObjectLockRetainUntilDate),
    // "If you don't provide this parameter, Amazon S3 copies all the metadata from the original objects."
    MetadataDirective: copy.MetadataDirective ?? (metadata === undefined ? undefined : "REPLACE"),
    ServerSideEncryption: metadata?.SSEAlgorithm === "KMS" ? "aws:kms" : metadata?.SSEAlgorithm,
    CacheControl: metadata?.CacheControl, ContentDisposition: metadata?.ContentDisposition, ContentEncoding: metadata?.ContentEncoding, ContentLanguage: metadata?.ContentLanguage, ContentType: metadata?.ContentType,
    Expires: date(metadata?.HttpExpiresDate), Metadata: metadata?.UserMetadata && Object.fromEntries(Object.entries(metadata.UserMetadata).map(([name, value]) => [name.toLowerCase(), value])), RequestPayer: copy.RequesterPays ? "requester" : undefined,
    ...(tags !== undefined && { TaggingDirective: "REPLACE", Tagging: new URLSearchParams(tags.map(({ Key: key = "", Value = "" }) => [key, Value])).toString() }),
  };
  return { ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)), Bucket: parseBucketArn(copy.TargetResource!)!, Key: prefix ? `${prefix.replace(/\/$/, "")}/${Key}` : Key };
}
