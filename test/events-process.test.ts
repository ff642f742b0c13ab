// kill -9 while events are put, delivered, archived and replayed, over and over: every event that was accepted is at both targets, the archive has it, and a replay brings it again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SQS } from "@aws-sdk/client-sqs";
import { type MortalPlatform, mortalPlatforms } from "./support/mortal-platform.ts";

/** A nightly run asks for many more. */
const KILLS = Number(process.env["EVOKE_CRASH_ROUNDS"] ?? 8);
const SENDERS = 4;
const BUS = "arn:aws:events:eu-west-1:000000000000:event-bus/default";
const queueArn = (name: string) => `arn:aws:sqs:eu-west-1:000000000000:${name}`;

type Evoke = MortalPlatform<{ events: EventBridge; sqs: SQS }>;
const { start, killDuring } = mortalPlatforms("events", (config) => ({ events: new EventBridge(config), sqs: new SQS(config) }));

async function putUntil({ events }: Evoke, round: number, accepted: Set<string>, stop: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: SENDERS }, async (_, sender) => {
    for (let n = 0; !stop.aborted; n++) {
      try {
        const { Entries } = await events.putEvents({ Entries: [0, 1].map((m) => ({ Source: "kept", DetailType: "d", Detail: JSON.stringify({ sender, round, n, m }) })) });
        for (const { EventId } of Entries!) accepted.add(EventId!);
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    }
  }));
}

/** Until everything of `wanted` is there, or nothing has come for longer than what a killed process held stays held. */
async function receiveAll({ sqs, url }: Evoke, name: string, wanted: Set<string>, isOne: (event: Record<string, unknown>) => boolean): Promise<void> {
  const missing = new Set(wanted);
  const QueueUrl = `${url}/000000000000/${name}`;
  while (missing.size > 0) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
    if (Messages.length === 0) break;
    for (const { Body } of Messages) {
      const event = JSON.parse(Body!);
      if (isOne(event)) missing.delete(event.id);
    }
    await sqs.deleteMessageBatch({ QueueUrl, Entries: Messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle })) });
  }
  assert.deepEqual([...missing], [], `all of ${wanted.size} are in ${name}`);
}

test("every event that was accepted reaches its targets and its archive, and comes again with a replay, whenever the platform is killed", async () => {
  const accepted = new Set<string>();
  let evoke = await start();
  for (const QueueName of ["one", "two"]) await evoke.sqs.createQueue({ QueueName });
  await evoke.events.putRule({ Name: "kept", EventPattern: JSON.stringify({ source: ["kept"] }) });
  await evoke.events.putTargets({ Rule: "kept", Targets: ["one", "two"].map((Id) => ({ Id, Arn: queueArn(Id) })) });
  await evoke.events.createArchive({ ArchiveName: "kept", EventSourceArn: BUS });
  for (let round = 0; round < KILLS; round++) {
    const before = accepted.size;
    evoke = await killDuring(evoke, { work: (stop) => putUntil(evoke, round, accepted, stop), hasBegun: () => accepted.size > before, afterMs: Math.random() * 200 });
  }
  for (const name of ["one", "two"]) await receiveAll(evoke, name, accepted, (event) => event["replay-name"] === undefined);
  const archived = async () => (await evoke.events.describeArchive({ ArchiveName: "kept" })).EventCount!;
  for (let left = 300; left > 0 && (await archived()) < accepted.size; left--) await sleep(100);

  await evoke.events.startReplay({ ReplayName: "again", EventSourceArn: "arn:aws:events:eu-west-1:000000000000:archive/kept", EventStartTime: new Date(0), EventEndTime: new Date(Date.now() + 60_000), Destination: { Arn: BUS } });
  evoke = await killDuring(evoke, { work: async () => undefined, hasBegun: async () => (await evoke.events.describeReplay({ ReplayName: "again" })).State !== "STARTING", afterMs: Math.random() * 200 });
  for (const name of ["one", "two"]) await receiveAll(evoke, name, accepted, (event) => event["replay-name"] === "again");
  for (let left = 300; left > 0 && (await evoke.events.describeReplay({ ReplayName: "again" })).State !== "COMPLETED"; left--) await sleep(100);
  assert.equal((await evoke.events.describeReplay({ ReplayName: "again" })).State, "COMPLETED");
  await evoke.kill("SIGTERM");
});
