"""Pipes as a boto3 user drives them, every paginator included. Run by boto3.test.ts."""
import json
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
pipes = boto3.client("pipes", config=config)
sqs = boto3.client("sqs", config=config)
ACCOUNT = "910987654321"
REGION = "eu-central-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipes"


def refused(code, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error.response
        return error.response
    raise AssertionError(f"{code} expected")


def queue(name):
    return sqs.create_queue(QueueName=name)["QueueUrl"], f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def in_state(name, state):
    for attempt in range(200):
        pipe = pipes.describe_pipe(Name=name)
        if pipe["CurrentState"] == state:
            return pipe
        time.sleep(0.05)
    raise AssertionError(f"{name} is {pipe['CurrentState']}: {pipe.get('StateReason')}")


source_url, source = queue("source")
target_url, target = queue("target")
made = pipes.create_pipe(Name="orders", RoleArn=ROLE, Source=source, Target=target, Tags={"team": "a"}, TargetParameters={"InputTemplate": '{"order": <$.body.order>}'},
                         SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": json.dumps({"body": {"order": [{"numeric": [">", 1]}]}})}]}, "SqsQueueParameters": {"BatchSize": 5}})
assert (made["Arn"], made["CurrentState"]) == (f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/orders", "CREATING"), made
shown = in_state("orders", "RUNNING")
assert (shown["SourceParameters"]["SqsQueueParameters"], shown["Tags"], shown["StateReason"]) == ({"BatchSize": 5}, {"team": "a"}, "USER_INITIATED"), shown
for order in [1, 2]:
    sqs.send_message(QueueUrl=source_url, MessageBody=json.dumps({"order": order}))
assert [message["Body"] for message in sqs.receive_message(QueueUrl=target_url, WaitTimeSeconds=10)["Messages"]] == ['{"order": 2}']

pipes.stop_pipe(Name="orders")
in_state("orders", "STOPPED")
pipes.update_pipe(Name="orders", RoleArn=ROLE, Description="changed", DesiredState="RUNNING")
assert in_state("orders", "RUNNING")["Description"] == "changed"
pipes.stop_pipe(Name="orders")
in_state("orders", "STOPPED")
pipes.start_pipe(Name="orders")
in_state("orders", "RUNNING")
pipes.tag_resource(resourceArn=made["Arn"], tags={"more": "b"})
pipes.untag_resource(resourceArn=made["Arn"], tagKeys=["team"])
assert pipes.list_tags_for_resource(resourceArn=made["Arn"])["tags"] == {"more": "b"}

for n in range(12):
    pipes.create_pipe(Name=f"p{n:02}", RoleArn=ROLE, Source=source, Target=target, DesiredState="STOPPED")
pages = list(pipes.get_paginator("list_pipes").paginate(NamePrefix="p", PaginationConfig={"PageSize": 5}))
assert [len(page["Pipes"]) for page in pages] == [5, 5, 2]
assert [pipe["Name"] for page in pages for pipe in page["Pipes"]] == [f"p{n:02}" for n in range(12)]

answer = refused("ConflictException", 409, pipes.create_pipe, Name="orders", RoleArn=ROLE, Source=source, Target=target)
assert (answer["resourceId"], answer["resourceType"]) == ("orders", "pipe"), answer
answer = refused("ValidationException", 400, pipes.create_pipe, Name="bad", RoleArn=ROLE, Source=source, Target=target, SourceParameters={"SqsQueueParameters": {"BatchSize": 11}})
assert answer["fieldList"][0]["name"] == "SourceParameters.SqsQueueParameters.BatchSize", answer
refused("NotFoundException", 404, pipes.describe_pipe, Name="none")

for name in ["orders"] + [f"p{n:02}" for n in range(12)]:
    assert pipes.delete_pipe(Name=name)["CurrentState"] == "DELETING"
for attempt in range(200):
    if pipes.list_pipes()["Pipes"] == []:
        break
    time.sleep(0.05)
assert pipes.list_pipes()["Pipes"] == []
print(json.dumps("all of it worked"))
