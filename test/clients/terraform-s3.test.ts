// Terraform with its AWS provider over S3: a bucket with everything, its notifications, objects, and a function made from one.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Lambda } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { SQS } from "@aws-sdk/client-sqs";
import { openTerraform } from "../support/terraform.ts";
import { zipOf } from "../support/zip.ts";

/** Made by the test: for a queue of its own the provider waits half a minute. */
const QUEUE = "arn:aws:sqs:eu-west-1:000000000000:told";
const RESOURCES = `
variable "stage" { default = "one" }
data "aws_caller_identity" "me" {}
resource "aws_s3_bucket" "photos" {
  bucket        = "photos"
  force_destroy = true
  tags          = { stage = var.stage }
}
resource "aws_s3_bucket_versioning" "photos" {
  bucket = aws_s3_bucket.photos.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_public_access_block" "photos" {
  bucket                  = aws_s3_bucket.photos.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = false
  restrict_public_buckets = false
}
resource "aws_s3_bucket_ownership_controls" "photos" {
  bucket = aws_s3_bucket.photos.id
  rule { object_ownership = "BucketOwnerEnforced" }
}
resource "aws_s3_bucket_policy" "photos" {
  bucket = aws_s3_bucket.photos.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = var.stage, Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "\${aws_s3_bucket.photos.arn}/public/*" }] })
  depends_on = [aws_s3_bucket_public_access_block.photos]
}
resource "aws_s3_bucket_server_side_encryption_configuration" "photos" {
  bucket = aws_s3_bucket.photos.id
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
  }
}
resource "aws_s3_bucket_cors_configuration" "photos" {
  bucket = aws_s3_bucket.photos.id
  cors_rule {
    allowed_methods = ["GET", "PUT"]
    allowed_origins = ["https://\${var.stage}.example"]
    allowed_headers = ["*"]
    expose_headers  = ["ETag"]
    max_age_seconds = 3000
  }
}
resource "aws_s3_bucket_website_configuration" "photos" {
  bucket = aws_s3_bucket.photos.id
  index_document { suffix = "index.html" }
  error_document { key = "\${var.stage}.html" }
}
resource "aws_s3_object" "code" {
  bucket      = aws_s3_bucket.photos.id
  key         = "code/function.zip"
  source      = "f.zip"
  source_hash = filemd5("f.zip")
  depends_on  = [aws_s3_bucket_versioning.photos]
}
resource "aws_s3_object" "page" {
  bucket       = aws_s3_bucket.photos.id
  key          = "index.html"
  content      = "<h1>\${var.stage}</h1>"
  content_type = "text/html"
  tags         = { stage = var.stage }
  metadata     = { made = "here" }
  depends_on   = [aws_s3_bucket_versioning.photos]
}
resource "aws_s3_object_copy" "copy" {
  bucket            = aws_s3_bucket.photos.id
  key               = "copy.html"
  source            = "\${aws_s3_bucket.photos.id}/\${aws_s3_object.page.key}"
  tagging_directive = "REPLACE"
}
resource "aws_iam_role" "worker" {
  name               = "s3-worker"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_lambda_layer_version" "layer" {
  layer_name          = "stored"
  s3_bucket           = aws_s3_object.code.bucket
  s3_key              = aws_s3_object.code.key
  s3_object_version   = aws_s3_object.code.version_id
  compatible_runtimes = ["nodejs22.x"]
}
resource "aws_lambda_function" "worker" {
  function_name     = "s3-worker"
  role              = aws_iam_role.worker.arn
  runtime           = "nodejs22.x"
  handler           = "index.handler"
  s3_bucket         = aws_s3_object.code.bucket
  s3_key            = aws_s3_object.code.key
  s3_object_version = aws_s3_object.code.version_id
}
resource "aws_lambda_function_event_invoke_config" "worker" {
  function_name          = aws_lambda_function.worker.function_name
  maximum_retry_attempts = 0
  destination_config {
    on_failure { destination = aws_s3_bucket.photos.arn }
  }
}
resource "aws_lambda_permission" "bucket" {
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.worker.function_name
  principal      = "s3.amazonaws.com"
  source_arn     = aws_s3_bucket.photos.arn
  source_account = data.aws_caller_identity.me.account_id
}
resource "aws_s3_bucket_notification" "photos" {
  bucket      = aws_s3_bucket.photos.id
  eventbridge = var.stage == "two"
  lambda_function {
    lambda_function_arn = aws_lambda_function.worker.arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "in/"
    filter_suffix       = ".jpg"
  }
  queue {
    queue_arn = "${QUEUE}"
    events    = ["s3:ObjectRemoved:*"]
  }
  depends_on = [aws_lambda_permission.bucket]
}
data "aws_s3_object" "seen" {
  bucket = aws_s3_object.page.bucket
  key    = aws_s3_object.page.key
}
data "aws_s3_bucket" "seen" { bucket = aws_s3_bucket.photos.id }
output "page" { value = data.aws_s3_object.seen.body }
`;

/** On its own: for each of its changes the provider waits a minute. */
const LIFECYCLE = `
variable "days" { default = 30 }
resource "aws_s3_bucket" "logs" { bucket = "logs" }
resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    id     = "old"
    status = "Enabled"
    filter { prefix = "log/" }
    transition {
      days          = var.days
      storage_class = "GLACIER"
    }
    expiration { days = 2 * var.days }
    noncurrent_version_expiration { noncurrent_days = 7 }
    abort_incomplete_multipart_upload { days_after_initiation = 3 }
  }
}
`;

const terraform = openTerraform(RESOURCES);
const lifecycle = openTerraform(LIFECYCLE, !process.env["EVOKE_SLOW_TESTS"] && "takes three minutes: set EVOKE_SLOW_TESTS, as the nightly run does");
const code = async (word: string) => writeFileSync(join(terraform.folder, "f.zip"), await zipOf({ "index.js": `exports.handler = async () => "${word}";` }));

test("Terraform applies a bucket with everything, objects and a function made from one, plans no changes, updates and destroys them", { skip: terraform.skip }, async () => {
  const config = { ...terraform.platform.clientConfig, forcePathStyle: true };
  const [s3, lambda, sqs] = [new S3(config), new Lambda(config), new SQS(config)];
  await sqs.createQueue({ QueueName: "told", Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sqs:SendMessage", Resource: QUEUE }] }) } });
  await code("first");
  assert.match(await terraform.apply("17 added"), /page = "<h1>one<\/h1>"/);
  await terraform.noChanges();
  const answer = async () => JSON.parse((await lambda.invoke({ FunctionName: "s3-worker" })).Payload!.transformToString());
  assert.equal(await answer(), "first");
  const two = ["-var", "stage=two"];
  await code("second");
  await terraform.apply("1 added", ...two);
  assert.equal(await answer(), "second");
  const { CORSRules } = await s3.getBucketCors({ Bucket: "photos" });
  assert.deepEqual(CORSRules![0]!.AllowedOrigins, ["https://two.example"]);
  assert.deepEqual((await s3.getBucketNotificationConfiguration({ Bucket: "photos" })).EventBridgeConfiguration, {});
  await terraform.noChanges(...two);
  await terraform.destroy(17, ...two);
  assert.deepEqual((await s3.listBuckets({})).Buckets ?? [], []);
  for (const client of [s3, lambda, sqs]) client.destroy();
});

test("Terraform applies a bucket's lifecycle, plans no changes, updates and destroys it", { skip: lifecycle.skip }, async () => {
  await lifecycle.apply("2 added");
  await lifecycle.noChanges();
  await lifecycle.apply("0 added, 1 changed, 0 destroyed", "-var", "days=45");
  const s3 = new S3({ ...lifecycle.platform.clientConfig, forcePathStyle: true });
  assert.equal((await s3.getBucketLifecycleConfiguration({ Bucket: "logs" })).Rules![0]!.Expiration!.Days, 90);
  s3.destroy();
  await lifecycle.noChanges("-var", "days=45");
  await lifecycle.destroy(2);
});
