// Batch Operations of S3 with a Node function: event, answers, report, cancelling, confirming, permissions.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { type CreateJobCommandInput, type JobDescriptor, type JobReport, S3Control } from "@aws-sdk/client-s3-control";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const [ACCOUNT, OTHER] = ["000000000000", "111122223333"];
const REGION = "eu-west-1";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/batch`;
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:each`;
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string | string[], Resource: string | string[], more: object = {}) => ({ Effect: "Allow", Action, Resource, ...more });
const trust = (Service: string) => document({ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" });

/** The key says what becomes of the task; "until/MS" fails until that date. */
const CODE = `
exports.handler = async (event) => {
  const { invocationSchemaVersion, invocationId, tasks: [task] } = event;
  const key = decodeURIComponent(task.s3Key);
  const answer = (resultCode, resultString, more) => ({ invocationSchemaVersion, treatMissingKeysAs: "PermanentFailure", invocationId, results: [{ taskId: task.taskId, resultCode, resultString }], ...more });
  const kind = key.split("/")[0];
  if (kind === "slow") await new Promise((resolve) => setTimeout(resolve, 300));
  if (kind === "crash") throw new RangeError("told to");
  if (kind === "permanent") return answer("PermanentFailure", 'no, "never"');
  if (kind === "temporary") return answer("TemporaryFailure", String(Date.now() - Number(key.split("/")[1])));
  if (kind === "until" && Date.now() < Number(key.split("/")[1])) return answer("TemporaryFailure", "not yet");
  if (kind === "stranger") return answer("Succeeded", "", { invocationId: "another" });
  if (kind === "missing") return answer("Succeeded", "", { treatMissingKeysAs: "Succeeded", results: [] });
  if (kind === "text") return "no object";
  return answer("Succeeded", JSON.stringify(event));
};
`;

/** The client puts the account's number before the host; not every machine's resolver knows names under localhost. */
const controlConfig = (accessKeyId: string, secretAccessKey: string) => ({
  ...platform.clientConfig, endpoint: `http://localhost:${new URL(platform.url).port}`, credentials: { accessKeyId, secretAccessKey },
  requestHandler: { httpAgent: new Agent({ lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) }) },
});

let platform: TestPlatform;
let [iam, lambda, s3, control] = [] as unknown as [IAM, Lambda, S3, S3Control];
const clients: { destroy(): void }[] = [];

before(async () => {
  platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret,${OTHER}:othersecret`, region: REGION });
  const config = { ...platform.clientConfig, forcePathStyle: true, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" } };
  const { forcePathStyle: _, ...plain } = config;
  clients.push((iam = new IAM(plain)), (lambda = new Lambda(plain)), (s3 = new S3(config)), (control = new S3Control(controlConfig(ACCOUNT!, "rootsecret"))));
  await iam.createRole({ RoleName: "runner", AssumeRolePolicyDocument: trust("lambda.amazonaws.com") });
  await iam.createRole({ RoleName: "batch", AssumeRolePolicyDocument: trust("batchoperations.s3.amazonaws.com") });
  await permit(allow(["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "lambda:InvokeFunction"], "*"));
  await lambda.createFunction({ FunctionName: "each", Runtime: "nodejs24.x", Handler: "index.handler", Role: `arn:aws:iam::${ACCOUNT}:role/runner`, Code: { ZipFile: await zipOf({ "index.js": CODE }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName: "each" });
  for (const Bucket of ["lists", "reports"]) await s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } });
});
after(async () => {
  for (const client of clients) client.destroy();
  await platform?.close();
});

const permit = (...statements: object[]) => iam.putRolePolicy({ RoleName: "batch", PolicyName: "p", PolicyDocument: document(...statements) });

type Made = Partial<Omit<CreateJobCommandInput, "AccountId">>;
const report: JobReport = { Enabled: true, Bucket: "arn:aws:s3:::reports", Format: "Report_CSV_20180820", Prefix: "out", ReportScope: "AllTasks" };

async function request(lines: string[], more: Made = {}, fields: ("Bucket" | "Key" | "VersionId" | "Ignore")[] = ["Bucket", "Key"]): Promise<CreateJobCommandInput> {
  const Key = `${Math.random()}.csv`;
  const { ETag } = await s3.putObject({ Bucket: "lists", Key, Body: lines.join("\n") });
  return {
    AccountId: ACCOUNT, Operation: { LambdaInvoke: { FunctionArn: FUNCTION } }, Report: { Enabled: false }, Priority: 10, RoleArn: ROLE, ConfirmationRequired: false,
    Manifest: { Spec: { Format: "S3BatchOperations_CSV_20180820", Fields: fields }, Location: { ObjectArn: `arn:aws:s3:::lists/${Key}`, ETag: ETag! } }, ...more,
  };
}

const create = async (...of: Parameters<typeof request>) => (await control.createJob(await request(...of))).JobId!;
const describe = async (JobId: string) => (await control.describeJob({ AccountId: ACCOUNT, JobId })).Job!;

async function until(JobId: string, wanted: (job: JobDescriptor) => boolean): Promise<JobDescriptor> {
  for (const giveUp = Date.now() + 30_000; ;) {
    const job = await describe(JobId);
    if (wanted(job)) return job;
    assert.ok(Date.now() < giveUp, JSON.stringify(job));
    await sleep(30);
  }
}
const ended = (JobId: string) => until(JobId, ({ Status }) => ["Complete", "Failed", "Cancelled"].includes(Status!));
const textOf = async (Key: string) => (await s3.getObject({ Bucket: "reports", Key })).Body!.transformToString();
const counts = ({ ProgressSummary: summary }: JobDescriptor) => [summary!.TotalNumberOfTasks, summary!.NumberOfTasksSucceeded, summary!.NumberOfTasksFailed];
const code = (name: string, status: number, text = "") => (error: any) => error.name === name && error.$metadata.httpStatusCode === status && error.message.includes(text);

test("a function is invoked for each of 25 objects, and the report says what has become of them", async () => {
  const special = ["permanent/1", `temporary/${Date.now()}`, `until/${Date.now() + 600}`, "crash/1", "stranger/1", "missing/1", "text/1"];
  const lines = [...Array.from({ length: 18 }, (_, n) => `photos,${n}%20%C3%A9.jpg`), ...special.map((key) => `photos,${encodeURIComponent(key)}`)];
  const JobId = await create([...lines, ""], { Report: report, Description: "thumbnails" });
  const job = await ended(JobId);
  assert.equal(job.Status, "Complete", JSON.stringify(job));
  assert.deepEqual(counts(job), [25, 20, 5]);
  assert.deepEqual([job.Description, job.JobArn, job.FailureReasons ?? [], job.RoleArn], ["thumbnails", `arn:aws:s3:${REGION}:${ACCOUNT}:job/${JobId}`, [], ROLE]);
  assert.ok(job.TerminationDate && job.CreationTime && job.ProgressSummary!.Timers!.ElapsedTimeInActiveSeconds! >= 0);

  const manifest = JSON.parse(await textOf(`out/job-${JobId}/manifest.json`));
  assert.deepEqual([manifest.Format, manifest.ReportSchema, manifest.Results.map((one: any) => [one.TaskExecutionStatus, one.Bucket])], ["Report_CSV_20180820", "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage", [["succeeded", "reports"], ["failed", "reports"]]]);
  for (const { Key, MD5Checksum } of manifest.Results) {
    assert.match(Key, new RegExp(`^out/job-${JobId}/results/[0-9a-f]{40}\\.csv$`));
    assert.equal((await s3.headObject({ Bucket: "reports", Key })).ETag, `"${MD5Checksum}"`);
  }
  const [succeeded, failed] = await Promise.all(manifest.Results.map(({ Key }: { Key: string }) => textOf(Key))) as [string, string];
  assert.equal(succeeded.trimEnd().split("\n").length, 20);
  assert.match(succeeded, /^photos,0%20%C3%A9\.jpg,,succeeded,200,,"\{""invocationSchemaVersion"":""1\.0""/);
  const failures = failed.trimEnd().split("\n");
  assert.equal(failures[0], 'photos,permanent%2F1,,failed,200,PermanentFailure,"no, ""never"""');
  const [, lastTryMs] = /^photos,temporary%2F\d+,,failed,200,TemporaryFailure,"(\d+)"$/.exec(failures[1]!)!;
  assert.ok(Number(lastTryMs) >= 1_700, `the last of four tries comes after pauses of 250, 500 and 1000 ms, not after ${lastTryMs}`);
  assert.match(failures[2]!, /^photos,crash%2F1,,failed,200,PermanentFailure,"Lambda returned function error: \{""errorType"":""RangeError""/);
  assert.match(failures[3]!, /stranger.*invocationId/);
  assert.match(failures[4]!, /text.*"Invalid JSON returned in Lambda payload"$/);
  const event = JSON.parse(/"(\{.*\})"$/.exec(succeeded.split("\n")[0]!)![1]!.replaceAll('""', '"'));
  assert.deepEqual([event.job, Object.keys(event.tasks[0]), event.tasks[0].s3Key, event.tasks[0].s3VersionId, event.tasks[0].s3BucketArn], [{ id: JobId }, ["taskId", "s3Key", "s3VersionId", "s3BucketArn"], "0%20%C3%A9.jpg", null, "arn:aws:s3:::photos"]);
});

test("schema 2.0 names the bucket and brings the user's arguments; a report of failures alone has no others", async () => {
  const Operation = { LambdaInvoke: { FunctionArn: FUNCTION, InvocationSchemaVersion: "2.0", UserArguments: { size: "small" } } };
  const lines = ['"photos","a,b","x1"', '"photos","permanent","x2"'];
  const JobId = await create(lines, { Operation, Report: { ...report, Prefix: undefined, ReportScope: "FailedTasksOnly" } }, ["Bucket", "Key", "VersionId"]);
  const job = await ended(JobId);
  assert.deepEqual([job.Status, counts(job), job.Operation], ["Complete", [2, 1, 1], Operation]);
  const { Results } = JSON.parse(await textOf(`job-${JobId}/manifest.json`));
  assert.deepEqual(Results.map((one: any) => one.TaskExecutionStatus), ["failed"]);
  assert.match(await textOf(Results[0].Key), /^photos,permanent,x2,failed,/);
  const all = await create([lines[0]!], { Operation, Report: { ...report, Prefix: "two" } }, ["Bucket", "Key", "VersionId"]);
  await ended(all);
  const line = await textOf(JSON.parse(await textOf(`two/job-${all}/manifest.json`)).Results[0].Key);
  const event = JSON.parse(/"(\{.*\})"$/.exec(line.trimEnd())![1]!.replaceAll('""', '"'));
  assert.deepEqual([event.invocationSchemaVersion, event.job.userArguments, event.tasks[0].s3Bucket, event.tasks[0].s3VersionId, event.tasks[0].s3BucketArn], ["2.0", { size: "small" }, "photos", "x1", undefined]);
});

test("a job that needs confirmation waits for it; what was confirmed or has ended cannot be again", async () => {
  const JobId = await create(["photos,a"], { ConfirmationRequired: true });
  const waiting = await until(JobId, ({ Status }) => Status === "Suspended");
  assert.deepEqual([waiting.SuspendedCause, counts(waiting)], ["AWAITING_CONFIRMATION", [1, 0, 0]]);
  assert.equal((await control.updateJobPriority({ AccountId: ACCOUNT, JobId, Priority: 7 })).Priority, 7);
  assert.equal((await control.updateJobStatus({ AccountId: ACCOUNT, JobId, RequestedJobStatus: "Ready", StatusUpdateReason: "checked" })).Status, "Ready");
  const job = await ended(JobId);
  assert.deepEqual([job.Status, counts(job), job.Priority, job.StatusUpdateReason], ["Complete", [1, 1, 0], 7, "checked"]);
  for (const RequestedJobStatus of ["Ready", "Cancelled"] as const) await assert.rejects(control.updateJobStatus({ AccountId: ACCOUNT, JobId, RequestedJobStatus }), code("JobStatusException", 400));
  await assert.rejects(control.updateJobPriority({ AccountId: ACCOUNT, JobId, Priority: 8 }), code("BadRequestException", 400));
  const unwanted = await create(["photos,a"], { ConfirmationRequired: true });
  await until(unwanted, ({ Status }) => Status === "Suspended");
  await control.updateJobStatus({ AccountId: ACCOUNT, JobId: unwanted, RequestedJobStatus: "Cancelled" });
  assert.equal((await ended(unwanted)).Status, "Cancelled");
});

test("a cancelled job starts no more tasks, and reports those that it ran", async () => {
  const JobId = await create(Array.from({ length: 400 }, (_, n) => `photos,slow%2F${n}`), { Report: { ...report, Prefix: "cancelled" } });
  await until(JobId, ({ ProgressSummary }) => ProgressSummary!.NumberOfTasksSucceeded! > 0);
  assert.equal((await control.updateJobStatus({ AccountId: ACCOUNT, JobId, RequestedJobStatus: "Cancelled" })).Status, "Cancelling");
  const job = await ended(JobId);
  const [total, succeeded, failed] = counts(job);
  assert.deepEqual([job.Status, total, failed], ["Cancelled", 400, 0]);
  assert.ok(succeeded! < 200, String(succeeded));
  const { Results } = JSON.parse(await textOf(`cancelled/job-${JobId}/manifest.json`));
  assert.equal((await textOf(Results[0].Key)).trimEnd().split("\n").length, succeeded);
});

test("a throttled job waits, can be cancelled, and loses no task", async () => {
  const throttle = (ReservedConcurrentExecutions: number) => lambda.putFunctionConcurrency({ FunctionName: "each", ReservedConcurrentExecutions });
  await throttle(0);
  const [goesOn, ends] = [await create(["photos,a", "photos,b"]), await create(["photos,a"])];
  await Promise.all([goesOn, ends].map((id) => until(id, ({ Status }) => Status === "Active")));
  await control.updateJobStatus({ AccountId: ACCOUNT, JobId: ends, RequestedJobStatus: "Cancelled" });
  assert.deepEqual([(await ended(ends)).Status, counts(await describe(ends)), counts(await describe(goesOn))], ["Cancelled", [1, 0, 0], [2, 0, 0]]);
  await lambda.deleteFunctionConcurrency({ FunctionName: "each" });
  const job = await ended(goesOn);
  assert.deepEqual([job.Status, counts(job)], ["Complete", [2, 2, 0]]);
});

test("a function that is not there fails its tasks, and one of another version runs by its name", async () => {
  const { Version } = await lambda.publishVersion({ FunctionName: "each" });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName: "each", Qualifier: Version });
  const run = async (FunctionArn: string) => ended(await create(["photos,a"], { Operation: { LambdaInvoke: { FunctionArn } }, Report: { ...report, Prefix: "named" } }));
  assert.deepEqual(counts(await run(`${FUNCTION}:${Version}`)), [1, 1, 0]);
  const absent = await run(`${FUNCTION}-absent`);
  assert.deepEqual([absent.Status, counts(absent)], ["Complete", [1, 0, 1]]);
  const { Results } = JSON.parse(await textOf(`named/job-${absent.JobId}/manifest.json`));
  assert.match(await textOf(Results[0].Key), /^photos,a,,failed,404,ResourceNotFoundException,"/);
});

test("a job of which most tasks fail fails after a thousand", async () => {
  await permit(allow(["s3:GetObject", "s3:PutObject"], "*"));
  const JobId = await create(Array.from({ length: 1500 }, (_, n) => `photos,${n}`));
  const job = await ended(JobId);
  await permit(allow(["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "lambda:InvokeFunction"], "*"));
  assert.deepEqual([job.Status, job.FailureReasons![0]!.FailureCode], ["Failed", "FailureThresholdExceeded"]);
  const [total, succeeded, failed] = counts(job);
  assert.ok(total === 1500 && succeeded === 0 && failed! >= 1000 && failed! < 1200, String(failed));
});

test("the role's permissions count, and nobody else's", async () => {
  await permit(allow(["s3:GetObject", "s3:PutObject"], "*"));
  const JobId = await create(["photos,a"], { Report: { ...report, Prefix: "refused" } });
  assert.deepEqual([(await ended(JobId)).Status, counts(await describe(JobId))], ["Complete", [1, 0, 1]]);
  const { Results } = JSON.parse(await textOf(`refused/job-${JobId}/manifest.json`));
  assert.match(await textOf(Results[0].Key), /^photos,a,,failed,403,AccessDenied,".*lambda:InvokeFunction/);

  await permit(allow("lambda:InvokeFunction", FUNCTION), allow("s3:PutObject", "arn:aws:s3:::reports/*"));
  const unread = await ended(await create(["photos,a"]));
  assert.deepEqual([unread.Status, unread.FailureReasons![0]!.FailureCode], ["Failed", "ManifestUnreadable"]);
  assert.match(unread.FailureReasons![0]!.FailureReason!, /s3:GetObject/);

  await permit(allow("lambda:InvokeFunction", FUNCTION), allow("s3:GetObject", "arn:aws:s3:::lists/*"));
  const unreported = await ended(await create(["photos,a"], { Report: report }));
  assert.deepEqual([unreported.Status, counts(unreported), unreported.FailureReasons![0]!.FailureCode], ["Failed", [1, 1, 0], "JobReportFailed"]);
  await permit(allow(["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "lambda:InvokeFunction"], "*"));
  const untrusted = await ended(await create(["photos,a"], { RoleArn: `arn:aws:iam::${ACCOUNT}:role/runner` }));
  assert.deepEqual([untrusted.Status, untrusted.FailureReasons![0]!.FailureCode], ["Failed", "RoleAssumptionFailed"]);
});

test("another account's bucket and function take its own consent too", async () => {
  const config = { ...platform.clientConfig, forcePathStyle: true, credentials: { accessKeyId: OTHER!, secretAccessKey: "othersecret" } };
  const [theirs, theirLambda] = [new S3(config), new Lambda(config)];
  clients.push(theirs, theirLambda);
  await theirs.createBucket({ Bucket: "strange", CreateBucketConfiguration: { LocationConstraint: REGION } });
  const { ETag } = await theirs.putObject({ Bucket: "strange", Key: "list.csv", Body: "photos,a\n" });
  const Manifest = { Spec: { Format: "S3BatchOperations_CSV_20180820" as const, Fields: ["Bucket" as const, "Key" as const] }, Location: { ObjectArn: "arn:aws:s3:::strange/list.csv", ETag } };
  const strange: Made = { Manifest, Report: { ...report, Bucket: "arn:aws:s3:::strange", Prefix: "p" } };
  assert.equal((await ended(await create([], strange))).FailureReasons![0]!.FailureCode, "ManifestUnreadable");
  const open = (Action: string) => theirs.putBucketPolicy({ Bucket: "strange", Policy: document({ Effect: "Allow", Principal: { AWS: ROLE }, Action, Resource: "arn:aws:s3:::strange/*" }) });
  await open("s3:GetObject");
  assert.equal((await ended(await create([], strange))).FailureReasons![0]!.FailureCode, "JobReportFailed");
  await open("s3:*");
  assert.equal((await ended(await create([], strange))).Status, "Complete");

  const theirIam = new IAM({ ...platform.clientConfig, credentials: config.credentials });
  clients.push(theirIam);
  await theirIam.createRole({ RoleName: "r", AssumeRolePolicyDocument: trust("lambda.amazonaws.com") });
  const { FunctionArn } = await theirLambda.createFunction({ FunctionName: "theirs", Runtime: "nodejs24.x", Handler: "index.handler", Role: `arn:aws:iam::${OTHER}:role/r`, Code: { ZipFile: await zipOf({ "index.js": CODE }) } });
  await waitUntilFunctionActiveV2({ client: theirLambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName: "theirs" });
  const run = async () => ended(await create(["photos,a"], { Operation: { LambdaInvoke: { FunctionArn } }, Report: { ...report, Prefix: "theirs" } }));
  const refused = await run();
  assert.deepEqual(counts(refused), [1, 0, 1]);
  assert.match(await textOf(JSON.parse(await textOf(`theirs/job-${refused.JobId}/manifest.json`)).Results[0].Key), /^photos,a,,failed,403,AccessDenied,/);
  await theirLambda.addPermission({ FunctionName: "theirs", StatementId: "batch", Action: "lambda:InvokeFunction", Principal: ROLE });
  assert.deepEqual(counts(await run()), [1, 1, 0]);
});

test("a user needs the operation, and to pass the role", async () => {
  await iam.createUser({ UserName: "ann" });
  const { AccessKey } = await iam.createAccessKey({ UserName: "ann" });
  const ann = new S3Control(controlConfig(AccessKey!.AccessKeyId!, AccessKey!.SecretAccessKey!));
  clients.push(ann);
  const may = (...statements: object[]) => iam.putUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: document(...statements) });
  const input = await request(["photos,a"], { ConfirmationRequired: true, Tags: [{ Key: "team", Value: "a" }] });
  await assert.rejects(ann.createJob(input), code("AccessDenied", 403, "s3:CreateJob"));
  await may(allow("s3:CreateJob", "*", { Condition: { NumericLessThan: { "s3:RequestJobPriority": "20" }, StringEquals: { "s3:RequestJobOperation": "LambdaInvoke", "aws:RequestTag/team": "a" } } }));
  await assert.rejects(ann.createJob(input), code("AccessDenied", 403, "iam:PassRole"));
  await may(allow("s3:CreateJob", "*"), allow("iam:PassRole", ROLE, { Condition: { StringEquals: { "iam:PassedToService": "batchoperations.s3.amazonaws.com" } } }),
    allow("s3:UpdateJobStatus", "*", { Condition: { StringEquals: { "s3:JobSuspendedCause": "AWAITING_CONFIRMATION" }, NumericLessThan: { "s3:ExistingJobPriority": "20" } } }), allow("s3:DescribeJob", "*", { Condition: { StringEquals: { "aws:ResourceTag/team": "a" } } }));
  const { JobId } = await ann.createJob(input);
  await until(JobId!, ({ Status }) => Status === "Suspended");
  assert.equal((await ann.describeJob({ AccountId: ACCOUNT, JobId })).Job!.JobId, JobId);
  await ann.updateJobStatus({ AccountId: ACCOUNT, JobId, RequestedJobStatus: "Cancelled" });
  await ended(JobId!);
  await assert.rejects(ann.updateJobStatus({ AccountId: ACCOUNT, JobId, RequestedJobStatus: "Ready" }), code("AccessDenied", 403));
});

test("a manifest that is not as it should be fails its job with what is wrong", async () => {
  const failure = async (lines: string[], more: Made = {}, fields?: ("Bucket" | "Key" | "VersionId")[]) => {
    const job = await ended(await create(lines, more, fields));
    assert.equal(job.Status, "Failed");
    return `${job.FailureReasons![0]!.FailureCode}: ${job.FailureReasons![0]!.FailureReason}`;
  };
  assert.match(await failure(["photos,a", "photos"]), /^InvalidManifestContent: .*line 2 has 1 of the 2 fields/);
  assert.match(await failure(["photos,a%zz"]), /^InvalidManifestContent: .*not URL-encoded/);
  assert.match(await failure(["photos"], {}, ["Bucket"]), /^InvalidManifestContent: Required fields are missing in the schema: Key/);
  assert.match(await failure([`photos,${"x".repeat(20_000)}`]), /^InvalidManifestContent: .*(too long|1,024)/);
  assert.match(await failure([""]), /^InvalidManifestContent/);
  const { Manifest } = await request(["photos,a"]);
  assert.match(await failure([], { Manifest: { ...Manifest!, Location: { ...Manifest!.Location!, ETag: "00000000000000000000000000000000" } } }), /^ManifestETagMismatch/);
  assert.match(await failure([], { Manifest: { ...Manifest!, Location: { ...Manifest!.Location!, ObjectArn: "arn:aws:s3:::lists/nothing" } } }), /^ManifestUnreadable/);
});

test("a job that is no job is refused, what is not there by its name", async () => {
  const input = await request(["photos,a"]);
  const lambdaInvoke = (more: object) => ({ Operation: { LambdaInvoke: { FunctionArn: FUNCTION, ...more } } });
  const refused: [object, string, number, string?][] = [
    [{ Operation: { S3ReplicateObject: {} } }, "NotImplemented", 501, "S3ReplicateObject"],
    [{ Operation: { S3PutObjectAcl: {} } }, "NotImplemented", 501, "S3PutObjectAcl"],
    [{ Operation: { S3PutObjectCopy: { TargetResource: "arn:aws:s3:::photos/x" } } }, "BadRequestException", 400, "TargetResource"],
    [{ Operation: { S3PutObjectCopy: { TargetResource: "arn:aws:s3:::photos", AccessControlGrants: [{ Grantee: { TypeIdentifier: "id", Identifier: "x" }, Permission: "READ" }] } } }, "NotImplemented", 501, "AccessControlGrants"],
    [{ Operation: { S3InitiateRestoreObject: { GlacierJobTier: "BULK" } } }, "BadRequestException", 400, "ExpirationInDays"],
    [{ Operation: { S3PutObjectRetention: { Retention: { Mode: "GOVERNANCE" } } } }, "BadRequestException", 400, "RetainUntilDate"],
    [{ Operation: {} }, "BadRequestException", 400],
    [{ Manifest: undefined, ManifestGenerator: { S3JobManifestGenerator: { SourceBucket: "arn:aws:s3:::photos", EnableManifestOutput: false } } }, "NotImplemented", 501, "ManifestGenerator"],
    [{ Manifest: undefined }, "BadRequestException", 400],
    [{ Manifest: { ...input.Manifest, Spec: { Format: "S3InventoryReport_CSV_20161130" } } }, "NotImplemented", 501, "S3InventoryReport_CSV_20161130"],
    [{ Manifest: { ...input.Manifest, Spec: { Format: "S3BatchOperations_CSV_20180820" } } }, "BadRequestException", 400, "Fields"],
    [{ Manifest: { ...input.Manifest, Location: { ObjectArn: "arn:aws:s3:::lists", ETag: "x" } } }, "BadRequestException", 400, "ObjectArn"],
    [{ Report: { Enabled: true } }, "BadRequestException", 400, "Report.Bucket"],
    [lambdaInvoke({ InvocationSchemaVersion: "3.0" }), "BadRequestException", 400],
    [lambdaInvoke({ UserArguments: { a: "b" } }), "BadRequestException", 400, "UserArguments"],
    [lambdaInvoke({ FunctionArn: "each" }), "BadRequestException", 400, "FunctionArn"],
    [{ Tags: Array.from({ length: 51 }, (_, n) => ({ Key: `${n}`, Value: "" })) }, "TooManyTagsException", 400],
    [{ RoleArn: `arn:aws:iam::${OTHER}:role/batch` }, "AccessDenied", 403],
    [{ AccountId: OTHER }, "AccessDenied", 403],
  ];
  for (const [more, name, status, text] of refused) await assert.rejects(control.createJob({ ...input, ...more }), code(name, status, text), JSON.stringify(more));
  for (const JobId of ["00000000-0000-0000-0000-000000000000"]) await assert.rejects(control.describeJob({ AccountId: ACCOUNT, JobId }), code("NoSuchJobException", 404, "No such job"));
});

test("one token makes one job; tags are put, shown and deleted; jobs are listed by status and page", async () => {
  const ClientRequestToken = "once";
  const input = await request(["photos,a"], { ClientRequestToken, Tags: [{ Key: "a", Value: "1" }] });
  const [{ JobId }, again] = [await control.createJob(input), await control.createJob(input)];
  assert.equal(again.JobId, JobId);
  await assert.rejects(control.createJob({ ...input, Priority: 11 }), code("IdempotencyException", 400));
  const of = { AccountId: ACCOUNT, JobId };
  assert.deepEqual((await control.getJobTagging(of)).Tags, [{ Key: "a", Value: "1" }]);
  await control.putJobTagging({ ...of, Tags: [{ Key: "b", Value: "2" }] });
  assert.deepEqual((await control.getJobTagging(of)).Tags, [{ Key: "b", Value: "2" }]);
  await control.deleteJobTagging(of);
  assert.deepEqual((await control.getJobTagging(of)).Tags ?? [], []);
  assert.equal((await ended(JobId!)).Status, "Complete");
  const all: string[] = [];
  for (let NextToken: string | undefined; ;) {
    const page = await control.listJobs({ AccountId: ACCOUNT, MaxResults: 3, ...(NextToken !== undefined && { NextToken }) });
    all.push(...page.Jobs!.map((job) => job.JobId!));
    if ((NextToken = page.NextToken) === undefined) break;
  }
  assert.ok(all.length > 10 && new Set(all).size === all.length && all.includes(JobId!));
  const failed = (await control.listJobs({ AccountId: ACCOUNT, JobStatuses: ["Failed"] })).Jobs!;
  assert.ok(failed.length > 0 && failed.every((job) => job.Status === "Failed" && job.Operation === "LambdaInvoke"));
  await assert.rejects(control.listJobs({ AccountId: ACCOUNT, NextToken: "nonsense" }), code("InvalidNextTokenException", 400));
});
