// The AWS CLI, as people type it: only AWS_ENDPOINT_URL is set.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { openTestPlatform, type TestPlatform } from "../support/platform.ts";
import { zipOf } from "../support/zip.ts";

const python = process.env["EVOKE_TEST_PYTHON"];
const aws = python ? join(dirname(python), "aws") : "aws";
const skip = spawnSync(aws, ["--version"]).status === 0 ? false : "the AWS CLI is not installed (pip install awscli, or run .ci/run)";

let platform: TestPlatform;
const folder = mkdtempSync(join(tmpdir(), "evoke-cli-"));
before(async () => { if (!skip) platform = await openTestPlatform(); });
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await platform?.close();
});

const run = async (...args: string[]) => (await promisify(execFile)(aws, args, { cwd: folder, env: { ...process.env, AWS_ENDPOINT_URL: platform.url, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true" } })).stdout;

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
