// The AWS CLI, as people type it: only AWS_ENDPOINT_URL is set.
import { execFile, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const python = process.env["EVOKE_TEST_PYTHON"];
export const AWS = python ? join(dirname(python), "aws") : "aws";

/** For `test`: why its tests cannot run, or false. */
export const noAwsCli = spawnSync(AWS, ["--version"]).status === 0 ? false : "the AWS CLI is not installed (pip install awscli, or run .ci/run)";

export const awsEnvironment = (url: string) => ({ ...process.env, AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true" });

/** What it printed, run in this folder; an error says what it wrote. */
export const awsCli = (folder: string, url: () => string) => async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(AWS, args, { cwd: folder, env: awsEnvironment(url()) })).stdout;
