"""Buses, rules, targets, archives, replays and API destinations as a boto3 user drives them ("eventbridge"), every paginator included. Run by boto3.test.ts."""
import datetime
import json
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
events = boto3.client("events", config=config)
sqs = boto3.client("sqs", config=config)
ACCOUNT = "710987654321"
REGION = "eu-central-1"


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error.response
        return
    raise AssertionError(f"{code} expected")


def everything(name, key, **arguments):
    return [one for page in events.get_paginator(name).paginate(**arguments) for one in page.get(key, [])]


def until(look):
    for _ in range(500):
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come in ten seconds")


bus = events.create_event_bus(Name="orders", Tags=[{"Key": "team", "Value": "a"}])["EventBusArn"]
assert bus == f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/orders"
assert [one["Name"] for one in events.list_event_buses()["EventBuses"]] == ["default", "orders"]
assert events.describe_event_bus(Name="orders")["Arn"] == bus
events.update_event_bus(Name="orders", Description="all of them")
events.put_permission(EventBusName="orders", StatementId="them", Action="events:PutEvents", Principal="111122223333")
assert json.loads(events.describe_event_bus(Name="orders")["Policy"])["Statement"][0]["Sid"] == "them"
events.remove_permission(EventBusName="orders", StatementId="them")
events.tag_resource(ResourceARN=bus, Tags=[{"Key": "stage", "Value": "dev"}])
events.untag_resource(ResourceARN=bus, TagKeys=["team"])
assert events.list_tags_for_resource(ResourceARN=bus)["Tags"] == [{"Key": "stage", "Value": "dev"}]
refused("ResourceAlreadyExistsException", events.create_event_bus, Name="orders")
refused("ResourceNotFoundException", events.describe_event_bus, Name="none")

queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
queue_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
pattern = json.dumps({"source": ["shop"]})
names = [f"r{n:03}" for n in range(101)]
for name in names:
    events.put_rule(Name=name, EventBusName="orders", EventPattern=json.dumps({"source": [name]}))
assert [rule["Name"] for rule in everything("list_rules", "Rules", EventBusName="orders")] == names
for name in names[:3]:
    events.put_targets(Rule=name, EventBusName="orders", Targets=[{"Id": f"t{n}", "Arn": queue_arn} for n in range(3)])
assert everything("list_rule_names_by_target", "RuleNames", TargetArn=queue_arn, EventBusName="orders", PaginationConfig={"PageSize": 2}) == names[:3]
assert [one["Id"] for one in everything("list_targets_by_rule", "Targets", Rule=names[0], EventBusName="orders", PaginationConfig={"PageSize": 2})] == ["t0", "t1", "t2"]
assert events.remove_targets(Rule=names[0], EventBusName="orders", Ids=["t0", "t9"])["FailedEntryCount"] == 1
events.disable_rule(Name=names[0], EventBusName="orders")
assert events.describe_rule(Name=names[0], EventBusName="orders")["State"] == "DISABLED"
events.enable_rule(Name=names[0], EventBusName="orders")
refused("ValidationException", events.delete_rule, Name=names[0], EventBusName="orders")
refused("InvalidEventPatternException", events.put_rule, Name="bad", EventPattern="{")
events.delete_rule(Name=names[9], EventBusName="orders")

events.put_rule(Name="shop", EventPattern=pattern)
events.put_targets(Rule="shop", Targets=[{"Id": "q", "Arn": queue_arn, "InputTransformer": {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"number": <n>}'}}])
archive = events.create_archive(ArchiveName="kept", EventSourceArn=f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default", EventPattern=pattern)["ArchiveArn"]
answer = events.put_events(Entries=[{"Source": "shop", "DetailType": "paid", "Detail": json.dumps({"n": 1})}, {"Source": "aws.shop", "DetailType": "paid", "Detail": "{}"}])
assert answer["FailedEntryCount"] == 1 and answer["Entries"][1]["ErrorCode"] == "NotAuthorizedForSourceException", answer
assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"][0]["Body"] == '{"number":1}'
until(lambda: events.describe_archive(ArchiveName="kept")["EventCount"] == 1)
events.update_archive(ArchiveName="kept", RetentionDays=3)
assert events.list_archives(NamePrefix="ke")["Archives"][0]["RetentionDays"] == 3
now = datetime.datetime.now(datetime.timezone.utc)
minute = datetime.timedelta(minutes=1)
events.start_replay(ReplayName="again", EventSourceArn=archive, EventStartTime=now - minute, EventEndTime=now + minute, Destination={"Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"})
until(lambda: events.describe_replay(ReplayName="again")["State"] == "COMPLETED")
assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"][0]["Body"] == '{"number":1}'
assert [one["ReplayName"] for one in events.list_replays()["Replays"]] == ["again"]
refused("IllegalStatusException", events.cancel_replay, ReplayName="again")
events.delete_archive(ArchiveName="kept")
event = {"id": "1", "detail-type": "paid", "source": "shop", "account": ACCOUNT, "time": "2026-01-01T00:00:00Z", "region": REGION, "resources": [], "detail": {}}
assert events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"] is True

connection = events.create_connection(Name="c", AuthorizationType="BASIC", AuthParameters={"BasicAuthParameters": {"Username": "u", "Password": "p"}})["ConnectionArn"]
events.update_connection(Name="c", Description="d")
assert events.describe_connection(Name="c")["AuthParameters"] == {"BasicAuthParameters": {"Username": "u"}}
events.create_api_destination(Name="d", ConnectionArn=connection, InvocationEndpoint="https://example.com/*", HttpMethod="POST")
events.update_api_destination(Name="d", HttpMethod="PUT")
assert events.describe_api_destination(Name="d")["HttpMethod"] == "PUT"
assert [one["Name"] for one in events.list_api_destinations()["ApiDestinations"]] == ["d"]
events.delete_api_destination(Name="d")
assert events.deauthorize_connection(Name="c")["ConnectionState"] == "DEAUTHORIZING"
assert [one["Name"] for one in events.list_connections()["Connections"]] == ["c"]
events.delete_connection(Name="c")
refused("ResourceNotFoundException", events.describe_connection, Name="c")

for name in names[:3]:
    events.remove_targets(Rule=name, EventBusName="orders", Ids=["t0", "t1", "t2"])
events.delete_event_bus(Name="orders")
assert [one["Name"] for one in events.list_event_buses()["EventBuses"]] == ["default"]
print("all of it worked")
