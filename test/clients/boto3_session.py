"""One session of a boto3 user; every assert is a promise of ours. Run by boto3.test.ts."""
import base64
import io
import json
import time
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
lam, iam, sts, logs = (boto3.client(name, config=config) for name in ("lambda", "iam", "sts", "logs"))


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in files.items():
            z.writestr(name.replace("__", "."), text)
    return out.getvalue()


def refused(code, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error.response
        return error.response
    raise AssertionError(f"{code} expected")


# who am I: a 12-digit access key id is the account
me = sts.get_caller_identity()
assert me["Account"] == "123456789012", me

role = iam.create_role(RoleName="runner", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]
assert role["Arn"] == "arn:aws:iam::123456789012:role/runner"
assert role["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == "sts:AssumeRole"
iam.attach_role_policy(RoleName="runner", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
assert [p["PolicyName"] for p in iam.list_attached_role_policies(RoleName="runner")["AttachedPolicies"]] == ["AWSLambdaBasicExecutionRole"]

code = zipped(h__py="import os\ndef handler(event, context):\n    print('saw', event)\n    if event.get('fail'): raise ValueError('as asked')\n    return {'got': event, 'stage': os.environ.get('STAGE'), 'arn': context.invoked_function_arn}\n")
made = lam.create_function(FunctionName="py", Runtime="python3.11", Role=role["Arn"], Handler="h.handler", Code={"ZipFile": code}, Environment={"Variables": {"STAGE": "one"}}, Tags={"team": "a"})
assert made["State"] == "Pending" and "LastUpdateStatus" not in made, made
lam.get_waiter("function_active_v2").wait(FunctionName="py", WaiterConfig={"Delay": 1})

answer = lam.invoke(FunctionName="py", Payload=json.dumps({"x": "é"}), LogType="Tail")
assert answer["StatusCode"] == 200 and "FunctionError" not in answer, answer
assert json.load(answer["Payload"]) == {"got": {"x": "é"}, "stage": "one", "arn": made["FunctionArn"]}
assert "REPORT RequestId: " + answer["ResponseMetadata"]["RequestId"] in base64.b64decode(answer["LogResult"]).decode()

answer = lam.invoke(FunctionName="py", Payload=json.dumps({"fail": True}))
assert answer["FunctionError"] == "Unhandled"
error = json.load(answer["Payload"])
assert error["errorType"] == "ValueError" and error["errorMessage"] == "as asked" and "line 4" in error["stackTrace"][0], error

lam.update_function_configuration(FunctionName="py", Environment={"Variables": {"STAGE": "two"}}, Timeout=5)
lam.get_waiter("function_updated_v2").wait(FunctionName="py", WaiterConfig={"Delay": 1})
assert json.load(lam.invoke(FunctionName="py", Payload=b"{}")["Payload"])["stage"] == "two"
assert lam.invoke(FunctionName="py", InvocationType="DryRun")["StatusCode"] == 204

new = zipped(h__py="def handler(event, context):\n    return 'new'\n")
dry = lam.update_function_code(FunctionName="py", ZipFile=new, DryRun=True)
assert dry["CodeSha256"] != made["CodeSha256"]
assert lam.get_function_configuration(FunctionName="py")["CodeSha256"] == made["CodeSha256"]
lam.update_function_code(FunctionName="py", ZipFile=new)
lam.get_waiter("function_updated_v2").wait(FunctionName="py", WaiterConfig={"Delay": 1})
assert json.load(lam.invoke(FunctionName="py")["Payload"]) == "new"

got = lam.get_function(FunctionName=made["FunctionArn"])
assert got["Tags"] == {"team": "a"} and got["Code"]["RepositoryType"] == "S3"
import urllib.request
assert urllib.request.urlopen(got["Code"]["Location"]).read() == new

for n in range(3):
    lam.create_function(FunctionName=f"more-{n}", Runtime="nodejs22.x", Role=role["Arn"], Handler="i.h", Code={"ZipFile": zipped(i__js="exports.h = async (e) => e")})
names = [f["FunctionName"] for page in lam.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}) for f in page["Functions"]]
assert sorted(names) == ["more-0", "more-1", "more-2", "py"], names

# a streamed answer
lam.create_function(FunctionName="stream", Runtime="nodejs24.x", Role=role["Arn"], Handler="i.h", Code={"ZipFile": zipped(i__js="exports.h = awslambda.streamifyResponse(async (e, s) => { s.write('a'); s.write('b'); s.end('c'); })")})
lam.get_waiter("function_active_v2").wait(FunctionName="stream", WaiterConfig={"Delay": 1})
parts = list(lam.invoke_with_response_stream(FunctionName="stream")["EventStream"])
assert b"".join(p["PayloadChunk"]["Payload"] for p in parts if "PayloadChunk" in p) == b"abc", parts
assert "InvokeComplete" in parts[-1] and "ErrorCode" not in parts[-1]["InvokeComplete"]

# what AWS refuses, we refuse in the same words
refused("ResourceNotFoundException", 404, lam.get_function, FunctionName="absent")
refused("ResourceConflictException", 409, lam.create_function, FunctionName="py", Runtime="python3.11", Role=role["Arn"], Handler="h.handler", Code={"ZipFile": code})
refused("InvalidParameterValueException", 400, lam.create_function, FunctionName="bad", Runtime="python3.11", Role=role["Arn"], Handler="h.handler", Code={"ZipFile": b"no zip"})
refused("InvalidRequestContentException", 400, lam.invoke, FunctionName="py", Payload=b"{nonsense")
refused("NoSuchEntity", 404, iam.get_role, RoleName="absent")
refused("DeleteConflict", 409, iam.delete_role, RoleName="runner")

# what the functions wrote is in CloudWatch Logs
deadline = time.time() + 10
while True:
    try:
        events = [e["message"] for page in logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/py", filterPattern='"saw"') for e in page["events"]]
    except ClientError:
        events = []
    if len(events) >= 2 or time.time() > deadline:
        break
    time.sleep(0.2)
assert any("saw {'x': 'é'}" in e for e in events), events
streams = logs.describe_log_streams(logGroupName="/aws/lambda/py")["logStreams"]
assert streams and "[$LATEST]" in streams[0]["logStreamName"]

for name in [*names, "stream"]:
    lam.delete_function(FunctionName=name)
assert lam.list_functions()["Functions"] == []
iam.detach_role_policy(RoleName="runner", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
iam.delete_role(RoleName="runner")
print("all of it worked")
