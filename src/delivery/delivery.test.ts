// The life of an asynchronous event, under a clock that moves when told to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../kernel/errors.ts";
import { RecursiveInvocation } from "../ports/recursive-invocation.ts";
import { Throttled } from "../ports/throttled.ts";
import { functionArn, openTestDelivery, refused, type TestDelivery } from "../../test/support/delivery.ts";

const QUEUE = "arn:aws:sqs:eu-west-1:000000000000:failures";
const TOPIC = "arn:aws:sns:eu-west-1:000000000000:dead";
const MINUTE = 60_000;

const withDelivery = (work: (t: TestDelivery) => Promise<void>) => async () => {
  const t = await openTestDelivery();
  try {
    await work(t);
  } finally {
    await t.close();
  }
};
const fails = (message = "boom") => async () => ({ failed: true, payload: Buffer.from(JSON.stringify({ errorType: "Error", errorMessage: message })), executedVersion: "$LATEST" });
const bodyOf = (delivered: { message: { body: string } } | undefined) => JSON.parse(delivered!.message.body);

test("an event is answered at once and runs then, once", withDelivery(async (t) => {
  const arn = t.add("once");
  const requestId = await t.send(arn, { hello: "wörld\n" });
  await t.settle();
  assert.deepEqual(t.functions.seen.map((one) => [one.requestId, Buffer.from(one.payload).toString(), one.invokedArn]), [[requestId, '{"hello":"wörld\\n"}', arn]]);
  await t.clock.advance(10 * MINUTE);
  assert.equal(t.functions.seen.length, 1);
  assert.deepEqual(await t.stores.queues.list({ prefix: "delivery/", limit: 10 }), []);
  assert.deepEqual(t.delivery.stats(), { lanes: 0, running: 0 });
}));

test("a failed event runs again after one and two minutes with the same request id, and then goes to its destination and its dead-letter queue", withDelivery(async (t) => {
  t.functions.answer = fails();
  const arn = t.add("broken", { deadLetterArn: TOPIC, async: { retriesMax: 2, ageSecondsMax: 21_600, onFailureArn: QUEUE, onSuccessArn: "arn:aws:sqs:eu-west-1:000000000000:no" } });
  const startMs = t.clock.now();
  const times: number[] = [];
  const answer = t.functions.answer;
  t.functions.answer = (invocation) => { times.push(t.clock.now() - startMs); return answer(invocation); };
  const requestId = await t.send(arn, { any: "json" });
  await t.clock.advance(10 * MINUTE);
  assert.deepEqual(times, [0, MINUTE, 3 * MINUTE]);
  assert.deepEqual(new Set(t.functions.seen.map((one) => one.requestId)), new Set([requestId]));
  assert.equal(new Set(t.functions.seen.map((one) => one.traceId)).size, 1, "one trace");
  const delivered = await t.delivered();
  const record = delivered.find((one) => one.arn === QUEUE)!;
  assert.deepEqual(bodyOf(record), {
    version: "1.0",
    timestamp: new Date(startMs + 3 * MINUTE).toISOString(),
    requestContext: { requestId, functionArn: `${arn}:$LATEST`, condition: "RetriesExhausted", approximateInvokeCount: 3 },
    requestPayload: { any: "json" },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    responsePayload: { errorType: "Error", errorMessage: "boom" },
  });
  assert.deepEqual(record.from, { account: "000000000000", region: "eu-west-1", sourceArn: arn, roleArn: "arn:aws:iam::000000000000:role/broken" });
  const letter = delivered.find((one) => one.arn === TOPIC)!;
  assert.equal(letter.message.body, '{"any":"json"}');
  assert.deepEqual(letter.message.attributes, { RequestID: { type: "String", value: requestId }, ErrorCode: { type: "Number", value: "200" }, ErrorMessage: { type: "String", value: "boom" } });
  assert.equal(delivered.length, 2);
  assert.ok(t.asked.some(({ actor, action, resource }) => "roleArn" in actor && action === "sqs:SendMessage" && resource === QUEUE), "the execution role is asked about");
}));

test("settings are read anew at every try", withDelivery(async (t) => {
  t.functions.answer = fails();
  const arn = t.add("changing");
  await t.send(arn, {});
  await t.settle();
  t.add("changing", { async: { retriesMax: 1, ageSecondsMax: 21_600, onFailureArn: QUEUE } });
  await t.clock.advance(10 * MINUTE);
  assert.equal(t.functions.seen.length, 2);
  assert.equal(bodyOf((await t.delivered())[0]).requestContext.approximateInvokeCount, 2);
}));

test("no retries means one run", withDelivery(async (t) => {
  t.functions.answer = fails();
  await t.send(t.add("single", { async: { retriesMax: 0, ageSecondsMax: 21_600 } }), {});
  await t.clock.advance(10 * MINUTE);
  assert.equal(t.functions.seen.length, 1);
}));

test("an event throttled for six hours is tried with growing pauses, loses no retry, and ends as too old", withDelivery(async (t) => {
  const arn = t.add("busy", { deadLetterArn: QUEUE, async: { retriesMax: 0, ageSecondsMax: 21_600, onFailureArn: TOPIC } });
  const startMs = t.clock.now();
  const times: number[] = [];
  t.functions.answer = async () => { times.push((t.clock.now() - startMs) / 1000); throw new Throttled("ConcurrentInvocationLimitExceeded"); };
  const requestId = await t.send(arn, { a: 1 });
  await t.clock.advance(6 * 60 * MINUTE - 1000);
  assert.deepEqual(times.slice(0, 11), [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811]);
  assert.ok(times.length > 70 && times.at(-1)! > 21_000);
  assert.deepEqual(await t.delivered(), []);
  await t.clock.advance(2000);
  const delivered = await t.delivered();
  assert.deepEqual(bodyOf(delivered.find((one) => one.arn === TOPIC)), {
    version: "1.0", timestamp: new Date(startMs + 21_600_000).toISOString(),
    requestContext: { requestId, functionArn: `${arn}:$LATEST`, condition: "EventAgeExceeded", approximateInvokeCount: 0 },
    requestPayload: { a: 1 },
    responseContext: { statusCode: 429 },
  });
  assert.deepEqual(delivered.find((one) => one.arn === QUEUE)!.message.attributes!["ErrorCode"], { type: "Number", value: "429" });
  assert.deepEqual(t.metrics.get("AsyncEventsDropped busy"), [1]);
}));

test("trouble of the platform takes no retry away", withDelivery(async (t) => {
  let troubles = 3;
  t.functions.answer = async () => { if (troubles-- > 0) throw new Fault("disk"); return fails()(); };
  await t.send(t.add("unlucky", { async: { retriesMax: 1, ageSecondsMax: 21_600, onFailureArn: QUEUE } }), {});
  await t.clock.advance(10 * MINUTE);
  assert.equal(t.functions.seen.length, 5);
  assert.equal(bodyOf((await t.delivered())[0]).requestContext.approximateInvokeCount, 2);
}));

test("an event that would be too old for its next run ends with the answer of its last", withDelivery(async (t) => {
  t.functions.answer = fails("late");
  const arn = t.add("young", { async: { retriesMax: 2, ageSecondsMax: 60, onFailureArn: QUEUE } });
  await t.send(arn, {});
  await t.settle();
  const { requestContext, responseContext, responsePayload } = bodyOf((await t.delivered())[0]);
  assert.deepEqual([requestContext.condition, requestContext.approximateInvokeCount, responseContext.statusCode, responsePayload.errorMessage], ["EventAgeExceeded", 1, 200, "late"]);
}));

test("with a reserved concurrency of 0 an event goes straight to its destination", withDelivery(async (t) => {
  await t.send(t.add("off", { reservedConcurrency: 0, deadLetterArn: TOPIC, async: { retriesMax: 2, ageSecondsMax: 21_600, onFailureArn: QUEUE } }), {});
  await t.settle();
  assert.equal(t.functions.seen.length, 0);
  const delivered = await t.delivered();
  assert.equal(bodyOf(delivered.find((one) => one.arn === QUEUE)).requestContext.approximateInvokeCount, 0);
  assert.equal(delivered.find((one) => one.arn === TOPIC)!.message.attributes!["ErrorCode"]!.value, "429");
}));

test("an event found in a loop is not run again", withDelivery(async (t) => {
  t.functions.answer = async () => { throw new RecursiveInvocation(); };
  await t.send(t.add("loop", { deadLetterArn: TOPIC, async: { retriesMax: 2, ageSecondsMax: 21_600, onFailureArn: QUEUE } }), {});
  await t.clock.advance(10 * MINUTE);
  assert.equal(t.functions.seen.length, 1);
  assert.equal((await t.delivered()).length, 2);
}));

test("events of a deleted function are dropped, and that is said once", withDelivery(async (t) => {
  t.functions.answer = fails();
  const arn = t.add("gone");
  await Promise.all([t.send(arn, 1), t.send(arn, 2)]);
  await t.settle();
  t.directory.delete(arn);
  await t.clock.advance(10 * MINUTE);
  assert.equal(t.functions.seen.length, 2);
  assert.deepEqual(t.logged.filter((line) => /is gone/.test(line)).length, 1);
  assert.deepEqual(t.metrics.get("AsyncEventsDropped gone"), [1, 1]);
  assert.deepEqual(t.delivery.stats(), { lanes: 0, running: 0 });
}));

test("events of an alias that is away for a while wait for it", withDelivery(async (t) => {
  t.add("kept");
  const live = t.add("kept", { qualifier: "live" });
  t.functions.answer = async () => { throw new Throttled("ConcurrentInvocationLimitExceeded"); };
  await t.send(live, {});
  await t.settle();
  t.directory.delete(live);
  await t.clock.advance(5 * MINUTE);
  t.functions.answer = async ({ payload }) => ({ failed: false, payload, executedVersion: "3" });
  assert.equal(t.functions.seen.length, 1);
  t.add("kept", { qualifier: "live" });
  await t.clock.advance(10 * MINUTE);
  assert.equal(t.functions.seen.length, 2);
  assert.equal(t.functions.seen[1]!.invokedArn, live);
}));

test("a target that refuses is tried again for five minutes, then the record is given up and counted", withDelivery(async (t) => {
  t.refusals.target = refused();
  const arn = t.add("shouting", { deadLetterArn: TOPIC, async: { retriesMax: 0, ageSecondsMax: 21_600, onFailureArn: QUEUE } });
  t.functions.answer = fails();
  await t.send(arn, {});
  await t.clock.advance(4 * MINUTE);
  assert.equal(t.metrics.get("DestinationDeliveryFailures"), undefined);
  await t.clock.advance(3 * MINUTE);
  for (const name of ["DestinationDeliveryFailures", "DeadLetterErrors"]) for (const dimensions of ["", " shouting", " shouting shouting"]) assert.deepEqual(t.metrics.get(name + dimensions), [1], name + dimensions);
  assert.ok(t.logged.some((line) => /given up.*failures.*does not exist/.test(line)));
  assert.deepEqual(await t.delivered(), []);
}));

test("a target that comes back gets what it missed", withDelivery(async (t) => {
  t.refusals.target = refused();
  await t.send(t.add("patient", { async: { retriesMax: 0, ageSecondsMax: 21_600, onSuccessArn: QUEUE } }), {});
  await t.clock.advance(MINUTE);
  delete t.refusals.target;
  await t.clock.advance(2 * MINUTE);
  assert.equal((await t.delivered()).length, 1);
}));

test("a sender is told that there is no such function, or that it may not", withDelivery(async (t) => {
  await assert.rejects(t.send(functionArn("none"), {}), { name: "ResourceNotFoundException", message: `Function not found: ${functionArn("none")}` });
  const arn = t.add("guarded");
  const source = { service: "s3.amazonaws.com", arn: "arn:aws:s3:::bucket", account: "000000000000" };
  await t.send(arn, {}, { source });
  assert.deepEqual(t.asked[0], { actor: { service: "s3.amazonaws.com" }, action: "lambda:InvokeFunction", resource: arn, context: { "aws:SourceArn": "arn:aws:s3:::bucket", "aws:SourceAccount": "000000000000" } });
  t.refusals.permission = new Error("no");
  await assert.rejects(t.send(arn, {}, { source }), { message: "no" });
  await assert.rejects(t.delivery.events.invoke({ functionArn: arn, payload: Buffer.from("{}"), requestId: "r", source }), { message: "no" });
  await t.settle();
  assert.equal(t.functions.seen.length, 1);
}));

test("who asks and waits gets the function's answer", withDelivery(async (t) => {
  const answer = await t.delivery.events.invoke({ functionArn: t.add("asked", { reservedConcurrency: 3 }), payload: Buffer.from('"x"'), requestId: "r", tenantId: "blue" });
  assert.deepEqual([answer.failed, Buffer.from(answer.payload).toString(), answer.executedVersion], [false, '"x"', "$LATEST"]);
  assert.deepEqual([t.functions.seen[0]!.reservedConcurrency, t.functions.seen[0]!.tenantId], [3, "blue"]);
  await assert.rejects(t.delivery.events.invoke({ functionArn: functionArn("none"), payload: Buffer.from("{}"), requestId: "r" }), { name: "ResourceNotFoundException" });
}));

test("received events and their age are counted under the function and the qualifier", withDelivery(async (t) => {
  const live = t.add("counted", { qualifier: "live" });
  t.functions.answer = fails();
  await t.send(live, {});
  await t.clock.advance(10 * MINUTE);
  for (const dimensions of ["", " counted", " counted counted:live"]) {
    assert.deepEqual(t.metrics.get(`AsyncEventsReceived${dimensions}`), [1]);
    assert.deepEqual(t.metrics.get(`AsyncEventAge${dimensions}`), [0, MINUTE, 3 * MINUTE]);
    assert.deepEqual(t.metrics.get(`AsyncEventsDropped${dimensions}`), [1]);
  }
}));

test("an event that failed once and is then throttled to its end keeps the answer it had", withDelivery(async (t) => {
  const large = "x".repeat(300_000);
  for (const [name, message] of [["small", "told to"], ["large", large]] as const) {
    t.functions.answer = fails(message);
    await t.send(t.add(name, { async: { retriesMax: 2, ageSecondsMax: 600, onFailureArn: "arn:aws:s3:::records" } }), { payload: "of it" });
    await t.clock.advance(MINUTE / 2);
    t.functions.answer = async () => { throw new Throttled("ConcurrentInvocationLimitExceeded"); };
    await t.clock.advance(11 * MINUTE);
  }
  const [small, big] = (await t.delivered()).map(bodyOf);
  assert.deepEqual([small.requestContext.condition, small.requestContext.approximateInvokeCount, small.responsePayload.errorMessage], ["EventAgeExceeded", 1, "told to"]);
  assert.deepEqual(big.responseContext, small.responseContext);
  assert.equal("responsePayload" in big, false);
  assert.deepEqual(big.requestPayload, { payload: "of it" });
  assert.ok(t.asked.some(({ action, resource }) => action === "s3:PutObject" && resource.startsWith("arn:aws:s3:::records/aws/lambda/async/small/")), "the object is asked about");
}));
