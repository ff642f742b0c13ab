// Durable executions outlive Evoke: killed in the middle of a wait and in the middle of a step, both are brought to their end by the next process.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { mortalPlatforms } from "./support/mortal-platform.ts";
import { packageFiles } from "./support/packages.ts";
import { zipOf } from "./support/zip.ts";

const HANDLER = `
const { withDurableExecution } = require("@aws/durable-execution-sdk-js");
exports.handler = withDurableExecution(async ({ slow }, ctx) => {
  const first = await ctx.step("first", async () => require("node:crypto").randomUUID());
  if (slow) await ctx.step("slow", () => new Promise((resolve) => setTimeout(resolve, 2000)));
  else await ctx.wait("pause", { seconds: 4 });
  return { first, last: await ctx.step("last", async () => "done") };
});`;

const { start: open } = mortalPlatforms("durable", (config) => ({ lambda: new Lambda(config) }));

test("after kill -9 a wait ends in time and a step that was cut short runs again; what was done stays done", { timeout: 60_000 }, async () => {
  const first = await open();
  await first.lambda.createFunction({
    FunctionName: "survivor", Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", MemorySize: 256, Timeout: 20, Publish: true,
    DurableConfig: { ExecutionTimeout: 3600 }, Code: { ZipFile: await zipOf({ ...packageFiles(["@aws/durable-execution-sdk-js"]), "index.js": HANDLER }) },
  });
  await waitUntilFunctionActiveV2({ client: first.lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName: "survivor" });
  const start = async (slow: boolean) => (await first.lambda.invoke({ FunctionName: "survivor:1", InvocationType: "Event", Payload: JSON.stringify({ slow }) })).DurableExecutionArn!;
  const arns = [await start(false), await start(true)];
  const history = async (lambda: Lambda, DurableExecutionArn: string) => (await lambda.getDurableExecutionHistory({ DurableExecutionArn })).Events!;
  const begun = async (name: string, arn: string) => (await history(first.lambda, arn)).some(({ Name, EventType }) => Name === name && EventType!.endsWith("Started"));
  while (!(await begun("pause", arns[0]!)) || !(await begun("slow", arns[1]!))) await pause(20);
  const ids = await Promise.all(arns.map(async (arn) => (await history(first.lambda, arn)).find(({ EventType }) => EventType === "StepSucceeded")!.StepSucceededDetails!.Result!.Payload));
  await first.kill("SIGKILL");

  const second = await open();
  for (const [n, DurableExecutionArn] of arns.entries()) {
    while ((await second.lambda.getDurableExecution({ DurableExecutionArn })).Status === "RUNNING") await pause(50);
    const { Status, Result } = await second.lambda.getDurableExecution({ DurableExecutionArn });
    assert.equal(Status, "SUCCEEDED");
    assert.deepEqual(JSON.parse(Result!), { first: JSON.parse(ids[n]!), last: "done" });
    const events = (await history(second.lambda, DurableExecutionArn)).filter(({ Name }) => Name === "first" || Name === "last");
    assert.deepEqual(events.map(({ EventType, Name }) => `${EventType} ${Name}`), ["StepStarted first", "StepSucceeded first", "StepStarted last", "StepSucceeded last"]);
  }
  await second.kill("SIGTERM");
});
