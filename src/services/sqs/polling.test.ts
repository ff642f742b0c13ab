// The queue as Lambda's pollers and other services see it, filled and looked at with the real client (@aws-sdk/client-sqs).
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { arn, openQueueRoom } from "../../../test/support/queue-room.ts";
import { queueSource } from "./source.ts";
import { queueTarget } from "./target.ts";

const { sqs, clock, queue, receive, room, close } = await openQueueRoom();
after(close);
const source = queueSource(room.ports);
const target = queueTarget(room.ports);
const name = (url: string) => url.split("/").at(-1)!;

test("a record stands in the event as Lambda puts it there", async () => {
  const QueueUrl = await queue({}, "events");
  const sent = await sqs.sendMessage({ QueueUrl, MessageBody: '{"n":1}', MessageAttributes: { Title: { DataType: "String", StringValue: "x" }, Raw: { DataType: "Binary", BinaryValue: Buffer.from("ab") } }, MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: "Root=1-5759e988-bd862e3fe1be46a994272793" } } });
  await sqs.sendMessage({ QueueUrl, MessageBody: "plain" });
  const items = await source.receive(arn("events"), { limit: 10, hiddenSeconds: 60 });
  const now = String(clock.now());
  const [first, second] = items;
  assert.deepEqual(source.toEvent(arn("events"), [first!.record]), { Records: [{
    messageId: sent.MessageId, receiptHandle: first!.receipt, body: '{"n":1}',
    attributes: { ApproximateReceiveCount: "1", SentTimestamp: now, SenderId: "000000000000", ApproximateFirstReceiveTimestamp: now, AWSTraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793" },
    messageAttributes: { Title: { stringValue: "x", stringListValues: [], binaryListValues: [], dataType: "String" }, Raw: { binaryValue: "YWI=", stringListValues: [], binaryListValues: [], dataType: "Binary" } },
    md5OfMessageAttributes: sent.MD5OfMessageAttributes, md5OfBody: sent.MD5OfMessageBody,
    eventSource: "aws:sqs", eventSourceARN: arn("events"), awsRegion: "eu-west-1",
  }] });
  assert.equal("md5OfMessageAttributes" in second!.record, false);
  assert.deepEqual((source.filterable(first!.record) as { body: object }).body, { n: 1 });
  assert.equal((source.filterable(second!.record) as { body: string }).body, "plain");
  assert.equal(first!.id, sent.MessageId);
});

test("what a poller is done with is gone, and what it gives back is there when it says", async () => {
  const QueueUrl = await queue({ VisibilityTimeout: "10" }, "polled");
  for (let n = 0; n < 3; n++) await sqs.sendMessage({ QueueUrl, MessageBody: String(n) });
  assert.deepEqual(await source.describe(arn("polled")), { ordered: false, hiddenSeconds: 10 });
  const [a, b, c] = await source.receive(arn("polled"), { limit: 10, hiddenSeconds: 60 });
  await source.done(arn("polled"), [a!]);
  await source.hide(arn("polled"), [b!], 0);
  const woken = source.wait(arn("polled"), AbortSignal.timeout(5_000));
  await source.hide(arn("polled"), [c!], 5);
  await clock.advance(5_000);
  await woken;
  assert.deepEqual((await receive(QueueUrl)).map(({ Body }) => Body), ["1", "2"]);
  await source.done(arn("polled"), [c!]); // received by another since
  assert.deepEqual((await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessagesNotVisible"] })).Attributes, { ApproximateNumberOfMessagesNotVisible: "2" });
});

test("a poller waits until something is sent, falls due or comes back", async () => {
  const QueueUrl = await queue({}, "waited");
  const none = new AbortController();
  const wait = async () => {
    let done = false;
    const woken = source.wait(arn("waited"), none.signal).then(() => { done = true; });
    await clock.advance(0);
    return { woken, done: () => done };
  };
  const sent = await wait();
  await sqs.sendMessage({ QueueUrl, MessageBody: "m", DelaySeconds: 2 });
  await sent.woken;
  const due = await wait();
  await clock.advance(1_999);
  assert.equal(due.done(), false);
  await clock.advance(1);
  await due.woken;
  const before = await wait(); // before receiving, as pollers do
  await source.receive(arn("waited"), { limit: 1, hiddenSeconds: 30 });
  await clock.advance(30_000);
  await before.woken;
  const aborted = await wait();
  none.abort();
  await aborted.woken;
});

test("groups of FIFO queues are told, dead letters leave as with ReceiveMessage, and a deleted queue is said", async () => {
  const dead = await queue({ FifoQueue: "true" }, "dead.fifo");
  const QueueUrl = await queue({ FifoQueue: "true", ContentBasedDeduplication: "true", RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn(name(dead)), maxReceiveCount: 1 }) }, "grouped.fifo");
  await sqs.sendMessage({ QueueUrl, MessageBody: "m", MessageGroupId: "g" });
  const [item] = await source.receive(arn("grouped.fifo"), { limit: 10, hiddenSeconds: 1 });
  const { attributes } = item!.record as { attributes: Record<string, string> };
  assert.deepEqual([attributes["MessageGroupId"], Object.keys(attributes).slice(4)], ["g", ["SequenceNumber", "MessageGroupId", "MessageDeduplicationId"]]);
  await clock.advance(1_000);
  assert.deepEqual(await source.receive(arn("grouped.fifo"), { limit: 10, hiddenSeconds: 1 }), []);
  assert.equal((await receive(dead)).length, 1);
  await sqs.deleteQueue({ QueueUrl });
  assert.equal(await source.describe(arn("grouped.fifo")), undefined);
  await assert.rejects(source.receive(arn("grouped.fifo"), { limit: 1, hiddenSeconds: 1 }), { name: "QueueDoesNotExist" });
  await source.done(arn("grouped.fifo"), [item!]);
});

test("other services deliver here by ARN, with attributes, group and trace", async () => {
  const QueueUrl = await queue({ FifoQueue: "true" }, "inbox.fifo");
  const from = { account: "111122223333", region: "eu-west-1", service: "sns.amazonaws.com" };
  assert.deepEqual([await target.exists(arn("inbox.fifo")), await target.exists(arn("none")), await target.exists("arn:aws:sns:eu-west-1:000000000000:t")], [true, false, false]);
  await target.deliver(arn("inbox.fifo"), { body: "{}", group: "g", deduplicationId: "d", traceId: "Root=1-5759e988-bd862e3fe1be46a994272793", attributes: { a: { type: "Binary", value: "YWI=" } } }, from);
  const [message] = await receive(QueueUrl, { MessageSystemAttributeNames: ["All"], MessageAttributeNames: ["All"] });
  assert.deepEqual(message!.MessageAttributes, { a: { DataType: "Binary", BinaryValue: new Uint8Array(Buffer.from("ab")) } });
  assert.deepEqual([message!.Attributes!["SenderId"], message!.Attributes!["MessageGroupId"], message!.Attributes!["MessageDeduplicationId"], message!.Attributes!["AWSTraceHeader"]], ["111122223333", "g", "d", "Root=1-5759e988-bd862e3fe1be46a994272793"]);
  await assert.rejects(target.deliver(arn("none"), { body: "{}" }, from), { name: "QueueDoesNotExist" });
  await assert.rejects(target.deliver(arn("inbox.fifo"), { body: "{}" }, from), { name: "MissingParameter" });
});
