// Terraform with its AWS provider over S3's access points and Object Lambda access points, and the account's public access block.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openTerraform } from "../support/terraform.ts";
import { zipOf } from "../support/zip.ts";

const RESOURCES = `
variable "payload" { default = "one" }
data "aws_caller_identity" "me" {}
resource "aws_s3_bucket" "photos" { bucket = "tf-points" }
resource "aws_s3_access_point" "photos" {
  name   = "photos"
  bucket = aws_s3_bucket.photos.id
  lifecycle { ignore_changes = [policy] }
}
resource "aws_s3control_access_point_policy" "photos" {
  access_point_arn = aws_s3_access_point.photos.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = data.aws_caller_identity.me.account_id }, Action = "s3:GetObject", Resource = "\${aws_s3_access_point.photos.arn}/object/*" }]
  })
}
resource "aws_s3_access_point" "inside" {
  name   = "inside"
  bucket = aws_s3_bucket.photos.id
  vpc_configuration { vpc_id = "vpc-1a2b3c4d" }
}
resource "aws_iam_role" "upper" {
  name               = "upper"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_lambda_function" "upper" {
  function_name = "upper"
  role          = aws_iam_role.upper.arn
  runtime       = "nodejs22.x"
  handler       = "index.handler"
  filename      = "f.zip"
}
resource "aws_s3control_object_lambda_access_point" "upper" {
  name = "upper"
  configuration {
    supporting_access_point = aws_s3_access_point.photos.arn
    allowed_features        = ["GetObject-Range"]
    transformation_configuration {
      actions = ["GetObject"]
      content_transformation {
        aws_lambda {
          function_arn     = aws_lambda_function.upper.arn
          function_payload = var.payload
        }
      }
    }
  }
}
resource "aws_s3control_object_lambda_access_point_policy" "upper" {
  name = aws_s3control_object_lambda_access_point.upper.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = data.aws_caller_identity.me.account_id }, Action = "s3-object-lambda:GetObject", Resource = aws_s3control_object_lambda_access_point.upper.arn }]
  })
}
resource "aws_s3_account_public_access_block" "mine" {
  block_public_acls   = true
  block_public_policy = true
}
`;

const terraform = openTerraform(RESOURCES);

test("Terraform applies access points and an object lambda access point, plans no changes, updates and destroys them", { skip: terraform.skip }, async () => {
  // The provider puts the account before the endpoint's host, a name that Evoke itself knows; what has no name before it goes straight.
  process.env["HTTP_PROXY"] = terraform.platform.url;
  writeFileSync(join(terraform.folder, "f.zip"), await zipOf({ "index.js": "exports.handler = async () => {}" }));
  await terraform.apply("9 added");
  await terraform.noChanges();
  await terraform.apply("0 added, 1 changed, 0 destroyed", "-var", "payload=two");
  await terraform.destroy(9);
});
