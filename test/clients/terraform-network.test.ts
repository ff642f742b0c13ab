// Terraform: functions in a VPC, and functions held to a runtime version. Apply, plans without changes, updates, destroy.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { GetFunctionConfigurationCommand, GetRuntimeManagementConfigCommand } from "@aws-sdk/client-lambda";
import { openTerraform } from "../support/terraform.ts";
import { zipOf } from "../support/zip.ts";

const CONFIGURATION = `
variable "subnets" {
  type    = list(string)
  default = ["subnet-0a", "subnet-0b"]
}
variable "inside" { default = true }
variable "mode" { default = "FunctionUpdate" }
variable "runtime_version" {
  type    = string
  default = null
}
resource "aws_lambda_function" "function" {
  function_name    = "inside"
  role             = "arn:aws:iam::000000000000:role/r"
  runtime          = "nodejs22.x"
  handler          = "index.handler"
  filename         = "f.zip"
  source_code_hash = filebase64sha256("f.zip")
  publish          = true
  dynamic "vpc_config" {
    for_each = var.inside ? [1] : []
    content {
      subnet_ids         = var.subnets
      security_group_ids = ["sg-0a"]
    }
  }
}
resource "aws_lambda_runtime_management_config" "function" {
  function_name       = aws_lambda_function.function.function_name
  update_runtime_on   = var.mode
  runtime_version_arn = var.runtime_version
}
output "vpc" { value = var.inside ? aws_lambda_function.function.vpc_config[0].vpc_id : "none" }
`;

const terraform = openTerraform(CONFIGURATION);

test("Terraform puts a function into a VPC, moves it and takes it out, holds it to a runtime version, and plans no changes after", { skip: terraform.skip }, async () => {
  writeFileSync(join(terraform.folder, "f.zip"), await zipOf({ "index.js": "exports.handler = async () => 1" }));
  assert.match(await terraform.apply("2 added"), /vpc = "vpc-[0-9a-f]{17}"/);
  await terraform.noChanges();
  const shown = () => terraform.platform.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "inside" }));
  assert.deepEqual((await shown()).VpcConfig!.SubnetIds!.sort(), ["subnet-0a", "subnet-0b"]); // Terraform's sets have no order

  const moved = ["-var", 'subnets=["subnet-0c"]'];
  await terraform.apply("0 added, 1 changed, 0 destroyed", ...moved);
  await terraform.noChanges(...moved);

  const arn = (await shown()).RuntimeVersionConfig!.RuntimeVersionArn!;
  const held = ["-var", "inside=false", "-var", "mode=Manual", "-var", `runtime_version=${arn}`];
  await terraform.apply("0 added, 2 changed, 0 destroyed", ...held);
  await terraform.noChanges(...held);
  assert.deepEqual((await shown()).VpcConfig, { SubnetIds: [], SecurityGroupIds: [], VpcId: "", Ipv6AllowedForDualStack: false });
  const management = await terraform.platform.lambda.send(new GetRuntimeManagementConfigCommand({ FunctionName: "inside" }));
  assert.deepEqual([management.UpdateRuntimeOn, management.RuntimeVersionArn], ["Manual", arn]);
  await terraform.destroy(2, ...held);
});
