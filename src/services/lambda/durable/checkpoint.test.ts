// What a checkpoint may say, with AWS's own sentences for what it may not. The function is a script that speaks the SDK's protocol.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { OperationUpdate } from "@aws-sdk/client-lambda";
import { type DurableRoom, type Invoked, openDurableRoom, PENDING, succeeded } from "../../../../test/support/durable-room.ts";

let room: DurableRoom;
before(async () => { room = await openDurableRoom(); });
after(() => room.close());

let made = 0;
/** Runs one execution with this script; answers what the script has answered. */
async function within<T>(script: (invoked: Invoked) => Promise<T>): Promise<{ arn: string; answer: T }> {
  let answer: T;
  let failure: unknown;
  const name = await room.create(`f${made++}`, async (invoked) => {
    try {
      answer = await script(invoked);
    } catch (error) {
      failure = error;
    }
    return succeeded(null);
  });
  const arn = await room.start(name);
  for (let n = 0; n < 50 && (await room.lambda.getDurableExecution({ DurableExecutionArn: arn })).Status === "RUNNING"; n++) await room.clock.advance(1);
  if (failure) throw failure;
  return { arn, answer: answer! };
}

const step = (Action: OperationUpdate["Action"], more: Partial<OperationUpdate> = {}): OperationUpdate => ({ Id: "s", Type: "STEP", Action, ...more });
const retry = (seconds: number, more: Partial<OperationUpdate> = {}) => step("RETRY", { StepOptions: { NextAttemptDelaySeconds: seconds }, ...more });
const context = (Action: OperationUpdate["Action"], Id = "c", more: Partial<OperationUpdate> = {}): OperationUpdate => ({ Id, Type: "CONTEXT", Action, ...more });
const wait = (Action: OperationUpdate["Action"] = "START", more: Partial<OperationUpdate> = { WaitOptions: { WaitSeconds: 60 } }): OperationUpdate => ({ Id: "w", Type: "WAIT", Action, ...more });
const invoke = (FunctionName: string): OperationUpdate => ({ Id: "i", Type: "CHAINED_INVOKE", Action: "START", ChainedInvokeOptions: { FunctionName } });
const execution = (Action: OperationUpdate["Action"], more: Partial<OperationUpdate> = {}): OperationUpdate => ({ Id: "any", Type: "EXECUTION", Action, ...more });

const REFUSED: [why: string, before: OperationUpdate[], refused: OperationUpdate[]][] = [
  ["Cannot checkpoint multiple EXECUTION updates.", [], [execution("SUCCEED"), execution("FAIL")]],
  ["EXECUTION checkpoint must be the last update.", [], [execution("SUCCEED"), step("START")]],
  ["Invalid action for the given operation type.", [], [execution("START")]],
  ["Cannot update the same operation twice in a single request.", [], [step("START"), step("START")]],
  ["Cannot update the same operation twice in a single request.", [], [wait(), wait("CANCEL", {})]],
  ["Invalid parent operation id.", [], [step("START", { ParentId: "nobody" })]],
  ["Invalid parent operation id.", [wait()], [step("START", { ParentId: "w" })]],
  ["Inconsistent operation type.", [step("START")], [{ ...wait(), Id: "s" }]],
  ["Inconsistent operation name.", [step("START", { Name: "one" })], [step("SUCCEED", { Name: "two" })]],
  ["Inconsistent operation subtype.", [step("START", { SubType: "Step" })], [step("SUCCEED", { SubType: "Other" })]],
  ["Inconsistent parent operation id.", [context("START"), step("START", { ParentId: "c" })], [step("SUCCEED")]],
  ["Error object size must be less than 32768 bytes.", [], [step("FAIL", { Error: { ErrorMessage: "x".repeat(32_768) } })]],
  ["STEP output payload size must be less than or equal to 262144 bytes.", [], [step("SUCCEED", { Payload: "x".repeat(262_145) })]],
  ["Invalid action for the given operation type.", [], [step("CANCEL")]],
  ["Cannot provide a Payload for FAIL action.", [], [step("FAIL", { Payload: "1" })]],
  ["Cannot provide an Error for SUCCEED action.", [], [context("SUCCEED", "c", { Error: {} })]],
  ["Invalid current STEP state to start.", [step("START")], [step("START")]],
  ["Invalid current STEP state to close.", [step("START"), step("SUCCEED")], [step("FAIL")]],
  ["Invalid current STEP state to re-attempt.", [step("START"), step("SUCCEED")], [retry(1)]],
  ["Invalid StepOptions for the given action.", [], [step("RETRY")]],
  ["Cannot provide both error and payload to RETRY a STEP.", [], [retry(1, { Payload: "1", Error: {} })]],
  ["Cannot start a CONTEXT that already exist.", [context("START")], [context("START")]],
  ["Invalid current CONTEXT state to close.", [context("START"), context("SUCCEED")], [context("SUCCEED")]],
  ["Cannot start a WAIT that already exist.", [wait()], [wait()]],
  ["Update for WAIT operation requires WaitOptions.", [], [wait("START", {})]],
  ["Cannot cancel a WAIT that does not exist or has already completed.", [], [wait("CANCEL", {})]],
  ["Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.", [], [{ Id: "i", Type: "CHAINED_INVOKE", Action: "START" }]],
  ["Cannot start a CHAINED_INVOKE on a function in another account.", [], [invoke("111111111111:function:f:1")]],
  ["Cannot start a CHAINED_INVOKE on a function in another region.", [], [invoke("arn:aws:lambda:us-east-1:000000000000:function:f:1")]],
];

test("what a checkpoint may not say is refused with AWS's sentence, and nothing of it is kept", async () => {
  for (const [message, given, refused] of REFUSED) {
    await within(async ({ checkpoint, ...invoked }) => {
      if (given.length > 0) await checkpoint(given);
      const count = invoked.operations.size;
      await assert.rejects(checkpoint([{ Id: "kept-not", Type: "CONTEXT", Action: "START" }, ...refused]), { name: "InvalidParameterValueException", message }, message);
      await checkpoint([]); // the token was not used up
      assert.equal(invoked.operations.size, count);
    });
  }
});

test("an execution has at most 3,000 operations", async () => {
  const contexts = (from: number, count: number) => Array.from({ length: count }, (_, n) => context("START", `c${from + n}`));
  await within(async (invoked) => {
    for (let n = 0; n < 3000; n += 750) await invoked.checkpoint(contexts(n, 750));
    await assert.rejects(invoked.checkpoint(contexts(3000, 1)), { name: "InvalidParameterValueException", message: /at most 3000 operations/ });
    await invoked.checkpoint([context("SUCCEED", "c2999")]);
  });
});

test("a token is used once, by its own execution, while its invocation runs", async () => {
  const { arn, answer: last } = await within(async (invoked) => {
    const { DurableExecutionArn, CheckpointToken } = invoked.event;
    await invoked.checkpoint([step("START")]);
    const again = (more: object) => room.lambda.checkpointDurableExecution({ DurableExecutionArn, CheckpointToken, Updates: [], ...more });
    await assert.rejects(again({}), { name: "InvalidParameterValueException", message: "Invalid checkpoint token" });
    await assert.rejects(again({ CheckpointToken: "QUJD" }), { message: "Invalid checkpoint token" });
    await assert.rejects(again({ DurableExecutionArn: `${DurableExecutionArn}0`, CheckpointToken: invoked.token! }), { message: "Checkpoint token is not valid for the durable execution ARN" });
    await assert.rejects(room.lambda.getDurableExecutionState({ DurableExecutionArn, CheckpointToken }), { message: "Invalid checkpoint token" });
    return invoked.token!;
  });
  await assert.rejects(room.lambda.checkpointDurableExecution({ DurableExecutionArn: arn, CheckpointToken: last }), { message: "Invalid checkpoint token" });
});

test("the same ClientToken gets the same answer again, until something follows or a quarter of an hour has gone", async () => {
  await within(async (invoked) => {
    const first = invoked.token!;
    await invoked.checkpoint([step("START")], "mine");
    const repeat = (ClientToken: string) => room.lambda.checkpointDurableExecution({ DurableExecutionArn: invoked.event.DurableExecutionArn, CheckpointToken: first, ClientToken, Updates: [step("START")] });
    const { CheckpointToken, NewExecutionState } = await repeat("mine");
    assert.equal(CheckpointToken, invoked.token);
    assert.deepEqual(NewExecutionState!.Operations!.map(({ Id, Status }) => [Id, Status]), [["s", "STARTED"]]);
    await assert.rejects(repeat("another"), { message: "Invalid checkpoint token" });
    await room.clock.advance(15 * 60_000 + 1);
    await assert.rejects(repeat("mine"), { message: "Invalid checkpoint token" });
    await invoked.checkpoint([step("SUCCEED")], "next");
    await invoked.checkpoint([]);
    await assert.rejects(repeat("next"), { message: "Invalid checkpoint token" });
  });
});

test("a step counts its attempts, and what it was given last stays with it until it is tried again", async () => {
  const { arn } = await within(async (invoked) => {
    await invoked.checkpoint([step("START"), retry(5, { Error: { ErrorMessage: "first" } })]);
    const { Status, StepDetails } = invoked.operations.get("s")!;
    assert.deepEqual([Status, StepDetails!.Attempt, StepDetails!.Error, StepDetails!.NextAttemptTimestamp!.getTime() - room.clock.now()], ["PENDING", 1, { ErrorMessage: "first" }, 5000]);
    await room.clock.advance(5000);
    await invoked.checkpoint([]);
    assert.deepEqual([invoked.operations.get("s")!.Status, invoked.operations.get("s")!.StepDetails], ["READY", { Attempt: 1, Error: { ErrorMessage: "first" } }]);
    await invoked.checkpoint([step("START"), step("SUCCEED", { Payload: '"2"' })]);
    assert.deepEqual(invoked.operations.get("s")!.StepDetails, { Attempt: 2, Result: '"2"' });
  });
  const details = (await room.history(arn)).flatMap((event) => event.StepFailedDetails ?? event.StepSucceededDetails ?? []);
  assert.deepEqual(details, [
    { Error: { Payload: { ErrorMessage: "first" }, Truncated: false }, RetryDetails: { CurrentAttempt: 1, NextAttemptDelaySeconds: 5 } },
    { Result: { Payload: '"2"', Truncated: false }, RetryDetails: { CurrentAttempt: 2 } },
  ]);
});

test("a poll is told of a wait that ends while the function runs, and a cancelled one ends at once", async () => {
  const { arn } = await within(async (invoked) => {
    await invoked.checkpoint([wait("START", { WaitOptions: { WaitSeconds: 2 } }), { ...wait(), Id: "other" }]);
    await room.clock.advance(2000);
    await invoked.checkpoint([{ ...wait("CANCEL", {}), Id: "other" }]);
    assert.deepEqual([invoked.operations.get("w")!.Status, invoked.operations.get("other")!.Status], ["SUCCEEDED", "CANCELLED"]);
  });
  assert.deepEqual((await room.history(arn)).map(({ EventType }) => EventType), ["ExecutionStarted", "WaitStarted", "WaitStarted", "WaitSucceeded", "WaitCancelled", "InvocationCompleted", "ExecutionSucceeded"]);
});

test("the execution may be ended by a checkpoint, which then has no further token", async () => {
  const { arn } = await within(async (invoked) => {
    await invoked.checkpoint([execution("SUCCEED", { Payload: '"from the checkpoint"' })]);
    assert.equal(invoked.token, undefined);
  });
  assert.equal((await room.lambda.getDurableExecution({ DurableExecutionArn: arn })).Result, '"from the checkpoint"');
  assert.deepEqual((await room.history(arn)).map(({ EventType }) => EventType), ["ExecutionStarted", "ExecutionSucceeded", "InvocationCompleted"]);
});

test("a large state comes in pages, without what is inside contexts that have ended", async () => {
  const asked: Invoked["event"][] = [];
  const name = await room.create("large-state", async (invoked) => {
    if (invoked.operations.size > 1) { asked.push(invoked.event); return PENDING; }
    for (let n = 0; n < 40; n++) await invoked.checkpoint([{ Id: `s${n}`, Type: "STEP", Action: "SUCCEED", Payload: JSON.stringify("x".repeat(250_000)) }]);
    await invoked.checkpoint([context("START", "closed"), step("SUCCEED", { Id: "hidden", ParentId: "closed" }), context("START", "open"), step("SUCCEED", { Id: "shown", ParentId: "open" })]);
    await invoked.checkpoint([context("SUCCEED", "closed"), context("SUCCEED", "open", { ContextOptions: { ReplayChildren: true } }), wait("START", { WaitOptions: { WaitSeconds: 1 } }), { ...wait(), Id: "w2" }]);
    return PENDING;
  });
  const arn = await room.start(name);
  for (let n = 0; n < 50 && asked.length === 0; n++) await room.clock.advance(1000);
  const { Operations, NextMarker } = asked[0]!.InitialExecutionState;
  assert.equal(Operations[0]!.Type, "EXECUTION");
  assert.ok(JSON.stringify(asked[0]).length < 6 * 1024 * 1024 && NextMarker !== "");
  assert.deepEqual(asked[0]!.UpdatedOperationIds, ["w"]);
  const rest: string[] = [];
  // The invocation has ended, so its token has; the pages are read inside the next one.
  room.scripts.set("large-state", async ({ event }) => {
    const ids = event.InitialExecutionState.Operations.map(({ Id }) => Id!);
    for (let Marker = event.InitialExecutionState.NextMarker; Marker;) {
      const page = await room.lambda.getDurableExecutionState({ DurableExecutionArn: arn, CheckpointToken: event.CheckpointToken, Marker, MaxItems: 10 });
      ids.push(...page.Operations!.map(({ Id }) => Id!));
      Marker = page.NextMarker ?? "";
    }
    rest.push(...ids);
    return succeeded(ids.length);
  });
  for (let n = 0; n < 20 && rest.length === 0; n++) await room.clock.advance(10_000);
  assert.equal(new Set(rest).size, 1 + 40 + 2 + 1 + 2, "the execution, steps, contexts, the child that is replayed, waits");
  assert.ok(!rest.includes("hidden") && rest.includes("shown"));
});
