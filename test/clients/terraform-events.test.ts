// Terraform with its AWS provider over EventBridge: a bus with its policy, rules with targets, an archive, an API destination with its connection.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { openTerraform } from "../support/terraform.ts";

const RESOURCES = `
variable "kind" { default = "order" }
resource "aws_cloudwatch_event_bus" "orders" {
  name        = "orders"
  description = "all of them"
  tags        = { team = "a" }
}
resource "aws_cloudwatch_event_bus_policy" "orders" {
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "them", Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" }, Action = "events:PutEvents", Resource = aws_cloudwatch_event_bus.orders.arn }] })
}
resource "aws_cloudwatch_event_permission" "them" {
  principal    = "111122223333"
  statement_id = "them"
}
resource "aws_cloudwatch_event_rule" "orders" {
  name           = "orders"
  description    = "what is of a kind"
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  event_pattern  = jsonencode({ source = ["shop"], detail-type = [var.kind] })
  tags           = { team = "a" }
}
resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "nightly"
  schedule_expression = "cron(0 3 * * ? *)"
  state               = "DISABLED"
}
resource "aws_sqs_queue" "orders" { name = "orders" }
resource "aws_sqs_queue" "dead" { name = "dead" }
resource "aws_sqs_queue" "ordered" {
  name                        = "ordered.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
}
resource "aws_cloudwatch_event_target" "queue" {
  rule           = aws_cloudwatch_event_rule.orders.name
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  arn            = aws_sqs_queue.orders.arn
  input_transformer {
    input_paths    = { total = "$.detail.total" }
    input_template = "{\\"total\\": <total>}"
  }
  retry_policy {
    maximum_event_age_in_seconds = 300
    maximum_retry_attempts       = 5
  }
  dead_letter_config { arn = aws_sqs_queue.dead.arn }
}
resource "aws_cloudwatch_event_target" "fifo" {
  rule = aws_cloudwatch_event_rule.nightly.name
  arn  = aws_sqs_queue.ordered.arn
  sqs_target { message_group_id = "g" }
}
resource "aws_cloudwatch_event_archive" "orders" {
  name             = "orders"
  event_source_arn = aws_cloudwatch_event_bus.orders.arn
  retention_days   = 7
  event_pattern    = jsonencode({ source = ["shop"] })
}
resource "aws_cloudwatch_event_connection" "server" {
  name               = "server"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "x-api-key"
      value = "secret"
    }
  }
}
resource "aws_cloudwatch_event_api_destination" "server" {
  name                             = "server"
  invocation_endpoint              = "https://example.com/hook"
  http_method                      = "POST"
  invocation_rate_limit_per_second = 20
  connection_arn                   = aws_cloudwatch_event_connection.server.arn
}
data "aws_cloudwatch_event_bus" "seen" { name = aws_cloudwatch_event_bus.orders.name }
`;

const terraform = openTerraform(RESOURCES);

test("Terraform applies buses, rules, targets, archives and API destinations, plans no changes, updates and destroys them", { skip: terraform.skip }, async () => {
  await terraform.apply("13 added");
  await terraform.noChanges();
  const events = new EventBridge(terraform.platform.clientConfig);
  const pattern = async () => (await events.describeRule({ Name: "orders", EventBusName: "orders" })).EventPattern;
  assert.equal(await pattern(), '{"detail-type":["order"],"source":["shop"]}');
  await terraform.apply("0 added, 1 changed, 0 destroyed", "-var", "kind=return");
  assert.equal(await pattern(), '{"detail-type":["return"],"source":["shop"]}');
  await terraform.noChanges("-var", "kind=return");
  await terraform.destroy(13);
  assert.deepEqual((await events.listEventBuses({})).EventBuses!.map(({ Name }) => Name), ["default"]);
  events.destroy();
});
