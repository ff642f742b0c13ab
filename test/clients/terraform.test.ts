// Terraform with its AWS provider: apply, a second plan without changes, destroy.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { GetFunctionCommand, InvokeCommand, ResourceNotFoundException } from "@aws-sdk/client-lambda";
import { openTestPlatform, type TestPlatform } from "../support/platform.ts";
import { prepareTerraform, runTerraform } from "../support/terraform.ts";
import { zipOf } from "../support/zip.ts";

const CONFIGURATION = `
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
  publish          = true
  reserved_concurrent_executions = 50
  environment {
    variables = { STAGE = var.stage }
  }
}
resource "aws_lambda_permission" "bucket" {
  statement_id   = "photos"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.function.function_name
  principal      = "s3.amazonaws.com"
  source_arn     = "arn:aws:s3:::photos"
  source_account = "000000000000"
}
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.function.function_name
  function_version = aws_lambda_function.function.version
}
resource "aws_lambda_function_event_invoke_config" "live" {
  function_name                = aws_lambda_function.function.function_name
  qualifier                    = aws_lambda_alias.live.name
  maximum_event_age_in_seconds = 120
  maximum_retry_attempts       = 0
}
resource "aws_lambda_provisioned_concurrency_config" "live" {
  function_name                     = aws_lambda_function.function.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = 1
}
`;

const folder = mkdtempSync(join(tmpdir(), "evoke-terraform-"));
const skip = prepareTerraform(folder, CONFIGURATION);
let platform: TestPlatform;
before(async () => { if (!skip) platform = await openTestPlatform(); });
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await platform?.close();
});

const terraform = (...args: string[]) => runTerraform(folder, platform.url, ...args);

test("Terraform applies a function with its role, version, alias and concurrency, plans no changes, updates and destroys them", { skip }, async () => {
  writeFileSync(join(folder, "f.zip"), await zipOf({ "index.js": "exports.handler = async () => process.env.STAGE" }));
  const applied = await terraform("apply", "-auto-approve", "-input=false");
  assert.match(applied.stdout, /Apply complete! Resources: 7 added/, applied.stdout);
  const invoked = await platform.lambda.send(new InvokeCommand({ FunctionName: "terraformed", Qualifier: "live" }));
  assert.equal(invoked.ExecutedVersion, "1");
  assert.equal(new TextDecoder().decode(invoked.Payload), '"one"');
  const planned = await terraform("plan", "-detailed-exitcode", "-input=false");
  assert.match(planned.stdout, /No changes/, planned.stdout);
  const updated = await terraform("apply", "-auto-approve", "-input=false", "-var", "stage=two");
  assert.match(updated.stdout, /0 added, 2 changed, 0 destroyed/, updated.stdout);
  const moved = await platform.lambda.send(new InvokeCommand({ FunctionName: "terraformed", Qualifier: "live" }));
  assert.deepEqual([moved.ExecutedVersion, new TextDecoder().decode(moved.Payload)], ["2", '"two"']);
  const destroyed = await terraform("destroy", "-auto-approve", "-input=false");
  assert.match(destroyed.stdout, /Destroy complete! Resources: 7 destroyed/, destroyed.stdout);
  await assert.rejects(platform.lambda.send(new GetFunctionCommand({ FunctionName: "terraformed" })), ResourceNotFoundException);
});
