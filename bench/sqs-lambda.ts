// From a queue to a function: messages per second at several batch sizes, and how long after SendMessage an idle function begins.
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { CreateEventSourceMappingCommand, GetEventSourceMappingCommand, type LambdaClient, UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { lambdaAt, makeFunction } from "./function.ts";
import { median, type Server } from "./process.ts";
import type { Row } from "./run.ts";
import { serveOnDisk, sqsAt, sqsLoad } from "./sqs.ts";

/** Messages measured at each batch size, after as many that start the environments. */
const BATCHES = [[1, 5000], [10, 20_000], [100, 40_000]] as const;

interface Setup { evoke: Server; lambda: LambdaClient; sqs: SQSClient }

export async function sqsToLambda(quick: boolean): Promise<Row[]> {
  const evoke = await serveOnDisk();
  const setup = { evoke, lambda: lambdaAt(evoke.url), sqs: sqsAt(evoke.url) };
  try {
    await makeFunction(setup.lambda, "late", "late");
    const rows = [await latency(setup, quick)];
    await makeFunction(setup.lambda, "nothing", "nothing");
    for (const [batch, messages] of BATCHES) {
      const rates: number[] = [];
      for (let round = 0; round < (quick ? 1 : 3); round++) rates.push(await throughput(setup, `to-lambda-${batch}-${round}`, batch, quick ? messages / 2 : messages));
      rows.push({ what: `SQS → Lambda messages per second, batches of ${batch}, durable`, evoke: `${Math.round(median(rates))}`, floor: "", ratio: "", bar: "", met: undefined });
    }
    return rows;
  } finally {
    setup.lambda.destroy();
    setup.sqs.destroy();
    await evoke.stop();
  }
}

async function connected({ lambda, sqs }: Setup, queueName: string, functionName: string, batch: number, enabled: boolean): Promise<{ queue: string; mapping: string }> {
  const { QueueUrl: queue } = await sqs.send(new CreateQueueCommand({ QueueName: queueName }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ["QueueArn"] }));
  const { UUID } = await lambda.send(new CreateEventSourceMappingCommand({ FunctionName: functionName, EventSourceArn: Attributes!.QueueArn, BatchSize: batch, Enabled: enabled, ...(batch > 10 && { MaximumBatchingWindowInSeconds: 1 }) }));
  await inState(lambda, UUID!, enabled ? "Enabled" : "Disabled");
  return { queue: queue!, mapping: UUID! };
}

async function inState(lambda: LambdaClient, mapping: string, state: string): Promise<void> {
  while ((await lambda.send(new GetEventSourceMappingCommand({ UUID: mapping }))).State !== state) await sleep(20);
}

/** From when the first half of what the queue was filled with is done to the last message deleted. */
async function throughput(setup: Setup, name: string, batch: number, messages: number): Promise<number> {
  const { lambda, sqs, evoke } = setup;
  const { queue, mapping } = await connected(setup, name, "nothing", batch, false);
  await sqsLoad(evoke.url, queue, "send", 10, 32, 3600, messages / 5);
  const left = async (): Promise<number> => {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] }));
    return Number(Attributes!.ApproximateNumberOfMessages) + Number(Attributes!.ApproximateNumberOfMessagesNotVisible);
  };
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID: mapping, Enabled: true }));
  let [beganMs, first] = [0, 0];
  for (let rest = messages * 2; rest > 0; rest = await left()) {
    if (first === 0 && rest <= messages) [beganMs, first] = [performance.now(), rest];
    await sleep(10);
  }
  const perSecond = first / ((performance.now() - beganMs) / 1000);
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID: mapping, Enabled: false }));
  await inState(lambda, mapping, "Disabled");
  return perSecond;
}

async function latency(setup: Setup, quick: boolean): Promise<Row> {
  const { sqs, evoke } = setup;
  const { queue } = await connected(setup, "late", "late", 1, true);
  const messages = quick ? 50 : 300;
  // The first few find no environment, and are not counted.
  const early = 5;
  for (let n = 0; n < messages + early; n++) {
    await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: `${process.hrtime.bigint()}` }));
    await sleep(n < early ? 500 : 40);
  }
  const late = (await lines(evoke.url, "/aws/lambda/late", "BEGAN", messages + early)).slice(early).map((line) => Number(/BEGAN (\d+)/.exec(line)![1]) / 1e6).sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((share) => late[Math.floor(late.length * share)]!);
  return { what: "SendMessage called to handler started, idle, p50 (p99)", evoke: `${p50!.toFixed(1)} (${p99!.toFixed(1)}) ms`, floor: "", ratio: "", bar: "≤ 10 (50) ms", met: p50! <= 10 && p99! <= 50 };
}

/** In order of time, as soon as there are so many. */
async function lines(url: string, group: string, word: string, howMany: number): Promise<string[]> {
  const client = new CloudWatchLogsClient({ endpoint: url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  try {
    for (;;) {
      const found: string[] = [];
      for await (const page of paginateFilterLogEvents({ client }, { logGroupName: group, filterPattern: word })) found.push(...page.events!.map(({ message }) => message!));
      if (found.length >= howMany) return found;
      await sleep(100);
    }
  } finally {
    client.destroy();
  }
}
