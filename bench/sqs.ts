// SQS over HTTP, on disk and in memory: messages sent, and received and deleted, per second, one by one and ten at a time, in turn with ElasticMQ;
// and whether a queue that holds a million messages is slower than one that holds a thousand.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { ELASTICMQ, serveElasticmq } from "./elasticmq.ts";
import { load, median, rssMb, ROOT, type Server, serve, serveEvoke } from "./process.ts";
import type { Row } from "./run.ts";

const CONNECTIONS = 32;

export interface SqsLoad { messages: number; perSecond: number; p50Us: number; p99Us: number }

export async function sqsLoad(url: string, queue: string, action: "send" | "take", batch: number, connections: number, seconds: number, callsMax?: number): Promise<SqsLoad> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, "bench/sqs-load.ts"), url, queue, action, `${batch}`, `${connections}`, `${seconds}`, ...(callsMax === undefined ? [] : [`${callsMax}`])]);
  return JSON.parse(stdout);
}

export const sqsAt = (url: string): SQSClient => new SQSClient({ endpoint: url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });

/** An Evoke whose queues are on disk. */
export async function serveOnDisk(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "evoke-bench-"));
  const server = await serve([join(ROOT, "bin/evoke.mjs"), "start", "--port", "0", "--data", join(folder, "data"), "--json"]);
  return {
    ...server,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const KINDS = [["send", 1, "messages sent per second, one by one"], ["take", 1, "… received and deleted"], ["send", 10, "… sent ten at a time"], ["take", 10, "… received and deleted ten at a time"]] as const;

export async function sqsOperations(quick: boolean): Promise<Row[]> {
  const peer = await serveElasticmq();
  const [durable, inMemory] = [await serveOnDisk(), await serveEvoke()];
  const echo = await serve([join(ROOT, "bench/echo.ts")]);
  try {
    const [onDisk, ours, theirs]: [SqsLoad[][], SqsLoad[][], SqsLoad[][]] = [[], [], []];
    const floor: number[] = [];
    // A Java program is slow at first, which is not what is measured.
    if (peer && !quick) for (let n = 0; n < 2; n++) await roundAt(peer.url, false);
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      floor.push((await load(echo.url, "/", CONNECTIONS, 1)).perSecond);
      onDisk.push(await roundAt(durable.url, quick));
      ours.push(await roundAt(inMemory.url, quick));
      if (peer) theirs.push(await roundAt(peer.url, quick));
    }
    return KINDS.map(([, batch, what], kind) => {
      const of = (rounds: SqsLoad[][], pick: (one: SqsLoad) => number) => Math.round(median(rounds.map((one) => pick(one[kind]!))));
      const rate = (rounds: SqsLoad[][]) => of(rounds, (one) => one.perSecond);
      const show = (rounds: SqsLoad[][]) => `${rate(rounds)} (p50 ${of(rounds, (one) => one.p50Us)}, p99 ${of(rounds, (one) => one.p99Us)} µs)`;
      const calls = Math.round(median(floor));
      const against = peer ? rate(theirs) : calls * batch;
      return {
        what: `SQS ${what}, ${CONNECTIONS} connections, durable; in memory`, evoke: `${show(onDisk)}; ${show(ours)}`,
        floor: `${peer ? `${show(theirs)} ${ELASTICMQ}; ` : ""}${calls} calls (bare node:http echo)`,
        ratio: `${(rate(onDisk) / against).toFixed(2)}; ${(rate(ours) / against).toFixed(2)}`, bar: "", met: undefined,
      };
    });
  } finally {
    await Promise.all([durable.stop(), inMemory.stop(), echo.stop(), peer?.stop()]);
  }
}

async function roundAt(url: string, quick: boolean): Promise<SqsLoad[]> {
  const sqs = sqsAt(url);
  try {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `bench-${Math.round(performance.now())}` }));
    const measured: SqsLoad[] = [];
    for (const [action, batch] of KINDS) measured.push(await sqsLoad(url, QueueUrl!, action, batch, CONNECTIONS, quick ? 1 : 2));
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    return measured;
  } finally {
    sqs.destroy();
  }
}

const [FEW, MANY] = [1000, 1_000_000];
/** Of each operation in one round: few enough to change nothing about what the queue holds. */
const CALLS = 3000;

export async function sqsMillion(quick: boolean): Promise<Row[]> {
  const many = quick ? MANY / 10 : MANY;
  const evoke = await serveOnDisk();
  const sqs = sqsAt(evoke.url);
  try {
    const queues: string[] = [];
    for (const size of [FEW, many]) {
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `holds-${size}` }));
      await sqsLoad(evoke.url, QueueUrl!, "send", 10, CONNECTIONS, 3600, size / 10);
      queues.push(QueueUrl!);
    }
    // In turn, and each first in every other round: the machine is not the same from second to second.
    const rounds: Record<"send" | "take" | "counts", number>[][] = [[], []];
    for (let round = 0; round < (quick ? 2 : 6); round++) {
      for (const at of round % 2 ? [1, 0] : [0, 1]) rounds[at]!.push(await eachOperation(evoke.url, sqs, queues[at]!));
    }
    const named = { send: "SendMessage", take: "ReceiveMessage and DeleteMessage", counts: "GetQueueAttributes" };
    return Object.entries(named).map(([kind, name]) => {
      const [few, held] = rounds.map((of) => median(of.map((one) => one[kind as keyof typeof named])));
      const ratio = few! / held!;
      return { what: `${name} per second, the queue holding ${many.toLocaleString("en")} messages`, evoke: `${Math.round(held!)} (${Math.round(rssMb(evoke.child.pid!))} MB)`, floor: `${Math.round(few!)} (holding ${FEW.toLocaleString("en")})`, ratio: ratio.toFixed(2), bar: "≤ 1.5", met: ratio <= 1.5 };
    });
  } finally {
    sqs.destroy();
    await evoke.stop();
  }
}

async function eachOperation(url: string, sqs: SQSClient, queue: string): Promise<Record<"send" | "take" | "counts", number>> {
  const send = (await sqsLoad(url, queue, "send", 1, CONNECTIONS, 60, CALLS)).perSecond;
  const take = (await sqsLoad(url, queue, "take", 1, CONNECTIONS, 60, CALLS)).perSecond;
  const began = performance.now();
  for (let n = 0; n < 200; n++) await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ["All"] }));
  return { send, take, counts: 200 / ((performance.now() - began) / 1000) };
}
