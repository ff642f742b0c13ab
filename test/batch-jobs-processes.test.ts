// Jobs of Batch Operations in two processes on one PostgreSQL: no task is done twice while both live, and each is counted once whichever stands still or is killed.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { S3 } from "@aws-sdk/client-s3";
import { S3Control } from "@aws-sdk/client-s3-control";
import { Client } from "pg";
import { MAIN } from "./support/command-line.ts";

const server = process.env["EVOKE_TEST_POSTGRES"];
const skip = server === undefined && "EVOKE_TEST_POSTGRES names no database, so jobs of Batch Operations in several processes are NOT tested";
/** Of its own: other tests drop everything in the one that is named. */
const DATABASE = "evoke_test_batch";
const AccountId = "000000000000";
/** "at most a hundred" are done once more. */
const ONCE_MORE_MAX = 100;

interface Evoke { child: ChildProcess; data: string; ended: Promise<unknown>; s3: S3; control: S3Control }
const started: Evoke[] = [];
const requestHandler = { httpAgent: new Agent({ lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) }) };

async function start(): Promise<Evoke> {
  const data = mkdtempSync(join(tmpdir(), "evoke-batch-"));
  const database = Object.assign(new URL(server!), { pathname: `/${DATABASE}` }).href;
  const child = spawn(process.execPath, [MAIN, "start", "--port", "0", "--data", data, "--database", database, "--log", "error", "--json", "--prewarm", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const line = await new Promise<string>((resolve, reject) => { createInterface(child.stdout!).once("line", resolve); void ended.then(() => reject(new Error("it ended"))); });
  const { url } = JSON.parse(line) as { url: string };
  const config = { region: "eu-west-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
  const evoke = { child, data, ended, s3: new S3({ ...config, endpoint: url, forcePathStyle: true }), control: new S3Control({ ...config, requestHandler, endpoint: `http://localhost:${new URL(url).port}` }) };
  started.push(evoke);
  return evoke;
}

async function sql(text: string): Promise<void> {
  const client = new Client(server);
  await client.connect();
  await client.query(text).finally(() => client.end());
}

let [one, other] = [] as unknown as [Evoke, Evoke];
before(async () => {
  if (skip) return;
  await sql(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
  await sql(`CREATE DATABASE ${DATABASE}`);
  [one, other] = [await start(), await start()];
  for (const Bucket of ["photos", "copies"]) await one.s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  await one.s3.putBucketVersioning({ Bucket: "copies", VersioningConfiguration: { Status: "Enabled" } });
});
after(async () => {
  for (const { child, ended, data, s3, control } of started) {
    for (const client of [s3, control]) client.destroy();
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  }
  if (!skip) await sql(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
});

/** Copies `tasks` new objects under the prefix; each time a task is done makes a version. */
async function create({ s3, control }: Evoke, prefix: string, tasks: number): Promise<string> {
  await s3.putObject({ Bucket: "photos", Key: "one", Body: "x" });
  const Body = Array.from({ length: tasks }, (_, n) => `photos,${prefix}${n}`).join("\n");
  await Promise.all(Array.from({ length: 8 }, async (_, worker) => { for (let n = worker; n < tasks; n += 8) await s3.putObject({ Bucket: "photos", Key: `${prefix}${n}`, Body: "x" }); }));
  const { ETag } = await s3.putObject({ Bucket: "photos", Key: `${prefix}list.csv`, Body });
  const { JobId } = await control.createJob({
    AccountId, Operation: { S3PutObjectCopy: { TargetResource: "arn:aws:s3:::copies" } }, Priority: 1, RoleArn: `arn:aws:iam::${AccountId}:role/batch`, ConfirmationRequired: false,
    Report: { Enabled: true, Bucket: "arn:aws:s3:::photos", Prefix: "reports", Format: "Report_CSV_20180820", ReportScope: "AllTasks" },
    Manifest: { Spec: { Format: "S3BatchOperations_CSV_20180820", Fields: ["Bucket", "Key"] }, Location: { ObjectArn: `arn:aws:s3:::photos/${prefix}list.csv`, ETag } },
  });
  return JobId!;
}

const describe = async ({ control }: Evoke, JobId: string) => (await control.describeJob({ AccountId, JobId })).Job!;
async function doneBy(evoke: Evoke, JobId: string, count: number): Promise<void> {
  for (const giveUp = Date.now() + 60_000; ; await sleep(20)) {
    const { Status, ProgressSummary: summary } = await describe(evoke, JobId);
    assert.ok(Date.now() < giveUp && Status !== "Failed" && summary!.NumberOfTasksFailed === 0, JSON.stringify({ Status, summary }));
    if (Status === "Complete" || (Status === "Active" && summary!.NumberOfTasksSucceeded! >= count)) return;
  }
}

/** How often each of the tasks was done. */
async function versions({ s3 }: Evoke, Prefix: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {}; ;) {
    const page = await s3.listObjectVersions({ Bucket: "copies", Prefix, ...marker });
    for (const { Key } of page.Versions ?? []) found.set(Key!, (found.get(Key!) ?? 0) + 1);
    if (!page.IsTruncated) return found;
    marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

test("two processes that both live do every task once", { skip }, async () => {
  const jobs = await Promise.all([create(one, "a/", 60), create(other, "b/", 60), create(one, "c/", 60)]);
  for (const id of jobs) await doneBy(other, id, Infinity);
  for (const prefix of ["a/", "b/", "c/"]) assert.deepEqual([...(await versions(one, prefix)).values()], Array.from({ length: 60 }, () => 1));
});

test("a process that stands still loses its job to the other, and one that is killed too: each task is counted and reported once", { skip, timeout: 180_000 }, async () => {
  const TASKS = 900;
  const JobId = await create(one, "d/", TASKS);
  await doneBy(other, JobId, 100);
  for (const [stands, goesOn] of [[one, other], [other, one]] as const) {
    stands.child.kill("SIGSTOP");
    await sleep(7_500); // longer than an item is held
    await doneBy(goesOn, JobId, 101);
    stands.child.kill("SIGCONT");
  }
  await doneBy(other, JobId, 300);
  one.child.kill("SIGKILL");
  await one.ended;
  one = await start();
  await doneBy(one, JobId, Infinity);
  const { ProgressSummary: summary } = await describe(one, JobId);
  assert.deepEqual([summary!.TotalNumberOfTasks, summary!.NumberOfTasksSucceeded], [TASKS, TASKS]);
  const textOf = async (Key: string) => (await one.s3.getObject({ Bucket: "photos", Key })).Body!.transformToString();
  const { Results } = JSON.parse(await textOf(`reports/job-${JobId}/manifest.json`)) as { Results: { Key: string }[] };
  const lines = (await textOf(Results[0]!.Key)).trimEnd().split("\n").map((line) => line.split(",")[1]);
  assert.deepEqual(lines, Array.from({ length: TASKS }, (_, n) => `d/${n}`));
  const done = await versions(one, "d/");
  const times = [...done.values()];
  assert.equal(done.size, TASKS);
  assert.ok(times.reduce((sum, count) => sum + count, 0) <= TASKS + 3 * ONCE_MORE_MAX, `${times.filter((count) => count > 1).length} were done more than once`);
});
