// The AWS SDKs that AWS's managed runtimes carry: brought once from npm and PyPI, shown to functions read-only as /var/runtime.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-sdk-included and lambda-python.html#python-sdk-included
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../kernel/errors.ts";
import { install } from "./install.ts";
import { npm } from "./node.ts";

export type SdkName = "aws-sdk-js" | "boto3";
export const SDK_NAMES: readonly SdkName[] = ["aws-sdk-js", "boto3"];

export interface Sdk {
  name: SdkName;
  version: string;
  /** Seen as /var/runtime; has an empty place in it, RUNTIME_PLACE, for Evoke's own runtime. */
  folder: string;
}

/** In an SDK's folder: what is here is covered by the runtime's bootstrap inside a sandbox. */
export const RUNTIME_PLACE = "evoke";

/** What functions use most; 49 packages are 52 MB. AWS has some 400 clients: another one goes into the function's package. */
export const JAVASCRIPT_PACKAGES: readonly string[] = [
  "api-gateway", "apigatewaymanagementapi", "athena", "batch", "bedrock-runtime", "cloudformation", "cloudfront", "cloudwatch", "cloudwatch-logs",
  "codepipeline", "cognito-identity", "cognito-identity-provider", "dynamodb", "dynamodb-streams", "ec2", "ecr", "ecs", "eventbridge", "firehose", "glue", "iam",
  "kinesis", "kms", "lambda", "rds", "rds-data", "redshift-data", "rekognition", "route-53", "s3", "scheduler", "secrets-manager", "ses", "sesv2", "sfn", "sns",
  "sqs", "ssm", "sts", "textract", "translate", "xray",
].map((client) => `@aws-sdk/client-${client}`).concat(["lib-dynamodb", "lib-storage", "util-dynamodb", "s3-request-presigner", "s3-presigned-post", "credential-providers", "rds-signer"].map((name) => `@aws-sdk/${name}`));

export interface SdkSources {
  /** Of the user, where added interpreters are as well. */
  cache: string;
  environment: Record<string, string | undefined>;
  execPath: string;
  /** Paths of the Pythons of this machine, oldest version first. */
  pythons(): Promise<string[]>;
}

export async function findSdk(name: SdkName, cache: string): Promise<Sdk | undefined> {
  const folder = join(cache, name);
  const version = await readFile(join(folder, RUNTIME_PLACE, "version"), "utf8").catch(() => undefined);
  return version === undefined ? undefined : { name, version, folder };
}

/** Installed beside, then moved into place: a broken download is never taken for an SDK. `packages` other than the usual ones is for tests. */
export async function addSdk(name: SdkName, sources: SdkSources, onProgress: (line: string) => void, packages?: readonly string[]): Promise<Sdk> {
  const { cache } = sources;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "adding-"));
  try {
    const version = name === "boto3" ? await bringPython(work, packages ?? ["boto3"], sources, onProgress) : await bringJavaScript(work, packages ?? JAVASCRIPT_PACKAGES, sources, onProgress);
    await mkdir(join(work, RUNTIME_PLACE));
    await writeFile(join(work, RUNTIME_PLACE, "version"), version);
    await chmod(work, 0o755); // a temporary folder is its owner's alone; functions run as somebody else
    await rm(join(cache, name), { recursive: true, force: true });
    await rename(work, join(cache, name));
    onProgress(`installed in ${join(cache, name)}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return (await findSdk(name, cache))!;
}

async function bringJavaScript(work: string, packages: readonly string[], { environment, execPath }: SdkSources, onProgress: (line: string) => void): Promise<string> {
  onProgress(`fetching ${packages.length} packages of the AWS SDK for JavaScript from the npm registry`);
  await npm(["--prefix", work, ...packages], environment, execPath, onProgress);
  // Two thirds of it are types, which no function reads.
  for (const entry of await readdir(join(work, "node_modules"), { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory() && entry.name === "dist-types") await rm(join(entry.parentPath, entry.name), { recursive: true, force: true });
  }
  return (JSON.parse(await readFile(join(work, "node_modules", packages[0]!, "package.json"), "utf8")) as { version: string }).version;
}

/** One folder for all versions of Python: boto3 is plain Python, and pip picks what its own, the oldest one here, can run. */
async function bringPython(work: string, packages: readonly string[], { environment, pythons }: SdkSources, onProgress: (line: string) => void): Promise<string> {
  const all = await pythons();
  let python: string | undefined;
  for (const path of all) if (python === undefined && (await says(path, ["-m", "pip", "--version"])) !== undefined) python = path;
  if (python === undefined) throw new Fault(all.length > 0 ? `none of the Pythons here has pip (${all.join(", ")}); get it with: apt install python3-pip, or ${all[0]} -m ensurepip` : "no Python was found, so there is no function that could use boto3; evoke runtimes says how to get one");
  onProgress(`fetching boto3 with ${python} -m pip`);
  const env = { ...environment, PYTHONDONTWRITEBYTECODE: undefined };
  const absent = `${python} could not be started`;
  await install({ command: python, args: ["-m", "pip", "install", "--target", work, "--only-binary=:all:", "--no-compile", "--disable-pip-version-check", "--no-input", ...packages], env, absent }, onProgress);
  // Functions see the folder read-only, so what is not compiled now is compiled at every cold start.
  for (const path of all) await install({ command: path, args: ["-m", "compileall", "-q", work], env, absent }, onProgress);
  const name = packages[0]!.split("==")[0]!;
  return (await readdir(work)).find((entry) => entry.startsWith(`${name}-`) && entry.endsWith(".dist-info"))?.slice(name.length + 1, -".dist-info".length) ?? "of unknown version";
}

const says = (command: string, args: string[]): Promise<string | undefined> => new Promise((resolve) => execFile(command, args, { timeout: 10_000 }, (error, stdout) => resolve(error ? undefined : stdout)));
