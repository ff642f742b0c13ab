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

test("a pipe into its own source goes round, and leaves others their turns", async (t) => {
  const [QueueUrl, back] = [await queue("round"), await queue("round-2")];
  const InputTemplate = "<$.body>";
  await pipe("round", { Source: arnOf("round"), Target: arnOf("round-2"), TargetParameters: { InputTemplate } });
  await pipe("back", { Source: arnOf("round-2"), Target: arnOf("round"), TargetParameters: { InputTemplate } });
  await pipe("self", { Source: arnOf("self-q"), Target: arnOf("self-q"), TargetParameters: { InputTemplate } }).catch(() => undefined);
  for (let n = 0; n < 20; n++) await sqs.sendMessage({ QueueUrl, MessageBody: `m${n}` });
  const cpu = process.cpuUsage();
  const took: number[] = [];
  for (let n = 0; n < 100; n++) {
    const ms = performance.now();
    await sqs.listQueues({});
    took.push(performance.now() - ms);
    await sleep(10);
  }
  const used = process.cpuUsage(cpu);
  t.diagnostic(`p50 ${took.sort((a, b) => a - b)[50]} p99 ${took[98]} cpu ${(used.user + used.system) / 1e6}`);
  await pipes.stopPipe({ Name: "round" });
  await inState("round", "STOPPED");
  await eventually(async () => ((await counts(QueueUrl)).there === 20 ? true : undefined)).catch(async (error) => { console.log(await counts(QueueUrl), await counts(back)); throw error; });
});

test("enrichments that return anything", async () => {
  const QueueUrl = await queue("nonsense", { VisibilityTimeout: "1" });
  const to = await queue("nonsense-to");
  const Enrichment = await fn("nonsense", "return JSON.parse(event[0].body);");
  await pipe("nonsense", { Source: arnOf("nonsense"), Target: arnOf("nonsense-to"), Enrichment, SourceParameters: { SqsQueueParameters: { BatchSize: 1 } } });
  const tries = ["[null]", "[1,2,3]", "5", "true", '"text"', "[[[1]]]", JSON.stringify(Array.from({ length: 11 }, () => 1)), "[]", "{}", "null", '""', '[{"messageId":"other"}]', '{"__proto__":{"a":1}}', '[""]', JSON.stringify(["x".repeat(250000)]), '["\\u0000"]', '["\\ud800"]'];
  for (const one of tries) await sqs.sendMessage({ QueueUrl, MessageBody: one });
  await sleep(4000);
  const got: string[] = [];
  for (;;) { const { Messages = [] } = await sqs.receiveMessage({ QueueUrl: to, MaxNumberOfMessages: 10 }); if (Messages.length === 0) break; got.push(...Messages.map(({ Body }) => Body!.slice(0, 40))); for (const m of Messages) await sqs.deleteMessage({ QueueUrl: to, ReceiptHandle: m.ReceiptHandle! }); }
  console.log(got, await counts(QueueUrl));
  await pipes.deletePipe({ Name: "nonsense" });
});

test("target functions that list anything", async () => {
  const QueueUrl = await queue("lists", { VisibilityTimeout: "1" });
  const Target = await fn("lists", "console.log(event.length); return JSON.parse(event[0].body);");
  await pipe("lists", { Source: arnOf("lists"), Target, SourceParameters: { SqsQueueParameters: { BatchSize: 1 } } });
  const tries = ['{"batchItemFailures":[null]}', '{"batchItemFailures":[{"itemIdentifier":5}]}', '{"batchItemFailures":[{"itemIdentifier":"__proto__"}]}', '{"batchItemFailures":{}}', '{"batchItemFailures":[]}', '{"batchItemFailures":[{"itemIdentifier":{"a":1}}]}', "5", "null", "[]"];
  for (const one of tries) await sqs.sendMessage({ QueueUrl, MessageBody: one });
  await sleep(3000);
  console.log(await counts(QueueUrl), "5 expected left");
  await pipes.deletePipe({ Name: "lists" });
});

test("a FIFO pipe that is changed, stopped, deleted and made again all the while keeps order and loses nothing", async () => {
  const from = await queue("order.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true", VisibilityTimeout: "2" });
  const to = await queue("order-to.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
  const settings = { Source: arnOf("order.fifo"), Target: arnOf("order-to.fifo"), TargetParameters: { InputTemplate: "<$.body>", SqsQueueParameters: { MessageGroupId: "$.attributes.MessageGroupId" } } };
  await pipe("order", settings);
  let over = false;
  const change = async () => {
    for (let n = 0; !over; n++) {
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
  const got = await bodies(to, 300, 100).finally(() => { over = true; });
  await changing;
  for (const group of groups) assert.deepEqual(got.filter((body) => body.startsWith(group)), Array.from({ length: 100 }, (_, n) => `${group} ${n}`));
});
