"""Durable executions as a boto3 user watches them, page by page; the function speaks the protocol by itself. Run by boto3.test.ts."""
import io
import json
import time
import zipfile

import boto3
from botocore.config import Config

config = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
lam, logs = (boto3.client(name, config=config) for name in ("lambda", "logs"))
ROLE = "arn:aws:iam::310987654321:role/runner"

# Shows what it was given, then leaves those who watch three seconds to look.
SOURCE = """import json, time
def handler(event, context):
    print('GIVEN', json.dumps([event['DurableExecutionArn'], event['CheckpointToken']]), flush=True)
    time.sleep(0 if 'quick' in json.dumps(event) else 3)
    return {'Status': 'SUCCEEDED', 'Result': json.dumps('done')}
"""
out = io.BytesIO()
with zipfile.ZipFile(out, "w") as z:
    z.writestr("h.py", SOURCE)
lam.create_function(FunctionName="order", Runtime="python3.11", Role=ROLE, Handler="h.handler", Timeout=20, Code={"ZipFile": out.getvalue()}, DurableConfig={"ExecutionTimeout": 60, "RetentionPeriodInDays": 1}, Publish=True)
lam.get_waiter("function_active_v2").wait(FunctionName="order", WaiterConfig={"Delay": 1})


def pages(name, key, **arguments):
    return [item for page in lam.get_paginator(name).paginate(PaginationConfig={"PageSize": 1}, **arguments) for item in page[key]]


for name in ("one", "two"):
    answer = lam.invoke(FunctionName="order", Qualifier="1", DurableExecutionName=name, Payload=json.dumps("quick"))
    assert "FunctionError" not in answer and json.load(answer["Payload"]) == "done", answer
started = lam.invoke(FunctionName="order", Qualifier="1", InvocationType="Event", DurableExecutionName="three", Payload=json.dumps("slow"))
assert started["StatusCode"] == 202, started

given = []
while not given:
    time.sleep(0.1)
    if not logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/order")["logGroups"]:
        continue
    seen = [e["message"].split("GIVEN ")[1] for e in logs.filter_log_events(logGroupName="/aws/lambda/order", filterPattern="GIVEN")["events"]]
    given = [json.loads(text) for text in seen if "/three/" in text]
arn, token = given[0]
assert arn == started["DurableExecutionArn"], given
operations = pages("get_durable_execution_state", "Operations", DurableExecutionArn=arn, CheckpointToken=token)
assert [o["Type"] for o in operations] == ["EXECUTION"], operations
changed = lam.checkpoint_durable_execution(DurableExecutionArn=arn, CheckpointToken=token, Updates=[{"Id": f"s{n}", "Type": "STEP", "Action": "SUCCEED", "SubType": "Step", "Name": f"step {n}", "Payload": "1"} for n in range(2)])
operations = pages("get_durable_execution_state", "Operations", DurableExecutionArn=arn, CheckpointToken=changed["CheckpointToken"])
assert [o["Id"] for o in operations][1:] == ["s0", "s1"], operations

while lam.get_durable_execution(DurableExecutionArn=arn)["Status"] == "RUNNING":
    time.sleep(0.1)
events = pages("get_durable_execution_history", "Events", DurableExecutionArn=arn)
assert [e["EventType"] for e in events] == ["ExecutionStarted", "StepSucceeded", "StepSucceeded", "InvocationCompleted", "ExecutionSucceeded"], events
executions = pages("list_durable_executions_by_function", "DurableExecutions", FunctionName="order", Qualifier="1")
assert [(e["DurableExecutionName"], e["Status"]) for e in executions] == [(n, "SUCCEEDED") for n in ("three", "two", "one")], executions
print("all of it worked")
