// Terraform's queues: policies, dead letters, tags; apply, a second plan without changes, update, destroy.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SQS } from "@aws-sdk/client-sqs";
import { openTerraform } from "../support/terraform.ts";

const CONFIGURATION = `
variable "stage" { default = "one" }
resource "aws_sqs_queue" "dead" {
  name                      = "dead"
  message_retention_seconds = 1209600
}
resource "aws_sqs_queue" "orders" {
  name                       = "orders"
  delay_seconds              = var.stage == "one" ? 0 : 5
  max_message_size           = 2048
  receive_wait_time_seconds  = 10
  visibility_timeout_seconds = var.stage == "one" ? 60 : 90
  redrive_policy             = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = var.stage == "one" ? 4 : 5 })
  tags                       = { stage = var.stage, team = "a" }
}
resource "aws_sqs_queue" "steps" {
  name                        = "steps.fifo"
  fifo_queue                  = true
  content_based_deduplication = var.stage == "one"
  deduplication_scope         = "messageGroup"
  fifo_throughput_limit       = "perMessageGroupId"
}
resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url            = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({ redrivePermission = "byQueue", sourceQueueArns = [aws_sqs_queue.orders.arn] })
}
resource "aws_sqs_queue_policy" "orders" {
  queue_url = aws_sqs_queue.orders.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = var.stage, Effect = "Allow", Principal = { Service = "sns.amazonaws.com" }, Action = "sqs:SendMessage", Resource = aws_sqs_queue.orders.arn }] })
}
data "aws_sqs_queue" "seen" {
  name       = aws_sqs_queue.orders.name
  depends_on = [aws_sqs_queue.orders]
}
output "url" { value = data.aws_sqs_queue.seen.url }
`;

// The provider itself waits 25 seconds and more for each change of a queue to be the same everywhere.
const terraform = openTerraform(CONFIGURATION, !process.env["EVOKE_SLOW_TESTS"] && "takes three minutes: set EVOKE_SLOW_TESTS, as the nightly run does");

test("Terraform applies queues with policies, dead letters and tags, plans no changes, updates and destroys them", { skip: terraform.skip }, async () => {
  const sqs = new SQS(terraform.platform.clientConfig);
  const applied = await terraform.apply("5 added");
  const QueueUrl = /url = "(.+?)"/.exec(applied)![1]!;
  await terraform.noChanges();
  await terraform.apply("0 added, 3 changed, 0 destroyed", "-var", "stage=two");
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] });
  assert.deepEqual([Attributes!["DelaySeconds"], Attributes!["VisibilityTimeout"], JSON.parse(Attributes!["RedrivePolicy"]!).maxReceiveCount, JSON.parse(Attributes!["Policy"]!).Statement[0].Sid], ["5", "90", 5, "two"]);
  assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, { stage: "two", team: "a" });
  await terraform.noChanges("-var", "stage=two");
  await terraform.destroy(5);
  assert.equal((await sqs.listQueues({})).QueueUrls, undefined);
  sqs.destroy();
});
