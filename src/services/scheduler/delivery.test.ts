// What targets get, and what becomes of invocations that fail: retries, dead letters, numbers. Dates move when told to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceError } from "../../kernel/errors.ts";
import { functionArn, openTestScheduler, queueArn, ROLE, type TestScheduler } from "../../../test/support/scheduler.ts";

const MINUTE = 60_000;
const SOON = "at(2026-01-01T00:00:10)";
const topicArn = "arn:aws:sns:eu-west-1:000000000000:topic";
const busArn = "arn:aws:events:eu-west-1:000000000000:event-bus/default";

async function using(work: (t: TestScheduler) => Promise<void>): Promise<void> {
  const t = await openTestScheduler();
  try {
    await work(t);
  } finally {
    await t.close();
  }
}

const throttled = () => new ServiceError("ThrottlingException", "Rate exceeded", { status: 429 });
const attributesOf = (t: TestScheduler, name: string) => Object.fromEntries(Object.entries(t.delivered.find(({ arn }) => arn === queueArn(name))!.message.attributes!).map(([key, { value }]) => [key, value]));

test("queues, topics, buses and functions get the input, each as it takes it, on behalf of the role", () => using(async (t) => {
  const arn = await t.create("fifo", SOON, { Target: { Arn: queueArn("q.fifo"), RoleArn: ROLE, Input: "plain text", SqsParameters: { MessageGroupId: "g" } } });
  await t.create("topic", SOON, { Target: { Arn: topicArn, RoleArn: ROLE, Input: "hello" } });
  const onBus = await t.create("bus", SOON, { Target: { Arn: busArn, RoleArn: ROLE, Input: '{"a":1}', EventBridgeParameters: { Source: "my.app", DetailType: "Tick" } } });
  await t.create("function", SOON, { Target: { Arn: functionArn("f"), RoleArn: ROLE, Input: '{"b":2}' } });
  await t.advance(MINUTE);
  const to = (wanted: string) => t.delivered.find(({ arn }) => arn === wanted)!;
  assert.deepEqual(to(queueArn("q.fifo")).message, { body: "plain text", group: "g" });
  assert.deepEqual(to(queueArn("q.fifo")).from, { account: "000000000000", region: "eu-west-1", roleArn: ROLE, sourceArn: arn });
  assert.deepEqual(to(topicArn).message, { body: "hello" });
  assert.deepEqual(to(busArn).message, { body: '{"a":1}', event: { source: "my.app", detailType: "Tick", resources: [onBus] } });
  assert.deepEqual(t.invoked.map(({ functionArn: to, payload }) => [to, Buffer.from(payload).toString()]), [[functionArn("f"), '{"b":2}']]);
  assert.deepEqual([t.metrics.get("InvocationAttemptCount default"), t.metrics.get("InvocationAttemptCount all"), t.metrics.get("TargetErrorCount default")], [4, 4, undefined]);
}));

test("universal targets get what the request of their API says", () => using(async (t) => {
  const target = (api: string, request: object) => ({ Target: { Arn: `arn:aws:scheduler:::aws-sdk:${api}`, RoleArn: ROLE, Input: JSON.stringify(request) } });
  await t.create("queue", SOON, target("sqs:sendMessage", { QueueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/other.fifo", MessageBody: "at <aws.scheduler.scheduled-time>", MessageGroupId: "g", MessageDeduplicationId: "d" }));
  await t.create("topic", SOON, target("sns:publish", { TopicArn: topicArn, Message: "m", Subject: "s" }));
  await t.create("function", SOON, target("lambda:invoke", { FunctionName: "f", Qualifier: "live", InvocationType: "Event", Payload: '{"c":3}' }));
  await t.advance(MINUTE);
  const sent = Object.fromEntries(t.delivered.map(({ arn, message }) => [arn, message]));
  assert.deepEqual(sent, { "arn:aws:sqs:eu-west-1:123456789012:other.fifo": { body: "at 2026-01-01T00:00:10Z", group: "g", deduplicationId: "d" }, [topicArn]: { body: "m", subject: "s" } });
  assert.deepEqual(t.invoked.map(({ functionArn: to, payload }) => [to, Buffer.from(payload).toString()]), [[functionArn("f:live"), '{"c":3}']]);
}));

test("a target in trouble is tried again with growing pauses, and is told which try it is", () => using(async (t) => {
  const arn = await t.create("troubled", SOON, { Target: { Arn: queueArn("troubled"), RoleArn: ROLE, Input: "<aws.scheduler.schedule-arn> <aws.scheduler.execution-id> <aws.scheduler.attempt-number> <aws.scheduler.nothing>" } });
  t.refusals.set(queueArn("troubled"), throttled());
  await t.advance(MINUTE);
  assert.deepEqual(t.tries.map(({ atMs }) => Math.floor(atMs / 1000) % 60), [10, 11, 13, 17, 25, 41]);
  t.refusals.clear();
  await t.advance(MINUTE);
  const [{ message }] = t.delivered as [TestScheduler["delivered"][0]];
  assert.match(message.body, new RegExp(`^${arn} [0-9a-f]{16} 7 <aws\\.scheduler\\.nothing>$`));
  assert.deepEqual(["TargetErrorCount", "TargetErrorThrottledCount", "InvocationAttemptCount", "InvocationDroppedCount"].map((name) => t.metrics.get(`${name} default`)), [6, 6, 7, undefined]);
}));

test("when the retries are used up the input goes to the dead-letter queue, with why", () => using(async (t) => {
  const arn = await t.create("failing", SOON, { ActionAfterCompletion: "DELETE", Target: { Arn: queueArn("failing"), RoleArn: ROLE, Input: "<aws.scheduler.attempt-number>", RetryPolicy: { MaximumRetryAttempts: 2 }, DeadLetterConfig: { Arn: queueArn("letters") } } });
  t.refusals.set(queueArn("failing"), throttled());
  await t.advance(11_000);
  await t.scheduler.getSchedule({ Name: "failing" }); // not completed while it is tried again
  await t.advance(MINUTE);
  const { EXECUTION_ID, ...attributes } = attributesOf(t, "letters");
  assert.match(EXECUTION_ID!, /^[0-9a-f]{16}$/);
  assert.deepEqual(attributes, {
    ERROR_CODE: "ThrottlingException", ERROR_MESSAGE: "Rate exceeded", EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts", IS_PAYLOAD_TRUNCATED: "false", RETRY_ATTEMPTS: "2",
    SCHEDULED_TIME: "2026-01-01T00:00:10Z", SCHEDULE_ARN: arn, TARGET_ARN: queueArn("failing"),
  });
  assert.equal(t.delivered[0]!.message.body, "3");
  assert.equal(t.delivered[0]!.from.roleArn, ROLE);
  assert.deepEqual([t.metrics.get("InvocationDroppedCount default"), t.metrics.get("InvocationsSentToDeadLetterCount default")], [1, 1]);
  await assert.rejects(t.scheduler.getSchedule({ Name: "failing" }), { name: "ResourceNotFoundException" });
}));

test("what is too old is tried no more", () => using(async (t) => {
  await t.create("old", SOON, { Target: { Arn: queueArn("old"), RoleArn: ROLE, Input: "x", RetryPolicy: { MaximumEventAgeInSeconds: 60 }, DeadLetterConfig: { Arn: queueArn("letters") } } });
  t.refusals.set(queueArn("old"), new Error("the disk is full"));
  await t.advance(5 * MINUTE);
  assert.equal(t.tries.filter(({ arn }) => arn === queueArn("old")).length, 6);
  const { ERROR_CODE, ERROR_MESSAGE, EXHAUSTED_RETRY_CONDITION, RETRY_ATTEMPTS } = attributesOf(t, "letters");
  assert.deepEqual([ERROR_CODE, ERROR_MESSAGE, EXHAUSTED_RETRY_CONDITION, RETRY_ATTEMPTS], ["AWS.Scheduler.InternalServerError", "Unexpected error occurred while processing the request", "MaximumEventAgeInSeconds", "5"]);
}));

test("what no further try would better is a dead letter at once, and none of its retry policy is said to be exhausted", () => using(async (t) => {
  for (const name of ["gone", "denied"]) await t.create(name, SOON, { Target: { Arn: name === "gone" ? queueArn(name) : functionArn(name), RoleArn: ROLE, Input: "{}", DeadLetterConfig: { Arn: queueArn(`${name}-letters`) } } });
  t.refusals.set(queueArn("gone"), new ServiceError("QueueDoesNotExist", "The specified queue does not exist."));
  t.denied.set("lambda:InvokeFunction", new ServiceError("AccessDeniedException", "is not authorized", { status: 403 }));
  await t.advance(MINUTE);
  const [gone, refused] = [attributesOf(t, "gone-letters"), attributesOf(t, "denied-letters")];
  assert.deepEqual([gone["ERROR_CODE"], gone["RETRY_ATTEMPTS"], gone["EXHAUSTED_RETRY_CONDITION"]], ["AWS.SimpleQueueService.NonExistentQueue", "0", undefined]);
  assert.deepEqual([refused["ERROR_CODE"], refused["ERROR_MESSAGE"]], ["AccessDeniedException", "is not authorized"]);
}));

test("a dead-letter queue that is gone too loses the invocation, and says so", () => using(async (t) => {
  await t.create("lost", SOON, { Target: { Arn: queueArn("lost"), RoleArn: ROLE, Input: "x", DeadLetterConfig: { Arn: queueArn("letters") } } });
  for (const name of ["lost", "letters"]) t.refusals.set(queueArn(name), new ServiceError("QueueDoesNotExist", "The specified queue does not exist."));
  await t.advance(MINUTE);
  assert.equal(t.warnings.length, 1);
  assert.equal(t.metrics.get("InvocationsFailedToBeSentToDeadLetterCount_AWS.SimpleQueueService.NonExistentQueue default"), 1);
}));

test("a schedule that is deleted, or replaced, gives up what it was trying", () => using(async (t) => {
  await t.create("gone", SOON);
  t.refusals.set(queueArn("gone"), throttled());
  await t.advance(12_000);
  await t.scheduler.deleteSchedule({ Name: "gone" });
  await t.create("gone", "at(2027-01-01T00:00:00)");
  t.refusals.clear();
  await t.advance(60 * MINUTE);
  assert.deepEqual(t.delivered, []);
  assert.deepEqual(await t.stores.queues.list({ prefix: "delivery/", limit: 10 }), []);
}));
