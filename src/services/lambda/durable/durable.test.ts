// Executions from start to oblivion, under a clock that moves when told to. The functions are scripts that speak the SDK's protocol.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { OperationUpdate } from "@aws-sdk/client-lambda";
import { type DurableRoom, openDurableRoom, PENDING, type Script, succeeded } from "../../../../test/support/durable-room.ts";
import { zipOf } from "../../../../test/support/zip.ts";
import { ServiceError } from "../../../kernel/errors.ts";
import { Throttled } from "../../../ports/throttled.ts";

const DAY_S = 86_400;
const ARN = "arn:aws:lambda:eu-west-1:000000000000:function:";
let room: DurableRoom;
before(async () => { room = await openDurableRoom(); });
after(() => room.close());

const wait = (WaitSeconds: number, Id = "w"): OperationUpdate => ({ Id, Type: "WAIT", Action: "START", WaitOptions: { WaitSeconds } });
const callback = (CallbackOptions: OperationUpdate["CallbackOptions"] = {}): OperationUpdate => ({ Id: "c", Type: "CALLBACK", Action: "START", CallbackOptions });
/** Starts this operation, sleeps, and answers what has become of it. */
const waitFor = (update: OperationUpdate): Script => async ({ operations, checkpoint }) => {
  if (!operations.has(update.Id!)) await checkpoint([update]);
  const { Status } = operations.get(update.Id!)!;
  return Status === "STARTED" ? PENDING : succeeded(Status);
};
const get = (DurableExecutionArn: string) => room.lambda.getDurableExecution({ DurableExecutionArn });
const types = async (arn: string) => (await room.history(arn)).map(({ EventType }) => EventType);
const settle = () => room.clock.advance(50);
const idOf = (arn: string) => arn.split("/").at(-1)!;

test("a wait of a year ends after a year, in two invocations", async () => {
  const arn = await room.start(await room.create("year", waitFor(wait(365 * DAY_S))));
  await room.clock.advance((365 * DAY_S - 1) * 1000);
  assert.equal((await get(arn)).Status, "RUNNING");
  await room.clock.advance(2000);
  const { Status, Result, StartTimestamp, EndTimestamp } = await get(arn);
  assert.deepEqual([Status, Result], ["SUCCEEDED", '"SUCCEEDED"']);
  assert.equal(Math.round((EndTimestamp!.getTime() - StartTimestamp!.getTime()) / 1000), 365 * DAY_S);
  assert.deepEqual(await types(arn), ["ExecutionStarted", "WaitStarted", "InvocationCompleted", "WaitSucceeded", "InvocationCompleted", "ExecutionSucceeded"]);
});

test("an execution shows what it was started with and what came of it, or only that it was", async () => {
  const arn = await room.start(await room.create("shown", async ({ event }) => succeeded(event.InitialExecutionState.Operations[0]!.ExecutionDetails!.InputPayload), { DurableConfig: { ExecutionTimeout: 60, RetentionPeriodInDays: 3 } }), { a: 1 }, "first");
  await settle();
  const { $metadata: _, StartTimestamp, EndTimestamp, ...shown } = await get(arn);
  assert.ok(EndTimestamp! >= StartTimestamp!);
  const brief = { DurableExecutionArn: arn, DurableExecutionName: "first", FunctionArn: `${ARN}shown:1`, Version: "1", Status: "SUCCEEDED", DurableConfig: { ExecutionTimeout: 60, RetentionPeriodInDays: 3 } };
  assert.equal(arn, `${ARN}shown:1/durable-execution/first/${idOf(arn)}`);
  assert.deepEqual(shown, { ...brief, InputPayload: '{"a":1}', Result: '"{\\"a\\":1}"', ExecutionDataIncluded: true });
  const { $metadata: __, StartTimestamp: ___, EndTimestamp: ____, ...compact } = await room.lambda.getDurableExecution({ DurableExecutionArn: arn, IncludeExecutionData: false });
  assert.deepEqual(compact, { ...brief, ExecutionDataIncluded: false });
  for (const DurableExecutionArn of [`${arn}0`, arn.replace("000000000000", "111111111111"), arn.replace("/first/", "/second/")])
    await assert.rejects(room.lambda.getDurableExecution({ DurableExecutionArn }), { name: "ResourceNotFoundException", message: "Durable Execution does not exist" });
});

test("history comes in pages, from either end, with or without payloads", async () => {
  const arn = await room.start(await room.create("paged", async () => succeeded("out")));
  await settle();
  const page = (more: object) => room.lambda.getDurableExecutionHistory({ DurableExecutionArn: arn, ...more });
  const first = await page({ MaxItems: 2 });
  assert.deepEqual(first.Events!.map(({ EventId, EventType, Id }) => [EventId, EventType, Id]), [[1, "ExecutionStarted", idOf(arn)], [2, "InvocationCompleted", undefined]]);
  assert.deepEqual(first.Events![0]!.ExecutionStartedDetails, { Input: { Payload: "{}", Truncated: false }, ExecutionTimeout: 31_622_400 });
  const second = await page({ MaxItems: 2, Marker: first.NextMarker });
  assert.deepEqual([second.Events!.map(({ EventType }) => EventType), second.NextMarker], [["ExecutionSucceeded"], undefined]);
  const newest = await page({ MaxItems: 1, ReverseOrder: true, IncludeExecutionData: false });
  assert.deepEqual([newest.Events![0]!.EventId, newest.Events![0]!.ExecutionSucceededDetails], [3, { Result: { Truncated: false } }]);
  assert.equal((await page({ ReverseOrder: true, Marker: newest.NextMarker })).Events!.length, 2);
  await assert.rejects(page({ Marker: "bogus" }), { name: "InvalidParameterValueException", message: "Invalid Marker" });
});

test("executions are listed by version, status, time and name, newest first unless asked otherwise", async () => {
  const FunctionName = await room.create("listed", async ({ event }) => (event.DurableExecutionArn.includes("/bad/") ? { Status: "FAILED", Error: { ErrorMessage: "bad" } } : succeeded(1)));
  const times: Date[] = [];
  for (const name of ["one", "bad", "three"]) {
    await room.start(FunctionName, {}, name);
    times.push(new Date(room.clock.now()));
    await room.clock.advance(1000);
  }
  const list = async (more: object) => (await room.lambda.listDurableExecutionsByFunction({ FunctionName, ...more })).DurableExecutions!.map(({ DurableExecutionName }) => DurableExecutionName);
  assert.deepEqual(await list({}), ["three", "bad", "one"]);
  assert.deepEqual(await list({ ReverseOrder: true }), ["one", "bad", "three"]);
  assert.deepEqual(await list({ Statuses: ["FAILED"] }), ["bad"]);
  assert.deepEqual(await list({ DurableExecutionName: "one" }), ["one"]);
  assert.deepEqual(await list({ StartedAfter: times[0] }), ["three", "bad"]);
  assert.deepEqual(await list({ StartedBefore: times[0], ReverseOrder: true }), []);
  assert.deepEqual(await list({ FunctionName: "listed" }), [], "$LATEST has none");
  const { NextMarker } = await room.lambda.listDurableExecutionsByFunction({ FunctionName, MaxItems: 2 });
  assert.deepEqual(await list({ MaxItems: 2, Marker: NextMarker }), ["one"]);
  await assert.rejects(list({ Statuses: ["FAILED", "RUNNING"] }), { message: "Cannot filter by more than one status" });
  await assert.rejects(list({ Marker: "bogus" }), { message: "Invalid Marker" });
});

test("what has ended is forgotten when its retention is over, and its name is free again", async () => {
  const name = await room.create("kept", waitFor(wait(1)), { DurableConfig: { ExecutionTimeout: 60, RetentionPeriodInDays: 2 } });
  const arn = await room.start(name, {}, "again");
  await room.clock.advance(2 * DAY_S * 1000);
  assert.equal((await get(arn)).Status, "SUCCEEDED");
  await room.clock.advance(5000);
  await assert.rejects(get(arn), { name: "ResourceNotFoundException" });
  assert.deepEqual((await room.lambda.listDurableExecutionsByFunction({ FunctionName: name })).DurableExecutions, []);
  assert.notEqual(await room.start(name, { other: true }, "again"), arn);
});

test("a failing invocation is repeated with growing pauses, and some two minutes later the execution fails with its error", async () => {
  let invocations = 0;
  const arn = await room.start(await room.create("failing", async () => { invocations++; throw new RangeError("always"); }));
  await room.clock.advance(3500);
  assert.equal(invocations, 3);
  assert.equal((await get(arn)).Status, "RUNNING");
  await room.clock.advance(130_000);
  const { Status, Error: error } = await get(arn);
  assert.deepEqual([invocations, Status, error], [8, "FAILED", { ErrorMessage: "always", ErrorType: "RangeError" }]);
});

test("an invocation that is throttled is none: it is tried again, however often", async () => {
  const name = await room.create("throttled", async () => succeeded("at last"));
  const { answer } = room.functions;
  let refusals = 12;
  room.functions.answer = async (invocation) => {
    if (refusals-- > 0) throw new Throttled("ConcurrentInvocationLimitExceeded");
    return answer(invocation);
  };
  const arn = await room.start(name);
  await room.clock.advance(40 * 60_000);
  room.functions.answer = answer;
  assert.deepEqual(await types(arn), ["ExecutionStarted", "InvocationCompleted", "ExecutionSucceeded"]);
});

test("callbacks end by success, by failure, by a heartbeat that stays away, and never twice", async () => {
  const heart = await room.create("heart", waitFor(callback({ TimeoutSeconds: 100, HeartbeatTimeoutSeconds: 10 })));
  const begin = async () => {
    const arn = await room.start(heart);
    const details = (await room.history(arn))[1]!.CallbackStartedDetails!;
    assert.deepEqual([details.Timeout, details.HeartbeatTimeout], [100, 10]);
    return { arn, CallbackId: details.CallbackId! };
  };
  const [beating, silent, endless] = [await begin(), await begin(), await begin()];
  for (let n = 0; n < 3; n++) {
    await room.clock.advance(8000);
    await room.lambda.sendDurableExecutionCallbackHeartbeat({ CallbackId: beating.CallbackId });
    if (n < 1) await room.lambda.sendDurableExecutionCallbackHeartbeat({ CallbackId: endless.CallbackId });
  }
  await room.lambda.sendDurableExecutionCallbackSuccess({ CallbackId: beating.CallbackId });
  await room.clock.advance(1000);
  assert.equal((await get(beating.arn)).Result, '"SUCCEEDED"');
  assert.equal((await get(silent.arn)).Result, '"TIMED_OUT"');
  assert.deepEqual((await room.history(silent.arn)).find(({ EventType }) => EventType === "CallbackTimedOut")!.CallbackTimedOutDetails!.Error!.Payload, { ErrorMessage: "Callback timed out on heartbeat", ErrorType: "Callback.Heartbeat" });
  for (const { CallbackId } of [beating, silent]) await assert.rejects(room.lambda.sendDurableExecutionCallbackHeartbeat({ CallbackId }), { name: "CallbackTimeoutException" });
  await assert.rejects(room.lambda.sendDurableExecutionCallbackFailure({ CallbackId: "bm9uZQ==" }), { name: "InvalidParameterValueException", message: "Invalid callback id" });
});

test("what happens while the function runs brings another invocation when it goes to sleep", async () => {
  let invocations = 0;
  const arn = await room.start(await room.create("awake", async (invoked) => {
    if (++invocations > 1) return succeeded(invoked.event.UpdatedOperationIds);
    await invoked.checkpoint([callback(), wait(3600)]);
    await room.lambda.sendDurableExecutionCallbackSuccess({ CallbackId: invoked.operations.get("c")!.CallbackDetails!.CallbackId!, Result: "1" });
    return PENDING;
  }));
  await settle();
  assert.deepEqual([invocations, (await get(arn)).Result], [2, '["c"]']);
});

test("answers that break the protocol end the execution with what was wrong", async () => {
  const cases: [unknown, string][] = [
    [{ statusCode: 200 }, "Invalid Status in invocation output."],
    [{ Status: "DONE" }, "Invalid Status in invocation output."],
    [null, "Invalid Status in invocation output."],
    [PENDING, "Cannot return PENDING status with no pending operations."],
    [{ Status: "SUCCEEDED", Error: { ErrorMessage: "x" } }, "Cannot provide an Error for SUCCEEDED status."],
    [{ Status: "FAILED", Result: "1" }, "Cannot provide a Result for FAILED status."],
    [succeeded("x".repeat(1_048_576)), "Execution output payload size must be less than or equal to 1048576 bytes."],
  ];
  for (const [n, [answer, ErrorMessage]] of cases.entries()) {
    const arn = await room.start(await room.create(`breaks-${n}`, async () => answer));
    await settle();
    const { Status, Error: error } = await get(arn);
    assert.deepEqual([Status, error], ["FAILED", { ErrorMessage, ErrorType: "InvalidParameterValueException" }]);
  }
});

test("a chained invoke sees how the other execution ended", async () => {
  const child = await room.create("child", waitFor(wait(3600)), { DurableConfig: { ExecutionTimeout: 10 } });
  const parent = (FunctionName: string): Script => async ({ operations, checkpoint }) => {
    if (!operations.has("i")) await checkpoint([{ Id: "i", Type: "CHAINED_INVOKE", Action: "START", ChainedInvokeOptions: { FunctionName } }]);
    const { Status, ChainedInvokeDetails } = operations.get("i")!;
    return Status === "STARTED" ? PENDING : succeeded([Status, ChainedInvokeDetails!.Error]);
  };
  const [late, stopped] = [await room.start(await room.create("parent", parent(child))), await room.start("parent:1")];
  await settle();
  const childArn = (await room.history(stopped))[1]!.ChainedInvokeStartedDetails!.DurableExecutionArn!;
  await room.lambda.stopDurableExecution({ DurableExecutionArn: childArn, Error: { ErrorMessage: "halt" } });
  await room.clock.advance(11_000);
  assert.deepEqual(JSON.parse((await get(stopped)).Result!), ["STOPPED", { ErrorMessage: "halt" }]);
  assert.deepEqual(JSON.parse((await get(late)).Result!), ["TIMED_OUT", { ErrorMessage: "CHAINED_INVOKE timed out after 10 seconds.", ErrorType: "ChainedInvoke.Timeout" }]);
  const unqualified = await room.start(await room.create("careless", parent("child")));
  await settle();
  assert.deepEqual(JSON.parse((await get(unqualified)).Result!), ["FAILED", { ErrorMessage: "You cannot invoke a durable function using an unqualified ARN.", ErrorType: "InvalidParameterValueException" }]);
});

test("the event of an asynchronous execution that fails goes to the dead-letter queue of its version", async () => {
  const queue = "arn:aws:sqs:eu-west-1:000000000000:dead";
  const name = await room.create("mourned", async () => ({ Status: "FAILED", Error: { ErrorMessage: "lost", ErrorType: "Sad" } }), { DeadLetterConfig: { TargetArn: queue } });
  await room.start(name, { order: 7 });
  await settle();
  const { arn, message } = room.delivered.at(-1)!;
  assert.deepEqual([arn, message.body, message.attributes!["ErrorMessage"]], [queue, '{"order":7}', { type: "String", value: "lost" }]);
});

test("an asynchronous execution that fails is not started again, whatever MaximumRetryAttempts says", async () => {
  // "Unlike standard Lambda functions, durable executions are not automatically retried on failure" (durable-best-practices.html).
  let invocations = 0;
  const name = await room.create("unrepeated", async () => { invocations++; return { Status: "FAILED", Error: { ErrorMessage: "lost" } }; });
  await room.lambda.putFunctionEventInvokeConfig({ FunctionName: "unrepeated", Qualifier: "1", MaximumRetryAttempts: 2 });
  await room.start(name, {});
  await settle();
  await room.clock.advance(600_000);
  const { DurableExecutions } = await room.lambda.listDurableExecutionsByFunction({ FunctionName: "unrepeated", Qualifier: "1" });
  assert.deepEqual([invocations, DurableExecutions!.map(({ Status }) => Status)], [1, ["FAILED"]]);
});

test("a deleted function fails what still runs of it", async () => {
  const arn = await room.start(await room.create("deleted", waitFor(wait(60))));
  await room.lambda.deleteFunction({ FunctionName: "deleted" });
  await room.clock.advance(61_000);
  const { Status, Error: error } = await get(arn);
  assert.deepEqual([Status, error], ["FAILED", { ErrorMessage: `Function not found: ${ARN}deleted:1`, ErrorType: "ResourceNotFoundException" }]);
});

test("a function made anew does not go on with what the one before it began, nor answers for it", async () => {
  const name = await room.create("anew", waitFor(wait(60)));
  const [running, ended] = [await room.start(name, {}, "running"), await room.start(name, {}, "ended")];
  await room.lambda.stopDurableExecution({ DurableExecutionArn: ended });
  await room.lambda.deleteFunction({ FunctionName: "anew" });
  let invocations = 0;
  await room.create("anew", async () => { invocations++; return succeeded("other code"); }, { Code: { ZipFile: await zipOf({ "index.js": "other code" }) } });
  await room.clock.advance(61_000);
  const { Status, Error: error } = await get(running);
  assert.deepEqual([invocations, Status, error], [0, "FAILED", { ErrorMessage: `Function not found: ${ARN}anew:1`, ErrorType: "ResourceNotFoundException" }]);
  await assert.rejects(room.start("anew:1", {}, "ended"), { name: "DurableExecutionAlreadyStartedException", message: `Execution already started: ${ended}` });
});

test("a chained invoke needs the permission of the role it runs with", async () => {
  const strict = await openDurableRoom({ mode: "enforce", decide: async () => ({ allowed: true }), check: async ({ actor, resource }) => { throw new ServiceError("AccessDeniedException", `${JSON.stringify(actor)} may not invoke ${resource}`, { status: 403 }); } });
  try {
    await strict.create("target", async () => succeeded(1));
    const arn = await strict.start(await strict.create("caller", async ({ operations, checkpoint }) => {
      await checkpoint([{ Id: "i", Type: "CHAINED_INVOKE", Action: "START", ChainedInvokeOptions: { FunctionName: "target:1" } }]);
      return succeeded(operations.get("i")!.ChainedInvokeDetails!.Error);
    }));
    await strict.clock.advance(50);
    const { Result } = await strict.lambda.getDurableExecution({ DurableExecutionArn: arn });
    assert.deepEqual(JSON.parse(Result!), { ErrorMessage: `{"roleArn":"arn:aws:iam::000000000000:role/r"} may not invoke ${ARN}target:1`, ErrorType: "AccessDeniedException" });
  } finally {
    await strict.close();
  }
});

test("how a durable function may be invoked", async () => {
  const name = await room.create("rules", async () => succeeded("ran"));
  const invoke = (FunctionName: string, more: object = {}) => room.lambda.invoke({ FunctionName, ...more });
  for (const more of [{}, { InvocationType: "Event" }, { InvocationType: "DryRun" }]) await assert.rejects(invoke("rules", more), { name: "InvalidParameterValueException", message: "You cannot invoke a durable function using an unqualified ARN." });
  await assert.rejects(invoke(name), { name: "InvalidParameterValueException", message: "You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes." });
  assert.equal((await invoke(name, { InvocationType: "Event" })).StatusCode, 202);
  const short = await room.create("short", async () => succeeded("ran"), { DurableConfig: { ExecutionTimeout: 900 } });
  assert.equal((await invoke(short, { InvocationType: "DryRun" })).StatusCode, 204);
  const { StatusCode, Payload, ExecutedVersion } = await invoke(short);
  assert.deepEqual([StatusCode, Payload!.transformToString(), ExecutedVersion], [200, '"ran"', "1"]);
  assert.equal((await invoke("short:$LATEST")).ExecutedVersion, "$LATEST");
  await assert.rejects(room.lambda.invokeWithResponseStream({ FunctionName: short }), { message: /response streaming/ });
  await room.create("plain", async () => 1, { DurableConfig: undefined });
  await assert.rejects(invoke("plain", { DurableExecutionName: "n" }), { name: "InvalidParameterValueException" });
});

test("a function is made durable when it is created, or never", async () => {
  const { lambda } = room;
  await room.create("config", async () => 1, { DurableConfig: { ExecutionTimeout: 3600 } });
  const { DurableConfig, Timeout } = await lambda.getFunctionConfiguration({ FunctionName: "config" });
  assert.deepEqual([DurableConfig, Timeout], [{ ExecutionTimeout: 3600, RetentionPeriodInDays: 14 }, 900]);
  assert.deepEqual((await lambda.updateFunctionConfiguration({ FunctionName: "config", DurableConfig: { RetentionPeriodInDays: 3 } })).DurableConfig, { ExecutionTimeout: 3600, RetentionPeriodInDays: 3 });
  assert.deepEqual((await lambda.getFunctionConfiguration({ FunctionName: "config:1" })).DurableConfig, { ExecutionTimeout: 3600, RetentionPeriodInDays: 14 });
  await assert.rejects(room.create("config-2", async () => 1, { DurableConfig: { RetentionPeriodInDays: 3 } }), { message: "You cannot create a function with a durable configuration without an executionTimeout" });
  await room.create("config-3", async () => 1, { DurableConfig: undefined });
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: "config-3", DurableConfig: { ExecutionTimeout: 60 } }), { message: "You cannot add a durable configuration to a function that was originally created with no durable configuration" });
});

test("the default event bus is told when an execution begins and how it ends", async () => {
  const told = (arn: string) => room.events.filter(({ detail }) => (detail as { durableExecutionArn: string }).durableExecutionArn === arn);
  const startMs = room.clock.now();
  const arn = await room.start(await room.create("told", waitFor(wait(60))), {}, "order-123");
  await room.clock.advance(61_000);
  const { StartTimestamp, EndTimestamp } = await get(arn);
  const event = { account: "000000000000", region: "eu-west-1", source: "aws.lambda", detailType: "Durable Execution Status Change", resources: [] };
  const detail = { durableExecutionArn: arn, durableExecutionName: "order-123", functionArn: `${ARN}told:1`, status: "RUNNING", startTimestamp: StartTimestamp!.toISOString() };
  assert.deepEqual(told(arn).map(({ traceId: _, timeMs: __, ...rest }) => rest), [{ ...event, detail }, { ...event, detail: { ...detail, status: "SUCCEEDED", endTimestamp: EndTimestamp!.toISOString() } }]);
  assert.ok(told(arn)[0]!.timeMs! >= startMs);
  const stopped = await room.start(await room.create("stopped-and-told", waitFor(wait(60))));
  await settle();
  await room.lambda.stopDurableExecution({ DurableExecutionArn: stopped });
  await settle();
  assert.deepEqual(told(stopped).map((one) => (one.detail as { status: string }).status), ["RUNNING", "STOPPED"]);
});
