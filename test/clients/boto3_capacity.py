"""Capacity providers and functions on them, as a boto3 user drives them: paginators, waiters and exceptions. Run by boto3.test.ts."""
import io
import json
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

lam = boto3.client("lambda", config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False, max_pool_connections=20))
ROLE = "arn:aws:iam::920987654321:role/runner"
LATEST = "$LATEST.PUBLISHED"


def zipped(text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("h.py", text)
    return out.getvalue()


def until(done):
    for _ in range(400):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError("it never was so")


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response["Error"]["Message"]
    raise AssertionError(f"not refused: {arguments}")


CODE = """
import time
def handler(event, context):
    time.sleep(event.get("seconds", 0))
    return {"n": event["n"], "version": context.function_version, "arn": context.invoked_function_arn}
"""

for name in ("one", "two", "three"):
    made = lam.create_capacity_provider(CapacityProviderName=name, VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}, PermissionsConfig={"CapacityProviderOperatorRoleArn": ROLE}, Tags={"team": name})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202 and made["CapacityProvider"]["State"] == "Pending", made
    until(lambda: lam.get_capacity_provider(CapacityProviderName=name)["CapacityProvider"]["State"] == "Active")
arn = lam.get_capacity_provider(CapacityProviderName="one")["CapacityProvider"]["CapacityProviderArn"]
assert lam.list_tags(Resource=arn)["Tags"] == {"team": "one"}

pages = lam.get_paginator("list_capacity_providers").paginate(State="Active", PaginationConfig={"PageSize": 1})
assert [p["CapacityProviderArn"].split(":")[-1] for page in pages for p in page["CapacityProviders"]] == ["one", "three", "two"]
updated = lam.update_capacity_provider(CapacityProviderName=arn, CapacityProviderScalingConfig={"MaxVCpuCount": 12})
assert updated["CapacityProvider"]["CapacityProviderScalingConfig"] == {"MaxVCpuCount": 12, "ScalingMode": "Auto"}, updated

made = lam.create_function(
    FunctionName="managed", Runtime="python3.13", Role=ROLE, Handler="h.handler", Timeout=20, Code={"ZipFile": zipped(CODE)}, Publish=True, PublishTo="LATEST_PUBLISHED",
    CapacityProviderConfig={"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": arn, "PerExecutionEnvironmentMaxConcurrency": 4}},
)
assert made["Version"] == LATEST and made["State"] == "Pending", made
lam.get_waiter("function_updated_v2").wait(FunctionName="managed", WaiterConfig={"Delay": 1})
lam.get_waiter("published_version_active").wait(FunctionName="managed", Qualifier=LATEST, WaiterConfig={"Delay": 1})
config = lam.get_function_configuration(FunctionName="managed")
assert config["State"] == "ActiveNonInvocable" and config["MemorySize"] == 2048 and config["LoggingConfig"]["LogFormat"] == "JSON", config
lam.publish_version(FunctionName="managed")
lam.get_waiter("published_version_active").wait(FunctionName="managed", Qualifier="1", WaiterConfig={"Delay": 1})

pages = lam.get_paginator("list_function_versions_by_capacity_provider").paginate(CapacityProviderName="one", PaginationConfig={"PageSize": 2})
found = [(v["FunctionArn"].split("managed:")[1], v["State"]) for page in pages for v in page["FunctionVersions"]]
assert found == [("$LATEST", "ActiveNonInvocable"), (LATEST, "Active"), ("1", "Active")], found


def run(n):
    answer = lam.invoke(FunctionName="managed", Payload=json.dumps({"n": n, "seconds": 0.3}))
    return answer["ExecutedVersion"], json.load(answer["Payload"])


with ThreadPoolExecutor(4) as pool:
    answers = list(pool.map(run, range(4)))
unqualified = "arn:aws:lambda:eu-central-1:920987654321:function:managed"
assert answers == [(LATEST, {"n": n, "version": LATEST, "arn": unqualified}) for n in range(4)], answers

assert lam.put_function_scaling_config(FunctionName="managed", Qualifier=LATEST, FunctionScalingConfig={"MinExecutionEnvironments": 1, "MaxExecutionEnvironments": 2})["FunctionState"] == "Active"
scaling = lam.get_function_scaling_config(FunctionName="managed", Qualifier=LATEST)
assert scaling["RequestedFunctionScalingConfig"] == {"MinExecutionEnvironments": 1, "MaxExecutionEnvironments": 2}, scaling

refused("InvalidParameterValueException", lam.invoke, FunctionName="managed", Qualifier="$LATEST")
assert "first remove its association" in refused("ResourceConflictException", lam.delete_capacity_provider, CapacityProviderName="one")
lam.delete_function(FunctionName="managed")
until(lambda: lam.list_function_versions_by_capacity_provider(CapacityProviderName="one")["FunctionVersions"] == [])
for name in ("one", "two", "three"):
    assert lam.delete_capacity_provider(CapacityProviderName=name)["CapacityProvider"]["State"] == "Deleting"
until(lambda: lam.list_capacity_providers()["CapacityProviders"] == [])
refused("ResourceNotFoundException", lam.get_capacity_provider, CapacityProviderName="one")
print("all of it worked")
