"""Versions, aliases and concurrency as a boto3 user drives them: its waiters and paginators. Run by boto3.test.ts."""
import io
import json
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

lam = boto3.client("lambda", config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False))
ROLE = "arn:aws:iam::210987654321:role/runner"


def zipped(text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("h.py", text)
    return out.getvalue()


def wait(name, **arguments):
    lam.get_waiter(name).wait(WaiterConfig={"Delay": 1, "MaxAttempts": 20}, **arguments)


def code(n):
    return zipped(f"def handler(event, context):\n    return {{'code': {n}, 'version': context.function_version, 'arn': context.invoked_function_arn}}\n")


def run(**arguments):
    answer = lam.invoke(FunctionName="many", **arguments)
    assert "FunctionError" not in answer, answer["Payload"].read()
    return answer["ExecutedVersion"], json.load(answer["Payload"])


made = lam.create_function(FunctionName="many", Runtime="python3.11", Role=ROLE, Handler="h.handler", Code={"ZipFile": code(1)}, Publish=True)
assert made["Version"] == "1" and made["State"] == "Pending", made
wait("function_exists", FunctionName="many")
wait("function_active", FunctionName="many")
wait("function_active_v2", FunctionName="many")
wait("published_version_active", FunctionName="many", Qualifier="1")

second = lam.update_function_code(FunctionName="many", ZipFile=code(2), Publish=True)
assert second["Version"] == "2", second
wait("function_updated_v2", FunctionName="many")
wait("published_version_active", FunctionName="many", Qualifier="2")
lam.update_function_code(FunctionName="many", ZipFile=code(3))
wait("function_updated", FunctionName="many")

arn = "arn:aws:lambda:eu-central-1:210987654321:function:many"
assert run() == ("$LATEST", {"code": 3, "version": "$LATEST", "arn": arn})
assert run(Qualifier="1") == ("1", {"code": 1, "version": "1", "arn": f"{arn}:1"})
lam.create_alias(FunctionName="many", Name="live", FunctionVersion="2")
assert run(Qualifier="live") == ("2", {"code": 2, "version": "2", "arn": f"{arn}:live"})
lam.update_alias(FunctionName="many", Name="live", RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}})
assert {run(Qualifier="live")[0] for _ in range(40)} == {"1", "2"}

pages = lam.get_paginator("list_versions_by_function").paginate(FunctionName="many", PaginationConfig={"PageSize": 1})
assert [v["Version"] for page in pages for v in page["Versions"]] == ["$LATEST", "1", "2"]
lam.create_alias(FunctionName="many", Name="stage", FunctionVersion="$LATEST")
pages = lam.get_paginator("list_aliases").paginate(FunctionName="many", PaginationConfig={"PageSize": 1})
assert [a["Name"] for page in pages for a in page["Aliases"]] == ["live", "stage"]
pages = lam.get_paginator("list_functions").paginate(FunctionVersion="ALL", PaginationConfig={"PageSize": 2})
assert [f["FunctionArn"][len(arn):] for page in pages for f in page["Functions"]] == [":$LATEST", ":1", ":2"]

for qualifier in ("1", "live", "$LATEST"):
    lam.put_function_event_invoke_config(FunctionName="many", Qualifier=qualifier, MaximumRetryAttempts=0)
pages = lam.get_paginator("list_function_event_invoke_configs").paginate(FunctionName="many", PaginationConfig={"PageSize": 1})
assert [c["FunctionArn"][len(arn):] for page in pages for c in page["FunctionEventInvokeConfigs"]] == [":$LATEST", ":1", ":live"]
for qualifier in ("live", "stage"):
    made = lam.create_function_url_config(FunctionName="many", Qualifier=qualifier, AuthType="AWS_IAM")
    assert made["FunctionArn"] == f"{arn}:{qualifier}", made
pages = lam.get_paginator("list_function_url_configs").paginate(FunctionName="many", PaginationConfig={"PageSize": 1})
assert [c["FunctionArn"][len(arn):] for page in pages for c in page["FunctionUrlConfigs"]] == [":live", ":stage"]
lam.delete_alias(FunctionName="many", Name="stage")
assert len(lam.list_function_url_configs(FunctionName="many")["FunctionUrlConfigs"]) == 1
for qualifier in ("1", "live"):
    if qualifier == "live":
        lam.update_alias(FunctionName="many", Name="live", FunctionVersion="2", RoutingConfig={"AdditionalVersionWeights": {}})
    lam.put_provisioned_concurrency_config(FunctionName="many", Qualifier=qualifier, ProvisionedConcurrentExecutions=1)
pages = lam.get_paginator("list_provisioned_concurrency_configs").paginate(FunctionName="many", PaginationConfig={"PageSize": 1})
assert [c["FunctionArn"][len(arn):] for page in pages for c in page["ProvisionedConcurrencyConfigs"]] == [":1", ":live"]
for qualifier in ("1", "live"):
    lam.delete_provisioned_concurrency_config(FunctionName="many", Qualifier=qualifier)
assert lam.invoke(FunctionName="many", InvocationType="Event", Payload=b"{}")["StatusCode"] == 202
assert lam.invoke_async(FunctionName="many", InvokeArgs=b"{}")["Status"] == 202

lam.put_function_concurrency(FunctionName="many", ReservedConcurrentExecutions=0)
try:
    lam.invoke(FunctionName="many")
    raise AssertionError("a function without concurrency ran")
except ClientError as error:
    assert error.response["Error"]["Code"] == "TooManyRequestsException" and error.response["ResponseMetadata"]["HTTPStatusCode"] == 429, error.response
    assert error.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded", error.response
lam.delete_function_concurrency(FunctionName="many")
assert run()[0] == "$LATEST"

try:
    lam.delete_function(FunctionName="many", Qualifier="2")
    raise AssertionError("a version with an alias was deleted")
except ClientError as error:
    assert error.response["Error"]["Code"] == "ResourceConflictException", error.response
lam.delete_alias(FunctionName="many", Name="live")
lam.delete_function(FunctionName="many", Qualifier="2")
lam.delete_function(FunctionName="many")
assert lam.list_functions(FunctionVersion="ALL")["Functions"] == []
print("all of it worked")
