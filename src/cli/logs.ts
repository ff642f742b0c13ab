// evoke logs NAME: what a function has written, and with --follow what it writes from now on.
import { CloudWatchLogsClient, type FilteredLogEvent, FilterLogEventsCommand, type FilterLogEventsCommandOutput, ResourceNotFoundException } from "@aws-sdk/client-cloudwatch-logs";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { realClock } from "../kernel/clock.ts";
import { UsageError, type Command } from "./arguments.ts";
import { platformNowMs } from "./clock.ts";
import { advise, clientConfig, one, print, withLambda } from "./terminal.ts";

const POLL_MS = 1_000;
/** Environments write side by side, so one's lines may arrive after later ones of another. */
const LATE_MS = 10_000;
const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export async function logs(command: Command): Promise<number> {
  const name = one(command, "function name");
  const sinceMs = parseSince((command.options["since"] as string | undefined) ?? "1h");
  const about = await withLambda(command, (lambda) => lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })));
  const group = about.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`;
  const client = new CloudWatchLogsClient(clientConfig(command));
  try {
    await printEvents(client, group, (await platformNowMs(command)) - sinceMs, command);
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

/** Polls rather than StartLiveTail, which samples what is busy, begins late, and knows no group that is not there yet. */
export async function printEvents(client: CloudWatchLogsClient, group: string, sinceMs: number, command: Command, { pollMs = POLL_MS, signal }: { pollMs?: number; signal?: AbortSignal } = {}): Promise<void> {
  const clock = realClock();
  const printed = new Map<string, number>();
  let fromMs = sinceMs;
  for (;;) {
    let newestMs = 0;
    for await (const { eventId = "", timestamp = 0, message } of eventsFrom(client, group, fromMs, command)) {
      newestMs = Math.max(newestMs, timestamp);
      if (!printed.has(eventId)) printEvent(timestamp, message, command.json);
      printed.set(eventId, timestamp);
    }
    if (!command.options["follow"]) return;
    await clock.sleep(pollMs, signal);
    fromMs = Math.max(fromMs, newestMs - LATE_MS);
    for (const [eventId, timestamp] of printed) if (timestamp < fromMs) printed.delete(eventId);
  }
}

async function* eventsFrom(client: CloudWatchLogsClient, group: string, startTime: number, command: Command): AsyncGenerator<FilteredLogEvent> {
  const input = { logGroupName: group, startTime, filterPattern: command.options["filter"] as string | undefined };
  let nextToken: string | undefined;
  try {
    do {
      const page: FilterLogEventsCommandOutput = await client.send(new FilterLogEventsCommand({ ...input, nextToken }));
      yield* page.events ?? [];
      nextToken = page.nextToken;
    } while (nextToken);
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error; // it has not written anything yet
  }
}

function printEvent(timestamp: number | undefined, message: string | undefined, json: boolean): void {
  print(json ? JSON.stringify({ timestamp, message }) : `${new Date(timestamp ?? 0).toISOString()} ${message?.trimEnd()}`);
}
