// SNS to a hundred queues, on disk: messages delivered per second, beside as many sent to the queues directly and bare SQLite.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { median, ROOT, serve } from "./process.ts";
import type { Row } from "./run.ts";

const QUEUES = 100;
const CONNECTIONS = 16;
const BODY = "x".repeat(300);

export async function snsFanOut(quick: boolean): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "evoke-bench-"));
  const evoke = await serve([join(ROOT, "bin/evoke.mjs"), "start", "--port", "0", "--data", join(folder, "data"), "--json"]);
  const config = { endpoint: evoke.url, region: "eu-west-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  const [sns, sqs] = [new SNS(config), new SQS(config)];
  try {
    const queues = await Promise.all(Array.from({ length: QUEUES }, async (_, n) => (await sqs.createQueue({ QueueName: `fan-${n}` })).QueueUrl!));
    const topics: Record<string, string> = {};
    for (const kind of ["raw", "signed"]) {
      topics[kind] = (await sns.createTopic({ Name: kind })).TopicArn!;
      for (let n = 0; n < QUEUES; n++) await sns.subscribe({ TopicArn: topics[kind], Protocol: "sqs", Endpoint: `arn:aws:sqs:eu-west-1:000000000000:fan-${n}`, Attributes: { RawMessageDelivery: String(kind === "raw") } });
    }
    const messages = quick ? 30 : 200;
    const [raw, signed, direct, floor]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      floor.push(barePerSecond(join(folder, `bare-${round}.db`), messages));
      direct.push(await perSecond(messages * QUEUES, () => inParallel(messages * QUEUES / 10, (n) => sqs.sendMessageBatch({ QueueUrl: queues[n % QUEUES]!, Entries: Array.from({ length: 10 }, (_, m) => ({ Id: String(m), MessageBody: BODY })) }))));
      for (const [kind, rates] of [["raw", raw], ["signed", signed]] as const) {
        rates.push(await perSecond(messages * QUEUES, async () => {
          await inParallel(messages, () => sns.publish({ TopicArn: topics[kind]!, Message: BODY }));
          await drained(evoke.url);
        }));
      }
    }
    const counts = await Promise.all(queues.map(async (QueueUrl) => Number((await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] })).Attributes!["ApproximateNumberOfMessages"])));
    const expected = 3 * messages * (quick ? 1 : 3);
    if (counts.some((count) => count !== expected)) throw new Error(`a queue holds ${Math.min(...counts)} to ${Math.max(...counts)} messages, not ${expected}`);
    const [batches, bare] = [median(direct), median(floor)];
    const row = (what: string, rate: number): Row => ({ what, evoke: `${Math.round(rate)}`, floor: `${Math.round(batches)} by SendMessageBatch of ten; ${Math.round(bare)} bare SQLite (insert, ${QUEUES} to a commit)`, ratio: `${(rate / batches).toFixed(2)}; ${(rate / bare).toFixed(2)}`, bar: "", met: undefined });
    const ordered = await oneGroupPerSecond(sns, sqs, evoke.url, quick ? 300 : 3000);
    return [row(`SNS: messages delivered per second to ${QUEUES} queues, durable, raw, ${CONNECTIONS} publishers`, median(raw)), row("… in JSON and signed", median(signed)),
      { what: "SNS FIFO topic to a FIFO queue: messages of one group delivered per second, published ten at a time by one publisher", evoke: `${Math.round(ordered)}`, floor: "AWS: 300 for each group", ratio: "", bar: "≥ 300", met: ordered >= 300 }];
  } finally {
    sns.destroy();
    sqs.destroy();
    await evoke.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function oneGroupPerSecond(sns: SNS, sqs: SQS, url: string, messages: number): Promise<number> {
  const { TopicArn } = await sns.createTopic({ Name: "ordered.fifo", Attributes: { FifoTopic: "true" } });
  const { QueueUrl } = await sqs.createQueue({ QueueName: "ordered.fifo", Attributes: { FifoQueue: "true" } });
  await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: "arn:aws:sqs:eu-west-1:000000000000:ordered.fifo", Attributes: { RawMessageDelivery: "true" } });
  const startedMs = performance.now();
  for (let n = 0; n < messages; n += 10) await sns.publishBatch({ TopicArn, PublishBatchRequestEntries: Array.from({ length: 10 }, (_, m) => ({ Id: String(m), Message: BODY, MessageGroupId: "g", MessageDeduplicationId: String(n + m) })) });
  while (Number((await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] })).Attributes!["ApproximateNumberOfMessages"]) < messages) await sleep(20);
  return messages / ((performance.now() - startedMs) / 1000);
}

async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return count / ((performance.now() - startedMs) / 1000);
}

async function inParallel(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => { while (next < count) await work(next++); }));
}

async function drained(url: string): Promise<void> {
  for (;;) {
    const { asynchronous } = (await (await fetch(`${url}/_evoke/health`)).json()) as { asynchronous: { lanes: number } };
    if (asynchronous.lanes === 0) return;
    await sleep(20);
  }
}

function barePerSecond(path: string, messages: number): number {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE messages (sequence INTEGER PRIMARY KEY, queue TEXT, due INTEGER, body TEXT); CREATE INDEX due ON messages (queue, due)");
  const insert = db.prepare("INSERT INTO messages (queue, due, body) VALUES (?, 0, ?)");
  const startedMs = performance.now();
  for (let n = 0; n < messages; n++) {
    db.exec("BEGIN");
    for (let queue = 0; queue < QUEUES; queue++) insert.run(`fan-${queue}`, BODY);
    db.exec("COMMIT");
  }
  const rate = messages * QUEUES / ((performance.now() - startedMs) / 1000);
  db.close();
  return rate;
}
