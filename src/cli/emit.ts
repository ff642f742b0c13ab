// evoke emit SOURCE DETAIL-TYPE: an event of an AWS service, put on the default event bus as the service itself would; emit - takes a whole one from standard input.
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { type Command, UsageError } from "./arguments.ts";
import { advise, clientConfig, CommandError, endpointOf, print, printJson } from "./terminal.ts";

interface Emitted {
  source: string;
  "detail-type": string;
  account: string;
  region: string;
  time: string;
  /** A rule or an archive of the bus has it. */
  taken: boolean;
}

export async function emit(command: Command): Promise<number> {
  const emitted = await send(command, await eventOf(command));
  if (command.json) printJson(emitted);
  else print(`${emitted.source} "${emitted["detail-type"]}" is on the default bus of ${emitted.account} in ${emitted.region}${emitted.taken ? "" : ", where no rule takes it"}.`);
  return 0;
}

/** JSON text. What options say wins over what standard input says. */
async function eventOf(command: Command): Promise<string> {
  const [source, detailType, ...rest] = command.positionals;
  const { detail, resources, account, time } = command.options as Record<string, string | undefined>;
  if (source === undefined || rest.length > 0 || (source === "-") !== (detailType === undefined)) throw new UsageError('emit takes a source and a detail-type, such as aws.ec2 "EC2 Instance State-change Notification", or - for an event from standard input');
  const whole = source === "-" ? envelope(await text(process.stdin)) : { source, "detail-type": detailType };
  const key = command.environment["AWS_ACCESS_KEY_ID"] ?? "";
  const said = {
    ...(source !== "-" && { region: clientConfig(command).region, ...(/^\d{12}$/.test(key) && { account: key }) }),
    ...(command.options["region"] !== undefined && { region: command.config.region }),
    ...(account !== undefined && { account }), ...(time !== undefined && { time }), ...(resources !== undefined && { resources: resources.split(",").map((arn) => arn.trim()).filter((arn) => arn !== "") }),
  };
  const { detail: before, ...members } = { ...whole, ...said } as Record<string, unknown>;
  // What --detail says goes on as it was written, so that long numbers keep their digits.
  const detailText = detail !== undefined ? await jsonOf(detail) : before === undefined ? "{}" : JSON.stringify(before);
  return `${JSON.stringify(members).slice(0, -1)},"detail":${detailText}}`;
}

async function jsonOf(detail: string): Promise<string> {
  const path = detail.startsWith("@") ? detail.slice(1) : undefined;
  const found = path === undefined ? detail : await readFile(path, "utf8").catch(() => { throw new CommandError(`there is no file ${path}; --detail takes JSON, or @ and a JSON file`); });
  parsed(found, "the detail");
  return found;
}

function envelope(found: string): Record<string, unknown> {
  const event = parsed(found, "what came from standard input");
  if (typeof event !== "object" || event === null || !("source" in event) || !("detail-type" in event)) throw new CommandError('what came from standard input is no event of EventBridge: it has no source and no detail-type (samples: evoke event eventbridge)');
  return event as Record<string, unknown>;
}

function parsed(found: string, what: string): unknown {
  try {
    return JSON.parse(found);
  } catch (error) {
    throw new CommandError(`${what} is not JSON: ${(error as Error).message}`);
  }
}

async function send(command: Command, event: string): Promise<Emitted> {
  try {
    const response = await fetch(`${endpointOf(command)}/_evoke/events`, { method: "POST", body: event });
    const body = await response.text();
    if (response.ok) return JSON.parse(body) as Emitted;
    throw new CommandError(errorOf(body) ?? `Evoke answered ${response.status}: ${body.slice(0, 500)}`);
  } catch (error) {
    throw advise(error, command);
  }
}

function errorOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { error?: string }).error;
  } catch {
    return undefined;
  }
}
