// Asynchronous invocation through the whole platform, with functions as destinations.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateFunctionCommand, InvokeAsyncCommand, InvokeCommand, PutFunctionConcurrencyCommand, PutFunctionEventInvokeConfigCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { type Evidence, openEvidence } from "./support/evidence.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

let platform: TestPlatform;
let evidence: Evidence;
before(async () => {
  [platform, evidence] = await Promise.all([openTestPlatform({}), openEvidence()]);
});
after(async () => {
  await platform.close();
  evidence.close();
});

async function create(name: string, source: string): Promise<string> {
  const { lambda } = platform;
  const { FunctionArn } = await lambda.send(new CreateFunctionCommand({ FunctionName: name, Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Timeout: 60, Code: { ZipFile: await zipOf({ "index.js": evidence.say + source }) } }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: name });
  return FunctionArn!;
}

async function saidOf(topic: string, count: number): Promise<any[]> {
  for (let waitedMs = 0; waitedMs < 30_000 && evidence.said(topic).length < count; waitedMs += 20) await sleep(20);
  return evidence.said(topic);
}

test("an event is accepted with 202 and nothing else, and the record of its outcome invokes the destination", async () => {
  const sink = await create("sink", "exports.handler = (event) => say('record', event);");
  const worker = await create("worker", "exports.handler = async (event) => { if (event.fail) throw new Error('told to'); return { done: event.n }; };");
  await platform.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: "worker", MaximumRetryAttempts: 0, DestinationConfig: { OnSuccess: { Destination: sink }, OnFailure: { Destination: sink } } }));
  const accepted = await platform.lambda.send(new InvokeCommand({ FunctionName: "worker", InvocationType: "Event", Payload: Buffer.from('{"n": 1}') }));
  assert.deepEqual([accepted.StatusCode, accepted.Payload?.length ?? 0, accepted.ExecutedVersion, accepted.FunctionError], [202, 0, undefined, undefined]);
  const [success] = await saidOf("record", 1);
  assert.deepEqual(success, {
    version: "1.0", timestamp: success.timestamp,
    requestContext: { requestId: accepted.$metadata.requestId, functionArn: `${worker}:$LATEST`, condition: "Success", approximateInvokeCount: 1 },
    requestPayload: { n: 1 }, responseContext: { statusCode: 200, executedVersion: "$LATEST" }, responsePayload: { done: 1 },
  });
  await platform.lambda.send(new InvokeAsyncCommand({ FunctionName: "worker", InvokeArgs: '{"fail":true}' }));
  const failure = (await saidOf("record", 2))[1];
  assert.equal(failure.requestContext.condition, "RetriesExhausted");
  assert.equal(failure.responseContext.functionError, "Unhandled");
  assert.equal(failure.responsePayload.errorMessage, "told to");
});

test("functions that are each other's destination come to an end", async () => {
  const [ping, pong] = [await create("ping", "exports.handler = () => say('ping', 1);"), await create("pong", "exports.handler = () => say('pong', 1);")];
  const to = (FunctionName: string, Destination: string) => platform.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, DestinationConfig: { OnSuccess: { Destination } } }));
  await Promise.all([to("ping", pong), to("pong", ping)]);
  await platform.lambda.send(new InvokeCommand({ FunctionName: "ping", InvocationType: "Event" }));
  await saidOf("pong", 16);
  for (let same = 0, last = -1; same < 25; last = evidence.said("ping").length) same = evidence.said("ping").length === last ? (await sleep(20), same + 1) : 0;
  assert.deepEqual([evidence.said("ping").length, evidence.said("pong").length], [16, 16]);
});

test("a reserved concurrency of 0 sends events straight to their destination", async () => {
  const parked = await create("parked", "exports.handler = (event) => say('parked', event);");
  await create("off", "exports.handler = () => say('off', 1);");
  await platform.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: "off", ReservedConcurrentExecutions: 0 }));
  await platform.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: "off", DestinationConfig: { OnFailure: { Destination: parked } } }));
  await platform.lambda.send(new InvokeCommand({ FunctionName: "off", InvocationType: "Event", Payload: Buffer.from('"x"') }));
  const [record] = await saidOf("parked", 1);
  assert.deepEqual([record.requestPayload, record.requestContext.approximateInvokeCount, record.responseContext.statusCode], ["x", 0, 429]);
  assert.equal(evidence.said("off").length, 0);
});

test("health tells how much is on its way", async () => {
  const { asynchronous } = (await (await fetch(`${platform.url}/_evoke/health`)).json()) as { asynchronous: { lanes: number; running: number } };
  assert.deepEqual(Object.keys(asynchronous), ["lanes", "running"]);
});
