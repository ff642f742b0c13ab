// Terraform with its AWS provider over EventBridge Scheduler: a group and schedules with everything, applied, changed and destroyed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Scheduler } from "@aws-sdk/client-scheduler";
import { openTerraform } from "../support/terraform.ts";

const RESOURCES = `
variable "hour" { default = 9 }
resource "aws_iam_role" "scheduler" {
  name               = "scheduler"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "scheduler.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_sqs_queue" "work" { name = "work" }
resource "aws_sqs_queue" "dead" { name = "dead" }
resource "aws_sqs_queue" "ordered" {
  name                        = "ordered.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
}
resource "aws_scheduler_schedule_group" "team" {
  name = "team"
  tags = { team = "a" }
}
resource "aws_scheduler_schedule" "daily" {
  name                         = "daily"
  group_name                   = aws_scheduler_schedule_group.team.name
  description                  = "every working day"
  schedule_expression          = "cron(0 \${var.hour} ? * MON-FRI *)"
  schedule_expression_timezone = "Europe/Zurich"
  start_date                   = "2190-01-01T00:00:00Z"
  end_date                     = "2191-01-01T00:00:00Z"
  state                        = "ENABLED"
  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }
  target {
    arn      = aws_sqs_queue.work.arn
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ at = "<aws.scheduler.scheduled-time>" })
    retry_policy {
      maximum_event_age_in_seconds = 600
      maximum_retry_attempts       = 3
    }
    dead_letter_config { arn = aws_sqs_queue.dead.arn }
  }
}
resource "aws_scheduler_schedule" "ordered" {
  name_prefix         = "ordered-"
  schedule_expression = "rate(7 days)"
  state               = "DISABLED"
  flexible_time_window { mode = "OFF" }
  target {
    arn      = aws_sqs_queue.ordered.arn
    role_arn = aws_iam_role.scheduler.arn
    sqs_parameters { message_group_id = "g" }
  }
}
resource "aws_scheduler_schedule" "once" {
  name                = "once"
  schedule_expression = "at(2190-11-20T13:00:00)"
  flexible_time_window { mode = "OFF" }
  target {
    arn      = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ QueueUrl = aws_sqs_queue.work.url, MessageBody = "now" })
  }
}
`;

const terraform = openTerraform(RESOURCES);

test("Terraform applies schedules and their group, plans no changes, updates and destroys them", { skip: terraform.skip }, async () => {
  await terraform.apply("8 added");
  await terraform.noChanges();
  const scheduler = new Scheduler(terraform.platform.clientConfig);
  const expression = async () => (await scheduler.getSchedule({ Name: "daily", GroupName: "team" })).ScheduleExpression;
  assert.equal(await expression(), "cron(0 9 ? * MON-FRI *)");
  await terraform.apply("0 added, 1 changed, 0 destroyed", "-var", "hour=10");
  assert.equal(await expression(), "cron(0 10 ? * MON-FRI *)");
  await terraform.noChanges("-var", "hour=10");
  await terraform.destroy(8);
  assert.deepEqual((await scheduler.listSchedules({})).Schedules, []);
  scheduler.destroy();
});
