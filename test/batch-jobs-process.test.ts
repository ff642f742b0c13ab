// Jobs of Batch Operations outlive the process: kill -9 in the middle, twice; every task is invoked, and counted once.
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { S3Control } from "@aws-sdk/client-s3-control";
import { driveClock } from "./support/clock.ts";
import { mortalPlatforms } from "./support/mortal-platform.ts";
import { zipOf } from "./support/zip.ts";

const AccountId = "000000000000";
const TASKS = 120;
const KILLS = 2;
const CODE = `exports.handler = async ({ invocationSchemaVersion, invocationId, tasks: [{ taskId, s3Key }] }) => {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { invocationSchemaVersion, treatMissingKeysAs: "PermanentFailure", invocationId, results: [{ taskId, resultCode: "Succeeded", resultString: s3Key }] };
};`;

const requestHandler = { httpAgent: new Agent({ lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) }) };
const { start } = mortalPlatforms("batch", (config) => {
  const { forcePathStyle: _, ...plain } = config;
  return { s3: new S3(config), lambda: new Lambda(plain), control: new S3Control({ ...plain, requestHandler, endpoint: `http://localhost:${new URL(config.endpoint).port}` }) };
});

test("a job goes on where its killed process was, and is forgotten 90 days after its end", { timeout: 120_000 }, async () => {
  let evoke = await start();
  await evoke.lambda.createFunction({ FunctionName: "each", Runtime: "nodejs24.x", Handler: "index.handler", Role: `arn:aws:iam::${AccountId}:role/r`, Code: { ZipFile: await zipOf({ "index.js": CODE }) } });
  await waitUntilFunctionActiveV2({ client: evoke.lambda, maxWaitTime: 20, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName: "each" });
  await evoke.s3.createBucket({ Bucket: "lists", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  const { ETag } = await evoke.s3.putObject({ Bucket: "lists", Key: "list.csv", Body: Array.from({ length: TASKS }, (_, n) => `photos,${n}`).join("\n") });
  const { JobId } = await evoke.control.createJob({
    AccountId, Operation: { LambdaInvoke: { FunctionArn: `arn:aws:lambda:eu-west-1:${AccountId}:function:each` } }, Priority: 1, RoleArn: `arn:aws:iam::${AccountId}:role/batch`, ConfirmationRequired: false,
    Report: { Enabled: true, Bucket: "arn:aws:s3:::lists", Format: "Report_CSV_20180820", ReportScope: "AllTasks" },
    Manifest: { Spec: { Format: "S3BatchOperations_CSV_20180820", Fields: ["Bucket", "Key"] }, Location: { ObjectArn: "arn:aws:s3:::lists/list.csv", ETag } },
  });
  const describe = async () => (await evoke.control.describeJob({ AccountId, JobId })).Job!;
  const doneBy = async (count: number) => { const { Status, ProgressSummary } = await describe(); assert.notEqual(Status, "Failed"); return ProgressSummary!.NumberOfTasksSucceeded! >= count; };
  let before = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    while (!(await doneBy(kill * 20))) await sleep(20);
    before = (await describe()).ProgressSummary!.NumberOfTasksSucceeded!;
    await evoke.kill();
    evoke = await start();
    if (kill === KILLS) break;
    const { Status, ProgressSummary } = await describe();
    assert.ok(ProgressSummary!.NumberOfTasksSucceeded! >= before && Status === "Active", `${Status} ${ProgressSummary!.NumberOfTasksSucceeded}`);
    await evoke.s3.putObject({ Bucket: "lists", Key: "list.csv", Body: "another" }); // the job has its own copy
  }
  // Nobody asks for the job: it goes on by itself.
  while ((await evoke.s3.listObjectsV2({ Bucket: "lists", Prefix: `job-${JobId}/manifest.json` })).KeyCount === 0) await sleep(50);
  while ((await describe()).Status !== "Complete") await sleep(50);
  assert.deepEqual((await describe()).ProgressSummary!.NumberOfTasksSucceeded, TASKS);
  const textOf = async (Key: string) => (await evoke.s3.getObject({ Bucket: "lists", Key })).Body!.transformToString();
  const { Results } = JSON.parse(await textOf(`job-${JobId}/manifest.json`));
  const keys = (await textOf(Results[0].Key)).trimEnd().split("\n").map((line) => Number(line.split(",")[1]));
  assert.deepEqual(keys, Array.from({ length: TASKS }, (_, n) => n));

  await driveClock(evoke.url, { advance: "89d" });
  assert.equal((await describe()).Status, "Complete");
  await driveClock(evoke.url, { advance: "25h" });
  for (let tries = 0; (await evoke.control.listJobs({ AccountId })).Jobs?.length; tries++) { assert.ok(tries < 100); await sleep(50); }
  await assert.rejects(describe(), { name: "NoSuchJobException" });
});
