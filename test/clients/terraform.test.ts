// Terraform with its AWS provider: apply, a second plan without changes, destroy.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { IAMClient, ListRolesCommand } from "@aws-sdk/client-iam";
import { GetFunctionCommand, InvokeCommand, ListLayersCommand, ResourceNotFoundException } from "@aws-sdk/client-lambda";
import { openTerraform } from "../support/terraform.ts";
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
resource "aws_cloudwatch_log_group" "own" {
  name              = "/terraformed/log"
  retention_in_days = 7
  tags              = { team = "a" }
}
resource "aws_cloudwatch_log_stream" "own" {
  name           = "by-hand"
  log_group_name = aws_cloudwatch_log_group.own.name
}
resource "aws_lambda_layer_version" "words" {
  layer_name               = "words"
  description              = "words to say"
  license_info             = "MIT"
  filename                 = "layer.zip"
  source_code_hash         = filebase64sha256("layer.zip")
  compatible_runtimes      = ["nodejs20.x", "nodejs22.x"]
  compatible_architectures = ["x86_64"]
}
resource "aws_lambda_layer_version_permission" "everybody" {
  layer_name     = aws_lambda_layer_version.words.layer_name
  version_number = aws_lambda_layer_version.words.version
  statement_id   = "everybody"
  action         = "lambda:GetLayerVersion"
  principal      = "*"
}
resource "aws_lambda_code_signing_config" "lenient" {
  description = "said, not refused"
  allowed_publishers { signing_profile_version_arns = ["arn:aws:signer:eu-west-1:000000000000:/signing-profiles/p/v1"] }
  policies { untrusted_artifact_on_deployment = "Warn" }
  tags = { team = "a" }
}
data "aws_lambda_layer_version" "seen" {
  layer_name         = aws_lambda_layer_version.words.layer_name
  compatible_runtime = "nodejs22.x"
  depends_on         = [aws_lambda_layer_version.words]
}
data "aws_lambda_code_signing_config" "seen" {
  arn = aws_lambda_code_signing_config.lenient.arn
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
  layers           = [aws_lambda_layer_version.words.arn]
  code_signing_config_arn        = aws_lambda_code_signing_config.lenient.arn
  reserved_concurrent_executions = 50
  description = "says its stage"
  environment {
    variables = { STAGE = var.stage }
  }
  ephemeral_storage { size = 1024 }
  tracing_config { mode = "Active" }
  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.own.name
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
output "layer" { value = data.aws_lambda_layer_version.seen.version }
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

const terraform = openTerraform(CONFIGURATION);


const packages = async (word: string) => {
  writeFileSync(join(terraform.folder, "f.zip"), await zipOf({ "index.js": `// for ${word}\nexports.handler = async () => require("word") + " " + process.env.STAGE` }));
  writeFileSync(join(terraform.folder, "layer.zip"), await zipOf({ "nodejs/node_modules/word/index.js": `module.exports = "${word}"` }));
};
const live = async () => (await terraform.platform.lambda.send(new InvokeCommand({ FunctionName: "terraformed", Qualifier: "live" }))).ExecutedVersion;

test("Terraform applies a function with its role, layer, version, alias, URL and concurrency, plans no changes, updates and destroys them", { skip: terraform.skip }, async () => {
  await packages("hello");
  const applied = await terraform.apply("17 added");
  assert.match(applied, /said = "\\"hello one\\""/);
  assert.equal(await live(), "1");
  const answer = await fetch(/url = "(.+?)"/.exec(applied)![1]!, { headers: { origin: "https://shop.example" } });
  assert.deepEqual([await answer.text(), answer.headers.get("access-control-allow-origin")], ["hello one", "https://shop.example"]);
  await terraform.noChanges();

  await packages("goodbye");
  const next = ["-var", "stage=two", "-var", 'weights={"1":0.5}'];
  const updated = await terraform.apply("2 added, 2 changed, 2 destroyed", ...next);
  assert.match(updated, /said = "\\"goodbye two\\""/);
  assert.match(updated, /layer = 2/);
  // Version 1 keeps the layer that is gone.
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 40 }, live))), new Set(["1", "2"]));
  const first = await terraform.platform.lambda.send(new InvokeCommand({ FunctionName: "terraformed", Qualifier: "1" }));
  assert.equal(first.Payload!.transformToString(), '"hello one"');
  await terraform.noChanges(...next);

  await terraform.destroy(17);
  await assert.rejects(terraform.platform.lambda.send(new GetFunctionCommand({ FunctionName: "terraformed" })), ResourceNotFoundException);
  const iam = new IAMClient(terraform.platform.clientConfig);
  assert.deepEqual([(await terraform.platform.lambda.send(new ListLayersCommand({}))).Layers, (await iam.send(new ListRolesCommand({}))).Roles], [[], []], "nothing is left over");
  iam.destroy();
});
