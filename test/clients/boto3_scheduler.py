"""Schedules and their groups as a boto3 user drives them, every paginator included. Run by boto3.test.ts."""
import datetime
import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
scheduler = boto3.client("scheduler", config=config)
sqs = boto3.client("sqs", config=config)
ACCOUNT = "910987654321"
REGION = "eu-central-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"


def refused(code, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error.response
        return error.response["Error"]["Message"]
    raise AssertionError(f"{code} expected")


def everything(name, key, **arguments):
    return [one for page in scheduler.get_paginator(name).paginate(**arguments) for one in page[key]]


url = sqs.create_queue(QueueName="due")["QueueUrl"]
target = {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:due", "RoleArn": ROLE, "Input": "it is time"}
off = {"Mode": "OFF"}

groups = [scheduler.create_schedule_group(Name=f"g{n:03}")["ScheduleGroupArn"] for n in range(101)]
assert groups[0] == f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/g000"
assert [group["Name"] for group in everything("list_schedule_groups", "ScheduleGroups")] == ["default"] + [f"g{n:03}" for n in range(101)]
assert scheduler.get_schedule_group(Name="g000")["State"] == "ACTIVE"
scheduler.tag_resource(ResourceArn=groups[0], Tags=[{"Key": "team", "Value": "a"}])
assert scheduler.list_tags_for_resource(ResourceArn=groups[0])["Tags"] == [{"Key": "team", "Value": "a"}]
scheduler.untag_resource(ResourceArn=groups[0], TagKeys=["team"])
assert scheduler.list_tags_for_resource(ResourceArn=groups[0])["Tags"] == []

for n in range(101):
    scheduler.create_schedule(Name=f"s{n:03}", GroupName="g000", ScheduleExpression="cron(0 0 1 1 ? 2199)", FlexibleTimeWindow=off, Target=target)
assert [schedule["Name"] for schedule in everything("list_schedules", "Schedules", GroupName="g000")] == [f"s{n:03}" for n in range(101)]
assert [schedule["Name"] for schedule in everything("list_schedules", "Schedules", NamePrefix="s09")] == [f"s{n:03}" for n in range(90, 100)]

start = datetime.datetime(2150, 1, 1, tzinfo=datetime.timezone.utc)
arn = scheduler.create_schedule(Name="later", ScheduleExpression="rate(7 days)", StartDate=start, FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}, Target=target)["ScheduleArn"]
shown = scheduler.get_schedule(Name="later")
assert (shown["Arn"], shown["StartDate"], shown["GroupName"], shown["FlexibleTimeWindow"]) == (arn, start, "default", {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}), shown
scheduler.update_schedule(Name="later", ScheduleExpression="rate(1 day)", FlexibleTimeWindow=off, Target=target)
assert [message["Body"] for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])] == [], "a changed rate counts on from its creation"

scheduler.create_schedule(Name="now", ScheduleExpression="rate(1 day)", FlexibleTimeWindow=off, Target=target)
assert [message["Body"] for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]] == ["it is time"]

assert refused("ValidationException", 400, scheduler.create_schedule, Name="bad", ScheduleExpression="cron(0 1 * * * *)", FlexibleTimeWindow=off, Target=target) == "Invalid Schedule Expression cron(0 1 * * * *)."
refused("ConflictException", 409, scheduler.create_schedule, Name="now", ScheduleExpression="rate(1 day)", FlexibleTimeWindow=off, Target=target)
refused("ResourceNotFoundException", 404, scheduler.get_schedule, Name="none")
refused("ResourceNotFoundException", 404, scheduler.get_schedule_group, Name="none")

for name in ["now", "later"]:
    scheduler.delete_schedule(Name=name)
for n in range(101):
    scheduler.delete_schedule_group(Name=f"g{n:03}")
for attempt in range(100):
    if [group["Name"] for group in everything("list_schedule_groups", "ScheduleGroups")] == ["default"]:
        break
assert everything("list_schedules", "Schedules") == []
assert [group["Name"] for group in everything("list_schedule_groups", "ScheduleGroups")] == ["default"]
print(json.dumps("all of it worked"))
