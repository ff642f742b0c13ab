"""Buckets for browsers as a boto3 user sets them up: forms it signs, cross-origin rules, websites. Run by boto3-s3-web.test.ts, with verified signatures."""
import io
import sys
import urllib.error
import urllib.request
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client("s3", config=Config(retries={"total_max_attempts": 1}, signature_version="s3v4"))
region = {"LocationConstraint": s3.meta.region_name}
s3.create_bucket(Bucket="forms", CreateBucketConfiguration=region)


def post(presigned, content, name="photo.jpg"):
    boundary = uuid.uuid4().hex
    body = io.BytesIO()
    for field, value in presigned["fields"].items():
        body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode())
    body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + content + f"\r\n--{boundary}--\r\n".encode())
    request = urllib.request.Request(presigned["url"], body.getvalue(), {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


# Version 4, and what boto3 signs unless told otherwise.
for version in ("s3v4", "s3"):
    client = boto3.client("s3", config=Config(signature_version=version, s3={"addressing_style": "path"}))
    fields = {"acl": "private", "Content-Type": "image/jpeg", "success_action_status": "201", "x-amz-meta-a": "b"}
    conditions = [{"acl": "private"}, ["starts-with", "$Content-Type", "image/"], {"success_action_status": "201"}, {"x-amz-meta-a": "b"}, ["content-length-range", 1, 10]]
    presigned = client.generate_presigned_post("forms", version + "/${filename}", Fields=fields, Conditions=conditions, ExpiresIn=60)
    assert ("x-amz-signature" in presigned["fields"]) == (version == "s3v4"), presigned
    status, text = post(presigned, b"a photo")
    assert status == 201 and f"<Key>{version}/photo.jpg</Key>" in text, (status, text)
    head = s3.head_object(Bucket="forms", Key=f"{version}/photo.jpg")
    assert (head["ContentType"], head["Metadata"], head["ContentLength"]) == ("image/jpeg", {"a": "b"}, 7), head
    status, text = post(presigned, b"far too large")
    assert status == 400 and "<Code>EntityTooLarge</Code>" in text, (status, text)
    presigned["fields"]["Content-Type"] = "text/html"
    status, text = post(presigned, b"a page")
    assert status == 403 and "Invalid according to Policy: Policy Condition failed: [&quot;starts-with&quot;, &quot;$Content-Type&quot;, &quot;image/&quot;]" in text, (status, text)

rules = [{"ID": "app", "AllowedOrigins": ["http://localhost:3000"], "AllowedMethods": ["PUT", "POST"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]
s3.put_bucket_cors(Bucket="forms", CORSConfiguration={"CORSRules": rules})
assert s3.get_bucket_cors(Bucket="forms")["CORSRules"] == rules
s3.delete_bucket_cors(Bucket="forms")
website = {"IndexDocument": {"Suffix": "index.html"}, "RoutingRules": [{"Condition": {"KeyPrefixEquals": "docs/"}, "Redirect": {"ReplaceKeyPrefixWith": "documents/"}}]}
s3.put_bucket_website(Bucket="forms", WebsiteConfiguration=website)
got = s3.get_bucket_website(Bucket="forms")
assert {name: got[name] for name in website} == website, got
s3.delete_bucket_website(Bucket="forms")
for call in (s3.get_bucket_cors, s3.get_bucket_website):
    try:
        call(Bucket="forms")
        sys.exit("it is still there")
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("NoSuchCORSConfiguration", "NoSuchWebsiteConfiguration"), error.response


# Characters beyond ASCII, which botocore lets through only behind its back: it sends UTF-8, which AWS reads as Latin-1, so that the signature is of another text (aws/aws-sdk-java#2694, aws/aws-sdk-js#1297).
def beyond_ascii(params, **_):
    params["headers"]["x-amz-meta-name"] = "Hello World\xe9"


s3.meta.events.register("before-call.s3.PutObject", beyond_ascii)
try:
    s3.put_object(Bucket="forms", Key="named", Body=b"x")
    sys.exit("it was taken")
except ClientError as error:
    assert error.response["Error"]["Code"] == "SignatureDoesNotMatch", error.response
print("all of it worked")
