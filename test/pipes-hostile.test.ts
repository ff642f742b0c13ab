// Pipes in circles, with enrichments and targets that answer nonsense, and changed while they run.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes.html
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { type CreatePipeCommandInput, Pipes } from "@aws-sdk/client-pipes";
import { SQS } from "@aws-sdk/client-sqs";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const RoleArn = "arn:aws:iam::000000000000:role/pipe";
const arnOf = (resource: string): string => `arn:aws:sqs:eu-west-1:000000000000:${resource}`;

let platform: TestPlatform;
let [pipes, lambda, sqs]: [Pipes, Lambda, SQS] = [] as never;
before(async () => {
  platform = await openTestPlatform();
  [pipes, lambda, sqs] = [new Pipes(platform.clientConfig), new Lambda(platform.clientConfig), new SQS(platform.clientConfig)];
});
after(async () => {
  for (const client of [pipes, lambda, sqs]) client?.destroy();
  await platform?.close();
});

const queue = async (QueueName: string, Attributes: Record<string, string> = {}): Promise<string> => (await sqs.createQueue({ QueueName, Attributes })).QueueUrl!;

async function fn(FunctionName: string, body: string): Promise<string> {
  const { FunctionArn } = await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: RoleArn, Timeout: 10, Code: { ZipFile: await zipOf({ "index.js": `exports.handler = async (event) => { ${body} };` }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60, minDelay: 1 }, { FunctionName });
  return FunctionArn!;
}

async function eventually<T>(look: () => Promise<T | undefined>, seconds = 60): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(20)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`it did not come in ${seconds} seconds`);
}

const inState = (Name: string, state: string) => eventually(async () => ((await pipes.describePipe({ Name })).CurrentState === state ? true : undefined));

async function pipe(Name: string, more: Omit<CreatePipeCommandInput, "Name" | "RoleArn">): Promise<void> {
  await pipes.createPipe({ Name, RoleArn, ...more } as CreatePipeCommandInput);
  await inState(Name, "RUNNING");
}

async function counts(QueueUrl: string): Promise<{ there: number; hidden: number }> {
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] });
  return { there: Number(Attributes!["ApproximateNumberOfMessages"]), hidden: Number(Attributes!["ApproximateNumberOfMessagesNotVisible"]) };
}

async function bodies(QueueUrl: string, count: number, seconds = 60): Promise<string[]> {
  const found: string[] = [];
  await eventually(async () => {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 });
    for (const { Body, ReceiptHandle } of Messages) {
      found.push(Body!);
      await sqs.deleteMessage({ QueueUrl, ReceiptHandle: ReceiptHandle! });
    }
    return found.length >= count ? true : undefined;
  }, seconds).catch((error: Error) => { throw new Error(`${error.message}: ${found.length} of ${count}`); });
  return found;
}

test("pipes in circles leave others their turns, and when one stops all messages are there", async () => {
  const urls = await Promise.all(["round", "back", "self"].map((name) => queue(name)));
  const circle = (Name: string, target: string) => pipe(Name, { Source: arnOf(Name), Target: arnOf(target), TargetParameters: { InputTemplate: "<$.body>" } });
  await Promise.all([circle("round", "back"), circle("back", "round"), circle("self", "self")]);
  for (let n = 0; n < 20; n++) for (const QueueUrl of [urls[0], urls[2]]) await sqs.sendMessage({ QueueUrl, MessageBody: `m${n}` });
  const took: number[] = [];
  for (let n = 0; n < 50; n++) {
    const startedMs = performance.now();
    await sqs.listQueues({});
    took.push(performance.now() - startedMs);
    await sleep(10);
  }
  assert.ok(took.sort((a, b) => a - b)[25]! < 250, `half of requests wait for ${took[25]} ms`);
  for (const Name of ["round", "self"]) await pipes.stopPipe({ Name });
  for (const QueueUrl of [urls[0], urls[2]]) await eventually(async () => ((await counts(QueueUrl!)).there === 20 ? true : undefined));
});

test("an enrichment that returns what cannot be sent has failed, and what can be is sent as it is", async () => {
  const [QueueUrl, to] = [await queue("nonsense", { VisibilityTimeout: "60" }), await queue("nonsense-to")];
  const Enrichment = await fn("nonsense", "return JSON.parse(event[0].body);");
  await pipe("nonsense", { Source: arnOf("nonsense"), Target: arnOf("nonsense-to"), Enrichment, SourceParameters: { SqsQueueParameters: { BatchSize: 1 } } });
  const failing = ["5", "true", '[""]', JSON.stringify(Array.from({ length: 11 }, () => 1)), '["\\u0000"]'];
  const nothing = ["[]", "{}", "null", '""'];
  const sending = ["[null]", "[1,2]", '"text"', "[[1]]", '[{"messageId":"other"}]', '{"__proto__":{"a":1}}'];
  for (const MessageBody of [...failing, ...nothing, ...sending]) await sqs.sendMessage({ QueueUrl, MessageBody });
  assert.deepEqual((await bodies(to, 7)).sort(), ["null", "1", "2", "text", "[1]", '{"messageId":"other"}', '{"__proto__":{"a":1}}'].sort());
  await eventually(async () => ((await counts(QueueUrl)).hidden === failing.length ? true : undefined));
  await pipes.deletePipe({ Name: "nonsense" });
});

test("a target function that lists what is not of the batch has failed", async () => {
  const QueueUrl = await queue("lists", { VisibilityTimeout: "60" });
  const Target = await fn("lists", "return JSON.parse(event[0].body);");
  await pipe("lists", { Source: arnOf("lists"), Target, SourceParameters: { SqsQueueParameters: { BatchSize: 1 } } });
  const failing = ["null", '{"itemIdentifier":5}', '{"itemIdentifier":"__proto__"}', '{"itemIdentifier":{"a":1}}'].map((one) => `{"batchItemFailures":[${one}]}`);
  for (const MessageBody of [...failing, '{"batchItemFailures":{}}', '{"batchItemFailures":[]}', "5", "null", "[]"]) await sqs.sendMessage({ QueueUrl, MessageBody });
  await eventually(async () => { const { there, hidden } = await counts(QueueUrl); return there === 0 && hidden === failing.length ? true : undefined; });
  await pipes.deletePipe({ Name: "lists" });
});

test("a FIFO pipe that is changed, stopped, deleted and made again all the while keeps order and loses nothing", async () => {
  const from = await queue("order.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true", VisibilityTimeout: "2" });
  const to = await queue("order-to.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
  const settings = { Source: arnOf("order.fifo"), Target: arnOf("order-to.fifo"), TargetParameters: { InputTemplate: "<$.body>", SqsQueueParameters: { MessageGroupId: "$.attributes.MessageGroupId" } } };
  await pipe("order", settings);
  const over = new AbortController();
  const change = async () => {
    for (let n = 0; !over.signal.aborted; n++) {
      await inState("order", "RUNNING");
      if (n % 3 === 0) await pipes.updatePipe({ Name: "order", RoleArn, Description: `${n}` });
      else if (n % 3 === 1) {
        await pipes.stopPipe({ Name: "order" });
        await inState("order", "STOPPED");
        await pipes.startPipe({ Name: "order" });
      } else {
        await pipes.deletePipe({ Name: "order" });
        await eventually(() => pipes.describePipe({ Name: "order" }).then(() => undefined, () => true as const));
        await pipe("order", settings);
      }
      await sleep(Math.random() * 50);
    }
  };
  const changing = change();
  const groups = ["a", "b", "c"];
  for (let n = 0; n < 100; n++) await sqs.sendMessageBatch({ QueueUrl: from, Entries: groups.map((group) => ({ Id: group, MessageBody: `${group} ${n}`, MessageGroupId: group })) });
  const got = await bodies(to, 300, 100).finally(() => over.abort());
  await changing;
  for (const group of groups) assert.deepEqual(got.filter((body) => body.startsWith(group)), Array.from({ length: 100 }, (_, n) => `${group} ${n}`));
});
