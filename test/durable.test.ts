// Durable functions with AWS's own SDK inside, unmodified: what runs once, what is repeated, and what outlives its process.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type CreateFunctionCommandInput, type Event, Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { packageFiles } from "./support/packages.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const HANDLERS = `
const { withDurableExecution } = require("@aws/durable-execution-sdk-js");
const { LambdaClient, SendDurableExecutionCallbackSuccessCommand } = require("@aws-sdk/client-lambda");
const durable = withDurableExecution;
const twice = { retryStrategy: (error, attempt) => ({ shouldRetry: attempt < 2, delay: { seconds: 1 } }) };
const once = { retryStrategy: () => ({ shouldRetry: false }) };
exports.steps = durable(async (event, ctx) => {
  const greeting = await ctx.step("greet", async () => "hello " + event.name);
  const caught = await ctx.step("flaky", async () => { throw new TypeError("no luck"); }, twice).catch((error) => error.message);
  await ctx.wait("pause", { seconds: 1 });
  return { greeting, caught, ran: await ctx.step("last", async () => 3) };
});
exports.callback = durable(async (event, ctx) => {
  const [promise, callbackId] = await ctx.createCallback("approval", { timeout: { seconds: event.timeout ?? 60 }, heartbeatTimeout: event.heartbeat && { seconds: event.heartbeat } });
  try { return { approved: await promise }; } catch (error) { return { error: error.message, name: error.name }; }
});
exports.branches = durable(async (event, ctx) => {
  const child = await ctx.runInChildContext("child", async (inner) => (await inner.step("in", async () => 20)) + (await inner.step("side", async () => 1)));
  const both = await ctx.parallel("both", [async (c) => c.step("x", async () => "x"), async (c) => { await c.wait({ seconds: 1 }); return "y"; }]);
  const mapped = await ctx.map("squares", [1, 2, 3], async (c, item) => c.step("square", async () => item * item));
  return { child, both: both.getResults(), mapped: mapped.getResults() };
});
exports.chain = durable(async (event, ctx) => {
  const plain = await ctx.invoke("plain", event.plain, { n: 1 });
  const deep = await ctx.invoke("deep", event.durable, { name: "from above" });
  const failed = await ctx.invoke("failing", event.failing, {}).catch((error) => error.message);
  const gone = await ctx.invoke("gone", "nobody-there:1", {}).catch((error) => error.message);
  return { plain, deep: deep.greeting, failed, gone };
});
exports.fails = durable(async (event, ctx) => { await ctx.step("bad", async () => { throw new RangeError("out of range"); }, once); });
exports.sleeps = durable(async (event, ctx) => { await ctx.wait("long", { hours: 2 }); return "never"; });
exports.large = durable(async () => "x".repeat(6 * 1024 * 1024 - 40));
exports.crashes = durable(async (event, ctx) => {
  await ctx.step("before", async () => 1);
  if (!globalThis.seen && !require("node:fs").existsSync("/tmp/crashed")) { require("node:fs").writeFileSync("/tmp/crashed", ""); process.exit(3); }
  return "survived";
});
exports.quotes = durable(async (event, ctx) => { await ctx.step("first", async () => 1); await ctx.wait({ seconds: 1 }); return event.length; });
exports.condition = durable(async (event, ctx) => {
  const answer = ctx.waitForCallback("ask", async (CallbackId) => { await new LambdaClient({}).send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: "asked" })); }, { timeout: { seconds: 30 } });
  const count = await ctx.waitForCondition("count", async (state) => state + 1, { initialState: 0, waitStrategy: (state) => (state < 3 ? { shouldContinue: true, delay: { seconds: 1 } } : { shouldContinue: false }) });
  return { answer: await answer, count };
});
exports.loop = durable(async (event, ctx) => ctx.invoke("again", process.env.AWS_LAMBDA_FUNCTION_NAME + ":1", { depth: event.depth + 1 }));
exports.plain = async (event) => ({ doubled: event.n * 2 });
exports.failing = async () => { throw new Error("plainly failed"); };
exports.wrong = async () => ({ statusCode: 200 });
`;

let evoke: TestPlatform;
let lambda: Lambda;
let zip: Uint8Array;
before(async () => {
  evoke = await openTestPlatform();
  lambda = new Lambda(evoke.clientConfig);
  zip = await zipOf({ ...packageFiles(["@aws/durable-execution-sdk-js"]), "index.js": HANDLERS });
});
after(async () => {
  lambda.destroy();
  await evoke.close();
});

async function create(FunctionName: string, handler: string, more: Partial<CreateFunctionCommandInput> = { DurableConfig: { ExecutionTimeout: 60, RetentionPeriodInDays: 1 } }): Promise<string> {
  await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: `index.${handler}`, Role: "arn:aws:iam::000000000000:role/worker", MemorySize: 256, Timeout: 20, Code: { ZipFile: zip }, Publish: true, ...more });
  await waitUntilFunctionActiveV2({ client: lambda, minDelay: 0.05, maxDelay: 0.1, maxWaitTime: 10 } as never, { FunctionName });
  return `${FunctionName}:1`;
}

const parsed = (payload: Uint8Array | undefined): unknown => JSON.parse(Buffer.from(payload!).toString());
const run = async (FunctionName: string, event: unknown = {}, more: { DurableExecutionName?: string } = {}) => {
  const answer = await lambda.invoke({ FunctionName, Payload: JSON.stringify(event), ...more });
  return { ...answer, result: parsed(answer.Payload) };
};
const start = async (FunctionName: string, event: unknown = {}, more: { DurableExecutionName?: string } = {}): Promise<string> =>
  (await lambda.invoke({ FunctionName, Payload: JSON.stringify(event), InvocationType: "Event", ...more })).DurableExecutionArn!;
const history = async (DurableExecutionArn: string): Promise<Event[]> => (await lambda.getDurableExecutionHistory({ DurableExecutionArn, MaxItems: 1000 })).Events!;
const types = (events: Event[]): string[] => events.map(({ EventType, Name }) => `${EventType}${Name && !EventType!.startsWith("Execution") ? ` ${Name}` : ""}`);

async function until<T>(what: () => Promise<T | undefined>, ms = 10_000): Promise<T> {
  for (const end = Date.now() + ms; ;) {
    const found = await what();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error("it did not happen in time");
    await pause(20);
  }
}
const ended = (DurableExecutionArn: string) => until(async () => {
  const execution = await lambda.getDurableExecution({ DurableExecutionArn });
  return execution.Status === "RUNNING" ? undefined : execution;
});

describe("durable functions", { concurrency: true, timeout: 120_000 }, () => {
  test("steps run once, are retried as they ask, and a wait ends the invocation", async () => {
    const { result, DurableExecutionArn, ExecutedVersion } = await run(await create("steps", "steps"), { name: "Ada" });
    assert.deepEqual(result, { greeting: "hello Ada", caught: "no luck", ran: 3 });
    assert.equal(ExecutedVersion, "1");
    assert.match(DurableExecutionArn!, /:function:steps:1\/durable-execution\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);
    assert.deepEqual(types(await history(DurableExecutionArn!)), [
      "ExecutionStarted", "StepStarted greet", "StepSucceeded greet", "StepStarted flaky", "StepFailed flaky", "InvocationCompleted",
      "StepStarted flaky", "StepFailed flaky", "WaitStarted pause", "InvocationCompleted", "WaitSucceeded pause", "StepStarted last", "StepSucceeded last", "InvocationCompleted", "ExecutionSucceeded",
    ]);
  });

  test("a callback is completed from outside, by success, by failure, or by nobody in time", async () => {
    const name = await create("callback", "callback");
    const asked = (arn: string) => until(async () => (await history(arn)).find(({ EventType }) => EventType === "CallbackStarted")?.CallbackStartedDetails?.CallbackId);
    const approved = await start(name);
    const CallbackId = await asked(approved);
    await lambda.sendDurableExecutionCallbackHeartbeat({ CallbackId });
    await lambda.sendDurableExecutionCallbackSuccess({ CallbackId, Result: '"yes"' });
    await assert.rejects(lambda.sendDurableExecutionCallbackSuccess({ CallbackId, Result: '"again"' }), { name: "CallbackTimeoutException", message: "The callback is either timed out or already completed" });
    assert.equal((await ended(approved)).Result, '{"approved":"\\"yes\\""}');

    const refused = await start(name);
    await lambda.sendDurableExecutionCallbackFailure({ CallbackId: await asked(refused), Error: { ErrorType: "Refused", ErrorMessage: "not today" } });
    assert.match((await ended(refused)).Result!, /not today/);

    const late = await ended(await start(name, { timeout: 1 }));
    assert.match(late.Result!, /CallbackTimeoutError|timed out/i);
    const silent = await start(name, { heartbeat: 1 });
    await ended(silent);
    assert.equal((await history(silent)).find(({ EventType }) => EventType === "CallbackTimedOut")!.CallbackTimedOutDetails!.Error!.Payload!.ErrorType, "Callback.Heartbeat");
    await assert.rejects(lambda.sendDurableExecutionCallbackSuccess({ CallbackId: "bm9uZQ==" }), { name: "InvalidParameterValueException", message: "Invalid callback id" });
  });

  test("a callback may come before the function waits for it, and a condition is asked for until it is met", async () => {
    const { result } = await run(await create("condition", "condition"));
    assert.deepEqual(result, { answer: "asked", count: 3 });
  });

  test("contexts, parallel branches and maps are replayed from what they have come to", async () => {
    const { result, DurableExecutionArn } = await run(await create("branches", "branches"));
    assert.deepEqual(result, { child: 21, both: ["x", "y"], mapped: [1, 4, 9] });
    const events = await history(DurableExecutionArn!);
    assert.equal(events.filter(({ EventType }) => EventType === "StepStarted").length, 6, "every step ran once");
    const child = events.find(({ Name }) => Name === "child")!;
    assert.equal(events.find(({ Name }) => Name === "in")!.ParentId, child.Id);
  });

  test("a chained invoke waits for another function, durable or not, and sees its failure", async () => {
    await create("chain-plain", "plain", {});
    await create("chain-failing", "failing", {});
    const [chain, deep] = [await create("chain", "chain"), await create("chain-deep", "steps")];
    const { result, DurableExecutionArn } = await run(chain, { plain: "chain-plain", durable: deep, failing: "chain-failing" });
    assert.deepEqual(result, { plain: { doubled: 2 }, deep: "hello from above", failed: "plainly failed", gone: "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:nobody-there:1" });
    const started = (await history(DurableExecutionArn!)).find(({ EventType, Name }) => EventType === "ChainedInvokeStarted" && Name === "deep")!.ChainedInvokeStartedDetails!;
    assert.equal((await lambda.getDurableExecution({ DurableExecutionArn: started.DurableExecutionArn! })).InputPayload, '{"name":"from above"}');
  });

  test("a function that starts itself over and over is stopped after sixteen rounds, as others are", async () => {
    const { result, FunctionError } = await run(await create("loop", "loop"), { depth: 0 });
    assert.equal(FunctionError, "Unhandled");
    assert.match((result as { errorMessage: string }).errorMessage, /in a loop/);
    const { DurableExecutions } = await lambda.listDurableExecutionsByFunction({ FunctionName: "loop:1" });
    assert.equal(DurableExecutions!.length, 17);
  });

  test("what fails, fails with its error, for the caller who waits and in the history", async () => {
    const failed = await run(await create("fails", "fails"));
    assert.equal(failed.FunctionError, "Unhandled");
    assert.equal((failed.result as { errorMessage: string }).errorMessage, "out of range");
    const { Status, Error: error } = await lambda.getDurableExecution({ DurableExecutionArn: failed.DurableExecutionArn! });
    assert.equal(Status, "FAILED");
    assert.equal(error!.ErrorMessage, "out of range");
    const wrong = await run(await create("wrong", "wrong"));
    assert.deepEqual(wrong.result, { errorMessage: "Invalid Status in invocation output.", errorType: "InvalidParameterValueException" });
  });

  test("a process that dies is replaced, and what it had checkpointed is not done again", async () => {
    const { result, DurableExecutionArn } = await run(await create("crashes", "crashes"));
    assert.equal(result, "survived");
    const events = await history(DurableExecutionArn!);
    assert.equal(events.filter(({ EventType }) => EventType === "StepStarted").length, 1);
    assert.equal(events.find(({ EventType }) => EventType === "InvocationCompleted")!.InvocationCompletedDetails!.Error!.Payload!.ErrorType, "Runtime.ExitError");
  });

  test("a sleeping execution can be stopped, and one that is out of time ends", async () => {
    const name = await create("sleeps", "sleeps");
    const DurableExecutionArn = await start(name);
    await until(async () => ((await history(DurableExecutionArn)).length === 3 ? true : undefined));
    const { StopTimestamp } = await lambda.stopDurableExecution({ DurableExecutionArn, Error: { ErrorType: "Mine", ErrorMessage: "enough" } });
    const stopped = await lambda.getDurableExecution({ DurableExecutionArn });
    assert.deepEqual([stopped.Status, stopped.Error, stopped.EndTimestamp], ["STOPPED", { ErrorType: "Mine", ErrorMessage: "enough" }, StopTimestamp]);
    assert.deepEqual((await lambda.stopDurableExecution({ DurableExecutionArn })).StopTimestamp, StopTimestamp);

    const short = await run(await create("out-of-time", "sleeps", { DurableConfig: { ExecutionTimeout: 1 } }));
    assert.deepEqual([short.FunctionError, short.result], ["Unhandled", { errorMessage: "Execution timed out after 1 seconds." }]);
    assert.equal((await lambda.getDurableExecution({ DurableExecutionArn: short.DurableExecutionArn! })).Status, "TIMED_OUT");
  });

  test("a name starts once: the same payload finds the execution, another one is refused", async () => {
    const name = await create("named", "steps");
    const [first, second] = await Promise.all([run(name, { name: "Bo" }, { DurableExecutionName: "order-7" }), run(name, { name: "Bo" }, { DurableExecutionName: "order-7" })]);
    assert.equal(first.DurableExecutionArn, second.DurableExecutionArn);
    assert.deepEqual(first.result, second.result);
    await assert.rejects(run(name, { name: "Cy" }, { DurableExecutionName: "order-7" }), { name: "DurableExecutionAlreadyStartedException", message: `Execution already started: ${first.DurableExecutionArn}` });
  });

  test("an event that another part of Evoke sends starts an execution, once, and nobody waits for it", async () => {
    const name = await create("downstream", "steps", { DurableConfig: { ExecutionTimeout: 3600 } });
    await create("upstream", "plain", {});
    await lambda.putFunctionEventInvokeConfig({ FunctionName: "upstream", DestinationConfig: { OnSuccess: { Destination: `arn:aws:lambda:eu-west-1:000000000000:function:${name}` } } });
    await lambda.invoke({ FunctionName: "upstream", InvocationType: "Event", Payload: '{"n":4}' });
    const [execution] = await until(async () => {
      const { DurableExecutions } = await lambda.listDurableExecutionsByFunction({ FunctionName: name });
      return DurableExecutions!.length > 0 ? DurableExecutions : undefined;
    });
    assert.match((await ended(execution!.DurableExecutionArn!)).InputPayload!, /"doubled":8/);
  });

  test("input and result of nearly 6 MB arrive whole, even where every character needs another one in JSON", async () => {
    const { result: length } = await run(await create("quotes", "quotes"), '"'.repeat(3 * 1024 * 1024 - 10));
    assert.equal(length, 3 * 1024 * 1024 - 10);
    const { result } = await run(await create("large", "large"));
    assert.equal((result as string).length, 6 * 1024 * 1024 - 40);
  });
});
