// Terraform with its AWS provider, in a folder of its own, against one Evoke.
import { execFile, spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const PROVIDER = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
`;

/** Writes the configuration and brings the provider: from a mirror on this machine, else from Terraform's registry. Answers why not, or false. */
export function prepareTerraform(folder: string, resources: string): string | false {
  if (spawnSync("terraform", ["version"]).status !== 0) return "terraform is not installed";
  writeFileSync(join(folder, "main.tf"), PROVIDER + resources);
  for (const args of [...mirrors().map((mirror) => [`-plugin-dir=${mirror}`]), []]) {
    if (spawnSync("terraform", ["init", "-input=false", "-no-color", ...args], { cwd: folder, timeout: 60_000 }).status === 0) return false;
  }
  return "terraform is here, but its AWS provider is not, and the registry does not answer";
}

/** Folders laid out as a filesystem mirror of providers. */
function mirrors(): string[] {
  const under = (parent: string) => (existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)) : []);
  return [join(homedir(), ".terraform.d/plugins"), "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", ...under("/opt")].filter((path) => existsSync(join(path, "registry.terraform.io")));
}

/** What it said; a failure's words too. */
export const runTerraform = (folder: string, url: string, ...args: string[]): Promise<{ stdout: string }> =>
  promisify(execFile)("terraform", [...args, "-no-color"], { cwd: folder, env: { ...process.env, AWS_ENDPOINT_URL: url, TF_IN_AUTOMATION: "1" } }).catch((error) => ({ ...error, stdout: `${error.stdout}\n${error.stderr}` }));
