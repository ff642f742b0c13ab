"""Topics, subscriptions, platform endpoints and text messages as a boto3 user drives them, every paginator included. Run by boto3.test.ts."""
import json
import os
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
sns = boto3.client("sns", config=config)
ACCOUNT = "610987654321"
REGION = "eu-central-1"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"


def refused(code, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error.response
        return
    raise AssertionError(f"{code} expected")


def everything(name, key, **arguments):
    return [one for page in sns.get_paginator(name).paginate(**arguments) for one in page.get(key, [])]


topics = [sns.create_topic(Name=f"t{n:03}")["TopicArn"] for n in range(101)]
assert [topic["TopicArn"] for topic in everything("list_topics", "Topics")] == topics
first = topics[0]
assert sns.create_topic(Name="t000")["TopicArn"] == first
sns.set_topic_attributes(TopicArn=first, AttributeName="DisplayName", AttributeValue="Orders")
attributes = sns.get_topic_attributes(TopicArn=first)["Attributes"]
assert attributes["DisplayName"] == "Orders" and attributes["Owner"] == ACCOUNT, attributes
sns.add_permission(TopicArn=first, Label="them", AWSAccountId=["111122223333"], ActionName=["Publish"])
assert len(json.loads(sns.get_topic_attributes(TopicArn=first)["Attributes"]["Policy"])["Statement"]) == 2
sns.remove_permission(TopicArn=first, Label="them")
sns.tag_resource(ResourceArn=first, Tags=[{"Key": "team", "Value": "a"}])
assert sns.list_tags_for_resource(ResourceArn=first)["Tags"] == [{"Key": "team", "Value": "a"}]
sns.untag_resource(ResourceArn=first, TagKeys=["team"])
refused("NotFound", 404, sns.get_topic_attributes, TopicArn=first + "x")
refused("InvalidParameter", 400, sns.create_topic, Name="no spaces")

subscriptions = [sns.subscribe(TopicArn=first, Protocol="sqs", Endpoint=f"{QUEUE}-{n}")["SubscriptionArn"] for n in range(101)]
assert sorted(one["SubscriptionArn"] for one in everything("list_subscriptions_by_topic", "Subscriptions", TopicArn=first)) == sorted(subscriptions)
assert sorted(one["SubscriptionArn"] for one in everything("list_subscriptions", "Subscriptions")) == sorted(subscriptions)
sns.set_subscription_attributes(SubscriptionArn=subscriptions[0], AttributeName="FilterPolicy", AttributeValue=json.dumps({"kind": ["order"]}))
assert sns.get_subscription_attributes(SubscriptionArn=subscriptions[0])["Attributes"]["FilterPolicyScope"] == "MessageAttributes"
sns.unsubscribe(SubscriptionArn=subscriptions[0])
refused("NotFound", 404, sns.get_subscription_attributes, SubscriptionArn=subscriptions[0])

assert sns.subscribe(TopicArn=first, Protocol="email", Endpoint="ada@e.example")["SubscriptionArn"] == "pending confirmation"
outbox = json.load(urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/_evoke/outbox?account={ACCOUNT}"))["messages"]
token = outbox[0]["links"]["confirm"].split("Token=")[1]
confirmed = sns.confirm_subscription(TopicArn=first, Token=token)["SubscriptionArn"]
assert sns.get_subscription_attributes(SubscriptionArn=confirmed)["Attributes"]["PendingConfirmation"] == "false"

applications = [sns.create_platform_application(Name=f"app-{n}", Platform="GCM", Attributes={"PlatformCredential": "key"})["PlatformApplicationArn"] for n in range(101)]
assert len(everything("list_platform_applications", "PlatformApplications")) == 101
endpoints = [sns.create_platform_endpoint(PlatformApplicationArn=applications[0], Token=f"token-{n}")["EndpointArn"] for n in range(101)]
assert sorted(one["EndpointArn"] for one in everything("list_endpoints_by_platform_application", "Endpoints", PlatformApplicationArn=applications[0])) == sorted(endpoints)
sns.set_endpoint_attributes(EndpointArn=endpoints[0], Attributes={"Enabled": "false"})
assert sns.get_endpoint_attributes(EndpointArn=endpoints[0])["Attributes"] == {"Enabled": "false", "Token": "token-0"}
sns.delete_endpoint(EndpointArn=endpoints[0])
sns.set_platform_application_attributes(PlatformApplicationArn=applications[0], Attributes={"SuccessFeedbackSampleRate": "5"})
assert sns.get_platform_application_attributes(PlatformApplicationArn=applications[0])["Attributes"] == {"Enabled": "true", "SuccessFeedbackSampleRate": "5"}
sns.delete_platform_application(PlatformApplicationArn=applications[0])

for n in range(101):
    stop = urllib.request.Request(f"{os.environ['AWS_ENDPOINT_URL']}/_evoke/outbox/stop?account={ACCOUNT}&region={REGION}&number=%2B49151{n:08}", method="POST")
    assert urllib.request.urlopen(stop).status == 200
numbers = everything("list_phone_numbers_opted_out", "phoneNumbers")
assert len(set(numbers)) == 101
assert sns.check_if_phone_number_is_opted_out(phoneNumber=numbers[0])["isOptedOut"]
sns.opt_in_phone_number(phoneNumber=numbers[0])
assert not sns.check_if_phone_number_is_opted_out(phoneNumber=numbers[0])["isOptedOut"]
sns.set_sms_attributes(attributes={"DefaultSMSType": "Transactional"})
assert sns.get_sms_attributes(attributes=["DefaultSMSType"])["attributes"] == {"DefaultSMSType": "Transactional"}
assert not sns.get_sms_sandbox_account_status()["IsInSandbox"]
for n in range(3):
    sns.create_sms_sandbox_phone_number(PhoneNumber=f"+4915100000{n}00")
assert len(everything("list_sms_sandbox_phone_numbers", "PhoneNumbers", PaginationConfig={"PageSize": 2})) == 3
outbox = json.load(urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/_evoke/outbox?account={ACCOUNT}"))["messages"]
sns.verify_sms_sandbox_phone_number(PhoneNumber=outbox[0]["to"], OneTimePassword=outbox[0]["body"][-6:])
sns.delete_sms_sandbox_phone_number(PhoneNumber=outbox[0]["to"])
assert everything("list_origination_numbers", "PhoneNumbers") == []

for topic in topics:
    sns.delete_topic(TopicArn=topic)
assert everything("list_topics", "Topics") == [] and everything("list_subscriptions", "Subscriptions") == []
print("all of it worked")
