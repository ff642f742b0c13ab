// Terraform with its AWS provider over SNS: a topic with everything, subscriptions of a queue and a function.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { GetSubscriptionAttributesCommand, GetTopicAttributesCommand, ListSubscriptionsCommand, ListTopicsCommand, SNSClient } from "@aws-sdk/client-sns";
import { openTerraform } from "../support/terraform.ts";
import { zipOf } from "../support/zip.ts";

const RESOURCES = `
variable "kind" { default = "order" }
variable "filtered" { default = true }
data "aws_caller_identity" "me" {}
data "aws_iam_policy_document" "publish" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.orders.arn]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}
resource "aws_iam_role" "writer" {
  name               = "sns-writer"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = ["sns.amazonaws.com", "lambda.amazonaws.com"] }, Action = "sts:AssumeRole" }] })
}
resource "aws_sns_topic" "orders" {
  name                                = "orders"
  display_name                        = var.kind
  signature_version                   = 2
  tracing_config                      = "PassThrough"
  delivery_policy                     = jsonencode({ http = { defaultHealthyRetryPolicy = { minDelayTarget = 5, maxDelayTarget = 10, numRetries = 2, numMaxDelayRetries = 0, numNoDelayRetries = 0, numMinDelayRetries = 0, backoffFunction = "linear" }, disableSubscriptionOverrides = false } })
  lambda_success_feedback_role_arn    = aws_iam_role.writer.arn
  lambda_success_feedback_sample_rate = 50
  lambda_failure_feedback_role_arn    = aws_iam_role.writer.arn
  tags                                = { team = "a" }
}
resource "aws_sns_topic_policy" "orders" {
  arn    = aws_sns_topic.orders.arn
  policy = data.aws_iam_policy_document.publish.json
}
resource "aws_sns_topic" "ordered" {
  name                        = "ordered.fifo"
  fifo_topic                  = true
  content_based_deduplication = true
  fifo_throughput_scope       = "MessageGroup"
}
resource "aws_sqs_queue" "orders" { name = "orders" }
resource "aws_sqs_queue" "dead" { name = "dead" }
resource "aws_sqs_queue" "ordered" {
  name       = "ordered.fifo"
  fifo_queue = true
}
resource "aws_lambda_function" "worker" {
  function_name = "sns-worker"
  role          = aws_iam_role.writer.arn
  runtime       = "nodejs22.x"
  handler       = "index.handler"
  filename      = "f.zip"
}
resource "aws_lambda_permission" "topic" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.worker.function_name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.orders.arn
}
resource "aws_sns_topic_subscription" "queue" {
  topic_arn            = aws_sns_topic.orders.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.orders.arn
  raw_message_delivery = true
  redrive_policy       = var.filtered ? jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn }) : null
}
resource "aws_sns_topic_subscription" "function" {
  topic_arn           = aws_sns_topic.orders.arn
  protocol            = "lambda"
  endpoint            = aws_lambda_function.worker.arn
  filter_policy       = var.filtered ? jsonencode({ kind = [var.kind] }) : null
  filter_policy_scope = var.filtered ? "MessageBody" : null
}
resource "aws_sns_topic_subscription" "ordered" {
  topic_arn = aws_sns_topic.ordered.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.ordered.arn
}
resource "aws_sns_topic_subscription" "mail" {
  topic_arn = aws_sns_topic.orders.arn
  protocol  = "email"
  endpoint  = "ada@e.example"
}
resource "aws_sns_platform_application" "phones" {
  name                = "phones"
  platform            = "GCM"
  platform_credential = "key"
}
resource "aws_sns_sms_preferences" "sms" {
  default_sms_type  = "Transactional"
  default_sender_id = "Evoke"
}
data "aws_sns_topic" "seen" {
  name       = "orders"
  depends_on = [aws_sns_topic.orders]
}
`;

const terraform = openTerraform(RESOURCES);

test("Terraform applies topics, policies and subscriptions, plans no changes, updates and destroys them", { skip: terraform.skip }, async () => {
  writeFileSync(join(terraform.folder, "f.zip"), await zipOf({ "index.js": "exports.handler = async () => {}" }));
  await terraform.apply("15 added");
  await terraform.noChanges();

  const sns = new SNSClient(terraform.platform.clientConfig);
  const { Subscriptions } = await sns.send(new ListSubscriptionsCommand({}));
  const ofFunction = Subscriptions!.find(({ Protocol }) => Protocol === "lambda")!.SubscriptionArn!;
  const filter = async () => (await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: ofFunction }))).Attributes!["FilterPolicy"];
  assert.equal(await filter(), '{"kind":["order"]}');
  await terraform.apply("0 added, 2 changed, 0 destroyed", "-var", "kind=return");
  assert.equal(await filter(), '{"kind":["return"]}');
  const { Topics } = await sns.send(new ListTopicsCommand({}));
  assert.equal((await sns.send(new GetTopicAttributesCommand({ TopicArn: Topics!.find(({ TopicArn }) => TopicArn!.endsWith(":orders"))!.TopicArn! }))).Attributes!["DisplayName"], "return");
  const without = ["-var", "kind=return", "-var", "filtered=false"];
  await terraform.apply("0 added, 2 changed, 0 destroyed", ...without);
  assert.equal(await filter(), undefined);
  await terraform.noChanges(...without);

  await terraform.destroy(15);
  assert.deepEqual((await sns.send(new ListTopicsCommand({}))).Topics ?? [], []);
  sns.destroy();
});
