// kill -9 while messages are published and delivered, over and over: every message that was accepted is in its queue, those of a group in order and once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { type MortalPlatform, mortalPlatforms } from "./support/mortal-platform.ts";

/** A nightly run asks for many more. */
const KILLS = Number(process.env["EVOKE_CRASH_ROUNDS"] ?? 10);
const SENDERS = 4;
const [TOPIC, ORDERED_TOPIC] = ["arn:aws:sns:eu-west-1:000000000000:kept", "arn:aws:sns:eu-west-1:000000000000:kept.fifo"];
const queueUrl = (url: string, name: string) => `${url}/000000000000/${name}`;

type Evoke = MortalPlatform<{ sns: SNS; sqs: SQS }>;
const { start, killDuring } = mortalPlatforms("topics", (config) => ({ sns: new SNS(config), sqs: new SQS(config) }));

/** Until the platform is gone; what was answered is in `accepted`. */
async function publishUntilKilled({ sns }: Evoke, round: number, accepted: Set<string>, stop: AbortSignal): Promise<void> {
  const publish = async (sender: number, ordered: boolean) => {
    for (let n = 0; !stop.aborted; n++) {
      const Message = `${ordered ? "ordered" : "any"} ${sender} ${round} ${n}`;
      try {
        await sns.publish(ordered ? { TopicArn: ORDERED_TOPIC, Message, MessageGroupId: String(sender), MessageDeduplicationId: Message.replaceAll(" ", "-") } : { TopicArn: TOPIC, Message });
        accepted.add(Message);
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, (_, sender) => [publish(sender, false), publish(sender, true)]).flat());
}

/** Until everything accepted is there, or nothing has come for longer than what a killed process held stays held. */
async function receiveAll({ sqs, url }: Evoke, name: string, accepted: Set<string>): Promise<string[]> {
  const bodies: string[] = [];
  const missing = new Set(accepted);
  while (missing.size > 0) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl: queueUrl(url, name), MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
    if (Messages.length === 0) break;
    for (const { Body } of Messages) { bodies.push(Body!); missing.delete(Body!); }
    await sqs.deleteMessageBatch({ QueueUrl: queueUrl(url, name), Entries: Messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle })) });
  }
  assert.deepEqual([...missing], [], `all of ${accepted.size} are in ${name}`);
  return bodies;
}

test("every message that was accepted reaches its queue, and those of a group in order and once, whenever the platform is killed", async () => {
  const accepted = new Set<string>();
  let evoke = await start();
  for (const [name, fifo] of [["kept", false], ["kept.fifo", true]] as const) {
    await evoke.sqs.createQueue({ QueueName: name, Attributes: fifo ? { FifoQueue: "true" } : {} });
    const { TopicArn } = await evoke.sns.createTopic({ Name: name, Attributes: fifo ? { FifoTopic: "true" } : {} });
    await evoke.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: `arn:aws:sqs:eu-west-1:000000000000:${name}`, Attributes: { RawMessageDelivery: "true" } });
  }
  for (let round = 0; round < KILLS; round++) {
    const before = accepted.size;
    evoke = await killDuring(evoke, { work: (stop) => publishUntilKilled(evoke, round, accepted, stop), hasBegun: () => accepted.size > before, afterMs: Math.random() * 300 });
  }
  const of = (kind: string) => new Set([...accepted].filter((message) => message.startsWith(kind)));
  assert.ok(of("any").size >= KILLS && of("ordered").size >= KILLS, "enough was published to tell");
  const [, ordered] = await Promise.all([receiveAll(evoke, "kept", of("any")), receiveAll(evoke, "kept.fifo", of("ordered"))]);
  for (let sender = 0; sender < SENDERS; sender++) {
    const numbers = ordered.filter((body) => body.startsWith(`ordered ${sender} `)).map((body) => body.split(" ").slice(2).map(Number) as [round: number, n: number]);
    const wrong = numbers.findIndex(([round, n], index) => index > 0 && (round < numbers[index - 1]![0] || (round === numbers[index - 1]![0] && n <= numbers[index - 1]![1])));
    assert.equal(wrong, -1, `group ${sender} is in order, each once: ${numbers.slice(Math.max(0, wrong - 2), wrong + 2).join("; ")}`);
  }
  await evoke.kill("SIGTERM");
});
