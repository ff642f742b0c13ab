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
variable "weights" {
  type    = map(number)
  default = {}
}
data "aws_caller_identity" "me" {}
resource "aws_iam_role" "runner" {
  name               = "terraform-runner"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.runner.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}
resource "aws_iam_role_policy" "inline" {
  name   = "inline"
  role   = aws_iam_role.runner.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
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
  source_account = data.aws_caller_identity.me.account_id
}
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.function.function_name
  function_version = aws_lambda_function.function.version
  dynamic "routing_config" {
    for_each = length(var.weights) > 0 ? [var.weights] : []
    content { additional_version_weights = routing_config.value }
  }
}
resource "aws_lambda_function_url" "live" {
  function_name      = aws_lambda_function.function.function_name
  qualifier          = aws_lambda_alias.live.name
  authorization_type = "NONE"
  cors {
    allow_origins     = ["https://shop.example"]
    allow_methods     = ["GET", "POST"]
    allow_headers     = ["content-type"]
    expose_headers    = ["x-stage"]
    max_age           = 3600
    allow_credentials = true
  }
}
resource "aws_lambda_permission" "everybody" {
  statement_id           = "everybody"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.function.function_name
  qualifier              = aws_lambda_alias.live.name
  principal              = "*"
  function_url_auth_type = "NONE"
}
resource "aws_lambda_function_recursion_config" "function" {
  function_name  = aws_lambda_function.function.function_name
  recursive_loop = "Allow"
}
resource "aws_lambda_runtime_management_config" "function" {
  function_name     = aws_lambda_function.function.function_name
  update_runtime_on = "Auto"
}
data "aws_lambda_function" "seen" {
  function_name = aws_lambda_function.function.function_name
  qualifier     = aws_lambda_alias.live.name
}
data "aws_lambda_alias" "seen" {
  function_name = aws_lambda_function.function.function_name
  name          = aws_lambda_alias.live.name
}
data "aws_lambda_invocation" "seen" {
  function_name = aws_lambda_function.function.function_name
  qualifier     = aws_lambda_function.function.version
  input         = "{}"
}
output "url" { value = aws_lambda_function_url.live.function_url }
output "said" { value = data.aws_lambda_invocation.seen.result }
resource "aws_lambda_function_event_invoke_config" "live" {
  function_name                = aws_lambda_function.function.function_name
  qualifier                    = aws_lambda_alias.live.name
  maximum_event_age_in_seconds = 120
  maximum_retry_attempts       = 0
}
resource "aws_lambda_provisioned_concurrency_config" "live" {
  function_name                     = aws_lambda_function.function.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = 2
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

const codeSaying = async (word: string) => writeFileSync(join(folder, "f.zip"), await zipOf({ "index.js": `exports.handler = async () => "${word} " + process.env.STAGE` }));
const live = async () => (await platform.lambda.send(new InvokeCommand({ FunctionName: "terraformed", Qualifier: "live" }))).ExecutedVersion;
const noChanges = async (...args: string[]) => {
  const planned = await terraform("plan", "-detailed-exitcode", "-input=false", ...args);
  assert.match(planned.stdout, /No changes/, planned.stdout);
};

test("Terraform applies a function with its role, version, alias, URL and concurrency, plans no changes, updates and destroys them", { skip }, async () => {
  await codeSaying("hello");
  const applied = await terraform("apply", "-auto-approve", "-input=false");
  assert.match(applied.stdout, /Apply complete! Resources: 12 added/, applied.stdout);
  assert.match(applied.stdout, /said = "\\"hello one\\""/);
  assert.equal(await live(), "1");
  const answer = await fetch(/url = "(.+?)"/.exec(applied.stdout)![1]!, { headers: { origin: "https://shop.example" } });
  assert.deepEqual([await answer.text(), answer.headers.get("access-control-allow-origin")], ["hello one", "https://shop.example"]);
  await noChanges();
  await codeSaying("goodbye");
  const next = ["-var", "stage=two", "-var", 'weights={"1":0.5}'];
  const updated = await terraform("apply", "-auto-approve", "-input=false", ...next);
  assert.match(updated.stdout, /0 added, 2 changed, 0 destroyed/, updated.stdout);
  assert.match(updated.stdout, /said = "\\"goodbye two\\""/);
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 40 }, live))), new Set(["1", "2"]));
  await noChanges(...next);
  const destroyed = await terraform("destroy", "-auto-approve", "-input=false");
  assert.match(destroyed.stdout, /Destroy complete! Resources: 12 destroyed/, destroyed.stdout);
  await assert.rejects(platform.lambda.send(new GetFunctionCommand({ FunctionName: "terraformed" })), ResourceNotFoundException);
});
