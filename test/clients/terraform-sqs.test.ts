// Terraform's queues: policies, dead letters, tags; apply, a second plan without changes, update, destroy.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { SQS } from "@aws-sdk/client-sqs";
import { openTestPlatform, type TestPlatform } from "../support/platform.ts";
import { prepareTerraform, runTerraform } from "../support/terraform.ts";

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

const folder = mkdtempSync(join(tmpdir(), "evoke-terraform-"));
// The provider itself waits 25 seconds and more for each change of a queue to be the same everywhere.
const skip = process.env["EVOKE_SLOW_TESTS"] ? prepareTerraform(folder, CONFIGURATION) : "takes three minutes: set EVOKE_SLOW_TESTS, as the nightly run does";
let platform: TestPlatform;
before(async () => { if (!skip) platform = await openTestPlatform(); });
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await platform?.close();
});
const terraform = (...args: string[]) => runTerraform(folder, platform.url, ...args);

test("Terraform applies queues with policies, dead letters and tags, plans no changes, updates and destroys them", { skip }, async () => {
  const sqs = new SQS(platform.clientConfig);
  const applied = await terraform("apply", "-auto-approve", "-input=false");
  assert.match(applied.stdout, /Apply complete! Resources: 5 added/, applied.stdout);
  const QueueUrl = /url = "(.+?)"/.exec(applied.stdout)![1]!;
  assert.match((await terraform("plan", "-input=false")).stdout, /No changes\./);
  const updated = await terraform("apply", "-auto-approve", "-input=false", "-var", "stage=two");
  assert.match(updated.stdout, /0 added, 3 changed, 0 destroyed/, updated.stdout);
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] });
  assert.deepEqual([Attributes!["DelaySeconds"], Attributes!["VisibilityTimeout"], JSON.parse(Attributes!["RedrivePolicy"]!).maxReceiveCount, JSON.parse(Attributes!["Policy"]!).Statement[0].Sid], ["5", "90", 5, "two"]);
  assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, { stage: "two", team: "a" });
  assert.match((await terraform("plan", "-input=false", "-var", "stage=two")).stdout, /No changes\./);
  const destroyed = await terraform("destroy", "-auto-approve", "-input=false");
  assert.match(destroyed.stdout, /Destroy complete! Resources: 5 destroyed/, destroyed.stdout);
  assert.equal((await sqs.listQueues({})).QueueUrls, undefined);
  sqs.destroy();
});
