// What every command shares: where Evoke is, how to print, and progress on anything longer than a second.
import { LambdaClient } from "@aws-sdk/client-lambda";
import { realClock } from "../kernel/clock.ts";
import { UsageError, type Command } from "./arguments.ts";

/** A failure the user can do something about; the message says what. */
export class CommandError extends Error {}

export interface ClientConfig {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  disableHostPrefix: true;
  maxAttempts: number;
}

/** A flag or setting names the port; else AWS_ENDPOINT_URL, as for every AWS tool; else the default port. */
export function endpointOf({ config, options, environment }: Command): string {
  const said = options["port"] !== undefined || options["host"] !== undefined || environment["EVOKE_PORT"] || environment["EVOKE_HOST"];
  if (!said && environment["AWS_ENDPOINT_URL"]) {
    const url = environment["AWS_ENDPOINT_URL"];
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new CommandError(`AWS_ENDPOINT_URL is "${url}", which is no http:// address`);
    return url.replace(/\/$/, "");
  }
  const host = config.host === "0.0.0.0" || config.host === "::" ? "127.0.0.1" : config.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${config.port}`;
}

export function clientConfig(command: Command): ClientConfig {
  const { environment, config } = command;
  const sessionToken = environment["AWS_SESSION_TOKEN"];
  return {
    endpoint: endpointOf(command),
    region: environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"] || config.region,
    credentials: { accessKeyId: environment["AWS_ACCESS_KEY_ID"] || "test", secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] || "test", ...(sessionToken ? { sessionToken } : {}) },
    disableHostPrefix: true,
    maxAttempts: 1,
  };
}

/** Opens a client, hands it over, closes it; a refused connection becomes advice. */
export async function withLambda<T>(command: Command, work: (lambda: LambdaClient) => Promise<T>): Promise<T> {
  const lambda = new LambdaClient(clientConfig(command));
  try {
    return await work(lambda);
  } catch (error) {
    throw advise(error, command);
  } finally {
    lambda.destroy();
  }
}

export function advise(error: unknown, command: Command): unknown {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  if (code === "ECONNREFUSED" || /ECONNREFUSED|fetch failed/.test(message ?? "")) return new CommandError(`nothing answers at ${endpointOf(command)}. Start Evoke with "npm start", or name its port with --port.`);
  if (error instanceof CommandError || error instanceof UsageError) return error;
  return name?.endsWith("Exception") ? new CommandError(`${name}: ${message}`) : error;
}

export const print = (line: string): void => void process.stdout.write(`${line}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, undefined, 2));

/** Says on standard error what is going on, only if it takes longer than a second. */
export async function withProgress<T>(what: string, work: Promise<T>): Promise<T> {
  let said = false;
  const cancel = realClock().after(1_000, () => { said = true; process.stderr.write(`${what} …`); });
  try {
    return await work;
  } finally {
    cancel();
    if (said) process.stderr.write(" done\n");
  }
}

/** Columns as wide as their widest cell. */
export function table(rows: string[][]): string {
  const widths = rows.reduce<number[]>((found, row) => row.map((cell, i) => Math.max(found[i] ?? 0, cell.length)), []);
  return rows.map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join("  ")).join("\n");
}

export function one(command: Command, what: string): string {
  const [value, ...rest] = command.positionals;
  if (value === undefined || rest.length > 0) throw new UsageError(`say exactly one ${what} (see: evoke help ${command.name})`);
  return value;
}
