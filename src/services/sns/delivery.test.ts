// What becomes of messages that cannot be delivered at once: retries, dead letters, order, restarts. Time is virtual.
import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "../../kernel/clock.ts";
import { ServiceError } from "../../kernel/errors.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import { lambdaArn, openTestSns, queueArn, type TestSns } from "../../../test/support/sns.ts";

const RAW = { RawMessageDelivery: "true" };
const gone = () => new ServiceError("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.");
const dlq = (name: string) => ({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn(name) }) });
const bodies = (t: TestSns, name: string) => t.queued.filter(({ arn }) => arn === queueArn(name)).map(({ message }) => message.body);
const waiting = (t: TestSns) => t.stores.queues.list({ prefix: "delivery/", limit: 100 });

async function using(work: (t: TestSns) => Promise<void>): Promise<void> {
  const t = await openTestSns();
  try {
    await work(t);
  } finally {
    await t.close();
  }
}

test("a queue that is in trouble is tried again, at once, then with pauses, until it takes the message, and nothing is left behind", () => using(async (t) => {
  const TopicArn = await t.topic("troubled");
  await t.subscribe(TopicArn, "sqs", queueArn("troubled"), RAW);
  await t.subscribe(TopicArn, "sqs", queueArn("fine"), RAW);
  t.refusals.set(queueArn("troubled"), new Error("the disk is full"));
  await t.sns.publish({ TopicArn, Message: "m" });
  await t.until(() => t.tries.length > 0);
  const [{ atMs: startMs }] = t.tries as [TestSns["tries"][0]];
  await t.clock.advance(93_000);
  const seconds = t.tries.filter(({ arn }) => arn === queueArn("troubled")).map(({ atMs }) => Math.floor((atMs - startMs) / 1000));
  assert.deepEqual(seconds, [0, 0, 0, 0, 1, 2, 3, 5, 9, 17, 33, 53, 73]);
  assert.deepEqual(bodies(t, "fine"), ["m"], "nobody else is held up");
  t.refusals.clear();
  await t.clock.advance(20_100);
  assert.deepEqual(bodies(t, "troubled"), ["m"]);
  assert.deepEqual(await waiting(t), []);
  assert.deepEqual([t.metrics.get("NumberOfNotificationsDelivered"), t.metrics.get("NumberOfNotificationsFailed")], [2, undefined]);
}));

test("of more deliveries that are tried again than are stored together none is lost, though the database lets a transaction begin again", () => using(async (t) => {
  const TopicArn = await t.topic("many");
  const queues = Array.from({ length: 510 }, (_, n) => queueArn(`many-${n}`));
  for (const arn of queues) {
    await t.subscribe(TopicArn, "sqs", arn, RAW);
    t.refusals.set(arn, new Error("busy"));
  }
  await t.sns.publish({ TopicArn, Message: "m" });
  await t.until(() => new Set(t.tries.map(({ arn }) => arn)).size === 510);
  t.refusals.clear();
  await t.clock.advance(120_000);
  assert.equal(new Set(t.queued.map(({ arn }) => arn)).size, 510);
}));

test("what a queue or function refuses for good goes to the dead-letter queue at once, as it would have been delivered", () => using(async (t) => {
  const TopicArn = await t.topic("refused");
  const queue = await t.subscribe(TopicArn, "sqs", queueArn("gone"), { ...RAW, ...dlq("raw-letters") });
  await t.subscribe(TopicArn, "lambda", lambdaArn("gone"), dlq("letters"));
  t.refusals.set(queueArn("gone"), gone()).set(lambdaArn("gone"), new ServiceError("AccessDeniedException", "no", { status: 403 }));
  const { MessageId } = await t.sns.publish({ TopicArn, Message: "m", MessageAttributes: { a: { DataType: "Number", StringValue: "1" } } });
  await t.until(() => t.queued.length === 2);
  const raw = t.queued.find(({ arn }) => arn === queueArn("raw-letters"))!;
  assert.deepEqual([raw.message, raw.from.sourceArn], [{ body: "m", attributes: { a: { type: "Number", value: "1" } } }, TopicArn]);
  const [letter] = bodies(t, "letters").map((body) => JSON.parse(body));
  assert.deepEqual([letter.Type, letter.MessageId, letter.Message, letter.MessageAttributes], ["Notification", MessageId, "m", { a: { Type: "Number", Value: "1" } }]);
  assert.deepEqual([t.metrics.get("NumberOfNotificationsFailed"), t.metrics.get("NumberOfNotificationsRedrivenToDlq")], [2, 2]);
  assert.ok(t.asked.some(({ actor, action, resource, context }) => "service" in actor && actor.service === "sns.amazonaws.com" && action === "sqs:SendMessage" && resource === queueArn("raw-letters") && context?.["aws:SourceArn"] === TopicArn));
  await t.sns.unsubscribe({ SubscriptionArn: queue });
}));

test("a dead-letter queue that is gone too loses the message, and says so", () => using(async (t) => {
  const TopicArn = await t.topic("lost");
  const subscription = await t.subscribe(TopicArn, "sqs", queueArn("gone"), dlq("gone-too"));
  t.refusals.set(queueArn("gone"), gone()).set(queueArn("gone-too"), gone());
  await t.sns.publish({ TopicArn, Message: "m" });
  await t.until(() => t.metrics.get("NumberOfNotificationsFailedToRedriveToDlq") === 1);
  assert.match(t.warnings.join(), new RegExp(`could not be put into its dead-letter queue either.*${subscription}`));
  await t.clock.advance(50);
  assert.deepEqual(await waiting(t), []);
}));

test("who unsubscribes gets nothing any more, not even what was to be tried again", () => using(async (t) => {
  const TopicArn = await t.topic("left");
  const SubscriptionArn = await t.subscribe(TopicArn, "sqs", queueArn("left"));
  t.refusals.set(queueArn("left"), new Error("busy"));
  await t.sns.publish({ TopicArn, Message: "m" });
  await t.until(() => t.tries.length >= 4);
  await t.sns.unsubscribe({ SubscriptionArn });
  t.refusals.clear();
  await t.clock.advance(60_000);
  assert.deepEqual([t.queued, await waiting(t)], [[], []]);
}));

test("more than ten attributes cannot be delivered raw", () => using(async (t) => {
  const TopicArn = await t.topic("many");
  await t.subscribe(TopicArn, "sqs", queueArn("many"), { ...RAW });
  await t.sns.publish({ TopicArn, Message: "m", MessageAttributes: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, { DataType: "String", StringValue: "x" }])) });
  await t.until(() => t.metrics.get("NumberOfNotificationsFailed") === 1);
  assert.deepEqual(t.queued, []);
}));

test("what was published when the platform stopped is delivered by the next", async () => {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const first = await openTestSns({ stores, clock });
  const TopicArn = await first.topic("kept");
  await first.subscribe(TopicArn, "sqs", queueArn("kept"), RAW);
  first.refusals.set(queueArn("kept"), new Error("busy"));
  await first.sns.publish({ TopicArn, Message: "before" });
  await first.close();
  const second = await openTestSns({ stores, clock });
  await second.until(() => second.queued.length === 1);
  assert.deepEqual(bodies(second, "kept"), ["before"]);
  await second.close();
  await stores.close();
});

test("the groups of a FIFO topic keep their order at every queue, whatever fails, and hold nobody else up", () => using(async (t) => {
  const TopicArn = await t.topic("ordered.fifo", { FifoTopic: "true" });
  const queues = ["one.fifo", "two.fifo", "three"];
  for (const name of queues) await t.subscribe(TopicArn, "sqs", queueArn(name), RAW);
  t.refusals.set(queueArn("one.fifo"), new Error("busy"));
  const answers = [];
  for (let n = 0; n < 20; n++) answers.push(await t.sns.publish({ TopicArn, Message: `${n % 2 ? "odd" : "even"} ${n}`, MessageGroupId: n % 2 ? "odd" : "even", MessageDeduplicationId: `id-${n}` }));
  const numbers = answers.map(({ SequenceNumber }) => BigInt(SequenceNumber!));
  assert.ok(answers.every(({ SequenceNumber }) => SequenceNumber!.length === 20) && numbers.every((number, n) => n === 0 || number > numbers[n - 1]!));
  await t.until(() => bodies(t, "two.fifo").length === 20 && bodies(t, "three").length === 20);
  assert.equal(bodies(t, "one.fifo").length, 0);
  await t.clock.advance(4_000);
  t.refusals.clear();
  await t.clock.advance(60_000);
  for (const name of queues) {
    assert.equal(bodies(t, name).length, 20, name);
    for (const group of ["odd", "even"]) assert.deepEqual(bodies(t, name).filter((body) => body.startsWith(group)), Array.from({ length: 20 }, (_, n) => `${n % 2 ? "odd" : "even"} ${n}`).filter((body) => body.startsWith(group)), `${group} at ${name}`);
  }
  const [first] = t.queued.filter(({ arn }) => arn === queueArn("two.fifo"));
  assert.deepEqual([first!.message.group, first!.message.deduplicationId], ["even", "id-0"]);
  const [toStandard] = t.queued.filter(({ arn }) => arn === queueArn("three"));
  assert.deepEqual([toStandard!.message.group, toStandard!.message.deduplicationId], [undefined, undefined]);
  assert.deepEqual((await waiting(t)).filter((queue) => !queue.includes("/sns-forget/")), []);
}));

test("dead letters of a FIFO topic keep their order, too", () => using(async (t) => {
  const TopicArn = await t.topic("letters.fifo", { FifoTopic: "true", ContentBasedDeduplication: "true" });
  await t.subscribe(TopicArn, "sqs", queueArn("gone.fifo"), { ...RAW, ...dlq("letters.fifo") });
  t.refusals.set(queueArn("gone.fifo"), gone()).set(queueArn("letters.fifo"), new Error("busy"));
  await t.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: Array.from({ length: 5 }, (_, n) => ({ Id: String(n), Message: `m${n}`, MessageGroupId: "g" })) });
  await t.clock.advance(1_500);
  t.refusals.delete(queueArn("letters.fifo"));
  await t.until(() => t.queued.length === 5);
  assert.deepEqual(bodies(t, "letters.fifo"), ["m0", "m1", "m2", "m3", "m4"]);
  assert.equal(t.queued[0]!.message.group, "g");
}));

test("the same message within five minutes is stored once, and answered as it was the first time", () => using(async (t) => {
  const TopicArn = await t.topic("once.fifo", { FifoTopic: "true", ContentBasedDeduplication: "true" });
  await t.subscribe(TopicArn, "sqs", queueArn("once.fifo"));
  const publish = (Message: string, MessageDeduplicationId?: string, MessageGroupId = "g") => t.sns.publish({ TopicArn, Message, MessageGroupId, ...(MessageDeduplicationId && { MessageDeduplicationId }) });
  const first = await publish("Test");
  await t.clock.advance(299_000);
  const again = await publish("Test", undefined, "another-group");
  assert.deepEqual([again.MessageId, again.SequenceNumber], [first.MessageId, first.SequenceNumber]);
  const { MessageId: withId } = await publish("Test", "an-id-of-its-own");
  assert.notEqual(withId, first.MessageId);
  await t.clock.advance(2_000);
  const later = await publish("Test");
  assert.notEqual(later.MessageId, first.MessageId);
  await t.until(() => t.queued.length === 3);
  const envelope = JSON.parse(t.queued[0]!.message.body);
  assert.deepEqual(Object.keys(envelope), ["Type", "MessageId", "SequenceNumber", "TopicArn", "Message", "Timestamp", "UnsubscribeURL"], "FIFO topics do not sign");
  assert.equal(envelope.SequenceNumber, first.SequenceNumber);
  // Recorded from AWS for this text.
  assert.equal(t.queued[0]!.message.deduplicationId, "532eaabd9574880dbf76b9b8cc00832c20a6ec113d682299550d7a6e0f345e25");
  await t.clock.advance(310_000);
  assert.deepEqual([await t.stores.documents("sns/deduplication").count(), await waiting(t)], [0, []], "what is remembered goes");
}));

test("with the scope MessageGroup the same id in another group is another message", () => using(async (t) => {
  const TopicArn = await t.topic("scoped.fifo", { FifoTopic: "true", FifoThroughputScope: "MessageGroup" });
  const publish = async (MessageGroupId: string) => (await t.sns.publish({ TopicArn, Message: "m", MessageGroupId, MessageDeduplicationId: "d" })).MessageId;
  assert.notEqual(await publish("a"), await publish("b"));
  assert.equal(await publish("a"), await publish("a"));
}));

test("a topic that is made anew remembers nothing of the one before", () => using(async (t) => {
  const publish = async (TopicArn: string) => t.sns.publish({ TopicArn, Message: "m", MessageGroupId: "g", MessageDeduplicationId: "d" });
  const TopicArn = await t.topic("anew.fifo", { FifoTopic: "true" });
  const first = await publish(TopicArn);
  await t.sns.deleteTopic({ TopicArn });
  await t.clock.advance(1_000);
  await t.topic("anew.fifo", { FifoTopic: "true" });
  const second = await publish(TopicArn);
  assert.notEqual(second.MessageId, first.MessageId);
  assert.equal(second.SequenceNumber, first.SequenceNumber, "numbers begin again");
}));

test("FIFO topics ask for a group and for something to tell duplicates by", () => using(async (t) => {
  const TopicArn = await t.topic("strict.fifo", { FifoTopic: "true" });
  const refused = (input: object, message: string) => assert.rejects(t.sns.publish({ TopicArn, Message: "m", ...input }), { name: "InvalidParameterException", message: `Invalid parameter: ${message}` });
  await refused({}, "The MessageGroupId parameter is required for FIFO topics");
  await refused({ MessageGroupId: "g" }, "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
  await refused({ MessageGroupId: "g g", MessageDeduplicationId: "d" }, "MessageGroupId Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length");
  await refused({ MessageGroupId: "g", MessageDeduplicationId: "d".repeat(129) }, "MessageDeduplicationId Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length");
}));

test("messages of one group go to a queue together, in order, whatever one of them is", () => using(async (t) => {
  const TopicArn = await t.topic("together.fifo", { FifoTopic: "true", ContentBasedDeduplication: "true" });
  await t.subscribe(TopicArn, "sqs", queueArn("together.fifo"), { ...RAW, ...dlq("letters.fifo") });
  t.refusals.set(queueArn("together.fifo"), new Error("busy"));
  const many = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, { DataType: "String", StringValue: "x" }]));
  for (let n = 0; n < 60; n++) await t.sns.publish({ TopicArn, Message: `${n}`, MessageGroupId: "g", ...(n === 30 && { MessageAttributes: many }) });
  await t.until(() => t.tries.length >= 4);
  assert.deepEqual(t.queued, []);
  t.refusals.clear();
  const before = t.tries.length;
  await t.clock.advance(30_000);
  assert.deepEqual(bodies(t, "together.fifo"), Array.from({ length: 60 }, (_, n) => `${n}`).filter((body) => body !== "30"));
  assert.deepEqual(bodies(t, "letters.fifo"), ["30"]);
  assert.ok(t.tries.length - before < 40, `${t.tries.length - before} writes`);
  assert.deepEqual(await waiting(t), (await waiting(t)).filter((name) => name.includes("sns-forget")));
  assert.deepEqual([t.metrics.get("NumberOfNotificationsDelivered"), t.metrics.get("NumberOfNotificationsFailed")], [59, 1]);
}));
