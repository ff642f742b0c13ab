// evoke deploy DIR: zips a folder and creates or updates a function from it.
import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { CreateFunctionCommand, GetFunctionConfigurationCommand, type LambdaClient, ResourceNotFoundException, type Runtime, UpdateFunctionCodeCommand, UpdateFunctionConfigurationCommand, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { CreateRoleCommand, EntityAlreadyExistsException, GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { UsageError, type Command } from "./arguments.ts";
import { detect } from "./detect.ts";
import { clientConfig, CommandError, one, print, printJson, withLambda, withProgress } from "./terminal.ts";
import { zipFolder } from "./zip-folder.ts";

const ROLE_NAME = "evoke-deploy";
const TRUST = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] };

export interface Wanted {
  folder: string;
  name: string;
  runtime: Runtime;
  handler: string;
  timeout?: number;
  memory?: number;
  environment?: Record<string, string>;
}

export async function deploy(command: Command): Promise<number> {
  const wanted = wantedOf(command);
  const zip = await withProgress(`zipping ${wanted.folder}`, zipFolder(wanted.folder));
  return withLambda(command, async (lambda) => {
    const { arn, created } = await put(lambda, wanted, zip, command);
    if (command.json) printJson({ functionArn: arn, runtime: wanted.runtime, handler: wanted.handler, zipBytes: zip.byteLength, created });
    else print(`${created ? "created" : "updated"} ${wanted.name} (${wanted.runtime}, ${wanted.handler}, ${Math.ceil(zip.byteLength / 1024)} KB)\nTry: evoke invoke ${wanted.name}`);
    return 0;
  });
}

/** Creates the function or updates it, and waits until that is what runs. */
export async function put(lambda: LambdaClient, wanted: Wanted, zip: Uint8Array, command: Command): Promise<{ arn: string; created: boolean }> {
  const there = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: wanted.name })).catch((error) => {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  });
  return { arn: there ? await update(lambda, wanted, zip) : await create(lambda, wanted, zip, command), created: !there };
}

/** What the command line and the files of its folder say. */
export function wantedOf(command: Command): Wanted {
  const { options } = command;
  const folder = resolve(command.cwd, one(command, "folder"));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new CommandError(`there is no folder ${folder}`);
  const found = detect(folder);
  const runtime = (options["runtime"] as string | undefined) ?? found?.runtime;
  const handler = (options["handler"] as string | undefined) ?? (found && (!options["runtime"] || found.runtime === runtime) ? found.handler : undefined);
  if (!runtime || !handler) throw new CommandError(`cannot tell what to run in ${folder}: found no index.js, index.mjs, handler.*, app.py, lambda_function.py or bootstrap. Say --runtime and --handler.`);
  const environment = (options["env"] as string[] | undefined)?.map((pair) => {
    const equals = pair.indexOf("=");
    if (equals < 1) throw new UsageError(`--env takes KEY=VALUE, not "${pair}"`);
    return [pair.slice(0, equals), pair.slice(equals + 1)] as const;
  });
  const name = (options["name"] as string | undefined) ?? basename(folder);
  if (!/^[\w-]{1,64}$/.test(name)) throw new UsageError(`"${name}" cannot be a function's name: letters, digits, - and _ only, at most 64. Say --name NAME.`);
  return { folder, name, runtime: runtime as Runtime, handler, timeout: number(options, "timeout"), memory: number(options, "memory"), environment: environment && Object.fromEntries(environment) };
}

function number(options: Command["options"], name: string): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(String(text))) throw new UsageError(`--${name} takes a whole number, not "${String(text)}"`);
  return Number(text);
}

const configuration = ({ name, runtime, handler, timeout, memory, environment }: Wanted) => ({ FunctionName: name, Runtime: runtime, Handler: handler, Timeout: timeout, MemorySize: memory, Environment: environment && { Variables: environment } });

async function create(lambda: LambdaClient, wanted: Wanted, zip: Uint8Array, command: Command): Promise<string> {
  const role = (command.options["role"] as string | undefined) ?? (await ownRole(command));
  const made = await lambda.send(new CreateFunctionCommand({ ...configuration(wanted), Role: role, Code: { ZipFile: zip } }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { FunctionName: wanted.name });
  return made.FunctionArn!;
}

async function update(lambda: LambdaClient, wanted: Wanted, zip: Uint8Array): Promise<string> {
  const waiting = { client: lambda, maxWaitTime: 60, minDelay: 1, maxDelay: 2 };
  await lambda.send(new UpdateFunctionConfigurationCommand(configuration(wanted)));
  await waitUntilFunctionUpdatedV2(waiting, { FunctionName: wanted.name });
  const made = await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: wanted.name, ZipFile: zip }));
  await waitUntilFunctionUpdatedV2(waiting, { FunctionName: wanted.name });
  return made.FunctionArn!;
}

/** Every function needs an execution role; one is made, once, for those that did not name theirs. */
async function ownRole(command: Command): Promise<string> {
  const iam = new IAMClient(clientConfig(command));
  try {
    const made = await iam.send(new CreateRoleCommand({ RoleName: ROLE_NAME, AssumeRolePolicyDocument: JSON.stringify(TRUST) })).catch((error) => {
      if (error instanceof EntityAlreadyExistsException) return iam.send(new GetRoleCommand({ RoleName: ROLE_NAME }));
      throw error;
    });
    return made.Role!.Arn!;
  } finally {
    iam.destroy();
  }
}
