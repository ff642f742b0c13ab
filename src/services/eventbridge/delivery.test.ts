// From PutEvents to targets: what is delivered, what is tried again, and what ends in the dead-letter queue.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, busArn, lambdaArn, openTestEvents, queueArn, type TestEvents, topicArn } from "../../../test/support/eventbridge.ts";
import { virtualClock } from "../../kernel/clock.ts";
import { ServiceError } from "../../kernel/errors.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import { eventbridge } from "./service.ts";

async function using(work: (t: TestEvents) => Promise<void>): Promise<void> {
  const t = await openTestEvents();
  try {
    await work(t);
  } finally {
    await t.close();
  }
}

const PATTERN = { source: ["my.app"] };
const gone = () => new ServiceError("QueueDoesNotExist", "The specified queue does not exist.");
const bodies = (t: TestEvents, name: string) => t.sent.filter(({ arn }) => arn === queueArn(name)).map(({ message }) => JSON.parse(message.body));
const waiting = (t: TestEvents) => t.stores.queues.list({ prefix: "delivery/", limit: 100 });

test("an event reaches the targets of every rule that matches, and no other", () => using(async (t) => {
  const arn = await t.rule("all", PATTERN, [{ Id: "queue", Arn: queueArn("all") }, { Id: "function", Arn: lambdaArn("f") }, { Id: "topic", Arn: topicArn("t") }]);
  await t.rule("dear", { detail: { total: [{ numeric: [">", 100] }] } }, [{ Id: "queue", Arn: queueArn("dear") }]);
  await t.rule("off", PATTERN, [{ Id: "queue", Arn: queueArn("off") }]);
  await t.events.disableRule({ Name: "off" });
  const id = await t.put({ total: 7 }, { Resources: ["arn:x"], Time: new Date(5_000) });
  await t.settled();
  const event = { version: "0", id, "detail-type": "order", source: "my.app", account: ACCOUNT, time: "1970-01-01T00:00:05Z", region: "eu-west-1", resources: ["arn:x"], detail: { total: 7 } };
  assert.deepEqual(bodies(t, "all"), [event]);
  assert.deepEqual(t.sent.filter(({ arn: to }) => to === topicArn("t")).map(({ message }) => JSON.parse(message.body)), [event]);
  assert.equal(t.sent[0]!.message.body, JSON.stringify(event), "compact, and in AWS's order");
  const [{ functionArn, payload, source }] = t.invoked as [TestEvents["invoked"][number]];
  assert.deepEqual([functionArn, JSON.parse(Buffer.from(payload).toString()), source], [lambdaArn("f"), event, { service: "events.amazonaws.com", arn, account: ACCOUNT }]);
  assert.deepEqual(t.sent[0]!.from, { account: ACCOUNT, region: "eu-west-1", sourceArn: arn, service: "events.amazonaws.com" });
  await t.put({ total: 101 });
  await t.settled();
  assert.deepEqual([bodies(t, "dear").length, bodies(t, "off").length], [1, 0]);
  assert.deepEqual([t.metrics.get("TriggeredRules"), t.metrics.get("Invocations"), t.metrics.get("FailedInvocations"), t.metrics.get("PutEventsEntriesCount")], [3, 7, undefined, 2]);
  assert.deepEqual(await waiting(t), []);
}));

test("an event's trace goes on with it, where it is one", () => using(async (t) => {
  await t.rule("traced", PATTERN, [{ Id: "q", Arn: queueArn("q") }]);
  const TraceHeader = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
  await t.put({}, { TraceHeader });
  await t.put({}, { TraceHeader: "nonsense\u0001" });
  await t.settled();
  assert.deepEqual(t.sent.map(({ message: { traceId } }) => traceId).sort(), [TraceHeader, undefined]);
}));

test("an event nobody wants is not stored", () => using(async (t) => {
  await t.rule("other", { source: ["other"] }, [{ Id: "q", Arn: queueArn("q") }]);
  await t.put({});
  assert.deepEqual(await waiting(t), []);
}));

test("a FIFO queue gets its group, a target's role is who asks, and an input of its own replaces the event", () => using(async (t) => {
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/sender`;
  await t.rule("inputs", PATTERN, [
    { Id: "fifo", Arn: queueArn("a.fifo"), SqsParameters: { MessageGroupId: "g" } },
    { Id: "role", Arn: queueArn("b"), RoleArn, Input: `{"constant":true}` },
    { Id: "function", Arn: lambdaArn("f"), RoleArn, InputPath: "$.detail.id" },
    { Id: "nothing", Arn: queueArn("c"), InputPath: "$.detail.none" },
  ]);
  await t.put({ id: 7 });
  await t.settled();
  assert.equal(t.sent.find(({ arn }) => arn === queueArn("a.fifo"))!.message.group, "g");
  const { message, from } = t.sent.find(({ arn }) => arn === queueArn("b"))!;
  assert.deepEqual([message.body, from.roleArn, from.service], [`{"constant":true}`, RoleArn, undefined]);
  assert.deepEqual([Buffer.from(t.invoked[0]!.payload).toString(), t.invoked[0]!.source], ["7", undefined]);
  assert.ok(t.asked.some(({ actor, action }) => "roleArn" in actor && action === "lambda:InvokeFunction"));
  assert.equal(bodies(t, "c").length, 0);
}));

test("what a target's trouble may pass is tried again, slower and slower, until its policy says no", () => using(async (t) => {
  const arn = await t.rule("retried", PATTERN, [{ Id: "q", Arn: queueArn("busy"), RetryPolicy: { MaximumRetryAttempts: 4, MaximumEventAgeInSeconds: 3600 }, DeadLetterConfig: { Arn: queueArn("dead") } }]);
  t.refusals.set(queueArn("busy"), new ServiceError("InternalFailure", "busy", { status: 500 }));
  const id = await t.put({ n: 1 });
  await t.until(() => bodies(t, "dead").length === 1, 500);
  const times = t.tries.filter(({ arn: to }) => to === queueArn("busy")).map(({ atMs }) => atMs);
  assert.deepEqual(times.slice(1).map((ms, n) => Math.round((ms - times[n]!) / 1000)), [1, 2, 4, 8]);
  const { message } = t.sent.find(({ arn: to }) => to === queueArn("dead"))!;
  assert.equal(JSON.parse(message.body).id, id);
  assert.deepEqual(Object.fromEntries(Object.entries(message.attributes!).map(([name, { type, value }]) => [name, `${type} ${value}`])), {
    RULE_ARN: `String ${arn}`, TARGET_ARN: `String ${queueArn("busy")}`, ERROR_CODE: "String ERROR_FROM_TARGET", ERROR_MESSAGE: "String busy", EXHAUSTED_RETRY_CONDITION: "String MaximumRetryAttempts", RETRY_ATTEMPTS: "String 4",
  });
  assert.deepEqual([t.metrics.get("FailedInvocations"), t.metrics.get("RetryInvocationAttempts"), t.metrics.get("InvocationsSentToDlq")], [1, 4, 1]);
}));

test("of more copies of a large event than are stored together none is lost, though the database lets a transaction begin again", () => using(async (t) => {
  const queues = Array.from({ length: 40 }, (_, n) => queueArn(`large-${n}`));
  for (const [n, arn] of queues.entries()) await t.rule(`large-${n}`, PATTERN, [{ Id: "q", Arn: arn }]);
  for (const arn of queues) t.refusals.set(arn, new Error("busy"));
  await t.put({ text: "x".repeat(600_000) });
  await t.until(() => t.tries.length >= 40);
  t.refusals.clear();
  for (let second = 0; second < 60; second++) await t.clock.advance(1_000);
  assert.equal(new Set(t.sent.map(({ arn }) => arn)).size, 40);
}));

test("an event that is too old is not tried again", () => using(async (t) => {
  await t.rule("old", PATTERN, [{ Id: "q", Arn: queueArn("busy"), RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 60 }, DeadLetterConfig: { Arn: queueArn("dead") } }]);
  t.refusals.set(queueArn("busy"), new ServiceError("Throttling", "slow down", { status: 400 }));
  await t.put({});
  await t.until(() => bodies(t, "dead").length === 1, 1_000);
  const { attributes } = t.sent[0]!.message;
  assert.deepEqual([attributes!["ERROR_CODE"]!.value, attributes!["EXHAUSTED_RETRY_CONDITION"]!.value, attributes!["RETRY_ATTEMPTS"]!.value], ["THROTTLING", "MaximumEventAgeInSeconds", "5"]);
}));

test("what will never succeed is in the dead-letter queue at once, or lost and counted where there is none", () => using(async (t) => {
  const DeadLetterConfig = { Arn: queueArn("dead") };
  await t.rule("gone", PATTERN, [{ Id: "a", Arn: queueArn("gone"), DeadLetterConfig }, { Id: "b", Arn: lambdaArn("f"), InputTransformer: { InputTemplate: `"a"\n"b"` }, DeadLetterConfig }, { Id: "c", Arn: queueArn("gone") }]);
  t.refusals.set(queueArn("gone"), gone());
  await t.put({});
  await t.settled();
  assert.deepEqual(t.sent.map(({ message: { attributes } }) => [attributes!["ERROR_CODE"]!.value, attributes!["EXHAUSTED_RETRY_CONDITION"], attributes!["RETRY_ATTEMPTS"]!.value]).sort(), [["INVALID_JSON", undefined, "0"], ["NO_RESOURCE", undefined, "0"]]);
  assert.deepEqual([t.tries.filter(({ arn }) => arn === queueArn("gone")).length, t.metrics.get("FailedInvocations")], [2, 3]);
  t.refusals.set(queueArn("dead"), gone());
  await t.put({});
  await t.until(() => t.metrics.get("InvocationsFailedToBeSentToDlq") === 2);
  await t.clock.advance(50);
  assert.match(t.warnings.join(), /could not be put into its dead-letter queue either/);
  assert.deepEqual(await waiting(t), []);
}));

test("a target that fails holds up no other, and what was put when the platform stopped is delivered by the next", async () => {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const first = await openTestEvents({ stores, clock });
  await first.rule("kept", PATTERN, [{ Id: "busy", Arn: queueArn("busy") }, { Id: "free", Arn: queueArn("free") }]);
  first.refusals.set(queueArn("busy"), new Error("busy"));
  for (let n = 0; n < 20; n++) await first.put({ n });
  await first.until(() => bodies(first, "free").length === 20);
  await first.close();
  const second = await openTestEvents({ stores, clock });
  await second.until(() => bodies(second, "busy").length === 20, 1_000);
  assert.deepEqual(bodies(second, "busy").map(({ detail: { n } }) => n).sort((a, b) => a - b), Array.from({ length: 20 }, (_, n) => n));
  assert.equal(bodies(second, "free").length, 0);
  await second.close();
  await stores.close();
});

test("who is no target any more gets nothing, not even what was to be tried again", () => using(async (t) => {
  await t.rule("left", PATTERN, [{ Id: "q", Arn: queueArn("busy") }]);
  t.refusals.set(queueArn("busy"), new Error("busy"));
  await t.put({});
  await t.until(() => t.tries.length >= 1);
  await t.events.removeTargets({ Rule: "left", Ids: ["q"] });
  t.refusals.clear();
  await t.clock.advance(60_000);
  assert.deepEqual([t.sent, await waiting(t)], [[], []]);
}));

test("an event goes on to another bus, as it is, and never round in a circle", () => using(async (t) => {
  await t.events.createEventBus({ Name: "next" });
  await t.rule("on", PATTERN, [{ Id: "bus", Arn: busArn("next"), DeadLetterConfig: { Arn: queueArn("dead") } }]);
  await t.rule("back", PATTERN, [{ Id: "bus", Arn: busArn("default"), DeadLetterConfig: { Arn: queueArn("dead") } }, { Id: "queue", Arn: queueArn("next") }], "next");
  const id = await t.put({});
  await t.until(() => bodies(t, "next").length === 1 && bodies(t, "dead").length === 1);
  assert.equal(bodies(t, "next")[0].id, id);
  assert.equal(t.metrics.get("DeadLetterInvocations"), 1);
  assert.equal(t.sent.find(({ arn }) => arn === queueArn("dead"))!.message.attributes!["ERROR_CODE"]!.value, "LOOP_DETECTED");
}));

test("an event goes to another bus once: what came from one goes to no third", () => using(async (t) => {
  for (const Name of ["second", "third"]) await t.events.createEventBus({ Name });
  await t.rule("on", PATTERN, [{ Id: "bus", Arn: busArn("second") }]);
  await t.rule("further", PATTERN, [{ Id: "bus", Arn: busArn("third"), DeadLetterConfig: { Arn: queueArn("dead") } }, { Id: "queue", Arn: queueArn("second") }], "second");
  await t.rule("end", PATTERN, [{ Id: "queue", Arn: queueArn("third") }], "third");
  const id = await t.put({});
  await t.until(() => bodies(t, "second").length === 1 && bodies(t, "dead").length === 1);
  await t.settled();
  assert.deepEqual(bodies(t, "third"), []);
  const about = t.sent.find(({ arn }) => arn === queueArn("dead"))!.message.attributes!;
  assert.deepEqual([about["ERROR_CODE"]!.value, about["RETRY_ATTEMPTS"]!.value], ["THIRD_ACCOUNT_HOP_DETECTED", "0"]);
  assert.equal(about["ERROR_MESSAGE"]!.value, `Event ingestion rejected for event ${id} because an event can be sent to an event bus target only once. This event was previously delivered to an event bus target.`);
  await t.put({}, { EventBusName: "second" });
  await t.until(() => bodies(t, "third").length === 1);
}));

test("another account's bus takes an event when its policy or the target's role lets it", () => using(async (t) => {
  const OTHER = "111122223333";
  const { put } = t.stores.documents<object>("events/bus");
  await put(`${OTHER}/eu-west-1/theirs`, { account: OTHER, region: "eu-west-1", name: "theirs", tags: {} });
  await t.rule("across", PATTERN, [{ Id: "bus", Arn: busArn("theirs", OTHER), DeadLetterConfig: { Arn: queueArn("dead") } }]);
  await t.put({});
  await t.settled();
  assert.equal(t.metrics.get("FailedInvocations"), undefined);
  t.denied.set("events:PutEvents", new ServiceError("AccessDeniedException", "no"));
  await assert.rejects(t.put({}, { EventBusName: busArn("theirs", OTHER) }), { name: "AccessDeniedException", message: "no" });
  await t.put({});
  await t.until(() => bodies(t, "dead").length === 1);
  assert.equal(t.sent.at(-1)!.message.attributes!["ERROR_CODE"]!.value, "NO_PERMISSIONS");
}));

test("others put events on a bus by its ARN", () => using(async (t) => {
  const target = eventbridge.target!(t.ports);
  await t.rule("results", { "detail-type": ["Lambda Function Invocation Result - Success"] }, [{ Id: "q", Arn: queueArn("q") }]);
  assert.deepEqual([await target.exists(busArn("default")), await target.exists(busArn("none")), await target.exists(queueArn("q"))], [true, false, false]);
  const from = { account: ACCOUNT, region: "eu-west-1" };
  const event = { source: "lambda", detailType: "Lambda Function Invocation Result - Success", resources: ["r"] };
  await target.deliver(busArn("default"), { body: `{"ok":true}`, event }, from);
  await t.settled();
  const [{ source, detail, resources }] = bodies(t, "q");
  assert.deepEqual([source, detail, resources], ["lambda", { ok: true }, ["r"]]);
  await assert.rejects(target.deliver(busArn("none"), { body: "{}", event }, from), { name: "ResourceNotFoundException" });
  await assert.rejects(target.deliver(busArn("default"), { body: "[]", event }, from), { name: "ValidationException" });
}));

test("a queue whose policy says no is one that is not there, to its dead-letter queue", () => using(async (t) => {
  await t.rule("refused", PATTERN, [{ Id: "q", Arn: queueArn("closed"), DeadLetterConfig: { Arn: queueArn("dead") } }, { Id: "t", Arn: topicArn("closed"), DeadLetterConfig: { Arn: queueArn("dead") } }]);
  for (const arn of [queueArn("closed"), topicArn("closed")]) t.refusals.set(arn, new ServiceError("AccessDenied", "no", { status: 403 }));
  await t.put({});
  await t.until(() => bodies(t, "dead").length === 2);
  const codes = t.sent.map(({ message }) => `${message.attributes!["TARGET_ARN"]!.value} ${message.attributes!["ERROR_CODE"]!.value}`);
  assert.deepEqual(codes.sort(), [`${topicArn("closed")} NO_PERMISSIONS`, `${queueArn("closed")} NO_RESOURCE`]);
}));
