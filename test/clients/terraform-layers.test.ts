// Terraform with its AWS provider: layers, their permissions and code signing; apply, a second plan without changes, an update, destroy.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { InvokeCommand, ListLayersCommand } from "@aws-sdk/client-lambda";
import { openTestPlatform, type TestPlatform } from "../support/platform.ts";
import { prepareTerraform, runTerraform } from "../support/terraform.ts";
import { zipOf } from "../support/zip.ts";

const CONFIGURATION = `
resource "aws_lambda_layer_version" "words" {
  layer_name               = "words"
  description              = "words to say"
  license_info             = "MIT"
  filename                 = "layer.zip"
  source_code_hash         = filebase64sha256("layer.zip")
  compatible_runtimes      = ["nodejs20.x", "nodejs22.x"]
  compatible_architectures = ["x86_64"]
}
resource "aws_lambda_layer_version_permission" "everybody" {
  layer_name     = aws_lambda_layer_version.words.layer_name
  version_number = aws_lambda_layer_version.words.version
  statement_id   = "everybody"
  action         = "lambda:GetLayerVersion"
  principal      = "*"
}
resource "aws_lambda_code_signing_config" "lenient" {
  description = "said, not refused"
  allowed_publishers { signing_profile_version_arns = ["arn:aws:signer:eu-west-1:000000000000:/signing-profiles/p/v1"] }
  policies { untrusted_artifact_on_deployment = "Warn" }
  tags = { team = "a" }
}
resource "aws_lambda_function" "speaker" {
  function_name           = "speaker"
  role                    = "arn:aws:iam::000000000000:role/r"
  runtime                 = "nodejs22.x"
  handler                 = "index.handler"
  filename                = "f.zip"
  source_code_hash        = filebase64sha256("f.zip")
  layers                  = [aws_lambda_layer_version.words.arn]
  code_signing_config_arn = aws_lambda_code_signing_config.lenient.arn
}
data "aws_lambda_layer_version" "seen" {
  layer_name         = aws_lambda_layer_version.words.layer_name
  compatible_runtime = "nodejs22.x"
  depends_on         = [aws_lambda_layer_version.words]
}
data "aws_lambda_code_signing_config" "seen" {
  arn = aws_lambda_code_signing_config.lenient.arn
}
output "version" { value = data.aws_lambda_layer_version.seen.version }
`;

const folder = mkdtempSync(join(tmpdir(), "evoke-terraform-"));
const skip = prepareTerraform(folder, CONFIGURATION);
let platform: TestPlatform;
before(async () => { if (!skip) platform = await openTestPlatform(); });
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await platform?.close();
});

const terraform = (...args: string[]) => runTerraform(folder, platform.url, ...args);
const layerSaying = async (word: string) => writeFileSync(join(folder, "layer.zip"), await zipOf({ "nodejs/node_modules/word/index.js": `module.exports = "${word}"` }));
const said = async () => (await platform.lambda.send(new InvokeCommand({ FunctionName: "speaker" }))).Payload!.transformToString();

test("Terraform applies layers, their permissions and a code signing config, plans no changes, updates and destroys them", { skip }, async () => {
  writeFileSync(join(folder, "f.zip"), await zipOf({ "index.js": "exports.handler = async () => require('word');" }));
  await layerSaying("one");
  for (const [word, version] of [["one", 1], ["two", 2]] as const) {
    await layerSaying(word);
    const applied = await terraform("apply", "-auto-approve", "-input=false");
    assert.match(applied.stdout, /Apply complete!/, applied.stdout);
    assert.equal(await said(), `"${word}"`);
    const { Layers } = await platform.lambda.send(new ListLayersCommand({}));
    assert.deepEqual(Layers!.map(({ LayerName, LatestMatchingVersion }) => [LayerName, LatestMatchingVersion!.Version]), [["words", version]]);
    const planned = await terraform("plan", "-detailed-exitcode", "-input=false");
    assert.match(planned.stdout, /No changes/, planned.stdout);
  }
  const destroyed = await terraform("destroy", "-auto-approve", "-input=false");
  assert.match(destroyed.stdout, /Destroy complete!/, destroyed.stdout);
  assert.deepEqual((await platform.lambda.send(new ListLayersCommand({}))).Layers, []);
});
