// Queues as other rooms deliver to them: one message, or several of them together.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { queueTarget } from "./target.ts";
import { openQueueRoom } from "../../../test/support/queue-room.ts";

const { room, sqs, queue, bodies, close } = await openQueueRoom();
after(close);

const target = queueTarget(room.ports);
const from = { account: "000000000000", region: "eu-west-1", service: "sns.amazonaws.com" };
const arnOf = async (QueueUrl: string): Promise<string> => (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] })).Attributes!["QueueArn"]!;
const message = (body: string) => ({ body, group: "g", deduplicationId: body.slice(0, 20) });

test("several messages are there together and in order, each of them once", async () => {
  const QueueUrl = await queue({ FifoQueue: "true" });
  const arn = await arnOf(QueueUrl);
  await target.deliver(arn, message("1"), from);
  await target.deliverAll!(arn, ["1", "2", "3", "2", "4"].map(message), from);
  assert.deepEqual(await bodies(QueueUrl), ["1", "2", "3", "4"]);
});

test("of several messages none is there when one is refused", async () => {
  const QueueUrl = await queue({ FifoQueue: "true", MaximumMessageSize: "1024" });
  const arn = await arnOf(QueueUrl);
  await assert.rejects(target.deliverAll!(arn, ["1", "x".repeat(1025), "3"].map(message), from), /1024/);
  await assert.rejects(target.deliverAll!(arn, [message("1"), { body: "2" }], from), { code: "MissingParameter" });
  assert.deepEqual(await bodies(QueueUrl), []);
  await assert.rejects(target.deliverAll!(`${arn}x`, [message("1")], from));
  await target.deliverAll!(arn, [message("1")], from);
  assert.deepEqual(await bodies(QueueUrl), ["1"], "what was refused with others is no duplicate");
});
