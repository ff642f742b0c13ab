// Archives of FIFO topics, and replays to their subscriptions. Time is virtual.
import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import { openTestSns, queueArn, type TestSns } from "../../../test/support/sns.ts";

const DAY_MS = 86_400_000;
const FIFO = { FifoTopic: "true", ContentBasedDeduplication: "true" };
const ARCHIVED = { ...FIFO, ArchivePolicy: '{"MessageRetentionPeriod":"2"}' };
const bodies = (t: TestSns, name: string) => t.queued.filter(({ arn }) => arn === queueArn(name)).map(({ message: { body, attributes = {} } }) => (attributes["Replayed"] ? `${body} again` : body));
const iso = (ms: number) => new Date(ms).toISOString();
const policy = (from: number, until?: number) => JSON.stringify({ PointType: "Timestamp", StartingPoint: iso(from), ...(until !== undefined && { EndingPoint: iso(until) }) });
const invalid = (message: string) => ({ name: "InvalidParameterException", message: `Invalid parameter: ${message}` });

async function using(work: (t: TestSns) => Promise<void>): Promise<void> {
  const t = await openTestSns();
  try {
    await work(t);
  } finally {
    await t.close();
  }
}

const publish = (t: TestSns, TopicArn: string, text: string, group = "g", kind = "x") => t.sns.publish({ TopicArn, Message: text, MessageGroupId: group, MessageAttributes: { kind: { DataType: "String", StringValue: kind } } });
const statusOf = async (t: TestSns, SubscriptionArn: string) => (await t.sns.getSubscriptionAttributes({ SubscriptionArn })).Attributes!["ReplayStatus"];
const setReplay = (t: TestSns, SubscriptionArn: string, AttributeValue: string) => t.sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName: "ReplayPolicy", AttributeValue });

test("a new subscription gets what was published in the window, in order within each group, marked as replayed, through its filter", () => using(async (t) => {
  const TopicArn = await t.topic("window.fifo", ARCHIVED);
  await publish(t, TopicArn, "too early");
  await t.clock.advance(1000);
  const fromMs = t.clock.now();
  for (let n = 0; n < 45; n++) await publish(t, TopicArn, `a${n}`, "a");
  for (let n = 0; n < 5; n++) await publish(t, TopicArn, `b${n}`, "b", n === 2 ? "unwanted" : "x");
  await t.clock.advance(1000);
  const untilMs = t.clock.now();
  await t.clock.advance(1000);
  await publish(t, TopicArn, "too late");
  await t.clock.advance(1000);
  const arn = await t.subscribe(TopicArn, "sqs", queueArn("new.fifo"), { RawMessageDelivery: "true", FilterPolicy: '{"kind":["x"]}', ReplayPolicy: policy(fromMs, untilMs) });
  await t.until(async () => (await statusOf(t, arn)) === "Completed" && bodies(t, "new.fifo").length >= 49);
  const got = bodies(t, "new.fifo");
  assert.deepEqual(got.filter((text) => text.startsWith("a")), Array.from({ length: 45 }, (_, n) => `a${n} again`));
  assert.deepEqual(got.filter((text) => !text.startsWith("a")), [0, 1, 3, 4].map((n) => `b${n} again`));
  await publish(t, TopicArn, "live");
  await t.until(() => bodies(t, "new.fifo").includes("live"));
}));

test("what is published during a replay comes behind it, once, and stopping a replay loses nothing of it", () => using(async (t) => {
  const TopicArn = await t.topic("behind.fifo", ARCHIVED);
  const startMs = t.clock.now();
  for (let n = 0; n < 30; n++) await publish(t, TopicArn, `m${n}`);
  await t.clock.advance(1000); // to nobody
  const arn = await t.subscribe(TopicArn, "sqs", queueArn("q.fifo"), { RawMessageDelivery: "true" });
  await t.clock.advance(100);
  await setReplay(t, arn, policy(startMs));
  assert.equal(await statusOf(t, arn), "Pending");
  await publish(t, TopicArn, "new");
  await assert.rejects(t.sns.setTopicAttributes({ TopicArn, AttributeName: "ArchivePolicy", AttributeValue: "{}" }), { name: "InvalidStateException" });
  await t.until(() => bodies(t, "q.fifo").includes("new"));
  await t.until(async () => (await statusOf(t, arn)) === "Completed");
  assert.deepEqual(bodies(t, "q.fifo"), [...Array.from({ length: 30 }, (_, n) => `m${n} again`), "new"]);
  t.queued.length = 0;
  await setReplay(t, arn, policy(startMs));
  await publish(t, TopicArn, "newer");
  await setReplay(t, arn, "{}");
  await t.until(() => bodies(t, "q.fifo").includes("newer"));
  assert.equal(await statusOf(t, arn), undefined);
  assert.equal(bodies(t, "q.fifo").filter((text) => text === "newer").length, 1);
}));

test("a replay goes on where it was when Evoke stopped", async () => {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const first = await openTestSns({ stores, clock });
  const TopicArn = await first.topic("restarted.fifo", ARCHIVED);
  const startMs = clock.now();
  for (let n = 0; n < 90; n++) await publish(first, TopicArn, `m${n}`);
  await clock.advance(1000);
  const arn = await first.subscribe(TopicArn, "sqs", queueArn("q.fifo"), { RawMessageDelivery: "true" });
  first.refusals.set(queueArn("q.fifo"), new Error("busy"));
  await setReplay(first, arn, policy(startMs));
  await first.close();
  const second = await openTestSns({ stores, clock });
  await second.until(async () => (await statusOf(second, arn)) === "Completed" && second.queued.length >= 90, 500);
  assert.deepEqual([...new Set(bodies(second, "q.fifo"))], Array.from({ length: 90 }, (_, n) => `m${n} again`));
  await second.close();
  await stores.close();
});

test("in JSON a replayed message is as it was, with the attribute Replayed", () => using(async (t) => {
  const TopicArn = await t.topic("json.fifo", ARCHIVED);
  const startMs = t.clock.now();
  const { MessageId } = await publish(t, TopicArn, "m");
  await t.clock.advance(60_000);
  await t.subscribe(TopicArn, "sqs", queueArn("json.fifo"), { ReplayPolicy: policy(startMs) });
  await t.until(() => t.queued.length === 1);
  const got = JSON.parse(t.queued[0]!.message.body);
  assert.deepEqual([got.MessageId, got.Message, got.MessageAttributes.Replayed], [MessageId, "m", { Type: "String", Value: "true" }]);
  assert.ok(Date.parse(got.Timestamp) < startMs + 1000);
}));

test("an archive keeps messages as long as its policy says, and a topic cannot be deleted before its archive is", () => using(async (t) => {
  const TopicArn = await t.topic("kept.fifo", ARCHIVED);
  const startMs = t.clock.now();
  const beginning = async () => (await t.sns.getTopicAttributes({ TopicArn })).Attributes!["BeginningArchiveTime"];
  assert.ok(Math.abs(Date.parse((await beginning())!) - startMs) < 1000);
  await publish(t, TopicArn, "old");
  await t.clock.advance(3 * DAY_MS);
  await publish(t, TopicArn, "young");
  await t.clock.advance(1000);
  assert.ok(Math.abs(Date.parse((await beginning())!) - (t.clock.now() - 2 * DAY_MS)) < 1000);
  await t.subscribe(TopicArn, "sqs", queueArn("kept.fifo"), { RawMessageDelivery: "true", ReplayPolicy: policy(startMs) });
  await t.until(() => t.queued.length > 0);
  await t.clock.advance(1000);
  assert.deepEqual(bodies(t, "kept.fifo"), ["young again"]);
  const { archive: { log } } = (await t.stores.documents<{ archive: { log: string } }>("sns/topic").get("000000000000/eu-west-1/kept.fifo"))!;
  assert.deepEqual((await t.stores.logs.read(log, { limit: 10 })).map(({ body }) => JSON.parse(body).text), ["young"], "what is old is gone, not hidden");
  await assert.rejects(t.sns.deleteTopic({ TopicArn }), { name: "InvalidStateException", message: "Invalid state: Cannot delete a topic with an ArchivePolicy" });
  await t.sns.setTopicAttributes({ TopicArn, AttributeName: "ArchivePolicy", AttributeValue: "{}" });
  assert.equal(await beginning(), undefined);
  assert.equal(await t.stores.logs.last(log), undefined);
  await t.sns.deleteTopic({ TopicArn });
}));

test("policies that make no sense are refused", () => using(async (t) => {
  const TopicArn = await t.topic("wrong.fifo", FIFO);
  const set = (AttributeValue: string) => t.sns.setTopicAttributes({ TopicArn, AttributeName: "ArchivePolicy", AttributeValue });
  for (const [value, what] of [["", "Unable to parse JSON"], ["[]", "JSON is missing required fields"], ['{"a":1}', "JSON is missing required fields"], ['{"MessageRetentionPeriod":"366"}', "MessageRetentionPeriod value is invalid"], ['{"MessageRetentionPeriod":0}', "MessageRetentionPeriod value is invalid"]] as const) await assert.rejects(set(value), invalid(`ArchivePolicy: ${what}`), value);
  const nowMs = t.clock.now();
  const arn = await t.subscribe(TopicArn, "sqs", queueArn("wrong.fifo"));
  await assert.rejects(setReplay(t, arn, policy(nowMs - 1)), invalid("ReplayPolicy: the topic has no ArchivePolicy"));
  await set('{"MessageRetentionPeriod":30}');
  for (const [value, what] of [['{"PointType":"Sequence"}', "PointType must be Timestamp"], ['{"PointType":"Timestamp","StartingPoint":"yesterday"}', "StartingPoint must be an ISO 8601 timestamp"], [policy(nowMs, nowMs - 1), "EndingPoint must be after StartingPoint"], [policy(nowMs + DAY_MS), "StartingPoint must not be in the future"]] as const) await assert.rejects(setReplay(t, arn, value), invalid(`ReplayPolicy: ${what}`), value);
  const standard = await t.subscribe(await t.topic("standard"), "sqs", queueArn("plain"));
  await assert.rejects(setReplay(t, standard, policy(nowMs)), invalid("ReplayPolicy: only queues subscribed to FIFO topics can have one"));
}));
