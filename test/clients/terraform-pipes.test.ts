// Terraform with its AWS provider over EventBridge Pipes: pipes with filter, enrichment, templates and logs, applied, changed and destroyed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Pipes } from "@aws-sdk/client-pipes";
import { openTerraform } from "../support/terraform.ts";

const RESOURCES = `
variable "template" { default = "{\\"order\\": <$.body.order>}" }
resource "aws_iam_role" "pipes" {
  name               = "pipes"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "pipes.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy" "pipes" {
  role   = aws_iam_role.pipes.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["sqs:*", "events:*", "logs:*"], Resource = "*" }] })
}
resource "aws_sqs_queue" "orders" { name = "orders" }
resource "aws_sqs_queue" "parcels" { name = "parcels" }
resource "aws_sqs_queue" "stopped" { name = "stopped" }
resource "aws_cloudwatch_event_bus" "bus" { name = "bus" }
resource "aws_cloudwatch_log_group" "pipes" { name = "/pipes" }
resource "aws_pipes_pipe" "orders" {
  depends_on  = [aws_iam_role_policy.pipes]
  name        = "orders"
  description = "orders that are large"
  role_arn    = aws_iam_role.pipes.arn
  source      = aws_sqs_queue.orders.arn
  target      = aws_sqs_queue.parcels.arn
  source_parameters {
    filter_criteria {
      filter { pattern = jsonencode({ body = { order = [{ numeric = [">", 1] }] } }) }
    }
    sqs_queue_parameters {
      batch_size                         = 5
      maximum_batching_window_in_seconds = 2
    }
  }
  target_parameters { input_template = var.template }
  log_configuration {
    level                  = "INFO"
    include_execution_data = ["ALL"]
    cloudwatch_logs_log_destination { log_group_arn = aws_cloudwatch_log_group.pipes.arn }
  }
  tags = { team = "a" }
}
resource "aws_pipes_pipe" "bus" {
  depends_on    = [aws_iam_role_policy.pipes]
  name_prefix   = "bus-"
  desired_state = "STOPPED"
  role_arn      = aws_iam_role.pipes.arn
  source        = aws_sqs_queue.stopped.arn
  target        = aws_cloudwatch_event_bus.bus.arn
  target_parameters {
    eventbridge_event_bus_parameters {
      source      = "my.app"
      detail_type = "$.body.type"
    }
  }
}
`;

const terraform = openTerraform(RESOURCES);

test("Terraform applies pipes, plans no changes, updates and destroys them", { skip: terraform.skip }, async () => {
  await terraform.apply("9 added");
  await terraform.noChanges();
  const pipes = new Pipes(terraform.platform.clientConfig);
  const shown = () => pipes.describePipe({ Name: "orders" });
  assert.deepEqual([(await shown()).TargetParameters, (await shown()).CurrentState], [{ InputTemplate: '{"order": <$.body.order>}' }, "RUNNING"]);
  await terraform.apply("0 added, 1 changed, 0 destroyed", "-var", "template=<$.body>");
  assert.equal((await shown()).TargetParameters!.InputTemplate, "<$.body>");
  await terraform.noChanges("-var", "template=<$.body>");
  await terraform.destroy(9, "-var", "template=<$.body>");
  assert.deepEqual((await pipes.listPipes({})).Pipes, []);
  pipes.destroy();
});
