"""Queues that feed functions, as a boto3 user sets them up: mappings, their paginator, and messages that arrive. Run by boto3.test.ts."""
import io
import json
import time
import zipfile

import boto3
from botocore.config import Config

options = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
lam = boto3.client("lambda", config=options)
sqs = boto3.client("sqs", config=options)
logs = boto3.client("logs", config=options)


def zipped(text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("h.py", text)
    return out.getvalue()


def until(look, seconds=20):
    end = time.time() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.time() < end, "it did not come to pass"
        time.sleep(0.1)


def state_of(uuid):
    return lam.get_event_source_mapping(UUID=uuid)["State"]


lam.create_function(
    FunctionName="fed", Runtime="python3.11", Role="arn:aws:iam::610987654321:role/runner", Handler="h.handler",
    Code={"ZipFile": zipped("def handler(event, context):\n    for r in event['Records']:\n        print('GOT', r['body'], r['eventSource'])\n")},
)
lam.get_waiter("function_active_v2").wait(FunctionName="fed", WaiterConfig={"Delay": 1, "MaxAttempts": 20})

arns = []
for n in range(5):
    url = sqs.create_queue(QueueName=f"q{n}")["QueueUrl"]
    arns.append(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])
made = [lam.create_event_source_mapping(FunctionName="fed", EventSourceArn=arn, BatchSize=n + 1) for n, arn in enumerate(arns)]
assert {m["State"] for m in made} == {"Creating"}, made
for m in made:
    until(lambda: state_of(m["UUID"]) == "Enabled")

pages = list(lam.get_paginator("list_event_source_mappings").paginate(FunctionName="fed", PaginationConfig={"PageSize": 2}))
assert [len(page["EventSourceMappings"]) for page in pages] == [2, 2, 1], pages
assert {m["EventSourceArn"] for page in pages for m in page["EventSourceMappings"]} == set(arns)
assert len(lam.list_event_source_mappings(EventSourceArn=arns[3])["EventSourceMappings"]) == 1

url = sqs.get_queue_url(QueueName="q0")["QueueUrl"]
sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"n": 1}))


def arrived():
    try:
        events = logs.filter_log_events(logGroupName="/aws/lambda/fed")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return False
    return [e for e in events if 'GOT {"n": 1} aws:sqs' in e["message"]]


until(arrived)


def left():
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])


until(lambda: left() == 0)
assert lam.update_event_source_mapping(UUID=made[0]["UUID"], Enabled=False)["State"] == "Disabling"
until(lambda: state_of(made[0]["UUID"]) == "Disabled")
for m in made:
    assert lam.delete_event_source_mapping(UUID=m["UUID"])["State"] == "Deleting"
until(lambda: lam.list_event_source_mappings()["EventSourceMappings"] == [])
print("all of it worked")
