// Invoke and InvokeWithResponseStream as a client sees them; the function behind the port is scripted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type InvokeWithResponseStreamResponseEvent, Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { memoryCode, recordedEvents, scriptedFunctions } from "../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { RecursiveInvocation } from "../../ports/recursive-invocation.ts";
import { Throttled } from "../../ports/throttled.ts";
import { lambda as service } from "./service.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:function:demo";
const functions = scriptedFunctions();
const events = recordedEvents();
let room: OpenRoom;
let lambda: Lambda;

before(async () => {
  room = await openRoom(service, { code: memoryCode(), functions, events });
  lambda = new Lambda(room.clientConfig);
  await lambda.createFunction({ FunctionName: "demo", Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zipOf({ "index.js": "" }) } });
  await waitUntilFunctionActiveV2({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 }, { FunctionName: "demo" });
});
after(() => room.close());

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

test("the payload goes to the function and its answer comes back with the version that ran", async () => {
  const { StatusCode, Payload, ExecutedVersion, FunctionError, LogResult } = await lambda.invoke({ FunctionName: "demo", Payload: '{"a": 1}' });
  assert.deepEqual([StatusCode, Payload!.transformToString(), ExecutedVersion, FunctionError, LogResult], [200, '{"a": 1}', "$LATEST", undefined, undefined]);
  const seen = functions.seen.at(-1)!;
  assert.equal(seen.invokedArn, ARN);
  assert.equal(seen.tail, false);
  assert.equal(seen.clientContext, undefined);
  assert.equal(seen.version.handler, "index.handler");
});

test("no payload means an empty object; qualifier and client context are handed on", async () => {
  await lambda.invoke({ FunctionName: "demo", Qualifier: "$LATEST", ClientContext: Buffer.from('{"custom":{}}').toString("base64") });
  const seen = functions.seen.at(-1)!;
  assert.equal(Buffer.from(seen.payload).toString(), "{}");
  assert.equal(seen.invokedArn, `${ARN}:$LATEST`);
  assert.equal(seen.clientContext, '{"custom":{}}');
});

test("a failed function is still a 200, marked Unhandled, with the tail of its log when asked", async () => {
  functions.answer = async () => ({ failed: true, payload: bytes('{"errorMessage":"boom"}'), executedVersion: "$LATEST", logTail: bytes("END") });
  const { StatusCode, FunctionError, LogResult, Payload } = await lambda.invoke({ FunctionName: "demo", LogType: "Tail" });
  assert.deepEqual([StatusCode, FunctionError, LogResult, Payload!.transformToString()], [200, "Unhandled", Buffer.from("END").toString("base64"), '{"errorMessage":"boom"}']);
  assert.equal(functions.seen.at(-1)!.tail, true);
});

test("a dry run checks everything and runs nothing", async () => {
  const before = functions.seen.length;
  assert.equal((await lambda.invoke({ FunctionName: "demo", InvocationType: "DryRun" })).StatusCode, 204);
  await assert.rejects(lambda.invoke({ FunctionName: "nobody", InvocationType: "DryRun" }), { name: "ResourceNotFoundException" });
  assert.equal(functions.seen.length, before);
});

test("bad payloads, bad contexts and unknown functions are refused before anything runs", async () => {
  const before = functions.seen.length;
  await assert.rejects(lambda.invoke({ FunctionName: "demo", Payload: "{" }), { name: "InvalidRequestContentException", message: /^Could not parse request body into json: Could not parse payload into json: / });
  await assert.rejects(lambda.invoke({ FunctionName: "demo", Payload: `"${"x".repeat(6_291_455)}"` }), { name: "RequestEntityTooLargeException", message: /payload is too large for the RequestResponse invocation type \(limit 6291456 bytes\)$/ });
  await assert.rejects(lambda.invoke({ FunctionName: "demo", ClientContext: "***" }), { name: "InvalidRequestContentException" });
  await assert.rejects(lambda.invoke({ FunctionName: "nobody" }), { name: "ResourceNotFoundException", message: `Function not found: ${ARN.replace("demo", "nobody")}:$LATEST` });
  await assert.rejects(lambda.invoke({ FunctionName: "demo", Qualifier: "live" }), { message: `Function not found: ${ARN}:live` });
  assert.equal(functions.seen.length, before);
});

test("a throttled invocation says why and when to come again", async () => {
  functions.answer = async () => { throw new Throttled("ConcurrentInvocationLimitExceeded"); };
  await assert.rejects(lambda.invoke({ FunctionName: "demo" }), { name: "TooManyRequestsException", message: "Rate Exceeded.", Reason: "ConcurrentInvocationLimitExceeded", retryAfterSeconds: "1" });
});

test("a function caught in a loop is refused in the model's words", async () => {
  functions.answer = async () => { throw new RecursiveInvocation(); };
  await assert.rejects(lambda.invoke({ FunctionName: "demo" }), { name: "RecursiveInvocationException", message: /recursive loop/ });
});

test("an event is accepted with 202 and an empty answer, and handed over with all it needs", async () => {
  const ran = functions.seen.length;
  const answer = await lambda.invoke({ FunctionName: "demo", Qualifier: "$LATEST", InvocationType: "Event", Payload: '{"a":1}' });
  assert.deepEqual([answer.StatusCode, answer.Payload?.byteLength ?? 0, answer.ExecutedVersion], [202, 0, undefined]);
  const event = events.seen.at(-1)!;
  assert.deepEqual([event.functionArn, Buffer.from(event.payload).toString(), event.source], [`${ARN}:$LATEST`, '{"a":1}', undefined]);
  assert.match(event.requestId, /^[0-9a-f-]{36}$/);
  await lambda.invoke({ FunctionName: "demo", InvocationType: "Event" });
  assert.deepEqual([events.seen.at(-1)!.functionArn, Buffer.from(events.seen.at(-1)!.payload).toString()], [ARN, "{}"]);
  assert.equal(functions.seen.length, ran);
});

test("an event of more than 1 MB, one that is not JSON, or one for nobody is not accepted", async () => {
  const accepted = events.seen.length;
  await assert.rejects(lambda.invoke({ FunctionName: "demo", InvocationType: "Event", Payload: `"${"x".repeat(1_048_575)}"` }), { name: "RequestEntityTooLargeException", message: "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)" });
  await assert.rejects(lambda.invoke({ FunctionName: "demo", InvocationType: "Event", Payload: "{" }), { name: "InvalidRequestContentException" });
  await assert.rejects(lambda.invoke({ FunctionName: "nobody", InvocationType: "Event" }), { name: "ResourceNotFoundException" });
  await assert.rejects(lambda.invoke({ FunctionName: "demo", Qualifier: "7", InvocationType: "Event" }), { message: `Function not found: ${ARN}:7` });
  assert.equal(events.seen.length, accepted);
  await lambda.invoke({ FunctionName: "demo", InvocationType: "Event", Payload: `"${"x".repeat(1_048_574)}"` });
  assert.equal(events.seen.length, accepted + 1);
});

test("the old InvokeAsync is an event of at most 256 KB", async () => {
  assert.equal((await lambda.invokeAsync({ FunctionName: "demo", InvokeArgs: '{"old":true}' })).Status, 202);
  assert.equal(Buffer.from(events.seen.at(-1)!.payload).toString(), '{"old":true}');
  await assert.rejects(lambda.invokeAsync({ FunctionName: "demo", InvokeArgs: `"${"x".repeat(262_143)}"` }), /262145 byte payload is too large for the Event invocation type \(limit 262144 bytes\)/);
  await assert.rejects(lambda.invokeAsync({ FunctionName: "nobody", InvokeArgs: "{}" }), { name: "ResourceNotFoundException" });
});

test("what the engine must know of the function goes along with each invocation", async () => {
  functions.answer = async ({ payload }) => ({ failed: false, payload, executedVersion: "$LATEST" });
  await lambda.putFunctionConcurrency({ FunctionName: "demo", ReservedConcurrentExecutions: 5 });
  await lambda.putFunctionRecursionConfig({ FunctionName: "demo", RecursiveLoop: "Allow" });
  await lambda.invoke({ FunctionName: "demo" });
  assert.deepEqual([functions.seen.at(-1)!.reservedConcurrency, functions.seen.at(-1)!.recursiveLoop], [5, "Allow"]);
  await lambda.deleteFunctionConcurrency({ FunctionName: "demo" });
  await lambda.putFunctionRecursionConfig({ FunctionName: "demo", RecursiveLoop: "Terminate" });
  await lambda.invoke({ FunctionName: "demo" });
  assert.deepEqual([functions.seen.at(-1)!.reservedConcurrency, functions.seen.at(-1)!.recursiveLoop], [undefined, undefined]);
});

test("a function with tenant isolation is invoked for a tenant, and no other function is", async () => {
  const isolated = await lambda.createFunction({ FunctionName: "isolated", Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zipOf({ "index.js": "" }) }, TenancyConfig: { TenantIsolationMode: "PER_TENANT" } });
  assert.deepEqual(isolated.TenancyConfig, { TenantIsolationMode: "PER_TENANT" });
  await waitUntilFunctionActiveV2({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 }, { FunctionName: "isolated" });
  const missing = { name: "InvalidParameterValueException", message: "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again." };
  await assert.rejects(lambda.invoke({ FunctionName: "isolated" }), missing);
  await assert.rejects(lambda.invoke({ FunctionName: "isolated", InvocationType: "Event" }), missing);
  await assert.rejects(lambda.invokeWithResponseStream({ FunctionName: "isolated" }), missing);
  await assert.rejects(lambda.invoke({ FunctionName: "demo", TenantId: "blue" }), { name: "InvalidParameterValueException" });
  await lambda.invoke({ FunctionName: "isolated", TenantId: "blue" });
  assert.deepEqual([functions.seen.at(-1)!.tenantId, functions.seen.at(-1)!.version.tenantIsolation], ["blue", true]);
  await lambda.invoke({ FunctionName: "isolated", TenantId: "green", InvocationType: "Event" });
  assert.equal(events.seen.at(-1)!.tenantId, "green");
});

test("a streamed answer arrives in its pieces and ends with what became of it", async () => {
  functions.stream = async () => ({
    contentType: "text/plain", executedVersion: "$LATEST",
    chunks: (async function* () { yield bytes("one"); yield bytes("two"); })(),
    completed: Promise.resolve({ errorCode: "Unhandled", errorDetails: '{"errorMessage":"late"}', logTail: bytes("END") }),
  });
  const answer = await lambda.invokeWithResponseStream({ FunctionName: "demo", LogType: "Tail" });
  assert.deepEqual([answer.StatusCode, answer.ExecutedVersion, answer.ResponseStreamContentType], [200, "$LATEST", "application/vnd.amazon.eventstream"]);
  const events: InvokeWithResponseStreamResponseEvent[] = [];
  for await (const event of answer.EventStream!) events.push(event);
  assert.deepEqual(events.map(({ PayloadChunk }) => PayloadChunk && Buffer.from(PayloadChunk.Payload!).toString()), ["one", "two", undefined]);
  assert.deepEqual(events.at(-1)!.InvokeComplete, { ErrorCode: "Unhandled", ErrorDetails: '{"errorMessage":"late"}', LogResult: Buffer.from("END").toString("base64") });
});
