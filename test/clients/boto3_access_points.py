"""S3 Control as a boto3 user works with it: access points made, paged through, their ARNs and aliases as Bucket; jobs. Run by boto3.test.ts."""
import io
import json
import os

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

# boto3 puts the account, or the access point, before the endpoint's host; as its own proxy Evoke spares it finding these names.
config = Config(retries={"total_max_attempts": 1}, signature_version="s3v4", proxies={"http": os.environ["AWS_ENDPOINT_URL"]})
s3, control, lam = (boto3.client(name, config=config) for name in ("s3", "s3control", "lambda"))
me = boto3.client("sts").get_caller_identity()["Account"]
region = s3.meta.region_name


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return error.response["Error"]
    raise AssertionError(f"{call} was not refused")


s3.create_bucket(Bucket="ap-photos", CreateBucketConfiguration={"LocationConstraint": region})
made = [control.create_access_point(AccountId=me, Name=f"door-{n}", Bucket="ap-photos") for n in range(3)]
arn, alias = made[0]["AccessPointArn"], made[0]["Alias"]
assert control.get_access_point(AccountId=me, Name="door-0")["Alias"] == alias
if control.can_paginate("list_access_points"):
    names = [point["Name"] for page in control.get_paginator("list_access_points").paginate(AccountId=me, PaginationConfig={"PageSize": 2}) for point in page["AccessPointList"]]
else:  # as in versions of boto3 until 2026
    first = control.list_access_points(AccountId=me, MaxResults=2)
    names = [point["Name"] for point in first["AccessPointList"] + control.list_access_points(AccountId=me, NextToken=first["NextToken"])["AccessPointList"]]
assert names == ["door-0", "door-1", "door-2"], names

# In parts, by ARN; read by alias.
large = bytes(range(256)) * 4096 * 6
s3.upload_fileobj(io.BytesIO(large), arn, "dir/large", Config=TransferConfig(multipart_threshold=5 * 1024**2, multipart_chunksize=5 * 1024**2))
assert s3.get_object(Bucket=alias, Key="dir/large")["Body"].read() == large
s3.copy_object(Bucket=arn, Key="dir/copy", CopySource={"Bucket": arn, "Key": "dir/large"})
s3.copy_object(Bucket="ap-photos", Key="dir/copy 2", CopySource={"Bucket": alias, "Key": "dir/copy"})
assert [o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=arn, PaginationConfig={"PageSize": 2}) for o in page["Contents"]] == ["dir/copy", "dir/copy 2", "dir/large"]
url = s3.generate_presigned_url("get_object", Params={"Bucket": arn, "Key": "dir/copy"})
assert f"door-0-{me}." in url, url
refused("MethodNotAllowed", s3.put_bucket_versioning, Bucket=alias, VersioningConfiguration={"Status": "Enabled"})
refused("NoSuchKey", s3.get_object, Bucket=arn, Key="missing")
refused("BucketNotEmpty", s3.delete_bucket, Bucket="ap-photos")

policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": me}, "Action": "s3:GetObject", "Resource": f"{arn}/object/*"}]})
control.put_access_point_policy(AccountId=me, Name="door-0", Policy=policy)
assert control.get_access_point_policy(AccountId=me, Name="door-0")["Policy"] == policy
refused("NoSuchAccessPointPolicy", control.get_access_point_policy, AccountId=me, Name="door-1")
refused("NoSuchAccessPoint", control.get_access_point, AccountId=me, Name="nobody")
refused("NoSuchPublicAccessBlockConfiguration", control.get_public_access_block, AccountId=me)

configuration = {
    "SupportingAccessPoint": arn,
    "TransformationConfigurations": [{"Actions": ["GetObject"], "ContentTransformation": {"AwsLambda": {"FunctionArn": f"arn:aws:lambda:{region}:{me}:function:absent"}}}],
}
for n in range(3):
    control.create_access_point_for_object_lambda(AccountId=me, Name=f"ol-{n}", Configuration=configuration)
pages = control.get_paginator("list_access_points_for_object_lambda").paginate(AccountId=me, PaginationConfig={"PageSize": 2})
found = [point for page in pages for point in page["ObjectLambdaAccessPointList"]]
assert [point["Name"] for point in found] == ["ol-0", "ol-1", "ol-2"], found
for bucket in (found[0]["ObjectLambdaAccessPointArn"], found[0]["Alias"]["Value"]):
    refused("LambdaNotFound", s3.get_object, Bucket=bucket, Key="dir/copy")
    assert s3.head_object(Bucket=bucket, Key="dir/copy")["ContentLength"] == len(large)

for n in range(3):
    control.delete_access_point_for_object_lambda(AccountId=me, Name=f"ol-{n}")
s3.delete_objects(Bucket=arn, Delete={"Objects": [{"Key": key} for key in ("dir/copy", "dir/copy 2", "dir/large")]})
refused("BucketHasAccessPointsAttached", s3.delete_bucket, Bucket="ap-photos")
for name in names:
    control.delete_access_point(AccountId=me, Name=name)
s3.delete_bucket(Bucket="ap-photos")

# Jobs of Batch Operations, which wait for confirmation.
s3.create_bucket(Bucket="ap-lists", CreateBucketConfiguration={"LocationConstraint": region})
etag = s3.put_object(Bucket="ap-lists", Key="list.csv", Body=b"ap-lists,list.csv\n")["ETag"]
job = {
    "AccountId": me, "ConfirmationRequired": True, "Priority": 1, "RoleArn": f"arn:aws:iam::{me}:role/batch", "Report": {"Enabled": False},
    "Operation": {"LambdaInvoke": {"FunctionArn": f"arn:aws:lambda:{region}:{me}:function:absent", "InvocationSchemaVersion": "2.0", "UserArguments": {"size": "small"}}},
    "Manifest": {"Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]}, "Location": {"ObjectArn": "arn:aws:s3:::ap-lists/list.csv", "ETag": etag}},
}
jobs = [control.create_job(**job)["JobId"] for n in range(3)]
if control.can_paginate("list_jobs"):
    found = [one["JobId"] for page in control.get_paginator("list_jobs").paginate(AccountId=me, PaginationConfig={"PageSize": 2}) for one in page["Jobs"]]
else:  # as in versions of boto3 until 2026
    first = control.list_jobs(AccountId=me, MaxResults=2)
    found = [one["JobId"] for one in first["Jobs"] + control.list_jobs(AccountId=me, NextToken=first["NextToken"])["Jobs"]]
assert found == sorted(jobs), found
assert control.describe_job(AccountId=me, JobId=jobs[0])["Job"]["Operation"] == job["Operation"]
control.put_job_tagging(AccountId=me, JobId=jobs[0], Tags=[{"Key": "a", "Value": "b"}])
assert control.get_job_tagging(AccountId=me, JobId=jobs[0])["Tags"] == [{"Key": "a", "Value": "b"}]
for name in jobs:
    assert control.update_job_status(AccountId=me, JobId=name, RequestedJobStatus="Cancelled")["Status"] == "Cancelling"
refused("NoSuchJobException", control.describe_job, AccountId=me, JobId="absent")
print("all of it worked")
