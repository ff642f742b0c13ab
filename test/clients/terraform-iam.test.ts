// Terraform and everything of IAM it usually makes: apply, a change that finds the rest as it was, destroy.
import assert from "node:assert/strict";
import { test } from "node:test";
import { IAMClient, ListUsersCommand } from "@aws-sdk/client-iam";
import { openTerraform } from "../support/terraform.ts";

const RESOURCES = `
variable "path" { default = "/" }
data "aws_caller_identity" "me" {}
data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com", "ec2.amazonaws.com"]
    }
  }
}
data "aws_iam_policy" "basic" { name = "AWSLambdaBasicExecutionRole" }
resource "aws_iam_policy" "own" {
  name        = "own"
  description = "reading"
  policy      = data.aws_iam_policy_document.read.json
  tags        = { team = "a" }
}
resource "aws_iam_user" "ann" {
  name                 = "ann"
  path                 = var.path
  permissions_boundary = aws_iam_policy.own.arn
  force_destroy        = true
  tags                 = { team = "a" }
}
resource "aws_iam_access_key" "ann" { user = aws_iam_user.ann.name }
resource "aws_iam_user_login_profile" "ann" { user = aws_iam_user.ann.name }
resource "aws_iam_user_policy" "ann" {
  name   = "inline"
  user   = aws_iam_user.ann.name
  policy = data.aws_iam_policy_document.read.json
}
resource "aws_iam_user_policy_attachment" "ann" {
  user       = aws_iam_user.ann.name
  policy_arn = data.aws_iam_policy.basic.arn
}
resource "aws_iam_group" "staff" { name = "staff" }
resource "aws_iam_group_membership" "staff" {
  name  = "staff"
  group = aws_iam_group.staff.name
  users = [aws_iam_user.ann.name]
}
resource "aws_iam_group_policy" "staff" {
  name   = "inline"
  group  = aws_iam_group.staff.name
  policy = data.aws_iam_policy_document.read.json
}
resource "aws_iam_group_policy_attachment" "staff" {
  group      = aws_iam_group.staff.name
  policy_arn = aws_iam_policy.own.arn
}
resource "aws_iam_role" "worker" {
  name                 = "worker"
  description          = "works"
  max_session_duration = 7200
  permissions_boundary = aws_iam_policy.own.arn
  assume_role_policy   = data.aws_iam_policy_document.trust.json
}
resource "aws_iam_role_policy" "worker" {
  name   = "inline"
  role   = aws_iam_role.worker.id
  policy = data.aws_iam_policy_document.read.json
}
resource "aws_iam_instance_profile" "machines" {
  name = "machines"
  role = aws_iam_role.worker.name
  tags = { team = "a" }
}
resource "aws_iam_account_alias" "alias" { account_alias = "terraformed" }
resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length = 12
  require_numbers         = true
}
`;

const terraform = openTerraform(RESOURCES);

test("Terraform applies users, groups, roles, policies, profiles and account settings, changes one and no other, and destroys them", { skip: terraform.skip }, async () => {
  await terraform.apply("15 added");
  await terraform.apply("0 added, 1 changed, 0 destroyed", "-var", "path=/people/");
  const iam = new IAMClient(terraform.platform.clientConfig);
  assert.deepEqual((await iam.send(new ListUsersCommand({}))).Users!.map((user) => user.Arn), ["arn:aws:iam::000000000000:user/people/ann"]);
  await terraform.destroy(15);
  assert.deepEqual((await iam.send(new ListUsersCommand({}))).Users, []);
  iam.destroy();
});
