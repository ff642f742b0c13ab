// evoke dev DIR: deploys a folder as a function, and again at every save, with its log on the terminal, until interrupted.
import { once } from "node:events";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { GetFunctionConfigurationCommand, LambdaClient, ResourceConflictException, UpdateFunctionCodeCommand } from "@aws-sdk/client-lambda";
import { type Clock, realClock } from "../kernel/clock.ts";
import { UsageError, type Command } from "./arguments.ts";
import { platformNowMs } from "./clock.ts";
import { put, type Wanted, wantedOf } from "./deploy.ts";
import { syntaxFault } from "./dev-syntax.ts";
import { type Changes, type DevPackage, openDevPackage, sha256Of } from "./dev-package.ts";
import { sendChanges } from "./dev-send.ts";
import { watchFolder } from "./dev-watch.ts";
import { printEvents } from "./logs.ts";
import { advise, clientConfig, CommandError, endpointOf, print } from "./terminal.ts";

/** A platform in this process. */
export interface OwnEvoke {
  url: string;
  close(): Promise<void>;
}

export type StartEvoke = (command: Command) => Promise<OwnEvoke>;

const POLL_MS = 3;
const UPDATE_MS_MAX = 30_000;
const LOG_POLL_MS = 250;
const NOTHING: Changes = { added: [], removed: [] };

export async function dev(command: Command, start: StartEvoke): Promise<number> {
  const wanted = wantedOf(command);
  const inspected = inspectedOf(command, wanted);
  const clock = realClock();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort()); // Ctrl-C may reach this process twice: the launcher hands its own on
  const own = await openEvoke(command, wanted, inspected, start);
  const here: Command = own ? { ...command, options: {}, environment: { ...command.environment, EVOKE_PORT: undefined, EVOKE_HOST: undefined, AWS_ENDPOINT_URL: own.url } } : command;
  const lambda = new LambdaClient(clientConfig(here));
  const logs = new CloudWatchLogsClient(clientConfig(here));
  try {
    if (!stop.signal.aborted) await develop({ wanted, inspected, command: here, lambda, logs, clock, signal: stop.signal, url: own?.url ?? endpointOf(command) });
    return 0;
  } catch (error) {
    throw advise(error, here);
  } finally {
    lambda.destroy();
    logs.destroy();
    await own?.close();
  }
}

/** FUNCTION=PORT, when --inspect is given. */
function inspectedOf({ options }: Command, { name, runtime }: Wanted): { port: string } | undefined {
  const port = options["inspect"] as string | undefined;
  if (port === undefined) return undefined;
  if (!/^\d{1,5}$/.test(port)) throw new UsageError(`--inspect takes a port here, not "${port}": evoke dev knows the function`);
  if (!/^(nodejs|python)/.test(runtime)) throw new CommandError(`--inspect is for Node.js and Python functions; ${name} is ${runtime}`);
  return { port };
}

/** Undefined when one answers already at the endpoint. */
async function openEvoke(command: Command, { name }: Wanted, inspected: { port: string } | undefined, start: StartEvoke): Promise<OwnEvoke | undefined> {
  const url = endpointOf(command);
  const answers = await fetch(`${url}/_evoke/health`).then((response) => response.ok, () => false);
  if (answers && inspected) throw new CommandError(`Evoke runs at ${url} already, and a function's debugger is set when it starts: stop that one, or start it with --inspect ${name}=${inspected.port}`);
  if (answers) return undefined;
  const { hostname, port } = new URL(url);
  if (!["127.0.0.1", "localhost", "[::1]"].includes(hostname)) throw new CommandError(`nothing answers at ${url}, and only on this machine can it be started from here`);
  return start({ ...command, config: { ...command.config, port: Number(port || 80), inspect: inspected ? `${name}=${inspected.port}` : command.config.inspect } });
}

interface Development {
  wanted: Wanted;
  inspected: { port: string } | undefined;
  command: Command;
  lambda: LambdaClient;
  logs: CloudWatchLogsClient;
  clock: Clock;
  signal: AbortSignal;
  url: string;
}

async function develop({ wanted, inspected, command, lambda, logs, clock, signal, url }: Development): Promise<void> {
  const startedMs = await platformNowMs(command);
  const code = openDevPackage(wanted.folder);
  let waiting = new Set<string>();
  let isLost = false;
  let working: Promise<void> | undefined;
  let first = true;
  // What is saved from here on counts, so watching begins before anything is read.
  const watching = await watchFolder(wanted.folder, clock, (paths, all) => {
    for (const path of paths) waiting.add(path);
    isLost ||= all;
    if (!first) begin();
  });
  const work = async () => {
    while (waiting.size && !signal.aborted) {
      const [paths, all] = [[...waiting], isLost];
      waiting = new Set();
      isLost = false;
      await redeploy({ lambda, wanted, clock, signal, command }, code, paths, all);
    }
  };
  const begin = () => { working ??= work().finally(() => { working = undefined; }); };
  try {
    await code.look([], true);
    const zip = code.zip();
    const { created } = await put(lambda, wanted, zip, command);
    code.isDeployed(sha256Of(zip));
    await sendChanges(command, wanted.name, code, NOTHING); // the platform makes ready for some
    first = false;
    print(`${created ? "created" : "updated"} ${wanted.name} (${wanted.runtime}, ${wanted.handler}) at ${url}; watching ${wanted.folder}. Ctrl-C ends this, and leaves the function.`);
    if (inspected) print(`A debugger can attach at 127.0.0.1:${inspected.port}; ${command.config.inspectWait ? `invocations of ${wanted.name} wait for one` : "it is connected at the first invocation, and again after each save"}.`);
    if (waiting.size) begin();
    const about = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: wanted.name }));
    void printEvents(logs, about.LoggingConfig?.LogGroup ?? `/aws/lambda/${wanted.name}`, startedMs, { ...command, options: { follow: true } }, { pollMs: LOG_POLL_MS, signal })
      .catch((error) => { if (!signal.aborted) print(`the log cannot be shown: ${(error as Error).message}`); });
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    watching.close();
    await working?.catch(() => undefined);
  }
}

type Deployment = Pick<Development, "lambda" | "wanted" | "clock" | "signal" | "command">;

/** One line for each. What cannot be deployed is said and left: the next save tries again, and until then the last good one runs. */
async function redeploy({ lambda, wanted, clock, signal, command }: Deployment, code: DevPackage, paths: string[], all: boolean): Promise<void> {
  const startedMs = clock.monotonicMs();
  try {
    await code.look(paths, all);
    if (!code.changes()) return; // touched, or back to what it was
    await update({ lambda, wanted, clock, signal, command }, code);
    const tookMs = Math.round(clock.monotonicMs() - startedMs);
    const fault = await syntaxFault(wanted.folder, paths);
    print(`${paths.slice(0, 3).join(", ")}${paths.length > 3 ? ` and ${paths.length - 3} more` : ""}: ${wanted.name} runs the new code (${tookMs} ms)${fault ? `, which does not parse:\n${fault}` : ""}`);
  } catch (error) {
    if (!signal.aborted) print(`${wanted.name} was not deployed: ${(error as Error).message}`);
  }
}

/** Until the new code is what the next invocation gets. */
async function update({ lambda, wanted, clock, signal, command }: Deployment, code: DevPackage): Promise<void> {
  const untilMs = clock.monotonicMs() + UPDATE_MS_MAX;
  const again = async (): Promise<void> => {
    if (clock.monotonicMs() > untilMs) throw new CommandError("it took too long");
    await clock.sleep(POLL_MS, signal);
  };
  const sent = await sendChanges(command, wanted.name, code, code.changes()!);
  const zip = sent === undefined ? code.zip() : undefined;
  for (let isSent = sent !== undefined; !isSent;) {
    try {
      await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: wanted.name, ZipFile: zip }));
      isSent = true;
    } catch (error) {
      if (!(error instanceof ResourceConflictException)) throw error; // another update is on its way
      await again();
    }
  }
  code.isDeployed(sent ?? sha256Of(zip!));
  while ((await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: wanted.name }))).LastUpdateStatus === "InProgress") await again();
  if (zip) await sendChanges(command, wanted.name, code, NOTHING);
}
