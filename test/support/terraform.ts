// Terraform with its AWS provider, in a folder of its own, against an Evoke of its own: apply, plans without changes, destroy.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { promisify } from "node:util";
import { openTestPlatform, type TestPlatform } from "./platform.ts";

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

export interface Terraform {
  /** Why its tests cannot run, for `test`. */
  skip: string | false;
  /** Where the configuration is, and the files it names. */
  folder: string;
  /** From the first test on. */
  readonly platform: TestPlatform;
  /** Fails unless what Terraform counts at its end begins so: "13 added", "0 added, 1 changed, 0 destroyed". What it said. */
  apply(counts: string, ...args: string[]): Promise<string>;
  /** Fails when a plan would change anything. */
  noChanges(...args: string[]): Promise<void>;
  /** Fails unless so many resources were destroyed. */
  destroy(resources: number, ...args: string[]): Promise<void>;
}

/** Once in a test file, which it cleans up after. `unless`: why not to try at all. */
export function openTerraform(configuration: string, unless?: string | false): Terraform {
  const folder = mkdtempSync(join(tmpdir(), "evoke-terraform-"));
  const skip = unless || prepare(folder, configuration);
  let platform: TestPlatform | undefined;
  before(async () => { if (!skip) platform = await openTestPlatform(); });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await platform?.close();
  });
  const run = async (expected: string, ...args: string[]): Promise<string> => {
    const said = await runTerraform(folder, platform!.url, ...args);
    assert.ok(said.includes(expected), `expected "${expected}" of terraform ${args.join(" ")}:\n${said}`);
    return said;
  };
  return {
    skip, folder,
    get platform() { return platform!; },
    apply: (counts, ...args) => run(`Resources: ${counts}`, "apply", "-auto-approve", "-input=false", ...args),
    noChanges: async (...args) => void (await run("No changes", "plan", "-detailed-exitcode", "-input=false", ...args)),
    destroy: async (resources, ...args) => void (await run(`Destroy complete! Resources: ${resources} destroyed`, "destroy", "-auto-approve", "-input=false", ...args)),
  };
}

/** Writes the configuration and brings the provider: from a mirror on this machine, else from Terraform's registry. Answers why not, or false. */
function prepare(folder: string, resources: string): string | false {
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
const runTerraform = (folder: string, url: string, ...args: string[]): Promise<string> =>
  promisify(execFile)("terraform", [...args, "-no-color"], { cwd: folder, env: { ...process.env, AWS_ENDPOINT_URL: url, TF_IN_AUTOMATION: "1" } }).then(({ stdout }) => stdout, (error) => `${error.stdout}\n${error.stderr}`);
