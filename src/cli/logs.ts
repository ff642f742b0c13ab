// evoke logs NAME: what a function has written, and with --follow what it writes from now on.
import { CloudWatchLogsClient, FilterLogEventsCommand, type FilterLogEventsCommandOutput, ResourceNotFoundException, StartLiveTailCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { realClock } from "../kernel/clock.ts";
import { UsageError, type Command } from "./arguments.ts";
import { advise, clientConfig, one, print, withLambda } from "./terminal.ts";

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export async function logs(command: Command): Promise<number> {
  const name = one(command, "function name");
  const sinceMs = parseSince((command.options["since"] as string | undefined) ?? "1h");
  const about = await withLambda(command, (lambda) => lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })));
  const group = about.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`;
  const client = new CloudWatchLogsClient(clientConfig(command));
  try {
    await printPast(client, group, sinceMs, command);
    if (command.options["follow"]) await printLive(client, group, about.FunctionArn!, command);
    return 0;
  } catch (error) {
    throw advise(error, command);
  } finally {
    client.destroy();
  }
}

function parseSince(text: string): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (!amount) throw new UsageError(`--since takes a number and one of s, m, h, d (for example 10m), not "${text}"`);
  return Number(amount) * UNIT_MS[unit!]!;
}

async function printPast(client: CloudWatchLogsClient, group: string, sinceMs: number, command: Command): Promise<void> {
  let nextToken: string | undefined;
  do {
    const page: FilterLogEventsCommandOutput = await client.send(new FilterLogEventsCommand({ logGroupName: group, startTime: realClock().now() - sinceMs, filterPattern: command.options["filter"] as string | undefined, nextToken })).catch((error) => {
      if (error instanceof ResourceNotFoundException) return { events: [] } as unknown as FilterLogEventsCommandOutput; // it has not written anything yet
      throw error;
    });
    for (const event of page.events ?? []) printEvent(event.timestamp, event.message, command.json);
    nextToken = page.nextToken;
  } while (nextToken);
}

async function printLive(client: CloudWatchLogsClient, group: string, functionArn: string, command: Command): Promise<void> {
  const [, , , region, account] = functionArn.split(":");
  const answer = await client.send(new StartLiveTailCommand({ logGroupIdentifiers: [`arn:aws:logs:${region}:${account}:log-group:${group}`], logEventFilterPattern: command.options["filter"] as string | undefined }));
  for await (const part of answer.responseStream ?? []) for (const event of part.sessionUpdate?.sessionResults ?? []) printEvent(event.timestamp, event.message, command.json);
}

function printEvent(timestamp: number | undefined, message: string | undefined, json: boolean): void {
  print(json ? JSON.stringify({ timestamp, message }) : `${new Date(timestamp ?? 0).toISOString()} ${message?.trimEnd()}`);
}
