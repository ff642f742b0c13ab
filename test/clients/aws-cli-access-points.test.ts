// The AWS CLI at access points, as people type it: s3control, and ARNs where buckets stand.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { openTestPlatform, type TestPlatform } from "../support/platform.ts";

const python = process.env["EVOKE_TEST_PYTHON"];
const aws = python ? join(dirname(python), "aws") : "aws";
const skip = spawnSync(aws, ["--version"]).status === 0 ? false : "the AWS CLI is not installed (pip install awscli, or run .ci/run)";
const ACCOUNT = "000000000000";

let platform: TestPlatform;
const folder = mkdtempSync(join(tmpdir(), "evoke-cli-points-"));
before(async () => { if (!skip) platform = await openTestPlatform(); });
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await platform?.close();
});

test("the AWS CLI makes an access point and copies files by its ARN and alias", { skip }, async () => {
  // Evoke as its own proxy: the client need not find the names that it puts before the endpoint's host.
  const environment = { ...process.env, AWS_ENDPOINT_URL: platform.url, HTTP_PROXY: platform.url, http_proxy: platform.url, NO_PROXY: "", no_proxy: "", AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true" };
  const run = async (...args: string[]) => (await promisify(execFile)(aws, args, { cwd: folder, env: environment })).stdout;
  await run("s3", "mb", "s3://cli-points");
  const { AccessPointArn: arn, Alias: alias } = JSON.parse(await run("s3control", "create-access-point", "--account-id", ACCOUNT, "--name", "cli", "--bucket", "cli-points"));
  assert.deepEqual(JSON.parse(await run("s3control", "list-access-points", "--account-id", ACCOUNT)).AccessPointList.map(({ Name }: { Name: string }) => Name), ["cli"]);
  writeFileSync(join(folder, "a.txt"), "hello");
  await run("s3", "cp", "a.txt", `s3://${arn}/dir/a.txt`, "--only-show-errors");
  await run("s3api", "get-object", "--bucket", arn, "--key", "dir/a.txt", "b.txt");
  assert.equal(readFileSync(join(folder, "b.txt"), "utf8"), "hello");
  assert.match(await run("s3", "ls", `s3://${alias}/dir/`), /5 a\.txt/);
  await assert.rejects(run("s3control", "get-access-point", "--account-id", ACCOUNT, "--name", "nobody"), /NoSuchAccessPoint/);
});
