// kill -9 while messages are sent, received, run and deleted, over and over: every accepted message has run, every group in order, and nothing is left.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateEventSourceMappingCommand, CreateFunctionCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import { openEvidence } from "./support/evidence.ts";
import { type MortalPlatform, mortalPlatforms } from "./support/mortal-platform.ts";
import { zipOf } from "./support/zip.ts";

/** A nightly run asks for many more. */
const KILLS = Number(process.env["EVOKE_CRASH_ROUNDS"] ?? 10);
const GROUPS = ["a", "b", "c", "d"];
const VISIBILITY_SECONDS = 3;

type Evoke = MortalPlatform<{ lambda: LambdaClient; sqs: SQS }>;
const { start, killDuring } = mortalPlatforms("queues", (config) => ({ lambda: new LambdaClient(config), sqs: new SQS(config) }), "--environments-max", "8");

const urlOf = ({ url }: Evoke, queue: string): string => `${url}/000000000000/${queue}`;

/** A queue, and a function that says what it got; of a standard queue's every fifth message fails at first. */
async function prepare({ lambda, sqs }: Evoke, queue: string, say: string): Promise<void> {
  const name = queue.replace(".fifo", "");
  await sqs.createQueue({ QueueName: queue, Attributes: { VisibilityTimeout: `${VISIBILITY_SECONDS}`, ...(queue.endsWith(".fifo") && { FifoQueue: "true", ContentBasedDeduplication: "true" }) } });
  const source = `${say}exports.handler = async ({ Records }) => {
    for (const { body, attributes } of Records) {
      if ("${queue}" === "plain" && body.endsWith("5") && attributes.ApproximateReceiveCount === "1") throw new Error("told to");
      await say("${name}", body);
    }
  };`;
  await lambda.send(new CreateFunctionCommand({ FunctionName: name, Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Timeout: VISIBILITY_SECONDS, Code: { ZipFile: await zipOf({ "index.js": source }) } }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: name });
  await lambda.send(new CreateEventSourceMappingCommand({ EventSourceArn: `arn:aws:sqs:eu-west-1:000000000000:${queue}`, FunctionName: name, BatchSize: 5 }));
}

/** Each group's messages one after the other, so that their order is known; who was answered is in `accepted`. */
async function sendUntilKilled(evoke: Evoke, next: Map<string, number>, accepted: Set<string>, stop: AbortSignal): Promise<void> {
  await Promise.all(GROUPS.flatMap((group) => ["plain", "ordered.fifo"].map(async (queue) => {
    while (!stop.aborted) {
      const key = `${queue} ${group}`;
      const n = (next.get(key) ?? 0) + 1;
      next.set(key, n);
      try {
        await evoke.sqs.sendMessage({ QueueUrl: urlOf(evoke, queue), MessageBody: `${group}${n}`, ...(queue !== "plain" && { MessageGroupId: group }) });
        accepted.add(`${queue} ${group}${n}`);
        await sleep(20); // not much faster than they run between two kills
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    }
  })));
}

async function left(evoke: Evoke, queue: string): Promise<number> {
  const { Attributes } = await evoke.sqs.getQueueAttributes({ QueueUrl: urlOf(evoke, queue), AttributeNames: ["All"] });
  return Number(Attributes!["ApproximateNumberOfMessages"]) + Number(Attributes!["ApproximateNumberOfMessagesNotVisible"]);
}

test("every message that was accepted has run, in order within its group, whenever the platform is killed", async (t) => {
  const evidence = await openEvidence();
  t.after(evidence.close);
  const accepted = new Set<string>();
  const next = new Map<string, number>();
  let evoke = await start();
  await prepare(evoke, "plain", evidence.say);
  await prepare(evoke, "ordered.fifo", evidence.say);
  for (let round = 0; round < KILLS; round++) {
    const before = accepted.size;
    evoke = await killDuring(evoke, { work: (stop) => sendUntilKilled(evoke, next, accepted, stop), hasBegun: () => accepted.size > before, afterMs: 100 + Math.random() * 1000 });
  }
  const messagesLeft = async () => (await left(evoke, "plain")) + (await left(evoke, "ordered.fifo"));
  // However many there are: as long as they become fewer.
  for (let least = Infinity, sinceMs = performance.now(); least > 0 && performance.now() - sinceMs < 60_000; await sleep(100)) {
    const now = await messagesLeft();
    if (now < least) [least, sinceMs] = [now, performance.now()];
  }
  assert.equal(await messagesLeft(), 0);
  const plain = evidence.said("plain") as string[];
  const ordered = evidence.said("ordered") as string[];
  const ran = new Set([...plain.map((body) => `plain ${body}`), ...ordered.map((body) => `ordered.fifo ${body}`)]);
  assert.deepEqual([...accepted].filter((message) => !ran.has(message)), [], "accepted and never run");
  for (const group of GROUPS) {
    // What runs a second time, because it was killed before it was deleted, may; nothing runs for the first time before what was sent before it.
    const first = [...new Set(ordered.filter((body) => body.startsWith(group)))].map((body) => Number(body.slice(1)));
    assert.deepEqual(first, first.toSorted((a, b) => a - b), `group ${group}`);
  }
  const twice = plain.length + ordered.length - ran.size;
  t.diagnostic(`${accepted.size} messages over ${KILLS} kills; ${twice} ran more than once`);
  assert.ok(accepted.size >= KILLS * 5, `only ${accepted.size} messages`);
  await evoke.kill("SIGTERM");
});
