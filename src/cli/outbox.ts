// evoke outbox: the messages that SNS would have sent to people and phones, as they are kept; and a phone's STOP.
import { SNSClient, ListTopicsCommand } from "@aws-sdk/client-sns";
import { UsageError, type Command } from "./arguments.ts";
import { advise, clientConfig, CommandError, print, printJson, table } from "./terminal.ts";

interface Message {
  number: number;
  sentMs: number;
  protocol: string;
  to: string;
  region: string;
  messageId: string;
  topicArn?: string;
  subject?: string;
  body: string;
  links?: { confirm?: string; unsubscribe?: string };
  attributes?: Record<string, string>;
}

const SHOWN = 30;
const BODY_SHOWN = 60;
const KEPT = 1000;

export async function outbox(command: Command): Promise<number> {
  const [first, second, ...rest] = command.positionals;
  if (rest.length > 0 || (second !== undefined && first !== "stop")) throw new UsageError("outbox takes the number of a message, or stop and a phone number");
  if (first === "stop") return stop(command, second ?? "");
  if (first !== undefined && !/^[1-9]\d{0,14}$/.test(first)) throw new UsageError(`"${first}" is not the number of a message`);
  const { messages } = (await ask(command, "GET", "/_evoke/outbox", first === undefined ? { limit: String(command.json ? KEPT : SHOWN) } : { number: first })) as { messages: Message[] };
  if (first === undefined) list(messages, command.json);
  else show(messages, Number(first), command.json);
  return 0;
}

function list(messages: Message[], json: boolean): void {
  if (json) return printJson(messages);
  if (messages.length === 0) return print("No e-mail, SMS or push message has been sent.");
  const rows = messages.map(({ number, sentMs, protocol, to, subject, body }) => [String(number), new Date(sentMs).toISOString(), protocol, shortened(to), shortened(subject ?? body)]);
  print(table([["NUMBER", "SENT", "BY", "TO", "WHAT"], ...rows]));
}

/** On one line, whatever it says: what others have written must not move the cursor. */
const shortened = (text: string): string => safe(text.replace(/\s+/g, " ")).slice(0, BODY_SHOWN);
const safe = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, "");

function show(messages: Message[], wanted: number, json: boolean): void {
  const message = messages.find(({ number }) => number === wanted);
  if (!message) throw new CommandError(`there is no message ${wanted} (evoke outbox lists those there are)`);
  if (json) return printJson(message);
  const { protocol, to, sentMs, topicArn, subject, links, attributes = {}, body } = message;
  const rows = [["To", `${to} (${protocol})`], ["Sent", new Date(sentMs).toISOString()], ["Topic", topicArn], ["Subject", subject], ["Confirm", links?.confirm], ["Unsubscribe", links?.unsubscribe], ...Object.entries(attributes)];
  print(safe(table(rows.filter((row): row is [string, string] => row[1] !== undefined))));
  print(`\n${safe(body)}`);
}

async function stop(command: Command, number: string): Promise<number> {
  if (!/^\+[1-9]\d{1,14}$/.test(number)) throw new UsageError("a phone number looks like +4915112345678");
  const answer = await ask(command, "POST", "/_evoke/outbox/stop", { number, region: clientConfig(command).region });
  if (command.json) printJson(answer);
  else print(`${number} gets no more messages. To undo: aws sns opt-in-phone-number --phone-number ${number}`);
  return 0;
}

/** Signed as any request to SNS, so that it may go where signatures are verified: the client's own request, sent to another path. */
async function ask(command: Command, method: string, path: string, query: Record<string, string>): Promise<unknown> {
  const account = command.options["account"] as string | undefined;
  const client = new SNSClient(clientConfig(command));
  let answer = "";
  client.middlewareStack.add((next) => (args) => {
    Object.assign(args.request as object, { method, path, query: { ...query, ...(account !== undefined && { account }) }, body: undefined });
    for (const header of ["content-type", "content-length"]) delete (args.request as { headers: Record<string, string> }).headers[header];
    return next(args);
  }, { step: "build", priority: "low" });
  client.middlewareStack.addRelativeTo(() => async (args: { request: unknown }) => {
    const { response } = await (client.config.requestHandler as unknown as { handle(request: unknown): Promise<{ response: { statusCode: number; body: AsyncIterable<Uint8Array> } }> }).handle(args.request);
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    answer = Buffer.concat(chunks).toString("utf8");
    if (response.statusCode !== 200) throw new CommandError(`Evoke answered ${response.statusCode}: ${answer.trim().slice(0, 500)}`);
    return { response, output: { $metadata: {} } as never };
  }, { relation: "before", toMiddleware: "deserializerMiddleware" });
  try {
    await client.send(new ListTopicsCommand());
    return JSON.parse(answer);
  } catch (error) {
    throw advise(error, command);
  } finally {
    client.destroy();
  }
}
