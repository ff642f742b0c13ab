// Terraform with its AWS provider: apply, a second plan without changes, destroy.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { GetFunctionCommand, InvokeCommand, ResourceNotFoundException } from "@aws-sdk/client-lambda";
import { openTestPlatform, type TestPlatform } from "../support/platform.ts";
import { zipOf } from "../support/zip.ts";

const CONFIGURATION = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
variable "stage" { default = "one" }
resource "aws_iam_role" "runner" {
  name               = "terraform-runner"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.runner.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}
resource "aws_lambda_function" "function" {
  function_name    = "terraformed"
  role             = aws_iam_role.runner.arn
  runtime          = "nodejs22.x"
  handler          = "index.handler"
  filename         = "f.zip"
  source_code_hash = filebase64sha256("f.zip")
  memory_size      = 256
  timeout          = 5
  tags             = { team = "a" }
  environment {
    variables = { STAGE = var.stage }
  }
}
`;

const folder = mkdtempSync(join(tmpdir(), "evoke-terraform-"));
const skip = prepare();
let platform: TestPlatform;
before(async () => { if (!skip) platform = await openTestPlatform(); });
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await platform?.close();
});

/** Writes the configuration and brings the provider: from a mirror on this machine, else from Terraform's registry. */
function prepare(): string | false {
  if (spawnSync("terraform", ["version"]).status !== 0) return "terraform is not installed";
  writeFileSync(join(folder, "main.tf"), CONFIGURATION);
  for (const args of [...mirrors().map((mirror) => [`-plugin-dir=${mirror}`]), []]) {
    if (spawnSync("terraform", ["init", "-input=false", "-no-color", ...args], { cwd: folder, timeout: 60_000 }).status === 0) return false;
  }
  return "terraform is here, but its AWS provider is not, and the registry does not answer";
}

/** Folders laid out as a filesystem mirror of providers. */
function mirrors(): string[] {
  const under = (parent: string) => (existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)) : []);
  return [join(homedir(), ".terraform.d/plugins"), "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", ...under("/opt")].filter((path) => existsSync(join(path, "registry.terraform.io")));
}

const terraform = (...args: string[]) => promisify(execFile)("terraform", [...args, "-no-color"], { cwd: folder, env: { ...process.env, AWS_ENDPOINT_URL: platform.url, TF_IN_AUTOMATION: "1" } }).catch((error) => ({ ...error, stdout: `${error.stdout}\n${error.stderr}` }));

test("Terraform applies a function and its role, plans no changes, updates and destroys them", { skip }, async () => {
  writeFileSync(join(folder, "f.zip"), await zipOf({ "index.js": "exports.handler = async () => process.env.STAGE" }));
  const applied = await terraform("apply", "-auto-approve", "-input=false");
  assert.match(applied.stdout, /Apply complete! Resources: 3 added/, applied.stdout);
  const invoked = await platform.lambda.send(new InvokeCommand({ FunctionName: "terraformed" }));
  assert.equal(new TextDecoder().decode(invoked.Payload), '"one"');
  const planned = await terraform("plan", "-detailed-exitcode", "-input=false");
  assert.match(planned.stdout, /No changes/, planned.stdout);
  const updated = await terraform("apply", "-auto-approve", "-input=false", "-var", "stage=two");
  assert.match(updated.stdout, /0 added, 1 changed, 0 destroyed/, updated.stdout);
  assert.equal(new TextDecoder().decode((await platform.lambda.send(new InvokeCommand({ FunctionName: "terraformed" }))).Payload), '"two"');
  const destroyed = await terraform("destroy", "-auto-approve", "-input=false");
  assert.match(destroyed.stdout, /Destroy complete! Resources: 3 destroyed/, destroyed.stdout);
  await assert.rejects(platform.lambda.send(new GetFunctionCommand({ FunctionName: "terraformed" })), ResourceNotFoundException);
});
