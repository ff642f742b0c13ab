// kill -9 while a pipe receives, enriches, sends and deletes, over and over: every accepted message is in the target, and nothing is left.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { Pipes } from "@aws-sdk/client-pipes";
import { SQS } from "@aws-sdk/client-sqs";
import { type MortalPlatform, mortalPlatforms } from "./support/mortal-platform.ts";
import { zipOf } from "./support/zip.ts";

/** A nightly run asks for many more. */
const KILLS = Number(process.env["EVOKE_CRASH_ROUNDS"] ?? 5);
const VISIBILITY_SECONDS = 2;
const ROLE = "arn:aws:iam::000000000000:role/any";
const arnOf = (queue: string): string => `arn:aws:sqs:eu-west-1:000000000000:${queue}`;

type Evoke = MortalPlatform<{ lambda: Lambda; pipes: Pipes; sqs: SQS }>;
const { start, killDuring } = mortalPlatforms("pipes", (config) => ({ lambda: new Lambda(config), pipes: new Pipes(config), sqs: new SQS(config) }), "--environments-max", "8");

const urlOf = ({ url }: Evoke, queue: string): string => `${url}/000000000000/${queue}`;

async function prepare({ lambda, pipes, sqs }: Evoke): Promise<void> {
  await sqs.createQueue({ QueueName: "from", Attributes: { VisibilityTimeout: `${VISIBILITY_SECONDS}` } });
  await sqs.createQueue({ QueueName: "to" });
  await lambda.createFunction({ FunctionName: "enrich", Runtime: "nodejs24.x", Handler: "index.handler", Role: ROLE, Timeout: VISIBILITY_SECONDS, Code: { ZipFile: await zipOf({ "index.js": "exports.handler = async (event) => { await new Promise((go) => setTimeout(go, 100)); return event; };" }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: "enrich" });
  await pipes.createPipe({ Name: "p", Source: arnOf("from"), Target: arnOf("to"), Enrichment: "arn:aws:lambda:eu-west-1:000000000000:function:enrich", RoleArn: ROLE, TargetParameters: { InputTemplate: "<$.body>" } });
}

test("every message that was accepted is in the target, whenever the platform is killed", async (t) => {
  const accepted = new Set<string>();
  let next = 0;
  let evoke = await start();
  await prepare(evoke);
  const sendUntil = async (stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      const MessageBody = `m${next++}`;
      try {
        await evoke.sqs.sendMessage({ QueueUrl: urlOf(evoke, "from"), MessageBody });
        accepted.add(MessageBody);
        await sleep(10);
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    }
  };
  for (let round = 0; round < KILLS; round++) {
    const before = accepted.size;
    evoke = await killDuring(evoke, { work: sendUntil, hasBegun: () => accepted.size > before, afterMs: 100 + Math.random() * 800 });
  }
  const arrived: string[] = [];
  const missing = () => [...accepted].filter((body) => !arrived.includes(body));
  for (let sinceMs = performance.now(); missing().length > 0 && performance.now() - sinceMs < 30_000;) {
    const { Messages = [] } = await evoke.sqs.receiveMessage({ QueueUrl: urlOf(evoke, "to"), WaitTimeSeconds: 1, MaxNumberOfMessages: 10 });
    if (Messages.length === 0) continue;
    arrived.push(...Messages.map(({ Body }) => Body!));
    sinceMs = performance.now();
    await evoke.sqs.deleteMessageBatch({ QueueUrl: urlOf(evoke, "to"), Entries: Messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle: ReceiptHandle! })) });
  }
  assert.deepEqual(missing(), [], "accepted and never delivered");
  const left = async () => {
    const { Attributes } = await evoke.sqs.getQueueAttributes({ QueueUrl: urlOf(evoke, "from"), AttributeNames: ["All"] });
    return Number(Attributes!["ApproximateNumberOfMessages"]) + Number(Attributes!["ApproximateNumberOfMessagesNotVisible"]);
  };
  for (let turn = 0; (await left()) > 0 && turn < 200; turn++) await sleep(50);
  assert.equal(await left(), 0);
  t.diagnostic(`${accepted.size} messages over ${KILLS} kills; ${arrived.length - new Set(arrived).size} arrived more than once`);
  assert.ok(accepted.size >= KILLS * 3, `only ${accepted.size} messages`);
  await evoke.kill("SIGTERM");
});
