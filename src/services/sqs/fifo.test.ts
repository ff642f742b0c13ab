// FIFO queues: order, groups, deduplication, and handles that expire; with the real client (@aws-sdk/client-sqs).
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openQueueRoom } from "../../../test/support/queue-room.ts";

const { sqs, clock, queue, receive, bodies, close } = await openQueueRoom();
after(close);

const FIFO = { FifoQueue: "true" };
const BY_CONTENT = { ...FIFO, ContentBasedDeduplication: "true" };

test("messages of a group come in order, together, and nothing of the group until they are done with", async () => {
  const QueueUrl = await queue(BY_CONTENT);
  for (const MessageBody of ["a1", "b1", "a2", "a3"]) await sqs.sendMessage({ QueueUrl, MessageBody, MessageGroupId: MessageBody[0]! });
  const first = await receive(QueueUrl, { MaxNumberOfMessages: 2, MessageSystemAttributeNames: ["MessageGroupId", "SequenceNumber", "MessageDeduplicationId"] });
  assert.deepEqual(first.map(({ Body }) => Body), ["a1", "a2"]);
  const [one, two] = first.map(({ Attributes }) => Attributes!["SequenceNumber"]!);
  assert.match(one!, /^\d{20}$/);
  assert.ok(one! < two!);
  assert.equal(first[0]!.Attributes!["MessageDeduplicationId"], "f55ff16f66f43360266b95db6f8fec01d76031054306ae4a4b380598f6cfd114");
  assert.deepEqual(await bodies(QueueUrl), ["b1"]);
  assert.deepEqual(await bodies(QueueUrl), []);
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: first[0]!.ReceiptHandle });
  assert.deepEqual(await bodies(QueueUrl), [], "a2 is still held");
  await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: first[1]!.ReceiptHandle, VisibilityTimeout: 0 });
  assert.deepEqual(await bodies(QueueUrl), ["a2", "a3"]);
});

for (const [position, expected] of [[0, []], [1, ["foo"]], [2, ["foo", "bar"]]] as [number, string[]][]) {
  // Recorded from AWS (LocalStack's snapshots).
  test(`message ${position} of three held longer leaves those before it to be received again`, async () => {
    const QueueUrl = await queue({ FifoQueue: "True", VisibilityTimeout: "1" });
    for (const body of ["foo", "bar", "baz"]) await sqs.sendMessage({ QueueUrl, MessageBody: body, MessageGroupId: "1", MessageDeduplicationId: body });
    const all = await receive(QueueUrl);
    assert.deepEqual(all.map(({ Body }) => Body), ["foo", "bar", "baz"]);
    await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: all[position]!.ReceiptHandle, VisibilityTimeout: 4 });
    await clock.advance(2_500);
    assert.deepEqual(await bodies(QueueUrl), expected);
  });
}

test("what is sent again within five minutes is accepted, answered as the first was, and not delivered", async () => {
  const QueueUrl = await queue(FIFO);
  const send = (MessageBody: string, MessageGroupId = "g") => sqs.sendMessage({ QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId: "d" });
  const first = await send("one");
  const second = await send("two", "other-group");
  assert.deepEqual([second.MessageId, second.SequenceNumber], [first.MessageId, first.SequenceNumber]);
  assert.notEqual(second.MD5OfMessageBody, first.MD5OfMessageBody);
  const [message, ...more] = await receive(QueueUrl);
  assert.deepEqual([message!.Body, more.length], ["one", 0]);
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: message!.ReceiptHandle });
  await send("three");
  assert.deepEqual(await bodies(QueueUrl), [], "deleting changes nothing");
  await clock.advance(300_000);
  await send("four");
  assert.deepEqual(await bodies(QueueUrl), ["four"]);
});

test("with the scope of a message group, groups are told apart", async () => {
  const QueueUrl = await queue({ ...FIFO, DeduplicationScope: "messageGroup", FifoThroughputLimit: "perMessageGroupId" });
  for (const MessageGroupId of ["x", "y", "x"]) await sqs.sendMessage({ QueueUrl, MessageBody: MessageGroupId, MessageGroupId, MessageDeduplicationId: "d" });
  assert.deepEqual((await bodies(QueueUrl)).sort(), ["x", "y"]);
});

test("a handle whose time is over deletes nothing, and one that was extended does", async () => {
  const QueueUrl = await queue({ ...BY_CONTENT, VisibilityTimeout: "10" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "m", MessageGroupId: "g" });
  const [late] = await receive(QueueUrl);
  await clock.advance(10_000);
  await assert.rejects(sqs.deleteMessage({ QueueUrl, ReceiptHandle: late!.ReceiptHandle }), { message: `Value ${late!.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.` });
  const { Failed } = await sqs.deleteMessageBatch({ QueueUrl, Entries: [{ Id: "a", ReceiptHandle: late!.ReceiptHandle }] });
  assert.equal(Failed![0]!.Code, "InvalidParameterValue");
  const [intime] = await receive(QueueUrl);
  await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: intime!.ReceiptHandle, VisibilityTimeout: 30 });
  await clock.advance(15_000);
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: intime!.ReceiptHandle });
  await clock.advance(30_000);
  assert.deepEqual(await bodies(QueueUrl), []);
});

test("an attempt that is made again gets the same messages under the same handles, for five minutes and while all are held", async () => {
  const QueueUrl = await queue(BY_CONTENT);
  for (const MessageBody of ["1", "2"]) await sqs.sendMessage({ QueueUrl, MessageBody, MessageGroupId: "g" });
  const attempt = () => receive(QueueUrl, { ReceiveRequestAttemptId: "try", VisibilityTimeout: 20 });
  const first = await attempt();
  await clock.advance(15_000);
  assert.deepEqual((await attempt()).map(({ ReceiptHandle }) => ReceiptHandle), first.map(({ ReceiptHandle }) => ReceiptHandle));
  await clock.advance(15_000);
  assert.deepEqual(await bodies(QueueUrl), [], "hidden anew");
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: first[0]!.ReceiptHandle });
  assert.deepEqual(await attempt(), [], "one of them is gone, and the other held");
  await assert.rejects(receive(await queue(), { ReceiveRequestAttemptId: "try" }), /ReceiveRequestAttemptId is invalid/);
});

test("the delay of a FIFO queue is the queue's", async () => {
  const QueueUrl = await queue({ ...BY_CONTENT, DelaySeconds: "5" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "m", MessageGroupId: "g", DelaySeconds: 0 }); // means none of its own (recorded)
  assert.deepEqual(await bodies(QueueUrl), []);
  await assert.rejects(sqs.sendMessage({ QueueUrl, MessageBody: "m", MessageGroupId: "g", DelaySeconds: 2 }), { message: "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type." });
  await clock.advance(5_000);
  assert.deepEqual(await bodies(QueueUrl), ["m"]);
});

test("a batch keeps its order, and one without groups or ids is refused whole", async () => {
  const QueueUrl = await queue(FIFO);
  const entry = (Id: string) => ({ Id, MessageBody: Id, MessageGroupId: "g", MessageDeduplicationId: Id });
  const { Successful } = await sqs.sendMessageBatch({ QueueUrl, Entries: ["c", "b", "a"].map(entry) });
  assert.deepEqual(Successful!.map(({ Id, SequenceNumber }) => [Id, SequenceNumber!.length]), [["c", 20], ["b", 20], ["a", 20]]);
  assert.deepEqual(await bodies(QueueUrl), ["c", "b", "a"]);
  await assert.rejects(sqs.sendMessageBatch({ QueueUrl, Entries: [{ Id: "x", MessageBody: "x", MessageGroupId: "g" }] }), { message: "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly" });
  await assert.rejects(sqs.sendMessageBatch({ QueueUrl, Entries: [{ Id: "x", MessageBody: "x", MessageDeduplicationId: "d" }] }), { message: "The request must contain the parameter MessageGroupId." });
});

test("answers kept for receives that are tried again have a limit, and the oldest make room", async () => {
  const QueueUrl = await queue({ FifoQueue: "true", ContentBasedDeduplication: "true" });
  const attempt = (id: string) => receive(QueueUrl, { ReceiveRequestAttemptId: id });
  for (let n = 0; n < 20; n++) {
    await sqs.sendMessage({ QueueUrl, MessageBody: `${n} ${"x".repeat(1_000_000)}`, MessageGroupId: `g${n}` });
    assert.equal((await attempt(`try${n}`)).length, 1);
  }
  assert.equal((await attempt("try19")).length, 1);
  assert.equal((await attempt("try0")).length, 0, "two megabytes each are more than is kept; its message stays with who received it");
});
