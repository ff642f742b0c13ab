"""Buckets and objects as a boto3 user works with them: transfers in parts, page by page, waiting. Run by boto3.test.ts."""
import io
import threading
import time

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client("s3", config=Config(retries={"total_max_attempts": 1}, signature_version="s3v4"))
resource = boto3.resource("s3")


def pages(name, key, size, **arguments):
    got = list(s3.get_paginator(name).paginate(PaginationConfig={"PageSize": size}, **arguments))
    return len(got), [item for page in got for item in page.get(key, [])]


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return error.response["Error"]
    raise AssertionError(f"{call} was not refused")


def later(work):
    threading.Thread(target=lambda: (time.sleep(0.2), work()), daemon=True).start()


region = {"LocationConstraint": s3.meta.region_name}
soon = {"Delay": 1, "MaxAttempts": 20}
later(lambda: s3.create_bucket(Bucket="photos", CreateBucketConfiguration=region))
s3.get_waiter("bucket_exists").wait(Bucket="photos", WaiterConfig=soon)
for n in range(5):
    s3.create_bucket(Bucket=f"other-{n}", CreateBucketConfiguration=region)
assert [bucket["Name"] for bucket in pages("list_buckets", "Buckets", 2)[1]] == [*(f"other-{n}" for n in range(5)), "photos"]
assert s3.get_bucket_location(Bucket="photos")["LocationConstraint"] == s3.meta.region_name
assert s3.head_bucket(Bucket="photos")["BucketRegion"] == s3.meta.region_name

# In parts, in parallel, both ways.
large = bytes(range(256)) * 4096 * 20
config = TransferConfig(multipart_threshold=5 * 1024**2, multipart_chunksize=5 * 1024**2)
s3.upload_fileobj(io.BytesIO(large), "photos", "large", ExtraArgs={"Metadata": {"n": "1"}, "ContentType": "image/x"}, Config=config)
head = s3.head_object(Bucket="photos", Key="large")
assert (head["ContentLength"], head["Metadata"], head["ContentType"], head["ETag"][-3:]) == (len(large), {"n": "1"}, "image/x", '-4"'), head
out = io.BytesIO()
s3.download_fileobj("photos", "large", out, Config=config)
assert out.getvalue() == large
s3.copy({"Bucket": "photos", "Key": "large"}, "photos", "copied", Config=config)
assert s3.get_object(Bucket="photos", Key="copied")["Body"].read() == large
attributes = s3.get_object_attributes(Bucket="photos", Key="large", ObjectAttributes=["ObjectParts", "ETag"])
assert attributes["ObjectParts"]["TotalPartsCount"] == 4

later(lambda: s3.put_object(Bucket="photos", Key="small", Body=b"hello"))
s3.get_waiter("object_exists").wait(Bucket="photos", Key="small", WaiterConfig=soon)
assert s3.get_object(Bucket="photos", Key="small", Range="bytes=1-3")["Body"].read() == b"ell"
assert refused("304", s3.get_object, Bucket="photos", Key="small", IfNoneMatch=s3.head_object(Bucket="photos", Key="small")["ETag"])
assert refused("NoSuchKey", s3.get_object, Bucket="photos", Key="nothing")["Key"] == "nothing"
assert refused("InvalidRange", s3.get_object, Bucket="photos", Key="small", Range="bytes=5-")["ActualObjectSize"] == "5"

# Keys with anything in them, page by page, in UTF-8 order.
keys = ["a b", "a+b", "a//b", "ä", "日/1", "日/2", "𝒳", "\x01", "100%"]
for key in keys:
    s3.put_object(Bucket="other-0", Key=key, Body=key.encode())
ordered = sorted(keys, key=lambda key: key.encode())
for name, size in [("list_objects", 2), ("list_objects_v2", 2)]:
    assert [item["Key"] for item in pages(name, "Contents", size, Bucket="other-0")[1]] == ordered
rolled = s3.list_objects_v2(Bucket="other-0", Delimiter="/")
assert [item["Prefix"] for item in rolled["CommonPrefixes"]] == ["a/", "日/"], rolled
assert s3.get_object(Bucket="other-0", Key="\x01")["Body"].read() == b"\x01"

s3.put_bucket_versioning(Bucket="other-1", VersioningConfiguration={"Status": "Enabled"})
versions = [s3.put_object(Bucket="other-1", Key="k", Body=str(n).encode())["VersionId"] for n in range(5)]
assert [item["VersionId"] for item in pages("list_object_versions", "Versions", 2, Bucket="other-1")[1]] == versions[::-1]
assert resource.ObjectVersion("other-1", "k", versions[2]).get()["Body"].read() == b"2"

uploads = [s3.create_multipart_upload(Bucket="other-2", Key=f"k{n}")["UploadId"] for n in range(5)]
assert [item["UploadId"] for item in pages("list_multipart_uploads", "Uploads", 2, Bucket="other-2")[1]] == uploads
for n in range(1, 6):
    s3.upload_part(Bucket="other-2", Key="k0", UploadId=uploads[0], PartNumber=n, Body=b"x")
assert [item["PartNumber"] for item in pages("list_parts", "Parts", 2, Bucket="other-2", Key="k0", UploadId=uploads[0])[1]] == [1, 2, 3, 4, 5]
s3.abort_multipart_upload(Bucket="other-2", Key="k0", UploadId=uploads[0])
assert refused("NoSuchUpload", s3.list_parts, Bucket="other-2", Key="k0", UploadId=uploads[0])["UploadId"] == uploads[0]

later(lambda: s3.delete_object(Bucket="photos", Key="small"))
s3.get_waiter("object_not_exists").wait(Bucket="photos", Key="small", WaiterConfig=soon)
assert refused("BucketNotEmpty", s3.delete_bucket, Bucket="photos")
for bucket in resource.buckets.all():
    bucket.object_versions.delete()
    bucket.delete()
s3.get_waiter("bucket_not_exists").wait(Bucket="photos", WaiterConfig=soon)
print("all of it worked")
