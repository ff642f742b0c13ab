"""Layers and code signing configs as a boto3 user drives them: paginators, downloads, policies. Run by boto3.test.ts."""
import io
import json
import urllib.request
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

lam = boto3.client("lambda", config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False))
ROLE = "arn:aws:iam::510987654321:role/runner"


def zipped(name, text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(name, text)
    return out.getvalue()


def refused(code, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error.response
        return
    raise AssertionError(f"{code} expected")


words = [zipped("python/word.py", f"WORD = {n}") for n in (1, 2)]
for n, content in enumerate(words):
    made = lam.publish_layer_version(LayerName="words", Content={"ZipFile": content}, CompatibleRuntimes=["python3.11"], CompatibleArchitectures=["x86_64"], LicenseInfo="MIT")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201 and made["Version"] == n + 1 and made["Content"]["CodeSize"] == len(content), made
assert urllib.request.urlopen(made["Content"]["Location"]).read() == words[1]
lam.publish_layer_version(LayerName="other", Content={"ZipFile": zipped("x", "x")})

pages = lam.get_paginator("list_layers").paginate(PaginationConfig={"PageSize": 1})
assert [(layer["LayerName"], layer["LatestMatchingVersion"]["Version"]) for page in pages for layer in page["Layers"]] == [("other", 1), ("words", 2)]
pages = lam.get_paginator("list_layer_versions").paginate(LayerName="words", CompatibleRuntime="python3.11", PaginationConfig={"PageSize": 1})
assert [v["Version"] for page in pages for v in page["LayerVersions"]] == [2, 1]
refused("ResourceNotFoundException", 404, lam.get_layer_version, LayerName="words", VersionNumber=3)
refused("InvalidParameterValueException", 400, lam.get_layer_version, LayerName="words", VersionNumber=-1)
assert lam.get_layer_version_by_arn(Arn=made["LayerVersionArn"])["Version"] == 2

added = lam.add_layer_version_permission(LayerName="words", VersionNumber=2, StatementId="all", Action="lambda:GetLayerVersion", Principal="*")
got = lam.get_layer_version_policy(LayerName="words", VersionNumber=2)
assert got["RevisionId"] == added["RevisionId"] and json.loads(got["Policy"])["Statement"] == [json.loads(added["Statement"])], got
refused("PreconditionFailedException", 412, lam.remove_layer_version_permission, LayerName="words", VersionNumber=2, StatementId="all", RevisionId="old")
lam.remove_layer_version_permission(LayerName="words", VersionNumber=2, StatementId="all", RevisionId=added["RevisionId"])

config = lam.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": ["arn:aws:signer:eu-central-1:510987654321:/signing-profiles/p/v"]})["CodeSigningConfig"]["CodeSigningConfigArn"]
code = zipped("h.py", "import word\ndef handler(event, context):\n    return word.WORD\n")
for name in ("signed-a", "signed-b"):
    lam.create_function(FunctionName=name, Runtime="python3.11", Role=ROLE, Handler="h.handler", Code={"ZipFile": code}, Layers=[made["LayerVersionArn"]], CodeSigningConfigArn=config)
    lam.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    assert json.load(lam.invoke(FunctionName=name)["Payload"]) == 2
assert lam.get_function_code_signing_config(FunctionName="signed-a")["CodeSigningConfigArn"] == config
pages = lam.get_paginator("list_functions_by_code_signing_config").paginate(CodeSigningConfigArn=config, PaginationConfig={"PageSize": 1})
assert [arn.split(":")[-1] for page in pages for arn in page["FunctionArns"]] == ["signed-a", "signed-b"]
other = lam.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": ["arn:aws:signer:eu-central-1:510987654321:/signing-profiles/p/v"]})["CodeSigningConfig"]["CodeSigningConfigArn"]
pages = lam.get_paginator("list_code_signing_configs").paginate(PaginationConfig={"PageSize": 1})
assert sorted(c["CodeSigningConfigArn"] for page in pages for c in page["CodeSigningConfigs"]) == sorted([config, other])

lam.update_code_signing_config(CodeSigningConfigArn=config, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"})
refused("CodeVerificationFailedException", 400, lam.update_function_code, FunctionName="signed-a", ZipFile=code)
refused("ResourceConflictException", 409, lam.delete_code_signing_config, CodeSigningConfigArn=config)
for name in ("signed-a", "signed-b"):
    lam.delete_function(FunctionName=name)
for arn in (config, other):
    lam.delete_code_signing_config(CodeSigningConfigArn=arn)
for name, number in (("words", 1), ("words", 2), ("other", 1)):
    lam.delete_layer_version(LayerName=name, VersionNumber=number)
assert lam.list_layers()["Layers"] == []
print("all of it worked")
