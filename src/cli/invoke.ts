// evoke invoke NAME: one invocation; the answer on standard output, the log on standard error.
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { InvokeCommand, InvokeWithResponseStreamCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { type Command, UsageError } from "./arguments.ts";
import { CommandError, one, print, printJson, withLambda, withProgress } from "./terminal.ts";

export async function invoke(command: Command): Promise<number> {
  const name = one(command, "function name");
  const event = await eventOf(command);
  return withLambda(command, (lambda) => (command.options["stream"] ? streamed(lambda, name, event, command) : buffered(lambda, name, event, command)));
}

async function eventOf(command: Command): Promise<string> {
  const { sample, event, set } = command.options as { sample?: string; event?: string; set?: string[] };
  if (sample !== undefined && event !== undefined) throw new UsageError("--event and --sample are two events: give one of them");
  if (sample === undefined && set !== undefined) throw new UsageError("--set changes a sample: it goes with --sample");
  return sample === undefined ? readEvent(event) : JSON.stringify((await import("./event.ts")).sampleEvent(command, sample));
}

async function readEvent(source: string | undefined): Promise<string> {
  if (source === undefined) return "{}";
  const found = source === "-" ? await text(process.stdin) : await readFile(source, "utf8").catch(() => { throw new CommandError(`there is no file ${source}; --event takes a JSON file, or - for standard input`); });
  try {
    JSON.parse(found);
  } catch (error) {
    throw new CommandError(`the event is not JSON: ${(error as Error).message}`);
  }
  return found;
}

async function buffered(lambda: LambdaClient, name: string, event: string, command: Command): Promise<number> {
  const answer = await withProgress(`running ${name}`, lambda.send(new InvokeCommand({ FunctionName: name, Payload: new TextEncoder().encode(event), LogType: "Tail" })));
  const log = Buffer.from(answer.LogResult ?? "", "base64").toString();
  const payload = new TextDecoder().decode(answer.Payload);
  if (command.json) {
    printJson({ statusCode: answer.StatusCode, executedVersion: answer.ExecutedVersion, functionError: answer.FunctionError, payload: payload === "" ? undefined : JSON.parse(payload), log });
  } else {
    if (!command.options["quiet"]) process.stderr.write(log);
    print(payload);
  }
  return answer.FunctionError ? 1 : 0;
}

async function streamed(lambda: LambdaClient, name: string, event: string, command: Command): Promise<number> {
  const answer = await lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: name, Payload: new TextEncoder().encode(event), LogType: "Tail" }));
  for await (const part of answer.EventStream ?? []) {
    if (part.PayloadChunk?.Payload) process.stdout.write(part.PayloadChunk.Payload);
    if (!part.InvokeComplete) continue;
    process.stdout.write("\n");
    if (!command.options["quiet"]) process.stderr.write(Buffer.from(part.InvokeComplete.LogResult ?? "", "base64").toString());
    if (part.InvokeComplete.ErrorCode) {
      process.stderr.write(`evoke: ${part.InvokeComplete.ErrorCode}: ${part.InvokeComplete.ErrorDetails}\n`);
      return 1;
    }
  }
  return 0;
}
