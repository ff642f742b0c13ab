// evoke runtimes: which interpreters and SDKs are here; evoke runtimes add nodejs22.x, or aws-sdk, brings one.
import { type Interpreters, openInterpreters, parseRuntime, type SdkName } from "../engine/interpreters.ts";
import { releaseOf } from "../engine/interpreters/families.ts";
import { silentLog } from "../kernel/log.ts";
import { runtimeVersionArn } from "../kernel/runtime-version.ts";
import { UsageError, type Command } from "./arguments.ts";
import { CommandError, print, printJson, table } from "./terminal.ts";

export async function runtimes(command: Command): Promise<number> {
  const interpreters = openInterpreters({ dataDir: command.config.data, environment: command.environment, execPath: process.execPath, log: silentLog });
  const [verb, runtime] = command.positionals;
  if (verb === "add" && runtime !== undefined && Object.hasOwn(SDKS, runtime)) return addSdks(interpreters, SDKS[runtime]!, command);
  if (verb === "add" && runtime !== undefined) {
    const found = await interpreters.add(runtime, (line) => process.stderr.write(`${line}\n`)).catch((error) => { throw new CommandError((error as Error).message); });
    if (command.json) printJson(found);
    else print(`${runtime} is ${found.argv[0]} (${found.version})`);
    return 0;
  }
  if (verb !== undefined) throw new UsageError("say nothing, or: evoke runtimes add RUNTIME");
  const list = await interpreters.list();
  const sdks = await interpreters.sdks();
  if (command.json) {
    const missingSdk = "evoke runtimes add aws-sdk";
    printJson([
      ...list.map(({ runtime: name, found, missing, versions }) => ({ runtime: name, version: found?.version, exact: found?.exact, path: found?.argv[0], missing, versions: versions.map((version) => ({ version, arn: runtimeVersionArn(command.config.region, name, version) })) })),
      ...sdks.map(({ name, found }) => ({ sdk: name, version: found?.version, path: found?.folder, missing: found ? undefined : missingSdk })),
    ]);
    return 0;
  }
  print(table([["RUNTIME", "RUNS ON", "ALSO HERE", "PATH"], ...list.map(({ runtime: name, found, missing, versions }) => [name, found ? `${found.version}${found.exact ? "" : " (nearest newer)"}` : "missing", found?.exact ? sameRelease(name, found.version, versions) : "", found ? found.argv[0]! : (missing ?? "")])]));
  print("");
  print(table([["SDK", "VERSION", "PATH"], ...sdks.map(({ name, found }) => [name, found?.version ?? "missing", found?.folder ?? "functions that do not bring it need it: evoke runtimes add aws-sdk"])]));
  return 0;
}

/** Other versions of the same release, which a function can be held to; --json has their ARNs. */
function sameRelease(runtime: string, version: string, versions: string[]): string {
  const wanted = parseRuntime(runtime).version;
  return versions.filter((each) => each !== version && releaseOf(wanted, each) === wanted).join(", ");
}

/** Under the names that can be added. */
const SDKS: Record<string, SdkName[]> = { "aws-sdk": ["aws-sdk-js", "boto3"], "aws-sdk-js": ["aws-sdk-js"], boto3: ["boto3"] };

async function addSdks(interpreters: Interpreters, names: SdkName[], { json }: Command): Promise<number> {
  const added = [];
  for (const name of names) added.push(await interpreters.addSdk(name, (line) => process.stderr.write(`${line}\n`)).catch((error) => { throw new CommandError((error as Error).message); }));
  if (json) printJson(added);
  else for (const { name, version, folder } of added) print(`${name} ${version} is in ${folder}`);
  return 0;
}
