// Messages sent, received, hidden and deleted, with the real client (@aws-sdk/client-sqs) under a clock that moves when told to.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openQueueRoom } from "../../../test/support/queue-room.ts";

const { sqs, clock, counted, queue, receive, bodies, close } = await openQueueRoom();
after(close);

const HOUR_MS = 3_600_000;

test("a message is received once, shows what is asked for, and is gone when it is deleted", async () => {
  const QueueUrl = await queue();
  const sent = await sqs.sendMessage({ QueueUrl, MessageBody: "hello", MessageAttributes: { Kind: { DataType: "String", StringValue: "greeting" }, Raw: { DataType: "Binary", BinaryValue: Buffer.from([0, 255]) }, "Size.int": { DataType: "Number.int", StringValue: "5" } }, MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: "some-trace-id" } } });
  assert.equal(sent.MD5OfMessageBody, "5d41402abc4b2a76b9719d911017c592");
  assert.equal(sent.MD5OfMessageSystemAttributes, "fdce4f2818803f2f73becc09a54792c0"); // as another implementation computed it
  const [message, ...more] = await receive(QueueUrl, { MessageSystemAttributeNames: ["All"], MessageAttributeNames: ["All"] });
  assert.equal(more.length, 0);
  assert.equal(message!.MessageId, sent.MessageId);
  assert.equal(message!.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
  assert.deepEqual(message!.MessageAttributes, { Kind: { DataType: "String", StringValue: "greeting" }, Raw: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) }, "Size.int": { DataType: "Number.int", StringValue: "5" } });
  const now = String(clock.now());
  assert.deepEqual(message!.Attributes, { ApproximateReceiveCount: "1", SentTimestamp: now, SenderId: "000000000000", ApproximateFirstReceiveTimestamp: now, AWSTraceHeader: "some-trace-id" });
  assert.deepEqual(await receive(QueueUrl), []);
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: message!.ReceiptHandle });
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: message!.ReceiptHandle }); // no error
  await clock.advance(31_000);
  assert.deepEqual(await receive(QueueUrl), []);
});

test("attributes are shown by name and by prefix, with the MD5 of what is shown", async () => {
  const QueueUrl = await queue({ VisibilityTimeout: "0" });
  const text = (StringValue: string) => ({ DataType: "String", StringValue });
  await sqs.sendMessage({ QueueUrl, MessageBody: "msg", MessageAttributes: { "Help.Me": text("Me"), Hello: text("There"), General: text("Kenobi") } });
  const shown = async (MessageAttributeNames: string[]) => {
    const [message] = await receive(QueueUrl, { MessageAttributeNames });
    return [message!.MD5OfMessageAttributes, Object.keys(message!.MessageAttributes ?? {}).sort()];
  };
  // MD5s recorded from AWS (LocalStack's snapshots).
  for (const all of [["All"], [".*"], ["*"]]) assert.deepEqual(await shown(all), ["4c360f3fdafd970e05fae2f149d997f5", ["General", "Hello", "Help.Me"]]);
  assert.deepEqual(await shown(["General", "Hello"]), ["fca026605781cb4126a1e9044df24232", ["General", "Hello"]]);
  assert.deepEqual(await shown(["Hello", "Foo"]), ["a311262e065454b75da111d535b8dacd", ["Hello"]]);
  assert.deepEqual((await shown(["Hel.*"]))[1], ["Hello", "Help.Me"]);
  assert.deepEqual(await shown(["Foo"]), [undefined, []]);
  assert.deepEqual((await receive(QueueUrl, { AttributeNames: ["SenderId" as never, "SequenceNumber" as never] }))[0]!.Attributes, { SenderId: "000000000000" });
  await assert.rejects(sqs.receiveMessage({ QueueUrl, MessageSystemAttributeNames: ["Colour" as never] }), { name: "InvalidAttributeName", message: "Unknown Attribute Colour." });
});

test("a message that is not deleted comes back after its visibility timeout, which may be changed up to twelve hours in all", async () => {
  const QueueUrl = await queue({ VisibilityTimeout: "60" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "m" });
  const [first] = await receive(QueueUrl);
  await clock.advance(59_000);
  assert.deepEqual(await bodies(QueueUrl), []);
  await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: first!.ReceiptHandle, VisibilityTimeout: 43_200 - 59 });
  await assert.rejects(sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: first!.ReceiptHandle, VisibilityTimeout: 43_200 }), { message: "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]" });
  await clock.advance(12 * HOUR_MS - 59_000 - 1000);
  assert.deepEqual(await bodies(QueueUrl), []);
  await clock.advance(1000);
  const [again] = await receive(QueueUrl, { MessageSystemAttributeNames: ["ApproximateReceiveCount"] });
  assert.equal(again!.Attributes!["ApproximateReceiveCount"], "2");
  await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: again!.ReceiptHandle, VisibilityTimeout: 0 });
  assert.deepEqual(await bodies(QueueUrl), ["m"]);
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: again!.ReceiptHandle }); // of an older receive: the newer one keeps it
  await clock.advance(61_000);
  const [last] = await receive(QueueUrl);
  await clock.advance(61_000);
  await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: last!.ReceiptHandle, VisibilityTimeout: 5 }); // over, and nobody else's: no error (recorded)
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: last!.ReceiptHandle });
  assert.deepEqual(await bodies(QueueUrl), []);
  await assert.rejects(sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: last!.ReceiptHandle, VisibilityTimeout: 5 }), { message: `Value ${last!.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.` });
});

test("delays are the queue's or the message's own, and counts tell what is where", async () => {
  const QueueUrl = await queue({ DelaySeconds: "10" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "later" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "now", DelaySeconds: 0 });
  await sqs.sendMessage({ QueueUrl, MessageBody: "too", DelaySeconds: 0 });
  assert.equal((await receive(QueueUrl, { MaxNumberOfMessages: 1 })).length, 1);
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible"] });
  assert.deepEqual(Attributes, { ApproximateNumberOfMessages: "1", ApproximateNumberOfMessagesDelayed: "1", ApproximateNumberOfMessagesNotVisible: "1" });
  await clock.advance(10_000);
  assert.deepEqual((await bodies(QueueUrl)).sort(), ["later", "too"]);
});

test("a number of a megabyte that is none is refused at once", async () => {
  const QueueUrl = await queue();
  const startedMs = performance.now();
  await assert.rejects(sqs.sendMessage({ QueueUrl, MessageBody: "m", MessageAttributes: { n: { DataType: "Number", StringValue: `${"1".repeat(1_000_000)}x` } } }), { message: "Could not cast message attribute 'n' value to number." });
  assert.ok(performance.now() - startedMs < 5_000);
});

test("a batch answers for each of its entries", async () => {
  const QueueUrl = await queue();
  const { Successful, Failed } = await sqs.sendMessageBatch({ QueueUrl, Entries: [{ Id: "a", MessageBody: "A" }, { Id: "b", MessageBody: "\u0001" }, { Id: "c", MessageBody: "C", DelaySeconds: 901 }] });
  assert.deepEqual(Successful!.map(({ Id, MD5OfMessageBody }) => [Id, MD5OfMessageBody]), [["a", "7fc56270e7a70fa81a5935b72eacbe29"]]);
  assert.deepEqual(Failed!.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault]), [["b", "InvalidMessageContents", true], ["c", "InvalidParameterValue", true]]);
  const [message] = await receive(QueueUrl);
  const handle = message!.ReceiptHandle!;
  const changed = await sqs.changeMessageVisibilityBatch({ QueueUrl, Entries: [{ Id: "x", ReceiptHandle: handle, VisibilityTimeout: 40 }, { Id: "y", ReceiptHandle: "mine", VisibilityTimeout: 1 }, { Id: "z", ReceiptHandle: handle, VisibilityTimeout: 50_000 }] });
  assert.deepEqual([changed.Successful!.map(({ Id }) => Id), changed.Failed!.map(({ Id, Code }) => [Id, Code])], [["x"], [["y", "ReceiptHandleIsInvalid"], ["z", "InvalidParameterValue"]]]);
  const deleted = await sqs.deleteMessageBatch({ QueueUrl, Entries: [{ Id: "x", ReceiptHandle: handle }, { Id: "y", ReceiptHandle: "mine" }] });
  assert.deepEqual([deleted.Successful, deleted.Failed!.map(({ Id, Code, Message }) => [Id, Code, Message])], [[{ Id: "x" }], [["y", "ReceiptHandleIsInvalid", 'The input receipt handle "mine" is not a valid receipt handle.']]]);
});

test("a message past its retention is never received, and does not stay", async () => {
  const QueueUrl = await queue({ MessageRetentionPeriod: "60" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "old" });
  await clock.advance(60_000);
  await sqs.sendMessage({ QueueUrl, MessageBody: "new" });
  assert.deepEqual(await bodies(QueueUrl), ["new"]);
  await clock.advance(3 * 60_000);
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] });
  assert.deepEqual(Attributes, { ApproximateNumberOfMessages: "0", ApproximateNumberOfMessagesNotVisible: "0" });
});

test("what happens to messages is counted, queue by queue", async () => {
  const QueueUrl = await queue({}, "counted");
  await sqs.sendMessage({ QueueUrl, MessageBody: "12345" });
  const [message] = await receive(QueueUrl);
  await receive(QueueUrl);
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: message!.ReceiptHandle });
  const of = (name: string) => counted.get(`${name} counted`);
  assert.deepEqual(["NumberOfMessagesSent", "SentMessageSize", "NumberOfMessagesReceived", "NumberOfEmptyReceives", "NumberOfMessagesDeleted"].map(of), [1, 5, 1, 1, 1]);
  await sqs.sendMessage({ QueueUrl, MessageBody: "6" });
  await clock.advance(60_000);
  assert.ok(of("ApproximateNumberOfMessagesVisible")! >= 1);
  assert.equal(of("ApproximateNumberOfMessagesDelayed"), 0);
});
