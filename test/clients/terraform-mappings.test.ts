// Terraform with queues and the functions that are fed from them: apply, empty plans, updates in place, destroy.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import { openTerraform } from "../support/terraform.ts";
import { zipOf } from "../support/zip.ts";

const RESOURCES = `
variable "batch" { default = 5 }
variable "concurrency" {
  type    = list(number)
  default = [3]
}
variable "kinds" {
  type    = list(string)
  default = ["order"]
}
variable "enabled" { default = true }
resource "aws_iam_role" "runner" {
  name               = "runner"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy_attachment" "queues" {
  role       = aws_iam_role.runner.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
}
resource "aws_sqs_queue" "orders" { name = "orders" }
resource "aws_sqs_queue" "ordered" {
  name       = "ordered.fifo"
  fifo_queue = true
}
resource "aws_lambda_function" "worker" {
  function_name = "worker"
  role          = aws_iam_role.runner.arn
  runtime       = "nodejs22.x"
  handler       = "index.handler"
  filename      = "f.zip"
  publish       = true
}
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.worker.function_name
  function_version = aws_lambda_function.worker.version
}
resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn                   = aws_sqs_queue.orders.arn
  function_name                      = aws_lambda_function.worker.arn
  batch_size                         = var.batch
  maximum_batching_window_in_seconds = 1
  function_response_types            = ["ReportBatchItemFailures"]
  enabled                            = var.enabled
  tags                               = { team = "a" }
  dynamic "scaling_config" {
    for_each = var.concurrency
    content { maximum_concurrency = scaling_config.value }
  }
  dynamic "filter_criteria" {
    for_each = length(var.kinds) > 0 ? [1] : []
    content {
      filter { pattern = jsonencode({ body = { kind = var.kinds } }) }
    }
  }
  metrics_config { metrics = ["EventCount"] }
}
resource "aws_lambda_event_source_mapping" "ordered" {
  event_source_arn = aws_sqs_queue.ordered.arn
  function_name    = aws_lambda_alias.live.arn
}
`;

const terraform = openTerraform(RESOURCES);

const changes = async (...args: string[]) => {
  await terraform.apply("0 added, 1 changed, 0 destroyed", ...args);
  await terraform.noChanges(...args);
};
const mappings = async () => (await terraform.platform.lambda.send(new ListEventSourceMappingsCommand({}))).EventSourceMappings!;
const orders = async () => (await mappings()).find(({ EventSourceArn }) => EventSourceArn!.endsWith(":orders"))!;

test("Terraform applies event source mappings, plans no changes, updates them in place and destroys them", { skip: terraform.skip }, async () => {
  writeFileSync(join(terraform.folder, "f.zip"), await zipOf({ "index.js": "exports.handler = async () => ({ batchItemFailures: [] })" }));
  await terraform.apply("8 added");
  await terraform.noChanges();
  const { State, FilterCriteria, ScalingConfig, MetricsConfig } = await orders();
  assert.deepEqual([State, FilterCriteria, ScalingConfig, MetricsConfig], ["Enabled", { Filters: [{ Pattern: '{"body":{"kind":["order"]}}' }] }, { MaximumConcurrency: 3 }, { Metrics: ["EventCount"] }]);

  await changes("-var", "batch=7", "-var", 'kinds=["order","refund"]');
  assert.equal((await orders()).BatchSize, 7);
  await changes("-var", "kinds=[]", "-var", "concurrency=[]", "-var", "enabled=false");
  const plain = await orders();
  assert.deepEqual([plain.State, plain.FilterCriteria, plain.ScalingConfig, plain.BatchSize], ["Disabled", undefined, undefined, 5]);

  await terraform.destroy(8);
  assert.deepEqual(await mappings(), []);
});
