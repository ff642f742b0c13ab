// kill -9 while objects are put, over and over: every object that is there has told its queue, and the queue was told of no object that is not there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { S3 } from "@aws-sdk/client-s3";
import { SQS } from "@aws-sdk/client-sqs";
import { type MortalPlatform, mortalPlatforms } from "./support/mortal-platform.ts";

/** A nightly run asks for many more. */
const KILLS = Number(process.env["EVOKE_CRASH_ROUNDS"] ?? 3);
const SENDERS = 8;
const Bucket = "kept";
const QUEUE = "arn:aws:sqs:eu-west-1:000000000000:kept";

type Evoke = MortalPlatform<{ s3: S3; sqs: SQS }>;
const { start, killDuring } = mortalPlatforms("buckets", (config) => ({ s3: new S3(config), sqs: new SQS(config) }));

/** Until the platform is gone; what was answered is in `accepted`. */
async function putUntilKilled({ s3 }: Evoke, round: number, accepted: Set<string>, stop: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: SENDERS }, async (_, sender) => {
    for (let n = 0; !stop.aborted; n++) {
      const Key = `${round}/${sender}/${n}`;
      try {
        await s3.putObject({ Bucket, Key, Body: `body ${n}` });
        accepted.add(Key);
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    }
  }));
}

/** Until all of these have told of themselves; what was being delivered at the last kill is taken up when its lease of ten seconds is over. */
async function drain({ sqs, url }: Evoke, told: Set<string>, keys: string[]): Promise<void> {
  const QueueUrl = `${url}/000000000000/kept`;
  for (const end = Date.now() + 25_000; Date.now() < end && !keys.every((key) => told.has(key));) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
    for (const { Body } of Messages) for (const { s3 } of JSON.parse(Body!).Records ?? []) told.add(s3.object.key as string);
    if (Messages.length > 0) await sqs.deleteMessageBatch({ QueueUrl, Entries: Messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle })) });
  }
}

async function keysOf({ s3 }: Evoke): Promise<string[]> {
  const keys: string[] = [];
  for (let token: string | undefined, more = true; more;) {
    const { Contents = [], NextContinuationToken } = await s3.listObjectsV2({ Bucket, ...(token !== undefined && { ContinuationToken: token }) });
    keys.push(...Contents.map(({ Key }) => Key!));
    token = NextContinuationToken;
    more = token !== undefined;
  }
  return keys;
}

test(`objects and their events are one, whatever moment of ${KILLS} the platform is killed at`, { timeout: 60_000 + KILLS * 10_000 }, async () => {
  const accepted = new Set<string>(), told = new Set<string>();
  let evoke = await start();
  await evoke.s3.createBucket({ Bucket });
  await evoke.sqs.createQueue({ QueueName: "kept", Attributes: { VisibilityTimeout: "1" } });
  await evoke.s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { QueueConfigurations: [{ QueueArn: QUEUE, Events: ["s3:ObjectCreated:*"] }] } });
  for (let round = 0; round < KILLS; round++) {
    const before = accepted.size;
    evoke = await killDuring(evoke, { work: (stop) => putUntilKilled(evoke, round, accepted, stop), hasBegun: () => accepted.size > before + SENDERS, afterMs: 100 + 130 * (round % 7) });
  }
  const keys = await keysOf(evoke);
  await drain(evoke, told, keys);
  assert.ok(accepted.size > 10 * KILLS, `${accepted.size} objects were put`);
  assert.deepEqual([...accepted].filter((key) => !keys.includes(key)), []);
  assert.deepEqual([...told].sort(), keys.sort());
  await evoke.kill("SIGTERM");
});
