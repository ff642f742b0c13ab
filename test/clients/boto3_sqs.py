"""Queues as a boto3 user works with them, page by page, in JSON and in the older query protocol. Run by boto3.test.ts."""
import json
import threading
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

sqs = boto3.client("sqs", config=Config(retries={"total_max_attempts": 1}))
resource = boto3.resource("sqs")


def pages(name, key, size, **arguments):
    got = list(sqs.get_paginator(name).paginate(PaginationConfig={"PageSize": size}, **arguments))
    return len(got), [item for page in got for item in page.get(key, [])]


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return error.response["Error"]
    raise AssertionError(f"{call} was not refused")


dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
sources = [sqs.create_queue(QueueName=f"source-{n:02}", Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"}, tags={"n": str(n)})["QueueUrl"] for n in range(12)]
assert pages("list_queues", "QueueUrls", 5, QueueNamePrefix="source-") == (3, sources)
assert pages("list_dead_letter_source_queues", "queueUrls", 5, QueueUrl=dead) == (3, sources)
assert sqs.get_queue_url(QueueName="source-03")["QueueUrl"] == sources[3]
assert sqs.list_queue_tags(QueueUrl=sources[3])["Tags"] == {"n": "3"}

# boto3 checks the MD5 of what it receives; the resource checks what it sends, too.
queue = resource.get_queue_by_name(QueueName="source-00")
sent = queue.send_messages(Entries=[{"Id": str(n), "MessageBody": f"body {n}", "MessageAttributes": {"n": {"DataType": "Number", "StringValue": str(n)}}} for n in range(10)])
assert len(sent["Successful"]) == 10 and "Failed" not in sent, sent
got = queue.receive_messages(MaxNumberOfMessages=10, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])
assert sorted(int(m.message_attributes["n"]["StringValue"]) for m in got) == list(range(10))
assert not queue.receive_messages(MaxNumberOfMessages=10), "received once: the next goes to the dead-letter queue"
moved = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageSystemAttributeNames=["DeadLetterQueueSourceArn"])["Messages"]
assert moved[0]["Attributes"]["DeadLetterQueueSourceArn"].endswith(":source-00"), moved
sqs.set_queue_attributes(QueueUrl=sources[0], Attributes={"VisibilityTimeout": "30"})
task = sqs.start_message_move_task(SourceArn=dead_arn)["TaskHandle"]
for _ in range(100):
    result = sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"][0]
    if result["Status"] != "RUNNING":
        break
    time.sleep(0.05)
assert (result["Status"], result["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 10), result
refused("InvalidParameterValue", sqs.cancel_message_move_task, TaskHandle=task)

# Long polling, and the errors a boto3 user catches.
waiting = sqs.create_queue(QueueName="waiting", Attributes={"ReceiveMessageWaitTimeSeconds": "20"})["QueueUrl"]
threading.Timer(0.2, lambda: sqs.send_message(QueueUrl=waiting, MessageBody="late")).start()
started = time.monotonic()
[late] = sqs.receive_message(QueueUrl=waiting)["Messages"]
assert late["Body"] == "late" and time.monotonic() - started < 10
sqs.change_message_visibility(QueueUrl=waiting, ReceiptHandle=late["ReceiptHandle"], VisibilityTimeout=60)
sqs.change_message_visibility_batch(QueueUrl=waiting, Entries=[{"Id": "a", "ReceiptHandle": late["ReceiptHandle"], "VisibilityTimeout": 0}])
[late] = sqs.receive_message(QueueUrl=waiting)["Messages"]
sqs.delete_message_batch(QueueUrl=waiting, Entries=[{"Id": "a", "ReceiptHandle": late["ReceiptHandle"]}])
sqs.purge_queue(QueueUrl=waiting)
refused("AWS.SimpleQueueService.PurgeQueueInProgress", sqs.purge_queue, QueueUrl=waiting)
sqs.delete_queue(QueueUrl=waiting)
refused("AWS.SimpleQueueService.NonExistentQueue", sqs.send_message, QueueUrl=waiting, MessageBody="m")
try:
    sqs.get_queue_url(QueueName="waiting")
    raise AssertionError("a deleted queue was found")
except sqs.exceptions.QueueDoesNotExist:
    pass
error = refused("InvalidParameterValue", sqs.receive_message, QueueUrl=dead, MaxNumberOfMessages=11)
assert error["QueryErrorCode"] == "InvalidParameterValueException", error
sqs.add_permission(QueueUrl=dead, Label="them", AWSAccountIds=["111122223333"], Actions=["SendMessage"])
sqs.remove_permission(QueueUrl=dead, Label="them")
sqs.tag_queue(QueueUrl=dead, Tags={"a": "1"})
sqs.untag_queue(QueueUrl=dead, TagKeys=["a"])
assert "Tags" not in sqs.list_queue_tags(QueueUrl=dead)
for url in [dead, *sources]:
    sqs.delete_queue(QueueUrl=url)
assert pages("list_queues", "QueueUrls", 5) == (1, [])
print("all of it worked")
