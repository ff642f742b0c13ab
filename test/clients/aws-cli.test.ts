// The AWS CLI, as people type it: only AWS_ENDPOINT_URL is set.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import type { Log } from "../../src/kernel/log.ts";
import { openTestPlatform, type TestPlatform } from "../support/platform.ts";
import { zipOf } from "../support/zip.ts";

const python = process.env["EVOKE_TEST_PYTHON"];
const aws = python ? join(dirname(python), "aws") : "aws";
const skip = spawnSync(aws, ["--version"]).status === 0 ? false : "the AWS CLI is not installed (pip install awscli, or run .ci/run)";

let platform: TestPlatform;
/** What AWS would have refused, and how to allow it. */
const refusals: string[] = [];
const log: Log = { debug() {}, info() {}, warn: (line) => { if (line.startsWith("AWS would refuse")) refusals.push(line); }, error: (line, fields) => process.stderr.write(`${line} ${JSON.stringify(fields)}\n`) };
const folder = mkdtempSync(join(tmpdir(), "evoke-cli-"));
before(async () => { if (!skip) platform = await openTestPlatform({}, log); });
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await platform?.close();
});

const environment = () => ({ ...process.env, AWS_ENDPOINT_URL: platform.url, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true" });
const run = async (...args: string[]) => (await promisify(execFile)(aws, args, { cwd: folder, env: environment() })).stdout;

test("the AWS CLI creates a function from a zip file, waits for it, invokes it and deletes it", { skip }, async () => {
  writeFileSync(join(folder, "f.zip"), await zipOf({ "index.js": "exports.handler = async (event) => ({ hello: event.name })" }));
  const made = JSON.parse(await run("lambda", "create-function", "--function-name", "cli", "--runtime", "nodejs24.x", "--handler", "index.handler", "--role", "arn:aws:iam::000000000000:role/any", "--zip-file", "fileb://f.zip"));
  assert.equal(made.FunctionArn, "arn:aws:lambda:us-east-1:000000000000:function:cli");
  await run("lambda", "wait", "function-active-v2", "--function-name", "cli");
  writeFileSync(join(folder, "event.json"), '{"name":"Ada"}'); // version 1 takes the text as it is, version 2 base64; a file means the same to both
  const answer = JSON.parse(await run("lambda", "invoke", "--function-name", "cli", "--payload", "fileb://event.json", "out.json"));
  assert.deepEqual(answer, { StatusCode: 200, ExecutedVersion: "$LATEST" });
  assert.equal(readFileSync(join(folder, "out.json"), "utf8"), '{"hello":"Ada"}');
  assert.equal(JSON.parse(await run("lambda", "list-functions")).Functions.length, 1);
  await run("lambda", "delete-function", "--function-name", "cli");
});

test("an operation that is not there is named in the CLI's own error", { skip }, async () => {
  await assert.rejects(run("lambda", "list-layers"), /ListLayers/);
});

test("the command that Evoke says would allow what AWS refuses can be run as it stands", { skip }, async () => {
  await run("iam", "create-user", "--user-name", "ann");
  const { AccessKey } = JSON.parse(await run("iam", "create-access-key", "--user-name", "ann"));
  refusals.length = 0;
  const asAnn = () => promisify(execFile)(aws, ["lambda", "list-functions"], { env: { ...environment(), AWS_ACCESS_KEY_ID: AccessKey.AccessKeyId, AWS_SECRET_ACCESS_KEY: AccessKey.SecretAccessKey } });
  await asAnn();
  assert.equal(refusals.length, 1);
  const command = refusals[0]!.split(" To allow it: ")[1]!;
  assert.match(command, /^aws iam put-user-policy --user-name ann /);
  await promisify(execFile)("sh", ["-c", command.replace(/^aws /, `${aws} `)], { env: environment() });
  await asAnn();
  assert.equal(refusals.length, 1, "allowed now");
});

test("the AWS CLI adds and reads permissions, simulates policies and assumes a role", { skip }, async () => {
  writeFileSync(join(folder, "g.zip"), await zipOf({ "index.js": "exports.handler = async () => 1" }));
  const trust = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "000000000000", Service: "lambda.amazonaws.com" }, Action: ["sts:AssumeRole", "sts:TagSession"] }] });
  const { Role } = JSON.parse(await run("iam", "create-role", "--role-name", "g", "--assume-role-policy-document", trust));
  await run("lambda", "create-function", "--function-name", "g", "--runtime", "nodejs24.x", "--handler", "index.handler", "--role", Role.Arn, "--zip-file", "fileb://g.zip");
  await run("lambda", "add-permission", "--function-name", "g", "--statement-id", "photos", "--action", "lambda:InvokeFunction", "--principal", "s3.amazonaws.com", "--source-arn", "arn:aws:s3:::photos");
  const { Policy } = JSON.parse(await run("lambda", "get-policy", "--function-name", "g"));
  assert.deepEqual(JSON.parse(Policy).Statement[0].Condition, { ArnLike: { "AWS:SourceArn": "arn:aws:s3:::photos" } });
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:Get*", Resource: "*" }] });
  const { EvaluationResults } = JSON.parse(await run("iam", "simulate-custom-policy", "--policy-input-list", policy, "--action-names", "s3:GetObject", "s3:PutObject"));
  assert.deepEqual(EvaluationResults.map((one: { EvalDecision: string }) => one.EvalDecision), ["allowed", "implicitDeny"]);
  const { AssumedRoleUser } = JSON.parse(await run("sts", "assume-role", "--role-arn", Role.Arn, "--role-session-name", "now", "--policy", policy, "--tags", "Key=team,Value=blue"));
  assert.equal(AssumedRoleUser.Arn, "arn:aws:sts::000000000000:assumed-role/g/now");
});
